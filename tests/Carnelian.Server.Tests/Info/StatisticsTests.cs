namespace Carnelian.Tests;

/// <summary>What is counted and measured of commands.</summary>
internal sealed class StatisticsTests
{
    private SimulatedServer _server = null!;

    [SetUp]
    public void Start() => _server = new SimulatedServer(commands: WaitingCommands.Table());

    [TearDown]
    public void Stop() => _server.Dispose();

    private CommandLog SlowLog => _server.Server.Executor.Logs.Slow;

    private static string Text(byte[] bytes) => System.Text.Encoding.UTF8.GetString(bytes);

    [Test]
    public void Calls_failures_and_rejections_are_counted_apart()
    {
        _server.Run("SET", "k", "text");
        _server.Run("INCR", "k");
        _server.Run("INCR");
        _server.Run("INCR", "n");
        _server.Run("INCR", "n");
        _server.Run("SPEND", "3");
        var info = _server.Run("INFO", "commandstats");
        Assert.That(info, Does.Contain("cmdstat_incr:calls=3,usec=0,usec_per_call=0.00,rejected_calls=1,failed_calls=1"));
        Assert.That(info, Does.Contain("cmdstat_spend:calls=1,usec=3000,usec_per_call=3000.00,rejected_calls=0,failed_calls=0"));
        Assert.That(info, Does.Not.Contain("cmdstat_get:"));
    }

    [Test]
    public void Latencies_are_shown_by_percentile()
    {
        for (var i = 0; i < 98; i++) _server.Run("SPEND", "1");
        for (var i = 0; i < 2; i++) _server.Run("SPEND", "100");
        var line = _server.Run("INFO", "latencystats").Split("\r\n").Single(line => line.StartsWith("latency_percentiles_usec_spend:", StringComparison.Ordinal));
        var values = line.Split(':')[1].Split(',').Select(pair => double.Parse(pair.Split('=')[1], System.Globalization.CultureInfo.InvariantCulture)).ToArray();
        Assert.That(values[0], Is.EqualTo(1000).Within(4).Percent, "p50");
        Assert.That(values[1], Is.EqualTo(100_000).Within(4).Percent, "p99");
        _server.Run("CONFIG", "SET", "latency-tracking-info-percentiles", "10");
        Assert.That(_server.Run("INFO", "latencystats"), Does.Match("spend:p10=\\d+\\.\\d+\r\n"));
        _server.Run("CONFIG", "RESETSTAT");
        _server.Run("CONFIG", "SET", "latency-tracking", "no");
        _server.Run("SPEND", "1");
        Assert.That(_server.Run("INFO", "latencystats"), Does.Not.Contain("spend"));
    }

    [Test]
    public void Slow_requests_are_logged_with_who_and_when()
    {
        _server.Run("CLIENT", "SETNAME", "me");
        _server.Run("SPEND", "9");
        _server.Run("SPEND", "10");
        var entry = SlowLog.Entries.Single();
        Assert.That(entry.Value, Is.EqualTo(10_000));
        Assert.That(entry.Arguments.Select(Text), Is.EqualTo(new[] { "SPEND", "10" }));
        Assert.That(entry.ClientAddress, Is.EqualTo(_server.Client.Peer.LocalAddress));
        Assert.That(Text(entry.ClientName), Is.EqualTo("me"));
        Assert.That(entry.UnixSeconds, Is.EqualTo(_server.Server.NowMs / 1000).Within(1));
    }

    [Test]
    public void The_slow_log_keeps_the_newest_and_cuts_what_is_long()
    {
        _server.Run("CONFIG", "SET", "slowlog-log-slower-than", "0", "slowlog-max-len", "2");
        _server.Run("ECHO", "first");
        _server.Run("ECHO", new string('x', 200));
        var many = new string[40];
        Array.Fill(many, "k");
        many[0] = "MGET";
        _server.Run(many);
        var entries = SlowLog.Entries.ToArray();
        Assert.That(entries, Has.Length.EqualTo(2));
        Assert.That(entries[0].Arguments, Has.Length.EqualTo(32));
        Assert.That(Text(entries[0].Arguments[^1]), Is.EqualTo("... (9 more arguments)"));
        Assert.That(Text(entries[1].Arguments[1]), Is.EqualTo(new string('x', 128) + "... (72 more bytes)"));
        Assert.That(entries[0].Id, Is.GreaterThan(entries[1].Id));
        _server.Run("CONFIG", "SET", "slowlog-log-slower-than", "-1");
        var last = SlowLog.Entries.First().Id;
        _server.Run("SPEND", "1000");
        Assert.That(SlowLog.Entries.First().Id, Is.EqualTo(last));
    }

    [Test]
    public void Traffic_is_counted_by_the_byte()
    {
        var request = TestClient.Request("ECHO", "hello");
        _server.Client.SendRaw(request);
        _server.Client.Read();
        Assert.That(_server.Server.Statistics.NetInputBytes, Is.EqualTo(request.Length));
        Assert.That(_server.Server.Statistics.NetOutputBytes, Is.EqualTo("$5\r\nhello\r\n".Length));
    }

    [Test]
    public void Rates_are_those_of_the_last_moments()
    {
        var startMs = _server.Server.NowMs;
        for (var i = 0; i < 40; i++)
        {
            for (var n = 0; n < 10; n++) _server.Run("PING");
            _server.AdvanceTime(100);
        }
        var perSecond = 400_000 / (_server.Server.NowMs - startMs);
        Assert.That(_server.Server.Statistics.CommandsPerSecond, Is.EqualTo(perSecond).Within(20).Percent);
        for (var i = 0; i < 40; i++) _server.AdvanceTime(100);
        Assert.That(_server.Server.Statistics.CommandsPerSecond, Is.Zero);
    }
}
