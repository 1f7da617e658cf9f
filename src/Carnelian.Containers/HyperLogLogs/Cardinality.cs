namespace Carnelian;

/// <summary>How many elements registers have seen, by how often each value occurs (Otmar Ertl, "New cardinality estimation algorithms for HyperLogLog sketches", arXiv:1702.01284).</summary>
public static class Cardinality
{
    /// <summary>1 / (2 ln 2).</summary>
    private const double Alpha = 0.721347520444481703680;

    /// <summary>The cardinality of registers that have a byte each.</summary>
    public static long Estimate(ReadOnlySpan<byte> registers)
    {
        Span<int> histogram = stackalloc int[HyperLogLog.RegisterMax + 1];
        histogram.Clear();
        Count(registers, histogram);
        return Estimate(histogram);
    }

    /// <summary>Counts how often each value occurs. Four counts in turn, or equal neighbours would wait for each other.</summary>
    internal static void Count(ReadOnlySpan<byte> registers, Span<int> histogram)
    {
        const int Values = HyperLogLog.RegisterMax + 1;
        Span<int> counts = stackalloc int[4 * Values];
        counts.Clear();
        for (var i = 0; i + 3 < registers.Length; i += 4)
        {
            counts[registers[i] & HyperLogLog.RegisterMax]++;
            counts[Values + (registers[i + 1] & HyperLogLog.RegisterMax)]++;
            counts[2 * Values + (registers[i + 2] & HyperLogLog.RegisterMax)]++;
            counts[3 * Values + (registers[i + 3] & HyperLogLog.RegisterMax)]++;
        }
        for (var i = 0; i < Values; i++) histogram[i] += counts[i] + counts[Values + i] + counts[2 * Values + i] + counts[3 * Values + i];
    }

    internal static long Estimate(ReadOnlySpan<int> histogram)
    {
        const double M = HyperLogLog.Registers;
        var z = M * Tau((M - histogram[HyperLogLog.PatternBits + 1]) / M);
        for (var j = HyperLogLog.PatternBits; j >= 1; j--) z = (z + histogram[j]) * 0.5;
        z += M * Sigma(histogram[0] / M);
        return (long)Math.Round(Alpha * M * M / z, MidpointRounding.AwayFromZero);
    }

    private static double Sigma(double x)
    {
        if (x == 1) return double.PositiveInfinity;
        double y = 1, z = x, before;
        do
        {
            x *= x;
            before = z;
            z += x * y;
            y += y;
        }
        while (before != z);
        return z;
    }

    private static double Tau(double x)
    {
        if (x is 0 or 1) return 0;
        double y = 1, z = 1 - x, before;
        do
        {
            x = Math.Sqrt(x);
            before = z;
            y *= 0.5;
            z -= (1 - x) * (1 - x) * y;
        }
        while (before != z);
        return z / 3;
    }
}
