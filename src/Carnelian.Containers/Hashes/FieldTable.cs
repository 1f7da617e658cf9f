using System.Runtime.InteropServices;

namespace Carnelian;

/// <summary>A hash's root, a native block.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct FieldRoot
{
    public Hold Hold;
    public TableRoot Table;

    /// <summary>Memory of the fields' blocks, and of values outside of them.</summary>
    public long DataBytes;

    /// <summary>Not later than any field's time.</summary>
    public long NextDueMs;

    public long DueCursor;
    public long DisposalCursor;
    public long DefragmentationCursor;

    /// <summary>A sorted set: its members, which are the fields, by score. Otherwise null.</summary>
    public OrderRoot* Order;
}

/// <summary>A field found, or the place where it would be.</summary>
public unsafe ref struct FieldHandle
{
    internal SlotPosition Position;
    internal ulong Hash;

    public readonly FieldView View => new(Position.Entry);

    public readonly bool Exists => Position.Found;
}

/// <summary>
/// A handle to a hash too large for a packed blob: a table that owns its fields. A large set is one too: its members are fields with empty values; those of a
/// sorted set have their scores (<see cref="SortedTable"/>). While a snapshot holds it, the fields that do not
/// bear the present mark are still to be saved: who changes one gives the snapshot a copy first.
/// </summary>
public readonly unsafe struct FieldTable
{
    private const int BucketsPerFree = 1;

    /// <summary>So many fields and their table take some 100 KiB.</summary>
    private const int LargeFrom = 2048;

    private readonly FieldRoot* _root;
    private readonly TableHost _host;
    private readonly HashTable<FieldLayout> _table;

    internal FieldTable(byte* root, TableHost host)
    {
        _root = (FieldRoot*)root;
        _host = host;
        _table = new(&_root->Table, host);
    }

    internal static byte* Create(TableHost host)
    {
        var root = host.Allocator.AllocateZeroed(sizeof(FieldRoot), Purpose.Collections);
        ((FieldRoot*)root)->NextDueMs = DueTimes.Never;
        return root;
    }

    public long Count => _table.Count;

    /// <summary>Fields that expire.</summary>
    public long CountExpiring => _table.Due;

    /// <summary>Memory of the fields, without the table that finds them.</summary>
    public long DataBytes => _root->DataBytes;

    public long MemoryBytes => BlockAllocator.UsableSize(sizeof(FieldRoot)) + _table.Root->BucketBytes + _table.Root->DueBytes + DataBytes;

    /// <summary>
    /// A time that is not later than any field's, or <see cref="long.MaxValue"/>. When it has come, a round of <see cref="CollectDue"/> finds a later one.
    /// </summary>
    public long NextDueMs => _root->NextDueMs;

    public bool IsHeld => _root->Hold.IsHeld;

    /// <summary>The number under which the snapshot holds the hash.</summary>
    public int Holder => _root->Hold.Holder;

    public TableShape[] MeasureTables() => _table.Root->Measure();

    public ulong Hash(ReadOnlySpan<byte> name) => _host.Hash(name);

    /// <summary>Takes one step of a rehash, if one is due. Ends the validity of handles.</summary>
    public void Step() => _table.Step();

    /// <summary>Sizes an empty table for so many fields.</summary>
    public void Reserve(long count) => _table.Reserve(count);

    /// <summary>Worth asking the processor ahead, which has a small table at hand anyhow. False of none.</summary>
    public bool IsLarge => _root != null && Count >= LargeFrom;

    /// <summary>Asks the processor for the bucket of a name that will be looked up soon.</summary>
    public void PrefetchBucket(ulong hash) => _table.PrefetchBucket(hash);

    /// <summary>Asks the processor for a field whose bucket has arrived.</summary>
    public void PrefetchEntry(ulong hash) => _table.PrefetchEntry(hash);

    /// <summary>Asks the processor for the buckets, and then for the fields, of names that will be looked up next.</summary>
    public void Prefetch(ReadOnlySpan<ulong> hashes)
    {
        if (!IsLarge) return;
        foreach (var hash in hashes) _table.PrefetchBucket(hash);
        foreach (var hash in hashes) _table.PrefetchEntry(hash);
    }

    public FieldHandle Find(scoped ReadOnlySpan<byte> name, ulong hash) => new() { Position = _table.Find(name, hash), Hash = hash };

    /// <summary>Sets a field's value and expiry, whether it exists or not. Name and value may be part of the field.</summary>
    /// <param name="expiryMs">The field's present one keeps it; <see cref="EntryView.NoExpiry"/> takes it off.</param>
    public void Set(
        scoped ref FieldHandle at, scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> value, long expiryMs = EntryView.NoExpiry)
    {
        var replaced = at.Exists ? Field.ExternalOf(at.Position.Entry) : default;
        if (value.Length <= Field.InlineValueMax)
        {
            Put(ref at, name, value, isExternal: false, expiryMs);
        }
        else
        {
            var external = LongString.AllocateHoldable(_host.Allocator, value);
            _root->DataBytes += external.Capacity;
            Put(ref at, name, MemoryMarshal.AsBytes(new ReadOnlySpan<ExternalValue>(in external)), isExternal: true, expiryMs);
        }
        if (replaced.Address != null) RetireExternal(replaced);
    }

    /// <summary>Sets an existing field's expiry.</summary>
    public void SetExpiry(scoped ref FieldHandle at, long expiryMs)
    {
        var field = at.Position.Entry;
        Put(ref at, Field.Name(field), Field.Stored(field), Field.IsExternal(field), expiryMs);
    }

    private void Put(scoped ref FieldHandle at, scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> stored, bool isExternal, long expiryMs)
    {
        var expires = expiryMs != EntryView.NoExpiry;
        if (expires) _root->NextDueMs = Math.Min(_root->NextDueMs, expiryMs);
        var old = at.Position.Entry;
        if (old != null && Field.Expires(old) == expires && Field.IsExternal(old) == isExternal && Field.Stored(old).Length == stored.Length)
        {
            stored.CopyTo(Field.Stored(old));
            if (!expires) return;
            Field.SetExpiry(old, expiryMs);
            _table.NoteDue(at.Position, expiryMs);
            return;
        }
        var usable = BlockAllocator.UsableSize(Field.Size(name.Length, stored.Length, expires));
        var field = _host.Allocator.Allocate(usable, Purpose.Collections);
        _root->DataBytes += usable;
        Field.Write(field, name, stored, isExternal, expiryMs, _host.Mark);
        if (old == null)
        {
            at.Position = _table.Insert(field, at.Hash, expires);
            return;
        }
        _table.Replace(at.Position, field, expires);
        RetireBlock(old);
    }

    /// <summary>Takes an existing field's expiry off.</summary>
    public void ClearExpiry(scoped ref FieldHandle at) => SetExpiry(ref at, EntryView.NoExpiry);

    public void Remove(scoped ref FieldHandle at)
    {
        var field = at.Position.Entry;
        _table.Remove(at.Position);
        at.Position = default;
        if (Field.IsExternal(field)) RetireExternal(Field.ExternalOf(field));
        RetireBlock(field);
    }

    private void RetireExternal(in ExternalValue value)
    {
        _root->DataBytes -= value.Capacity;
        LongString.Retire(_host.Allocator, value);
    }

    private void RetireBlock(byte* field)
    {
        var usable = BlockAllocator.UsableSize(Field.Size(field));
        _root->DataBytes -= usable;
        _host.Allocator.Retire(field, usable, Purpose.Collections);
    }

    /// <summary>Sets all fields of another hash; they must be new to this one.</summary>
    public void AddAll(FieldTable other)
    {
        var adder = new Adder(this);
        ulong cursor = 0;
        _table.Reserve(other.Count);
        do cursor = other._table.Walk.Scan(cursor, ref adder);
        while (cursor != 0);
        Check.That(Count == other.Count);
    }

    /// <summary>Sets all fields of a packed hash; they must be new to this one.</summary>
    public void AddPacked(scoped PackedHash packed)
    {
        Span<byte> nameScratch = stackalloc byte[PackedElement.IntegerTextMax], valueScratch = stackalloc byte[PackedElement.IntegerTextMax];
        _table.Reserve(packed.Count);
        for (var field = packed.First; field.Exists; field = packed.Next(field))
        {
            var name = field.Name.Text(nameScratch);
            var at = Find(name, Hash(name));
            Check.That(!at.Exists);
            Set(ref at, name, field.Value.Text(valueScratch), field.ExpiryMs);
        }
    }

    private readonly struct Adder(FieldTable fields) : IEntryVisitor
    {
        public void Visit(byte* entry, bool expires)
        {
            var field = new FieldView(entry);
            var at = fields.Find(field.Name, fields.Hash(field.Name));
            fields.Set(ref at, field.Name, field.Value, field.ExpiryMs);
        }
    }

    /// <summary>Adds the fields of one position of a walk to a list; see <see cref="TableWalk.Scan"/> for the guarantee.</summary>
    public ulong Scan(ulong cursor, FieldList found)
    {
        var collector = new FoundList.Collector(found);
        return _table.Walk.Scan(cursor, ref collector);
    }

    /// <summary>
    /// Adds fields that are over at a time to a list, until it has <paramref name="countMax"/> or as many groups of buckets were looked at, going on where the
    /// last call ended. The caller must remove them. True when a round was completed.
    /// </summary>
    public bool CollectDue(long nowMs, int countMax, FieldList found)
    {
        var collector = new FoundList.DueCollector(found, countMax);
        for (var groups = 0; groups < countMax && found.Count < countMax; groups++)
        {
            _root->DueCursor = _table.ExpiryWalk.ScanDue(_root->DueCursor, nowMs, 1, ref collector);
            if (_root->DueCursor != 0) continue;
            _root->NextDueMs = _table.ExpiryWalk.NextDueMs;
            return true;
        }
        return false;
    }

    /// <summary>Fields that are over at a time. Looks at all that expire, if there may be one.</summary>
    public long CountDue(long nowMs)
    {
        if (CountExpiring == 0 || NextDueMs >= nowMs) return 0;
        var counter = new DueCounter { NowMs = nowMs };
        long cursor = 0;
        do cursor = _table.ExpiryWalk.ScanExpiring(cursor, int.MaxValue, ref counter);
        while (cursor != 0);
        return counter.Count;
    }

    private struct DueCounter : IEntryVisitor
    {
        public long NowMs, Count;

        public void Visit(byte* entry, bool expires)
        {
            if (Field.Expiry(entry) < NowMs) Count++;
        }
    }

    // ---- chance

    /// <summary>A random field, none of an empty hash; see <see cref="TableWalk.Sample"/>.</summary>
    public FieldView Sample(ulong chance) => new(_table.Walk.Sample(chance));

    /// <summary>
    /// Adds <paramref name="count"/> different fields, drawn at random, to an empty list; all if there are no more. They are drawn one by one until there are
    /// enough different ones; for more than a share of all, all are listed.
    /// </summary>
    public void SampleDistinct(long count, ulong chance, FieldList found)
    {
        if (count > Count / 3)
        {
            count = Math.Min(count, Count);
            ListAll(count, chance, found);
            found.Truncate((int)count);
            return;
        }
        while (found.Count < count)
        {
            for (var missing = count - found.Count; missing > 0; missing--, chance = TableWalk.Mix(chance)) found.Add(_table.Walk.Sample(chance));
            found.DropRepeated();
        }
    }

    /// <summary>Adds all fields to an empty list, <paramref name="drawn"/> of them, drawn at random, before the others.</summary>
    public void ListAll(long drawn, ulong chance, FieldList found)
    {
        ulong cursor = 0;
        do cursor = Scan(cursor, found);
        while (cursor != 0);
        found.Draw((int)drawn, chance);
    }

    // ---- snapshots

    public void Hold(int holder) => _root->Hold.Take(holder);

    /// <summary>Ends the snapshot's hold. A hash that was deleted meanwhile is freed.</summary>
    public void Release()
    {
        if (_root->Hold.Release()) _host.FreeLater((byte*)_root, CollectionKinds.Rooted(ValueType.Hash, ValueEncoding.HashTable));
    }

    /// <summary>
    /// Marks the fields of one position of a walk that are not saved yet, and appends them to a writer, if there is one. Cursors as in
    /// <see cref="TableWalk.Scan"/>. Returns the number of those fields.
    /// </summary>
    public int SaveSome(ref ulong cursor, SnapshotWriter? writer)
    {
        var saver = new Saver(writer, _host.Mark);
        cursor = _table.Walk.Scan(cursor, ref saver);
        return saver.Saved;
    }

    private struct Saver(SnapshotWriter? writer, int mark) : IEntryVisitor
    {
        public int Saved;

        public void Visit(byte* entry, bool expires)
        {
            if (Field.Mark(entry) == mark) return;
            Field.SetMark(entry, mark);
            writer?.Append(new FieldView(entry));
            Saved++;
        }
    }

    // ---- the hash as a whole

    /// <summary>Frees the fields of a few buckets, at last the root; true when nothing is left. Between calls only.</summary>
    internal bool FreeSome()
    {
        if (_root->Order != null)
        {
            if (!new ScoreTree(_root->Order, _host.Allocator).FreeSome()) return false;
            _root->Order = null;
        }
        var disposer = new Disposer(_host.Allocator);
        _root->DisposalCursor = _table.Walk.Drain(_root->DisposalCursor, BucketsPerFree, ref disposer);
        if (_root->DisposalCursor != 0) return false;
        _table.Free();
        _host.Allocator.Free((byte*)_root, sizeof(FieldRoot), Purpose.Collections);
        return true;
    }

    private readonly struct Disposer(BlockAllocator allocator) : IEntryVisitor
    {
        public void Visit(byte* entry, bool expires)
        {
            if (Field.IsExternal(entry)) LongString.Free(allocator, Field.ExternalOf(entry));
            allocator.Free(entry, BlockAllocator.UsableSize(Field.Size(entry)), Purpose.Collections);
        }
    }

    /// <summary>Moves the fields of some buckets out of sparse slabs; true at the end of a round.</summary>
    internal bool Defragment(int bucketsMax, ref BlockMover mover)
    {
        var fields = new Mover { Blocks = mover, Allocator = _host.Allocator, Order = _root->Order };
        _root->DefragmentationCursor = _table.Walk.Relocate(_root->DefragmentationCursor, bucketsMax, ref fields);
        mover = fields.Blocks;
        return _root->DefragmentationCursor == 0;
    }

    private struct Mover : IEntryMover
    {
        public BlockMover Blocks;
        public BlockAllocator Allocator;
        public OrderRoot* Order;

        public byte* Move(byte* entry)
        {
            var usable = BlockAllocator.UsableSize(Field.Size(entry));
            if (!Blocks.TryCopy(entry, usable, Purpose.Collections, out var copy)) return entry;
            if (Order != null) new ScoreTree(Order, Allocator).Relocate(entry, copy);
            Allocator.Free(entry, usable, Purpose.Collections);
            return copy;
        }
    }
}
