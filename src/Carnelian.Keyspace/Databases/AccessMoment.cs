namespace Carnelian;

/// <summary>By what <see cref="AccessClock"/> tells of an entry's use at one moment; on any thread.</summary>
/// <param name="Quarters">Of seconds, modulo 2^26.</param>
/// <param name="Minutes">Modulo 2^16.</param>
public readonly record struct AccessMoment(EvictionPolicy Policy, int Quarters, int Minutes, int DecayMinutes)
{
    internal const int SecondsMax = (1 << 24) - 1, MinutesMax = (1 << 16) - 1, CounterMax = 255;

    internal const int QuartersMax = (1 << 26) - 1, QuarterMs = 250;

    /// <summary>Milliseconds since the last use, in steps of a quarter of a second.</summary>
    public long IdleMs(EntryView entry)
    {
        var access = entry.Access;
        var elapsed = Quarters - ((access & SecondsMax) << 2 | access >> 24);
        return (elapsed >= 0 ? elapsed : elapsed + QuartersMax) * (long)QuarterMs;
    }

    /// <summary>The counter, less one for each lfu-decay-time since the last use. 0 to 255.</summary>
    public int Frequency(EntryView entry)
    {
        var counter = entry.Access & CounterMax;
        if (DecayMinutes == 0) return counter;
        var elapsed = Minutes - (entry.Access >> 8 & MinutesMax);
        if (elapsed < 0) elapsed += MinutesMax;
        return Math.Max(0, counter - elapsed / DecayMinutes);
    }

    /// <summary>What a file says of a key's idle time; -1 where the policy does not count it.</summary>
    public long IdleSecondsToKeep(EntryView entry) => Policy is EvictionPolicy.VolatileLru or EvictionPolicy.AllKeysLru ? IdleMs(entry) / 1000 : -1;

    /// <summary>As <see cref="IdleSecondsToKeep"/>: how often it was used.</summary>
    public int FrequencyToKeep(EntryView entry) => Policy.CountsUses() ? Frequency(entry) : -1;
}
