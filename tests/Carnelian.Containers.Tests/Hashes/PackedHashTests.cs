using System.Security.Cryptography;

namespace Carnelian.Tests;

public sealed unsafe class PackedHashTests
{
    private const long None = EntryView.NoExpiry;

    /// <summary>What a packed hash must be: fields in order, with the rule for their places in its shortest form.</summary>
    private static void Place(List<(string Name, string Value, long ExpiryMs)> model, string name, string value, long expiryMs)
    {
        var old = model.FindIndex(f => f.Name == name);
        if (old >= 0 && model[old].ExpiryMs == None && expiryMs == None)
        {
            model[old] = (name, value, None);
            return;
        }
        model.RemoveAll(f => f.Name == name);
        var place = expiryMs == None ? -1 : model.FindIndex(f => f.ExpiryMs == None || f.ExpiryMs >= expiryMs);
        model.Insert(place < 0 ? model.Count : place, (name, value, expiryMs));
    }

    private static string Draw(Random random) => random.Next(6) switch
    {
        0 => "",
        1 => random.NextInt64(-1L << random.Next(1, 63), 1L << random.Next(1, 63)).ToString(),
        2 => "0" + random.Next(20),
        3 => new string((char)random.Next(256), random.Next(60, 70)),
        4 => new string((char)random.Next(256), random.Next(10) == 0 ? random.Next(4090, 4100) : random.Next(120, 130)),
        _ => random.Next(-10, 10) + (random.Next(2) == 0 ? "" : "x"),
    };

    [Test]
    public void Random_edits_agree_with_a_list([Range(1, 30)] int seed)
    {
        var random = new Random(seed);
        var rig = new PackedHashRig();
        var model = new List<(string Name, string Value, long ExpiryMs)>();
        for (var i = 0; i < 400; i++)
        {
            var dice = random.Next(100);
            var name = model.Count > 0 && random.Next(3) > 0 ? model[random.Next(model.Count)].Name : Draw(random);
            var expiryMs = seed % 3 == 0 || random.Next(3) == 0 ? None : random.Next(1, 12);
            var place = model.FindIndex(f => f.Name == name);
            if (dice < 40)
            {
                var value = Draw(random);
                rig.Set(name, value, expiryMs);
                Place(model, name, value, expiryMs);
            }
            else if (dice < 55)
            {
                var value = Draw(random);
                rig.SetValue(name, value);
                if (place < 0) model.Add((name, value, None));
                else model[place] = model[place] with { Value = value };
            }
            else if (place >= 0 && dice < 75)
            {
                rig.SetExpiry(name, expiryMs);
                Place(model, name, model[place].Value, expiryMs);
            }
            else if (place >= 0 && dice < 95)
            {
                rig.Delete(name);
                model.RemoveAt(place);
            }
            else if (dice >= 97)
            {
                var nowMs = random.Next(4);
                var due = rig.Hash.CountDue(nowMs);
                Assert.That(due, Is.EqualTo(model.Count(f => f.ExpiryMs != None && f.ExpiryMs < nowMs)));
                rig.DeleteFirst(due);
                model.RemoveRange(0, due);
            }
            Verify(rig, model, random);
        }
        Assert.That(rig.Expires, Is.EqualTo(seed % 3 != 0));
    }

    private static void Verify(PackedHashRig rig, List<(string Name, string Value, long ExpiryMs)> model, Random random)
    {
        var hash = rig.Hash;
        if (!rig.Fields().SequenceEqual(model)) Assert.Fail($"{string.Join(' ', rig.Fields())}\nis not\n{string.Join(' ', model)}");
        Assert.That(hash.Count, Is.EqualTo(model.Count));
        Assert.That(hash.NextDueMs, Is.EqualTo(model.Where(f => f.ExpiryMs != None).Select(f => f.ExpiryMs).Append(long.MaxValue).Min()));
        Assert.That(rig.Has("no such field"), Is.False);
        if (model.Count == 0) return;
        var n = random.Next(model.Count);
        Assert.That(PackedHashRig.Text(hash.At(n).Name), Is.EqualTo(model[n].Name));
        var found = hash.Find(PackedHashRig.BytesOf(model[n].Name));
        Assert.That((PackedHashRig.Text(found.Value), found.ExpiryMs), Is.EqualTo((model[n].Value, model[n].ExpiryMs)));
    }

    [Test]
    public void Names_that_look_like_one_integer_are_told_apart()
    {
        string[] names = ["12", "012", "12 ", "+12", "-12", "1", "", "0", "-0", "00", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "x"];
        var rig = new PackedHashRig();
        foreach (var name in names)
        {
            Assert.That(rig.Has(name), Is.False, name);
            rig.Set(name, "=" + name, None);
        }
        foreach (var name in names) Assert.That(PackedHashRig.Text(rig.Hash.Find(PackedHashRig.BytesOf(name)).Value), Is.EqualTo("=" + name));
    }

    /// <summary>Files of others may hold an integer in more bytes than it needs, or as text.</summary>
    [TestCase("8231320302", TestName = "Integer_that_is_kept_as_text_is_found")]
    [TestCase("f10c000402", TestName = "Integer_in_more_bytes_than_needed_is_found")]
    public void Integer_is_found(string name)
    {
        var elements = Convert.FromHexString(name[..^2] + "0901");
        byte[] bytes = [2, 0, .. elements];
        Assert.That(new PackedHash(bytes, false).Find("12"u8).Value.Integer, Is.EqualTo(9));
    }

    [Test]
    public void Bytes_are_those_of_Redis()
    {
        var rig = new PackedHashRig();
        var steps = 0;
        foreach (var line in File.ReadLines(SourceTree.PathOf("tests", "Carnelian.Containers.Tests", "Hashes", "packed-hashes.txt")))
        {
            if (line.StartsWith('#')) continue;
            if (line.Length == 0)
            {
                rig = new();
                continue;
            }
            var parts = line.Split(" = ");
            Run(rig, parts[0].Split(' ').Select(Unfold).ToArray());
            var list = new PackedList(rig.Bytes);
            var written = new byte[list.ListPackLength];
            list.WriteListPack(written);
            var bytes = written.Length <= 100 ? Convert.ToHexStringLower(written) : "sha256 " + Convert.ToHexStringLower(SHA256.HashData(written));
            Assert.That((rig.Expires ? "ex " : "") + bytes, Is.EqualTo(parts[1]), parts[0]);
            steps++;
        }
        Assert.That(steps, Is.GreaterThan(140));
    }

    private static string Unfold(string word) => word.Length > 2 && word[1] == '*' ? new(word[0], int.Parse(word[2..])) : word;

    private static void Run(PackedHashRig rig, string[] words)
    {
        const long EpochMs = 1_900_000_000_000;
        switch (words[0])
        {
            case "set": rig.Set(words[1], words[2], None); break;
            case "keep": rig.SetValue(words[1], words[2]); break;
            case "setex": rig.Set(words[1], words[2], EpochMs + long.Parse(words[3])); break;
            case "expire": rig.SetExpiry(words[1], EpochMs + long.Parse(words[2])); break;
            case "persist": rig.SetExpiry(words[1], None); break;
            case "del": rig.Delete(words[1]); break;
            default: throw new ArgumentException(words[0]);
        }
    }

    [Test]
    public void Table_takes_all_fields([Values] bool expires, [Values(0, 1, 100)] int count)
    {
        var rig = new PackedHashRig();
        for (var i = 0; i < count; i++) rig.Set(i % 2 == 0 ? $"{i}" : $"f{i}", new string('v', i), expires && i % 3 == 0 ? 1000 + i : None);
        using var allocator = new BlockAllocator(new() { Checked = true, RangeBytesMax = 1 << 30 });
        var host = new TableHost(allocator, new(1, 2));
        var table = new FieldTable(FieldTable.Create(host), host);
        table.AddPacked(rig.Hash);
        Assert.That(table.Count, Is.EqualTo(count));
        Assert.That(table.NextDueMs, Is.EqualTo(rig.Hash.NextDueMs));
        foreach (var (name, value, expiryMs) in rig.Fields())
        {
            var field = table.Find(PackedHashRig.BytesOf(name), table.Hash(PackedHashRig.BytesOf(name))).View;
            Assert.That(field.Value.SequenceEqual(PackedHashRig.BytesOf(value)) && field.ExpiryMs == expiryMs);
        }
        while (!table.FreeSome())
        {
        }
    }

    [Test]
    public void Finding_the_last_of_100_fields()
    {
        Skip.UnlessMeasuring();
        var rig = new PackedHashRig();
        for (var i = 0; i < 100; i++) rig.Set($"field:{i}", "value:12345", None);
        var name = "field:99"u8.ToArray();
        for (var round = 0; round < 5; round++)
        {
            var began = System.Diagnostics.Stopwatch.GetTimestamp();
            for (var i = 0; i < 1_000_000; i++)
            {
                if (!rig.Hash.Find(name).Exists) Assert.Fail();
            }
            TestContext.Out.WriteLine($"{System.Diagnostics.Stopwatch.GetElapsedTime(began).TotalNanoseconds / 1e6:F0} ns");
        }
    }
}
