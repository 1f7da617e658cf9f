namespace Carnelian;

/// <summary>Classes of keyspace notifications, with the letters of notify-keyspace-events.</summary>
[Flags]
public enum KeyspaceEventClass
{
    None = 0,
    Generic = 1 << 0, // g
    String = 1 << 1, // $
    List = 1 << 2, // l
    Set = 1 << 3, // s
    Hash = 1 << 4, // h
    SortedSet = 1 << 5, // z
    Expired = 1 << 6, // x
    Evicted = 1 << 7, // e
    Stream = 1 << 8, // t
    KeyMiss = 1 << 9, // m
    Module = 1 << 10, // d
    New = 1 << 11, // n
}

/// <summary>An event's class and the name that notifications give it.</summary>
public sealed class KeyspaceEvent(KeyspaceEventClass kind, string name)
{
    private readonly byte[] _name = System.Text.Encoding.ASCII.GetBytes(name);

    public KeyspaceEventClass Kind { get; } = kind;

    public ReadOnlySpan<byte> Name => _name;

    public static readonly KeyspaceEvent
        Set = new(KeyspaceEventClass.String, "set"),
        Append = new(KeyspaceEventClass.String, "append"),
        SetRange = new(KeyspaceEventClass.String, "setrange"),
        SetBit = new(KeyspaceEventClass.String, "setbit"),
        HyperLogLogAdd = new(KeyspaceEventClass.String, "pfadd"),
        IncrementBy = new(KeyspaceEventClass.String, "incrby"),
        IncrementByFloat = new(KeyspaceEventClass.String, "incrbyfloat"),
        HashSet = new(KeyspaceEventClass.Hash, "hset"),
        HashDelete = new(KeyspaceEventClass.Hash, "hdel"),
        HashIncrementBy = new(KeyspaceEventClass.Hash, "hincrby"),
        HashIncrementByFloat = new(KeyspaceEventClass.Hash, "hincrbyfloat"),
        HashExpire = new(KeyspaceEventClass.Hash, "hexpire"),
        HashPersist = new(KeyspaceEventClass.Hash, "hpersist"),
        HashExpired = new(KeyspaceEventClass.Hash, "hexpired"),
        PushHead = new(KeyspaceEventClass.List, "lpush"),
        PushTail = new(KeyspaceEventClass.List, "rpush"),
        PopHead = new(KeyspaceEventClass.List, "lpop"),
        PopTail = new(KeyspaceEventClass.List, "rpop"),
        ListSet = new(KeyspaceEventClass.List, "lset"),
        ListInsert = new(KeyspaceEventClass.List, "linsert"),
        ListRemove = new(KeyspaceEventClass.List, "lrem"),
        ListTrim = new(KeyspaceEventClass.List, "ltrim"),
        SortStore = new(KeyspaceEventClass.List, "sortstore"),
        SetAdd = new(KeyspaceEventClass.Set, "sadd"),
        SetRemove = new(KeyspaceEventClass.Set, "srem"),
        SetPop = new(KeyspaceEventClass.Set, "spop"),
        SetIntersectionStore = new(KeyspaceEventClass.Set, "sinterstore"),
        SetUnionStore = new(KeyspaceEventClass.Set, "sunionstore"),
        SetDifferenceStore = new(KeyspaceEventClass.Set, "sdiffstore"),
        SortedSetAdd = new(KeyspaceEventClass.SortedSet, "zadd"),
        SortedSetIncrement = new(KeyspaceEventClass.SortedSet, "zincr"),
        SortedSetRemove = new(KeyspaceEventClass.SortedSet, "zrem"),
        SortedSetRemoveByRank = new(KeyspaceEventClass.SortedSet, "zremrangebyrank"),
        SortedSetRemoveByScore = new(KeyspaceEventClass.SortedSet, "zremrangebyscore"),
        SortedSetRemoveByMember = new(KeyspaceEventClass.SortedSet, "zremrangebylex"),
        SortedSetPopLeast = new(KeyspaceEventClass.SortedSet, "zpopmin"),
        SortedSetPopGreatest = new(KeyspaceEventClass.SortedSet, "zpopmax"),
        SortedSetRangeStore = new(KeyspaceEventClass.SortedSet, "zrangestore"),
        SortedSetUnionStore = new(KeyspaceEventClass.SortedSet, "zunionstore"),
        SortedSetIntersectionStore = new(KeyspaceEventClass.SortedSet, "zinterstore"),
        SortedSetDifferenceStore = new(KeyspaceEventClass.SortedSet, "zdiffstore"),
        GeoSearchStore = new(KeyspaceEventClass.SortedSet, "geosearchstore"),
        GeoRadiusStore = new(KeyspaceEventClass.SortedSet, "georadiusstore"),
        StreamAdd = new(KeyspaceEventClass.Stream, "xadd"),
        StreamTrim = new(KeyspaceEventClass.Stream, "xtrim"),
        StreamDelete = new(KeyspaceEventClass.Stream, "xdel"),
        StreamSetId = new(KeyspaceEventClass.Stream, "xsetid"),
        GroupCreate = new(KeyspaceEventClass.Stream, "xgroup-create"),
        GroupSetId = new(KeyspaceEventClass.Stream, "xgroup-setid"),
        GroupDestroy = new(KeyspaceEventClass.Stream, "xgroup-destroy"),
        GroupCreateConsumer = new(KeyspaceEventClass.Stream, "xgroup-createconsumer"),
        GroupDeleteConsumer = new(KeyspaceEventClass.Stream, "xgroup-delconsumer"),
        Expire = new(KeyspaceEventClass.Generic, "expire"),
        Persist = new(KeyspaceEventClass.Generic, "persist"),
        Delete = new(KeyspaceEventClass.Generic, "del"),
        RenameFrom = new(KeyspaceEventClass.Generic, "rename_from"),
        RenameTo = new(KeyspaceEventClass.Generic, "rename_to"),
        MoveFrom = new(KeyspaceEventClass.Generic, "move_from"),
        MoveTo = new(KeyspaceEventClass.Generic, "move_to"),
        CopyTo = new(KeyspaceEventClass.Generic, "copy_to"),
        Restore = new(KeyspaceEventClass.Generic, "restore"),
        Expired = new(KeyspaceEventClass.Expired, "expired"),
        Evicted = new(KeyspaceEventClass.Evicted, "evicted"),
        New = new(KeyspaceEventClass.New, "new"),
        KeyMiss = new(KeyspaceEventClass.KeyMiss, "keymiss");
}
