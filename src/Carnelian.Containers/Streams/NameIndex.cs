using System.Runtime.InteropServices;

namespace Carnelian;

/// <summary>
/// What begins a block that bears a name.
/// <code>| name's length 4 | bytes before the name 4 | … | name … |</code>
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = 8)]
internal unsafe struct NamedBlock
{
    private int _nameLength, _nameOffset;

    /// <param name="bytesBefore">This header and what else stands before the name; that is the caller's to write.</param>
    public static byte* Create(BlockAllocator allocator, int bytesBefore, ReadOnlySpan<byte> name)
    {
        var block = allocator.AllocateZeroed(bytesBefore + name.Length, Purpose.Collections);
        *(NamedBlock*)block = new() { _nameLength = name.Length, _nameOffset = bytesBefore };
        name.CopyTo(new(block + bytesBefore, name.Length));
        return block;
    }

    public static ReadOnlySpan<byte> Name(byte* block) => new(block + ((NamedBlock*)block)->_nameOffset, ((NamedBlock*)block)->_nameLength);

    public static nint Bytes(byte* block) => ((NamedBlock*)block)->_nameOffset + (nint)((NamedBlock*)block)->_nameLength;

    public static byte* Copy(BlockAllocator allocator, byte* block, Purpose purpose)
    {
        var bytes = Bytes(block);
        var copy = allocator.Allocate(bytes, purpose);
        Buffer.MemoryCopy(block, copy, bytes, bytes);
        return copy;
    }
}

/// <summary>
/// Blocks that bear names, in the order of these: a sorted array of their addresses. They belong to whoever has the index.
/// <code>| address of the array 8 | count 4 | capacity 4 |</code>
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = 16)]
internal unsafe struct NameIndex
{
    private byte** _blocks;
    private int _count, _capacity;

    public readonly int Count => _count;

    public readonly nint MemoryBytes => _blocks == null ? 0 : BlockAllocator.UsableSize(Bytes(_capacity));

    public readonly byte* this[int i]
    {
        get
        {
            Check.That((uint)i < (uint)_count);
            return _blocks[i];
        }
    }

    /// <summary>The block's place; if there is none of the name, the complement of where it would be.</summary>
    public readonly int Find(ReadOnlySpan<byte> name)
    {
        int from = 0, end = _count;
        while (from < end)
        {
            var middle = (from + end) >>> 1;
            var order = NamedBlock.Name(_blocks[middle]).SequenceCompareTo(name);
            if (order == 0) return middle;
            if (order < 0) from = middle + 1;
            else end = middle;
        }
        return ~from;
    }

    public void Insert(int place, byte* block, BlockAllocator allocator, Purpose purpose = Purpose.Collections)
    {
        if (_count == _capacity) Grow(allocator, purpose);
        Copy(_blocks + place, _blocks + place + 1, _count - place);
        _blocks[place] = block;
        _count++;
    }

    public void Remove(int place)
    {
        Check.That((uint)place < (uint)_count);
        _count--;
        Copy(_blocks + place + 1, _blocks + place, _count - place);
    }

    private void Grow(BlockAllocator allocator, Purpose purpose)
    {
        var old = this;
        _capacity = Math.Max(1, checked(_capacity * 2));
        _blocks = (byte**)allocator.Allocate(Bytes(_capacity), purpose);
        Copy(old._blocks, _blocks, _count);
        old.Free(allocator, purpose);
    }

    /// <summary>Only the array: the blocks are the caller's.</summary>
    public readonly void Free(BlockAllocator allocator, Purpose purpose)
    {
        if (_blocks != null) allocator.Free((byte*)_blocks, Bytes(_capacity), purpose);
    }

    private static nint Bytes(int blocks) => (nint)blocks * sizeof(byte*);

    private static void Copy(byte** from, byte** to, int blocks) => Buffer.MemoryCopy(from, to, Bytes(blocks), Bytes(blocks));
}
