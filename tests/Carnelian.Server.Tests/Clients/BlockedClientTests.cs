namespace Carnelian.Tests;

/// <summary>Calls that wait, shown with a command that only these tests have.</summary>
internal sealed class BlockedClientTests
{
    private SimulatedServer _server = null!;

    [SetUp]
    public void Start() => _server = new SimulatedServer(commands: WaitingCommands.Table());

    [TearDown]
    public void Stop() => _server.Dispose();

    private TestClient Waiting(params string[] request) => _server.Blocked(request);

    [Test]
    public void What_is_there_is_taken_at_once()
    {
        _server.Run("PUT", "k", "v");
        Assert.That(_server.Run("WAITFORKEY", "k", "0"), Is.EqualTo("[\"k\", \"v\"]"));
        Assert.That(_server.Run("EXISTS", "k"), Is.EqualTo(":0"));
    }

    [Test]
    public void Who_came_first_is_served_first()
    {
        var first = Waiting("WAITFORKEY", "k", "0");
        var second = Waiting("WAITFORKEY", "k", "0");
        var third = Waiting("WAITFORKEY", "k", "0");
        Assert.That(_server.Run("INFO", "clients"), Does.Contain("blocked_clients:3"));
        _server.Run("PUT", "k", "1");
        Assert.That(first.Read(), Is.EqualTo("[\"k\", \"1\"]"));
        Assert.That(second.Arrived(), Is.Empty);
        _server.Run("PUT", "k", "2");
        _server.Run("PUT", "k", "3");
        Assert.That(second.Read(), Is.EqualTo("[\"k\", \"2\"]"));
        Assert.That(third.Read(), Is.EqualTo("[\"k\", \"3\"]"));
        Assert.That(_server.Run("EXISTS", "k"), Is.EqualTo(":0"));
    }

    [Test]
    public void Who_waits_for_several_keys_is_served_once()
    {
        var client = Waiting("WAITFORKEY", "a", "b", "a", "0");
        _server.Run("PUT", "b", "1");
        _server.Run("PUT", "a", "2");
        Assert.That(client.Read(), Is.EqualTo("[\"b\", \"1\"]"));
        Assert.That(_server.Run("GET", "a"), Is.EqualTo("\"2\""));
        Assert.That(client.Run("PING"), Is.EqualTo("+PONG"));
    }

    [TestCase("RENAME", "other", "k"), TestCase("COPY", "other", "k"), TestCase("SET", "k", "v")]
    public void A_key_may_come_to_be_in_any_way(params string[] request)
    {
        _server.Run("SET", "other", "v");
        var client = Waiting("WAITFORKEY", "k", "0");
        _server.Run(request);
        Assert.That(client.Read(), Is.EqualTo("[\"k\", \"v\"]"));
        Assert.That(_server.Run("EXISTS", "k"), Is.EqualTo(":0"));
        Assert.That(_server.Server.Keyspace.Waiters, Is.Null, "nobody waits any more");
    }

    [Test]
    public void A_key_may_come_from_another_database([Values("MOVE k 0", "SWAPDB 0 4", "SWAPDB 4 0", "COPY k k DB 0")] string request)
    {
        var client = Waiting("WAITFORKEY", "k", "0");
        var elsewhere = Waiting("WAITFORKEY", "l", "k", "0");
        _server.Run("SELECT", "4");
        _server.Run("SET", "k", "v");
        Assert.That(client.Arrived(), Is.Empty);
        _server.Run(request.Split(' '));
        Assert.That(client.Read(), Is.EqualTo("[\"k\", \"v\"]"));
        Assert.That(elsewhere.Arrived(), Is.Empty, "the first took it");
    }

    [Test]
    public void Waiting_ends_when_the_time_is_over()
    {
        var patient = Waiting("WAITFORKEY", "k", "2000");
        var hasty = Waiting("WAITFORKEY", "k", "1000");
        _server.AdvanceTime(1001);
        Assert.That(hasty.Read(), Is.EqualTo("nil"));
        Assert.That(patient.Arrived(), Is.Empty);
        _server.Run("PUT", "k", "v");
        Assert.That(patient.Read(), Is.EqualTo("[\"k\", \"v\"]"));
        _server.AdvanceTime(2000);
        Assert.That(patient.Arrived(), Is.Empty, "its deadline died with its call");
        Assert.That(hasty.Run("PING"), Is.EqualTo("+PONG"));
    }

    [Test]
    public void The_loop_wakes_for_a_deadline()
    {
        var client = Waiting("WAITFORKEY", "k", "37");
        var before = _server.Server.NowMs;
        Assert.That(client.Read(), Is.EqualTo("nil"));
        Assert.That(_server.Server.NowMs - before, Is.InRange(36, 137));
    }

    [Test]
    public void Who_disconnects_while_waiting_is_forgotten()
    {
        var gone = Waiting("WAITFORKEY", "k", "60000");
        var next = Waiting("WAITFORKEY", "k", "0");
        gone.Peer.Close();
        _server.TurnUntil(() => _server.Server.Executor.BlockedClients.Count == 1);
        _server.Run("PUT", "k", "v");
        Assert.That(next.Read(), Is.EqualTo("[\"k\", \"v\"]"));
        _server.AdvanceTime(60_000);
        Assert.That(_server.Run("PING"), Is.EqualTo("+PONG"));
    }

    [Test]
    public void What_waits_behind_a_served_call_does_not_run_in_the_midst_of_another()
    {
        var gone = _server.Connect();
        gone.Run("PING");
        var waiting = _server.Connect();
        waiting.SendRaw([.. TestClient.Request("WAITFORKEY", "k", "0"), .. TestClient.Request("CLIENT", "KILL", "ID", $"{gone.Served!.Id}")]);
        _server.TurnUntil(() => waiting.Served?.Blocked is not null);
        // The second tells all lanes that their sessions are admitted.
        _server.Client.SendRaw([.. TestClient.Request("PUT", "k", "v"), .. TestClient.Request("CONFIG", "SET", "requirepass", "")]);
        Assert.That(_server.Client.Read(2), Is.EqualTo(new[] { "+OK", "+OK" }));
        Assert.That(waiting.Read(2), Is.EqualTo(new[] { "[\"k\", \"v\"]", ":1" }));
        _server.TurnUntil(() => gone.IsClosed);
    }

    [Test]
    public void Databases_are_apart_for_those_who_wait_too()
    {
        var client = Waiting("WAITFORKEY", "k", "0");
        _server.Run("SELECT", "1");
        _server.Run("PUT", "k", "v");
        Assert.That(client.Arrived(), Is.Empty);
        Assert.That(_server.Run("GET", "k"), Is.EqualTo("\"v\""));
    }

    [Test]
    public void Requests_behind_a_parked_one_wait_and_are_run_in_order()
    {
        var client = _server.Connect();
        client.SendRaw([.. TestClient.Request("SET", "x", "1"), .. TestClient.Request("WAITFORKEY", "k", "0"), .. TestClient.Request("INCR", "x"), .. TestClient.Request("GET", "x")]);
        Assert.That(client.Read(), Is.EqualTo("+OK"));
        client.SendRaw(TestClient.Request("ECHO", "later"));
        _server.AdvanceTime(10);
        Assert.That(_server.Run("GET", "x"), Is.EqualTo("\"1\""));
        _server.Run("PUT", "k", "v");
        Assert.That(client.Read(4), Is.EqualTo(new[] { "[\"k\", \"v\"]", ":2", "\"2\"", "\"later\"" }));
        _server.AdvanceTime(4000);
        Assert.That(client.Served!.InputCapacity, Is.Zero);
    }

    /// <summary>Those who are resumed go on as requests of their own: not within the batch of requests that served them.</summary>
    [Test]
    public void Serving_disturbs_neither_the_pipeline_that_serves_nor_those_that_wait()
    {
        var waiting = new TestClient[10];
        for (var i = 0; i < waiting.Length; i++)
        {
            waiting[i] = _server.Connect();
            waiting[i].SendRaw([.. TestClient.Request("WAITFORKEY", "k", "0"), .. TestClient.Request("PUT", $"answer:{i}", "v"), .. TestClient.Request("WAITFORKEY", "k", "0"), .. TestClient.Request("ECHO", $"{i}")]);
            _server.TurnUntil(() => waiting[i].Served?.Blocked is not null);
        }
        var pipeline = new List<byte>();
        for (var i = 0; i < 30; i++) pipeline.AddRange([.. TestClient.Request("PUT", "k", $"{i}"), .. TestClient.Request("ECHO", $"own:{i}")]);
        _server.Client.SendRaw([.. pipeline]);
        for (var i = 0; i < 30; i++) Assert.That(_server.Client.Read(2), Is.EqualTo(new[] { "+OK", $"\"own:{i}\"" }));
        // The first ten served those who waited; the last of the others is what is left, for one of them again.
        for (var i = 0; i < waiting.Length; i++) Assert.That(waiting[i].Read(2), Is.EqualTo(new[] { $"[\"k\", \"{i}\"]", "+OK" }));
        Assert.That(waiting[0].Read(2), Is.EqualTo(new[] { "[\"k\", \"29\"]", "\"0\"" }));
        for (var i = 1; i < waiting.Length; i++)
        {
            Assert.That(waiting[i].Arrived(), Is.Empty);
            _server.Run("PUT", "k", "again");
            Assert.That(waiting[i].Read(2), Is.EqualTo(new[] { "[\"k\", \"again\"]", $"\"{i}\"" }));
        }
    }

    [Test]
    public void A_parked_client_is_not_idle()
    {
        _server.Run("CONFIG", "SET", "timeout", "10");
        var client = Waiting("WAITFORKEY", "k", "0");
        for (var i = 0; i < 15; i++) _server.AdvanceTime(5000);
        Assert.That(client.IsClosed, Is.False);
    }

    [Test]
    public void A_server_with_parked_clients_ends_without_a_leak()
    {
        Waiting("WAITFORKEY", "k", "0");
        Waiting("WAITFORKEY", "k", "5000");
    }

    [Test]
    public void A_blocking_request_of_the_application_holds_only_its_own_thread()
    {
        var options = new ServerOptions { Port = 0, Memory = new AllocatorOptions { Checked = true, RangeBytesMax = 1L << 30 } };
        using var embedded = EmbeddedServer.Start(options, commands: WaitingCommands.Table());
        RespValue? taken = null;
        var thread = TestThread.Start(() => taken = embedded.Execute("WAITFORKEY", "k", "0"));
        Patience.Until(IsWaiting, "it waits");
        embedded.Execute("PUT", "k", "v");
        thread.Join();
        Assert.That(TestReply.Show(taken!), Is.EqualTo("[\"k\", \"v\"]"));
        Assert.That(TestReply.Show(embedded.Execute("WAITFORKEY", "k", "20")), Is.EqualTo("nil"));

        var abandoned = TestThread.Start(() => Assert.That(() => embedded.Execute("WAITFORKEY", "k", "0"), Throws.InvalidOperationException));
        Patience.Until(IsWaiting, "it waits again");
        embedded.Dispose();
        abandoned.Join();
        Assert.That(embedded.Failure, Is.Null);

        bool IsWaiting() => embedded.Execute("INFO", "clients").Text!.Contains("blocked_clients:1");
    }

    [Test]
    public void An_inline_request_behind_a_parked_one_is_the_same_when_its_time_comes([Range(0, 5)] int at)
    {
        var requests = new List<string> { "ECHO \"b c\"\r\n", "*2\r\n$4\r\nECHO\r\n$1\r\n\"\r\n", "ECHO 'd e'\r\n", "ECHO f\r\n", "ECHO \"\\x67\"\r\n" };
        var replies = new List<string> { "\"b c\"", "\"\"\"", "\"d e\"", "\"f\"", "\"g\"" };
        requests.Insert(at, "WAITFORKEY k 0\r\n");
        replies.Insert(at, "[\"k\", \"v\"]");
        var client = _server.Connect();
        client.SendRaw(string.Concat(requests));
        _server.TurnUntil(() => client.Served?.Blocked is not null);
        _server.Run("PUT", "k", "v");
        Assert.That(client.Read(replies.Count), Is.EqualTo(replies));
    }
}
