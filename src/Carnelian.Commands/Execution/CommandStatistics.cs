using System.Numerics;
using System.Runtime.CompilerServices;

namespace Carnelian;

/// <summary>What is counted of one command: INFO commandstats and latencystats.</summary>
public sealed class CommandStatistics
{
    public long Calls, Nanoseconds, Rejected, Failed;

    public LatencyHistogram Latencies { get; } = new();

    public void Reset()
    {
        Calls = Nanoseconds = Rejected = Failed = 0;
        Latencies.Reset();
    }
}

/// <summary>
/// Counts durations in classes of a relative width of 1/32: 32 classes per doubling, from one nanosecond on. Memory comes
/// with the first duration.
/// </summary>
public sealed class LatencyHistogram
{
    private const int SubBits = 5, Subs = 1 << SubBits;

    /// <summary>Longer durations count as this one: 2^36 ns, 68 seconds.</summary>
    private const int BitsMax = 36;

    private uint[]? _counts;

    public long Total { get; private set; }

    public void Record(long nanoseconds)
    {
        var counts = _counts ??= new uint[(BitsMax - SubBits + 2) << SubBits];
        counts[ClassOf((ulong)nanoseconds)]++;
        Total++;
    }

    /// <summary>The upper end, in nanoseconds, of the class in which the given part of all durations is reached.</summary>
    public long Percentile(double percent)
    {
        if (_counts is null) return 0;
        var wanted = Math.Max(1, (long)Math.Ceiling(Total * percent / 100));
        long seen = 0;
        for (var i = 0; i < _counts.Length; i++)
        {
            seen += _counts[i];
            if (seen >= wanted) return (long)UpperEnd(i);
        }
        return (long)UpperEnd(_counts.Length - 1);
    }

    /// <summary>How many durations were shorter than 2^<paramref name="firstBits"/> ns, than twice that, and so on.</summary>
    public void CountBelow(int firstBits, Span<long> below)
    {
        long seen = 0;
        var next = 0;
        for (var i = 0; i < below.Length; i++)
        {
            for (var end = ClassOf(1UL << (firstBits + i)); _counts is not null && next < end; next++) seen += _counts[next];
            below[i] = seen;
        }
    }

    public void Reset()
    {
        _counts = null;
        Total = 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int ClassOf(ulong value)
    {
        if (value < Subs) return (int)value;
        var bits = BitOperations.Log2(value);
        if (bits > BitsMax) return ((BitsMax - SubBits + 2) << SubBits) - 1;
        return ((bits - SubBits + 1) << SubBits) | (int)((value >> (bits - SubBits)) & (Subs - 1));
    }

    private static ulong UpperEnd(int index)
    {
        if (index < Subs) return (ulong)index;
        var shift = (index >> SubBits) - 1;
        return ((ulong)((index & (Subs - 1)) + Subs + 1) << shift) - 1;
    }
}
