namespace Carnelian;

/// <summary>What defragmentation has looked at: blocks that it moved or left where they were, and keys of which it moved a block, or none.</summary>
public struct DefragmentationCounts
{
    public long BlocksMoved { get; private set; }

    public long BlocksKept { get; private set; }

    public long KeysMoved { get; private set; }

    public long KeysKept { get; private set; }

    internal void Add(int blocksMoved, int blocksKept, int keysMoved, int keysKept)
    {
        BlocksMoved += blocksMoved;
        BlocksKept += blocksKept;
        KeysMoved += keysMoved;
        KeysKept += keysKept;
    }
}
