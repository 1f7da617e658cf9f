using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Carnelian.Tests;

/// <summary>The vectorised ways beside the plainest ones, at every length and position that the vectors may begin or end at.</summary>
public sealed class BitStringTests
{
    private static readonly int[] _lengths = [.. Enumerable.Range(0, 140), 255, 256, 511, 512, 513, 1023, 1024, 1025, 1090, 2047, 2048, 3200, 10_000];

    private readonly Random _chance = new(7);

    /// <summary>Random bytes, or mostly those without a bit or with all of them.</summary>
    private byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        _chance.NextBytes(bytes);
        var kind = _chance.Next(3);
        if (kind == 0) return bytes;
        for (var i = 0; i < length; i++)
        {
            if (_chance.Next(50) != 0) bytes[i] = kind == 1 ? (byte)0 : (byte)0xff;
        }
        return bytes;
    }

    private static bool Bit(ReadOnlySpan<byte> bytes, long at) => at < 8L * bytes.Length && (bytes[(int)(at / 8)] & (0x80 >> (int)(at % 8))) != 0;

    [Test]
    public void Bits_are_counted_at_all_lengths_and_positions([Values(0, 1, 7, 63)] int start)
    {
        foreach (var length in _lengths)
        {
            var bytes = Bytes(start + length).AsSpan(start);
            var expected = 0L;
            for (var i = 0L; i < 8L * length; i++) expected += Bit(bytes, i) ? 1 : 0;
            if (BitString.Count(bytes) != expected) Assert.Fail($"{BitString.Count(bytes)} of {length} bytes, not {expected}");
        }
    }

    /// <summary>The way of processors without wide registers, and of the native executable: others would not go it here.</summary>
    [Test]
    public void Narrow_vectors_and_words_are_counted_alike([Range(0, 5)] int steps)
    {
        if (!Avx2.IsSupported) Skip.Because("this processor has no AVX2");
        const int BytesPerStep = 20 * 32;
        var bytes = new byte[steps * BytesPerStep];
        new Random(steps).NextBytes(bytes);
        var expected = bytes.Sum(b => (long)BitOperations.PopCount(b));
        Assert.That(BitString.CountColumnsAndWords(MemoryMarshal.Cast<byte, Vector256<ulong>>(bytes)), Is.EqualTo(expected));
    }

    [Test]
    public void All_bits_set_are_counted_without_an_overflow() => Assert.That(BitString.Count(Enumerable.Repeat((byte)0xff, 5_000_003).ToArray()), Is.EqualTo(40_000_024));

    [Test]
    public void The_first_bit_of_a_kind_is_found_within_its_range([Values] bool bit)
    {
        for (var round = 0; round < 3000; round++)
        {
            var bytes = Bytes(_chance.Next(1, 300));
            var first = _chance.Next(8 * bytes.Length);
            var last = _chance.Next(first, 8 * bytes.Length);
            long expected = -1;
            for (var i = first; i <= last && expected < 0; i++) expected = Bit(bytes, i) == bit ? i : -1;
            if (BitString.Find(bytes, bit, first, last) != expected) Assert.Fail($"{first} to {last} of {Convert.ToHexString(bytes)}: not {expected}");
        }
    }

    [Test]
    public void Strings_are_combined_as_if_the_shorter_went_on_with_zeros([Values] BitwiseOperation operation)
    {
        foreach (var length in _lengths)
        {
            foreach (var other in new[] { length, length / 2, 0, Math.Max(0, length - 1), Math.Max(0, length - 64) })
            {
                Check(operation, Bytes(length), Bytes(other), length);
                Check(operation, Bytes(other), Bytes(length), length + 5);
            }
        }
    }

    private static void Check(BitwiseOperation operation, byte[] left, byte[] right, int length)
    {
        var expected = new byte[length];
        for (var i = 0; i < length; i++)
        {
            var (a, b) = (i < left.Length ? left[i] : 0, i < right.Length ? right[i] : 0);
            expected[i] = (byte)(operation switch { BitwiseOperation.And => a & b, BitwiseOperation.Or => a | b, BitwiseOperation.Xor => a ^ b, _ => a & ~b });
        }
        var result = new byte[length];
        Array.Fill(result, (byte)0x5a);
        BitString.Combine(operation, left, right, result);
        Assert.That(result.AsSpan().SequenceEqual(expected), $"{operation} of {left.Length} and {right.Length} bytes");
        CheckInPlace(operation, left, right, expected, isLeft: true);
        CheckInPlace(operation, left, right, expected, isLeft: false);
    }

    /// <summary>An operand lies where the result is to be.</summary>
    private static void CheckInPlace(BitwiseOperation operation, byte[] left, byte[] right, byte[] expected, bool isLeft)
    {
        var result = new byte[expected.Length];
        var inPlace = isLeft ? left : right;
        inPlace.CopyTo(result, 0);
        var operand = result.AsSpan(0, inPlace.Length);
        BitString.Combine(operation, isLeft ? operand : left, isLeft ? right : operand, result);
        Assert.That(result.AsSpan().SequenceEqual(expected), $"{operation} of {left.Length} and {right.Length} bytes in place of one");
    }

    [Test]
    public void Every_bit_is_turned_over_also_in_place()
    {
        foreach (var length in _lengths)
        {
            var bytes = Bytes(length);
            var expected = Array.ConvertAll(bytes, b => (byte)~b);
            var result = new byte[length];
            BitString.Invert(bytes, result);
            BitString.Invert(bytes, bytes);
            Assert.That(result.AsSpan().SequenceEqual(expected) && bytes.AsSpan().SequenceEqual(expected), $"{length} bytes");
        }
    }
}
