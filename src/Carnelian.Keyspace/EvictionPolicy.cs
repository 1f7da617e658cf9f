namespace Carnelian;

/// <summary>What goes when memory ends (maxmemory-policy). Keys that nobody evicts yet are judged by it all the same: OBJECT IDLETIME and FREQ.</summary>
public enum EvictionPolicy
{
    VolatileLru,
    VolatileLfu,
    VolatileRandom,
    VolatileTtl,
    AllKeysLru,
    AllKeysLfu,
    AllKeysRandom,
    NoEviction,
}
