using System.Runtime.CompilerServices;

namespace Carnelian;

/// <summary>
/// All that SWAPDB exchanges and FLUSH hands over whole: tables, counts, sizes and the places that chores have got to. A database has one.
/// It has one table, or in a cluster one per slot from its first key on; nobody outside this floor sees a table.
/// </summary>
public sealed class Dataset
{
    /// <summary>For <see cref="Scan"/>: no slot in particular.</summary>
    public const int AllSlots = -1;

    /// <summary>A new sample of keys is one part in this many of the average.</summary>
    private const int TtlInertia = 50;

    /// <summary>Slots that one step of the search for what is due may look at in vain.</summary>
    private const int SlotsPerScan = 64;

    /// <summary>Slots whose keys are compared together, at most.</summary>
    private const int SlotsPerDraw = 5;

    private readonly bool _usesSlots;

    /// <summary>Where the active expiry and defragmentation have got to: a slot, and a position in its table.</summary>
    private int _expirySlot, _defragmentationSlot;
    private long _expiryCursor, _defragmentationCursor;

    internal Dataset(KeyTables tables, bool usesSlots)
    {
        Tables = tables;
        _usesSlots = usesSlots;
    }

    internal KeyTables Tables { get; }

    public long Count => Tables.Count;

    /// <summary>Keys that expire.</summary>
    public long Expiring => Tables.Expiring;

    /// <summary>Hashes that have fields which expire.</summary>
    public long FieldsExpiring => Tables.FieldsExpiring;

    /// <summary>Keys that are due at some time, or something in them.</summary>
    internal long Due => Tables.Due;

    /// <summary>How large the values are.</summary>
    public SizeCounts Sizes => Tables.Sizes;

    /// <summary>How long the keys that expire have left, as the active expiry saw them; 0: unknown.</summary>
    public long AverageTtlMs { get; internal set; }

    internal void NoteTtl(long milliseconds) =>
        AverageTtlMs = AverageTtlMs == 0 ? milliseconds : AverageTtlMs + (milliseconds - AverageTtlMs) / TtlInertia;

    // ---- tables

    /// <summary>The table to look a key up in.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal KeyTable TableOf(int slot) => Tables.Of(slot);

    /// <summary>The table that a key may be added to.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal KeyTable TableToEdit(int slot)
    {
        if (_usesSlots && !Tables.HasSlots) Tables.MakeSlots();
        return Tables.Of(slot);
    }

    /// <summary>Which bucket is a key's is not known before its slot's root has arrived.</summary>
    public bool HasRootsToPrefetch => Tables.HasSlots;

    /// <summary>Asks the processor for the root of a slot's table.</summary>
    public void PrefetchRoot(int slot) => Tables.PrefetchRoot(slot);

    /// <summary>Asks the processor for the bucket of a key that will be looked up soon.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void PrefetchBucket(int slot, ulong hash) => TableOf(slot).PrefetchBucket(hash);

    /// <summary>Asks the processor for the entry of a key whose bucket has arrived.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void PrefetchEntry(int slot, ulong hash) => TableOf(slot).PrefetchEntry(hash);

    /// <summary>Whether there is a key, over or not. Moves nothing: also in the midst of a change.</summary>
    public bool Contains(Key key) => TableOf(key.Slot).Find(key.Bytes, key.Hash).Exists;

    /// <summary>The table of a key's fields or members if it has one that is not at hand anyhow, for asking the processor ahead.</summary>
    public bool TryFindLargeTable(Key key, out FieldTable fields)
    {
        var found = TableOf(key.Slot).Find(key.Bytes, key.Hash).View;
        fields = !found.Exists ? default : found.Encoding switch
        {
            ValueEncoding.HashTable => Tables.Fields(found),
            ValueEncoding.SkipList => Tables.Sorted(found).Members,
            _ => default,
        };
        return fields.IsLarge;
    }

    // ---- slots

    /// <summary>Keys in a slot.</summary>
    public long CountInSlot(int slot) => Tables.HasSlots ? TableOf(slot).Count : 0;

    /// <summary>Takes all keys of a slot out, in O(1); see <see cref="KeyTables.Detach"/>.</summary>
    internal Dataset Detach(int slot) => new(Tables.Detach(slot), usesSlots: false);

    /// <summary>Makes all keys of another dataset those of a slot that has none, in O(1). The other one is no more.</summary>
    internal void Attach(int slot, Dataset other)
    {
        TableToEdit(slot);
        Tables.Attach(slot, other.Tables);
    }

    // ---- entries

    public FieldTable Fields(EntryView entry) => Tables.Fields(entry);

    public SortedTable Sorted(EntryView entry) => Tables.Sorted(entry);

    public NodeList List(EntryView entry) => Tables.List(entry);

    public NodeStream Stream(EntryView entry) => Tables.Stream(entry);

    /// <summary>Bytes of a key's string, elements of its collection.</summary>
    public long SizeOf(EntryView entry) => Tables.SizeOf(entry);

    /// <summary>Memory that a key and its value take; <paramref name="samples"/> elements of a collection are measured and stand for the others.</summary>
    public long KeyBytes(EntryView entry, long samples) => Tables.KeyBytes(entry, samples);

    // ---- walks

    /// <summary>
    /// Adds the keys of one position of a walk to a list and returns the next cursor; 0 begins and ends it. Every key that is there during the
    /// whole walk is met at least once. Where there are slots the low 14 bits are the slot and the rest is its table's own cursor, as in Redis: a
    /// walk goes from slot to slot, and what happens in others moves nothing in this one.
    /// </summary>
    /// <param name="onlySlot">The walk goes through the keys of this slot only.</param>
    public ulong Scan(ulong cursor, EntryList found, int onlySlot = AllSlots)
    {
        if (!Tables.HasSlots) return TableOf(0).Walk.Scan(cursor, found);
        var slot = (int)(cursor & (KeyTables.Slots - 1));
        cursor >>= KeyTables.SlotBits;
        if (onlySlot >= 0 && slot != onlySlot)
        {
            if (slot > onlySlot) return 0;
            (slot, cursor) = (onlySlot, 0);
        }
        cursor = TableOf(slot).Walk.Scan(cursor, found);
        if (cursor == 0) slot = onlySlot >= 0 ? -1 : Tables.NextWithKeys(slot);
        return slot < 0 ? 0 : (cursor << KeyTables.SlotBits) | (uint)slot;
    }

    /// <summary>
    /// Adds keys that are over at a time to a list, going on where the last call ended, and looks at no more than <paramref name="groupsMax"/> groups of
    /// buckets that have one (or so many slots). The caller must delete them. True when a round through all was completed.
    /// </summary>
    internal bool ScanDue(long nowMs, int groupsMax, EntryList found)
    {
        if (!Tables.HasSlots) return TableOf(0).Walk.ScanDue(ref _expiryCursor, nowMs, groupsMax, found);
        var before = found.Count;
        for (var left = SlotsPerScan; left > 0 && found.Count == before; left--)
        {
            // A table that rehashes has two arrays to pass by.
            if (!TableOf(_expirySlot).Walk.ScanDue(ref _expiryCursor, nowMs, Math.Max(groupsMax, 2), found)) return false;
            _expirySlot = Math.Max(0, Tables.NextWithDue(_expirySlot));
            if (_expirySlot == 0) return true;
        }
        return false;
    }

    /// <summary>
    /// A random key that expires, or none; see <see cref="KeyWalk.SampleDue"/>. Those in which only something else expires are passed over: none
    /// may be found, if there are many of them.
    /// </summary>
    public EntryView SampleExpiring(ulong chance)
    {
        const int TriesMax = 8;
        for (var tries = 0; tries < TriesMax && Expiring > 0; tries++)
        {
            var found = SampleDue(chance);
            if (found.Exists && found.Expires) return found;
            chance = (chance ^ (ulong)tries) * 0x9e3779b97f4a7c15UL;
        }
        return default;
    }

    private EntryView SampleDue(ulong chance)
    {
        if (!Tables.HasSlots) return TableOf(0).Walk.SampleDue(chance);
        var number = Math.BigMul(chance, (ulong)Due, out var rest);
        return TableOf(Tables.SlotOfDue((long)number)).Walk.SampleDue(rest);
    }

    /// <summary>A random key, each as likely as the others; see <see cref="TableWalk.Sample"/>. None when there is no key.</summary>
    public EntryView Sample(ulong chance)
    {
        if (!Tables.HasSlots) return TableOf(0).Walk.Sample(chance);
        if (Count == 0) return default;
        var number = Math.BigMul(chance, (ulong)Count, out var rest);
        return TableOf(Tables.SlotOfKey((long)number)).Walk.Sample(rest);
    }

    /// <summary>
    /// Adds keys drawn at random to an empty list, <paramref name="wanted"/> on average; for whoever compares them.
    /// </summary>
    /// <param name="due">Only keys that expire, or in which something else does; none may be found where they are rare.</param>
    internal void Draw(ulong chance, int wanted, bool due, EntryList found)
    {
        if (!Tables.HasSlots)
        {
            Draw(TableOf(0), chance, wanted, due, found);
            return;
        }
        for (var tries = SlotsPerDraw; tries > 0 && found.Count < wanted; tries--)
        {
            var number = (long)Math.BigMul(chance, (ulong)(due ? Due : Count), out var rest);
            Draw(TableOf(due ? Tables.SlotOfDue(number) : Tables.SlotOfKey(number)), rest, wanted, due, found);
            chance = (rest ^ (ulong)tries) * 0x9e3779b97f4a7c15UL;
        }
    }

    private static void Draw(KeyTable table, ulong chance, int wanted, bool due, EntryList found)
    {
        if (due) table.Walk.DrawDue(chance, wanted, found);
        else table.Walk.Draw(chance, wanted, found);
    }

    /// <summary>Asks the processor for the bucket that <see cref="Draw"/> will begin with.</summary>
    internal void PrefetchDraw(ulong chance)
    {
        if (!Tables.HasSlots) TableOf(0).Walk.PrefetchDraw(chance);
    }

    /// <summary>As <see cref="PrefetchDraw"/>, for the keys that it will find, when the bucket has arrived.</summary>
    internal void PrefetchDrawn(ulong chance, int wanted)
    {
        if (!Tables.HasSlots) TableOf(0).Walk.PrefetchDrawn(chance, wanted);
    }

    // ---- chores

    public bool IsRehashBehind => Tables.IsRehashBehind;

    /// <summary>Takes so many steps of a rehash, as far as they are due; true if more are.</summary>
    public bool RehashSome(int steps) => Tables.RehashSome(steps);

    /// <summary>Goes on for some buckets; only between calls. True at the end of a round. At a large collection it stays until all of that has been seen.</summary>
    internal bool Defragment(int bucketsMax, ref DefragmentationCounts counts)
    {
        if (!Tables.Defragment(_defragmentationSlot, ref _defragmentationCursor, bucketsMax, ref counts)) return false;
        _defragmentationSlot = Tables.HasSlots ? Tables.NextWithKeys(_defragmentationSlot) : -1;
        if (_defragmentationSlot >= 0) return false;
        _defragmentationSlot = 0;
        return true;
    }

    /// <summary>Looks at every table.</summary>
    public KeyTableMemory MeasureMemory() => Tables.MeasureMemory();

    /// <summary>Looks at all buckets, for DEBUG HTSTATS: those of the tables, and of the targets of those that rehash.</summary>
    public TableShape[] MeasureShapes() => Tables.MeasureShapes();

    /// <summary>No key was here since the database was flushed.</summary>
    public bool IsUntouched => !Tables.HasSlots && TableOf(0).Buckets == 0;
}
