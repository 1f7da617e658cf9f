using System.Runtime.CompilerServices;

namespace Carnelian;

public enum SnapshotRecord : byte
{
    /// <summary>A key with its whole value.</summary>
    Key,

    /// <summary>A key whose value is a table: a hash, a set or a sorted set; so many records of fields follow, with none of another kind in between.</summary>
    Hash,
    Field,

    /// <summary>A key whose value is a list.</summary>
    List,

    /// <summary>A key whose value is a stream.</summary>
    Stream,
}

/// <summary>
/// A piece of a snapshot: records one after the other in a block of their own, raw as they were in memory, for another thread to
/// encode and write. Long strings and the nodes of lists and streams are not copied: they are held, unchanged, until the chunk is given back.
/// <code>
/// | size 4 | kind 1 | spare 1 | database 2 | fields of a hash, or address of the frozen list or stream 8 | entry … |   key, hash, list, stream
/// | size 4 | kind 1 | spare 3 | field … |
/// </code>
/// Records begin at multiples of 8. An entry is a key's block (see <see cref="Entry"/>); a value outside of it stands behind it, where
/// its address points, unless it is held. Behind that of a hash stands a time that is not later than that of any field, 8.
/// </summary>
public sealed unsafe class SnapshotChunk
{
    internal const int KeyHeaderBytes = 16, FieldHeaderBytes = 8;

    private readonly byte* _block;
    private readonly int _capacity;

    internal SnapshotChunk(BlockAllocator allocator, int bytes)
    {
        _capacity = (int)BlockAllocator.UsableSize(bytes);
        _block = allocator.Allocate(_capacity, Purpose.Snapshot);
    }

    /// <summary>Bytes of records.</summary>
    public int Length { get; private set; }

    /// <summary>Some record refers to memory that is held.</summary>
    internal bool Holds { get; set; }

    internal byte* Start => _block;

    internal byte* TryTake(int bytes)
    {
        if (_capacity - Length < bytes) return null;
        var taken = _block + Length;
        Length += bytes;
        return taken;
    }

    internal void Free(BlockAllocator allocator) => allocator.Free(_block, _capacity, Purpose.Snapshot);

    /// <summary>Any one thread may read it, by whose hands it goes.</summary>
    public SnapshotReader Read() => new(this);
}

/// <summary>Reads the records of a chunk; on any one thread. What it gives lives until the chunk is given back.</summary>
public unsafe ref struct SnapshotReader
{
    private readonly byte* _end;
    private byte* _next;
    private byte* _record;

    internal SnapshotReader(SnapshotChunk chunk)
    {
        _next = chunk.Start;
        _end = chunk.Start + chunk.Length;
    }

    public bool Next()
    {
        if (_next == _end) return false;
        _record = _next;
        _next += Unsafe.ReadUnaligned<int>(_record);
        Check.That(_next > _record && _next <= _end);
        return true;
    }

    public readonly SnapshotRecord Kind => (SnapshotRecord)_record[4];

    /// <summary>Of a key: its database's number at the cut.</summary>
    public readonly int Database => Unsafe.ReadUnaligned<ushort>(_record + 6);

    /// <summary>The key, with the expiry it had; the value only of <see cref="SnapshotRecord.Key"/>.</summary>
    public readonly EntryView Entry
    {
        get
        {
            Check.That(Kind != SnapshotRecord.Field);
            return new(_record + SnapshotChunk.KeyHeaderBytes);
        }
    }

    /// <summary>Fields that follow.</summary>
    public readonly long FieldCount
    {
        get
        {
            Check.That(Kind == SnapshotRecord.Hash);
            return *(long*)(_record + 8);
        }
    }

    /// <summary>A time that is not later than the expiry of any field that follows, or <see cref="EntryView.NoExpiry"/>: none expires.</summary>
    public readonly long EarliestMs
    {
        get
        {
            Check.That(Kind == SnapshotRecord.Hash);
            var entry = _record + SnapshotChunk.KeyHeaderBytes;
            return Unsafe.ReadUnaligned<long>(entry + Carnelian.Entry.Size(entry));
        }
    }

    public readonly FieldView Field
    {
        get
        {
            Check.That(Kind == SnapshotRecord.Field);
            return new(_record + SnapshotChunk.FieldHeaderBytes);
        }
    }

    public readonly FrozenList List => new(Frozen(SnapshotRecord.List));

    public readonly FrozenStream Stream => new(Frozen(SnapshotRecord.Stream));

    private readonly byte* Frozen(SnapshotRecord kind)
    {
        Check.That(Kind == kind);
        return *(byte**)(_record + 8);
    }
}
