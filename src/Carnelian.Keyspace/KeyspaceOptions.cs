namespace Carnelian;

public sealed class KeyspaceOptions
{
    /// <summary>Number of databases.</summary>
    public int Databases { get; set; } = 16;

    /// <summary>Whether what expires is propagated as UNLINK rather than DEL (lazyfree-lazy-expire).</summary>
    public bool LazyExpire { get; set; }

    /// <summary>What is propagated of a key whose time is over.</summary>
    public ReadOnlySpan<byte> ExpiryCommand => LazyExpire ? "UNLINK"u8 : "DEL"u8;

    /// <summary>lazyfree-lazy-user-del and lazyfree-lazy-server-del: kept, but what is large is freed in slices in any case.</summary>
    public bool LazyUserDelete { get; set; }

    public bool LazyServerDelete { get; set; }

    /// <summary>FLUSHALL and FLUSHDB without an argument free in the background (lazyfree-lazy-user-flush).</summary>
    public bool LazyUserFlush { get; set; }

    /// <summary>1 to 10; see <see cref="ActiveExpiry"/>.</summary>
    public int ActiveExpireEffort { get; set; } = 1;

    /// <summary>maxmemory-policy.</summary>
    public EvictionPolicy EvictionPolicy { get; set; } = EvictionPolicy.NoEviction;

    /// <summary>The higher, the more uses it takes to raise a key's counter (lfu-log-factor).</summary>
    public int LfuLogFactor { get; set; } = 10;

    /// <summary>A key's counter falls by one in so many minutes without a use; 0: never (lfu-decay-time).</summary>
    public int LfuDecayMinutes { get; set; } = 1;

    /// <summary>Whether defragmentation runs by itself. Not in Redis' sense of the allocator's help, but on by default: it is cheap.</summary>
    public bool ActiveDefragmentation { get; set; } = true;

    public DefragmentationLimits Defragmentation { get; } = new();
}
