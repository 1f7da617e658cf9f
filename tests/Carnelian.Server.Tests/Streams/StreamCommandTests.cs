namespace Carnelian.Tests;

/// <summary>Entries of streams: added, read, trimmed and deleted.</summary>
internal sealed class StreamCommandTests(RespVersion version) : CommandFixture(version)
{
    private const string TooSmall = "-ERR The ID specified in XADD is equal or smaller than the target stream top item";
    private const string InvalidId = "-ERR Invalid stream ID specified as stream command argument";

    /// <summary>Adds entries with these IDs, each with its own ID as value.</summary>
    private void Add(string key, params string[] ids)
    {
        foreach (var id in ids) Assert.That(Run("XADD", key, id, "f", id), Is.EqualTo($"\"{id}\""));
    }

    private static string Entries(params string[] ids) => $"[{string.Join(", ", ids.Select(id => $"[\"{id}\", [\"f\", \"{id}\"]]"))}]";

    private string Ids(string key) => string.Join(' ', Run("XRANGE", key, "-", "+").Split('"').Where(static text => text.Contains('-')).Distinct());

    [Test]
    public void Xadd_makes_ids_of_the_time_and_counts_within_a_millisecond()
    {
        var first = Run("XADD s * a 1").Trim('"').Split('-');
        Assert.That(Run("XADD s * a 2"), Is.EqualTo($"\"{first[0]}-1\""));
        Assert.That(first[1], Is.EqualTo("0"));
        Server.AdvanceTime(1);
        Assert.That(Run("XADD s * a 3"), Is.EqualTo($"\"{long.Parse(first[0]) + 1}-0\""));
        Assert.That(Run("XLEN s"), Is.EqualTo(":3"));
    }

    [Test]
    public void Xadd_leaves_the_number_open_for_a_time_alone()
    {
        Assert.That(Run("XADD s 5-* a 1"), Is.EqualTo("\"5-0\""));
        Assert.That(Run("XADD s 5-* a 1"), Is.EqualTo("\"5-1\""));
        Assert.That(Run("XADD new 0-* a 1"), Is.EqualTo("\"0-1\""));
        Assert.That(Run("XADD s 5-18446744073709551615 a 1"), Is.EqualTo("\"5-18446744073709551615\""));
        Assert.That(Run("XADD s 5-* a 1"), Is.EqualTo(TooSmall));
        Assert.That(Run("XADD s 6 a 1"), Is.EqualTo("\"6-0\""));
    }

    [Test]
    public void Ids_only_grow_and_end()
    {
        Add("s", "2-3");
        Assert.That(Run("XADD s 2-3 a 1"), Is.EqualTo(TooSmall));
        Assert.That(Run("XADD s 1-9 a 1"), Is.EqualTo(TooSmall));
        Run("XDEL s 2-3");
        Assert.That(Run("XADD s 2-3 a 1"), Is.EqualTo(TooSmall));
        Add("s", "18446744073709551615-18446744073709551615");
        Assert.That(Run("XADD s * a 1"), Is.EqualTo("-ERR The stream has exhausted the last possible ID, unable to add more items"));
    }

    [TestCase("XADD s 0-0 a 1", "-ERR The ID specified in XADD must be greater than 0-0"), TestCase("XADD s * a", "-ERR wrong number of arguments for 'xadd' command")]
    [TestCase("XADD s * a b c", "-ERR wrong number of arguments for 'xadd' command"), TestCase("XADD s x a 1", InvalidId), TestCase("XADD s - a 1", InvalidId)]
    [TestCase("XADD s 1-x a 1", InvalidId), TestCase("XADD s 18446744073709551616 a 1", InvalidId), TestCase("XADD s MAXLEN x * a 1", "-ERR value is not an integer or out of range")]
    [TestCase("XADD s MAXLEN -1 * a 1", "-ERR The MAXLEN argument must be >= 0."), TestCase("XADD s MINID x * a 1", InvalidId)]
    [TestCase("XADD s MAXLEN 1 MINID 1 * a 1", "-ERR syntax error, MAXLEN and MINID options at the same time are not compatible")]
    [TestCase("XADD s LIMIT 1 * a 1", "-ERR syntax error, LIMIT cannot be used without specifying a trimming strategy")]
    [TestCase("XADD s MAXLEN 1 LIMIT 1 * a 1", "-ERR syntax error, LIMIT cannot be used without the special ~ option")]
    [TestCase("XADD s MAXLEN ~ 1 LIMIT -1 * a 1", "-ERR The LIMIT argument must be >= 0."), TestCase("XADD s KEEPREF DELREF * a 1", "-ERR syntax error")]
    public void Xadd_refuses_what_is_wrong_and_makes_no_key(string request, string error)
    {
        Assert.That(Run(request), Is.EqualTo(error));
        Assert.That(Run("EXISTS s"), Is.EqualTo(":0"));
    }

    [Test]
    public void Xadd_with_nomkstream_makes_no_key()
    {
        Assert.That(Run("XADD s NOMKSTREAM * a 1"), Is.EqualTo("nil"));
        Assert.That(Run("EXISTS s"), Is.EqualTo(":0"));
        Add("s", "1-1");
        Assert.That(Run("XADD s NOMKSTREAM 2-2 a 1"), Is.EqualTo("\"2-2\""));
        Assert.That(Run("TYPE s"), Is.EqualTo("+stream"));
        Assert.That(Run("OBJECT ENCODING s"), Is.EqualTo("\"stream\""));
    }

    [Test]
    public void Xrange_goes_from_one_id_to_another_either_way()
    {
        Add("s", "1-1", "1-2", "2-1", "3-1");
        Assert.That(Run("XRANGE s - +"), Is.EqualTo(Entries("1-1", "1-2", "2-1", "3-1")));
        Assert.That(Run("XRANGE s 1-2 2"), Is.EqualTo(Entries("1-2", "2-1")));
        Assert.That(Run("XRANGE s (1-1 (3-1"), Is.EqualTo(Entries("1-2", "2-1")));
        Assert.That(Run("XRANGE s - + COUNT 2"), Is.EqualTo(Entries("1-1", "1-2")));
        Assert.That(Run("XRANGE s 4 +"), Is.EqualTo("[]"));
        Assert.That(Run("XREVRANGE s + - COUNT 3"), Is.EqualTo(Entries("3-1", "2-1", "1-2")));
        Assert.That(Run("XREVRANGE s (3-1 1"), Is.EqualTo(Entries("2-1", "1-2", "1-1")));
        Assert.That(Run("XRANGE s - + COUNT 0"), Is.EqualTo("nil"));
        Assert.That(Run("XRANGE missing - +"), Is.EqualTo("[]"));
    }

    [TestCase("XRANGE s x +", InvalidId), TestCase("XRANGE s (- +", InvalidId), TestCase("XRANGE s - + COUNT x", "-ERR value is not an integer or out of range")]
    [TestCase("XRANGE s (18446744073709551615-18446744073709551615 +", "-ERR invalid start ID for the interval"), TestCase("XRANGE s - (0-0", "-ERR invalid end ID for the interval")]
    [TestCase("XRANGE s - + COUNT", "-ERR syntax error"), TestCase("XRANGE l - +", "-WRONGTYPE Operation against a key holding the wrong kind of value")]
    public void Xrange_refuses_what_is_wrong(string request, string error)
    {
        Run("RPUSH l a");
        Assert.That(Run(request), Is.EqualTo(error));
    }

    [Test]
    public void Entries_keep_their_own_fields_whatever_the_first_one_had()
    {
        Run("XADD s 1-1 name a 17 5");
        Run("XADD s 1-2 name -7 17 007");
        Run("XADD s 1-3 other x");
        Run("XADD s 1-4 name a 017 b");
        Assert.That(Run("XRANGE s - +"), Is.EqualTo(
            """[["1-1", ["name", "a", "17", "5"]], ["1-2", ["name", "-7", "17", "007"]], ["1-3", ["other", "x"]], ["1-4", ["name", "a", "017", "b"]]]"""));
    }

    [Test]
    public void Xdel_deletes_entries_and_keeps_the_empty_stream()
    {
        Add("s", "1-1", "1-2", "2-1");
        Assert.That(Run("XDEL s 1-2 1-2 9-9"), Is.EqualTo(":1"));
        Assert.That(Run("XDEL s 1-1 x"), Is.EqualTo(InvalidId));
        Assert.That(Ids("s"), Is.EqualTo("1-1 2-1"));
        Assert.That(Run("XDEL s 1-1 2-1"), Is.EqualTo(":2"));
        Assert.That(Run("XLEN s"), Is.EqualTo(":0"));
        Assert.That(Run("EXISTS s"), Is.EqualTo(":1"));
        Assert.That(Run("XDEL missing x"), Is.EqualTo(":0"));
    }

    [Test]
    public void Xdelex_tells_of_each_entry_what_became_of_it()
    {
        Add("s", "1-1", "1-2");
        Assert.That(Run("XDELEX s IDS 3 1-1 1-1 9"), Is.EqualTo("[:1, :-1, :-1]"));
        Assert.That(Run("XDELEX s IDS 1 1-2 ACKED"), Is.EqualTo("[:1]"));
        Assert.That(Run("XDELEX missing DELREF IDS 2 1 2"), Is.EqualTo("[:-1, :-1]"));
        Assert.That(Run("XLEN s"), Is.EqualTo(":0"));
    }

    /// <summary>Of five entries, one is acknowledged, two are pending, two not read.</summary>
    private void ReadSome()
    {
        Add("s", "1-1", "1-2", "1-3", "1-4", "1-5");
        Run("XGROUP CREATE s g 0");
        Run("XREADGROUP GROUP g c COUNT 3 STREAMS s >");
        Run("XACK s g 1-2");
    }

    [Test]
    public void Xdelex_heeds_what_groups_have_pending()
    {
        ReadSome();
        Assert.That(Run("XDELEX s ACKED IDS 4 1-1 1-2 1-4 9-9"), Is.EqualTo("[:2, :1, :2, :-1]"));
        Assert.That(Run("XDELEX s IDS 1 1-1"), Is.EqualTo("[:1]"));
        Assert.That(Run("XPENDING s g"), Does.StartWith("[:2, \"1-1\", \"1-3\""));
        Assert.That(Run("XDELEX s DELREF IDS 2 1-1 1-3"), Is.EqualTo("[:-1, :1]"));
        Assert.That(Run("XPENDING s g"), Does.StartWith("[:0"));
        Assert.That(Ids("s"), Is.EqualTo("1-4 1-5"));
    }

    [Test]
    public void Trimming_heeds_what_groups_have_pending([Values] bool byNodes)
    {
        if (byNodes) Run("CONFIG SET stream-node-max-entries 1");
        ReadSome();
        Assert.That(Run("XTRIM s MAXLEN 1 ACKED"), Is.EqualTo(":1"));
        Assert.That(Ids("s"), Is.EqualTo("1-1 1-3 1-4 1-5"));
        Run("XACK s g 1-3");
        Assert.That(Run("XTRIM s ACKED MINID 1-4"), Is.EqualTo(":1"));
        Assert.That(Run("XTRIM s MINID 1-4 KEEPREF"), Is.EqualTo(":1"));
        Assert.That(Run("XPENDING s g"), Does.StartWith("[:1, \"1-1\""));
        Run("XREADGROUP GROUP g c STREAMS s >");
        Run("XADD s DELREF MAXLEN 1 2-1 f 2-1");
        Assert.That(Ids("s"), Is.EqualTo("2-1"));
        Assert.That(Run("XPENDING s g"), Does.StartWith("[:1, \"1-1\", \"1-1\""));
    }

    [TestCase("XDELEX s IDS 0 1", "-ERR Number of IDs must be a positive integer"), TestCase("XDELEX s IDS x 1", "-ERR Number of IDs must be a positive integer")]
    [TestCase("XDELEX s IDS 3 1 2", "-ERR The `numids` parameter must match the number of arguments"), TestCase("XDELEX s IDS 1 1 2", "-ERR syntax error")]
    [TestCase("XDELEX s KEEPREF ACKED IDS 1 1", "-ERR syntax error"), TestCase("XDELEX s KEEPREF IDS 1 x", InvalidId)]
    public void Xdelex_refuses_what_is_wrong(string request, string error) => Assert.That(Run(request), Is.EqualTo(error));

    [Test]
    public void Trimming_exactly_leaves_what_was_asked_for()
    {
        Add("s", "1-1", "1-2", "2-1", "3-1");
        Assert.That(Run("XTRIM s MAXLEN 3"), Is.EqualTo(":1"));
        Assert.That(Run("XTRIM s MINID = 2"), Is.EqualTo(":1"));
        Assert.That(Ids("s"), Is.EqualTo("2-1 3-1"));
        Run("XADD s MAXLEN 2 4-1 f 4-1");
        Assert.That(Ids("s"), Is.EqualTo("3-1 4-1"));
        Assert.That(Run("XTRIM s MAXLEN 0"), Is.EqualTo(":2"));
        Assert.That(Run("XTRIM missing MAXLEN 0"), Is.EqualTo(":0"));
    }

    [Test]
    public void Trimming_about_removes_whole_nodes_only()
    {
        Run("CONFIG SET stream-node-max-entries 10");
        for (var i = 1; i <= 45; i++) Add("s", $"{i}-0");
        Assert.That(Run("XTRIM s MAXLEN ~ 22"), Is.EqualTo(":20"));
        Assert.That(Run("XTRIM s MAXLEN ~ 22"), Is.EqualTo(":0"));
        Assert.That(Run("XTRIM s MINID ~ 39 LIMIT 9"), Is.EqualTo(":0"));
        Assert.That(Run("XTRIM s MINID ~ 39 LIMIT 10"), Is.EqualTo(":10"));
        Assert.That(Run("XLEN s"), Is.EqualTo(":15"));
        Assert.That(Run("XINFO STREAM s"), Does.Contain("31-0"));
    }

    [TestCase("XTRIM s MAXLEN", "-ERR wrong number of arguments for 'xtrim' command"), TestCase("XTRIM s FOO 1", "-ERR syntax error")]
    [TestCase("XTRIM s LIMIT 1", "-ERR syntax error, LIMIT cannot be used without specifying a trimming strategy")]
    [TestCase("XTRIM s LIMIT 0", "-ERR syntax error, XTRIM must be called with a trimming strategy")]
    public void Xtrim_refuses_what_is_wrong(string request, string error) => Assert.That(Run(request), Is.EqualTo(error));

    [Test]
    public void Xread_answers_what_lies_behind_an_id()
    {
        Add("s", "1-1", "1-2");
        Add("t", "5-1");
        Assert.That(Run("XREAD STREAMS s t missing 1-1 0 0"), Is.EqualTo(Streams(("s", Entries("1-2")), ("t", Entries("5-1")))));
        Assert.That(Run("XREAD COUNT 1 STREAMS s t 0 5-1"), Is.EqualTo(Streams(("s", Entries("1-1")))));
        Assert.That(Run("XREAD STREAMS s +"), Is.EqualTo(Streams(("s", Entries("1-2")))));
        Assert.That(Run("XREAD STREAMS s t $ $"), Is.EqualTo("nil"));
        Run("XDEL s 1-2");
        Assert.That(Run("XREAD STREAMS s +"), Is.EqualTo(Streams(("s", Entries("1-1")))));
    }

    private string Streams(params (string Key, string Entries)[] streams) =>
        IsResp3 ? Map([.. streams.SelectMany(stream => new[] { $"\"{stream.Key}\"", stream.Entries })]) : $"[{string.Join(", ", streams.Select(stream => $"[\"{stream.Key}\", {stream.Entries}]"))}]";

    [TestCase("XREAD STREAMS s", "-ERR wrong number of arguments for 'xread' command"), TestCase("XREAD COUNT 1 s 0", "-ERR syntax error")]
    [TestCase("XREAD STREAMS s 0 0", "-ERR Unbalanced 'xread' list of streams: for each stream key an ID, '+', or '$' must be specified.")]
    [TestCase("XREAD STREAMS s >", "-ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option.")]
    [TestCase("XREAD STREAMS s x", InvalidId), TestCase("XREAD BLOCK x STREAMS s 0", "-ERR timeout is not an integer or out of range"), TestCase("XREAD BLOCK -1 STREAMS s 0", "-ERR timeout is negative")]
    [TestCase("XREAD GROUP g c STREAMS s 0", "-ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead.")]
    [TestCase("XREAD NOACK STREAMS s 0", "-ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead.")]
    public void Xread_refuses_what_is_wrong(string request, string error) => Assert.That(Run(request), Is.EqualTo(error));

    [Test]
    public void Xsetid_moves_what_comes_next_but_not_back()
    {
        Add("s", "1-1", "2-2");
        Assert.That(Run("XSETID s 2-1"), Is.EqualTo("-ERR The ID specified in XSETID is smaller than the target stream top item"));
        Assert.That(Run("XSETID s 9-9 ENTRIESADDED 1"), Is.EqualTo("-ERR The entries_added specified in XSETID is smaller than the target stream length"));
        Assert.That(Run("XSETID s 9-9 MAXDELETEDID 10"), Is.EqualTo("-ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id"));
        Assert.That(Run("XSETID s 9-9 ENTRIESADDED 100 MAXDELETEDID 3-3"), Is.EqualTo("+OK"));
        Assert.That(Run("XADD s 9-9 a 1"), Is.EqualTo(TooSmall));
        Assert.That(Run("XINFO STREAM s"), Does.Contain("\"9-9\"").And.Contain(":100").And.Contain("\"3-3\""));
        Assert.That(Run("XSETID s 3-1"), Is.EqualTo("-ERR The ID specified in XSETID is smaller than current max_deleted_entry_id"));
        Assert.That(Run("XSETID missing 1"), Is.EqualTo("-ERR no such key"));
    }

    [Test]
    public void Xinfo_stream_tells_its_state_and_its_ends()
    {
        Add("s", "1-1", "1-2", "2-1");
        Run("XDEL s 1-1");
        string[] state =
        [
            "\"length\"", ":2", "\"radix-tree-keys\"", ":1", "\"radix-tree-nodes\"", ":2", "\"last-generated-id\"", "\"2-1\"", "\"max-deleted-entry-id\"", "\"1-1\"",
            "\"entries-added\"", ":3", "\"recorded-first-entry-id\"", "\"1-2\"",
        ];
        Assert.That(Run("XINFO STREAM s"), Is.EqualTo(
            Map([.. state, "\"groups\"", ":0", "\"first-entry\"", "[\"1-2\", [\"f\", \"1-2\"]]", "\"last-entry\"", "[\"2-1\", [\"f\", \"2-1\"]]"])));
        Assert.That(Run("XINFO STREAM s FULL COUNT 1"), Is.EqualTo(Map([.. state, "\"entries\"", Entries("1-2"), "\"groups\"", "[]"])));
        Assert.That(Run("XINFO STREAM missing FOO"), Is.EqualTo("-ERR no such key"));
        Assert.That(Run("XINFO STREAM s FOO"), Is.EqualTo("-ERR unknown subcommand or wrong number of arguments for 'STREAM'. Try XINFO HELP."));
    }

    [Test]
    public void Radix_tree_nodes_are_counted_as_Redis_has_them()
    {
        Run("CONFIG SET stream-node-max-entries 1");
        Add("s", "1-1", "1-2", "2-1", "300-5", "300-70000");
        // As XINFO of Redis 8.0.6 tells.
        Assert.That(Run("XINFO STREAM s"), Does.Contain("\"radix-tree-keys\"" + (IsResp3 ? ": " : ", ") + ":5").And.Contain("\"radix-tree-nodes\"" + (IsResp3 ? ": " : ", ") + ":15"));
    }

    [Test]
    public void A_stream_is_copied_renamed_and_measured_whole()
    {
        for (var i = 1; i <= 250; i++) Add("s", $"{i}-0");
        Run("XDEL s 250-0 7-0");
        Assert.That(Run("COPY s t"), Is.EqualTo(":1"));
        Assert.That(Run("DEBUG DIGEST-VALUE s"), Is.EqualTo(Run("DEBUG DIGEST-VALUE t")));
        Assert.That(Run("XADD t 250-0 a 1"), Is.EqualTo(TooSmall));
        Run("RENAME t u");
        Assert.That(Run("XINFO STREAM u"), Is.EqualTo(Run("XINFO STREAM s")));
        Assert.That(long.Parse(Run("MEMORY USAGE s")[1..]), Is.GreaterThan(2000));
    }
}
