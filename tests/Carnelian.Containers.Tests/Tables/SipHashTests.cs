using System.Buffers.Binary;

namespace Carnelian.Tests;

public sealed class SipHashTests
{
    /// <summary>SipHash as the paper writes it, byte by byte, for any numbers of rounds.</summary>
    private static ulong Reference(ReadOnlySpan<byte> data, HashSeed seed, int compressionRounds, int finalRounds)
    {
        ulong[] v =
        [
            seed.K0 ^ 0x736f6d6570736575, seed.K1 ^ 0x646f72616e646f6d,
            seed.K0 ^ 0x6c7967656e657261, seed.K1 ^ 0x7465646279746573,
        ];
        var padded = new byte[(data.Length / 8 + 1) * 8];
        data.CopyTo(padded);
        padded[^1] = (byte)data.Length;
        for (var at = 0; at < padded.Length; at += 8)
        {
            var word = BinaryPrimitives.ReadUInt64LittleEndian(padded.AsSpan(at));
            v[3] ^= word;
            for (var i = 0; i < compressionRounds; i++) Round(v);
            v[0] ^= word;
        }
        v[2] ^= 0xff;
        for (var i = 0; i < finalRounds; i++) Round(v);
        return v[0] ^ v[1] ^ v[2] ^ v[3];
    }

    private static void Round(ulong[] v)
    {
        v[0] += v[1];
        v[1] = Left(v[1], 13);
        v[1] ^= v[0];
        v[0] = Left(v[0], 32);
        v[2] += v[3];
        v[3] = Left(v[3], 16);
        v[3] ^= v[2];
        v[0] += v[3];
        v[3] = Left(v[3], 21);
        v[3] ^= v[0];
        v[2] += v[1];
        v[1] = Left(v[1], 17);
        v[1] ^= v[2];
        v[2] = Left(v[2], 32);
    }

    private static ulong Left(ulong value, int bits) => (value << bits) | (value >> (64 - bits));

    private static byte[] Counting(int length) => [.. Enumerable.Range(0, length).Select(i => (byte)i)];

    /// <summary>The paper's appendix: SipHash-2-4 of the bytes 0 to 14 under the key 0 to 15. It proves the reference.</summary>
    [Test]
    public void Reference_gives_the_papers_example() =>
        Assert.That(Reference(Counting(15), new(0x0706050403020100, 0x0f0e0d0c0b0a0908), 2, 4), Is.EqualTo(0xa129ca6149be45e5));

    [Test]
    public void Hash_is_that_of_the_reference_for_every_length()
    {
        var random = new Random(1);
        for (var length = 0; length <= 64; length++)
        {
            Assert.That(SipHash.Hash(Counting(length), new(0x0706050403020100, 0x0f0e0d0c0b0a0908)),
                Is.EqualTo(Reference(Counting(length), new(0x0706050403020100, 0x0f0e0d0c0b0a0908), 1, 2)), $"length {length}");
            for (var i = 0; i < 20; i++)
            {
                var data = new byte[length];
                random.NextBytes(data);
                var seed = new HashSeed((ulong)random.NextInt64(), (ulong)random.NextInt64() << 1);
                Assert.That(SipHash.Hash(data, seed), Is.EqualTo(Reference(data, seed, 1, 2)), $"length {length}");
            }
        }
        var longData = new byte[100_003];
        random.NextBytes(longData);
        Assert.That(SipHash.Hash(longData, new(1, 2)), Is.EqualTo(Reference(longData, new(1, 2), 1, 2)));
    }

    [Test]
    public void Each_half_of_the_seed_matters()
    {
        var hashes = new HashSet<ulong>();
        for (var bit = 0; bit < 64; bit++)
        {
            hashes.Add(SipHash.Hash("key"u8, new(1UL << bit, 0)));
            hashes.Add(SipHash.Hash("key"u8, new(0, 1UL << bit)));
        }
        Assert.That(hashes, Has.Count.EqualTo(128));
    }
}
