namespace Carnelian.Tests;

/// <summary>LATENCY: spikes by kind of event, and histograms of commands.</summary>
internal sealed class LatencyTests(RespVersion version) : CommandFixture(version)
{
    protected override void Configure(ServerOptions options) => options.DebugCommand = ProtectedAction.Yes;

    private long Now => Server.Server.World.Clock.UnixMicroseconds / 1_000_000;

    [SetUp]
    public void TurnOn() => Run("CONFIG SET latency-monitor-threshold 200");

    /// <summary>Sleeps so many milliseconds within a command; when it was over.</summary>
    private long Sleep(int milliseconds)
    {
        Run("DEBUG", "SLEEP", $"0.{milliseconds:D3}");
        return Now;
    }

    [Test]
    public void Calls_that_take_long_enough_are_kept_with_their_time()
    {
        var first = Sleep(300);
        Server.AdvanceTime(1100);
        Sleep(199);
        Server.AdvanceTime(1100);
        var second = Sleep(500);
        Assert.That(Run("LATENCY HISTORY command"), Is.EqualTo($"[[:{first}, :300], [:{second}, :500]]"));
        Assert.That(Run("LATENCY LATEST"), Is.EqualTo($"[[\"command\", :{second}, :500, :500]]"));
    }

    [Test]
    public void Of_a_second_the_longest_is_kept_and_of_seconds_160()
    {
        Server.AdvanceTime(1000 - Server.Server.World.Clock.UnixMicroseconds / 1000 % 1000);
        var series = new LatencySeries("x");
        foreach (var (second, milliseconds) in new[] { (1, 5), (1, 9), (1, 7) }) series.Add(second, milliseconds);
        Assert.That(series.Samples, Is.EqualTo(new[] { new LatencySample(1, 9) }));
        for (var i = 2; i <= 161; i++) series.Add(i, 1);
        Assert.That((series.Samples.Count, series.Samples[0].UnixSeconds, series.MaxMs), Is.EqualTo((160, 2, 9)));
    }

    [TestCase(true), TestCase(false)]
    public void Keys_that_expire_are_kept_with_the_work_that_found_them(bool isMet)
    {
        Server.Server.Cron.ActiveExpiryEnabled = !isMet;
        Server.Server.Keyspace.Attach(new SlowListener(Server.World.Clock));
        Run("SET k v PX 10");
        Server.AdvanceTime(500);
        Run("GET k");
        var kinds = Server.Client.RunValue("LATENCY", "LATEST").Items.Select(item => item.Items[0].Text);
        Assert.That(kinds, Is.EqualTo(isMet ? ["expire-del", "fast-command"] : new[] { "expire-del", "expire-cycle" }));
        Assert.That(Run("LATENCY HISTORY expire-del"), Does.Contain(", :300]"));
    }

    [Test]
    public void Keys_that_are_evicted_are_kept_with_the_work_that_chose_them()
    {
        Server.Server.Keyspace.Attach(new SlowListener(Server.World.Clock));
        Run("SET k v");
        Run("CONFIG SET maxmemory-policy allkeys-lru");
        Run("CONFIG SET maxmemory 1");
        Run("PING");
        Assert.That(Run("INFO stats"), Does.Contain("evicted_keys:1\r\n"));
        Assert.That(Run("LATENCY HISTORY eviction-del"), Does.Contain(", :300]"));
        Assert.That(Run("LATENCY HISTORY eviction-cycle"), Does.Contain(", :300]"));
    }

    /// <summary>Takes its time to hear that a key is gone.</summary>
    private sealed class SlowListener(Clock clock) : IKeyspaceListener
    {
        public KeyspaceEventClass Wants => KeyspaceEventClass.Expired | KeyspaceEventClass.Evicted;

        public bool WantsModified => false;

        public void OnEvent(KeyspaceEventClass kind, ReadOnlySpan<byte> name, Database database, Key key) => clock.Block(300_000);

        public void OnModified(Author author, Database database, Key key) { }

        public void OnFlushing(Database? database) { }

        public void OnSwapping(Database one, Database other) { }
    }

    [Test]
    public void Nothing_is_kept_while_it_is_off()
    {
        Run("CONFIG SET latency-monitor-threshold 0");
        Sleep(300);
        Assert.That(Run("LATENCY LATEST"), Is.EqualTo("[]"));
        Assert.That(Run("LATENCY HISTORY command"), Is.EqualTo("[]"));
    }

    [Test]
    public void Reset_forgets_what_is_named_in_any_case_or_all()
    {
        Sleep(300);
        Assert.That(Run("LATENCY RESET fork fast-command"), Is.EqualTo(":0"));
        Assert.That(Run("LATENCY RESET fork COMMAND"), Is.EqualTo(":1"));
        Sleep(300);
        Assert.That(Run("LATENCY RESET"), Is.EqualTo(":1"));
        Assert.That(Run("LATENCY LATEST"), Is.EqualTo("[]"));
    }

    [Test]
    public void The_graph_draws_heights_and_ages()
    {
        Sleep(300);
        Server.AdvanceTime(2000);
        Sleep(600);
        Server.AdvanceTime(59_000);
        Sleep(450);
        var graph = Server.Client.RunValue("LATENCY", "GRAPH", "command").Text![(IsResp3 ? 4 : 0)..];
        var age = Now - Server.Server.Executor.Logs.Latency.Series[0].Samples[0].UnixSeconds;
        Assert.That(age, Is.InRange(60, 65));
        Assert.That(graph, Is.EqualTo(
            "command - high 600 ms, low 300 ms (all time high 600 ms)\n" + new string('-', 80) + "\n"
            + " # \n |_\n ||\n_||\n   \n" + Ages()));

        string Ages()
        {
            string[] ages = [.. Server.Server.Executor.Logs.Latency.Series[0].Samples.Select(sample => Now - sample.UnixSeconds).Select(s => s < 60 ? $"{s}s" : $"{s / 60}m")];
            return string.Concat(Enumerable.Range(0, ages.Max(a => a.Length)).Select(i => string.Concat(ages.Select(a => i < a.Length ? a[i] : ' ')) + "\n"));
        }
    }

    [Test]
    public void A_graph_of_nothing_is_an_error() =>
        Assert.That(Run("LATENCY GRAPH fork"), Is.EqualTo("-ERR No samples available for event 'fork'"));

    [Test]
    public void The_doctor_tells_what_was_seen_and_what_may_help()
    {
        Assert.That(Run("LATENCY DOCTOR"), Does.Contain("No latency spike has been observed"));
        Sleep(300);
        Server.AdvanceTime(1000);
        Sleep(500);
        Assert.That(Run("LATENCY DOCTOR"), Does.Contain("1. command: 2 latency spikes (average 400ms, mean deviation 100ms, period ")
            .And.Contain(" sec). Worst all time event 500ms.").And.Contain("SLOWLOG GET"));
        Run("LATENCY RESET");
        Run("CONFIG SET latency-monitor-threshold 0");
        Assert.That(Run("LATENCY DOCTOR"), Does.Contain("CONFIG SET latency-monitor-threshold"));
    }

    [Test]
    public void Histograms_accumulate_by_doublings_of_a_microsecond()
    {
        Run("CONFIG RESETSTAT");
        Run("CLIENT ID");
        Run("CLIENT GETNAME");
        foreach (var milliseconds in new[] { 100, 1, 120, 999 }) Sleep(milliseconds);
        Run("DEBUG SLEEP 70");
        Assert.That(Run("LATENCY HISTOGRAM debug"),
            Is.EqualTo(Map("\"debug\"", Map("\"calls\"", ":5", "\"histogram_usec\"", Map(":1056", ":1", ":135266", ":3", ":1073741", ":5")))));
        Assert.That(Run("LATENCY HISTOGRAM client nope"), Does.Contain("\"client|id\"").And.Contain("\"client|getname\"").And.Not.Contain("debug"));
        Assert.That(Run("LATENCY HISTOGRAM client|id"), Does.Contain("\"client|id\"").And.Not.Contain("getname"));
        Assert.That(Run("LATENCY HISTOGRAM nope"), Is.EqualTo(Map()));
        Assert.That(Run("LATENCY HISTOGRAM"), Does.Contain("\"config|resetstat\"").And.Contain("\"debug\""));
    }
}
