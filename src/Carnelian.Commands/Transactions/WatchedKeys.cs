namespace Carnelian;

/// <summary>
/// Who watches which keys. A change of a key overtakes the transactions that watch it; a key that was over already when it was watched counts as missing. Since any
/// change overtakes, a key is until then what it was: flushing asks nobody's keys, and that one expires is told by the earliest expiry.
/// </summary>
public sealed class WatchedKeys : IKeyspaceListener, IDisposable
{
    /// <summary>Links that are removed at once; longer chains go bit by bit, because a client may watch a million keys.</summary>
    private const int LinksAtOnce = 1024;

    /// <summary>Notes of links: the key was there, or was over.</summary>
    private const ushort WasThere = 1, WasOver = 2;

    private readonly Keyspace _keyspace;
    private readonly Multimap _watched;

    /// <summary>Transactions that watch keys, by <see cref="Transaction.Holder"/>; null: only its links are still there.</summary>
    private readonly List<Transaction?> _holders = [];
    private readonly Stack<int> _freeHolders = new();
    private readonly Queue<(MultimapChain Links, int Holder)> _leaving = new();

    internal WatchedKeys(Keyspace keyspace)
    {
        _keyspace = keyspace;
        _watched = new(keyspace.Host, Purpose.Other);
        keyspace.Attach(this);
    }

    /// <summary>Sessions that watch keys.</summary>
    public int Watchers { get; private set; }

    /// <summary>Different keys that are watched, or were and are still to be forgotten.</summary>
    public long KeyCount => _watched.Groups;

    public KeyspaceEventClass Wants => KeyspaceEventClass.None;

    public bool WantsModified => Watchers > 0;

    // ---- watching

    internal void Watch(Transaction transaction, Database database, Key key)
    {
        if (transaction.Holder < 0) Enter(transaction);
        var count = transaction.WatchedCount;
        var link = _watched.Add(database.Number, key.Bytes, key.Hash, transaction.Holder, ref transaction.Watched);
        if (transaction.WatchedCount == count) return;
        var view = _keyspace.Find(database, key, LookupFlags.NoEffects);
        if (!view.Exists) return;
        if (!_keyspace.IsAlive(view))
        {
            link.Note = WasOver;
            return;
        }
        link.Note = WasThere;
        if (view.Expires) transaction.FirstExpiryMs = Math.Min(transaction.FirstExpiryMs, view.ExpiryMs);
        if (!transaction.Occupied.Contains(database)) transaction.Occupied.Add(database);
    }

    private void Enter(Transaction transaction)
    {
        if (!_freeHolders.TryPop(out var holder))
        {
            holder = _holders.Count;
            _holders.Add(null);
        }
        _holders[holder] = transaction;
        transaction.Holder = holder;
        if (++Watchers == 1) _keyspace.ListenersChanged();
    }

    /// <summary>Watches nothing any more.</summary>
    internal void Leave(Transaction transaction)
    {
        if (transaction.Holder < 0) return;
        _holders[transaction.Holder] = null;
        if (--Watchers == 0) _keyspace.ListenersChanged();
        _leaving.Enqueue((transaction.Watched, transaction.Holder));
        if (transaction.WatchedCount <= LinksAtOnce && _leaving.Count == 1) ForgetSome();
        transaction.Watched = default;
        transaction.Holder = -1;
        transaction.FirstExpiryMs = long.MaxValue;
        transaction.Occupied.Clear();
    }

    /// <summary>Some links are still to be removed: <see cref="ForgetSome"/> is called again and again.</summary>
    public bool HasToForget => _leaving.Count > 0;

    public void ForgetSome()
    {
        var (links, holder) = _leaving.Dequeue();
        for (var i = 0; i < LinksAtOnce && links.Count > 0; i++) _watched.Remove(links.First, ref links);
        if (links.Count > 0) _leaving.Enqueue((links, holder));
        else _freeHolders.Push(holder);
    }

    /// <summary>Whether EXEC must answer nothing: a watched key was changed, or is over by now.</summary>
    internal bool IsOvertaken(Transaction transaction) => transaction.IsOvertaken || _keyspace.IsOver(transaction.FirstExpiryMs);

    // ---- changes

    public void OnModified(Author author, Database database, Key key)
    {
        if (!_watched.TryFind(database.Number, key.Bytes, key.Hash, out var group)) return;
        // The key is being changed: nothing may move in its table, so that it is looked at without a step.
        var isThere = database.Data.Contains(key);
        var link = group.First;
        for (var left = group.Count; left > 0; left--)
        {
            var transaction = _holders[(int)link.Holder];
            var wasOver = link.Note == WasOver;
            // That a key which was over has been deleted is no change.
            if (wasOver && !isThere) link.Note = 0;
            // Overtaking may remove the link, and with the last one the group.
            link = link.Next;
            if (transaction is null || wasOver && !isThere) continue;
            transaction.IsOvertaken = true;
            Leave(transaction);
        }
    }

    /// <summary>As in Redis, transactions that this or an exchange overtakes go on watching, as INFO and CLIENT LIST show.</summary>
    public void OnFlushing(Database? database)
    {
        for (var i = 0; i < _holders.Count; i++)
        {
            if (_holders[i] is { } transaction && (database is null ? transaction.Occupied.Count > 0 : transaction.Occupied.Contains(database))) transaction.IsOvertaken = true;
        }
    }

    /// <summary>Keys that are there overtake, also those that come from the other database; one that comes and is over stays as good as missing.</summary>
    public void OnSwapping(Database one, Database other)
    {
        for (var i = 0; i < _holders.Count; i++)
        {
            if (_holders[i] is not { IsOvertaken: false } transaction) continue;
            if (transaction.Occupied.Contains(one) || transaction.Occupied.Contains(other) || IsOvertakenBySwap(transaction, one, other)) transaction.IsOvertaken = true;
        }
    }

    private bool IsOvertakenBySwap(Transaction transaction, Database one, Database other)
    {
        for (var link = transaction.Watched.First; link.Exists; link = link.NextOfHolder)
        {
            var group = link.Group;
            if (group.Number != one.Number && group.Number != other.Number) continue;
            var view = _keyspace.Find(group.Number == one.Number ? other : one, _keyspace.KeyOf(group.Key), LookupFlags.NoEffects);
            if (view.Exists && _keyspace.IsAlive(view)) return true;
            link.Note = view.Exists ? WasOver : (ushort)0;
        }
        return false;
    }

    public void OnEvent(KeyspaceEventClass kind, ReadOnlySpan<byte> name, Database database, Key key) { }

    public void Dispose() => _watched.Dispose();
}
