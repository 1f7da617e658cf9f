namespace Carnelian.Tests;

internal sealed class FieldExpiryTests(RespVersion version) : CommandFixture(version)
{
    private readonly EventLines _heard = new();

    /// <summary>Packed, and as a table.</summary>
    private static readonly string[] _limits = ["512", "0"];

    [Test]
    public void A_field_is_hidden_as_soon_as_its_time_is_over([ValueSource(nameof(_limits))] string limit)
    {
        SetUpHash(limit, activeExpiry: false);
        Run("HPEXPIRE h 50 FIELDS 2 a b");
        Server.AdvanceTime(52);
        Assert.That(Run("HGETALL h"), Is.EqualTo(Map("\"c\"", "\"3\"")));
        Assert.That(Run("HTTL h FIELDS 3 a c missing"), Is.EqualTo("[:-2, :-1, :-2]"));
        Assert.That(Run("HLEN h"), Is.EqualTo(":3"), "what is hidden is still counted, as in Redis");
        Assert.That(Run("HGET h a"), Is.EqualTo("nil"));
        Assert.That(Run("HLEN h"), Is.EqualTo(":2"), "who reads it deletes it");
    }

    [Test]
    public void A_field_lives_through_its_last_millisecond([ValueSource(nameof(_limits))] string limit)
    {
        SetUpHash(limit, activeExpiry: false);
        var lastMs = Server.Server.NowMs + 50;
        Run($"HPEXPIREAT h {lastMs} FIELDS 1 a");
        Server.AdvanceTime(lastMs - Server.Server.NowMs);
        Assert.That(Run("HPTTL h FIELDS 1 a"), Is.EqualTo("[:0]"));
        Assert.That(Run("HGET h a"), Is.EqualTo("\"1\""));
        Server.AdvanceTime(1);
        Assert.That(Run("HGET h a"), Is.EqualTo("nil"));
    }

    [Test]
    public void Fields_that_are_over_go_within_200_ms_without_being_asked_for([ValueSource(nameof(_limits))] string limit)
    {
        SetUpHash(limit, activeExpiry: true);
        Run("HPEXPIRE h 50 FIELDS 2 a b");
        Run("HPEXPIRE h 5000 FIELDS 1 c");
        Assert.That(Info("subexpiry"), Is.EqualTo(1));
        Server.AdvanceTime(251);
        Assert.That(Run("HLEN h"), Is.EqualTo(":1"));
        Assert.That(Info("expired_subkeys"), Is.EqualTo(2));
        Server.AdvanceTime(5000);
        Assert.That(Run("EXISTS h"), Is.EqualTo(":0"));
        Assert.That(_heard.Take(), Is.EqualTo(new[] { "hexpire", "hexpire", "hexpired", "hexpired", "del" }));
    }

    [Test]
    public void A_hash_with_an_expiry_of_its_own_goes_then_whatever_its_fields_do([ValueSource(nameof(_limits))] string limit)
    {
        SetUpHash(limit, activeExpiry: true);
        Run("PEXPIRE h 1000");
        Run("HPEXPIRE h 50 FIELDS 1 a");
        Server.AdvanceTime(260);
        Assert.That(Run("HLEN h"), Is.EqualTo(":2"));
        Server.AdvanceTime(1000);
        Assert.That(Server.Server.Keyspace.Databases[0].Data.Count, Is.Zero);
    }

    [Test]
    public void Ten_thousand_fields_go_in_steps()
    {
        const int Fields = 10_000;
        SetUpHash("0", activeExpiry: true);
        for (var i = 0; i < Fields; i += 100)
            Run(["HSETEX", "h", "PX", "1000", "FIELDS", "100", .. Enumerable.Range(i, 100).SelectMany(n => new[] { $"field {n}", $"{n}" })]);
        Server.AdvanceTime(1001);
        var statistics = Server.Server.Keyspace.Statistics;
        var startMs = Server.Server.NowMs;
        Server.TurnUntil(() => statistics.FieldsExpired == Fields);
        Assert.That(Server.Server.NowMs - startMs, Is.LessThanOrEqualTo(200));
        Assert.That(Run("HLEN h"), Is.EqualTo(":3"));
        Assert.That(Info("subexpiry"), Is.Zero);
    }

    [Test]
    public void Without_active_expiry_nothing_goes_by_itself()
    {
        SetUpHash("512", activeExpiry: false);
        Run("HPEXPIRE h 10 FIELDS 1 a");
        Server.AdvanceTime(1000);
        Assert.That(Run("HLEN h"), Is.EqualTo(":3"));
        Server.Server.Cron.ActiveExpiryEnabled = true;
        Server.AdvanceTime(200);
        Assert.That(Run("HLEN h"), Is.EqualTo(":2"));
    }

    [Test]
    public void Each_field_that_goes_by_itself_is_a_change_of_its_own()
    {
        SetUpHash("512", activeExpiry: true);
        var log = new AppendOnlyText();
        Server.Server.Keyspace.Changes.Attach(log);
        Run("HPEXPIRE h 50 FIELDS 2 a b");
        Server.AdvanceTime(300);
        Assert.That(log.Lines[1..], Is.EqualTo(new[] { "HDEL h b", "HDEL h a" }).Or.EqualTo(new[] { log.Lines[1], "HDEL h b", "HDEL h a" }));
    }

    [Test]
    public void What_a_read_deletes_is_told_before_the_rest_of_its_unit()
    {
        SetUpHash("512", activeExpiry: false);
        var log = new AppendOnlyText();
        Run("HPEXPIRE h 50 FIELDS 1 a");
        Server.AdvanceTime(60);
        Server.Server.Keyspace.Changes.Attach(log);
        Run("HINCRBY h a 5");
        Server.AdvanceTime(0);
        Assert.That(log.Lines, Is.EqualTo(new[] { "MULTI", "SELECT 0", "HDEL h a", "HINCRBY h a 5", "EXEC" }));
    }

    [Test]
    public void An_expiry_gives_a_packed_hash_another_form_for_good()
    {
        Run("HSET h a 1");
        Run("HEXPIRE h 100 FIELDS 1 missing");
        Assert.That(Run("OBJECT ENCODING h"), Is.EqualTo("\"listpackex\""));
        Run("HSET h b 2");
        Run("HPERSIST h FIELDS 1 b");
        Assert.That(Run("OBJECT ENCODING h"), Is.EqualTo("\"listpackex\""));
        Assert.That(Info("subexpiry"), Is.Zero);
    }

    [Test]
    public void Fields_lie_in_the_order_of_their_times()
    {
        Run("HSET h a 1 b 2 c 3");
        Run("HEXPIRE h 300 FIELDS 1 a");
        Run("HEXPIRE h 100 FIELDS 1 c");
        Run("HEXPIRE h 200 FIELDS 1 b");
        Assert.That(Run("HKEYS h"), Is.EqualTo("[\"c\", \"b\", \"a\"]"));
        Run("HSET h c 4");
        Assert.That(Run("HKEYS h"), Is.EqualTo("[\"b\", \"a\", \"c\"]"));
    }

    [Test]
    public void A_packed_hash_that_lost_all_fields_to_time_takes_long_ones_in_the_same_request()
    {
        Run("HSETEX h PX 1 FIELDS 1 a 1");
        Server.Server.Cron.ActiveExpiryEnabled = false;
        Server.AdvanceTime(10);
        Assert.That(Run("HSETEX", "h", "FNX", "FIELDS", "2", "a", new string('x', 60), "b", "2"), Is.EqualTo(":1"));
        Assert.That(Run("HTTL h FIELDS 2 a b"), Is.EqualTo("[:-1, :-1]"));
    }

    [Test]
    public void Hrandfield_draws_none_that_is_over([ValueSource(nameof(_limits))] string limit)
    {
        SetUpHash(limit, activeExpiry: false);
        Run("HPEXPIRE h 50 FIELDS 2 a b");
        Server.AdvanceTime(60);
        Assert.That(Run("HRANDFIELD h 10"), Is.EqualTo("[\"c\"]"));
        Assert.That(Run("HLEN h"), Is.EqualTo(":1"));
        Run("HPEXPIRE h 50 FIELDS 1 c");
        Server.AdvanceTime(60);
        Assert.That(Run("HRANDFIELD h"), Is.EqualTo("nil"));
        Assert.That(Run("EXISTS h"), Is.EqualTo(":0"));
        Assert.That(_heard.Take(), Has.Exactly(1).EqualTo("del"));
    }

    private void SetUpHash(string limit, bool activeExpiry)
    {
        Run($"CONFIG SET hash-max-listpack-entries {limit}");
        Server.Server.Cron.ActiveExpiryEnabled = activeExpiry;
        Run("HSET h a 1 b 2 c 3");
        Server.Server.Keyspace.Attach(_heard);
        _heard.Take();
    }

    private long Info(string field)
    {
        var text = Server.Client.RunValue(["INFO", "everything"]).Text!;
        var at = text.IndexOf(field, StringComparison.Ordinal);
        if (at < 0) return 0;
        var number = text[(at + field.Length + 1)..];
        return long.Parse(number[..number.IndexOfAny(['\r', ','])]);
    }

    /// <summary>Writes events of hashes and keys down.</summary>
    private sealed class EventLines : IKeyspaceListener
    {
        private readonly List<string> _lines = [];

        public KeyspaceEventClass Wants => KeyspaceEventClass.Hash | KeyspaceEventClass.Generic;

        public bool WantsModified => false;

        public void OnModified(Author author, Database database, Key key)
        {
        }

        public void OnFlushing(Database? database)
        {
        }

        public void OnSwapping(Database one, Database other)
        {
        }

        public void OnEvent(KeyspaceEventClass kind, ReadOnlySpan<byte> name, Database database, Key key) => _lines.Add(System.Text.Encoding.ASCII.GetString(name));

        public string[] Take()
        {
            string[] taken = [.. _lines];
            _lines.Clear();
            return taken;
        }
    }
}
