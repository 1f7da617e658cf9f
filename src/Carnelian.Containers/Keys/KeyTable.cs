using System.Runtime.CompilerServices;

namespace Carnelian;

/// <summary>
/// A handle to one of the tables of a dataset, which own its entries. The safe face of this floor: keys and values go in and
/// out as spans. Old blocks are retired, not freed, so that views live until the end of the call.
/// Here keys are found and edited; what else is done with them has a type of its own. Holds until slots are made, attached or detached.
/// </summary>
public readonly unsafe struct KeyTable
{
    /// <summary>A growing string gets as much again in reserve, at most this, as in Redis.</summary>
    private const int ReserveMax = 1 << 20;

    /// <summary>A growing packed collection gets a sixteenth. With what rounding up to a size class adds it is copied some eight times until it is twice as long.</summary>
    private const int PackedReserve = 16;

    private readonly TableRoot* _root;
    private readonly KeyTables _tables;

    internal KeyTable(TableRoot* root, KeyTables tables)
    {
        _root = root;
        _tables = tables;
    }

    private HashTable<EntryLayout> Table => new(_root, _tables.Host);

    private BlockAllocator Allocator => _tables.Host.Allocator;

    private SizeCounts Sizes => _tables.Sizes;

    public long Count => _root->Count;

    public long Expiring => _root->Expiring;

    public long Buckets => _root->Buckets;

    public EntryTransfer Transfer => new(this);

    public KeyWalk Walk => new(Table);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void PrefetchBucket(ulong hash) => Table.PrefetchBucket(hash);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void PrefetchEntry(ulong hash) => Table.PrefetchEntry(hash);

    internal bool IsRehashBehind => Table.IsRehashBehind;

    /// <summary>Takes one step of a rehash, if one is due. Ends the validity of handles.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Step() => Table.Step();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public EntryHandle Find(ReadOnlySpan<byte> key, ulong hash) => new() { Position = Table.Find(key, hash), Hash = hash };

    /// <summary>Sets a key's type, encoding, value and expiry, whether it exists or not. The value may be part of any live view.</summary>
    /// <param name="adoptable">A long value that lies at the beginning of one of these blocks may take it over.</param>
    public void Write(
        scoped ref EntryHandle at, scoped ReadOnlySpan<byte> key, ValueType type, ValueEncoding encoding, scoped ReadOnlySpan<byte> value, long expiryMs,
        List<OwnedBlock>? adoptable = null)
    {
        var expires = expiryMs != EntryView.NoExpiry;
        var external = value.Length > Entry.InlineValueMax;
        var usable = BlockAllocator.UsableSize(Entry.Size(key.Length, expires, external, value.Length));
        var old = at.Position.Entry;
        if (old != null && WriteInPlace(old, usable, type, encoding, value, expiryMs, external))
        {
            if (expires) Table.NoteDue(at.Position, expiryMs);
            return;
        }

        var header = Entry.MakeHeader(key.Length, type, encoding, expires, external, external ? 0 : value.Length);
        var entry = NewEntry(usable, header, key, expiryMs, old, out var valueStart);
        if (external) Unsafe.WriteUnaligned(valueStart, LongString.Make(Allocator, value, adoptable));
        else value.CopyTo(new(valueStart, value.Length));
        Install(ref at, entry);
    }

    /// <summary>
    /// Makes a block with header, expiry and key; the caller writes the value to <paramref name="valueStart"/>. The block takes over the access bits
    /// of <paramref name="old"/>, which it is to replace. A new key gets the current ones.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private byte* NewEntry(nint usable, ulong header, scoped ReadOnlySpan<byte> key, long expiryMs, byte* old, out byte* valueStart)
    {
        var entry = Allocator.Allocate(usable, Purpose.Keys);
        var access = old == null ? _tables.Host.Access : Entry.Access(Entry.Header(old));
        Entry.Header(entry) = Entry.WithMark(Entry.WithAccess(header, access), _tables.Host.Mark);
        var expires = expiryMs != EntryView.NoExpiry;
        if (expires) Entry.Expiry(entry) = expiryMs;
        var keyStart = entry + Entry.KeyOffset(key.Length, expires);
        if (key.Length >= Entry.LongKey) Unsafe.WriteUnaligned(keyStart - Entry.LongKeyBytes, (uint)key.Length);
        key.CopyTo(new(keyStart, key.Length));
        valueStart = keyStart + key.Length;
        return entry;
    }

    /// <summary>Puts a new block in the table, in place of the one that is there, if any.</summary>
    private void Install(scoped ref EntryHandle at, byte* entry)
    {
        var old = at.Position.Entry;
        var header = Entry.Header(entry);
        if (old == null)
        {
            Sizes.Add(Entry.Type(header), SizeOf(entry));
            var due = _root->Due;
            at.Position = Table.Insert(entry, at.Hash, Entry.HasDue(header));
            Tally(1, due, 0, header);
            return;
        }
        Sizes.Change(Entry.Type(Entry.Header(old)), SizeOf(old), Entry.Type(header), SizeOf(entry));
        Replace(at, entry);
        Retire(old);
    }

    private void Replace(scoped in EntryHandle at, byte* entry)
    {
        var due = _root->Due;
        ulong before = Entry.Header(at.Position.Entry), header = Entry.Header(entry);
        Table.Replace(at.Position, entry, Entry.HasDue(header));
        Tally(0, due, before, header);
    }

    /// <summary>Counts what was changed of an entry; without one, its header is 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Tally(int keys, long dueBefore, ulong before, ulong after)
    {
        if (Entry.HasDue(before | after)) TallyExpiring(before, after);
        _tables.Note(_root, keys, (int)(_root->Due - dueBefore));
    }

    private void TallyExpiring(ulong before, ulong after)
    {
        var expiring = (Entry.Expires(after) ? 1 : 0) - (Entry.Expires(before) ? 1 : 0);
        var fieldsExpiring = (Entry.FieldsExpire(after) ? 1 : 0) - (Entry.FieldsExpire(before) ? 1 : 0);
        _root->Expiring += expiring;
        _root->FieldsExpiring += fieldsExpiring;
        _tables.NoteExpiring(expiring, fieldsExpiring);
    }

    /// <summary>Bytes of a string, elements of a collection.</summary>
    private long SizeOf(byte* entry) => SizeOf(entry, _tables.Host);

    internal static long SizeOf(byte* entry, TableHost host)
    {
        var header = Entry.Header(entry);
        if (Entry.Type(header) != ValueType.String) return CollectionKinds.Find(header)!.Count(entry, host);
        return Entry.External(header) ? Entry.ExternalOf(entry).Length : Entry.InlineLength(header);
    }

    /// <summary>Writes into the present block if shape and size class stay the same; then only the value's bytes change.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool WriteInPlace(byte* entry, nint usable, ValueType type, ValueEncoding encoding, scoped ReadOnlySpan<byte> value, long expiryMs, bool external)
    {
        ref var header = ref Entry.Header(entry);
        if (external || Entry.External(header) || Entry.Expires(header) != (expiryMs != EntryView.NoExpiry)) return false;
        if (type != ValueType.String || Entry.Type(header) != ValueType.String) return false;
        var valueStart = Entry.ValueStart(entry);
        var size = (nint)(valueStart - entry) + Entry.InlineLength(header);
        if (usable != BlockAllocator.UsableSize(size)) return false;
        Sizes.Change(Entry.Type(header), Entry.InlineLength(header), type, value.Length);
        value.CopyTo(new(valueStart, value.Length));
        if (expiryMs != EntryView.NoExpiry) Entry.Expiry(entry) = expiryMs;
        var updated = Entry.MakeHeader(Entry.ShortKeyLength(header), type, encoding, expiryMs != EntryView.NoExpiry, false, value.Length);
        header = Entry.Succeeding(updated, header);
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
        Sizes.Change(ValueType.String, SizeOf(entry), ValueType.String, length);
        var oldLength = Entry.External(header) ? length : Entry.InlineLength(header);
        var value = ResizeValue(ref at, length);
        if (length > oldLength && !Entry.External(Entry.Header(at.Position.Entry))) value[oldLength..].Clear();
        return value;
    }

    /// <summary>Gives a value that is not a root another length, keeping its beginning. The result is writable: nobody else holds it.</summary>
    private Span<byte> ResizeValue(scoped ref EntryHandle at, int length)
    {
        var entry = at.Position.Entry;
        var header = Entry.Header(entry);
        if (Entry.External(header)) return ResizeExternal(entry, length);
        if (length != Entry.InlineLength(header)) Grow(ref at, length);
        return Entry.WritableValue(at.Position.Entry);
    }

    /// <summary>Gives an inline value another length. The value stays in its block, or moves to another block, or outside of the entry.</summary>
    private void Grow(scoped ref EntryHandle at, int length)
    {
        var old = at.Position.Entry;
        var header = Entry.Header(old);
        var oldStart = Entry.ValueStart(old);
        var keptBytes = (nint)(oldStart - old);
        var oldLength = Entry.InlineLength(header);
        var external = length > Entry.InlineValueMax;
        var usable = BlockAllocator.UsableSize(keptBytes + (external ? Entry.ExternalBytes : length));
        var updated = Entry.WithLength(header, external, external ? 0 : length);
        if (!external && usable == BlockAllocator.UsableSize(keptBytes + oldLength))
        {
            Entry.Header(old) = updated;
            return;
        }
        var entry = Allocator.Allocate(usable, Purpose.Keys);
        Buffer.MemoryCopy(old, entry, keptBytes, keptBytes);
        Entry.Header(entry) = updated;
        var oldValue = new ReadOnlySpan<byte>(oldStart, Math.Min(oldLength, length));
        if (external) Unsafe.WriteUnaligned(entry + keptBytes, LongString.AllocateZeroed(Allocator, oldValue, length, length));
        else oldValue.CopyTo(new(entry + keptBytes, length));
        Replace(at, entry);
        Allocator.Retire(old, BlockAllocator.UsableSize(keptBytes + oldLength), Purpose.Keys);
    }

    /// <summary>Gives an external value another length. It stays in its block unless that is too small or held by a snapshot.</summary>
    private Span<byte> ResizeExternal(byte* entry, int length)
    {
        var valueStart = Entry.ValueStart(entry);
        var type = Entry.Type(Entry.Header(entry));
        var external = Unsafe.ReadUnaligned<ExternalValue>(valueStart);
        var old = external;
        var isTooLong = length > LongString.Room(old);
        if (isTooLong || LongString.IsHeld(old))
        {
            external = LongString.AllocateZeroed(Allocator, new(old.Address, Math.Min(old.Length, length)), length, isTooLong ? CapacityFor(type, length) : length);
            LongString.Retire(Allocator, old);
        }
        else if (length > old.Length)
        {
            new Span<byte>(external.Address + old.Length, length - old.Length).Clear();
        }
        external.Length = length;
        Unsafe.WriteUnaligned(valueStart, external);
        return new(external.Address, length);
    }

    /// <summary>
    /// Gives a key, whether it exists or not, a string of <paramref name="length"/> bytes and no expiry. The caller may write to the result until
    /// the next edit. Its bytes are zero if that is asked for, else undefined. Views of the old value keep their length, but not always their bytes,
    /// because the new value may take over the old block. So a caller that reads from such a view must read each byte before it writes the one at
    /// the same position.
    /// </summary>
    public Span<byte> Overwrite(scoped ref EntryHandle at, scoped ReadOnlySpan<byte> key, int length, ValueEncoding encoding, bool zeroed)
    {
        var old = at.Position.Entry;
        var external = length > Entry.InlineValueMax;
        var header = Entry.MakeHeader(key.Length, ValueType.String, encoding, false, external, external ? 0 : length);
        var usable = BlockAllocator.UsableSize(Entry.Size(key.Length, false, external, length));
        var entry = NewEntry(usable, header, key, EntryView.NoExpiry, old, out var valueStart);
        if (external && !zeroed && old != null && IsBlockFit(old, length))
        {
            Unsafe.WriteUnaligned(valueStart, Entry.ExternalOf(old) with { Length = length });
            Sizes.Change(Entry.Type(Entry.Header(old)), SizeOf(old), ValueType.String, length);
            Replace(at, entry);
            RetireEntry(old);
            return Entry.WritableValue(entry);
        }
        if (external)
        {
            var value = zeroed ? LongString.AllocateZeroed(Allocator, default, length, length) : LongString.Allocate(Allocator, default, length);
            Unsafe.WriteUnaligned(valueStart, value with { Length = length });
        }
        else if (zeroed) new Span<byte>(valueStart, length).Clear();
        Install(ref at, entry);
        return Entry.WritableValue(entry);
    }

    /// <summary>Whether a value of that length may take over a string's block: no snapshot holds it, and it is neither too short nor twice too long.</summary>
    private static bool IsBlockFit(byte* entry, int length)
    {
        if (!Entry.External(Entry.Header(entry))) return false;
        var value = Entry.ExternalOf(entry);
        return !value.IsRoot && !LongString.IsHeld(value) && length <= LongString.Room(value) && length >= LongString.Room(value) / 2;
    }

    /// <summary>Room for a value that has outgrown its block: never less than its length, and no more than a string may have.</summary>
    internal static int CapacityFor(ValueType type, int length) =>
        (int)Math.Min((long)length + (type == ValueType.String ? Math.Min(length, ReserveMax) : length / PackedReserve), LongString.LengthMax);

    /// <summary>Sets or, with <see cref="EntryView.NoExpiry"/>, takes off an existing key's expiry.</summary>
    public void WriteExpiry(scoped ref EntryHandle at, long expiryMs)
    {
        var old = at.Position.Entry;
        var header = Entry.Header(old);
        var expires = expiryMs != EntryView.NoExpiry;
        if (Entry.Expires(header) == expires)
        {
            if (!expires) return;
            Entry.Expiry(old) = expiryMs;
            Table.NoteDue(at.Position, expiryMs);
            return;
        }
        var size = Entry.Size(old);
        var newSize = size + (expires ? Entry.ExpiryBytes : -Entry.ExpiryBytes);
        var entry = Allocator.Allocate(BlockAllocator.UsableSize(newSize), Purpose.Keys);
        var from = old + Entry.HeaderBytes + (expires ? 0 : Entry.ExpiryBytes);
        var to = entry + Entry.HeaderBytes + (expires ? Entry.ExpiryBytes : 0);
        var bytes = old + size - from;
        Buffer.MemoryCopy(from, to, bytes, bytes);
        Entry.Header(entry) = Entry.WithExpires(header, expires);
        if (expires) Entry.Expiry(entry) = expiryMs;
        Replace(at, entry);
        Allocator.Retire(old, BlockAllocator.UsableSize(size), Purpose.Keys);
    }

    /// <summary>Takes an existing key out; handle and slot are then empty, views still live until the end of the call.</summary>
    public void Remove(scoped ref EntryHandle at) => Retire(TakeOut(ref at));

    /// <summary>As <see cref="Remove"/>, and frees a collection in one go, however large: nobody has a view of its elements, and no snapshot holds it.</summary>
    public void Destroy(scoped ref EntryHandle at)
    {
        var entry = TakeOut(ref at);
        var root = Entry.Root(entry);
        if (root == null)
        {
            Retire(entry);
            return;
        }
        Check.That(!((Hold*)root)->IsHeld);
        while (!CollectionKinds.Rooted(entry).FreeSome(root, _tables.Host))
        {
        }
        RetireEntry(entry);
    }

    /// <summary>Takes an existing key out; its memory stays with the caller.</summary>
    internal byte* TakeOut(scoped ref EntryHandle at)
    {
        var entry = at.Position.Entry;
        var header = Entry.Header(entry);
        Sizes.Remove(Entry.Type(header), SizeOf(entry));
        var due = _root->Due;
        Table.Remove(at.Position);
        Tally(-1, due, header, 0);
        at.Position = default;
        return entry;
    }

    private void Retire(byte* entry)
    {
        if (Entry.External(Entry.Header(entry))) RetireExternal(entry);
        RetireEntry(entry);
    }

    /// <summary>The entry's own block alone.</summary>
    internal void RetireEntry(byte* entry) => Allocator.Retire(entry, BlockAllocator.UsableSize(Entry.Size(entry)), Purpose.Keys);

    private void RetireExternal(byte* entry)
    {
        var external = Entry.ExternalOf(entry);
        if (!external.IsRoot)
        {
            LongString.Retire(Allocator, external);
            return;
        }
        var kind = CollectionKinds.Rooted(entry);
        kind.Drop(external.Address, _tables.Host, kind.IsFreedInBackground(external.Address, _tables.Host));
    }

    // ---- collections

    /// <summary>Puts an empty collection that has a root in a key's place, whether it exists or not. Views of what was there live on.</summary>
    public void WriteCollection(
        scoped ref EntryHandle at, scoped ReadOnlySpan<byte> key, ValueType type, ValueEncoding encoding, long expiryMs = EntryView.NoExpiry)
    {
        var value = new ExternalValue { Address = CollectionKinds.Rooted(type, encoding).Create(_tables.Host) };
        var header = Entry.MakeHeader(key.Length, type, encoding, expiryMs != EntryView.NoExpiry, true, 0);
        Put(ref at, key, header, expiryMs, new(&value, Entry.ExternalBytes));
    }

    /// <summary>Changes a packed collection of a key, in its place if that has room.</summary>
    public void Change<TChange>(scoped ref EntryHandle at, scoped TChange change) where TChange : struct, IPackedChange, allows ref struct
    {
        var before = SizeOf(at.Position.Entry);
        var length = Entry.Value(at.Position.Entry).Length;
        // What shrinks is changed before it is cut, and what grows when it has the room. Either way nobody else holds it then.
        change.Apply(ResizeValue(ref at, Math.Max(length, length + change.LengthChange)));
        if (change.LengthChange < 0) ResizeValue(ref at, length + change.LengthChange);
        Recount(ref at, before);
    }

    /// <summary>
    /// Notes whether some of a collection's own elements expire, and when the first of them is due at the earliest. The key is then found again when it or
    /// they are due.
    /// </summary>
    public void NoteFieldsDue(scoped ref EntryHandle at, bool expire, long dueMs)
    {
        var entry = at.Position.Entry;
        ref var header = ref Entry.Header(entry);
        if (Entry.FieldsExpire(header) != expire)
        {
            var (before, due) = (header, _root->Due);
            header = Entry.WithFieldsExpire(header, expire);
            Table.Replace(at.Position, entry, Entry.HasDue(header));
            Tally(0, due, before, header);
        }
        if (!Entry.HasDue(header)) return;
        var keyDueMs = Entry.Expires(header) ? Entry.Expiry(entry) : DueTimes.Never;
        Table.NoteDue(at.Position, expire ? Math.Min(dueMs, keyDueMs) : keyDueMs);
    }

    /// <summary>Makes a block of these parts for a key, whether the key exists or not. It replaces the old block, if there is one.</summary>
    internal void Put(scoped ref EntryHandle at, scoped ReadOnlySpan<byte> key, ulong header, long expiryMs, scoped ReadOnlySpan<byte> value)
    {
        var usable = BlockAllocator.UsableSize((nint)Entry.KeyOffset(key.Length, expiryMs != EntryView.NoExpiry) + key.Length + value.Length);
        var entry = NewEntry(usable, header, key, expiryMs, at.Position.Entry, out var valueStart);
        value.CopyTo(new(valueStart, value.Length));
        Install(ref at, entry);
    }

    /// <summary>Adds all elements of a collection of this table or another to a key's own, which is empty and of the same kind.</summary>
    internal void AddAll(scoped ref EntryHandle at, EntryView source)
    {
        CollectionKinds.Rooted(source.Address).AddAll(Entry.Root(at.Position.Entry), Entry.Root(source.Address), _tables.Host);
        Recount(ref at, 0);
    }

    /// <summary>
    /// Notes among the sizes that a collection no longer has <paramref name="before"/> elements. Returns the number that it has now.
    /// </summary>
    public long Recount(scoped ref EntryHandle at, long before)
    {
        var entry = at.Position.Entry;
        var type = Entry.Type(Entry.Header(entry));
        var count = SizeOf(entry);
        Sizes.Change(type, before, type, count);
        return count;
    }
}
