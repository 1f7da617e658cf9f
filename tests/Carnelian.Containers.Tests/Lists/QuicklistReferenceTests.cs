using System.Security.Cryptography;
using System.Text;

namespace Carnelian.Tests;

/// <summary>
/// The same changes give the same encoding and, byte for byte, the same nodes as in Redis 8.0.6. What is expected was taken from there: the hash of the nodes in DUMP's payload
/// after RPUSH, LPUSH, LINSERT and LSET drawn by the generator below, with list-max-listpack-size as in the first column.
/// </summary>
public class QuicklistReferenceTests
{
    [TestCase(-1, 1, 40, 30, "listpack", 1, "40e35bf23bdb409f")]
    [TestCase(-1, 2, 150, 10, "listpack", 1, "aa84ec896f47072b")]
    [TestCase(-1, 3, 600, 100, "quicklist", 18, "9134f7bbedb71c17")]
    [TestCase(-1, 4, 3000, 700, "quicklist", 386, "0ffd76f8f9a6b8ce")]
    [TestCase(-2, 1, 40, 30, "listpack", 1, "40e35bf23bdb409f")]
    [TestCase(-2, 2, 150, 10, "listpack", 1, "aa84ec896f47072b")]
    [TestCase(-2, 3, 600, 100, "quicklist", 14, "1620f1d37e50c10a")]
    [TestCase(-2, 4, 3000, 700, "quicklist", 210, "921872c8884de213")]
    [TestCase(-5, 1, 40, 30, "listpack", 1, "40e35bf23bdb409f")]
    [TestCase(-5, 2, 150, 10, "listpack", 1, "aa84ec896f47072b")]
    [TestCase(-5, 3, 600, 100, "quicklist", 11, "a5816b39ef401052")]
    [TestCase(-5, 4, 3000, 700, "quicklist", 55, "4f554c1dd21c3889")]
    [TestCase(1, 1, 40, 30, "quicklist", 49, "851a12e3806f6cc2")]
    [TestCase(1, 2, 150, 10, "quicklist", 238, "1ab39aff738eab04")]
    [TestCase(1, 3, 600, 100, "quicklist", 930, "f2f66f78af87435d")]
    [TestCase(1, 4, 3000, 700, "quicklist", 4379, "df4d2fa6c4d49fe1")]
    [TestCase(7, 1, 40, 30, "quicklist", 10, "15355dcc3c12f9e8")]
    [TestCase(7, 2, 150, 10, "quicklist", 43, "b2b7ebfc526df9a1")]
    [TestCase(7, 3, 600, 100, "quicklist", 175, "0aac725451610582")]
    [TestCase(7, 4, 3000, 700, "quicklist", 813, "281cad24c12a8713")]
    [TestCase(128, 1, 40, 30, "listpack", 1, "40e35bf23bdb409f")]
    [TestCase(128, 2, 150, 10, "quicklist", 3, "8ec0ea009ff48427")]
    [TestCase(128, 3, 600, 100, "quicklist", 16, "12340e6453221c48")]
    [TestCase(128, 4, 3000, 700, "quicklist", 210, "921872c8884de213")]
    public void Nodes_are_those_of_Redis(int size, int seed, int steps, int longest, string encoding, int nodes, string hash)
    {
        using var list = new EitherList(NodeLimit.Of(size));
        var chance = new Draws((ulong)seed);
        var model = new List<byte[]>();
        for (var i = 0; i < steps; i++) Change(list, model, ref chance, longest);
        Assert.That(list.Elements().Select(Convert.ToHexString), Is.EqualTo(model.Select(Convert.ToHexString)));
        Assert.That((list.Encoding, list.NodeCount), Is.EqualTo((encoding, nodes)));
        Assert.That(Hash(list), Is.EqualTo(hash));
    }

    /// <summary>X is a text of 5,000 bytes.</summary>
    [TestCase(-1, "a X", "set 1 b", "quicklist")]
    [TestCase(-1, "a X c", "set 1 b", "quicklist")]
    [TestCase(-1, "X c", "set 0 b", "listpack")]
    [TestCase(-1, "a b c X", "remove 3 1", "listpack")]
    [TestCase(-1, "a X c", "remove 1 1", "quicklist")]
    [TestCase(3, "a b c d", "remove 1 3", "listpack")]
    [TestCase(3, "a b c d", "remove 2 2, remove 0 1", "listpack")]
    [TestCase(8, "a b c d e f g h i j k l", "remove 2 1, remove 2 1, remove 2 1, remove 2 1, remove 2 1, remove 2 1", "quicklist")]
    [TestCase(8, "a b c d e f g h i j k l", "remove 10 2, remove 0 7", "quicklist")]
    public void A_list_that_shrank_has_the_encoding_that_Redis_gives_it(int size, string elements, string changes, string encoding)
    {
        using var list = new EitherList(NodeLimit.Of(size));
        list.Append(elements.Split(' ').Select(Text).ToArray());
        Assert.That(list.Encoding, Is.EqualTo("quicklist"));
        foreach (var change in changes.Split(", "))
        {
            var words = change.Split(' ');
            var at = int.Parse(words[1]);
            if (words[0] == "set") list.Set(at, Text(words[2]));
            else list.RemoveRange(at, int.Parse(words[2]));
        }
        Assert.That(list.Encoding, Is.EqualTo(encoding));
    }

    private static byte[] Text(string word) => Encoding.ASCII.GetBytes(word == "X" ? new string('x', 5000) : word);

    private static void Change(EitherList list, List<byte[]> model, ref Draws chance, int longest)
    {
        var large = list.Limit.BytesMax + 1;
        var kind = chance.Next(10);
        if (kind < 4 || model.Count == 0)
        {
            var values = new byte[1 + chance.Next(4)][];
            for (var i = 0; i < values.Length; i++) values[i] = chance.Value(longest, large);
            model.AddRange(values);
            list.Append(values);
        }
        else if (kind < 6)
        {
            var value = chance.Value(longest, large);
            model.Insert(0, value);
            list.Prepend(value);
        }
        else if (kind < 9)
        {
            var pivot = model[chance.Next(model.Count)];
            var place = model.FindIndex(e => e.AsSpan().SequenceEqual(pivot));
            var value = chance.Value(longest, large);
            var after = chance.Next(2) == 1;
            list.Insert(place, value, after);
            model.Insert(after ? place + 1 : place, value);
        }
        else
        {
            var place = chance.Next(model.Count);
            var value = chance.Next(40) != 0 ? Encoding.ASCII.GetBytes(chance.Next(100).ToString()) : chance.Large(large);
            // Where setting makes a node outgrow its limit, Redis lets it.
            if (value.Length > model[place].Length && value.Length < 10) value = model[place];
            model[place] = value;
            list.Set(place, value);
        }
    }

    private static string Hash(EitherList list)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var n = 0; n < list.NodeCount; n++)
        {
            hash.AppendData([list.IsPlain(n) ? (byte)1 : (byte)2]);
            hash.AppendData(list.NodeBytes(n));
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

        public byte[] Value(int longest, int large)
        {
            var kind = Next(400);
            if (kind < 100) return Encoding.ASCII.GetBytes((Next(1L << (1 + Next(30))) - 1000).ToString());
            return kind == 399 ? Large(large) : Letters(Next(26), longest);
        }

        public byte[] Large(int large)
        {
            var letter = Next(26);
            return Repeated(letter, large + Next(50));
        }

        private byte[] Letters(int letter, int longest) => Repeated(letter, Next(longest));

        private static byte[] Repeated(int letter, int length)
        {
            var value = new byte[length];
            value.AsSpan().Fill((byte)('a' + letter));
            return value;
        }
    }
}
