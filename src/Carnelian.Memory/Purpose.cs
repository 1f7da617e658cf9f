namespace Carnelian;

/// <summary>What a block's bytes are for. The allocator counts usable bytes per purpose.</summary>
public enum Purpose : byte
{
    /// <summary>Entries: keys with their inline values.</summary>
    Keys,
    Values,
    Tables,
    Collections,
    ClientInput,
    ClientOutput,
    ChangeLog,
    Snapshot,
    Other,
}

/// <summary>The slabs of one size of block: how many, how many blocks they have room for, and how many are in use.</summary>
public readonly record struct SizeClassUse(long BlockBytes, long Slabs, long Blocks, long Live);

/// <summary>How a <see cref="BlockAllocator"/> is built.</summary>
public sealed class AllocatorOptions
{
    /// <summary>Canaries, poison and quarantine around every block, and a failure at Dispose while blocks live. What tests run in.</summary>
    public bool Checked { get; init; }

    /// <summary>Virtual bytes to reserve for blocks below 1 MiB; halved until the system grants it. Reserving costs no memory.</summary>
    public long RangeBytesMax { get; init; } = 1L << 40;

    /// <summary>Checked mode: how many freed blocks wait, poisoned, before their memory is used again.</summary>
    public int QuarantineBlocks { get; init; } = 1024;
}

/// <summary>
/// Takes slow work on large memory off the allocator's thread: whoever implements it has one worker do what it is told, in that order.
/// Members are called on the allocator's thread.
/// </summary>
public abstract class BackgroundMemory
{
    /// <summary>To be answered by <see cref="RegionReturn.Run"/> on another thread, and <see cref="RegionReturn.Completed"/> then on the allocator's.</summary>
    public abstract void Return(RegionReturn regions);

    /// <summary>
    /// To be answered by <see cref="SystemMemory.Touch"/>: the region will be used soon. A huge page takes as long to clear as thousands of commands run
    /// (seen: 5 ms, where the host had no memory at hand either).
    /// </summary>
    public abstract void Touch(nint address, nint length);

    /// <summary>Some of what was told to be touched has not been touched yet.</summary>
    public abstract bool IsTouching { get; }
}
