namespace Carnelian;

/// <summary>Which keys are evicted when memory is full (maxmemory-policy), and so what entries note of their use.</summary>
public enum EvictionPolicy
{
    VolatileLru,
    VolatileLfu,
    VolatileRandom,
    VolatileTtl,

    /// <summary>Least recently modified, of Redis 8.6: as LRU, but reading a key does not make it fresh.</summary>
    VolatileLrm,
    AllKeysLru,
    AllKeysLfu,
    AllKeysRandom,
    AllKeysLrm,
    NoEviction,
}

public static class EvictionPolicies
{
    /// <summary>Not only keys that expire.</summary>
    public static bool TakesAnyKey(this EvictionPolicy policy) =>
        policy is EvictionPolicy.AllKeysLru or EvictionPolicy.AllKeysLfu or EvictionPolicy.AllKeysRandom or EvictionPolicy.AllKeysLrm;

    public static bool IsRandom(this EvictionPolicy policy) => policy is EvictionPolicy.VolatileRandom or EvictionPolicy.AllKeysRandom;

    /// <summary>The least frequently used key goes.</summary>
    public static bool CountsUses(this EvictionPolicy policy) => policy is EvictionPolicy.VolatileLfu or EvictionPolicy.AllKeysLfu;

    /// <summary>Only a change makes a key fresh.</summary>
    public static bool IgnoresReads(this EvictionPolicy policy) => policy is EvictionPolicy.VolatileLrm or EvictionPolicy.AllKeysLrm;

    /// <summary>It looks at what each key has noted of its use.</summary>
    public static bool LooksAtUse(this EvictionPolicy policy) =>
        policy is EvictionPolicy.VolatileLru or EvictionPolicy.AllKeysLru || policy.CountsUses() || policy.IgnoresReads();
}
