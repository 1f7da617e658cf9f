namespace Carnelian;

/// <summary>Moves blocks out of sparse slabs and counts them.</summary>
internal unsafe struct BlockMover(BlockAllocator allocator)
{
    public int Moved { get; private set; }

    /// <summary>Blocks that lie well.</summary>
    public int Kept { get; private set; }

    /// <summary>Where the block is from now on.</summary>
    public byte* Move(byte* block, nint size, Purpose purpose)
    {
        if (!TryCopy(block, size, purpose, out var copy)) return block;
        allocator.Free(block, size, purpose);
        return copy;
    }

    /// <summary>Copies a block that is to move. The caller frees the old one, when all who refer to it have been told.</summary>
    public bool TryCopy(byte* block, nint size, Purpose purpose, out byte* copy)
    {
        copy = block;
        if (!allocator.IsSparse(block, size))
        {
            Kept++;
            return false;
        }
        copy = allocator.Allocate(size, purpose);
        Buffer.MemoryCopy(block, copy, size, size);
        Moved++;
        return true;
    }
}
