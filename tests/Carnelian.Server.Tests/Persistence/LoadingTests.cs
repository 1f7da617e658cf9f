namespace Carnelian.Tests;

internal sealed class LoadingTests
{
    private static SimulatedServer WithFile(int keys)
    {
        var server = new SimulatedServer();
        for (var i = 0; i < keys; i++) server.Run("SET", $"key-{i}", $"value-{i}");
        server.Run("SAVE");
        return server;
    }

    private static void FinishLoading(SimulatedServer server) => server.TurnUntil(() => !server.Server.Loading.IsOn);

    [Test]
    public void A_start_loads_what_was_saved_and_counts_it_as_no_change()
    {
        using var first = WithFile(1000);
        var log = new LogLines();
        using var server = first.Restart(logger: log);
        FinishLoading(server);
        Assert.That(server.Run("DBSIZE"), Is.EqualTo(":1000"));
        Assert.That(server.Run("GET", "key-999"), Is.EqualTo("\"value-999\""));
        Assert.That((SaveTests.InfoOf(server, "rdb_last_load_keys_loaded"), SaveTests.InfoOf(server, "rdb_changes_since_last_save")), Is.EqualTo(("1000", "0")));
        Assert.That(log.Text, Does.Contain("Done loading RDB, keys loaded: 1000, keys expired: 0.\nDB loaded from disk: "));
    }

    [Test]
    public void Requests_are_refused_meanwhile_but_those_that_may_run()
    {
        using var first = WithFile(1000);
        using var server = first.Restart(options => options.Persistence.KeyLoadDelayMicroseconds = 1000);
        const string loading = "-LOADING Redis is loading the dataset in memory";
        Assert.That(server.Run("GET", "key-1"), Is.EqualTo(loading));
        Assert.That(server.Run("PING"), Is.EqualTo(loading));
        Assert.That(server.Run("SAVE"), Is.EqualTo(loading));
        Assert.That(server.Run("CONFIG", "GET", "port"), Does.Contain("6379"));
        Assert.That((server.Run("CONFIG", "SET", "timeout", "1"), server.Run("CONFIG", "SET", "repl-diskless-load", "disabled")), Is.EqualTo(("+OK", loading)));
        Assert.That(SaveTests.InfoOf(server, "loading"), Is.EqualTo("1"));
        Assert.That(SaveTests.InfoOf(server, "loading_total_bytes"), Is.EqualTo($"{server.World.Disk.ReadAll("dump.rdb").Value!.Length}"));
        FinishLoading(server);
        Assert.That((server.Run("GET", "key-1"), SaveTests.InfoOf(server, "loading")), Is.EqualTo(("\"value-1\"", "0")));
        Assert.That(server.World.Clock.MonotonicNanoseconds, Is.GreaterThan(1_000_000_000), "the delay for tests counts for each key");
    }

    [Test]
    public void What_was_over_by_then_is_left_out()
    {
        using var first = WithFile(1);
        first.Run("SET", "soon", "v", "PX", "1000");
        first.Run("SAVE");
        first.World.Advance(2000);
        using var server = first.Restart();
        FinishLoading(server);
        Assert.That(server.Run("DBSIZE"), Is.EqualTo(":1"));
        Assert.That(SaveTests.InfoOf(server, "rdb_last_load_keys_expired"), Is.EqualTo("1"));
    }

    [Test]
    public void A_file_that_is_damaged_ends_the_server_and_stays_as_it_is()
    {
        using var first = WithFile(100);
        var bytes = first.World.Disk.ReadAll("dump.rdb").Value!;
        bytes[500] ^= 1;
        using (var file = first.World.Disk.Open("dump.rdb", DiskOpenMode.Replace).Value!) file.Append(bytes);
        var log = new LogLines();
        using var server = first.Restart(options => options.Persistence.SavePoints = [new(1, 1)], log);
        server.TurnUntil(() => server.Server.StopRequested);
        Assert.That(server.Server.Startup.Error, Is.Not.Null);
        Assert.That(log.Text, Does.Contain("Internal error in RDB reading offset").And.Contain("Fatal error loading the DB, check server logs. Exiting.")
            .And.Contain("--- RDB ERROR DETECTED ---").And.Contain("Terminating server after rdb file reading failure."));
        Assert.That(first.World.Disk.ReadAll("dump.rdb").Value, Is.EqualTo(bytes));
    }

    [Test]
    public void A_shutdown_meanwhile_saves_nothing()
    {
        using var first = WithFile(100);
        var bytes = first.World.Disk.ReadAll("dump.rdb").Value!;
        using var server = first.Restart(options => options.Persistence.KeyLoadDelayMicroseconds = 100_000);
        server.Client.Send("SHUTDOWN", "SAVE");
        server.Server.Run();
        Assert.That(first.World.Disk.ReadAll("dump.rdb").Value, Is.EqualTo(bytes));
    }

    // ---- DEBUG RELOAD

    private static SimulatedServer Debugged() => new(options => options.DebugCommand = ProtectedAction.Yes);

    [Test]
    public void Reloading_gives_the_same_data()
    {
        using var server = Debugged();
        for (var i = 0; i < 100; i++) server.Run("SET", $"key-{i}", $"value-{i}");
        server.Run("RPUSH", "list", "a", "b");
        server.Run("SELECT", "3");
        server.Run("HSET", "hash", "f", "v");
        var digest = server.Run("DEBUG", "DIGEST");
        Assert.That(server.Run("DEBUG", "RELOAD"), Is.EqualTo("+OK"));
        Assert.That(server.Run("DEBUG", "DIGEST"), Is.EqualTo(digest));
    }

    /// <summary>Counters go round at 2^63, and are read back so.</summary>
    [Test]
    public void Streams_whose_counters_are_at_their_end_are_read_back()
    {
        using var server = Debugged();
        var last = $"{long.MaxValue}";
        foreach (var id in new[] { "1-1", "2-1", "3-1" }) server.Run("XADD", "s", id, "f", "v");
        server.Run("XGROUP", "CREATE", "s", "g", "1-1", "ENTRIESREAD", last);
        server.Run("XREADGROUP", "GROUP", "g", "c", "COUNT", "1", "STREAMS", "s", ">");
        server.Run("XCLAIM", "s", "g", "c", "0", "2-1", "RETRYCOUNT", last);
        server.Run("XCLAIM", "s", "g", "c", "0", "2-1");
        server.Run("XSETID", "s", "3-1", "ENTRIESADDED", last);
        server.Run("XADD", "s", "4-1", "f", "v");
        var (stream, digest) = (server.Run("XINFO", "STREAM", "s", "FULL"), server.Run("DEBUG", "DIGEST"));
        Assert.That(stream, Does.Contain($":{long.MinValue}"));
        Assert.That(server.Run("DEBUG", "RELOAD"), Is.EqualTo("+OK"));
        Assert.That((server.Run("XINFO", "STREAM", "s", "FULL"), server.Run("DEBUG", "DIGEST")), Is.EqualTo((stream, digest)));
    }

    [Test]
    public void Reloading_takes_the_file_as_it_is_and_may_keep_what_there_is()
    {
        using var server = Debugged();
        server.Run("SET", "k", "saved");
        server.Run("SAVE");
        server.Run("SET", "k", "changed");
        server.Run("SET", "other", "v");
        Assert.That(server.Run("DEBUG", "RELOAD", "NOSAVE", "NOFLUSH", "MERGE"), Is.EqualTo("+OK"));
        Assert.That((server.Run("GET", "k"), server.Run("GET", "other")), Is.EqualTo(("\"saved\"", "\"v\"")));
        Assert.That(server.Run("DEBUG", "RELOAD", "NOSAVE"), Is.EqualTo("+OK"));
        Assert.That((server.Run("GET", "k"), server.Run("GET", "other")), Is.EqualTo(("\"saved\"", "nil")));
        Assert.That(server.Run("DEBUG", "RELOAD", "NOSAVE", "NOFLUSH"), Is.EqualTo("-ERR Error trying to load the RDB dump, check server logs."));
        Assert.That(server.Run("DEBUG", "RELOAD", "AGAIN"), Is.EqualTo("-ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options."));
    }

    [Test]
    public void What_comes_when_all_is_reloaded_is_run_behind_that()
    {
        SimulatedServer.SkipUnlessInline("what is handed over arrives between turns, not within one");
        using var server = Debugged();
        for (var i = 0; i < 10; i++) server.Run("SET", $"key-{i}", "v");
        server.Run("SAVE");
        server.Run("CONFIG", "SET", "key-load-delay", "1000");
        var log = new AppendOnlyText();
        server.Server.Keyspace.Changes.Attach(log);
        var other = server.Connect();
        other.Run("PING");
        server.Client.Send("DEBUG", "RELOAD");
        for (var i = 0; i < 200; i++) server.World.Simulation.After(i * 100, () => other.Send("INCR", "n"));
        Assert.That(server.Client.Read(), Is.EqualTo("+OK"));
        var replies = Enumerable.Range(0, 200).Select(_ => other.Read()).ToArray();
        var refused = replies.TakeWhile(reply => reply.StartsWith("-LOADING", StringComparison.Ordinal)).Count();
        Assert.That(refused, Is.InRange(2, 150));
        Assert.That(replies[refused..], Is.EqualTo(Enumerable.Range(1, 200 - refused).Select(i => $":{i}")));
        Assert.That(log.Lines, Is.EqualTo(Enumerable.Repeat("INCR n", 200 - refused).Prepend("SELECT 0")));
    }

    [Test]
    public void A_server_that_loads_is_not_reloaded([Values("RELOAD", "LOADAOF")] string how)
    {
        using var first = WithFile(1000);
        using var server = first.Restart(options => (options.DebugCommand, options.Persistence.KeyLoadDelayMicroseconds) = (ProtectedAction.Yes, 1000));
        Assert.That(server.Server.Loading.IsOn);
        Assert.That(server.Run("DEBUG", how), Is.EqualTo("-LOADING Redis is loading the dataset in memory"));
    }

    [Test]
    public void Others_are_told_that_the_server_loads()
    {
        using var server = Debugged();
        for (var i = 0; i < 50; i++) server.Run("SET", $"key-{i}", "v");
        server.Run("CONFIG", "SET", "key-load-delay", "10000");
        var other = server.Connect();
        other.Run("PING");
        server.Client.Send("DEBUG", "RELOAD");
        server.TurnUntil(() => server.World.Simulation.NowNanoseconds > 0);
        other.Send("GET", "key-1");
        Assert.That(server.Client.Read(), Is.EqualTo("+OK"));
        Assert.That(other.Read(), Is.AnyOf("-LOADING Redis is loading the dataset in memory", "\"v\""));
    }
}
