using System.Runtime.CompilerServices;

namespace Carnelian;

/// <summary>
/// Who listens to a keyspace or waits for its keys, and what they want to hear. Every change asks for that, so this is a struct in the keyspace's
/// own memory.
/// </summary>
internal struct KeyspaceListeners()
{
    private readonly List<IKeyspaceListener> _listeners = [];
    private IKeyWaiters? _waiters;
    private KeyspaceEventClass _eventsWanted;
    private bool _modifiedWanted;

    /// <summary>Somebody waits for keys to appear.</summary>
    private bool _arrivalsWanted;

    public IKeyWaiters? Waiters
    {
        readonly get => _waiters;
        set
        {
            _waiters = value;
            Refresh();
        }
    }

    public void Attach(IKeyspaceListener listener)
    {
        _listeners.Add(listener);
        Refresh();
    }

    public void Detach(IKeyspaceListener listener)
    {
        _listeners.Remove(listener);
        Refresh();
    }

    /// <summary>Asks all listeners anew what they want.</summary>
    public void Refresh()
    {
        _eventsWanted = KeyspaceEventClass.None;
        _modifiedWanted = false;
        foreach (var listener in _listeners)
        {
            _eventsWanted |= listener.Wants;
            _modifiedWanted |= listener.WantsModified;
        }
        _modifiedWanted |= _waiters is { WantsModified: true };
        _arrivalsWanted = _waiters is not null || (_eventsWanted & KeyspaceEventClass.New) != 0;
    }

    public readonly bool Wants(KeyspaceEventClass kind) => (_eventsWanted & kind) != 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Raise(KeyspaceEvent happened, Database database, Key key)
    {
        if (Wants(happened.Kind)) RaiseToListeners(happened, database, key);
    }

    private readonly void RaiseToListeners(KeyspaceEvent happened, Database database, Key key)
    {
        if (database.IsHidden) return;
        foreach (var listener in _listeners)
        {
            if ((listener.Wants & happened.Kind) != 0) listener.OnEvent(happened.Kind, happened.Name, database, key);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Created(Database database, Key key)
    {
        if (_arrivalsWanted) CreatedForListeners(database, key);
    }

    private readonly void CreatedForListeners(Database database, Key key)
    {
        if (database.IsHidden) return;
        _waiters?.OnCreated(database, key);
        Raise(KeyspaceEvent.New, database, key);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void SignalModified(Database database, Key key)
    {
        if (_modifiedWanted) SignalListeners(database, key);
    }

    private readonly void SignalListeners(Database database, Key key)
    {
        if (database.IsHidden) return;
        foreach (var listener in _listeners)
        {
            if (listener.WantsModified) listener.OnModified(database.Keyspace.Author, database, key);
        }
        if (_waiters is { WantsModified: true } waiters) waiters.OnModified(database, key);
    }

    public readonly void Swapping(Database one, Database other)
    {
        foreach (var listener in _listeners) listener.OnSwapping(one, other);
        _waiters?.OnReplacing(one);
        _waiters?.OnReplacing(other);
    }

    public readonly void SlotChanging(Database database, int slot)
    {
        foreach (var listener in _listeners) listener.OnSlotChanging(database, slot);
        _waiters?.OnReplacing(database);
    }

    /// <summary>All keys of a database are about to go; null: of all databases.</summary>
    public readonly void Flushing(Database? database)
    {
        foreach (var listener in _listeners) listener.OnFlushing(database);
        _waiters?.OnReplacing(database);
    }
}
