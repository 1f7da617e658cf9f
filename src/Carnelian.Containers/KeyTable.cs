using System.Runtime.CompilerServices;

namespace Carnelian;

/// <summary>An entry found, or the place where it would be: what the editing methods of <see cref="KeyTable"/> work on.</summary>
public unsafe ref struct EntryHandle
{
    internal SlotPosition Position;
    internal ulong Hash;

    public readonly EntryView View => new(Position.Entry);

    public readonly bool Exists => Position.Found;
}

/// <summary>
/// The keys of one database: a hash table that owns its entries. The safe face of this floor: keys and values go in and
/// out as spans. Old blocks are retired, not freed, so that views live until the end of the call.
/// </summary>
public sealed unsafe class KeyTable : IDisposable
{
    /// <summary>A growing value gets as much again in reserve, at most this (as Redis' strings).</summary>
    private const int ReserveMax = 1 << 20;

    private const int BucketsPerDisposal = 4;

    private readonly BlockAllocator _allocator;
    private readonly TableHost _host;
    private readonly HashTable<EntryLayout> _table;
    private long _disposalCursor;
    private long _expiryCursor;
    private long _defragmentationCursor;

    public KeyTable(TableHost host)
    {
        Entry.CheckLayout();
        _host = host;
        _allocator = host.Allocator;
        var root = (TableRoot*)_allocator.AllocateZeroed(sizeof(TableRoot), Purpose.Tables);
        _table = new(root, host);
    }

    public long Count => _table.Count;

    public long Expiring => _table.Expiring;

    public bool IsRehashing => _table.IsRehashing;

    public long Buckets => _table.Root->Buckets;

    /// <summary>The mark that new entries bear: of the snapshot that goes on, or of the last one.</summary>
    public int Mark { get; set; }

    /// <summary>What new and rewritten entries get as LRU clock or LFU counter.</summary>
    public int Lru { get; set; }

    public ulong Hash(ReadOnlySpan<byte> key) => _host.Hash(key);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void PrefetchBucket(ulong hash) => _table.PrefetchBucket(hash);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void PrefetchEntry(ulong hash) => _table.PrefetchEntry(hash);

    /// <summary>Takes one step of a rehash that goes on. Ends the validity of handles.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Step() => _table.Step();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public EntryHandle Find(ReadOnlySpan<byte> key, ulong hash) => new() { Position = _table.Find(key, hash), Hash = hash };

    /// <summary>Sets a key's type, encoding, value and expiry, whether it exists or not. The value may be part of any live view.</summary>
    public void Write(scoped ref EntryHandle at, scoped ReadOnlySpan<byte> key, ValueType type, ValueEncoding encoding, scoped ReadOnlySpan<byte> value, long expiryMs)
    {
        var expires = expiryMs != EntryView.NoExpiry;
        var external = value.Length > Entry.InlineValueMax;
        var usable = BlockAllocator.UsableSize(Entry.Size(key.Length, expires, external, value.Length));
        var old = at.Position.Entry;
        if (old != null && WriteInPlace(old, usable, type, encoding, value, expiryMs, external))
            return;

        var entry = _allocator.Allocate(usable, Purpose.Keys);
        var header = Entry.MakeHeader(key.Length, type, encoding, expires, external, external ? 0 : value.Length);
        Entry.Header(entry) = Entry.WithMark(Entry.WithLru(header, Lru), Mark);
        if (expires) Entry.Expiry(entry) = expiryMs;
        var keyStart = entry + Entry.KeyOffset(key.Length, expires);
        if (key.Length >= Entry.LongKey) Unsafe.WriteUnaligned(keyStart - Entry.LongKeyBytes, (uint)key.Length);
        key.CopyTo(new(keyStart, key.Length));
        if (external) Unsafe.WriteUnaligned(keyStart + key.Length, AllocateExternal(value, value.Length));
        else value.CopyTo(new(keyStart + key.Length, value.Length));

        if (old == null)
        {
            at.Position = _table.Insert(entry, at.Hash, expires);
            return;
        }
        _table.Replace(at.Position, entry, expires);
        Retire(old);
    }

    /// <summary>Same shape and size class: only the value's bytes change, and the block stays.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool WriteInPlace(byte* entry, nint usable, ValueType type, ValueEncoding encoding, scoped ReadOnlySpan<byte> value, long expiryMs, bool external)
    {
        ref var header = ref Entry.Header(entry);
        if (external || Entry.External(header) || Entry.Expires(header) != (expiryMs != EntryView.NoExpiry)) return false;
        var valueStart = Entry.ValueStart(entry);
        var size = (nint)(valueStart - entry) + Entry.InlineLength(header);
        if (usable != BlockAllocator.UsableSize(size)) return false;
        value.CopyTo(new(valueStart, value.Length));
        if (expiryMs != EntryView.NoExpiry) Entry.Expiry(entry) = expiryMs;
        var updated = Entry.MakeHeader(Entry.ShortKeyLength(header), type, encoding, expiryMs != EntryView.NoExpiry, false, value.Length);
        header = Entry.WithMark(Entry.WithLru(updated, Lru), Entry.Mark(header));
        return true;
    }

    /// <summary>
    /// Gives an existing string another length, keeping its beginning; new bytes are zero. The result is writable until the next edit.
    /// Encoding becomes <paramref name="encoding"/>.
    /// </summary>
    public Span<byte> Resize(scoped ref EntryHandle at, int length, ValueEncoding encoding)
    {
        var entry = at.Position.Entry;
        ref var header = ref Entry.Header(entry);
        header = Entry.WithEncoding(header, encoding);
        var valueStart = Entry.ValueStart(entry);
        if (Entry.External(header)) return ResizeExternal(valueStart, length);
        var oldLength = Entry.InlineLength(header);
        if (length == oldLength) return new(valueStart, length);
        Grow(ref at, length);
        var value = Entry.WritableValue(at.Position.Entry);
        if (length > oldLength) value[oldLength..].Clear();
        return value;
    }

    /// <summary>An inline value gets another length, in its block, in another one or outside.</summary>
    private void Grow(scoped ref EntryHandle at, int length)
    {
        var old = at.Position.Entry;
        var header = Entry.Header(old);
        var oldStart = Entry.ValueStart(old);
        var keptBytes = (nint)(oldStart - old);
        var oldLength = Entry.InlineLength(header);
        var external = length > Entry.InlineValueMax;
        var usable = BlockAllocator.UsableSize(keptBytes + (external ? Entry.ExternalBytes : length));
        var mark = Entry.Mark(header);
        var expires = Entry.Expires(header);
        var updated = Entry.MakeHeader(Entry.ShortKeyLength(header), Entry.Type(header), Entry.Encoding(header), expires, external, external ? 0 : length);
        updated = Entry.WithMark(Entry.WithLru(updated, Entry.Lru(header)), mark);
        if (!external && usable == BlockAllocator.UsableSize(keptBytes + oldLength))
        {
            Entry.Header(old) = updated;
            return;
        }
        var entry = _allocator.Allocate(usable, Purpose.Keys);
        Buffer.MemoryCopy(old, entry, keptBytes, keptBytes);
        Entry.Header(entry) = updated;
        var oldValue = new ReadOnlySpan<byte>(oldStart, Math.Min(oldLength, length));
        if (external) Unsafe.WriteUnaligned(entry + keptBytes, AllocateExternal(oldValue, length) with { Length = length });
        else oldValue.CopyTo(new(entry + keptBytes, length));
        _table.Replace(at.Position, entry, expires);
        _allocator.Retire(old, BlockAllocator.UsableSize(keptBytes + oldLength), Purpose.Keys);
    }

    private Span<byte> ResizeExternal(byte* valueStart, int length)
    {
        var external = Unsafe.ReadUnaligned<ExternalValue>(valueStart);
        var old = external;
        if (length > external.Capacity)
        {
            external = AllocateExternal(new(old.Address, old.Length), CapacityFor(length));
            _allocator.Retire(old.Address, old.Capacity, Purpose.Values);
        }
        if (length > old.Length) new Span<byte>(external.Address + old.Length, length - old.Length).Clear();
        external.Length = length;
        Unsafe.WriteUnaligned(valueStart, external);
        return new(external.Address, length);
    }

    /// <summary>What a value that has outgrown its block asks for: never less than its length, and no more than a length can say.</summary>
    internal static int CapacityFor(int length) => (int)Math.Min((long)length + Math.Min(length, ReserveMax), int.MaxValue);

    private ExternalValue AllocateExternal(scoped ReadOnlySpan<byte> content, int capacity)
    {
        // A block of nearly 2 GiB holds more than an int can count.
        var usable = (int)Math.Min(BlockAllocator.UsableSize(capacity), int.MaxValue);
        var block = _allocator.Allocate(usable, Purpose.Values);
        content.CopyTo(new(block, content.Length));
        return new() { Address = block, Length = content.Length, Capacity = usable };
    }

    /// <summary>Sets or, with <see cref="EntryView.NoExpiry"/>, takes off an existing key's expiry.</summary>
    public void WriteExpiry(scoped ref EntryHandle at, long expiryMs)
    {
        var old = at.Position.Entry;
        var header = Entry.Header(old);
        var expires = expiryMs != EntryView.NoExpiry;
        if (Entry.Expires(header) == expires)
        {
            if (expires) Entry.Expiry(old) = expiryMs;
            return;
        }
        var size = Entry.Size(old);
        var newSize = size + (expires ? Entry.ExpiryBytes : -Entry.ExpiryBytes);
        var entry = _allocator.Allocate(BlockAllocator.UsableSize(newSize), Purpose.Keys);
        var from = old + Entry.HeaderBytes + (expires ? 0 : Entry.ExpiryBytes);
        var to = entry + Entry.HeaderBytes + (expires ? Entry.ExpiryBytes : 0);
        var bytes = old + size - from;
        Buffer.MemoryCopy(from, to, bytes, bytes);
        Entry.Header(entry) = Entry.WithExpires(header, expires);
        if (expires) Entry.Expiry(entry) = expiryMs;
        _table.Replace(at.Position, entry, expires);
        _allocator.Retire(old, BlockAllocator.UsableSize(size), Purpose.Keys);
    }

    /// <summary>Takes an existing key out; handle and slot are then empty, views still live until the end of the call.</summary>
    public void Remove(scoped ref EntryHandle at)
    {
        var entry = at.Position.Entry;
        _table.Remove(at.Position);
        at.Position = default;
        Retire(entry);
    }

    public void SetMark(scoped in EntryHandle at, int mark) => SetMark(at.View, mark);

    public void SetMark(EntryView entry, int mark)
    {
        ref var header = ref Entry.Header(entry.Address);
        header = Entry.WithMark(header, mark);
    }

    private void Retire(byte* entry)
    {
        if (Entry.External(Entry.Header(entry)))
        {
            var external = Unsafe.ReadUnaligned<ExternalValue>(Entry.ValueStart(entry));
            _allocator.Retire(external.Address, external.Capacity, Purpose.Values);
        }
        _allocator.Retire(entry, BlockAllocator.UsableSize(Entry.Size(entry)), Purpose.Keys);
    }

    // ---- walking

    /// <summary>Adds the entries of one position of a walk to a list; see <see cref="HashTable{TLayout}.Scan"/> for the guarantee.</summary>
    public ulong Scan(ulong cursor, EntryList found)
    {
        var collector = new Collector(found);
        return _table.Scan(cursor, ref collector);
    }

    /// <summary>
    /// Adds entries that have an expiry to a list, going on where the last call ended, and looks at no more than
    /// <paramref name="bucketsMax"/> buckets. True when a round through all buckets was completed.
    /// </summary>
    public bool ScanExpiring(int bucketsMax, EntryList found)
    {
        var collector = new Collector(found);
        _expiryCursor = _table.ScanExpiring(_expiryCursor, bucketsMax, ref collector);
        return _expiryCursor == 0;
    }

    /// <summary>A key drawn by chance; see <see cref="HashTable{TLayout}.Sample"/>.</summary>
    public EntryView Sample(ulong chance) => new(_table.Sample(chance));

    // ---- defragmentation

    /// <summary>Moves what lies in sparse slabs, some buckets at a time; only between calls. True at the end of a round.</summary>
    public bool Defragment(int bucketsMax, out int moved)
    {
        var mover = new Mover(_allocator);
        _defragmentationCursor = _table.Relocate(_defragmentationCursor, bucketsMax, ref mover);
        moved = mover.Moved;
        return _defragmentationCursor == 0;
    }

    /// <summary>Frees all entries now, not at the end of a call.</summary>
    public void Dispose()
    {
        while (!DisposeSome())
        {
        }
    }

    /// <summary>Frees the entries of a few buckets; true when the table is gone. Nothing else may be called in between.</summary>
    public bool DisposeSome()
    {
        var disposer = new Disposer(_allocator);
        _disposalCursor = _table.Drain(_disposalCursor, BucketsPerDisposal, ref disposer);
        if (_disposalCursor != 0) return false;
        var root = _table.Root;
        _table.Free();
        _allocator.Free((byte*)root, sizeof(TableRoot), Purpose.Tables);
        return true;
    }

    private readonly struct Collector(EntryList list) : IEntryVisitor
    {
        public void Visit(byte* entry, bool expires) => list.Add(entry);
    }

    private readonly struct Disposer(BlockAllocator allocator) : IEntryVisitor
    {
        public void Visit(byte* entry, bool expires)
        {
            if (Entry.External(Entry.Header(entry)))
            {
                var external = Unsafe.ReadUnaligned<ExternalValue>(Entry.ValueStart(entry));
                allocator.Free(external.Address, external.Capacity, Purpose.Values);
            }
            allocator.Free(entry, BlockAllocator.UsableSize(Entry.Size(entry)), Purpose.Keys);
        }
    }

    private struct Mover(BlockAllocator allocator) : IEntryMover
    {
        public int Moved;

        public byte* Move(byte* entry)
        {
            if (Entry.External(Entry.Header(entry)))
            {
                var at = Entry.ValueStart(entry);
                var external = Unsafe.ReadUnaligned<ExternalValue>(at);
                external.Address = Move(external.Address, external.Capacity, Purpose.Values);
                Unsafe.WriteUnaligned(at, external);
            }
            return Move(entry, BlockAllocator.UsableSize(Entry.Size(entry)), Purpose.Keys);
        }

        private byte* Move(byte* block, nint size, Purpose purpose)
        {
            if (!allocator.IsSparse(block, size)) return block;
            var copy = allocator.Allocate(size, purpose);
            Buffer.MemoryCopy(block, copy, size, size);
            allocator.Free(block, size, purpose);
            Moved++;
            return copy;
        }
    }
}

/// <summary>Entries found by a walk, as views that live until the end of the call. Cleared and used again.</summary>
public sealed unsafe class EntryList
{
    private nint[] _entries = new nint[16];

    public int Count { get; private set; }

    public EntryView this[int i]
    {
        get
        {
            Check.That((uint)i < (uint)Count);
            return new((byte*)_entries[i]);
        }
    }

    public void Clear() => Count = 0;

    /// <summary>Puts an entry in an earlier one's place: how a list is filtered without another.</summary>
    public void Keep(int i, int place)
    {
        Check.That(place <= i && i < Count);
        _entries[place] = _entries[i];
    }

    internal void Add(byte* entry)
    {
        if (Count == _entries.Length) Array.Resize(ref _entries, Count * 2);
        _entries[Count++] = (nint)entry;
    }
}
