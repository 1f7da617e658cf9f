using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

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

    /// <summary>
    /// Counts how often each value occurs: those between the least and the greatest, which are few, one after the other. A lane of a byte counts up to 255 times, so
    /// that the registers are gone through in parts.
    /// </summary>
    internal static void Count(ReadOnlySpan<byte> registers, Span<int> histogram)
    {
        var vectors = MemoryMarshal.Cast<byte, Vector256<byte>>(registers);
        Check.That(vectors.Length * Vector256<byte>.Count == registers.Length);
        var (least, greatest) = (vectors[0], vectors[0]);
        foreach (var vector in vectors) (least, greatest) = (Vector256.Min(least, vector), Vector256.Max(greatest, vector));
        var (first, last) = (HyperLogLog.RegisterMax, 0);
        for (var i = 0; i < Vector256<byte>.Count; i++) (first, last) = (Math.Min(first, least[i]), Math.Max(last, greatest[i]));
        const int Part = 128;
        for (; !vectors.IsEmpty; vectors = vectors[Part..])
        {
            for (var value = first; value <= last; value++) histogram[value] += CountEqual(vectors[..Part], (byte)value);
        }
    }

    private static int CountEqual(ReadOnlySpan<Vector256<byte>> vectors, byte value)
    {
        var sought = Vector256.Create(value);
        Vector256<byte> even = default, odd = default;
        for (var i = 0; i + 1 < vectors.Length; i += 2)
        {
            even -= Vector256.Equals(vectors[i], sought);
            odd -= Vector256.Equals(vectors[i + 1], sought);
        }
        var (low, high) = Vector256.Widen(even + odd);
        return Vector256.Sum(low + high);
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
