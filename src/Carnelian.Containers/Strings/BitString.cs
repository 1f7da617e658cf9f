using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Carnelian;

/// <summary>What <see cref="BitString.Combine"/> makes of two strings, bit by bit.</summary>
public enum BitwiseOperation
{
    And,
    Or,
    Xor,

    /// <summary>What is set on the left and not on the right.</summary>
    Without,
}

/// <summary>
/// Work on whole strings of bits, limited by the memory's speed. Bit 0 is the highest of the first byte. Vectors are written as 64 bytes;
/// where registers are narrower, the compiler takes several.
/// </summary>
public static class BitString
{
    /// <summary>Vectors that are added up before bits are counted.</summary>
    private const int VectorsPerStep = 16;

    /// <summary>Narrower vectors whose words the processor counts meanwhile: more of them, and it is what takes longest.</summary>
    private const int CountedPerStep = 4;

    /// <summary>Number of bits that are set.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static long Count(ReadOnlySpan<byte> bits)
    {
        var (count, done) = (0L, 0);
        if (Vector512.IsHardwareAccelerated)
        {
            var vectors = MemoryMarshal.Cast<byte, Vector512<ulong>>(bits);
            vectors = vectors[..(vectors.Length & -VectorsPerStep)];
            if (!vectors.IsEmpty) (count, done) = (CountColumns(vectors), vectors.Length * Vector512<byte>.Count);
        }
        else if (Avx2.IsSupported)
        {
            var vectors = MemoryMarshal.Cast<byte, Vector256<ulong>>(bits);
            vectors = vectors[..(vectors.Length / (VectorsPerStep + CountedPerStep) * (VectorsPerStep + CountedPerStep))];
            if (!vectors.IsEmpty) (count, done) = (CountColumnsAndWords(vectors), vectors.Length * Vector256<byte>.Count);
        }
        else if (AdvSimd.IsSupported)
        {
            var vectors = MemoryMarshal.Cast<byte, Vector128<byte>>(bits);
            (count, done) = (CountBytes(vectors), vectors.Length * Vector128<byte>.Count);
        }
        var words = MemoryMarshal.Cast<byte, ulong>(bits[done..]);
        foreach (var word in words) count += BitOperations.PopCount(word);
        foreach (var b in bits[(done + words.Length * sizeof(ulong))..]) count += BitOperations.PopCount(b);
        return count;
    }

    /// <summary>ARM counts the bits of each byte by itself.</summary>
    private static long CountBytes(ReadOnlySpan<Vector128<byte>> vectors)
    {
        // Each adds 16 at most to a sum of 16 bits.
        const int VectorsPerSum = ushort.MaxValue / 16;
        var count = 0L;
        while (!vectors.IsEmpty)
        {
            var part = vectors[..Math.Min(vectors.Length, VectorsPerSum)];
            var sums = Vector128<ushort>.Zero;
            foreach (var vector in part) sums = AdvSimd.AddPairwiseWideningAndAdd(sums, AdvSimd.PopCount(vector));
            count += Vector128.Sum(Vector128.WidenLower(sums) + Vector128.WidenUpper(sums));
            vectors = vectors[part.Length..];
        }
        return count;
    }

    /// <summary>
    /// Adds vectors as columns of bits (Harley and Seal; Muła, Kurz, Lemire, "Faster population counts using AVX2 instructions"), so
    /// that only every sixteenth has to be counted.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static long CountColumns(ReadOnlySpan<Vector512<ulong>> vectors)
    {
        Vector512<ulong> ones = default, twos = default, fours = default, eights = default, sum = default;
        for (; vectors.Length >= VectorsPerStep; vectors = vectors[VectorsPerStep..])
        {
            var one = AddEight(vectors[..8], ref ones, ref twos, ref fours);
            var other = AddEight(vectors[8..16], ref ones, ref twos, ref fours);
            sum += CountLanes(Carry(ref eights, one, other));
        }
        return VectorsPerStep * Sum(sum) + 8 * Sum(CountLanes(eights)) + 4 * Sum(CountLanes(fours)) + 2 * Sum(CountLanes(twos)) + Sum(CountLanes(ones));
    }

    private static long Sum(Vector512<ulong> lanes) => (long)Vector512.Sum(lanes);

    /// <summary>Adds eight vectors; what overflows counts eightfold.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> AddEight(ReadOnlySpan<Vector512<ulong>> v, ref Vector512<ulong> ones, ref Vector512<ulong> twos, ref Vector512<ulong> fours)
    {
        var low = Carry(ref twos, Carry(ref ones, v[0], v[1]), Carry(ref ones, v[2], v[3]));
        var high = Carry(ref twos, Carry(ref ones, v[4], v[5]), Carry(ref ones, v[6], v[7]));
        return Carry(ref fours, low, high);
    }

    /// <summary>Adds two bits to a third, in each column: the sum stays, the carry is returned.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> Carry(ref Vector512<ulong> sum, Vector512<ulong> a, Vector512<ulong> b)
    {
        var half = a ^ b;
        var carry = (a & b) | (half & sum);
        sum ^= half;
        return carry;
    }

    /// <summary>The bits of each lane, counted in pairs, fours, bytes and so on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> CountLanes(Vector512<ulong> v)
    {
        v -= (v >> 1) & Vector512.Create(0x5555555555555555UL);
        v = (v & Vector512.Create(0x3333333333333333UL)) + ((v >> 2) & Vector512.Create(0x3333333333333333UL));
        v = (v + (v >> 4)) & Vector512.Create(0x0f0f0f0f0f0f0f0fUL);
        v += v >> 8;
        v += v >> 16;
        v += v >> 32;
        return v & Vector512.Create(0xffUL);
    }

    /// <summary>
    /// The same with registers of 32 bytes, and with what the processor can do beside: it counts words in other units than it computes vectors in. So for what
    /// is compiled ahead of time, too, which may not assume the wide registers.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static long CountColumnsAndWords(ReadOnlySpan<Vector256<ulong>> vectors)
    {
        Vector256<ulong> ones = default, twos = default, fours = default, eights = default, sum = default;
        var count = 0L;
        for (; vectors.Length >= VectorsPerStep + CountedPerStep; vectors = vectors[(VectorsPerStep + CountedPerStep)..])
        {
            var words = MemoryMarshal.Cast<Vector256<ulong>, ulong>(vectors.Slice(VectorsPerStep, CountedPerStep));
            var one = AddEight(vectors[..8], ref ones, ref twos, ref fours);
            count += CountEight(words[..8]);
            var other = AddEight(vectors[8..16], ref ones, ref twos, ref fours);
            count += CountEight(words[8..16]);
            sum += CountLanes(Carry(ref eights, one, other));
        }
        return count + VectorsPerStep * Sum(sum) + 8 * Sum(CountLanes(eights)) + 4 * Sum(CountLanes(fours)) + 2 * Sum(CountLanes(twos)) + Sum(CountLanes(ones));
    }

    private static long Sum(Vector256<ulong> lanes) => (long)Vector256.Sum(lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static long CountEight(ReadOnlySpan<ulong> w) =>
        BitOperations.PopCount(w[0]) + BitOperations.PopCount(w[1]) + BitOperations.PopCount(w[2]) + BitOperations.PopCount(w[3])
        + BitOperations.PopCount(w[4]) + BitOperations.PopCount(w[5]) + BitOperations.PopCount(w[6]) + BitOperations.PopCount(w[7]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> AddEight(ReadOnlySpan<Vector256<ulong>> v, ref Vector256<ulong> ones, ref Vector256<ulong> twos, ref Vector256<ulong> fours)
    {
        var low = Carry(ref twos, Carry(ref ones, v[0], v[1]), Carry(ref ones, v[2], v[3]));
        var high = Carry(ref twos, Carry(ref ones, v[4], v[5]), Carry(ref ones, v[6], v[7]));
        return Carry(ref fours, low, high);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> Carry(ref Vector256<ulong> sum, Vector256<ulong> a, Vector256<ulong> b)
    {
        var half = a ^ b;
        var carry = (a & b) | (half & sum);
        sum ^= half;
        return carry;
    }

    /// <summary>The bits of each lane: those of every half byte are looked up, and the bytes added.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> CountLanes(Vector256<ulong> v)
    {
        var bits = Vector256.Create((byte)0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
        var half = Vector256.Create((byte)0xf);
        var low = Avx2.Shuffle(bits, v.AsByte() & half);
        var high = Avx2.Shuffle(bits, (v >> 4).AsByte() & half);
        return Avx2.SumAbsoluteDifferences(low + high, Vector256<byte>.Zero).AsUInt64();
    }

    /// <summary>The place of the first bit of that kind from <paramref name="first"/> to <paramref name="last"/>, or -1. Both lie in the string.</summary>
    public static long Find(ReadOnlySpan<byte> bits, bool bit, long first, long last)
    {
        var without = bit ? (byte)0 : (byte)0xff;
        var at = (int)(first >> 3);
        var wanted = (bits[at] ^ without) & (0xff >> (int)(first & 7));
        if (wanted == 0)
        {
            var further = bits[(at + 1)..((int)(last >> 3) + 1)].IndexOfAnyExcept(without);
            if (further < 0) return -1;
            at += 1 + further;
            wanted = bits[at] ^ without;
        }
        var found = 8L * at + BitOperations.LeadingZeroCount((uint)wanted << 24);
        return found <= last ? found : -1;
    }

    /// <summary>
    /// Combines two strings, beyond whose ends all bits are 0. Neither is longer than the destination, which may be one of them or share
    /// its beginning with one.
    /// </summary>
    public static void Combine(BitwiseOperation operation, ReadOnlySpan<byte> left, ReadOnlySpan<byte> right, Span<byte> destination)
    {
        switch (operation)
        {
            case BitwiseOperation.And:
                Combine<And>(left, right, destination);
                break;
            case BitwiseOperation.Or:
                Combine<Or>(left, right, destination);
                break;
            case BitwiseOperation.Xor:
                Combine<Xor>(left, right, destination);
                break;
            default:
                Combine<Without>(left, right, destination);
                break;
        }
    }

    private static void Combine<TOperation>(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right, Span<byte> destination)
        where TOperation : struct, IOperation
    {
        var done = Math.Min(left.Length, right.Length);
        Apply<TOperation>(left[..done], right[..done], destination[..done]);
        var tail = left.Length > done && TOperation.KeepsLeft ? left[done..] : right.Length > done && TOperation.KeepsRight ? right[done..] : default;
        tail.CopyTo(destination[done..]);
        destination[(done + tail.Length)..].Clear();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Apply<TOperation>(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right, Span<byte> destination)
        where TOperation : struct, IOperation
    {
        var done = 0;
        if (Vector128.IsHardwareAccelerated)
        {
            var to = MemoryMarshal.Cast<byte, Vector512<byte>>(destination);
            var a = MemoryMarshal.Cast<byte, Vector512<byte>>(left);
            var b = MemoryMarshal.Cast<byte, Vector512<byte>>(right);
            for (var i = 0; i < to.Length; i++) to[i] = TOperation.Of(a[i], b[i]);
            done = to.Length * Vector512<byte>.Count;
        }
        for (; done < destination.Length; done++) destination[done] = (byte)TOperation.Of(left[done], right[done]);
    }

    /// <summary>Turns every bit over. The destination may be the source.</summary>
    public static void Invert(ReadOnlySpan<byte> source, Span<byte> destination) => Apply<Not>(source, source, destination);

    private interface IOperation
    {
        /// <summary>Whether the result is the left operand where the right one has ended.</summary>
        static abstract bool KeepsLeft { get; }

        static abstract bool KeepsRight { get; }

        static abstract Vector512<byte> Of(Vector512<byte> left, Vector512<byte> right);

        static abstract int Of(int left, int right);
    }

    private readonly struct And : IOperation
    {
        public static bool KeepsLeft => false;

        public static bool KeepsRight => false;

        public static Vector512<byte> Of(Vector512<byte> left, Vector512<byte> right) => left & right;

        public static int Of(int left, int right) => left & right;
    }

    private readonly struct Or : IOperation
    {
        public static bool KeepsLeft => true;

        public static bool KeepsRight => true;

        public static Vector512<byte> Of(Vector512<byte> left, Vector512<byte> right) => left | right;

        public static int Of(int left, int right) => left | right;
    }

    private readonly struct Xor : IOperation
    {
        public static bool KeepsLeft => true;

        public static bool KeepsRight => true;

        public static Vector512<byte> Of(Vector512<byte> left, Vector512<byte> right) => left ^ right;

        public static int Of(int left, int right) => left ^ right;
    }

    private readonly struct Without : IOperation
    {
        public static bool KeepsLeft => true;

        public static bool KeepsRight => false;

        public static Vector512<byte> Of(Vector512<byte> left, Vector512<byte> right) => Vector512.AndNot(left, right);

        public static int Of(int left, int right) => left & ~right;
    }

    private readonly struct Not : IOperation
    {
        public static bool KeepsLeft => false;

        public static bool KeepsRight => false;

        public static Vector512<byte> Of(Vector512<byte> left, Vector512<byte> right) => ~left;

        public static int Of(int left, int right) => ~left;
    }
}
