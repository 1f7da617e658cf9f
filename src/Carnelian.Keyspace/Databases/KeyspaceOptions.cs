namespace Carnelian;

/// <summary>What the configuration decides about keys.</summary>
public sealed class KeyspaceOptions
{
    /// <summary>Number of databases.</summary>
    public int Databases { get; set; } = 16;

    /// <summary>Keys are kept by slots, as in a cluster; <see cref="Keyspace.UseSlots"/> sets it later.</summary>
    public bool UsesSlots { get; set; }

    /// <summary>Whether what expires is propagated as UNLINK rather than DEL (lazyfree-lazy-expire).</summary>
    public bool LazyExpire { get; set; }

    /// <summary>What is propagated of a key whose time is over.</summary>
    public ReadOnlySpan<byte> ExpiryCommand => LazyExpire ? "UNLINK"u8 : "DEL"u8;

    /// <summary>FLUSHALL and FLUSHDB without an argument free in the background (lazyfree-lazy-user-flush).</summary>
    public bool LazyUserFlush { get; set; }

    /// <summary>Whether DEL frees in the background (lazyfree-lazy-user-del). What is large is freed so in any case.</summary>
    public bool LazyUserDelete { get; set; }

    /// <summary>Whether what a command empties on its own account is propagated as UNLINK rather than DEL (lazyfree-lazy-server-del).</summary>
    public bool LazyServerDelete { get; set; }

    /// <summary>1 to 10; see <see cref="ActiveExpiry"/>.</summary>
    public int ActiveExpireEffort { get; set; } = 1;

    /// <summary>As configured; see <see cref="NodeLimit.Of"/>.</summary>
    public int ListMaxListpackSize { get; set; } = -2;

    /// <summary>Bytes from which on keys are evicted; 0: no limit (maxmemory).</summary>
    public ulong MaxMemory { get; set; }

    /// <summary>maxmemory-policy.</summary>
    public EvictionPolicy EvictionPolicy { get; set; } = EvictionPolicy.NoEviction;

    /// <summary>How many keys of each database are looked at, on average, to evict one (maxmemory-samples).</summary>
    public int EvictionSamples { get; set; } = 5;

    /// <summary>0 to 100: how long eviction may hold others up (maxmemory-eviction-tenacity).</summary>
    public int EvictionTenacity { get; set; } = 10;

    /// <summary>Whether what is evicted is propagated as UNLINK rather than DEL (lazyfree-lazy-eviction).</summary>
    public bool LazyEviction { get; set; }

    /// <summary>What is propagated of a key that is evicted.</summary>
    public ReadOnlySpan<byte> EvictionCommand => LazyEviction ? "UNLINK"u8 : "DEL"u8;

    /// <summary>Where Redis would share small numbers among keys: where no key needs to note its own use.</summary>
    public bool SharesNumbers => MaxMemory == 0 || !EvictionPolicy.LooksAtUse();

    /// <summary>The higher, the more uses it takes to raise a key's counter (lfu-log-factor).</summary>
    public int LfuLogFactor { get; set; } = 10;

    /// <summary>Minutes without a use after which a key's counter falls by one; 0: never (lfu-decay-time).</summary>
    public int LfuDecayMinutes { get; set; } = 1;

    /// <summary>Whether defragmentation runs by itself (activedefrag). On by default, unlike in Redis: it is cheap here.</summary>
    public bool ActiveDefragmentation { get; set; } = true;

    public DefragmentationLimits Defragmentation { get; } = new();
}
