using System.Buffers.Binary;
using System.Numerics;

namespace Carnelian;

/// <summary>
/// SHA-1 (FIPS 180-4), which names scripts and digests of data. Not for secrets. .NET's own asks OpenSSL for it: that takes 3.7 MB of memory and 5 ms from the
/// first use on, and ends the process where the library is missing, as in small containers.
/// </summary>
public static class Sha1
{
    public const int Bytes = 20;

    private const int BlockBytes = 64, LengthBytes = sizeof(ulong), Rounds = 80;

    /// <param name="data">May be where the hash goes, too.</param>
    public static void Hash(ReadOnlySpan<byte> data, Span<byte> hash)
    {
        Span<uint> state = [0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0];
        var bits = (ulong)data.Length * 8;
        for (; data.Length >= BlockBytes; data = data[BlockBytes..]) Add(state, data);
        // The rest, a bit that is set, zeros, and the length in bits at the very end: of this block if it has room, else of one more.
        Span<byte> end = stackalloc byte[2 * BlockBytes];
        end.Clear();
        data.CopyTo(end);
        end[data.Length] = 0x80;
        end = end[..(data.Length < BlockBytes - LengthBytes ? BlockBytes : 2 * BlockBytes)];
        BinaryPrimitives.WriteUInt64BigEndian(end[^LengthBytes..], bits);
        for (; end.Length > 0; end = end[BlockBytes..]) Add(state, end);
        for (var i = 0; i < state.Length; i++) BinaryPrimitives.WriteUInt32BigEndian(hash[(i * sizeof(uint))..], state[i]);
    }

    private static void Add(Span<uint> state, ReadOnlySpan<byte> block)
    {
        Span<uint> words = stackalloc uint[Rounds];
        for (var i = 0; i < BlockBytes / sizeof(uint); i++) words[i] = BinaryPrimitives.ReadUInt32BigEndian(block[(i * sizeof(uint))..]);
        for (var i = BlockBytes / sizeof(uint); i < Rounds; i++)
            words[i] = BitOperations.RotateLeft(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
        var (a, b, c, d, e) = (state[0], state[1], state[2], state[3], state[4]);
        for (var i = 0; i < Rounds; i++)
        {
            var mixed = i switch
            {
                < 20 => ((b & c) | (~b & d)) + 0x5A827999,
                < 40 => (b ^ c ^ d) + 0x6ED9EBA1,
                < 60 => ((b & c) | (b & d) | (c & d)) + 0x8F1BBCDC,
                _ => (b ^ c ^ d) + 0xCA62C1D6,
            };
            (a, b, c, d, e) = (BitOperations.RotateLeft(a, 5) + mixed + e + words[i], a, BitOperations.RotateLeft(b, 30), c, d);
        }
        state[0] += a;
        state[1] += b;
        state[2] += c;
        state[3] += d;
        state[4] += e;
    }
}
