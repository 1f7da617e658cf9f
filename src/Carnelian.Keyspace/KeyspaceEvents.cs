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

/// <summary>Those who listen to the keyspace: WATCH and tracking, notifications, parked clients.</summary>
public interface IKeyspaceListener
{
    /// <summary>What this listener wants to hear of at present; asked only by <see cref="Keyspace.ListenersChanged"/>.</summary>
    KeyspaceEventClass Wants { get; }

    bool WantsTouches { get; }

    /// <summary>A key's value or expiry changed (what WATCH and client tracking look at).</summary>
    void OnTouched(Database database, ReadOnlySpan<byte> key);

    /// <summary>All keys of a database are gone; null: of all databases.</summary>
    void OnFlushed(Database? database);

    /// <summary>Two databases have got each other's keys.</summary>
    void OnSwapped(Database one, Database other);

    /// <summary>Something happened to a key, in the name that notifications give it ("set", "expired").</summary>
    void OnEvent(KeyspaceEventClass kind, ReadOnlySpan<byte> name, Database database, ReadOnlySpan<byte> key);
}

/// <summary>Those who wait for keys to come to be: parked calls.</summary>
public interface IKeyWaiters
{
    /// <summary>There is a key where none was, or another one than before.</summary>
    void OnCreated(Database database, ReadOnlySpan<byte> key);

    /// <summary>A database has got other keys, all at once.</summary>
    void OnSwapped(Database database);
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
        IncrementBy = new(KeyspaceEventClass.String, "incrby"),
        IncrementByFloat = new(KeyspaceEventClass.String, "incrbyfloat"),
        Expire = new(KeyspaceEventClass.Generic, "expire"),
        Persist = new(KeyspaceEventClass.Generic, "persist"),
        Delete = new(KeyspaceEventClass.Generic, "del"),
        RenameFrom = new(KeyspaceEventClass.Generic, "rename_from"),
        RenameTo = new(KeyspaceEventClass.Generic, "rename_to"),
        MoveFrom = new(KeyspaceEventClass.Generic, "move_from"),
        MoveTo = new(KeyspaceEventClass.Generic, "move_to"),
        CopyTo = new(KeyspaceEventClass.Generic, "copy_to"),
        Expired = new(KeyspaceEventClass.Expired, "expired"),
        New = new(KeyspaceEventClass.New, "new"),
        KeyMiss = new(KeyspaceEventClass.KeyMiss, "keymiss");
}
