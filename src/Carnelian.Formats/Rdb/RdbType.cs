namespace Carnelian;

/// <summary>How a value is kept in an RDB file or a DUMP payload, with the numbers of Redis' rdb.h.</summary>
public enum RdbType : byte
{
    String = 0,
    List = 1,
    Set = 2,

    /// <summary>Scores as text.</summary>
    SortedSet = 3,
    Hash = 4,

    /// <summary>Scores in binary.</summary>
    SortedSet2 = 5,
    ModulePreGa = 6,
    Module2 = 7,
    HashZipMap = 9,
    ListZipList = 10,
    SetIntSet = 11,
    SortedSetZipList = 12,
    HashZipList = 13,

    /// <summary>Nodes are ziplists.</summary>
    ListQuickList = 14,
    Stream = 15,
    HashListPack = 16,
    SortedSetListPack = 17,

    /// <summary>Nodes are listpacks, or one large element.</summary>
    ListQuickList2 = 18,
    Stream2 = 19,
    SetListPack = 20,
    Stream3 = 21,

    /// <summary>In files of Redis 7.4's release candidates a hash with absolute times.</summary>
    HashTimesPreGa = 22,

    /// <summary>The same number in those of Valkey 9 (version 80): the times stand behind the values.</summary>
    HashTimesBehind = HashTimesPreGa,
    HashListPackTimesPreGa = 23,
    HashTimes = 24,
    HashListPackTimes = 25,

    /// <summary>Of Redis 8.6: behind the groups stands what idempotent producers have sent.</summary>
    Stream4 = 26,
}

/// <summary>The types there are.</summary>
public static class RdbTypes
{
    /// <summary>8 was never one.</summary>
    public static bool IsKnown(byte type) => type <= (byte)RdbType.Stream4 && type != 8;
}

/// <summary>What an RDB file has besides keys, with the numbers of Redis' rdb.h.</summary>
public enum RdbOpcode : byte
{
    /// <summary>In front of a key: what modules keep with it (Redis 8.6).</summary>
    KeyMetadata = 243,

    /// <summary>The same number in files of Valkey: slots that were being imported.</summary>
    SlotImport = KeyMetadata,

    SlotInfo = 244,
    Function2 = 245,
    FunctionPreGa = 246,
    ModuleAux = 247,
    Idle = 248,
    Frequency = 249,
    Aux = 250,
    ResizeDatabase = 251,
    ExpiryMs = 252,
    ExpirySeconds = 253,
    SelectDatabase = 254,
    End = 255,
}

/// <summary>Versions of the format.</summary>
public static class RdbVersion
{
    /// <summary>Redis 2.6: no reader that matters is older.</summary>
    public const int Least = 6;

    /// <summary>Redis 7.0: what is written for it every later server reads, too.</summary>
    public const int Redis70 = 10;

    /// <summary>Redis 7.4 to 8.4.</summary>
    public const int Redis = 12;

    /// <summary>Redis 8.6, the last one that is read.</summary>
    private const int LastRedis = 13;

    /// <summary>Valkey 9, whose type 22 is its own.</summary>
    public const int Valkey = 80;

    /// <summary>Payloads may have version 0, as in Redis; files begin with 1.</summary>
    public static bool IsKnown(int version) => version is >= 0 and <= LastRedis or Valkey;

    /// <summary>The first version that has values of a type that is written.</summary>
    public static int Of(RdbType type) => type switch
    {
        RdbType.SortedSet2 or RdbType.Module2 => 8,
        RdbType.ListQuickList2 or RdbType.HashListPack or RdbType.SortedSetListPack or RdbType.Stream2 => Redis70,
        RdbType.SetListPack or RdbType.Stream3 => 11,
        RdbType.HashTimes or RdbType.HashListPackTimes => Redis,
        RdbType.HashTimesBehind => Valkey,
        _ => Least,
    };
}
