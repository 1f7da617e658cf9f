namespace Carnelian;

/// <summary>Those who listen to the keyspace: WATCH and tracking, notifications, blocked clients.</summary>
public interface IKeyspaceListener
{
    /// <summary>Classes of the events that this listener wants at present; asked only by <see cref="Keyspace.ListenersChanged"/>.</summary>
    KeyspaceEventClass Wants { get; }

    bool WantsModified { get; }

    /// <summary>A key's value or expiry changed (what WATCH and client tracking look at).</summary>
    void OnModified(Database database, ReadOnlySpan<byte> key);

    /// <summary>All keys of a database are gone; null: of all databases.</summary>
    void OnFlushed(Database? database);

    /// <summary>Two databases have got each other's keys.</summary>
    void OnSwapped(Database one, Database other);

    /// <summary>Something happened to a key, in the name that notifications give it ("set", "expired").</summary>
    void OnEvent(KeyspaceEventClass kind, ReadOnlySpan<byte> name, Database database, ReadOnlySpan<byte> key);
}

/// <summary>Those who wait for keys to come to be: blocked calls.</summary>
public interface IKeyWaiters
{
    /// <summary>There is a key where none was, or another one than before.</summary>
    void OnCreated(Database database, ReadOnlySpan<byte> key);

    /// <summary>A database has got other keys, all at once.</summary>
    void OnSwapped(Database database);
}
