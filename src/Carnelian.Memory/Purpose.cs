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
/// Takes unmapping work of 1 MiB and more off the allocator's thread: whoever implements it has a worker call
/// <see cref="SystemMemory.Release"/>, once, with the same arguments.
/// </summary>
public abstract class LargeRelease
{
    /// <summary>On the allocator's thread. The region belongs to the callee from now on.</summary>
    public abstract void Release(nint address, nint length);
}
