namespace Carnelian.Tests;

/// <summary>What may stand between a request and its execution, and who looks at calls.</summary>
internal sealed class GateTests
{
    private SimulatedServer _server = null!;
    private TestGate _gate = null!;

    [SetUp]
    public void Start()
    {
        _server = new SimulatedServer(commands: WaitingCommands.Table());
        _gate = new();
        _server.Server.Executor.AddGate(_gate);
        _server.Server.Executor.ClosedGates |= Gates.Pause;
    }

    [TearDown]
    public void Stop() => _server.Dispose();

    /// <summary>Writes wait.</summary>
    private sealed class TestGate() : Gate(Gates.Pause)
    {
        public List<string> Asked { get; } = [];

        public bool IsOpen { get; set; }

        public override GateAnswer Ask(ref Call call)
        {
            Asked.Add(call.Command.FullName);
            return IsOpen || !call.Command.Has(CommandFlags.Write) ? GateAnswer.Admitted : GateAnswer.Later;
        }
    }

    private TestClient Postponed(params string[] request) => _server.Blocked(request);

    [Test]
    public void What_is_postponed_is_run_in_the_order_in_which_it_came()
    {
        var first = Postponed("APPEND", "k", "a");
        var second = Postponed("APPEND", "k", new string('b', 100_000));
        first.Send("GET", "k");
        Assert.That(_server.Run("GET", "k"), Is.EqualTo("nil"), "reads are admitted");
        _gate.IsOpen = true;
        _server.Server.Executor.BlockedClients.Reopen(Gates.Pause);
        Assert.That(first.Read(), Is.EqualTo(":1"));
        Assert.That(second.Read(), Is.EqualTo(":100001"));
        Assert.That(first.Read(), Does.StartWith("\"abbb"), "what stood behind it comes later");
        Assert.That(_server.Server.Executor.BlockedClients.Count, Is.Zero);
    }

    [Test]
    public void What_is_postponed_again_keeps_its_place()
    {
        var clients = new[] { Postponed("SET", "k", "1"), Postponed("APPEND", "k", "2"), Postponed("APPEND", "k", "3") };
        clients[0].Peer.Close();
        _server.TurnUntil(() => _server.Server.Executor.BlockedClients.Count == 2);
        _server.Server.Executor.BlockedClients.Reopen(Gates.Pause);
        Assert.That(_server.Server.Executor.BlockedClients.Count, Is.EqualTo(2));
        _gate.IsOpen = true;
        _server.Server.Executor.BlockedClients.Reopen(Gates.Pause);
        Assert.That(clients[1].Read(), Is.EqualTo(":1"));
        Assert.That(clients[2].Read(), Is.EqualTo(":2"));
    }

    [Test]
    public void A_postponed_request_may_wait_for_a_key_afterwards_and_the_other_way_round()
    {
        var client = Postponed("WAITFORKEY", "k", "0");
        _gate.IsOpen = true;
        _server.Server.Executor.BlockedClients.Reopen(Gates.Pause);
        Assert.That(_server.Server.Executor.BlockedClients.KeyCount, Is.EqualTo(1));
        Assert.That(_server.Server.Executor.BlockedClients.Count, Is.EqualTo(1));
        // A key comes to be while the gate is closed for the one who waits.
        client.Served!.ClosedGates |= Gates.Pause;
        _server.Server.Executor.ClosedGates = Gates.None;
        _gate.IsOpen = false;
        _server.Run("SET", "k", "v");
        Assert.That(client.Arrived(), Is.Empty);
        Assert.That(_server.Server.Executor.BlockedClients.KeyCount, Is.Zero);
        _gate.IsOpen = true;
        _server.Server.Executor.BlockedClients.Reopen(Gates.Pause);
        Assert.That(client.Read(), Is.EqualTo("[\"k\", \"v\"]"));
        Assert.That(_server.Server.Executor.BlockedClients.Count, Is.Zero);
    }

    [Test]
    public void Only_gates_that_are_closed_are_asked()
    {
        _server.Server.Executor.ClosedGates = Gates.None;
        _server.Run("PING");
        Assert.That(_gate.Asked, Is.Empty);
    }

    [Test]
    public void Observers_see_calls_before_and_after_also_those_within_others()
    {
        var observer = new Lines();
        _server.Server.Executor.AddObserver(observer);
        _server.Server.Executor.ClosedGates = Gates.SlotStatistics;
        _server.Run("WITHIN", "2", "GET", "k", "1", "NOSUCH", "2", "INCR", "k");
        _server.Run("SET", "k");
        _server.Server.Executor.ClosedGates = Gates.None;
        _server.Run("PING");
        Assert.That(observer.Seen, Is.EqualTo(new[] { "+within", "+get", "-get", "+incr", "-incr", "-within" }));
    }

    private sealed class Lines() : Observer(Gates.SlotStatistics)
    {
        public List<string> Seen { get; } = [];

        public override void OnCalling(ref Call call) => Seen.Add("+" + call.Command.FullName);

        public override void OnCalled(ref Call call) => Seen.Add("-" + call.Command.FullName);
    }

    // ---- the loop turned from within

    [Test]
    public void While_a_long_call_turns_the_loop_others_are_asked_by_the_gates_and_answered()
    {
        _server.Server.Executor.ClosedGates = Gates.None;
        var other = _server.Connect();
        other.Run("PING");
        var busy = new Busy();
        _server.Server.Executor.AddGate(busy);
        _server.Server.Executor.ClosedGates = Gates.Busy;
        _server.Client.Run("PING");
        busy.IsBusy = true;
        _server.Client.Send("TURNINSIDE", "k", "50");
        other.SendRaw([.. TestClient.Request("GET", "k"), .. TestClient.Request("ECHO", new string('x', 5000))]);
        // Both are answered before the long call is.
        Assert.That(other.Read(), Is.EqualTo("-BUSY"));
        Assert.That(other.Read(), Is.EqualTo("-BUSY"));
        Assert.That(_server.Client.Read(), Is.EqualTo("\"done\""));
        Assert.That(busy.RefusedWithin, Is.EqualTo(2));
        Assert.That(_server.Run("GET", "k"), Is.EqualTo("\"ended\""));
    }

    [Test]
    public void Output_of_a_turn_within_goes_by_the_last_closed_unit()
    {
        _server.Server.Executor.ClosedGates = Gates.None;
        var log = new AppendOnlyText();
        _server.Server.Keyspace.Changes.Attach(log);
        var outbox = _server.Server.Clients.Outbox;
        outbox.IsGated = true;
        outbox.ReleasedOffset = 0;
        var other = _server.Connect();
        other.Run("PING");
        // The other's request is run by a turn within, between the two changes of the unit.
        _server.Client.Send("TURNINSIDE", "k", "50");
        other.Send("ECHO", "x");
        Assert.That(other.Read(), Is.EqualTo("\"x\""));
        _server.Settle();
        Assert.That(_server.Client.Arrived(), Is.Empty, "the call's own reply waits for its unit");
        Assert.That(log.Lines, Is.EqualTo(new[] { "MULTI", "SELECT 0", "SET k begun", "SET k ended", "EXEC" }));
        outbox.ReleasedOffset = 2;
        Assert.That(_server.Client.Read(), Is.EqualTo("\"done\""));
    }

    /// <summary>Refuses all while a call is running within which it is asked.</summary>
    private sealed class Busy() : Gate(Gates.Busy)
    {
        public bool IsBusy { get; set; }

        public int RefusedWithin { get; private set; }

        public override GateAnswer Ask(ref Call call)
        {
            if (!IsBusy || call.Command.FullName == "turninside" || !call.Executor.IsWithinCall) return GateAnswer.Admitted;
            RefusedWithin++;
            call.Fail("BUSY");
            return GateAnswer.Answered;
        }
    }
}
