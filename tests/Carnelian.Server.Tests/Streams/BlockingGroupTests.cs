namespace Carnelian.Tests;

/// <summary>Consumers that wait for entries, and hear when that is in vain.</summary>
internal sealed class BlockingGroupTests(RespVersion version) : CommandFixture(version)
{
    private const string NoGroup = "-NOGROUP No such key 's' or consumer group 'g' in XREADGROUP with GROUP option";

    [SetUp]
    public void MakeGroup() => Run("XGROUP CREATE s g $ MKSTREAM");

    private TestClient Waiting(string words)
    {
        var client = Server.Connect();
        if (IsResp3) client.Run("HELLO", "3");
        client.Send(words.Split(' '));
        Server.TurnUntil(() => client.Served?.Blocked is not null);
        return client;
    }

    private string Read(int id) => IsResp3 ? $"{{\"s\": [[\"{id}-0\", [\"f\", \"v\"]]]}}" : $"[[\"s\", [[\"{id}-0\", [\"f\", \"v\"]]]]]";

    [Test]
    public void Who_came_first_gets_the_entry()
    {
        var first = Waiting("XREADGROUP GROUP g a BLOCK 0 STREAMS s >");
        var second = Waiting("XREADGROUP GROUP g b BLOCK 0 STREAMS s >");
        Run("XADD s 1 f v");
        Assert.That(first.Read(), Is.EqualTo(Read(1)));
        Assert.That(second.Served?.Blocked, Is.Not.Null);
        Run("XADD s 2 f v");
        Assert.That(second.Read(), Is.EqualTo(Read(2)));
        Assert.That(Run("XPENDING s g"), Is.EqualTo("[:2, \"1-0\", \"2-0\", [[\"a\", \"1\"], [\"b\", \"1\"]]]"));
    }

    [TestCase("XGROUP DESTROY s g", NoGroup), TestCase("DEL s", NoGroup), TestCase("UNLINK s", NoGroup), TestCase("RENAME s t", NoGroup)]
    [TestCase("FLUSHALL", NoGroup), TestCase("SET s string", "-WRONGTYPE Operation against a key holding the wrong kind of value")]
    [TestCase("XADD s 1 f v", null)]
    public void Who_waits_in_vain_hears_it(string request, string? expected)
    {
        var client = Waiting("XREADGROUP GROUP g a BLOCK 0 STREAMS s >");
        Run(request);
        Assert.That(client.Read(), Is.EqualTo(expected ?? Read(1)));
    }

    [Test]
    public void Other_groups_of_the_stream_do_not_concern_those_who_wait()
    {
        Run("XGROUP CREATE s other $");
        var client = Waiting("XREADGROUP GROUP g a BLOCK 0 STREAMS s >");
        Run("XGROUP DESTROY s other");
        Run("XADD t 1 f v");
        Assert.That(client.Served?.Blocked, Is.Not.Null);
        Run("XADD s 1 f v");
        Assert.That(client.Read(), Is.EqualTo(Read(1)));
    }

    [Test]
    public void Deletions_do_not_renew_the_time_at_which_one_was_seen([Values("XDEL s 1", "XTRIM s MAXLEN 0", "XDELEX s IDS 1 1")] string request)
    {
        Run("XADD s 1 f v");
        Run("XREADGROUP GROUP g a NOACK STREAMS s >");
        Waiting("XREADGROUP GROUP g a BLOCK 0 STREAMS s >");
        Server.AdvanceTime(70);
        Run(request);
        Assert.That(Run("XINFO CONSUMERS s g"), Does.Contain("\"idle\", :7").Or.Contain("\"idle\": :7"));
    }

    private string Claimed(int id, int idleMs, int deliveries)
    {
        var entry = $"[[\"{id}-0\", [\"f\", \"v\"], :{idleMs}, :{deliveries}]]";
        return IsResp3 ? $"{{\"s\": {entry}}}" : $"[[\"s\", {entry}]]";
    }

    [Test]
    public void Who_claims_gets_what_has_been_pending_for_long_enough_meanwhile()
    {
        Run("XADD s 1 f v");
        Run("XREADGROUP GROUP g a STREAMS s >");
        Server.AdvanceTime(40);
        var client = Waiting("XREADGROUP GROUP g b BLOCK 0 CLAIM 100 STREAMS s >");
        Assert.That(Run("INFO clients"), Does.Contain("clients_in_timeout_table:0"));
        Server.AdvanceTime(50);
        Assert.That(client.Served?.Blocked, Is.Not.Null);
        Server.AdvanceTime(10);
        Assert.That(client.Read(), Is.EqualTo(Claimed(1, 100, 1)));
        // With the lane apart a moment may have passed.
        Assert.That(Run("XPENDING s g - + 9"), Does.Match("^\\[\\[\"1-0\", \"b\", :[0-9], :2\\]\\]$"));
    }

    [Test]
    public void Who_claims_gets_what_another_one_is_given_meanwhile_and_leaves()
    {
        var client = Waiting("XREADGROUP GROUP g b BLOCK 0 CLAIM 100 STREAMS s >");
        Server.AdvanceTime(30);
        Run("MULTI");
        Run("XADD s 1 f v");
        Run("XREADGROUP GROUP g a STREAMS s >");
        Run("EXEC");
        Server.AdvanceTime(99);
        Assert.That(client.Served?.Blocked, Is.Not.Null);
        Server.AdvanceTime(1);
        Assert.That(client.Read(), Is.EqualTo(Claimed(1, 100, 1)));
    }

    [Test]
    public void Who_claims_in_vain_waits_until_the_timeout_and_gets_new_entries_at_once()
    {
        Run("XADD s 1 f v");
        Run("XREADGROUP GROUP g a STREAMS s >");
        var client = Waiting("XREADGROUP GROUP g b BLOCK 50 CLAIM 100 STREAMS s >");
        Assert.That(Run("INFO clients"), Does.Contain("clients_in_timeout_table:1"));
        Server.AdvanceTime(50);
        Assert.That(client.Read(), Is.EqualTo("nil"));
        client = Waiting("XREADGROUP GROUP g b BLOCK 0 CLAIM 9223372036854775807 STREAMS s >");
        Run("XADD s 2 f v");
        Assert.That(client.Read(), Is.EqualTo(Claimed(2, 0, 0)));
    }

    [Test]
    public void Keys_are_counted_whose_end_somebody_is_to_hear_of()
    {
        string Counted() => Run("INFO clients").Split("total_blocking_keys_on_nokey:")[1][..1];
        Waiting("BLPOP t 0");
        Assert.That(Counted(), Is.EqualTo("0"));
        Waiting("XREADGROUP GROUP g a BLOCK 0 STREAMS s >");
        Waiting("XREADGROUP GROUP g b BLOCK 0 STREAMS s >");
        Assert.That(Counted(), Is.EqualTo("1"));
        Run("DEL s");
        Assert.That(Counted(), Is.EqualTo("0"));
    }

    [Test]
    public void History_is_answered_at_once_and_a_timeout_with_nothing()
    {
        Assert.That(Run("XREADGROUP GROUP g a BLOCK 0 STREAMS s 0"), Is.EqualTo(IsResp3 ? "{\"s\": []}" : "[[\"s\", []]]"));
        var client = Waiting("XREADGROUP GROUP g a BLOCK 100 STREAMS s >");
        Server.AdvanceTime(100);
        Assert.That(client.Read(), Is.EqualTo("nil"));
    }
}
