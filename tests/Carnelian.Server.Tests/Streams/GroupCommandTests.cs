namespace Carnelian.Tests;

/// <summary>Consumer groups: what is delivered, pending, acknowledged and claimed.</summary>
internal sealed class GroupCommandTests(RespVersion version) : CommandFixture(version)
{
    private void Fill(int entries)
    {
        for (var i = 1; i <= entries; i++) Run($"XADD s {i} f v");
        Run("XGROUP CREATE s g 0");
    }

    private string Read(params string[] entries) => IsResp3 ? $"{{\"s\": [{string.Join(", ", entries)}]}}" : $"[[\"s\", [{string.Join(", ", entries)}]]]";

    private static string Entry(int id) => $"[\"{id}-0\", [\"f\", \"v\"]]";

    private string Groups(string consumers, string pending, string last, string read, string lag) => $"[{Map(
        "\"name\"", "\"g\"", "\"consumers\"", $":{consumers}", "\"pending\"", $":{pending}", "\"last-delivered-id\"", $"\"{last}\"", "\"entries-read\"", read, "\"lag\"", lag)}]";

    [Test]
    public void Each_entry_goes_to_one_consumer_and_is_pending_until_it_is_acknowledged()
    {
        Fill(3);
        Assert.That(Run("XREADGROUP GROUP g a COUNT 2 STREAMS s >"), Is.EqualTo(Read(Entry(1), Entry(2))));
        Assert.That(Run("XREADGROUP GROUP g b STREAMS s >"), Is.EqualTo(Read(Entry(3))));
        Assert.That(Run("XREADGROUP GROUP g b STREAMS s >"), Is.EqualTo("nil"));
        Assert.That(Run("XPENDING s g"), Is.EqualTo("[:3, \"1-0\", \"3-0\", [[\"a\", \"2\"], [\"b\", \"1\"]]]"));
        Assert.That(Run("XACK s g 1 2 2 9"), Is.EqualTo(":2"));
        Assert.That(Run("XREADGROUP GROUP g a STREAMS s 0"), Is.EqualTo(Read()));
        Assert.That(Run("XREADGROUP GROUP g b STREAMS s 0"), Is.EqualTo(Read(Entry(3))));
        Assert.That(Run("XINFO GROUPS s"), Is.EqualTo(Groups("2", "1", "3-0", ":3", ":0")));
    }

    [Test]
    public void Reading_again_counts_deliveries_and_begins_the_time_anew()
    {
        Fill(1);
        Run("XREADGROUP GROUP g a STREAMS s >");
        Server.AdvanceTime(100);
        Assert.That(Run("XPENDING s g - + 9"), Is.EqualTo("[[\"1-0\", \"a\", :100, :1]]"));
        Assert.That(Run("XPENDING s g IDLE 101 - + 9"), Is.EqualTo("[]"));
        Run("XREADGROUP GROUP g a STREAMS s 0");
        Server.AdvanceTime(5);
        Assert.That(Run("XPENDING s g - + 9 a"), Is.EqualTo("[[\"1-0\", \"a\", :5, :2]]"));
    }

    [Test]
    public void Each_stream_that_is_read_counts_as_two_hits([Values("> >", "0 0", "> 0")] string ids)
    {
        Fill(1);
        Run("XGROUP CREATE t g 0 MKSTREAM");
        var before = Server.Server.Keyspace.Statistics.Hits;
        Run($"XREADGROUP GROUP g a STREAMS s t {ids}");
        Assert.That(Server.Server.Keyspace.Statistics.Hits - before, Is.EqualTo(4));
    }

    [Test]
    public void Of_a_deleted_entry_the_consumer_gets_the_id_alone()
    {
        Fill(2);
        Run("XREADGROUP GROUP g a STREAMS s >");
        Run("XDEL s 1");
        Assert.That(Run("XREADGROUP GROUP g a STREAMS s 0"), Is.EqualTo(Read("[\"1-0\", nil]", Entry(2))));
    }

    [Test]
    public void What_is_read_without_acknowledgement_is_not_pending()
    {
        Fill(2);
        Run("XREADGROUP GROUP g a NOACK STREAMS s >");
        Assert.That(Run("XPENDING s g"), Is.EqualTo("[:0, nil, nil, nil]"));
        Assert.That(Run("XINFO GROUPS s"), Is.EqualTo(Groups("1", "0", "2-0", ":2", ":0")));
    }

    [Test]
    public void A_group_that_is_set_back_takes_entries_from_those_who_have_them()
    {
        Fill(2);
        Run("XREADGROUP GROUP g a STREAMS s >");
        Run("XGROUP SETID s g 1");
        Run("XREADGROUP GROUP g b STREAMS s >");
        Assert.That(Run("XPENDING s g"), Is.EqualTo("[:2, \"1-0\", \"2-0\", [[\"a\", \"1\"], [\"b\", \"1\"]]]"));
    }

    private static string Entry(int id, int idleMs, int deliveries) => $"[\"{id}-0\", [\"f\", \"v\"], :{idleMs}, :{deliveries}]";

    [Test]
    public void Reading_with_a_claim_gets_what_is_idle_longest_first_and_then_what_is_new()
    {
        Fill(5);
        Run("XREADGROUP GROUP g a COUNT 3 STREAMS s >");
        Run($"XCLAIM s g a 0 3 IDLE 500 JUSTID");
        Server.AdvanceTime(100);
        Run("XCLAIM s g a 0 2 JUSTID");
        Assert.That(Run("XREADGROUP GROUP g b CLAIM 100 COUNT 3 STREAMS s >"), Is.EqualTo(Read(Entry(3, 600, 1), Entry(1, 100, 1), Entry(4, 0, 0))));
        Assert.That(Run("XPENDING s g - + 9"), Is.EqualTo("[[\"1-0\", \"b\", :0, :2], [\"2-0\", \"a\", :0, :1], [\"3-0\", \"b\", :0, :2], [\"4-0\", \"b\", :0, :1]]"));
        Assert.That(Run("XREADGROUP GROUP g b CLAIM 0 COUNT 1 STREAMS s >"), Is.EqualTo(Read(Entry(1, 0, 2))));
        Assert.That(Run("XREADGROUP GROUP g c NOACK CLAIM 1 STREAMS s >"), Is.EqualTo(Read(Entry(5, 0, 0))));
        Assert.That(Run("XREADGROUP GROUP g c CLAIM 1 STREAMS s >"), Is.EqualTo("nil"));
        Assert.That(Run("XREADGROUP GROUP g c NOACK CLAIM 0 COUNT 9 STREAMS s >"), Is.EqualTo(Read(Entry(1, 0, 3), Entry(2, 0, 1), Entry(3, 0, 2), Entry(4, 0, 1))));
        Assert.That(Run("XPENDING s g"), Is.EqualTo("[:4, \"1-0\", \"4-0\", [[\"c\", \"4\"]]]"));
    }

    [Test]
    public void Acknowledged_entries_and_those_of_removed_consumers_are_not_claimed()
    {
        Fill(4);
        Run("XREADGROUP GROUP g a CLAIM 9 COUNT 2 STREAMS s >");
        Run("XREADGROUP GROUP g b COUNT 2 STREAMS s >");
        Run("XACK s g 1");
        Run("XGROUP DELCONSUMER s g b");
        Assert.That(Run("XREADGROUP GROUP g c CLAIM 0 STREAMS s >"), Is.EqualTo(Read(Entry(2, 0, 1))));
        Run("XGROUP DELCONSUMER s g c");
        Assert.That(Run("XREADGROUP GROUP g c CLAIM 0 STREAMS s >"), Is.EqualTo("nil"));
    }

    [Test]
    public void Deleted_entries_are_pending_no_more_when_they_would_be_claimed()
    {
        Fill(3);
        Run("XREADGROUP GROUP g a STREAMS s >");
        Run("XDEL s 1 2");
        Assert.That(Run("XREADGROUP GROUP g b CLAIM 0 COUNT 1 STREAMS s >"), Is.EqualTo(Read(Entry(3, 0, 1))));
        Assert.That(Run("XPENDING s g"), Is.EqualTo("[:1, \"3-0\", \"3-0\", [[\"b\", \"1\"]]]"));
        Run("XTRIM s MAXLEN 0");
        Assert.That(Run("XREADGROUP GROUP g b CLAIM 0 STREAMS s >"), Is.EqualTo("nil"));
        Assert.That(Run("XPENDING s g"), Is.EqualTo("[:0, nil, nil, nil]"));
    }

    [Test]
    public void A_claim_does_not_concern_history_and_is_not_read_by_XREAD()
    {
        Fill(1);
        Run("XREADGROUP GROUP g a STREAMS s >");
        Assert.That(Run("XREADGROUP GROUP g a CLAIM 0 STREAMS s 0"), Is.EqualTo(Read(Entry(1))));
        Assert.That(Run("XREAD CLAIM 0 STREAMS s 0"), Is.EqualTo("-ERR The CLAIM option is only supported by XREADGROUP. You called XREAD instead."));
        foreach (var wrong in new[] { "x", "5.5", "+10", "-0", "" })
            Assert.That(Server.Run("XREADGROUP", "GROUP", "g", "a", "CLAIM", wrong, "STREAMS", "s", ">"), Is.EqualTo("-ERR min-idle-time is not an integer or out of range"));
        Assert.That(Run("XREADGROUP GROUP g a CLAIM -1 STREAMS s >"), Is.EqualTo("-ERR min-idle-time must be a positive integer"));
    }

    [Test]
    public void A_claim_moves_what_is_idle_long_enough()
    {
        Fill(3);
        Run("XREADGROUP GROUP g a COUNT 2 STREAMS s >");
        Server.AdvanceTime(50);
        Assert.That(Run("XCLAIM s g b 51 1 2"), Is.EqualTo("[]"));
        Assert.That(Run("XCLAIM s g b 50 1 3"), Is.EqualTo($"[{Entry(1)}]"));
        Assert.That(Run("XCLAIM s g b 0 2 JUSTID IDLE 7"), Is.EqualTo("[\"2-0\"]"));
        Assert.That(Run("XCLAIM s g b 0 3 FORCE RETRYCOUNT 9"), Is.EqualTo($"[{Entry(3)}]"));
        Assert.That(Run("XPENDING s g - + 9"), Is.EqualTo("[[\"1-0\", \"b\", :0, :2], [\"2-0\", \"b\", :7, :1], [\"3-0\", \"b\", :0, :9]]"));
        Assert.That(Run("XINFO GROUPS s"), Is.EqualTo(Groups("2", "3", "2-0", ":2", ":1")));
    }

    [Test]
    public void Who_claims_what_was_deleted_takes_it_out()
    {
        Fill(4);
        Run("XREADGROUP GROUP g a STREAMS s >");
        Run("XDEL s 1 3");
        Assert.That(Run("XCLAIM s g b 0 1"), Is.EqualTo("[]"));
        Assert.That(Run("XAUTOCLAIM s g b 0 0 COUNT 2"), Is.EqualTo($"[\"4-0\", [{Entry(2)}], [\"3-0\"]]"));
        Assert.That(Run("XAUTOCLAIM s g b 0 4 JUSTID"), Is.EqualTo("[\"0-0\", [\"4-0\"], []]"));
        Assert.That(Run("XPENDING s g"), Is.EqualTo("[:2, \"2-0\", \"4-0\", [[\"b\", \"2\"]]]"));
    }

    [Test]
    public void The_greatest_id_is_claimed_once()
    {
        Run("XADD s 18446744073709551615-18446744073709551615 f v");
        Run("XGROUP CREATE s g 0");
        Run("XREADGROUP GROUP g a STREAMS s >");
        Assert.That(Run("XAUTOCLAIM s g b 0 0 JUSTID"), Is.EqualTo("[\"0-0\", [\"18446744073709551615-18446744073709551615\"], []]"));
    }

    [Test]
    public void A_consumer_goes_with_what_is_pending_at_it()
    {
        Fill(500);
        Run("XREADGROUP GROUP g a COUNT 200 STREAMS s >");
        Run("XREADGROUP GROUP g b STREAMS s >");
        Assert.That(Run("XGROUP DELCONSUMER s g a"), Is.EqualTo(":200"));
        Assert.That(Run("XPENDING s g"), Is.EqualTo("[:300, \"201-0\", \"500-0\", [[\"b\", \"300\"]]]"));
        Assert.That(Run("XGROUP DELCONSUMER s g b"), Is.EqualTo(":300"));
        Assert.That(Run("XPENDING s g"), Is.EqualTo("[:0, nil, nil, nil]"));
    }

    [Test]
    public void A_destroyed_group_gives_its_memory_back_and_can_be_made_again()
    {
        Fill(2000);
        Run("XREADGROUP GROUP g a STREAMS s >");
        Server.Run("MEMORY", "USAGE", "s");
        var before = Server.Server.Keyspace.Allocator.UsedBytesOf(Purpose.Collections);
        Assert.That(Run("XGROUP DESTROY s g"), Is.EqualTo(":1"));
        Server.TurnUntil(() => !Server.Server.Keyspace.LazyFree.IsPending);
        Assert.That(Server.Server.Keyspace.Allocator.UsedBytesOf(Purpose.Collections), Is.LessThan(before - 2000 * 55));
        Assert.That(Run("XGROUP DESTROY s g"), Is.EqualTo(":0"));
        Assert.That(Run("XGROUP CREATE s g $"), Is.EqualTo("+OK"));
        Assert.That(Run("XPENDING s g"), Is.EqualTo("[:0, nil, nil, nil]"));
    }

    [Test]
    public void A_copy_has_groups_of_its_own()
    {
        Fill(3);
        Run("XREADGROUP GROUP g a STREAMS s >");
        Run("COPY s t");
        Run("XACK s g 1 2 3");
        Assert.That(Run("XPENDING t g"), Is.EqualTo("[:3, \"1-0\", \"3-0\", [[\"a\", \"3\"]]]"));
        Run("DEL s");
        Assert.That(Run("XACK t g 2"), Is.EqualTo(":1"));
    }

    [Test]
    public void Consumers_are_told_by_name_with_their_times()
    {
        Fill(1);
        Run("XGROUP CREATECONSUMER s g b");
        Run("XREADGROUP GROUP g a STREAMS s >");
        Server.AdvanceTime(30);
        Run("XREADGROUP GROUP g a STREAMS s >");
        Server.AdvanceTime(3);
        string Consumer(string name, int pending, int idle, int inactive) => Map("\"name\"", $"\"{name}\"", "\"pending\"", $":{pending}", "\"idle\"", $":{idle}", "\"inactive\"", $":{inactive}");
        Assert.That(Run("XINFO CONSUMERS s g"), Is.EqualTo($"[{Consumer("a", 1, 3, 33)}, {Consumer("b", 0, 33, -1)}]"));
    }

    // ---- what becomes of pending entries that are deleted (Redis 8.2)

    [Test]
    public void Who_acknowledges_and_deletes_may_leave_take_or_respect_what_other_groups_have()
    {
        Fill(4);
        Run("XGROUP CREATE s other 0");
        Run("XREADGROUP GROUP g a STREAMS s >");
        Run("XREADGROUP GROUP other a COUNT 3 STREAMS s >");
        Assert.That(Run("XACKDEL s g IDS 2 1 9"), Is.EqualTo("[:1, :-1]"));
        Assert.That(Run("XACKDEL s g DELREF IDS 1 2"), Is.EqualTo("[:1]"));
        Assert.That(Run("XACKDEL s g ACKED IDS 2 3 4"), Is.EqualTo("[:2, :2]"), "one is pending, the other not read yet");
        Assert.That(Run("XPENDING s other"), Is.EqualTo("[:2, \"1-0\", \"3-0\", [[\"a\", \"2\"]]]"));
        Assert.That(Run("XACKDEL s other ACKED IDS 1 3"), Is.EqualTo("[:1]"));
        Assert.That(Run("XLEN s"), Is.EqualTo(":1"));
        Assert.That(Run("XACKDEL s missing IDS 1 4"), Is.EqualTo("[:-1]"));
        Assert.That(Run("XACKDEL missing g IDS 1 4"), Is.EqualTo("[:-1]"));
    }

    [Test]
    public void Deleting_may_take_entries_out_of_groups_or_spare_them()
    {
        Fill(3);
        Run("XREADGROUP GROUP g a COUNT 2 STREAMS s >");
        Assert.That(Run("XDELEX s ACKED IDS 3 1 3 9"), Is.EqualTo("[:2, :2, :-1]"));
        Assert.That(Run("XDELEX s DELREF IDS 1 1"), Is.EqualTo("[:1]"));
        Assert.That(Run("XPENDING s g"), Is.EqualTo("[:1, \"2-0\", \"2-0\", [[\"a\", \"1\"]]]"));
        Run("XACK s g 2");
        Assert.That(Run("XDELEX s ACKED IDS 1 2"), Is.EqualTo("[:1]"));
    }

    [Test]
    public void Trimming_may_take_entries_out_of_groups_or_spare_them()
    {
        Fill(5);
        Run("XREADGROUP GROUP g a COUNT 4 STREAMS s >");
        Run("XACK s g 1 3");
        Assert.That(Run("XTRIM s MAXLEN ACKED 0"), Does.StartWith("-ERR"));
        Assert.That(Run("XTRIM s MAXLEN 0 ACKED"), Is.EqualTo(":2"));
        Assert.That(Run("XRANGE s - + COUNT 1"), Is.EqualTo($"[{Entry(2)}]"));
        Assert.That(Run("XTRIM s MINID 4 DELREF"), Is.EqualTo(":1"));
        Assert.That(Run("XPENDING s g"), Is.EqualTo("[:1, \"4-0\", \"4-0\", [[\"a\", \"1\"]]]"));
        Run("XADD s MAXLEN = 1 DELREF 6 f v");
        Assert.That(Run("XPENDING s g"), Is.EqualTo("[:0, nil, nil, nil]"));
        Assert.That(Run("XLEN s"), Is.EqualTo(":1"));
    }
}
