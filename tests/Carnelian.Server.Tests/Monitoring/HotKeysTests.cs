namespace Carnelian.Tests;

/// <summary>HOTKEYS: which keys take most time and most bytes.</summary>
internal sealed class HotKeysTests(RespVersion version) : CommandFixture(version)
{
    /// <summary>The reply's one map.</summary>
    private Dictionary<string, RespValue> Report(SimulatedServer? server = null) =>
        (server ?? Server).Client.RunValue("HOTKEYS", "GET").Items.Single().Items.Chunk(2).ToDictionary(pair => pair[0].Text!, pair => pair[1]);

    private static (string Key, long Weight)[] Pairs(RespValue list) => [.. list.Items.Chunk(2).Select(pair => (pair[0].Text!, long.Parse(pair[1].Text!)))];

    [Test]
    public void Bytes_of_requests_and_replies_are_told_by_key()
    {
        Assert.That(Run("HOTKEYS START METRICS 1 NET"), Is.EqualTo("+OK"));
        Run("SET", "big", new string('x', 100));
        Run("GET big");
        Run("SET small 1");
        Run("MSET a 1 b 2");
        Run("PING");
        Assert.That(Run("HOTKEYS STOP"), Is.EqualTo("+OK"));
        var report = Report();
        // *3 $3 SET $3 big $100 …, +OK; *2 $3 GET $3 big, $100 …
        const long set = 4 + 9 + 9 + 6 + 102 + 5, get = 4 + 9 + 9 + 6 + 102, small = 4 + 9 + 11 + 7 + 5, many = (4 + 10 + 4 * 7 + 5) / 2;
        Assert.That(Pairs(report["by-net-bytes"]), Is.EquivalentTo(new[] { ("big", set + get), ("small", small), ("a", many), ("b", many) }));
        Assert.That(Pairs(report["by-net-bytes"])[0].Key, Is.EqualTo("big"));
        Assert.That(report["net-bytes-all-commands-all-slots"].Text, Is.EqualTo($"{set + get + small + 4 + 10 + 4 * 7 + 5}"));
        Assert.That(report["tracking-active"].Text, Is.EqualTo("0"));
        Assert.That(TestReply.Show(report["selected-slots"]), Is.EqualTo("[[:0, :16383]]"));
        Assert.That(report.Keys, Is.EqualTo(new[]
        {
            "tracking-active", "sample-ratio", "selected-slots", "all-commands-all-slots-us", "net-bytes-all-commands-all-slots", "collection-start-time-unix-ms",
            "collection-duration-ms", "total-net-bytes", "by-net-bytes",
        }));
    }

    [Test]
    public void Time_is_told_by_key()
    {
        using var server = new SimulatedServer(commands: WaitingCommands.Table());
        if (IsResp3) server.Run("HELLO", "3");
        server.Run("HOTKEYS", "START", "METRICS", "2", "NET", "CPU");
        server.Run("SET", "k", "v");
        var report = Report(server);
        Assert.That(report["tracking-active"].Text, Is.EqualTo("1"));
        Assert.That(report.Keys, Is.SupersetOf(new[] { "total-cpu-time-user-ms", "total-cpu-time-sys-ms", "by-cpu-time-us", "total-net-bytes", "by-net-bytes" }));
        Assert.That(report["by-cpu-time-us"].Items, Is.Empty, "no time passes within a call here");
    }

    [Test]
    public void Calls_of_a_transaction_and_those_who_waited_count()
    {
        Run("HOTKEYS START METRICS 1 NET");
        foreach (var request in new[] { "MULTI", "SET a 1", "SET b 1", "SET a 1", "EXEC" }) Run(request);
        var waiting = Server.Blocked("BLPOP", "l", "0");
        Assert.That(Pairs(Report()["by-net-bytes"]).Select(pair => pair.Key), Is.EqualTo(new[] { "a", "b" }));
        Run("RPUSH l x");
        waiting.Read();
        Assert.That(Pairs(Report()["by-net-bytes"]).Select(pair => pair.Key), Does.Contain("l"));
    }

    [Test]
    public void As_many_are_told_as_are_asked_for()
    {
        Run("HOTKEYS START METRICS 1 NET COUNT 3");
        for (var i = 0; i < 100; i++) Run("SET", $"k{i}", new string('x', i));
        Assert.That(Pairs(Report()["by-net-bytes"]).Select(pair => pair.Key), Is.EqualTo(new[] { "k99", "k98", "k97" }));
    }

    [Test]
    public void Of_a_sample_the_hottest_are_found_too()
    {
        Run("HOTKEYS START METRICS 1 NET SAMPLE 10");
        for (var i = 0; i < 2000; i++) Run("GET", i % 2 == 0 ? "hot" : $"k{i % 400}");
        var report = Report();
        Assert.That(Pairs(report["by-net-bytes"])[0].Key, Is.EqualTo("hot"));
        Assert.That(report["sample-ratio"].Text, Is.EqualTo("10"));
        Assert.That(long.Parse(report["total-net-bytes"].Text!), Is.LessThan(long.Parse(report["net-bytes-all-commands-all-slots"].Text!) / 5));
    }

    [Test]
    public void A_session_ends_by_itself_or_is_stopped_and_costs_nothing_then()
    {
        Run("HOTKEYS START METRICS 1 NET DURATION 2");
        Assert.That(Server.Server.Executor.ClosedGates, Is.EqualTo(Gates.HotKeys));
        Assert.That(Run("HOTKEYS RESET"), Is.EqualTo("-ERR hotkey tracking session in progress, stop tracking first"));
        Assert.That(Run("HOTKEYS START METRICS 1 CPU"), Is.EqualTo("-ERR hotkey tracking session already in progress"));
        Server.AdvanceTime(3000);
        Run("GET k");
        Assert.That(Server.Server.Executor.ClosedGates, Is.EqualTo(Gates.None));
        Assert.That((Report()["tracking-active"].Text, Report()["collection-duration-ms"].Text), Is.EqualTo(("0", "2000")));
        Assert.That(Run("HOTKEYS STOP"), Is.EqualTo("nil"));
        Assert.That(Run("HOTKEYS RESET"), Is.EqualTo("+OK"));
        Assert.That(Run("HOTKEYS GET"), Is.EqualTo("nil"));
        Assert.That(Run("HOTKEYS RESET"), Is.EqualTo("+OK"));
    }

    [Test]
    public void In_a_cluster_slots_are_chosen()
    {
        using var server = new SimulatedServer();
        server.Server.Keyspace.SetDatabaseCount(1);
        server.Server.Keyspace.UseSlots();
        if (IsResp3) server.Run("HELLO", "3");
        var slot = KeySlot.Of("{06S}k"u8);
        Assert.That(server.Run("HOTKEYS", "START", "METRICS", "1", "NET", "SAMPLE", "1000000000", "SLOTS", "4", "10", $"{slot}", "9", "100"), Is.EqualTo("+OK"));
        server.Run("SET", "{06S}k", "v");
        server.Run("SET", "{zzz}k", "v");
        var report = Report(server);
        Assert.That(TestReply.Show(report["selected-slots"]), Is.EqualTo("[[:0], [:9, :10], [:100]]"));
        Assert.That(long.Parse(report["net-bytes-all-commands-selected-slots"].Text!), Is.EqualTo(long.Parse(report["net-bytes-all-commands-all-slots"].Text!) / 2));
        Assert.That(report.Keys, Is.SupersetOf(new[] { "sampled-commands-selected-slots-us", "all-commands-selected-slots-us", "net-bytes-sampled-commands-selected-slots" }));
        const string again = "SLOTS parameter already specified", few = "not enough slot numbers provided", twice = "duplicate slot number", bad = "Invalid or out of range slot";
        server.Run("HOTKEYS", "STOP");
        foreach (var (slots, error) in new[] { ("SLOTS 1 0 SLOTS 1 1", again), ("SLOTS 2 0", few), ("SLOTS 2 0 0", twice), ("SLOTS 1 -1", bad), ("SLOTS 1 16384", bad), ("SLOTS 1 x", bad),
            ("SLOTS 0", "SLOTS count must be between 1 and 16384") })
            Assert.That(server.Run($"HOTKEYS START METRICS 1 CPU {slots}".Split(' ')), Is.EqualTo("-ERR " + error));
    }

    [TestCase("", "METRICS parameter is required"), TestCase(" METRICS", "METRICS parameter is required"), TestCase(" COUNT 1 METRICS 1 CPU", "METRICS parameter is required")]
    [TestCase(" METRICS 0", "METRICS count must be > 0 and <= 2"), TestCase(" METRICS 3 CPU NET", "METRICS count must be > 0 and <= 2")]
    [TestCase(" METRICS 2 CPU", "METRICS count does not match number of metric types provided"), TestCase(" METRICS 1 CPU NET", "syntax error")]
    [TestCase(" METRICS 1 GPU", "METRICS no valid metrics passed. Supported: CPU|NET"), TestCase(" METRICS 2 CPU CPU", "METRICS CPU defined more than once!")]
    [TestCase(" METRICS 2 NET NET", "METRICS NET defined more than once!"), TestCase(" METRICS 1 CPU COUNT 0", "COUNT must be between 1 and 64")]
    [TestCase(" METRICS 1 CPU COUNT 65", "COUNT must be between 1 and 64"), TestCase(" METRICS 1 CPU COUNT", "syntax error")]
    [TestCase(" METRICS 1 CPU DURATION 0", "DURATION must be between 1 and 1000000"), TestCase(" METRICS 1 CPU SAMPLE 0", "SAMPLE ratio must be positive")]
    [TestCase(" METRICS 1 CPU SLOTS 1 0", "SLOTS parameter cannot be used in non-cluster mode")]
    public void Wrong_options_are_refused_in_Redis_words(string options, string error)
    {
        Assert.That(Run("HOTKEYS START" + options), Is.EqualTo("-ERR " + error));
        Assert.That(Run("HOTKEYS START METRICS 2 GPU CPU"), Is.EqualTo("+OK"), "an unknown metric beside a known one is none");
    }
}
