namespace Carnelian;

/// <summary>The linear congruential generator of 48 bits that is C's lrand48: the same numbers for the same seed everywhere, as scripts of Redis have them.</summary>
public sealed class Random48
{
    private const ulong Multiplier = 0x5DEECE66D, Increment = 0xB, Mask = (1UL << 48) - 1;

    private ulong _state = 0x1234ABCD330E;

    /// <summary>As before the first number was drawn.</summary>
    public void Reset() => _state = 0x1234ABCD330E;

    public void Seed(int seed) => _state = ((ulong)(uint)seed << 16) | 0x330E;

    /// <summary>A number of 31 bits.</summary>
    public int Next()
    {
        _state = unchecked(_state * Multiplier + Increment) & Mask;
        return (int)(_state >> 17);
    }
}
