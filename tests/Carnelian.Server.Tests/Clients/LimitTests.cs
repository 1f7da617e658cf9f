using System.Net;

namespace Carnelian.Tests;

/// <summary>What bounds clients: their number, idleness, what they may send and what may wait for them.</summary>
internal sealed class LimitTests
{
    private const int Megabyte = 1 << 20;

    [Test]
    public void Idle_clients_are_closed_when_a_timeout_is_set()
    {
        var log = new LogLines();
        using var server = new SimulatedServer(logger: log);
        var idle = server.Connect();
        idle.Run("PING");
        server.AdvanceTime(3_600_000);
        Assert.That(idle.IsClosed, Is.False, "by default nobody is closed");
        idle.Run("PING");
        server.Run("CONFIG", "SET", "timeout", "10");
        server.AdvanceTime(6000);
        server.Run("PING");
        Assert.That(idle.Run("PING"), Is.EqualTo("+PONG"));
        for (var second = 0; second < 11; second++)
        {
            server.AdvanceTime(1000);
            server.Run("PING");
        }
        server.TurnUntil(() => idle.IsClosed);
        Assert.That(server.Run("PING"), Is.EqualTo("+PONG"), "who is not idle stays");
        Assert.That(log.Text, Does.Contain("Closing idle client\n"));
    }

    [Test]
    public void One_client_too_many_is_told_so()
    {
        using var server = new SimulatedServer(options => options.MaxClients = 2);
        server.Run("PING");
        var second = server.Connect();
        second.Run("PING");
        Assert.That(server.Connect().ReadToEnd(), Is.EqualTo("-ERR max number of clients reached\r\n"));
        Assert.That(server.Run("INFO", "stats"), Does.Contain("rejected_connections:1"));
        second.Peer.Close();
        server.TurnUntil(() => server.Server.Clients.Count == 1);
        Assert.That(server.Connect().Run("PING"), Is.EqualTo("+PONG"));
    }

    [Test]
    public void An_application_may_bound_the_length_of_arguments()
    {
        using var server = new SimulatedServer(options => options.BulkBytesMax = Megabyte);
        Assert.That(server.Run("CONFIG", "GET", "proto-max-bulk-len"), Does.Contain($"\"{Megabyte}\""));
        Assert.That(server.Run("SETRANGE", "k", $"{Megabyte}", "x"), Is.EqualTo("-ERR string exceeds maximum allowed size (proto-max-bulk-len)"));
        Assert.That(server.Run("SETRANGE", "k", $"{Megabyte - 1}", "x"), Is.EqualTo($":{Megabyte}"));
    }

    [Test]
    public void Without_a_password_strangers_are_refused()
    {
        using var server = new SimulatedServer();
        var stranger = IPAddress.Parse("192.0.2.7");
        Assert.That(Stranger(), Does.StartWith("-DENIED Redis is running in protected mode because protected mode is enabled and no password is set").And.EndWith("\r\n"));
        server.Run("CONFIG", "SET", "protected-mode", "no");
        Assert.That(server.Connect(stranger).Run("PING"), Is.EqualTo("+PONG"));
        server.Run("CONFIG", "SET", "protected-mode", "yes", "requirepass", "secret");
        Assert.That(server.Connect(stranger).Run("AUTH", "secret"), Is.EqualTo("+OK"));

        string Stranger() => server.Connect(stranger).ReadToEnd();
    }

    [Test]
    public void Who_sends_more_than_a_request_may_have_is_closed()
    {
        using var server = new SimulatedServer();
        server.Run("CONFIG", "SET", "client-query-buffer-limit", "1mb");
        var greedy = server.Connect();
        greedy.SendRaw($"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n${2 * Megabyte}\r\n");
        greedy.SendRaw(new byte[2 * Megabyte]);
        Assert.That(greedy.ReadToEnd(), Is.Empty);
        Assert.That(server.Run("INFO", "stats"), Does.Contain("client_query_buffer_limit_disconnections:1"));
        var modest = server.Connect();
        Assert.That(modest.Run("SET", "k", new string('x', Megabyte - 1000)), Is.EqualTo("+OK"));
    }

    [Test]
    public void A_request_never_has_more_than_a_buffer_can_hold()
    {
        using var server = new SimulatedServer();
        server.Run("CONFIG", "SET", "client-query-buffer-limit", "8gb");
        Assert.That(server.Run("CONFIG", "GET", "client-query-buffer-limit"), Does.Contain("8589934592"));
        Assert.That(server.Server.RequestLimits.InputBytesMax, Is.LessThan(int.MaxValue));
    }

    [Test]
    public void Memory_follows_what_was_sent_not_what_was_announced()
    {
        using var server = new SimulatedServer();
        server.Run("PING");
        var before = server.Server.Allocator.UsedBytes;
        var inputBefore = server.Server.Allocator.UsedBytesOf(Purpose.ClientInput);
        var liars = new TestClient[20];
        for (var i = 0; i < liars.Length; i++)
        {
            liars[i] = server.Connect();
            liars[i].SendRaw("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$500000000\r\nabc");
        }
        server.TurnUntil(() => liars.All(liar => liar.Served?.InputBytes > 0));
        Assert.That(server.Server.Allocator.UsedBytes - before, Is.LessThan(liars.Length * 70_000));
        foreach (var liar in liars) liar.Peer.Reset();
        server.TurnUntil(() => server.Server.Clients.Count == 1 && server.Server.Allocator.UsedBytesOf(Purpose.ClientInput) == inputBefore);
    }

    /// <summary>A client that has asked for so many replies of 100 KB and reads none.</summary>
    private static TestClient SlowReader(SimulatedServer server, int replies)
    {
        server.Run("SET", "large", new string('x', 100_000));
        var slow = server.Connect();
        slow.Peer.Paused = true;
        AskForLarge(server, slow, replies);
        return slow;
    }

    private static void AskForLarge(SimulatedServer server, TestClient client, int replies)
    {
        var calls = server.Server.Executor.CallsProcessed + replies;
        for (var i = 0; i < replies; i++) client.Send("GET", "large");
        server.TurnUntil(() => server.Server.Executor.CallsProcessed == calls || ClosedByServer(server));
    }

    private static bool ClosedByServer(SimulatedServer server) => server.Server.Statistics.OutputBufferLimitDisconnections > 0;

    [Test]
    public void Who_reads_slowly_is_served_in_the_end_and_holds_up_nobody()
    {
        using var server = new SimulatedServer();
        var slow = SlowReader(server, 100);
        Assert.That(slow.Served!.Output.MemoryBytes, Is.GreaterThan(9_000_000), "what can't be sent waits");
        Assert.That(server.Server.Allocator.UsedBytes, Is.LessThan(1_000_000), "the value is stored once");
        for (var i = 0; i < 100; i++) Assert.That(server.Run("INCR", "n"), Is.EqualTo($":{i + 1}"), "others are served");
        slow.Peer.Paused = false;
        for (var i = 0; i < 100; i++) Assert.That(slow.ReadValue().Bytes, Has.Length.EqualTo(100_000));
        Assert.That(slow.Served!.Output.MemoryBytes, Is.Zero);
        Assert.That(server.Server.Allocator.UsedBytesOf(Purpose.ClientOutput), Is.LessThan(1_200_000), "memory is given back but for chunks kept for use again");
    }

    [Test]
    public void Over_the_hard_limit_a_client_is_closed_at_once()
    {
        using var server = new SimulatedServer();
        server.Run("CONFIG", "SET", "client-output-buffer-limit", "normal 1mb 0 0");
        SlowReader(server, 100);
        Assert.That(server.Server.Clients, Has.Count.EqualTo(1));
        Assert.That(server.Server.Allocator.PeakUsedBytes, Is.LessThan(4 * Megabyte), "within one pipeline too");
        Assert.That(server.Run("INFO", "stats"), Does.Contain("client_output_buffer_limit_disconnections:1"));
    }

    [TestCase(40_000), TestCase(100_000)]
    public void A_single_reply_over_the_hard_limit_closes_its_client_instead_of_reaching_it(int length)
    {
        using var server = new SimulatedServer();
        server.Run("CONFIG", "SET", "client-output-buffer-limit", "normal 10 0 0");
        server.Run("SET", "large", new string('x', length));
        server.Run("SET", "small", new string('x', 1000));
        Assert.That(server.Client.RunValue("GET", "small").Text, Has.Length.EqualTo(1000), "what begins in the reply buffer does not count");
        server.Client.Send("GET", "large");
        Assert.That(server.Client.ReadToEnd(), Is.Empty);
        Assert.That(server.Connect().Run("INFO", "stats"), Does.Contain("client_output_buffer_limit_disconnections:1"));
    }

    [Test]
    public void Over_the_soft_limit_a_client_is_closed_when_it_stays_there()
    {
        using var server = new SimulatedServer();
        server.Run("CONFIG", "SET", "client-output-buffer-limit", "normal 0 1mb 10");
        SlowReader(server, 20);
        server.AdvanceTime(9000);
        Assert.That(server.Server.Clients, Has.Count.EqualTo(2));
        server.AdvanceTime(2000);
        server.TurnUntil(() => server.Server.Clients.Count == 1);
        Assert.That(ClosedByServer(server));
    }

    [Test]
    public void Who_comes_below_the_soft_limit_in_time_stays()
    {
        using var server = new SimulatedServer();
        server.Run("CONFIG", "SET", "client-output-buffer-limit", "normal 0 1mb 10");
        var slow = SlowReader(server, 20);
        server.AdvanceTime(8000);
        slow.Peer.Paused = false;
        for (var i = 0; i < 20; i++) slow.ReadValue();
        slow.Peer.Paused = true;
        AskForLarge(server, slow, 20);
        server.AdvanceTime(8000);
        Assert.That(server.Server.Clients, Has.Count.EqualTo(2), "the time is counted anew");
    }

    [Test]
    public void A_client_that_vanishes_while_much_waits_for_it_leaves_nothing()
    {
        using var server = new SimulatedServer();
        var slow = SlowReader(server, 50);
        slow.Peer.Reset();
        server.TurnUntil(() => server.Server.Clients.Count == 1);
        Assert.That(server.Server.Allocator.UsedBytesOf(Purpose.ClientOutput), Is.LessThan(1_200_000));
    }

    [Test]
    public void One_command_alone_builds_no_more_than_the_hard_limit()
    {
        using var server = new SimulatedServer();
        server.Run("SET", "large", new string('x', 100_000));
        server.Run("CONFIG", "SET", "client-output-buffer-limit", "normal 1mb 0 0");
        var client = server.Connect();
        client.Send(["MGET", .. Enumerable.Repeat("large", 200)]);
        Assert.That(client.ReadToEnd(), Is.Empty);
        Assert.That(server.Server.Allocator.PeakUsedBytes, Is.LessThan(4 * Megabyte));
        Assert.That(server.Run("INFO", "stats"), Does.Contain("client_output_buffer_limit_disconnections:1"));
    }

    [Test]
    public void Who_has_caught_up_with_long_replies_keeps_nobody_awake()
    {
        using var server = new SimulatedServer();
        server.World.Simulation.Conditions.PipeBytesMin = server.World.Simulation.Conditions.PipeBytesMax = Megabyte;
        var slow = SlowReader(server, 12);
        Assert.That(slow.Served!.WaitsForPeer);
        // It reads while the server does not turn: the connection can be read and written in one turn, and all fits into it.
        slow.Peer.Paused = false;
        slow.Send("GET", "large");
        var simulation = server.World.Simulation;
        while (simulation.RunNext(simulation.NowNanoseconds + 100_000)) { }
        for (var i = 0; i < 13; i++) slow.ReadValue();
        server.AdvanceTime(1);
        Assert.That(slow.Served!.WaitsForPeer, Is.False);
    }
}
