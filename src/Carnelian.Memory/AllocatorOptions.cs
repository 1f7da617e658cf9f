namespace Carnelian;

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
