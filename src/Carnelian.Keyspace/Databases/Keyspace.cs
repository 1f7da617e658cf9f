using System.Runtime.CompilerServices;

namespace Carnelian;

/// <summary>
/// All databases and the one door for writes. Values are read through <see cref="Find"/> and changed through
/// <see cref="Edit"/> only; what a change needs besides (expiry, snapshot, touch, event) happens there, once.
/// Used by the command thread. Calls run at one frozen <see cref="NowMs"/>.
/// </summary>
public sealed class Keyspace : IDisposable
{
    private readonly TableHost _host;
    private Database[] _databases = [];
    private KeyspaceListeners _listeners = new();

    public Keyspace(KeyspaceOptions options, BlockAllocator allocator, Randomness randomness)
    {
        Options = options;
        Allocator = allocator;
        Randomness = randomness;
        _host = new(allocator, new(randomness.Next(), randomness.Next()));
        Author = Self;
        Access = new(this);
        Attach(Access);
        HashExpiry = new(this);
        LazyFree = new(_host, Statistics);
        Changes = new(allocator);
        Held = new(this);
        SetDatabaseCount(options.Databases);
    }

    /// <summary>
    /// Called before the first request, because the configuration is read when the keyspace is there already. Databases that stay are the same
    /// objects.
    /// </summary>
    public void SetDatabaseCount(int count)
    {
        Check.That(count > 0);
        for (var i = count; i < _databases.Length; i++)
        {
            Check.That(_databases[i].Data.Count == 0);
            _databases[i].Dispose();
        }
        var before = _databases.Length;
        Array.Resize(ref _databases, count);
        for (var i = before; i < count; i++) _databases[i] = new(i, this, NewDataset());
        Options.Databases = count;
    }

    /// <summary>Keeps keys by slots from now on, as in a cluster. Called before the first request, as <see cref="SetDatabaseCount"/>.</summary>
    public void UseSlots()
    {
        Options.UsesSlots = true;
        foreach (var database in _databases)
        {
            Check.That(database.Data.Count == 0);
            database.Detach().Tables.Disposal.Finish();
        }
    }

    public KeyspaceOptions Options { get; }

    public BlockAllocator Allocator { get; }

    /// <summary>Bytes of all keys and their values, without the tables that find them.</summary>
    public long DataBytes => Allocator.UsedBytesOf(Purpose.Keys) + Allocator.UsedBytesOf(Purpose.Values) + Allocator.UsedBytesOf(Purpose.Collections);

    public Randomness Randomness { get; }

    public ChangeLog Changes { get; }

    public KeyspaceStatistics Statistics { get; } = new();

    public AccessClock Access { get; }

    public LazyFree LazyFree { get; }

    /// <summary>Keys that are on their way to another server.</summary>
    public HeldKeys Held { get; }

    internal HashExpiry HashExpiry { get; }

    public ReadOnlySpan<Database> Databases => _databases;

    /// <summary>Unix milliseconds at which the current call runs.</summary>
    public long NowMs { get; set; }

    /// <summary>Milliseconds of the monotonic clock, as of the latest turn: for how long something takes.</summary>
    public long MonotonicMs { get; set; }

    /// <summary>Who uses the keyspace at present; set by whoever runs calls, for each.</summary>
    public Author Author { get; set; }

    /// <summary>In whose name the keyspace itself changes something: cron.</summary>
    public Author Self { get; } = new SelfAuthor();

    /// <summary>What becomes of keys whose time is over, unless the author has a policy of its own.</summary>
    public ExpiryPolicy DefaultPolicy { get; set; } = ExpiryPolicy.Delete;

    public ExpiryPolicy Policy => Author.OwnPolicy ?? DefaultPolicy;

    /// <summary>CLIENT PAUSE holds up what would change something.</summary>
    public bool IsPaused { get; set; }

    /// <summary>import-mode: another server, which sends its keys, says what becomes of them.</summary>
    public bool IsImporting { get; set; }

    /// <summary>Nothing changes of itself at present: what is over is hidden and stays, and nothing is to be evicted.</summary>
    public bool HoldsOwnChanges => IsPaused || IsImporting;

    /// <summary>Null: nobody wants to know how long deletions take.</summary>
    public IExpiryTimer? ExpiryTimer { get; set; }

    /// <summary>Whether what is over is deleted when it is met.</summary>
    public bool DeletesExpired => Policy == ExpiryPolicy.Delete && !HoldsOwnChanges;

    /// <summary>Changes since the last save. Save points count them, and a call that raises the number has changed something.</summary>
    public long Dirty { get; set; }

    /// <summary>Where a call makes collections that go to a key when they are done: no listener hears of what happens there. Empty between calls.</summary>
    private Database? _making;

    /// <summary>A set that is in no database anybody knows. The call stores or discards it, before it makes another one.</summary>
    public SetEdit NewSet() => new(NewKey());

    /// <inheritdoc cref="NewSet"/>
    public SortedSetEdit NewSortedSet() => new(NewKey());

    /// <summary>As <see cref="NewSet"/>: a list, which the call stores unless it is empty.</summary>
    public ListEdit NewList() => new(NewKey());

    /// <summary>
    /// As <see cref="NewSet"/>: a key for a value of any type, so that what is read of one from outside becomes a key when it is whole. It is not kept across
    /// <see cref="GiveNew"/> or <see cref="DiscardNew"/>, of which one is to follow.
    /// </summary>
    public KeyEdit NewKey()
    {
        _making ??= new(0, this, new Dataset(new(_host), usesSlots: false)) { IsHidden = true };
        Check.That(_making.Data.Count == 0);
        return Edit(_making, KeyOf(default));
    }

    /// <summary>Gives what was made under <see cref="NewKey"/> to a key, in place of what that has, with an expiry, and counts it as a change without an event.</summary>
    public void GiveNew(scoped ref KeyEdit key, long expiryMs)
    {
        var made = EditNew();
        key.Take(ref made, expiryMs);
        key.Changed(1, null);
    }

    /// <summary>Frees what was made under <see cref="NewKey"/>, if something was.</summary>
    public void DiscardNew()
    {
        var made = EditNew();
        if (made.Exists) made.Destroy();
    }

    private KeyEdit EditNew() => EditEvenExpired(_making!, KeyOf(default));

    /// <summary>Slots whose keys are arriving.</summary>
    internal List<SlotImport> Imports { get; } = [];

    /// <summary>The snapshot in progress, or null; it is shown every key before the key's first change.</summary>
    internal ISnapshotObserver? Snapshot { get; set; }

    /// <summary>What the containers share.</summary>
    public TableHost Host => _host;

    /// <summary>A key's bytes with where to look them up.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Key KeyOf(ReadOnlySpan<byte> bytes) => new(bytes, _host.Hash(bytes), Options.UsesSlots ? KeySlot.Of(bytes) : 0);

    internal Dataset NewDataset() => new(new(_host), Options.UsesSlots);

    // ---- reading

    /// <summary>Finds a key for reading. A key whose time is over is not found. The flags say what the look-up leaves out.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public EntryView Find(Database database, Key key, LookupFlags flags = LookupFlags.None)
    {
        var table = database.Data.TableOf(key.Slot);
        table.Step();
        var found = table.Find(key.Bytes, key.Hash);
        var view = found.View;
        var isThere = view.Exists && ((flags & LookupFlags.NoExpire) != 0 || !view.Expires || !IsOver(view.ExpiryMs) || !ExpireFound(database, key, ref found));
        if ((flags & LookupFlags.NoStatistics) == 0)
        {
            if (isThere) Statistics.Hits++;
            else Statistics.Misses++;
        }
        if (!isThere)
        {
            if ((flags & LookupFlags.NoNotify) == 0 && _listeners.Wants(KeyspaceEventClass.KeyMiss)) Raise(KeyspaceEvent.KeyMiss, database, key);
            return default;
        }
        if ((flags & LookupFlags.NoTouch) == 0 && view.Access != Access.Fresh) Access.Freshen(view);
        return view;
    }

    /// <summary>True when a moment has passed. A key expires at the millisecond after its own, as in Redis.</summary>
    public bool IsOver(long expiryMs) => NowMs > expiryMs && Policy != ExpiryPolicy.Ignore;

    /// <summary>False once the key's time is over. For entries found by a walk, which may have been deleted since.</summary>
    public bool IsAlive(EntryView entry) => !entry.Expires || !IsOver(entry.ExpiryMs);

    /// <summary>Deletes a key whose time is over, if the policy says so. True in any case: to the caller the key is gone.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool ExpireFound(Database database, Key key, scoped ref EntryHandle found)
    {
        if (DeletesExpired && !Held.Contains(database, key)) Expire(database, key, ref found);
        return true;
    }

    private void Expire(Database database, Key key, scoped ref EntryHandle found)
    {
        var began = ExpiryTimer?.Begin() ?? 0;
        Statistics.Expired++;
        DeleteUnasked(database, key, ref found, KeyspaceEvent.Expired, Options.ExpiryCommand);
        ExpiryTimer?.End(began);
    }

    /// <summary>Deletes a key to make room. It is a unit of its own in the change log.</summary>
    internal void Evict(Database database, Key key, scoped ref EntryHandle found)
    {
        Changes.BeginUnit();
        Statistics.Evicted++;
        DeleteUnasked(database, key, ref found, KeyspaceEvent.Evicted, Options.EvictionCommand);
    }

    /// <summary>Deletes a key that no command has named.</summary>
    /// <param name="command">What is propagated of it.</param>
    private void DeleteUnasked(Database database, Key key, scoped ref EntryHandle found, KeyspaceEvent happened, ReadOnlySpan<byte> command)
    {
        BeforeChange(database, found.View);
        database.Data.TableOf(key.Slot).Remove(ref found);
        if ((Changes.Listening & Author.Targets) != 0)
        {
            Changes.Begin(Author.Targets, database.Number, 2, Options.UsesSlots ? key.Slot : ChangeLog.NoSlot);
            Changes.Append(command).Append(key.Bytes);
        }
        Raise(happened, database, key);
        SignalModified(database, key);
    }

    /// <summary>Propagates that a field was deleted because its time was over.</summary>
    internal void PropagateFieldExpiry(Database database, Key key, scoped ReadOnlySpan<byte> name)
    {
        if ((Changes.Listening & Author.Targets) == 0) return;
        Changes.Begin(Author.Targets, database.Number, 3, Options.UsesSlots ? key.Slot : ChangeLog.NoSlot);
        Changes.Append("HDEL"u8).Append(key.Bytes).Append(name);
    }

    /// <summary>
    /// Deletes a key that a walk found if its time is over and the policy is to delete. It is a unit of its own in the change log: expired keys have
    /// nothing to do with each other.
    /// </summary>
    public void ExpireIfOver(Database database, EntryView entry)
    {
        if (IsAlive(entry) || !DeletesExpired) return;
        var key = KeyOf(entry.Key);
        if (Held.Contains(database, key)) return;
        var table = database.Data.TableOf(key.Slot);
        table.Step();
        var found = table.Find(key.Bytes, key.Hash);
        if (!found.Exists) return;
        Changes.BeginUnit();
        Expire(database, key, ref found);
    }

    /// <summary>
    /// A random key, if there is one. Keys whose time is over are deleted when they are drawn, and another is drawn. Where they may only be hidden and
    /// all keys expire, one of them is the answer after some tries, as in Redis.
    /// </summary>
    public EntryView RandomKey(Database database)
    {
        const int TriesMax = 100;
        for (var tries = 1; ; tries++)
        {
            var found = database.Data.Sample(Randomness.Next());
            if (!found.Exists || IsAlive(found)) return found;
            if (!DeletesExpired && tries >= TriesMax && database.Data.Expiring == database.Data.Count) return found;
            ExpireIfOver(database, found);
        }
    }

    // ---- changing

    /// <summary>A key for changing, which freshens it. An expired one counts as missing and is deleted first, if the policy says so.</summary>
    /// <param name="adoptable">Blocks with arguments, which a long value may take over.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public KeyEdit Edit(Database database, Key key, List<OwnedBlock>? adoptable = null)
    {
        var table = database.Data.TableToEdit(key.Slot);
        table.Step();
        var found = table.Find(key.Bytes, key.Hash);
        var hidden = found.Exists && found.View.Expires && IsOver(found.View.ExpiryMs) && ExpireFound(database, key, ref found);
        var view = found.View;
        var exists = view.Exists && !hidden;
        if (exists && view.Access != Access.Fresh) Access.Freshen(view);
        return new(this, database, table, key, found, exists, adoptable);
    }

    /// <summary>As <see cref="Edit"/>, but an expired key exists like any other: for callers that remove a key whatever it is.</summary>
    public KeyEdit EditEvenExpired(Database database, Key key)
    {
        var table = database.Data.TableToEdit(key.Slot);
        table.Step();
        var found = table.Find(key.Bytes, key.Hash);
        return new(this, database, table, key, found, found.Exists);
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

    /// <summary>Two databases get each other's keys, in O(1) save for those that wait for keys in them.</summary>
    public void Swap(Database one, Database other)
    {
        Dirty++;
        if (one == other) return;
        _listeners.Swapping(one, other);
        one.Swap(other);
    }

    /// <summary>Empties one database, or all; their datasets are handed over whole. Returns the number of keys.</summary>
    /// <param name="background">Memory is given back bit by bit by <see cref="LazyFree"/>, not at once.</param>
    public long Flush(Database? database, bool background)
    {
        long keys = 0;
        _listeners.Flushing(database);
        foreach (var each in _databases)
        {
            if (database is not null && each != database || each.Data.IsUntouched) continue;
            keys += each.Data.Count;
            Discard(each, each.Detach(), background);
        }
        return keys;
    }

    /// <summary>Disposes of keys that are in no database any more, unless a snapshot does.</summary>
    internal void Discard(Database database, Dataset data, bool background)
    {
        if (Snapshot is { } snapshot && snapshot.OnDiscarding(database, data)) return;
        if (background) LazyFree.Take(data);
        else data.Tables.Disposal.Finish();
    }

    // ---- listeners

    public void Attach(IKeyspaceListener listener) => _listeners.Attach(listener);

    public void Detach(IKeyspaceListener listener) => _listeners.Detach(listener);

    /// <summary>To be called when what a listener wants has changed.</summary>
    public void ListenersChanged() => _listeners.Refresh();

    /// <summary>Those who wait for keys; null while nobody does.</summary>
    public IKeyWaiters? Waiters
    {
        get => _listeners.Waiters;
        set => _listeners.Waiters = value;
    }

    /// <summary>A key has appeared, or has taken another one's place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Created(Database database, Key key) => _listeners.Created(database, key);

    /// <summary>A key's value or expiry has changed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void SignalModified(Database database, Key key) => _listeners.SignalModified(database, key);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Raise(KeyspaceEvent happened, Database database, Key key) => _listeners.Raise(happened, database, key);

    /// <summary>The keys of a slot are others now: all are gone, or some have come.</summary>
    internal void SlotChanging(Database database, int slot) => _listeners.SlotChanging(database, slot);

    public void Dispose()
    {
        foreach (var import in Imports) import.Arriving.Dispose();
        foreach (var database in _databases) database.Dispose();
        _making?.Dispose();
        LazyFree.Finish();
        Held.Dispose();
        Changes.Dispose();
        Allocator.ReleaseRetired();
    }

    private sealed class SelfAuthor : Author;
}
