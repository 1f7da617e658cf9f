using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Carnelian;

/// <summary>The secret of one server's hash tables; drawn from the world's randomness.</summary>
public readonly record struct HashSeed(ulong K0, ulong K1);

/// <summary>
/// SipHash-1-2 (Aumasson and Bernstein, 2012; one compression and two finalisation rounds, as Redis uses): a keyed
/// hash whose collisions an attacker who does not know the seed cannot prepare.
/// </summary>
internal static class SipHash
{
    public static ulong Hash(ReadOnlySpan<byte> data, in HashSeed seed)
    {
        var v0 = 0x736f6d6570736575UL ^ seed.K0;
        var v1 = 0x646f72616e646f6dUL ^ seed.K1;
        var v2 = 0x6c7967656e657261UL ^ seed.K0;
        var v3 = 0x7465646279746573UL ^ seed.K1;
        var last = (ulong)data.Length << 56;

        while (data.Length >= 8)
        {
            var m = BinaryPrimitives.ReadUInt64LittleEndian(data);
            v3 ^= m;
            Round(ref v0, ref v1, ref v2, ref v3);
            v0 ^= m;
            data = data[8..];
        }

        last |= Tail(data);
        v3 ^= last;
        Round(ref v0, ref v1, ref v2, ref v3);
        v0 ^= last;

        v2 ^= 0xff;
        Round(ref v0, ref v1, ref v2, ref v3);
        Round(ref v0, ref v1, ref v2, ref v3);
        return v0 ^ v1 ^ v2 ^ v3;
    }

    /// <summary>Up to seven bytes, little-endian, without a loop.</summary>
    private static ulong Tail(ReadOnlySpan<byte> data)
    {
        ref var start = ref MemoryMarshal.GetReference(data);
        var n = data.Length;
        if (n >= 4)
        {
            ulong low = Unsafe.ReadUnaligned<uint>(ref start);
            ulong high = Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref start, n - 4));
            return low | (high << (8 * (n - 4)));
        }
        if (n == 0) return 0;
        ulong first = start, middle = Unsafe.Add(ref start, n >> 1), end = Unsafe.Add(ref start, n - 1);
        return first | (middle << (8 * (n >> 1))) | (end << (8 * (n - 1)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Round(ref ulong v0, ref ulong v1, ref ulong v2, ref ulong v3)
    {
        v0 += v1;
        v1 = BitOperations.RotateLeft(v1, 13) ^ v0;
        v0 = BitOperations.RotateLeft(v0, 32);
        v2 += v3;
        v3 = BitOperations.RotateLeft(v3, 16) ^ v2;
        v0 += v3;
        v3 = BitOperations.RotateLeft(v3, 21) ^ v0;
        v2 += v1;
        v1 = BitOperations.RotateLeft(v1, 17) ^ v2;
        v2 = BitOperations.RotateLeft(v2, 32);
    }
}
