namespace Carnelian.Tests;

internal sealed class SetAlgebraTests(RespVersion version) : CommandFixture(version)
{
    private string SetOf(params string[] members) => IsResp3 ? $"~[{string.Join(", ", members)}]" : $"[{string.Join(", ", members)}]";

    private string[] Items(params string[] arguments) => [.. Server.Client.RunValue(arguments).Items.Select(item => item.Text!)];

    private string Encoding(string key) => Run($"OBJECT ENCODING {key}").Trim('"');

    [Test]
    public void What_is_common_comes_in_the_order_of_the_smallest_set()
    {
        Run("SADD large e d c b a");
        Run("SADD small a x c");
        Assert.That(Run("SINTER large small"), Is.EqualTo(SetOf("\"a\"", "\"c\"")));
        Assert.That(Run("SINTER small"), Is.EqualTo(SetOf("\"a\"", "\"x\"", "\"c\"")));
        Assert.That(Run("SINTER small missing"), Is.EqualTo(SetOf()));
    }

    [Test]
    public void Of_sets_of_one_size_the_first_one_gives_the_order()
    {
        Run("SADD a 3x 2x 1x");
        Run("SADD b 1x 2x 3x");
        Assert.That(Run("SINTER a b"), Is.EqualTo(SetOf("\"3x\"", "\"2x\"", "\"1x\"")));
        Assert.That(Run("SINTER b a"), Is.EqualTo(SetOf("\"1x\"", "\"2x\"", "\"3x\"")));
    }

    [Test]
    public void Sintercard_stops_at_its_limit()
    {
        Run("SADD a 1 2 3 4");
        Run("SADD b 2 3 4 5");
        Assert.That(Run("SINTERCARD 2 a b"), Is.EqualTo(":3"));
        Assert.That(Run("SINTERCARD 2 a b LIMIT 2"), Is.EqualTo(":2"));
        Assert.That(Run("SINTERCARD 2 a b limit 2 LIMIT 0"), Is.EqualTo(":3"));
        Assert.That(Run("SINTERCARD 2 a missing"), Is.EqualTo(":0"));
    }

    [Test]
    public void A_union_or_difference_of_integers_is_ascending()
    {
        Run("SADD a 5 1 70000");
        Run("SADD b 3 1 -9");
        Assert.That(Run("SUNION a b missing"), Is.EqualTo(SetOf("\"-9\"", "\"1\"", "\"3\"", "\"5\"", "\"70000\"")));
        Assert.That(Run("SDIFF a b"), Is.EqualTo(SetOf("\"5\"", "\"70000\"")));
        Assert.That(Run("SDIFF a b a"), Is.EqualTo(SetOf()));
        Assert.That(Run("SDIFF missing a"), Is.EqualTo(SetOf()));
    }

    [Test]
    public void The_destination_may_be_one_of_the_sets()
    {
        Run("SADD a 1 2 x");
        Run("SADD b 2 3");
        Assert.That(Run("SUNIONSTORE a a b"), Is.EqualTo(":4"));
        Assert.That(Items("SMEMBERS", "a"), Is.EquivalentTo(new[] { "1", "2", "x", "3" }));
        Assert.That(Run("SDIFFSTORE b a b"), Is.EqualTo(":2"));
        Assert.That(Items("SMEMBERS", "b"), Is.EquivalentTo(new[] { "1", "x" }));
        Assert.That(Run("SINTERSTORE b b a"), Is.EqualTo(":2"));
        Assert.That(Run("SDIFFSTORE b b b"), Is.EqualTo(":0"));
        Assert.That(Run("EXISTS b"), Is.EqualTo(":0"));
    }

    [Test]
    public void A_result_takes_the_place_of_whatever_the_key_was_and_an_empty_one_deletes_it()
    {
        Run("SADD s a b");
        Run("SET to v EX 100");
        Assert.That(Run("SINTERSTORE to s s"), Is.EqualTo(":2"));
        Assert.That(Run("TTL to"), Is.EqualTo(":-1"));
        Run("HSET to2 f v");
        Assert.That(Run("SINTERSTORE to2 s missing"), Is.EqualTo(":0"));
        Assert.That(Run("EXISTS to2"), Is.EqualTo(":0"));
    }

    [TestCase("SINTERSTORE", "intset"), TestCase("SUNIONSTORE", "listpack"), TestCase("SDIFFSTORE", "listpack")]
    public void What_is_stored_is_as_small_as_redis_makes_it(string command, string encoding)
    {
        Run("SADD a x 1 2 3");
        Run("SADD b 1 2 3 4");
        Run($"{command} to a b");
        Assert.That(Encoding("to"), Is.EqualTo(encoding));
        Run(["SADD", "many", .. Enumerable.Range(0, 600).Select(n => $"{n}")]);
        Run("SINTERSTORE few many b");
        Assert.That(Encoding("few"), Is.EqualTo("intset"));
        Run("SUNIONSTORE large many b");
        Assert.That(Encoding("large"), Is.EqualTo("hashtable"));
    }

    [Test]
    public void A_difference_of_many_small_sets_from_a_large_one_is_the_same_by_removal([Values("SDIFF", "SDIFFSTORE")] string command)
    {
        var large = Enumerable.Range(0, 2000).Select(n => $"m{n}").ToArray();
        Run(["SADD", "large", .. large]);
        var keys = Enumerable.Range(0, 8).Select(n => $"small{n}").ToArray();
        for (var i = 0; i < keys.Length; i++) Run("SADD", keys[i], $"m{i}", $"m{i * 100}", "elsewhere", $"{i}");
        var gone = keys.SelectMany(key => Items("SMEMBERS", key));
        if (command == "SDIFFSTORE") Run(["SDIFFSTORE", "to", "large", .. keys]);
        Assert.That(command == "SDIFF" ? Items(["SDIFF", "large", .. keys]) : Items("SMEMBERS", "to"), Is.EquivalentTo(large.Except(gone)));
    }

    [Test]
    public void Tables_are_combined_as_plain_sets_are()
    {
        var chance = new Random(1);
        var sets = new List<HashSet<string>>();
        for (var i = 0; i < 4; i++)
        {
            var members = Enumerable.Range(0, 4000 + i * 500).Select(_ => $"member {chance.Next(8000)}").ToArray();
            Run(["SADD", $"s{i}", .. members]);
            sets.Add([.. members]);
        }
        var common = sets.Skip(1).Aggregate<IEnumerable<string>, IEnumerable<string>>(sets[0], (one, other) => one.Intersect(other)).ToArray();
        Assert.That(Items("SINTER", "s0", "s1", "s2", "s3"), Is.EquivalentTo(common));
        Assert.That(Run("SINTERCARD 4 s3 s2 s1 s0"), Is.EqualTo($":{common.Length}"));
        Assert.That(Items("SUNION", "s0", "s1", "s2", "s3"), Is.EquivalentTo(sets.SelectMany(set => set).Distinct()));
        Assert.That(Items("SDIFF", "s0", "s1", "s2"), Is.EquivalentTo(sets[0].Except(sets[1]).Except(sets[2])));
    }

    [Test]
    public void A_union_has_each_member_once_of_whatever_sets_it_is_made([Range(1, 12)] int seed)
    {
        var chance = new Random(seed);
        var all = new HashSet<string>();
        var keys = Enumerable.Range(0, chance.Next(1, 9)).Select(n => $"s{n}").ToArray();
        foreach (var key in keys)
        {
            // Integers, packed ones, tables, or nothing; a table may be smaller than a set of integers.
            string[] members = chance.Next(5) switch
            {
                0 => [.. Enumerable.Range(0, chance.Next(1, 500)).Select(_ => $"{chance.Next(1000)}")],
                1 => [.. Enumerable.Range(0, chance.Next(1, 20)).Select(_ => $"{chance.Next(1000)}"), "packed"],
                2 => [],
                _ => [.. Enumerable.Range(0, chance.Next(1, 900)).Select(_ => $"{chance.Next(1000)}"), new string('t', 100)],
            };
            if (members.Length > 0) Run(["SADD", key, .. members]);
            all.UnionWith(members);
        }
        Assert.That(Items(["SUNION", .. keys, keys[0]]), Is.EquivalentTo(all));
    }
}
