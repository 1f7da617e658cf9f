namespace Carnelian;

/// <summary>Which keys are evicted when memory is full (maxmemory-policy). Nothing is evicted yet, but what entries note of their use depends on it.</summary>
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
