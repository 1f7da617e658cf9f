using System.Runtime.CompilerServices;

namespace Carnelian;

/// <summary>What becomes of a key whose time is over.</summary>
public enum ExpiryPolicy
{
    /// <summary>It is deleted when somebody meets it (a master).</summary>
    Delete,

    /// <summary>It looks as if it were gone, and stays until the master says so (a replica, for its own clients).</summary>
    Hide,

    /// <summary>It is there (loading, and the link to a master).</summary>
    Ignore,
}

public sealed class KeyspaceOptions
{
    /// <summary>Number of databases.</summary>
    public int Databases { get; set; } = 16;

    /// <summary>Whether what expires is propagated as UNLINK rather than DEL (lazyfree-lazy-expire).</summary>
    public bool LazyExpire { get; set; }

    /// <summary>Whether SET, GETSET and the like propagate a lazy free (lazyfree-lazy-user-del).</summary>
    public bool LazyUserDelete { get; set; }

    /// <summary>FLUSHALL and FLUSHDB without an argument free in the background (lazyfree-lazy-user-flush).</summary>
    public bool LazyUserFlush { get; set; }

    /// <summary>1 to 10; see <see cref="ActiveExpiry"/>.</summary>
    public int ActiveExpireEffort { get; set; } = 1;

    /// <summary>Whether defragmentation runs by itself. Not in Redis' sense of the allocator's help, but on by default: it is cheap.</summary>
    public bool ActiveDefragmentation { get; set; } = true;
}

public sealed class KeyspaceStatistics
{
    public long Hits, Misses, Expired;

    public void Reset() => Hits = Misses = Expired = 0;
}

/// <summary>
/// All databases and the one door for writes. Values are read through <see cref="Read"/> and changed through
/// <see cref="Edit"/> only; what a change needs besides (expiry, snapshot, touch, event) happens there, once.
/// Used by the command thread. Calls run at one frozen <see cref="NowMs"/>.
/// </summary>
public sealed class Keyspace : IDisposable
{
    private readonly TableHost _host;
    private Database[] _databases = [];
    private readonly List<IKeyspaceListener> _listeners = [];
    private readonly Queue<KeyTable> _discarded = new();
    private KeyspaceEventClass _eventsWanted;
    private bool _touchesWanted;

    public Keyspace(KeyspaceOptions options, BlockAllocator allocator, Randomness randomness)
    {
        Options = options;
        Allocator = allocator;
        Randomness = randomness;
        _host = new(allocator, new(randomness.Next(), randomness.Next()));
        Changes = new(allocator);
        SetDatabaseCount(options.Databases);
    }

    /// <summary>Before the first request: the configuration is read when the keyspace is there already. Those that stay are the same objects.</summary>
    public void SetDatabaseCount(int count)
    {
        Check.That(count > 0);
        for (var i = count; i < _databases.Length; i++)
        {
            Check.That(_databases[i].Keys.Count == 0);
            _databases[i].Dispose();
        }
        var before = _databases.Length;
        Array.Resize(ref _databases, count);
        for (var i = before; i < count; i++) _databases[i] = new(i, _host);
        Options.Databases = count;
    }

    public KeyspaceOptions Options { get; }

    public BlockAllocator Allocator { get; }

    public Randomness Randomness { get; }

    public ChangeLog Changes { get; }

    public KeyspaceStatistics Statistics { get; } = new();

    public ReadOnlySpan<Database> Databases => _databases;

    /// <summary>Unix milliseconds at which the current call runs.</summary>
    public long NowMs { get; set; }

    public ExpiryPolicy Policy { get; set; } = ExpiryPolicy.Delete;

    /// <summary>Changes since the last save: what save points count and what tells that a call changed something.</summary>
    public long Dirty { get; set; }

    /// <summary>The snapshot that goes on, if one does; it gets every key's state before its first change.</summary>
    public ISnapshotObserver? Snapshot { get; set; }

    /// <summary>What the containers share.</summary>
    public TableHost Host => _host;

    public ulong Hash(ReadOnlySpan<byte> key) => _host.Hash(key);

    // ---- reading

    /// <summary>A key for reading: nothing if its time is over. Counts a hit or miss and freshens the key.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public EntryView Read(Database database, ReadOnlySpan<byte> key, ulong hash)
    {
        var view = Look(database, key, hash);
        if (view.Exists) view.Lru = database.Keys.Lru;
        return view;
    }

    /// <summary>As <see cref="Read"/>, but the key does not become fresher: TTL, TYPE, EXISTS.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public EntryView Look(Database database, ReadOnlySpan<byte> key, ulong hash)
    {
        database.Keys.Step();
        var found = database.Keys.Find(key, hash);
        var view = found.View;
        if (!view.Exists || (view.Expires && IsOver(view.ExpiryMs) && ExpireFound(database, key, ref found)))
        {
            Statistics.Misses++;
            if ((_eventsWanted & KeyspaceEventClass.KeyMiss) != 0) Raise(KeyspaceEvent.KeyMiss, database, key);
            return default;
        }
        Statistics.Hits++;
        return view;
    }

    /// <summary>True when a moment has passed. A key expires at the millisecond after its own, as in Redis.</summary>
    public bool IsOver(long expiryMs) => NowMs > expiryMs && Policy != ExpiryPolicy.Ignore;

    /// <summary>A key that walks found: does it still count, whether or not it has been deleted?</summary>
    public bool IsAlive(EntryView entry) => !entry.Expires || !IsOver(entry.ExpiryMs);

    /// <summary>Deletes a key whose time is over, if the policy says so. True in any case: to the caller the key is gone.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool ExpireFound(Database database, ReadOnlySpan<byte> key, scoped ref EntryHandle found)
    {
        if (Policy == ExpiryPolicy.Delete) Expire(database, key, ref found);
        return true;
    }

    private void Expire(Database database, ReadOnlySpan<byte> key, scoped ref EntryHandle found)
    {
        BeforeChange(database, found.View);
        database.Keys.Remove(ref found);
        Statistics.Expired++;
        if (Changes.Listening != 0)
        {
            Changes.Begin(ChangeTargets.All, database.Number, 2);
            Changes.Append(Options.LazyExpire ? "UNLINK"u8 : "DEL"u8);
            Changes.Append(key);
        }
        Raise(KeyspaceEvent.Expired, database, key);
        Touch(database, key);
    }

    /// <summary>Deletes a key if its time is over; a unit of its own in the change log. For the active expiry.</summary>
    internal bool ExpireNow(Database database, ReadOnlySpan<byte> key)
    {
        database.Keys.Step();
        var found = database.Keys.Find(key, Hash(key));
        if (!found.Exists || !found.View.Expires || !IsOver(found.View.ExpiryMs)) return false;
        Changes.BeginUnit();
        Expire(database, key, ref found);
        return true;
    }

    // ---- changing

    /// <summary>A key for changing, which freshens it. An expired one counts as missing and is deleted first, if the policy says so.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public KeyEdit Edit(Database database, ReadOnlySpan<byte> key, ulong hash)
    {
        database.Keys.Step();
        var found = database.Keys.Find(key, hash);
        var hidden = found.Exists && found.View.Expires && IsOver(found.View.ExpiryMs) && ExpireFound(database, key, ref found);
        var view = found.View;
        var exists = view.Exists && !hidden;
        if (exists) view.Lru = database.Keys.Lru;
        return new(this, database, key, found, exists);
    }

    /// <summary>Before any change of an existing entry: a snapshot that has not saved it yet takes a copy, once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void BeforeChange(Database database, EntryView entry)
    {
        if (Snapshot is not { } snapshot || entry.Mark == _host.Mark) return;
        snapshot.OnChanging(database, entry);
        entry.Mark = _host.Mark;
    }

    /// <summary>Before any change of an existing field: a snapshot that holds its hash and has not saved it yet takes a copy.</summary>
    internal void BeforeChange(FieldTable fields, FieldView field)
    {
        if (!fields.IsHeld || field.Mark == _host.Mark) return;
        Snapshot!.OnChanging(fields, field);
        field.Mark = _host.Mark;
    }

    /// <summary>
    /// Gives a key's value and expiry to another key, in O(1) whatever the size; what was there goes. False if the key is
    /// missing. The caller raises the events, whose names differ between RENAME and MOVE.
    /// </summary>
    public bool Move(Database from, ReadOnlySpan<byte> key, Database to, ReadOnlySpan<byte> newKey)
    {
        if (from == to && key.SequenceEqual(newKey)) return Look(from, key, Hash(key)).Exists;
        var source = Edit(from, key, Hash(key));
        if (!source.Exists) return false;
        var detached = source.Detach();
        Edit(to, newKey, Hash(newKey)).Attach(detached);
        return true;
    }

    /// <summary>Empties one database, or all; their tables are handed over whole. Returns the number of keys.</summary>
    /// <param name="background">Memory is given back bit by bit by <see cref="DisposeDiscarded"/>, not at once.</param>
    public long Flush(Database? database, bool background)
    {
        long keys = 0;
        foreach (var each in _databases)
        {
            if (database is not null && each != database || each.Keys.Count == 0) continue;
            keys += each.Keys.Count;
            var table = each.Detach();
            if (Snapshot is { } snapshot && snapshot.OnFlushing(each, table)) continue;
            if (background) _discarded.Enqueue(table);
            else table.Dispose();
        }
        foreach (var listener in _listeners) listener.OnFlushed(database);
        return keys;
    }

    /// <summary>Takes over a table that nobody uses any more, to be freed by <see cref="DisposeDiscarded"/>.</summary>
    internal void Discard(KeyTable table) => _discarded.Enqueue(table);

    public bool HasDiscarded => _discarded.Count > 0 || _host.HasDiscarded;

    /// <summary>Frees what background flushes and deleted collections left, within a budget.</summary>
    public void DisposeDiscarded(Budget budget)
    {
        while (_host.DisposeSome())
        {
            if (budget.Spent) return;
        }
        while (_discarded.TryPeek(out var table))
        {
            do
            {
                if (!table.DisposeSome()) continue;
                _discarded.Dequeue();
                break;
            }
            while (!budget.Spent);
            if (budget.Spent) return;
        }
    }

    // ---- listeners

    public void Attach(IKeyspaceListener listener)
    {
        _listeners.Add(listener);
        ListenersChanged();
    }

    public void Detach(IKeyspaceListener listener)
    {
        _listeners.Remove(listener);
        ListenersChanged();
    }

    /// <summary>To be called when what a listener wants has changed.</summary>
    public void ListenersChanged()
    {
        _eventsWanted = KeyspaceEventClass.None;
        _touchesWanted = false;
        foreach (var listener in _listeners)
        {
            _eventsWanted |= listener.Wants;
            _touchesWanted |= listener.WantsTouches;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Touch(Database database, ReadOnlySpan<byte> key)
    {
        if (_touchesWanted) TouchListeners(database, key);
    }

    private void TouchListeners(Database database, ReadOnlySpan<byte> key)
    {
        foreach (var listener in _listeners)
        {
            if (listener.WantsTouches) listener.OnTouched(database, key);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Raise(KeyspaceEvent happened, Database database, ReadOnlySpan<byte> key)
    {
        if ((_eventsWanted & happened.Kind) != 0) RaiseToListeners(happened, database, key);
    }

    private void RaiseToListeners(KeyspaceEvent happened, Database database, ReadOnlySpan<byte> key)
    {
        foreach (var listener in _listeners)
        {
            if ((listener.Wants & happened.Kind) != 0) listener.OnEvent(happened.Kind, happened.Name, database, key);
        }
    }

    public void Dispose()
    {
        while (_discarded.TryDequeue(out var table)) table.Dispose();
        foreach (var database in _databases) database.Dispose();
        while (_host.DisposeSome())
        {
        }
        Changes.Dispose();
        Allocator.ReleaseRetired();
    }
}

/// <summary>A snapshot in the making: hears of every change to what it has not saved yet.</summary>
public interface ISnapshotObserver
{
    /// <summary>An entry that does not bear the current mark is about to change or to go; it must be copied now. It bears the mark from then on.</summary>
    void OnChanging(Database database, EntryView entry);

    /// <summary>The same for a field of a hash that the snapshot holds.</summary>
    void OnChanging(FieldTable fields, FieldView field);

    /// <summary>A database's table is about to be discarded; true when the snapshot takes it over and disposes of it.</summary>
    bool OnFlushing(Database database, KeyTable table);
}
