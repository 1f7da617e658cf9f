namespace Carnelian.Tests;

/// <summary>Members and their scores, each test on a packed set and on a table.</summary>
internal sealed class SortedSetCommandTests(RespVersion version) : CommandFixture(version)
{
    /// <summary>How the version writes a score.</summary>
    private string Score(string text) => IsResp3 ? $",{text}" : $"\"{text}\"";

    /// <summary>How the version writes members with scores.</summary>
    private string Pairs(params string[] membersAndScores)
    {
        var pairs = membersAndScores.Chunk(2).Select(pair => $"\"{pair[0]}\", {Score(pair[1])}");
        return $"[{string.Join(", ", IsResp3 ? pairs.Select(pair => $"[{pair}]") : pairs)}]";
    }

    private const string Null = "nil";

    private void Limit(bool isTable) => Run($"CONFIG SET zset-max-listpack-entries {(isTable ? 0 : 128)}");

    [Test]
    public void Zadd_counts_new_members_and_with_ch_changed_ones_too([Values] bool isTable)
    {
        Limit(isTable);
        Assert.That(Run("ZADD z 1 a 2 b 2.5 c"), Is.EqualTo(":3"));
        Assert.That(Run("ZADD z 5 a 2 b 1 d"), Is.EqualTo(":1"));
        Assert.That(Run("ZADD z CH 6 a 2 b 1 e"), Is.EqualTo(":2"));
        Assert.That(Run("ZRANGE z 0 -1 WITHSCORES"), Is.EqualTo(Pairs("d", "1", "e", "1", "b", "2", "c", "2.5", "a", "6")));
        Assert.That(Run("OBJECT ENCODING z"), Is.EqualTo(isTable ? "\"skiplist\"" : "\"listpack\""));
    }

    [TestCase("NX 9 a", "5"), TestCase("XX 9 a", "9"), TestCase("GT 9 a", "9"), TestCase("GT 1 a", "5"), TestCase("LT 9 a", "5"), TestCase("LT 1 a", "1"), TestCase("XX GT 9 a", "9")]
    public void Zadd_sets_a_score_on_conditions(string options, string expected)
    {
        Run("ZADD z 5 a");
        Run($"ZADD z {options}");
        Assert.That(Run("ZSCORE z a"), Is.EqualTo(Score(expected)));
    }

    [Test]
    public void Zadd_with_incr_answers_the_score_or_null()
    {
        Assert.That(Run("ZADD z INCR 5 a"), Is.EqualTo(Score("5")));
        Assert.That(Run("ZADD z GT INCR -1 a"), Is.EqualTo(Null));
        Assert.That(Run("ZADD z NX INCR 1 a"), Is.EqualTo(Null));
        Assert.That(Run("ZADD missing XX INCR 1 a"), Is.EqualTo(Null));
        Assert.That(Run("EXISTS missing"), Is.EqualTo(":0"));
        Assert.That(Run("ZINCRBY z 0.5 a"), Is.EqualTo(Score("5.5")));
        Assert.That(Run("ZINCRBY z 2 b"), Is.EqualTo(Score("2")));
    }

    [TestCase("ZADD z 1", "-ERR wrong number of arguments for 'zadd' command"), TestCase("ZADD z NX 1", "-ERR syntax error"), TestCase("ZADD z 1 a 2", "-ERR syntax error")]
    [TestCase("ZADD z x a", "-ERR value is not a valid float"), TestCase("ZADD z nan a", "-ERR value is not a valid float"), TestCase("ZADD z 1e400 a", "-ERR value is not a valid float")]
    [TestCase("ZADD z 1 a x b", "-ERR value is not a valid float"), TestCase("ZADD z INCR 1 a 2 b", "-ERR INCR option supports a single increment-element pair")]
    [TestCase("ZADD z NX XX 1 a", "-ERR XX and NX options at the same time are not compatible")]
    [TestCase("ZADD z GT NX 1 a", "-ERR GT, LT, and/or NX options at the same time are not compatible"), TestCase("ZADD z GT LT 1 a", "-ERR GT, LT, and/or NX options at the same time are not compatible")]
    public void Zadd_refuses_what_is_wrong_and_adds_nothing(string request, string error)
    {
        Assert.That(Run(request), Is.EqualTo(error));
        Assert.That(Run("EXISTS z"), Is.EqualTo(":0"));
    }

    [Test]
    public void A_sum_that_is_no_number_is_an_error([Values] bool isTable)
    {
        Limit(isTable);
        Run("ZADD z inf a");
        Assert.That(Run("ZINCRBY z -inf a"), Is.EqualTo("-ERR resulting score is not a number (NaN)"));
        Assert.That(Run("ZSCORE z a"), Is.EqualTo(Score("inf")));
    }

    [TestCase("0x10", "16"), TestCase("+5", "5"), TestCase(".5", "0.5"), TestCase("-inf", "-inf"), TestCase("1e5", "100000"), TestCase("-0", "0"), TestCase("1e300", "1e+300")]
    [TestCase("3.0", "3"), TestCase("100000000000000000", "100000000000000000")]
    public void A_score_is_read_as_C_reads_it_and_written_as_Redis_writes_it(string score, string expected)
    {
        Run($"ZADD z {score} a");
        Assert.That(Run("ZSCORE z a"), Is.EqualTo(Score(expected)));
    }

    [Test]
    public void Ranks_are_counted_from_either_end([Values] bool isTable)
    {
        Limit(isTable);
        Run("ZADD z 1 a 2 b 2 c");
        Assert.That(Run("ZRANK z b"), Is.EqualTo(":1"));
        Assert.That(Run("ZREVRANK z b"), Is.EqualTo(":1"));
        Assert.That(Run("ZREVRANK z a WITHSCORE"), Is.EqualTo($"[:2, {Score("1")}]"));
        Assert.That(Run("ZRANK z x"), Is.EqualTo(Null));
        Assert.That(Run("ZRANK z x WITHSCORE"), Is.EqualTo(Null));
        Assert.That(Run("ZMSCORE z a x c"), Is.EqualTo($"[{Score("1")}, {Null}, {Score("2")}]"));
    }

    [TestCase("ZRANGE z 1 2", "b c"), TestCase("ZRANGE z -2 -1", "d e"), TestCase("ZRANGE z 0 1 REV", "e d"), TestCase("ZREVRANGE z 3 9", "b a"), TestCase("ZRANGE z 3 1", "")]
    [TestCase("ZRANGE z 2 4 BYSCORE", "b c d"), TestCase("ZRANGE z (2 +inf BYSCORE LIMIT 1 1", "d"), TestCase("ZRANGE z 4 (2 BYSCORE REV", "d c"), TestCase("ZRANGEBYSCORE z -inf 2", "a b")]
    [TestCase("ZREVRANGEBYSCORE z +inf -inf LIMIT 1 2", "d c"), TestCase("ZRANGEBYSCORE z 4 2", ""), TestCase("ZRANGEBYSCORE z (2 (2", ""), TestCase("ZRANGEBYSCORE z 1 5 LIMIT 2 -1", "c d e")]
    public void Ranges_answer_what_is_in_them(string request, string expected)
    {
        foreach (var isTable in new[] { false, true })
        {
            Limit(isTable);
            Run("DEL z");
            Run("ZADD z 1 a 2 b 3 c 4 d 5 e");
            Assert.That(Run(request), Is.EqualTo($"[{string.Join(", ", expected.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(member => $"\"{member}\""))}]"));
        }
    }

    [TestCase("ZRANGEBYLEX z - +", "a b c d"), TestCase("ZRANGEBYLEX z [b (d", "b c"), TestCase("ZREVRANGEBYLEX z + (b", "d c"), TestCase("ZRANGE z [b + BYLEX LIMIT 1 1", "c"), TestCase("ZRANGEBYLEX z + -", "")]
    public void Ranges_of_members_go_by_their_bytes(string request, string expected)
    {
        foreach (var isTable in new[] { false, true })
        {
            Limit(isTable);
            Run("DEL z");
            Run("ZADD z 0 a 0 b 0 c 0 d");
            Assert.That(Run(request), Is.EqualTo($"[{string.Join(", ", expected.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(member => $"\"{member}\""))}]"));
        }
    }

    [TestCase("ZRANGE z 0 1 LIMIT 0 1", "-ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX")]
    [TestCase("ZRANGE z - + BYLEX WITHSCORES", "-ERR syntax error, WITHSCORES not supported in combination with BYLEX"), TestCase("ZRANGE z 0 1 BYLEX BYSCORE", "-ERR syntax error")]
    [TestCase("ZRANGE z x 1", "-ERR value is not an integer or out of range"), TestCase("ZRANGEBYSCORE z x 1", "-ERR min or max is not a float"), TestCase("ZCOUNT z 1 nan", "-ERR min or max is not a float")]
    [TestCase("ZRANGEBYLEX z a b", "-ERR min or max not valid string range item"), TestCase("ZRANGEBYSCORE z 0 1 REV", "-ERR syntax error"), TestCase("ZRANGESTORE d z 0 1 WITHSCORES", "-ERR syntax error")]
    public void A_wrong_range_is_an_error(string request, string error) => Assert.That(Run(request), Is.EqualTo(error));

    [TestCase("ZREM z a b x", 2, "c d"), TestCase("ZREMRANGEBYRANK z 1 -2", 2, "a d"), TestCase("ZREMRANGEBYSCORE z (1 3", 2, "a d"), TestCase("ZREMRANGEBYLEX z - (c", 2, "c d"), TestCase("ZREMRANGEBYRANK z 0 -1", 4, "")]
    public void What_is_removed_is_gone_and_an_empty_set_with_it(string request, int removed, string left)
    {
        foreach (var isTable in new[] { false, true })
        {
            Limit(isTable);
            Run("DEL z");
            Run("ZADD z 1 a 2 b 3 c 4 d");
            Assert.That(Run(request), Is.EqualTo($":{removed}"));
            Assert.That(Run("ZRANGE z 0 -1"), Is.EqualTo($"[{string.Join(", ", left.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(member => $"\"{member}\""))}]"));
            Assert.That(Run("EXISTS z"), Is.EqualTo(left.Length > 0 ? ":1" : ":0"));
        }
    }

    [Test]
    public void Pops_take_from_the_ends([Values] bool isTable)
    {
        Limit(isTable);
        Run("ZADD z 1 a 2 b 3 c 4 d 5 e");
        Assert.That(Run("ZPOPMIN z"), Is.EqualTo($"[\"a\", {Score("1")}]"));
        Assert.That(Run("ZPOPMAX z 2"), Is.EqualTo(Pairs("e", "5", "d", "4")));
        Assert.That(Run("ZMPOP 2 missing z MIN COUNT 1"), Is.EqualTo($"[\"z\", [[\"b\", {Score("2")}]]]"));
        Assert.That(Run("BZPOPMAX missing z 0"), Is.EqualTo($"[\"z\", \"c\", {Score("3")}]"));
        Assert.That(Run("EXISTS z"), Is.EqualTo(":0"));
        Assert.That(Run("ZPOPMIN z 3"), Is.EqualTo("[]"));
        Assert.That(Run("ZMPOP 1 z MAX"), Is.EqualTo(Null));
        Assert.That(Run("ZPOPMIN z -1"), Is.EqualTo("-ERR value is out of range, must be positive"));
    }

    [Test]
    public void Union_intersection_and_difference_join_scores([Values] bool isTable)
    {
        Limit(isTable);
        Run("ZADD one 1 a 2 b 3 c");
        Run("ZADD two 10 b 20 c 30 d");
        Run("SADD set b x");
        Assert.That(Run("ZUNION 2 one two WITHSCORES"), Is.EqualTo(Pairs("a", "1", "b", "12", "c", "23", "d", "30")));
        Assert.That(Run("ZINTER 2 one two WEIGHTS 2 1 AGGREGATE MAX WITHSCORES"), Is.EqualTo(Pairs("b", "10", "c", "20")));
        Assert.That(Run("ZDIFF 2 one two WITHSCORES"), Is.EqualTo(Pairs("a", "1")));
        Assert.That(Run("ZINTER 2 one set WITHSCORES"), Is.EqualTo(Pairs("b", "3")));
        Assert.That(Run("ZINTERCARD 2 one two LIMIT 1"), Is.EqualTo(":1"));
        Assert.That(Run("ZUNIONSTORE to 3 one two set AGGREGATE MIN"), Is.EqualTo(":5"));
        Assert.That(Run("ZRANGE to 0 -1 WITHSCORES"), Is.EqualTo(Pairs("a", "1", "b", "1", "x", "1", "c", "3", "d", "30")));
        Assert.That(Run("ZDIFFSTORE to 2 one one"), Is.EqualTo(":0"));
        Assert.That(Run("EXISTS to"), Is.EqualTo(":0"));
        Assert.That(Run("ZRANGESTORE to one 0 1 REV"), Is.EqualTo(":2"));
        Assert.That(Run("ZRANGE to 0 -1"), Is.EqualTo("[\"b\", \"c\"]"));
    }

    [TestCase("ZUNION 0 a", "-ERR at least 1 input key is needed for 'zunion' command"), TestCase("ZUNION 3 a b", "-ERR syntax error"), TestCase("ZUNIONSTORE to 1 a WITHSCORES", "-ERR syntax error")]
    [TestCase("ZUNION 1 a WEIGHTS x", "-ERR weight value is not a float"), TestCase("ZINTER 1 a AGGREGATE AVG", "-ERR syntax error"), TestCase("ZINTERCARD 1 a LIMIT -1", "-ERR LIMIT can't be negative")]
    [TestCase("ZDIFF 1 string NONSENSE", "-WRONGTYPE Operation against a key holding the wrong kind of value")]
    public void What_is_combined_wrongly_is_an_error(string request, string error)
    {
        Run("SET string v");
        Assert.That(Run(request), Is.EqualTo(error));
    }

    [TestCase("-5 5 BYSCORE", "0"), TestCase("0 -1", "-0")]
    public void A_range_that_is_stored_keeps_the_sign_of_zero_only_where_it_begins_as_a_table(string range, string zero)
    {
        Run("CONFIG SET zset-max-listpack-entries 3");
        Run("ZADD z 11 m 1 a 2 b 3 c");
        Run("ZADD z -0 m");
        Run($"ZRANGESTORE to z {range}");
        Assert.That(Run("ZRANGE to 0 0 WITHSCORES"), Is.EqualTo(Pairs("m", zero)));
    }

    [Test]
    public void Infinities_that_cancel_each_other_are_zero()
    {
        Run("ZADD one inf a");
        Run("ZADD two -inf a");
        Assert.That(Run("ZUNION 2 one two WITHSCORES"), Is.EqualTo(Pairs("a", "0")));
        Assert.That(Run("ZINTER 2 one two WEIGHTS 0 0 WITHSCORES"), Is.EqualTo(Pairs("a", "0")));
    }

    [TestCase("ZUNION 1 negative WEIGHTS 0 WITHSCORES", "-0"), TestCase("ZINTER 1 negative WEIGHTS 0 WITHSCORES", "-0"), TestCase("ZUNION 2 negative positive WEIGHTS 0 0 WITHSCORES", "0")]
    [TestCase("ZUNION 2 negative positive WEIGHTS 0 0 AGGREGATE MIN WITHSCORES", "-0"), TestCase("ZUNION 2 positive negative WEIGHTS 0 0 AGGREGATE MIN WITHSCORES", "0")]
    public void A_negative_score_times_0_is_minus_0_until_it_is_stored(string request, string score)
    {
        Run("ZADD negative -5 a");
        Run("ZADD positive 5 a");
        Assert.That(Run(request), Is.EqualTo(Pairs("a", score)));
        Run("ZUNIONSTORE to 1 negative WEIGHTS 0");
        Assert.That(Run("ZRANGE to 0 -1 WITHSCORES"), Is.EqualTo(Pairs("a", "0")));
        Assert.That(Run("OBJECT ENCODING to"), Is.EqualTo("\"listpack\""));
    }

    [Test]
    public void Random_members_are_different_ones_or_draws([Values] bool isTable)
    {
        Limit(isTable);
        string[] members = [.. Enumerable.Range(0, 60).Select(n => $"m{n}")];
        Run(["ZADD", "z", .. members.SelectMany((member, i) => new[] { $"{i}", member })]);
        var drawn = Server.Client.RunValue("ZRANDMEMBER", "z", "7").Items.Select(item => item.Text!).ToArray();
        Assert.That(drawn, Is.Unique.And.SubsetOf(members).And.Length.EqualTo(7));
        Assert.That(Server.Client.RunValue("ZRANDMEMBER", "z", "-100").Items.Select(item => item.Text!).ToArray(), Has.Length.EqualTo(100).And.All.AnyOf(members));
        Assert.That(members, Does.Contain(Run("ZRANDMEMBER z").Trim('"')));
        Assert.That(Run("ZRANDMEMBER missing"), Is.EqualTo(Null));
        Assert.That(Run("ZRANDMEMBER z 1 x"), Is.EqualTo("-ERR syntax error"));
    }

    [Test]
    public void Zscan_answers_members_with_scores_or_without([Values] bool isTable)
    {
        Limit(isTable);
        Run("ZADD z 1 a 0.1 b");
        var expected = isTable ? "0.10000000000000001" : "0.1";
        var items = Server.Client.RunValue("ZSCAN", "z", "0").Items[1].Items.Select(item => item.Text!).Chunk(2).Select(pair => string.Join('=', pair));
        Assert.That(items, Is.EquivalentTo(new[] { "a=1", $"b={expected}" }));
        Assert.That(Server.Client.RunValue("ZSCAN", "z", "0", "NOSCORES").Items[1].Items.Select(item => item.Text!), Is.EquivalentTo(new[] { "a", "b" }));
        Assert.That(Run("ZSCAN z 0 MATCH b* COUNT 100 NOSCORES"), Is.EqualTo("[\"0\", [\"b\"]]"));
    }

    [Test]
    public void A_client_that_waits_gets_the_member_that_is_added()
    {
        var first = Waiting("BZPOPMIN z 0");
        var second = Waiting("BZMPOP 0 2 other z MAX COUNT 5");
        Run("ZADD z 1 a 2 b 3 c");
        Assert.That(first.Read(), Is.EqualTo($"[\"z\", \"a\", {Score("1")}]"));
        Assert.That(second.Read(), Is.EqualTo($"[\"z\", [[\"c\", {Score("3")}], [\"b\", {Score("2")}]]]"));
        Assert.That(Run("EXISTS z"), Is.EqualTo(":0"));
        Assert.That(Run("INFO clients"), Does.Contain("blocked_clients:0"));
    }

    private TestClient Waiting(string words)
    {
        var client = Server.Connect();
        if (IsResp3) client.Run("HELLO", "3");
        client.Send(words.Split(' '));
        Server.TurnUntil(() => client.Served?.Blocked is not null);
        return client;
    }

    [Test]
    public void A_set_becomes_a_table_as_in_Redis_and_never_goes_back()
    {
        Run(["ZADD", "z", .. Enumerable.Range(0, 128).SelectMany(n => new[] { $"{n}", $"m{n}" })]);
        Assert.That(Run("OBJECT ENCODING z"), Is.EqualTo("\"listpack\""));
        Run("ZADD z 1 more");
        Assert.That(Run("OBJECT ENCODING z"), Is.EqualTo("\"skiplist\""));
        Run("ZREM z more");
        Assert.That(Run("OBJECT ENCODING z"), Is.EqualTo("\"skiplist\""));
        Run("ZADD", "long", "1", new string('x', 65));
        Assert.That(Run("OBJECT ENCODING long"), Is.EqualTo("\"skiplist\""));
        Run("ZUNIONSTORE small 1 z");
        Assert.That(Run("OBJECT ENCODING small"), Is.EqualTo("\"listpack\""));
        Run("COPY long copied");
        Assert.That(Run("ZCARD copied"), Is.EqualTo(":1"));
        Assert.That(Run("ZADD long XX 5 nobody"), Is.EqualTo(":0"));
    }
}
