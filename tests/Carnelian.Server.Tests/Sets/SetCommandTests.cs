namespace Carnelian.Tests;

internal sealed class SetCommandTests(RespVersion version) : CommandFixture(version)
{
    /// <summary>How the version writes a set.</summary>
    private string SetOf(params string[] members) => IsResp3 ? $"~[{string.Join(", ", members)}]" : $"[{string.Join(", ", members)}]";

    private string[] Items(params string[] arguments) => [.. Server.Client.RunValue(arguments).Items.Select(item => item.Text!)];

    [Test]
    public void Sadd_counts_the_members_that_are_new()
    {
        Assert.That(Run("SADD s b a b"), Is.EqualTo(":2"));
        Assert.That(Run("SADD s a 7"), Is.EqualTo(":1"));
        Assert.That(Run("SCARD s"), Is.EqualTo(":3"));
        Assert.That(Run("SMEMBERS s"), Is.EqualTo(SetOf("\"b\"", "\"a\"", "\"7\"")));
        Assert.That(Run("SMISMEMBER s a x 7"), Is.EqualTo("[:1, :0, :1]"));
    }

    [Test]
    public void Integers_are_answered_ascending()
    {
        Run("SADD s 10 -5 3000000000 7");
        Assert.That(Run("SMEMBERS s"), Is.EqualTo(SetOf("\"-5\"", "\"7\"", "\"10\"", "\"3000000000\"")));
        Assert.That(Run("SISMEMBER s 07"), Is.EqualTo(":0"));
        Assert.That(Run("SREM s 10 99"), Is.EqualTo(":1"));
    }

    [Test]
    public void The_last_member_takes_the_key_with_it([Values("SREM s a b", "SPOP s 2", "SPOP s 9", "SMOVE s t a|SMOVE s t b", "SPOP s|SPOP s")] string requests)
    {
        Run("SADD s a b");
        foreach (var request in requests.Split('|')) Run(request);
        Assert.That(Run("EXISTS s"), Is.EqualTo(":0"));
    }

    [Test]
    public void Smove_to_the_same_set_tells_whether_it_has_the_member()
    {
        Run("SADD s a b");
        Assert.That(Run("SMOVE s s a"), Is.EqualTo(":1"));
        Assert.That(Run("SMOVE s s x"), Is.EqualTo(":0"));
        Assert.That(Run("SCARD s"), Is.EqualTo(":2"));
    }

    [Test]
    public void Smove_looks_at_the_destinations_type_only_if_there_is_a_source()
    {
        Run("SET string v");
        Assert.That(Run("SMOVE missing string a"), Is.EqualTo(":0"));
        Run("SADD s a");
        Assert.That(Run("SMOVE s string x"), Does.StartWith("-WRONGTYPE"));
        Assert.That(Run("SMOVE string s x"), Does.StartWith("-WRONGTYPE"));
    }

    [TestCase("1", 0), TestCase("a", 0), TestCase("a", 70)]
    public void Spop_takes_different_members_of_every_form(string first, int longBytes)
    {
        var members = Enumerable.Range(1, 40).Select(n => $"{n}").Append(longBytes > 0 ? new string('x', longBytes) : first).Distinct().ToArray();
        for (var count = 1; count <= members.Length; count += 3)
        {
            Run(["SADD", "s", .. members]);
            var taken = Items("SPOP", "s", $"{count}");
            Assert.That(taken, Is.Unique.And.SubsetOf(members).And.Length.EqualTo(count));
            Assert.That(Items("SMEMBERS", "s"), Is.EquivalentTo(members.Except(taken)));
        }
    }

    [Test]
    public void What_a_large_spop_leaves_of_a_table_is_packed_anew_and_keeps_its_expiry()
    {
        Run(["SADD", "s", .. Enumerable.Range(0, 1000).Select(n => $"{n}")]);
        Run("EXPIRE s 100");
        Assert.That(Items("SPOP", "s", "800"), Has.Length.EqualTo(800));
        Assert.That(Run("OBJECT ENCODING s"), Is.EqualTo("\"hashtable\""));
        Assert.That(Items("SPOP", "s", "190"), Has.Length.EqualTo(190));
        Assert.That(Run("OBJECT ENCODING s"), Is.EqualTo("\"listpack\""));
        Assert.That(Run("SCARD s"), Is.EqualTo(":10"));
        Assert.That(Run("TTL s"), Is.EqualTo(":100"));
    }

    [Test]
    public void Srandmember_draws_different_members_or_any([Values("1", "a")] string fifth, [Values(false, true)] bool isTable)
    {
        if (isTable) Run("CONFIG SET set-max-listpack-entries 1 set-max-intset-entries 1");
        Run("SADD", "s", "10", "20", "30", "40", fifth);
        var members = new[] { "10", "20", "30", "40", fifth };
        for (var count = 1; count <= 7; count++)
        {
            var drawn = Items("SRANDMEMBER", "s", $"{count}");
            Assert.That(drawn, Is.Unique.And.SubsetOf(members).And.Length.EqualTo(Math.Min(count, 5)));
        }
        var seen = new HashSet<string>();
        for (var i = 0; i < 60; i++) seen.UnionWith(Items("SRANDMEMBER", "s", "-3"));
        Assert.That(seen, Is.EquivalentTo(members));
    }

    [Test]
    public void Members_are_drawn_alike([Values("intset", "listpack", "hashtable")] string encoding)
    {
        const int Members = 60, Draws = 12_000;
        var members = Enumerable.Range(1, Members).Select(n => encoding == "intset" ? $"{n}" : $"m{n}").ToArray();
        if (encoding == "hashtable") Run("CONFIG SET set-max-listpack-entries 10");
        Run(["SADD", "s", .. members]);
        Assert.That(Run("OBJECT ENCODING s"), Is.EqualTo($"\"{encoding}\""));
        var drawn = Items("SRANDMEMBER", "s", $"-{Draws}").CountBy(member => member).ToDictionary();
        var fair = (double)Draws / Members;
        var deviation = members.Sum(member => Math.Pow(drawn.GetValueOrDefault(member) - fair, 2) / fair);
        TestContext.Out.WriteLine($"chi square {deviation}");
        // Beyond 110 is one in 10,000 of fair draws; a table's crowded buckets are a little at a disadvantage.
        Assert.That(deviation, Is.LessThan(encoding == "hashtable" ? 300 : 110));
    }

    [TestCase("SPOP s -1", "-ERR value is out of range, must be positive"), TestCase("SPOP s x", "-ERR value is out of range, must be positive")]
    [TestCase("SPOP s 1 2", "-ERR syntax error"), TestCase("SRANDMEMBER s 1 2", "-ERR syntax error")]
    [TestCase("SRANDMEMBER s x", "-ERR value is not an integer or out of range")]
    [TestCase("SRANDMEMBER s -9223372036854775808", "-ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807")]
    [TestCase("SINTERCARD 0 s", "-ERR numkeys should be greater than 0"), TestCase("SINTERCARD 2 s", "-ERR Number of keys can't be greater than number of args")]
    [TestCase("SINTERCARD 1 s LIMIT -1", "-ERR LIMIT can't be negative"), TestCase("SINTERCARD 1 s LIMIT", "-ERR syntax error")]
    [TestCase("SSCAN s 0 NOVALUES", "-ERR NOVALUES option can only be used in HSCAN"), TestCase("SSCAN s 0 TYPE set", "-ERR syntax error")]
    public void Bad_arguments_are_refused(string request, string error)
    {
        Run("SADD s a");
        Assert.That(Run(request), Is.EqualTo(error));
    }

    [TestCase("SADD k a"), TestCase("SREM k a"), TestCase("SISMEMBER k a"), TestCase("SMISMEMBER k a"), TestCase("SCARD k"), TestCase("SMEMBERS k")]
    [TestCase("SPOP k"), TestCase("SPOP k 0"), TestCase("SRANDMEMBER k"), TestCase("SRANDMEMBER k 0"), TestCase("SSCAN k 0"), TestCase("SINTERCARD 2 missing k")]
    [TestCase("SINTER missing k"), TestCase("SUNION s k"), TestCase("SDIFF missing k"), TestCase("SINTERSTORE to missing k"), TestCase("SUNIONSTORE to s k"), TestCase("SDIFFSTORE to s k")]
    public void Another_type_is_refused_wherever_it_stands(string request)
    {
        Run("SET k v");
        Run("SADD s a");
        Assert.That(Run(request), Is.EqualTo("-WRONGTYPE Operation against a key holding the wrong kind of value"));
        Assert.That(Run("EXISTS to"), Is.EqualTo(":0"));
    }

    [Test]
    public void A_missing_key_is_an_empty_set()
    {
        Assert.That(Run("SMEMBERS k"), Is.EqualTo(SetOf()));
        Assert.That(Run("SPOP k"), Is.EqualTo("nil"));
        Assert.That(Run("SPOP k 3"), Is.EqualTo(SetOf()));
        Assert.That(Run("SRANDMEMBER k"), Is.EqualTo("nil"));
        Assert.That(Run("SRANDMEMBER k 3"), Is.EqualTo("[]"));
        Assert.That(Run("SMISMEMBER k a b"), Is.EqualTo("[:0, :0]"));
        Assert.That(Run("SSCAN k 5 nonsense"), Is.EqualTo("[\"0\", []]"));
    }

    [Test]
    public void A_large_set_is_walked_whole_by_smembers_and_sscan()
    {
        const int Members = 5000;
        for (var i = 0; i < Members; i += 100) Run(["SADD", "s", .. Enumerable.Range(i, 100).Select(n => $"member {n}")]);
        Assert.That(Items("SMEMBERS", "s"), Is.Unique.And.Length.EqualTo(Members));
        var members = new HashSet<string>();
        var cursor = "0";
        do
        {
            var page = Server.Client.RunValue(["SSCAN", "s", cursor, "COUNT", "100", "MATCH", "*7"]).Items;
            cursor = page[0].Text!;
            foreach (var member in page[1].Items) members.Add(member.Text!);
        }
        while (cursor != "0");
        Assert.That(members, Has.Count.EqualTo(Members / 10));
    }

    [Test]
    public void Many_members_are_looked_up_and_removed_as_one_is([Values(20, 100, 5000)] int count)
    {
        var members = Enumerable.Range(0, count).Select(n => $"m{n}").ToArray();
        Run(["SADD", "s", .. members]);
        string[] asked = [.. Enumerable.Range(0, 101).Select(n => $"m{n * 3}")];
        Assert.That(Run(["SMISMEMBER", "s", .. asked]), Is.EqualTo($"[{string.Join(", ", asked.Select(member => members.Contains(member) ? ":1" : ":0"))}]"));
        var there = asked.Count(members.Contains);
        Assert.That(Run(["SREM", "s", .. asked, asked[0]]), Is.EqualTo($":{there}"));
        Assert.That(Run("SCARD s"), Is.EqualTo($":{count - there}"));
        Assert.That(Run(["SREM", "s", .. members]), Is.EqualTo($":{count - there}"));
        Assert.That(Run("EXISTS s"), Is.EqualTo(":0"));
    }
}
