using System.Security.Cryptography;

namespace Carnelian.Tests;

/// <summary>
/// The same changes give, byte for byte, the same nodes as in Redis 8.0.6. What is expected was taken from there: the hash of the nodes in DUMP's payload
/// after XADD, XDEL and XTRIM drawn by the generator below, with stream-node-max-bytes and stream-node-max-entries as in the first columns.
/// </summary>
public class StreamReferenceTests
{
    [TestCase(4096, 100, 1, 40, 30, 1, "4e219588e7cd8174")]
    [TestCase(4096, 100, 2, 400, 10, 4, "99c9ec542d8a6512")]
    [TestCase(4096, 100, 3, 3000, 40, 18, "618893f3bc113ce0")]
    [TestCase(4096, 100, 4, 1500, 300, 51, "ce2977d40d6721f2")]
    [TestCase(4096, 0, 1, 40, 30, 1, "4e219588e7cd8174")]
    [TestCase(4096, 0, 2, 400, 10, 3, "0b8b746c88f36f4d")]
    [TestCase(4096, 0, 3, 3000, 40, 18, "618893f3bc113ce0")]
    [TestCase(4096, 0, 4, 1500, 300, 51, "ce2977d40d6721f2")]
    [TestCase(200, 100, 1, 40, 30, 7, "6630d1c1bd970b3d")]
    [TestCase(200, 100, 2, 400, 10, 34, "2bb41953ca5e3437")]
    [TestCase(200, 100, 3, 3000, 40, 400, "d7ca9b90ba16cc96")]
    [TestCase(200, 100, 4, 1500, 300, 504, "da97afaeb67cb60a")]
    [TestCase(0, 5, 1, 40, 30, 6, "f4efbd741c58f123")]
    [TestCase(0, 5, 2, 400, 10, 42, "00d4e86da59443c8")]
    [TestCase(0, 5, 3, 3000, 40, 234, "00803c0c6105bee2")]
    [TestCase(0, 5, 4, 1500, 300, 127, "2a930cd9342985d3")]
    [TestCase(0, 0, 1, 40, 30, 1, "4e219588e7cd8174")]
    [TestCase(0, 0, 2, 400, 10, 1, "ebc1173d9017d89e")]
    [TestCase(0, 0, 3, 3000, 40, 1, "0d18d0330e0835a4")]
    [TestCase(0, 0, 4, 1500, 300, 1, "002a023a0f38ebb0")]
    [TestCase(1, 1, 1, 40, 30, 21, "1e8cb2d2062c5858")]
    [TestCase(1, 1, 2, 400, 10, 155, "b267452bbe505506")]
    [TestCase(1, 1, 3, 3000, 40, 939, "4a67c64bad1f37e7")]
    [TestCase(1, 1, 4, 1500, 300, 531, "e2c38249382a33ef")]
    public void Nodes_are_those_of_Redis(int bytesMax, int entriesMax, int seed, int steps, int longest, int nodes, string hash)
    {
        using var stream = new TestStream(new(bytesMax, entriesMax));
        var chance = new Draws((ulong)seed);
        var ids = new List<StreamId>();
        for (var i = 0; i < steps; i++) Change(stream, ids, ref chance, longest);
        Assert.That((stream.Nodes.Length, stream.Nodes.NodeCount), Is.EqualTo((ids.Count, nodes)));
        Assert.That(Hash(stream.Nodes), Is.EqualTo(hash));
    }

    private static void Change(TestStream stream, List<StreamId> ids, ref Draws chance, int longest)
    {
        var kind = chance.Next(20);
        if (kind < 15 || ids.Count == 0)
        {
            var last = stream.Nodes.LastId;
            var id = chance.Next(2) == 0
                ? new StreamId(last.Milliseconds, last.Sequence + 1 + (ulong)chance.Next(5))
                : new StreamId(last.Milliseconds + 1 + (ulong)chance.Next(100_000), (ulong)chance.Next(3));
            ids.Add(id);
            if (chance.Next(4) > 0)
            {
                stream.Append(id, "name", chance.Text(longest), "17", chance.Text(longest));
                return;
            }
            var texts = new string[2 * (1 + chance.Next(4))];
            for (var i = 0; i < texts.Length; i++) texts[i] = chance.Text(longest);
            stream.Append(id, texts);
        }
        else if (kind < 19)
        {
            var i = chance.Next(ids.Count);
            Assert.That(stream.Delete(ids[i]));
            ids.RemoveAt(i);
        }
        else
        {
            var count = chance.Next(Math.Min(ids.Count, 10) + 1);
            Assert.That(stream.Trim(new() { Strategy = StreamTrimStrategy.ByLength, LengthMax = ids.Count - count }), Is.EqualTo(count));
            ids.RemoveRange(0, count);
        }
    }

    private static string Hash(NodeStream stream)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var nodes = stream.Nodes; nodes.MoveNext();)
        {
            hash.AppendData(BitConverter.GetBytes(nodes.Master.Milliseconds));
            hash.AppendData(BitConverter.GetBytes(nodes.Master.Sequence));
            hash.AppendData(nodes.List);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset())[..16];
    }

    private struct Draws(ulong seed)
    {
        private ulong _state = seed;

        public int Next(long below)
        {
            _state = unchecked(_state * 6364136223846793005UL + 1442695040888963407UL);
            return (int)((_state >> 33) % (ulong)below);
        }

        public string Text(int longest)
        {
            if (Next(3) == 0) return $"{Next(1L << (1 + Next(30))) - 1000}";
            var letter = (char)('a' + Next(26));
            return new(letter, Next(longest + 1));
        }
    }
}
