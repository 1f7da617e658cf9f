using System.Text;

namespace Carnelian.Tests;

public sealed class ZipListTests
{
    private static string[]? Read(byte[] list)
    {
        var elements = new List<string>();
        var reader = new ZipListReader(list);
        while (reader.Next()) elements.Add(reader.IsInteger ? $"{reader.Integer}" : Encoding.Latin1.GetString(reader.Text));
        return reader.IsDamaged ? null : [.. elements];
    }

    [Test]
    public void Every_form_of_an_element_is_read()
    {
        string[] elements =
        [
            "0", "12", "13", "-1", "127", "128", "-32768", "32768", "-8388608", "8388608", "-2147483648", "2147483648", "-9223372036854775808", "", "a", new('b', 63),
            new('c', 64), new('d', 16383), new('e', 16384), "x", "7",
        ];
        Assert.That(Read(OldPacked.ZipList(elements)), Is.EqualTo(elements));
        Assert.That(Read(OldPacked.ZipList([])), Is.Empty);
    }

    [Test]
    public void Pairs_of_a_zipmap_are_read()
    {
        (string, string)[] pairs = [("a", "1"), ("", ""), (new('n', 300), new('v', 253)), ("b", new('w', 254))];
        var reader = new ZipMapReader(OldPacked.ZipMap(pairs));
        foreach (var (name, value) in pairs)
        {
            Assert.That(reader.Next());
            Assert.That((Encoding.Latin1.GetString(reader.Name), Encoding.Latin1.GetString(reader.Value)), Is.EqualTo((name, value)));
        }
        Assert.That(reader.Next() || reader.IsDamaged, Is.False);
    }

    /// <summary>Whatever the bytes are, reading ends, and stays within them: the runtime would throw.</summary>
    [Test]
    public void Damaged_ones_are_refused_or_read_within_their_bounds([Range(1, 20)] int seed)
    {
        var random = new Random(seed);
        var refused = 0;
        for (var round = 0; round < 500; round++)
        {
            var list = OldPacked.ZipList(["a", "12", new('x', random.Next(300)), "70000", "b"]);
            var map = OldPacked.ZipMap([("a", "b"), ("c", new('x', random.Next(300)))]);
            Mutation.Apply(ref list, random);
            Mutation.Apply(ref map, random);
            if (Read(list) is null) refused++;
            var reader = new ZipMapReader(map);
            while (reader.Next()) { }
            if (reader.IsDamaged) refused++;
        }
        Assert.That(refused, Is.GreaterThan(500));
    }
}
