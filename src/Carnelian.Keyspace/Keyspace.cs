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

    /// <summary>What is propagated of a key whose time is over.</summary>
    public ReadOnlySpan<byte> ExpiryCommand => LazyExpire ? "UNLINK"u8 : "DEL"u8;

    /// <summary>lazyfree-lazy-user-del and lazyfree-lazy-server-del: kept, but what is large is freed in slices in any case.</summary>
    public bool LazyUserDelete { get; set; }

    public bool LazyServerDelete { get; set; }

    /// <summary>FLUSHALL and FLUSHDB without an argument free in the background (lazyfree-lazy-user-flush).</summary>
    public bool LazyUserFlush { get; set; }

    /// <summary>1 to 10; see <see cref="ActiveExpiry"/>.</summary>
    public int ActiveExpireEffort { get; set; } = 1;

    /// <summary>maxmemory-policy.</summary>
    public EvictionPolicy EvictionPolicy { get; set; } = EvictionPolicy.NoEviction;

    /// <summary>The higher, the more uses it takes to raise a key's counter (lfu-log-factor).</summary>
    public int LfuLogFactor { get; set; } = 10;

    /// <summary>A key's counter falls by one in so many minutes without a use; 0: never (lfu-decay-time).</summary>
    public int LfuDecayMinutes { get; set; } = 1;

    /// <summary>Whether defragmentation runs by itself. Not in Redis' sense of the allocator's help, but on by default: it is cheap.</summary>
    public bool ActiveDefragmentation { get; set; } = true;

    public DefragmentationLimits Defragmentation { get; } = new();
}

public sealed class KeyspaceStatistics
{
    public long Hits, Misses, Expired;

    /// <summary>Keys and collections that were freed after the call that deleted them, and all keys that FLUSHALL and FLUSHDB deleted.</summary>
    public long LazilyFreed;

    /// <summary>Turns of the active expiry that ended because their time did.</summary>
    public long ExpiryTurnsCut;

    /// <summary>Of the keys that expire, those that are over and still there, as far as the active expiry saw them lately: 0 to 1.</summary>
    public double StaleRatio;

    internal void NoteExpiryTurn(long looked, long expired, bool cut)
    {
        const double newPart = 0.05;
        if (cut) ExpiryTurnsCut++;
        StaleRatio = StaleRatio * (1 - newPart) + (looked == 0 ? 0 : newPart * expired / looked);
    }

    public void Reset()
    {
        Hits = Misses = Expired = LazilyFreed = ExpiryTurnsCut = 0;
        StaleRatio = 0;
    }
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
    private IKeyWaiters? _waiters;
    private KeyspaceEventClass _eventsWanted;
    private bool _touchesWanted;

    /// <summary>Somebody wants to hear of keys that come to be.</summary>
    private bool _arrivalsWanted;

    public Keyspace(KeyspaceOptions options, BlockAllocator allocator, Randomness randomness)
    {
        Options = options;
        Allocator = allocator;
        Randomness = randomness;
        _host = new(allocator, new(randomness.Next(), randomness.Next()));
        Access = new(_host, options, randomness);
        Disposal = new(_host, Statistics);
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

    /// <summary>Bytes of all keys and their values, without the tables that find them.</summary>
    public long DataBytes => Allocator.UsedBytesOf(Purpose.Keys) + Allocator.UsedBytesOf(Purpose.Values) + Allocator.UsedBytesOf(Purpose.Collections);

    public Randomness Randomness { get; }

    public ChangeLog Changes { get; }

    public KeyspaceStatistics Statistics { get; } = new();

    public AccessClock Access { get; }

    public Disposal Disposal { get; }

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
        if (view.Exists && view.Access != Access.Fresh) Access.Freshen(view);
        return view;
    }

    /// <summary>As <see cref="Read"/>, but the key does not become fresher: TTL, TYPE, EXISTS.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public EntryView Look(Database database, ReadOnlySpan<byte> key, ulong hash)
    {
        var view = Inspect(database, key, hash);
        if (!view.Exists && (_eventsWanted & KeyspaceEventClass.KeyMiss) != 0) Raise(KeyspaceEvent.KeyMiss, database, key);
        return view;
    }

    /// <summary>As <see cref="Look"/>, but that the key is missing is no event: OBJECT, SCAN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public EntryView Inspect(Database database, ReadOnlySpan<byte> key, ulong hash)
    {
        database.Keys.Step();
        var found = database.Keys.Find(key, hash);
        var view = found.View;
        if (!view.Exists || (view.Expires && IsOver(view.ExpiryMs) && ExpireFound(database, key, ref found)))
        {
            Statistics.Misses++;
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
            Changes.Append(Options.ExpiryCommand).Append(key);
        }
        Raise(KeyspaceEvent.Expired, database, key);
        Touch(database, key);
    }

    /// <summary>
    /// A key that a walk found, and whose time is over, is deleted if the policy says so; a unit of its own in the change log: such keys have nothing to do with
    /// each other.
    /// </summary>
    public void ExpireIfOver(Database database, EntryView entry)
    {
        if (IsAlive(entry) || Policy != ExpiryPolicy.Delete) return;
        database.Keys.Step();
        var found = database.Keys.Find(entry.Key, Hash(entry.Key));
        if (!found.Exists) return;
        Changes.BeginUnit();
        Expire(database, entry.Key, ref found);
    }

    /// <summary>
    /// A key drawn by chance; nothing if there is none. What it meets that is over goes first. Where such keys may not go, and all expire, it
    /// gives up after some and tells one of them, as Redis does.
    /// </summary>
    public EntryView RandomKey(Database database)
    {
        const int TriesMax = 100;
        for (var tries = 1; ; tries++)
        {
            var found = database.Keys.Sample(Randomness.Next());
            if (!found.Exists || IsAlive(found)) return found;
            if (Policy == ExpiryPolicy.Hide && tries >= TriesMax && database.Keys.Expiring == database.Keys.Count) return found;
            ExpireIfOver(database, found);
        }
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
        if (exists && view.Access != Access.Fresh) Access.Freshen(view);
        return new(this, database, key, found, exists);
    }

    /// <summary>As <see cref="Edit"/>, but an expired key is there like any other: for who removes what there is without asking.</summary>
    public KeyEdit EditEvenExpired(Database database, ReadOnlySpan<byte> key, ulong hash)
    {
        database.Keys.Step();
        var found = database.Keys.Find(key, hash);
        return new(this, database, key, found, found.Exists);
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

    /// <summary>Gives a key's value and expiry to another key, in O(1) whatever the size.</summary>
    /// <param name="replace">Whether what is there goes, without an event of its own; otherwise that is a reason not to move.</param>
    /// <param name="left">The event of the key that goes; RENAME's and MOVE's differ.</param>
    public TransferResult Move(
        Database from, ReadOnlySpan<byte> key, Database to, ReadOnlySpan<byte> newKey, bool replace, KeyspaceEvent left, KeyspaceEvent arrived)
    {
        ulong hash = Hash(key), newHash = Hash(newKey);
        Check.That(from != to || !key.SequenceEqual(newKey));
        if (!Edit(from, key, hash).Exists) return TransferResult.Missing;
        if (!TryVacate(to, newKey, newHash, replace)) return TransferResult.Occupied;
        // Looked up again: what went may have moved others of its bucket.
        var source = from.Keys.Find(key, hash);
        BeforeChange(from, source.View);
        var detached = from.Keys.Detach(ref source);
        var target = to.Keys.Find(newKey, newHash);
        to.Keys.Attach(ref target, newKey, detached);
        Dirty++;
        Created(to, newKey);
        Touch(from, key);
        Touch(to, newKey);
        Raise(left, from, key);
        Raise(arrived, to, newKey);
        return TransferResult.Done;
    }

    /// <summary>Gives another key the same value and expiry, in O(N) of a collection's elements.</summary>
    /// <param name="replace">As in <see cref="Move"/>.</param>
    public TransferResult Copy(Database from, ReadOnlySpan<byte> key, Database to, ReadOnlySpan<byte> newKey, bool replace)
    {
        Check.That(from != to || !key.SequenceEqual(newKey));
        var source = Read(from, key, Hash(key));
        if (!source.Exists) return TransferResult.Missing;
        var newHash = Hash(newKey);
        if (!TryVacate(to, newKey, newHash, replace)) return TransferResult.Occupied;
        var target = to.Keys.Find(newKey, newHash);
        to.Keys.Copy(ref target, newKey, source);
        Dirty++;
        Created(to, newKey);
        Touch(to, newKey);
        Raise(KeyspaceEvent.CopyTo, to, newKey);
        return TransferResult.Done;
    }

    /// <summary>Makes a place for a key that is to come. False when there is one that must stay.</summary>
    private bool TryVacate(Database database, ReadOnlySpan<byte> key, ulong hash, bool replace)
    {
        if (Edit(database, key, hash).Exists && !replace) return false;
        var found = database.Keys.Find(key, hash);
        if (!found.Exists) return true;
        BeforeChange(database, found.View);
        database.Keys.Remove(ref found);
        return true;
    }

    /// <summary>Two databases get each other's keys, in O(1) save for those that wait for keys in them.</summary>
    public void Swap(Database one, Database other)
    {
        Dirty++;
        if (one == other) return;
        one.Swap(other);
        foreach (var listener in _listeners) listener.OnSwapped(one, other);
        _waiters?.OnSwapped(one);
        _waiters?.OnSwapped(other);
    }

    /// <summary>Empties one database, or all; their tables are handed over whole. Returns the number of keys.</summary>
    /// <param name="background">Memory is given back bit by bit by <see cref="Disposal"/>, not at once.</param>
    public long Flush(Database? database, bool background)
    {
        long keys = 0;
        foreach (var each in _databases)
        {
            if (database is not null && each != database || each.Keys.BucketBytes == 0) continue;
            keys += each.Keys.Count;
            var table = each.Detach();
            if (Snapshot is { } snapshot && snapshot.OnFlushing(each, table)) continue;
            if (background) Disposal.Take(table);
            else table.Dispose();
        }
        foreach (var listener in _listeners) listener.OnFlushed(database);
        return keys;
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
        _arrivalsWanted = _waiters is not null || (_eventsWanted & KeyspaceEventClass.New) != 0;
    }

    /// <summary>Those who wait for keys; null while nobody does.</summary>
    public IKeyWaiters? Waiters
    {
        get => _waiters;
        set
        {
            _waiters = value;
            ListenersChanged();
        }
    }

    /// <summary>A key has come to be that was not there, or has taken another one's place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Created(Database database, ReadOnlySpan<byte> key)
    {
        if (_arrivalsWanted) TellOfArrival(database, key);
    }

    private void TellOfArrival(Database database, ReadOnlySpan<byte> key)
    {
        _waiters?.OnCreated(database, key);
        Raise(KeyspaceEvent.New, database, key);
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
        foreach (var database in _databases) database.Dispose();
        Disposal.Finish();
        Changes.Dispose();
        Allocator.ReleaseRetired();
    }
}

public enum TransferResult
{
    Done,

    /// <summary>There is no such key.</summary>
    Missing,

    /// <summary>Where it should go is a key that must stay.</summary>
    Occupied,
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
