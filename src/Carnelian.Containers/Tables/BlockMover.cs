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
        if (!allocator.IsSparse(block, size))
        {
            Kept++;
            return block;
        }
        var copy = allocator.Allocate(size, purpose);
        Buffer.MemoryCopy(block, copy, size, size);
        allocator.Free(block, size, purpose);
        Moved++;
        return copy;
    }
}
