using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Carnelian;

/// <summary>
/// The tables of a dataset and what they share: one for all keys or, once <see cref="MakeSlots"/> was called, one per slot of a cluster.
/// A table is no managed object but a root of some 96 bytes, and these lie one behind the other: a slot's address needs no look-up, a root of zeros is an
/// empty table, and of those that were never used not even the memory is there. The keys of each slot are counted in its root, those of all slots
/// before one in <see cref="SlotCounts"/>.
/// </summary>
public sealed unsafe class KeyTables
{
    public const int SlotBits = 14, Slots = 1 << SlotBits;

    private TableRoot* _one;

    /// <summary>Null while there is one table for all keys.</summary>
    private TableRoot* _slots;

    private SlotCounts? _keys, _due;

    /// <summary>Of all slots.</summary>
    private long _expiringKeys, _fieldsExpiring;

    /// <summary>A bit per slot whose table may be behind with a rehash; taken back by <see cref="RehashSome"/>.</summary>
    private ulong[]? _rehashing;

    public KeyTables(TableHost host) : this(host, new())
    {
    }

    private KeyTables(TableHost host, SizeCounts sizes)
    {
        Entry.CheckLayout();
        Host = host;
        Sizes = sizes;
        _one = (TableRoot*)host.Allocator.AllocateZeroed(sizeof(TableRoot), Purpose.Tables);
        Disposal = new(this);
    }

    public bool HasSlots => _slots != null;

    public long Count => HasSlots ? _keys!.Total : _one->Count;

    /// <summary>Keys that expire.</summary>
    public long Expiring => HasSlots ? _expiringKeys : _one->Expiring;

    /// <summary>Keys in whose values something expires.</summary>
    public long FieldsExpiring => HasSlots ? _fieldsExpiring : _one->FieldsExpiring;

    /// <summary>Keys of either kind, or both.</summary>
    public long Due => HasSlots ? _due!.Total : _one->Due;

    /// <summary>How large the values are.</summary>
    public SizeCounts Sizes { get; }

    public KeyTableDisposal Disposal { get; }

    internal TableHost Host { get; }

    internal int TableCount => HasSlots ? Slots : 1;

    private static nint SlotsBytes => (nint)Slots * sizeof(TableRoot);

    /// <summary>The table that has a slot's keys.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public KeyTable Of(int slot) => new(RootOf(slot), this);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private TableRoot* RootOf(int slot)
    {
        if (_slots == null) return _one;
        Check.That((uint)slot < Slots);
        return _slots + slot;
    }

    /// <summary>Asks the processor for a slot's root, which may lie across two cache lines.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void PrefetchRoot(int slot)
    {
        var root = RootOf(slot);
        if (!Sse.IsSupported) return;
        Sse.Prefetch0(root);
        Sse.Prefetch0((byte*)root + sizeof(TableRoot) - 1);
    }

    internal HashTable<EntryLayout> TableAt(int slot) => new(RootOf(slot), Host);

    // ---- what is read of an entry, whatever its table

    public FieldTable Fields(EntryView entry) => new(CollectionOf(entry, ValueEncoding.HashTable), Host);

    public SortedTable Sorted(EntryView entry) => new(CollectionOf(entry, ValueEncoding.SkipList), Host);

    public NodeList List(EntryView entry) => new(CollectionOf(entry, ValueEncoding.QuickList), Host);

    public NodeStream Stream(EntryView entry) => new(CollectionOf(entry, ValueEncoding.Stream), Host);

    private static byte* CollectionOf(EntryView entry, ValueEncoding encoding)
    {
        Check.That(entry.Encoding == encoding);
        return Entry.Root(entry.Address);
    }

    /// <summary>Bytes of a key's string, elements of its collection.</summary>
    public long SizeOf(EntryView entry) => KeyTable.SizeOf(entry.Address, Host);

    /// <summary>Memory that a key and its value take; <paramref name="samples"/> elements of a collection are measured and stand for the others.</summary>
    public long KeyBytes(EntryView entry, long samples)
    {
        var root = Entry.Root(entry.Address);
        return entry.MemoryBytes + (root == null ? 0 : CollectionKinds.Rooted(entry.Address).MemoryBytes(root, samples, Host));
    }

    // ---- slots

    /// <summary>Has a table per slot from now on; there must be no key yet.</summary>
    public void MakeSlots()
    {
        Check.That(!HasSlots && Count == 0);
        _keys = new();
        _due = new();
        _rehashing = new ulong[Slots / 64];
        TableAt(0).Free();
        FreeRoots();
        _slots = (TableRoot*)Host.Allocator.AllocateZeroed(SlotsBytes, Purpose.Tables);
    }

    /// <summary>The slot that has the key of this number, where keys are numbered by slot; the number must be less than <see cref="Count"/>.</summary>
    public int SlotOfKey(long number) => _keys!.Find(number);

    /// <summary>As <see cref="SlotOfKey"/>, of the keys that are due at some time; see <see cref="Due"/>.</summary>
    public int SlotOfDue(long number) => _due!.Find(number);

    /// <summary>The first slot behind this one that has keys; -1: none.</summary>
    public int NextWithKeys(int slot) => _keys!.Next(slot);

    public int NextWithDue(int slot) => _due!.Next(slot);

    /// <summary>Notes that a table has more or fewer keys than before.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Note(TableRoot* root, long keys, long due)
    {
        if (_slots != null) NoteOfSlot((int)(root - _slots), root->IsRehashing, keys, due);
    }

    internal void NoteExpiring(long expiring, long fieldsExpiring)
    {
        _expiringKeys += expiring;
        _fieldsExpiring += fieldsExpiring;
    }

    private void NoteOfSlot(int slot, bool rehashes, long keys, long due)
    {
        if (keys != 0) _keys!.Add(slot, keys);
        if (due != 0) _due!.Add(slot, due);
        if (rehashes) _rehashing![slot / 64] |= 1UL << slot;
    }

    /// <summary>
    /// Takes a slot's table out with all its keys, in O(1): no key of the slot is left. Their sizes stay counted here until they are freed, because telling how many of
    /// which size they are would take a walk through them.
    /// </summary>
    public KeyTables Detach(int slot)
    {
        Check.That(HasSlots);
        var root = RootOf(slot);
        var detached = new KeyTables(Host, Sizes);
        *detached._one = *root;
        Note(root, -root->Count, -root->Due);
        NoteExpiring(-root->Expiring, -root->FieldsExpiring);
        *root = default;
        return detached;
    }

    /// <summary>Makes another dataset's only table that of a slot which has no keys, in O(1). The other one is no more.</summary>
    public void Attach(int slot, KeyTables other)
    {
        Check.That(HasSlots && !other.HasSlots);
        var root = RootOf(slot);
        Check.That(root->Count == 0);
        TableAt(slot).Free();
        *root = *other._one;
        Note(root, root->Count, root->Due);
        NoteExpiring(root->Expiring, root->FieldsExpiring);
        if (other.Sizes != Sizes) Sizes.Add(other.Sizes);
        other.FreeRoots();
    }

    // ---- rehashing

    /// <summary>A step of a rehash is due somewhere.</summary>
    public bool IsRehashBehind => HasSlots ? NextBehind() >= 0 : TableAt(0).IsRehashBehind;

    /// <summary>Takes so many steps of a rehash, as far as they are due; true if more are.</summary>
    public bool RehashSome(int steps)
    {
        var slot = HasSlots ? NextBehind() : 0;
        if (slot < 0) return false;
        var table = TableAt(slot);
        for (; steps > 0 && table.IsRehashBehind; steps--) table.Step();
        return IsRehashBehind;
    }

    private int NextBehind()
    {
        for (var i = 0; i < _rehashing!.Length; i++)
        {
            for (; _rehashing[i] != 0; _rehashing[i] &= _rehashing[i] - 1)
            {
                var slot = i * 64 + BitOperations.TrailingZeroCount(_rehashing[i]);
                if (TableAt(slot).IsRehashBehind) return slot;
            }
        }
        return -1;
    }

    // ---- memory

    /// <summary>
    /// Goes on moving a table's entries and their values and collections out of sparse slabs, but not the buckets; only between calls. True at the
    /// end of the table. At a large collection it stays until all of that has been seen.
    /// </summary>
    public bool Defragment(int slot, ref long cursor, int bucketsMax, ref DefragmentationCounts counts)
    {
        var mover = new EntryRelocator(Host);
        for (; bucketsMax > 0; bucketsMax--)
        {
            mover.IsUnfinished = false;
            var next = TableAt(slot).Walk.Relocate(cursor, 1, ref mover);
            if (mover.IsUnfinished) break;
            cursor = next;
            if (next == 0) break;
        }
        counts.Add(mover.Blocks.Moved, mover.Blocks.Kept, mover.KeysMoved, mover.KeysKept);
        return cursor == 0 && !mover.IsUnfinished;
    }

    /// <summary>Looks at the root of every table.</summary>
    public KeyTableMemory MeasureMemory()
    {
        var memory = new KeyTableMemory { BucketBytes = HasSlots ? SlotsBytes : 0 };
        for (var slot = 0; slot < TableCount; slot++) memory.Add(RootOf(slot));
        return memory;
    }

    /// <summary>Looks at all buckets, for DEBUG HTSTATS: those of the tables, and of the targets of those that rehash.</summary>
    public TableShape[] MeasureShapes()
    {
        var shapes = new List<TableShape>();
        for (var slot = 0; slot < TableCount; slot++)
        {
            var measured = RootOf(slot)->Measure();
            for (var i = 0; i < measured.Length; i++)
            {
                if (i == shapes.Count) shapes.Add(measured[i]);
                else shapes[i].Add(measured[i]);
            }
        }
        return [.. shapes];
    }

    /// <summary>Frees the roots; the tables' own memory is free already, or somebody else's.</summary>
    internal void FreeRoots()
    {
        if (_one != null) Host.Allocator.Free((byte*)_one, sizeof(TableRoot), Purpose.Tables);
        if (_slots != null) Host.Allocator.Free((byte*)_slots, SlotsBytes, Purpose.Tables);
        _one = _slots = null;
    }
}
