namespace Carnelian.Tests;

/// <summary>CLIENT PAUSE and UNPAUSE: who waits, until when, and what does not happen meanwhile.</summary>
internal sealed class PauseTests(RespVersion version) : CommandFixture(version)
{
    private BlockedClients Blocked => Server.Server.Executor.BlockedClients;

    private TestClient Connect()
    {
        var client = Server.Connect();
        if (IsResp3) client.Run("HELLO", "3");
        return client;
    }

    /// <summary>A new client whose request waits.</summary>
    private TestClient Postponed(params string[] request) => Server.Blocked(request);

    [TestCase("SET k v"), TestCase("PUBLISH c m"), TestCase("SPUBLISH c m"), TestCase("PFCOUNT k"), TestCase("FLUSHALL"), TestCase("BLPOP l 1")]
    public void What_may_change_something_waits_for_the_end_of_a_pause_of_writes(string request)
    {
        Run("CLIENT PAUSE 100000 WRITE");
        var client = Postponed(request.Split(' '));
        Assert.That(Server.Run("CLIENT", "LIST", "ID", $"{client.Served!.Id}"), Does.Contain(" flags=b "));
        Assert.That(Run("CLIENT", "UNBLOCK", $"{client.Served!.Id}"), Is.EqualTo(":0"));
        Server.AdvanceTime(10_000);
        Assert.That(client.Arrived(), Is.Empty);
        Assert.That(Run("CLIENT UNPAUSE"), Is.EqualTo("+OK"));
        Server.TurnUntil(() => client.Served!.Blocked is not { CanBeUnblocked: false });
    }

    [TestCase("GET k"), TestCase("PING"), TestCase("INFO"), TestCase("CLIENT ID"), TestCase("SUBSCRIBE c")]
    public void Nothing_else_does(string request)
    {
        Run("CLIENT PAUSE 100000 WRITE");
        Assert.That(Connect().Run(request.Split(' ')), Is.Not.Empty);
        Assert.That(Blocked.Count, Is.Zero);
    }

    [Test]
    public void A_wrong_request_is_refused_at_once()
    {
        Run("CLIENT PAUSE 100000 WRITE");
        Assert.That(Run("SET k"), Is.EqualTo("-ERR wrong number of arguments for 'set' command"));
    }

    [TestCase("PING"), TestCase("GET k"), TestCase("CLIENT UNPAUSE"), TestCase("MULTI")]
    public void A_pause_of_all_stops_all_until_its_time_is_over(string request)
    {
        Run("CLIENT PAUSE 500");
        var began = Server.Server.MonotonicMs;
        var client = Postponed(request.Split(' '));
        Assert.That(client.Read(), Is.Not.Empty);
        Assert.That(Server.Server.MonotonicMs - began, Is.InRange(499, 501));
    }

    [Test]
    public void What_waits_is_run_in_the_order_in_which_it_came()
    {
        Run("CLIENT PAUSE 100000 WRITE");
        var clients = new[] { Postponed("APPEND", "k", "a"), Postponed("APPEND", "k", "b"), Postponed("APPEND", "k", "c") };
        clients[0].Send("GET", "k");
        Run("CLIENT UNPAUSE");
        Assert.That(clients.Select(client => client.Read()), Is.EqualTo(new[] { ":1", ":2", ":3" }));
        // Where the lane is on a thread of its own, it hears late that it may go on.
        Assert.That(clients[0].Read(), SimulatedServer.IsLaneApart ? Does.StartWith("\"a") : Is.EqualTo("\"a\""));
    }

    [Test]
    public void A_second_pause_keeps_the_later_end()
    {
        Run("CLIENT PAUSE 1000 WRITE");
        Run("CLIENT PAUSE 10 WRITE");
        var client = Postponed("SET", "k", "v");
        Server.AdvanceTime(900);
        Assert.That(client.Arrived(), Is.Empty);
        Assert.That(client.Read(), Is.EqualTo("+OK"));
    }

    [Test]
    public void Writes_alone_are_not_stopped_instead_of_all()
    {
        Run("MULTI");
        Run("CLIENT PAUSE 1000 ALL");
        Run("CLIENT PAUSE 10 WRITE");
        Run("EXEC");
        var began = Server.Server.MonotonicMs;
        Assert.That(Run("PING"), Is.EqualTo("+PONG"));
        Assert.That(Server.Server.MonotonicMs - began, Is.GreaterThanOrEqualTo(900));
    }

    [Test]
    public void All_are_stopped_for_the_rest_of_a_longer_pause_of_writes()
    {
        Run("CLIENT PAUSE 1000 WRITE");
        Run("CLIENT PAUSE 1 ALL");
        var began = Server.Server.MonotonicMs;
        Assert.That(Run("PING"), Is.EqualTo("+PONG"));
        Assert.That(Server.Server.MonotonicMs - began, Is.GreaterThanOrEqualTo(900));
    }

    [Test]
    public void A_transaction_waits_if_it_holds_writes()
    {
        var (reads, writes) = (Connect(), Connect());
        reads.Run("MULTI");
        reads.Run("GET", "k");
        writes.Run("MULTI");
        writes.Run("SET", "k", "v");
        Run("CLIENT PAUSE 100000 WRITE");
        Assert.That(reads.Run("EXEC"), Is.EqualTo("[nil]"));
        writes.Send("EXEC");
        Server.TurnUntil(() => Blocked.Count == 1);
        Run("CLIENT UNPAUSE");
        Assert.That(writes.Read(), Is.EqualTo("[+OK]"));
    }

    [Test]
    public void A_write_waits_also_to_be_queued()
    {
        Run("CLIENT PAUSE 100000 WRITE");
        var client = Connect();
        client.Run("MULTI");
        client.Send("SET", "k", "v");
        Server.TurnUntil(() => Blocked.Count == 1);
        Run("CLIENT UNPAUSE");
        Assert.That(client.Read(), Is.EqualTo("+QUEUED"));
        Assert.That(client.Run("EXEC"), Is.EqualTo("[+OK]"));
    }

    [Test]
    public void A_pause_in_a_transaction_begins_behind_it()
    {
        foreach (var request in new[] { "MULTI", "SET a 1", "CLIENT PAUSE 100000 WRITE", "SET b 2" }) Run(request);
        Assert.That(Run("EXEC"), Is.EqualTo("[+OK, +OK, +OK]"));
        Postponed("SET", "c", "3");
        Assert.That(Run("MGET a b c"), Is.EqualTo("[\"1\", \"2\", nil]"));
    }

    [TestCase("WRITE"), TestCase("ALL")]
    public void Nothing_expires_meanwhile_and_what_is_over_is_hidden(string mode)
    {
        var reader = Connect();
        Run("SET k v PX 100");
        Run("HSET h f v g w");
        Run("HPEXPIRE h 100 FIELDS 1 f");
        Run("CLIENT", "PAUSE", "1000", mode);
        Server.AdvanceTime(500);
        var keyspace = Server.Server.Keyspace;
        Assert.That((keyspace.Statistics.Expired, keyspace.Statistics.FieldsExpired), Is.EqualTo((0, 0)));
        if (mode == "WRITE")
        {
            Assert.That(reader.Run("GET", "k"), Is.EqualTo("nil"));
            Assert.That(reader.Run("HGET", "h", "f"), Is.EqualTo("nil"));
            Assert.That(reader.Run("RANDOMKEY"), Is.Not.Empty);
            Assert.That((keyspace.Statistics.Expired, keyspace.Statistics.FieldsExpired), Is.EqualTo((0, 0)));
        }
        Server.AdvanceTime(1000);
        Assert.That((keyspace.Statistics.Expired, keyspace.Statistics.FieldsExpired), Is.EqualTo((1, 1)));
    }

    [Test]
    public void Who_monitors_is_exempt_and_may_not_touch_keys()
    {
        var monitor = Connect();
        Assert.That(monitor.Run("MONITOR"), Is.EqualTo("+OK"));
        Run("CLIENT PAUSE 100000 ALL");
        monitor.SendRaw("SET k v\r\nGET k\r\nPUBLISH c m\r\nCLIENT UNPAUSE\r\n");
        const string refusal = "-ERR Replica can't interact with the keyspace";
        Assert.That(monitor.Read(4), Is.EqualTo(new[] { refusal, refusal, refusal, "+OK" }));
        Assert.That(Run("PING"), Is.EqualTo("+PONG"));
    }

    [Test]
    public void What_waits_and_goes_is_forgotten()
    {
        Run("CLIENT PAUSE 100000 WRITE");
        Postponed("SET", "k", "v").Peer.Close();
        Server.TurnUntil(() => Blocked.Count == 0);
        Run("CLIENT UNPAUSE");
        Assert.That(Run("GET k"), Is.EqualTo("nil"));
    }

    [Test]
    public void The_pause_shows_among_the_clients()
    {
        Assert.That(Run("INFO clients"), Does.Contain("paused_reason:none\r\npaused_actions:none\r\npaused_timeout_milliseconds:0\r\n"));
        Run("CLIENT PAUSE 1000 WRITE");
        Assert.That(Run("INFO clients"), Does.Contain("paused_reason:client_pause\r\npaused_actions:write\r\npaused_timeout_milliseconds:1000\r\n"));
    }

    [TestCase("CLIENT PAUSE x", "-ERR timeout is not an integer or out of range"), TestCase("CLIENT PAUSE -1", "-ERR timeout is negative")]
    [TestCase("CLIENT PAUSE 9223372036854775807", "-ERR timeout is out of range"), TestCase("CLIENT PAUSE x NOPE", "-ERR CLIENT PAUSE mode must be WRITE or ALL")]
    [TestCase("CLIENT PAUSE 1 ALL x", "-ERR unknown subcommand or wrong number of arguments for 'PAUSE'. Try CLIENT HELP.")]
    public void Errors_are_those_of_Redis(string request, string error) => Assert.That(Run(request), Is.EqualTo(error));
}
