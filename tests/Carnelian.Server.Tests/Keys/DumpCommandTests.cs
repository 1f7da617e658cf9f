using System.Text;

namespace Carnelian.Tests;

/// <summary>DUMP and RESTORE. What payloads hold is looked at by the tests of Carnelian.Persistence.</summary>
internal sealed class DumpCommandTests(RespVersion version) : CommandFixture(version)
{
    protected override void Configure(ServerOptions options) => options.DebugCommand = ProtectedAction.Yes;

    private byte[] Dump(string key) => Server.Client.RunValue("DUMP", key).Bytes;

    private string Restore(string key, string ttl, byte[] payload, params string[] options)
    {
        Server.Client.SendRaw(TestClient.Request([Bytes("RESTORE"), Bytes(key), Bytes(ttl), payload, .. options.Select(Bytes)]));
        return Server.Client.Read();
    }

    private static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    private byte[] DumpOf(string value)
    {
        Server.Run("SET", "source", value);
        return Dump("source");
    }

    [Test]
    public void A_dump_is_what_Redis_dumps_but_for_the_version()
    {
        Assert.That(Convert.ToHexString(DumpOf("hello")[..^10]), Is.EqualTo("000568656C6C6F"));
        Assert.That(Run("DUMP missing"), Is.EqualTo("nil"));
    }

    [Test]
    public void What_was_dumped_by_Redis_and_Valkey_is_restored()
    {
        // SET s hello; DUMP s.
        Assert.That(Restore("a", "0", Convert.FromHexString("000568656C6C6F0C00A804EBB69F1EBE43")), Is.EqualTo("+OK"));
        Assert.That(Restore("b", "0", Convert.FromHexString("000568656C6C6F5000AC5816E7FB6647FE")), Is.EqualTo("+OK"));
        Assert.That(Run("MGET a b"), Is.EqualTo("[\"hello\", \"hello\"]"));
    }

    [Test]
    public void Restore_spares_what_is_there_unless_it_may_be_replaced()
    {
        var payload = DumpOf("v");
        Assert.That(Restore("source", "0", payload), Is.EqualTo("-BUSYKEY Target key name already exists."));
        Run("RPUSH list a");
        Assert.That(Restore("list", "0", payload, "replace"), Is.EqualTo("+OK"));
        Assert.That(Run("GET list"), Is.EqualTo("\"v\""));
        Run("SET over 1 PX 10");
        Server.AdvanceTime(20);
        Assert.That(Restore("over", "0", payload), Is.EqualTo("+OK"), "what is over is no obstacle");
    }

    [Test]
    public void The_time_is_a_span_or_a_moment()
    {
        var payload = DumpOf("v");
        Restore("a", "5000", payload);
        Assert.That(Run("PTTL a"), Is.EqualTo(":5000"));
        Restore("b", $"{Server.Server.NowMs + 7000}", payload, "ABSTTL");
        Assert.That(Run("TTL b"), Is.EqualTo(":7"));
        Restore("c", "0", payload, "ABSTTL");
        Assert.That(Run("TTL c"), Is.EqualTo(":-1"));
        Run("EXPIRE a 100");
        Restore("a", "0", payload, "REPLACE");
        Assert.That(Run("TTL a"), Is.EqualTo(":-1"), "the old key's time is gone with it");
    }

    [Test]
    public void What_is_over_at_once_is_not_stored_and_what_it_was_to_replace_goes()
    {
        var payload = DumpOf("v");
        Assert.That(Restore("a", "1", payload, "ABSTTL"), Is.EqualTo("+OK"));
        Assert.That(Run("EXISTS a"), Is.EqualTo(":0"));
        Assert.That(Restore("source", "1", payload, "ABSTTL", "REPLACE"), Is.EqualTo("+OK"));
        Assert.That(Run("EXISTS source"), Is.EqualTo(":0"));
        Run("SET a old");
        var damaged = (byte[])payload.Clone();
        Run("DEBUG SET-SKIP-CHECKSUM-VALIDATION 1");
        damaged[0] = 200;
        Assert.That(Restore("a", "1", damaged, "ABSTTL", "REPLACE"), Is.EqualTo("-ERR Bad data format"));
        Assert.That(Run("GET a"), Is.EqualTo("\"old\""));
    }

    [Test]
    public void Idle_time_and_frequency_are_taken_as_the_policy_counts_them()
    {
        var payload = DumpOf("v");
        Restore("a", "0", payload, "IDLETIME", "1000");
        Assert.That(Run("OBJECT IDLETIME a"), Is.EqualTo(":1000"));
        Run("CONFIG SET maxmemory-policy allkeys-lfu");
        Restore("b", "0", payload, "FREQ", "100");
        Assert.That(Run("OBJECT FREQ b"), Is.EqualTo(":100"));
        Restore("c", "0", payload, "IDLETIME", "1000");
        Assert.That(Run("OBJECT FREQ c"), Is.EqualTo(":5"), "a new key's");
    }

    [TestCase("x", "", "-ERR value is not an integer or out of range"), TestCase("-1", "", "-ERR Invalid TTL value, must be >= 0")]
    [TestCase("0", "IDLETIME -1", "-ERR Invalid IDLETIME value, must be >= 0"), TestCase("0", "IDLETIME x", "-ERR value is not an integer or out of range")]
    [TestCase("0", "FREQ 256", "-ERR Invalid FREQ value, must be >= 0 and <= 255"), TestCase("0", "FREQ -1", "-ERR Invalid FREQ value, must be >= 0 and <= 255")]
    [TestCase("0", "FREQ 1 IDLETIME 1", "-ERR syntax error"), TestCase("0", "IDLETIME 1 FREQ 1", "-ERR syntax error"), TestCase("0", "FREQ", "-ERR syntax error")]
    [TestCase("0", "NX", "-ERR syntax error")]
    public void A_wrong_option_is_named(string ttl, string options, string error)
    {
        Assert.That(Restore("a", ttl, DumpOf("v"), options.Split(' ', StringSplitOptions.RemoveEmptyEntries)), Is.EqualTo(error));
        Assert.That(Run("EXISTS a"), Is.EqualTo(":0"));
    }

    [Test]
    public void Options_are_looked_at_before_the_key_and_the_key_before_time_and_payload()
    {
        Run("SET a v");
        Assert.That(Restore("a", "x", [], "NX"), Is.EqualTo("-ERR syntax error"));
        Assert.That(Restore("a", "x", []), Is.EqualTo("-BUSYKEY Target key name already exists."));
        Assert.That(Restore("b", "x", []), Is.EqualTo("-ERR value is not an integer or out of range"));
    }

    [Test]
    public void Version_and_checksum_must_be_right()
    {
        const string wrong = "-ERR DUMP payload version or checksum are wrong";
        var payload = DumpOf("hello");
        Assert.That(Restore("a", "0", payload[..9]), Is.EqualTo(wrong));
        payload[2] ^= 1;
        Assert.That(Restore("a", "0", payload), Is.EqualTo(wrong));
        Assert.That(Run("DEBUG SET-SKIP-CHECKSUM-VALIDATION 1"), Is.EqualTo("+OK"));
        Assert.That(Restore("a", "0", payload), Is.EqualTo("+OK"));
        Assert.That(Run("GET a"), Is.EqualTo("\"iello\""));
        payload[^10] = 0;
        Assert.That(Restore("zero", "0", payload), Is.EqualTo("+OK"), "as in Redis");
        payload[^10] = 13;
        Assert.That(Restore("of Redis 8.6", "0", payload), Is.EqualTo("+OK"));
        payload[^10] = 14;
        Assert.That(Restore("b", "0", payload), Is.EqualTo(wrong), "of a later version");
        Run("DEBUG SET-SKIP-CHECKSUM-VALIDATION 0");
        payload[^10] = 6;
        Assert.That(Restore("b", "0", payload), Is.EqualTo(wrong));
    }

    [Test]
    public void A_value_that_is_cut_short_goes_on_in_the_footer_as_in_Redis()
    {
        Assert.That(Restore("a", "0", new byte[11]), Is.EqualTo("+OK"), "a string, whose length is the version's first byte");
        Assert.That(Run("GET a"), Is.EqualTo("\"\""));
    }

    [Test]
    public void Rdbcompression_decides_whether_texts_are_compressed()
    {
        var text = new string('a', 500);
        Assert.That(DumpOf(text), Has.Length.LessThan(50));
        Run("CONFIG SET rdbcompression no");
        Assert.That(DumpOf(text), Has.Length.GreaterThan(500));
        Assert.That(Restore("a", "0", Dump("source")), Is.EqualTo("+OK"));
        Assert.That(Run("STRLEN a"), Is.EqualTo(":500"));
    }

    [Test]
    public void A_restored_key_serves_who_waits_for_it_and_spoils_transactions()
    {
        Run("RPUSH source a");
        var payload = Dump("source");
        var waiting = Server.Blocked("BLPOP", "list", "0");
        Run("WATCH other");
        Restore("list", "0", payload);
        Assert.That(waiting.Read(), Is.EqualTo("[\"list\", \"a\"]"));
        Server.Connect().Run("SET", "other", "x");
        Restore("other", "0", payload, "REPLACE");
        Run("MULTI");
        Run("GET source");
        Assert.That(Run("EXEC"), Is.EqualTo("nil"));
    }

    [Test]
    public void Moments_are_propagated_instead_of_spans()
    {
        var payload = DumpOf("v");
        var log = new AppendOnlyText();
        Server.Server.Keyspace.Changes.Attach(log);
        Restore("a", "5000", payload, "REPLACE");
        var now = Server.Server.Keyspace.NowMs;
        Restore("b", "0", payload);
        Restore("c", "99999999999999", payload, "ABSTTL");
        Restore("b", "1", payload, "ABSTTL", "REPLACE");
        Restore("missing", "1", payload, "ABSTTL", "REPLACE");
        Restore("b", "x", payload);
        Server.AdvanceTime(0);
        var text = Encoding.Latin1.GetString(payload);
        Assert.That(log.Lines, Is.EqualTo(new[]
        {
            "SELECT 0", $"RESTORE a {now + 5000} {text} REPLACE ABSTTL", $"RESTORE b 0 {text}", $"RESTORE c 99999999999999 {text} ABSTTL", "DEL b",
        }));
    }

    [Test]
    public void A_large_value_travels()
    {
        Server.Run("SET", "a", string.Concat(Enumerable.Range(0, 300_000).Select(i => $"{i * 7919 % 100_003}")));
        var payload = Dump("a");
        Assert.That(Restore("b", "0", payload), Is.EqualTo("+OK"));
        Assert.That(Run("DEBUG DIGEST-VALUE b"), Is.EqualTo(Run("DEBUG DIGEST-VALUE a")));
    }

    [Test]
    public void What_is_wrong_with_a_payload_is_logged_with_its_place()
    {
        var log = new LogLines();
        using var server = new SimulatedServer(logger: log);
        // A set's listpack whose length is wrong.
        byte[] body = [20, 8, 9, 0, 0, 0, 0, 0, 0xff, 0xff, 11, 0];
        var checksum = BitConverter.GetBytes(Crc64.Of(body));
        server.Client.SendRaw(TestClient.Request([Bytes("RESTORE"), Bytes("k"), Bytes("0"), [.. body, .. checksum]]));
        Assert.That(server.Client.Read(), Is.EqualTo("-ERR Bad data format"));
        Assert.That(log.Text, Does.Contain("RESTORE of a payload that is no value: Set listpack integrity check failed, at byte 1"));
    }

    [Test]
    public void Restore_asking_is_restore()
    {
        var payload = DumpOf("v");
        Server.Client.SendRaw(TestClient.Request([Bytes("RESTORE-ASKING"), Bytes("a"), Bytes("0"), payload]));
        Assert.That(Server.Client.Read(), Is.EqualTo("+OK"));
    }
}
