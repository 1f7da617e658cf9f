namespace Carnelian;

/// <summary>Those who listen to the keyspace: WATCH and tracking, notifications, blocked clients.</summary>
public interface IKeyspaceListener
{
    /// <summary>Classes of the events that this listener wants at present; asked only by <see cref="Keyspace.ListenersChanged"/>.</summary>
    KeyspaceEventClass Wants { get; }

    bool WantsModified { get; }

    /// <summary>A key's value or expiry changed (what WATCH and client tracking look at).</summary>
    void OnModified(Database database, Key key);

    /// <summary>All keys of a database are gone; null: of all databases.</summary>
    void OnFlushed(Database? database);

    /// <summary>All keys of a cluster's slot are gone, or keys have come to a slot that had none.</summary>
    void OnSlotChanged(Database database, int slot) => OnFlushed(database);

    /// <summary>Two databases have swapped their keys.</summary>
    void OnSwapped(Database one, Database other);

    /// <summary>Something happened to a key. The name is the one that notifications use ("set", "expired").</summary>
    void OnEvent(KeyspaceEventClass kind, ReadOnlySpan<byte> name, Database database, Key key);
}

/// <summary>Waits for keys to appear: blocked calls.</summary>
public interface IKeyWaiters
{
    /// <summary>A key has appeared, or another one has taken its place.</summary>
    void OnCreated(Database database, Key key);

    /// <summary>All keys of a database were replaced at once, or those of a slot.</summary>
    void OnSwapped(Database database);
}
