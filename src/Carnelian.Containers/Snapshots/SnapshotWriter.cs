using System.Runtime.CompilerServices;

namespace Carnelian;

/// <summary>
/// Appends what a snapshot saves to chunks, one after the other. Each is one copy of bytes; what is longer than
/// <see cref="LongString.HoldFrom"/> and the nodes of lists and streams are held where they are.
/// </summary>
public sealed unsafe class SnapshotWriter(TableHost host, int chunkBytes)
{
    /// <summary>The first chunk is small: a writer may get no more than one field.</summary>
    private const int FirstChunkBytes = 4096;

    private readonly BlockAllocator _allocator = host.Allocator;
    private readonly Queue<SnapshotChunk> _full = new();
    private SnapshotChunk? _open;
    private int _nextChunkBytes = Math.Min(FirstChunkBytes, chunkBytes);

    /// <summary>Bytes of records so far.</summary>
    public long Written { get; private set; }

    /// <summary>There are chunks that are full, or were closed.</summary>
    public bool HasChunks => _full.Count > 0;

    /// <summary>A key with a string, or another value that lies in one block.</summary>
    public void Append(int database, EntryView entry)
    {
        var header = Entry.Header(entry.Address);
        var size = (int)Entry.Size(entry.Address);
        if (!Entry.External(header))
        {
            AppendKey(SnapshotRecord.Key, database, 0, entry.Address, size, 0);
            return;
        }
        var external = Entry.ExternalOf(entry.Address);
        Check.That(!external.IsRoot);
        if (LongString.CanBeHeld(external))
        {
            LongString.HoldOf(external).Take();
            AppendKey(SnapshotRecord.Key, database, 0, entry.Address, size, 0);
            _open!.Holds = true;
            return;
        }
        var copy = AppendKey(SnapshotRecord.Key, database, 0, entry.Address, size, external.Length);
        Buffer.MemoryCopy(external.Address, copy + size, external.Length, external.Length);
        external.Address = copy + size;
        Unsafe.WriteUnaligned(Entry.ValueStart(copy), external);
    }

    /// <summary>A key whose value is a table; its fields are to follow, as they are now.</summary>
    public void AppendHash(int database, EntryView entry, FieldTable fields)
    {
        var size = (int)Entry.Size(entry.Address);
        var copy = AppendKey(SnapshotRecord.Hash, database, (ulong)fields.Count, entry.Address, size, sizeof(long));
        Unsafe.WriteUnaligned(copy + size, fields.CountExpiring > 0 ? fields.NextDueMs : EntryView.NoExpiry);
    }

    /// <summary>A key whose value is a list, which is held from here on.</summary>
    public void AppendList(int database, EntryView entry, NodeList list) => AppendFrozen(SnapshotRecord.List, database, entry, list.Freeze().Block);

    /// <summary>As <see cref="AppendList"/>: a stream.</summary>
    public void AppendStream(int database, EntryView entry, NodeStream stream) => AppendFrozen(SnapshotRecord.Stream, database, entry, stream.Freeze().Block);

    private void AppendFrozen(SnapshotRecord kind, int database, EntryView entry, byte* frozen)
    {
        AppendKey(kind, database, (ulong)frozen, entry.Address, (int)Entry.Size(entry.Address), 0);
        _open!.Holds = true;
    }

    public void Append(FieldView field)
    {
        var size = (int)Field.Size(field.Address);
        var record = Take(SnapshotRecord.Field, SnapshotChunk.FieldHeaderBytes + (long)size);
        Buffer.MemoryCopy(field.Address, record + SnapshotChunk.FieldHeaderBytes, size, size);
        if (!Field.IsExternal(field.Address)) return;
        LongString.HoldOf(Field.ExternalOf(field.Address)).Take();
        _open!.Holds = true;
    }

    /// <summary>Ends the chunk that is being filled, so that everything so far can be taken.</summary>
    public void Close()
    {
        if (_open is not null) _full.Enqueue(_open);
        _open = null;
    }

    /// <summary>The next chunk, which belongs to the caller until <see cref="GiveBack"/>.</summary>
    public SnapshotChunk Dequeue() => _full.Dequeue();

    /// <summary>Frees a chunk and lets go of what it holds. Lists and streams take longer: they are added to <paramref name="frozen"/>.</summary>
    public static void GiveBack(SnapshotChunk chunk, TableHost host, Queue<FrozenCollection> frozen)
    {
        if (chunk.Holds)
        {
            var reader = chunk.Read();
            while (reader.Next())
            {
                if (reader.Kind == SnapshotRecord.List) frozen.Enqueue(new(reader.List));
                else if (reader.Kind == SnapshotRecord.Stream) frozen.Enqueue(new(reader.Stream));
                else if (reader.Kind == SnapshotRecord.Key) LongString.Release(reader.Entry.Address, host.Allocator);
                else if (reader.Kind == SnapshotRecord.Field) ReleaseField(reader.Field.Address, host.Allocator);
            }
        }
        chunk.Free(host.Allocator);
    }

    private static void ReleaseField(byte* field, BlockAllocator allocator)
    {
        if (Field.IsExternal(field)) LongString.Release(Field.ExternalOf(field), allocator);
    }

    /// <returns>The entry's copy, with room for <paramref name="extra"/> bytes behind it.</returns>
    private byte* AppendKey(SnapshotRecord kind, int database, ulong number, byte* entry, int size, int extra)
    {
        var record = Take(kind, SnapshotChunk.KeyHeaderBytes + (long)size + extra);
        *(ushort*)(record + 6) = (ushort)database;
        *(ulong*)(record + 8) = number;
        Buffer.MemoryCopy(entry, record + SnapshotChunk.KeyHeaderBytes, size, size);
        return record + SnapshotChunk.KeyHeaderBytes;
    }

    private byte* Take(SnapshotRecord kind, long size)
    {
        var bytes = checked((int)((size + 7) & ~7L));
        var record = _open is null ? null : _open.TryTake(bytes);
        if (record == null)
        {
            Close();
            _open = new(_allocator, Math.Max(bytes, _nextChunkBytes));
            _nextChunkBytes = chunkBytes;
            record = _open.TryTake(bytes);
        }
        Unsafe.WriteUnaligned(record, bytes);
        record[4] = (byte)kind;
        Written += bytes;
        return record;
    }
}
