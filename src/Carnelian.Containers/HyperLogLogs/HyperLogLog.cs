using System.Buffers.Binary;
using System.Numerics;

namespace Carnelian;

/// <summary>
/// A HyperLogLog as Redis stores it in a string, byte for byte (Flajolet et al. 2007, with the estimator of Ertl 2017).
/// <code>
/// | "HYLL" | encoding 1 | unused 3 | cardinality 8, its highest bit set when it is not up to date | registers … |
/// </code>
/// There are 16384 registers of 6 bits, the lowest first: packed (dense), or as runs of equal ones (sparse, see <see cref="SparseRegisters"/>).
/// </summary>
public static class HyperLogLog
{
    public const int HeaderBytes = 16, Registers = 1 << IndexBits, RegisterMax = 63;
    public const int DenseBytes = HeaderBytes + DenseRegisters.Bytes;
    public const byte Dense = 0, Sparse = 1;

    /// <summary>Bits of a hash that choose the register, and bits that are left for the pattern.</summary>
    internal const int IndexBits = 14, PatternBits = 64 - IndexBits;

    private const int EncodingAt = 4, CardinalityAt = 8, StaleAt = 15;
    private const byte StaleBit = 0x80;
    private const ulong HashSeed = 0xadc83b19;

    /// <summary>A string that may be one: what is wrong in sparse registers shows when they are read.</summary>
    public static bool IsValid(ReadOnlySpan<byte> value) =>
        value.Length >= HeaderBytes && value.StartsWith("HYLL"u8) && value[EncodingAt] <= Sparse && (value[EncodingAt] != Dense || value.Length == DenseBytes);

    public static bool IsDense(ReadOnlySpan<byte> value) => value[EncodingAt] == Dense;

    /// <summary>Without any element.</summary>
    public static ReadOnlySpan<byte> Empty =>
        [(byte)'H', (byte)'Y', (byte)'L', (byte)'L', Sparse, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, SparseRegisters.XZero | 0x3f, 0xff];

    public static bool TryGetCardinality(ReadOnlySpan<byte> value, out long cardinality)
    {
        cardinality = BinaryPrimitives.ReadInt64LittleEndian(value[CardinalityAt..]);
        return (value[StaleAt] & StaleBit) == 0;
    }

    public static void SetCardinality(Span<byte> value, long cardinality) => BinaryPrimitives.WriteInt64LittleEndian(value[CardinalityAt..], cardinality);

    public static void MarkStale(Span<byte> value) => value[StaleAt] |= StaleBit;

    /// <summary>The register that an element belongs to, and what it must hold at least: one more than the zeros that the rest of its hash ends with.</summary>
    public static int RegisterOf(ReadOnlySpan<byte> element, out byte count)
    {
        var hash = MurmurHash.Hash(element, HashSeed);
        count = (byte)(BitOperations.TrailingZeroCount((hash >> IndexBits) | 1UL << PatternBits) + 1);
        return (int)(hash & (Registers - 1));
    }

    /// <summary>Writes the same registers in dense form to <paramref name="dense"/>, of <see cref="DenseBytes"/>; false when they are not valid.</summary>
    public static bool TryMakeDense(ReadOnlySpan<byte> sparse, Span<byte> dense)
    {
        Span<byte> registers = stackalloc byte[Registers];
        registers.Clear();
        if (!SparseRegisters.TryMerge(sparse[HeaderBytes..], registers)) return false;
        sparse[..HeaderBytes].CopyTo(dense);
        dense[EncodingAt] = Dense;
        DenseRegisters.Pack(registers, dense[HeaderBytes..]);
        return true;
    }

    /// <summary>Raises registers, a byte each, to those of a value; false when those are not valid.</summary>
    public static bool TryMerge(ReadOnlySpan<byte> value, Span<byte> registers, bool together = true)
    {
        if (!IsDense(value)) return SparseRegisters.TryMerge(value[HeaderBytes..], registers);
        DenseRegisters.Merge(value[HeaderBytes..], registers, together);
        return true;
    }

    /// <summary>The cardinality that a value's registers tell; false when they are not valid.</summary>
    public static bool TryEstimate(ReadOnlySpan<byte> value, out long cardinality)
    {
        Span<int> histogram = stackalloc int[RegisterMax + 1];
        histogram.Clear();
        cardinality = 0;
        if (IsDense(value))
        {
            Span<byte> registers = stackalloc byte[Registers];
            registers.Clear();
            DenseRegisters.Merge(value[HeaderBytes..], registers);
            Cardinality.Count(registers, histogram);
        }
        else if (!SparseRegisters.TryCount(value[HeaderBytes..], histogram))
        {
            return false;
        }
        cardinality = Cardinality.Estimate(histogram);
        return true;
    }
}
