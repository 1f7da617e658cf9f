using System.Net;
using System.Text;

namespace Carnelian.Tests;

internal sealed class SimulatedNetworkTests
{
    private static readonly IPEndPoint Address = new(IPAddress.Loopback, 6379);

    /// <summary>Echoes what comes, keeps what could not be sent, closes at the end of the stream.</summary>
    private sealed class Echo(World world, IPEndPoint? address = null) : INetworkHandler
    {
        private readonly Dictionary<Connection, List<byte>> _unsent = new(ReferenceEqualityComparer.Instance);

        public Listener Listener { get; } = world.Network.Listen(new ListenOptions(address ?? Address)).Listener!;

        public List<Connection> Accepted { get; } = [];

        public int Blocked { get; private set; }

        public void OnAccepted(Connection connection, Listener listener)
        {
            Accepted.Add(connection);
            _unsent[connection] = [];
        }

        public void OnReadable(Connection connection)
        {
            Span<byte> buffer = stackalloc byte[1024];
            var n = connection.Receive(buffer);
            if (n == Connection.Failed || n == 0 && _unsent[connection].Count == 0) connection.Close();
            else if (n == 0) connection.WatchReadable = false;
            else if (n > 0)
            {
                _unsent[connection].AddRange(buffer[..n]);
                OnWritable(connection);
            }
        }

        public void OnWritable(Connection connection)
        {
            var unsent = _unsent[connection];
            while (unsent.Count > 0)
            {
                var n = connection.Send(unsent.ToArray());
                if (n == Connection.WouldBlock) Blocked++;
                if (n <= 0) break;
                unsent.RemoveRange(0, n);
            }
            connection.WatchWritable = unsent.Count > 0 && connection.Error is null;
            if (unsent.Count == 0) connection.WatchReadable = true;
        }

        public void TurnUntil(Func<bool> condition)
        {
            for (var i = 0; i < 100_000 && !condition(); i++) world.Network.Turn(this, 1000);
            Assert.That(condition(), "the awaited event did not come");
        }
    }

    [Test]
    public void Every_seed_echoes_everything_in_order([Range(1, 50)] int seed)
    {
        using var world = new SimulatedWorld((ulong)seed);
        var echo = new Echo(world);
        var peers = Enumerable.Range(0, 4).Select(_ => world.Network.ConnectPeer(Address)).ToArray();
        for (var i = 0; i < peers.Length; i++) peers[i].Send(NetworkHarness.Noise(20_000 + i));
        foreach (var peer in peers) peer.CloseWrite();
        echo.TurnUntil(() => peers.All(p => p.HasEnded));
        for (var i = 0; i < peers.Length; i++) Assert.That(peers[i].Received.AsSpan().SequenceEqual(NetworkHarness.Noise(20_000 + i)));
        Assert.That(echo.Accepted.Select(c => c.RemoteAddress), Is.EquivalentTo(peers.Select(p => p.LocalAddress)));
    }

    [Test]
    public void A_run_repeats_exactly_from_its_seed()
    {
        var traces = new HashSet<ulong>();
        for (var seed = 0ul; seed < 20; seed++)
        {
            var trace = Trace(seed);
            Assert.That(Trace(seed), Is.EqualTo(trace));
            traces.Add(trace);
        }
        Assert.That(traces, Has.Count.EqualTo(20), "other seeds give other runs");
    }

    private static ulong Trace(ulong seed)
    {
        using var world = new SimulatedWorld(seed);
        world.Simulation.Conditions.ResetsPerMillion = 20_000;
        var echo = new Echo(world);
        var peers = Enumerable.Range(0, 5).Select(_ => world.Network.ConnectPeer(Address)).ToArray();
        foreach (var peer in peers) peer.Send(NetworkHarness.Noise(5000));
        var budget = world.StartBudget(100);
        while (!budget.Spent) world.Simulation.Note(world.Randomness.Next());
        for (var i = 0; i < 300; i++) world.Network.Turn(echo, 1);
        foreach (var peer in peers) world.Simulation.Note((ulong)peer.Received.Length);
        return world.Simulation.Trace;
    }

    [Test]
    public void A_slow_reader_blocks_the_sender_until_it_reads()
    {
        using var world = new SimulatedWorld(3);
        world.Simulation.Conditions.PipeBytesMax = 4096;
        var echo = new Echo(world);
        var peer = world.Network.ConnectPeer(Address);
        peer.Paused = true;
        peer.Send(NetworkHarness.Noise(30_000));
        for (var i = 0; i < 1000; i++) world.Network.Turn(echo, 1);
        Assert.That(echo.Blocked, Is.GreaterThan(0));
        Assert.That(peer.Received, Is.Empty);
        peer.Paused = false;
        echo.TurnUntil(() => peer.Received.Length == 30_000);
        Assert.That(peer.TakeReceived().AsSpan().SequenceEqual(NetworkHarness.Noise(30_000)));
        Assert.That(peer.Received, Is.Empty);
    }

    [Test]
    public void A_reset_by_the_peer_fails_the_servers_end()
    {
        using var world = new SimulatedWorld(4);
        var echo = new Echo(world);
        var peer = world.Network.ConnectPeer(Address);
        echo.TurnUntil(() => echo.Accepted.Count == 1 && peer.IsConnected);
        peer.Reset();
        echo.TurnUntil(() => echo.Accepted[0].IsClosed);
        Assert.That(echo.Accepted[0].Error, Is.EqualTo("Connection reset by peer"));
    }

    [Test]
    public void Sending_to_a_peer_that_has_closed_is_answered_by_a_reset()
    {
        using var world = new SimulatedWorld(5);
        var echo = new Echo(world);
        var peer = world.Network.ConnectPeer(Address);
        echo.TurnUntil(() => echo.Accepted.Count == 1 && peer.IsConnected);
        peer.Close();
        Assert.That(echo.Accepted[0].Send("x"u8), Is.EqualTo(1));
        world.Advance(10);
        Assert.That(echo.Accepted[0].Send("x"u8), Is.EqualTo(Connection.Failed));
    }

    [Test]
    public void Connecting_to_nobody_is_refused()
    {
        using var world = new SimulatedWorld(6);
        var peer = world.Network.ConnectPeer(Address);
        world.Advance(10);
        Assert.That(peer.Error, Is.EqualTo("Connection refused"));
        Assert.That(peer.IsConnected, Is.False);
    }

    [Test]
    public void A_taken_address_is_refused_and_port_zero_finds_one_that_is_free()
    {
        using var world = new SimulatedWorld(7);
        var echo = new Echo(world);
        Assert.That(world.Network.Listen(new ListenOptions(Address)).Error, Is.EqualTo("Address already in use"));
        echo.Listener.Close();
        Assert.That(world.Network.Listen(new ListenOptions(Address)).Listener, Is.Not.Null);
        var any = world.Network.Listen(new ListenOptions(new IPEndPoint(IPAddress.Loopback, 0))).Listener!;
        Assert.That(((IPEndPoint)any.Address).Port, Is.GreaterThan(0));
    }

    [Test]
    public void Lost_connections_fall_silent_and_resets_reach_both_ends()
    {
        int silent = 0, reset = 0;
        for (var seed = 0ul; seed < 60; seed++)
        {
            using var world = new SimulatedWorld(seed);
            if (seed % 2 == 0) world.Simulation.Conditions.SilencesPerMillion = 200_000;
            else world.Simulation.Conditions.ResetsPerMillion = 200_000;
            var echo = new Echo(world);
            var peer = world.Network.ConnectPeer(Address);
            peer.Send(NetworkHarness.Noise(50_000));
            for (var i = 0; i < 500; i++) world.Network.Turn(echo, 10);
            if (peer.Received.Length == 50_000) continue;
            if (seed % 2 == 0)
            {
                Assert.That(peer.Error, Is.Null);
                Assert.That(echo.Accepted[0].Error, Is.Null);
                silent++;
            }
            else
            {
                Assert.That(peer.Error, Is.EqualTo("Connection reset by peer"));
                Assert.That(echo.Accepted[0].IsClosed);
                reset++;
            }
        }
        Assert.That(silent, Is.GreaterThan(20));
        Assert.That(reset, Is.GreaterThan(20));
    }

    [Test]
    public void An_idle_turn_moves_time_by_its_timeout_and_a_wake_ends_it()
    {
        using var world = new SimulatedWorld(8);
        var echo = new Echo(world);
        var start = world.Clock.UnixMilliseconds;
        world.Network.Turn(echo, 250);
        Assert.That(world.Clock.UnixMilliseconds - start, Is.EqualTo(250));
        world.Network.Wake();
        world.Network.Turn(echo, 250);
        world.Network.Turn(echo, 0);
        world.Network.Turn(echo, -1);
        Assert.That(world.Clock.UnixMilliseconds - start, Is.EqualTo(250));
    }

    [Test]
    public void Machines_in_one_simulation_talk_are_separated_and_talk_again()
    {
        var simulation = new Simulation(9);
        using var one = new SimulatedWorld(simulation, IPAddress.Parse("10.0.0.1"));
        using var two = new SimulatedWorld(simulation, IPAddress.Parse("10.0.0.2"));
        var any = new IPEndPoint(IPAddress.Any, 6379);
        var (echoOne, echoTwo) = (new Echo(one, any), new Echo(two, any));
        var link = one.Network.Connect(new IPEndPoint(two.Address, 6379));
        var got = new StringBuilder();
        var handler = new LinkHandler(link, got);
        void Run(int milliseconds)
        {
            for (var i = 0; i < milliseconds; i++)
            {
                simulation.Advance(1);
                one.Network.Turn(handler, 0);
                two.Network.Turn(echoTwo, 0);
            }
        }
        Run(20);
        Assert.That(link.IsEstablished);
        Assert.That(echoTwo.Accepted[0].RemoteAddress, Does.StartWith("10.0.0.1:"));
        Assert.That(echoOne.Accepted, Is.Empty);
        link.Send("a"u8);
        Run(20);
        Assert.That(got.ToString(), Is.EqualTo("a"));
        simulation.Separate(one, two);
        link.Send("b"u8);
        Run(1000);
        Assert.That(got.ToString(), Is.EqualTo("a"));
        simulation.Reunite();
        Run(1000);
        Assert.That(got.ToString(), Is.EqualTo("ab"));
        two.Crash();
        Run(20);
        Assert.That(link.Error, Is.EqualTo("Connection reset by peer"));
    }

    private sealed class LinkHandler(Connection link, StringBuilder got) : INetworkHandler
    {
        public void OnAccepted(Connection connection, Listener listener) => Assert.Fail("nobody connects here");

        public void OnReadable(Connection connection)
        {
            Span<byte> buffer = stackalloc byte[16];
            var n = link.Receive(buffer);
            if (n > 0) got.Append(Encoding.ASCII.GetString(buffer[..n]));
            else link.WatchReadable = false;
        }

        public void OnWritable(Connection connection) => connection.WatchWritable = false;
    }

    [Test]
    public void Ten_thousand_worlds_are_made_and_forgotten()
    {
        var traces = 0ul;
        for (var seed = 0ul; seed < 10_000; seed++)
        {
            using var world = new SimulatedWorld(seed);
            var echo = new Echo(world);
            var peer = world.Network.ConnectPeer(Address);
            peer.Send("PING"u8);
            echo.TurnUntil(() => peer.Received.Length == 4);
            traces ^= world.Simulation.Trace;
        }
        Assert.That(traces, Is.Not.Zero);
    }
}
