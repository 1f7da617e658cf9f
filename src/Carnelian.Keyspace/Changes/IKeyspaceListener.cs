namespace Carnelian;

/// <summary>Those who listen to the keyspace: WATCH and tracking, notifications, blocked clients.</summary>
public interface IKeyspaceListener
{
    /// <summary>Classes of the events that this listener wants at present; asked only by <see cref="Keyspace.ListenersChanged"/>.</summary>
    KeyspaceEventClass Wants { get; }

    bool WantsModified { get; }

    /// <summary>A key's value or expiry has changed, or it is gone or has another type: what WATCH and client tracking look at.</summary>
    /// <param name="author">Who changed it.</param>
    void OnModified(Author author, Database database, Key key);

    /// <summary>All keys of a database are about to go, and can still be looked up; null: of all databases.</summary>
    void OnFlushing(Database? database);

    /// <summary>All keys of a cluster's slot are about to go, or to come to a slot that has none.</summary>
    void OnSlotChanging(Database database, int slot) => OnFlushing(database);

    /// <summary>Two databases are about to swap their keys.</summary>
    void OnSwapping(Database one, Database other);

    /// <summary>Something happened to a key. The name is the one that notifications use ("set", "expired").</summary>
    void OnEvent(KeyspaceEventClass kind, ReadOnlySpan<byte> name, Database database, Key key);
}

/// <summary>Waits for keys to be as it wants them: blocked calls.</summary>
public interface IKeyWaiters
{
    /// <summary>Also changes of keys that there are, and their end, are to be told. Asked only by <see cref="Keyspace.ListenersChanged"/>.</summary>
    bool WantsModified { get; }

    /// <summary>A key has appeared, or another one has taken its place.</summary>
    void OnCreated(Database database, Key key);

    /// <summary>As <see cref="IKeyspaceListener.OnModified"/>.</summary>
    void OnModified(Database database, Key key);

    /// <summary>Something has come to a key that there is, or gone, for which some wait: an entry of a stream, a consumer group.</summary>
    void OnWoken(Database database, Key key);

    /// <summary>All keys of a database are about to go or to be replaced at once, or those of a slot; null: of all databases.</summary>
    void OnReplacing(Database? database);
}
