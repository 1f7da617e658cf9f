using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Carnelian.Tests;

/// <summary>The turn itself: waiting, waking, closing amid events, outgoing connections; over both engines.</summary>
[TestFixtureSource(typeof(NetworkHarness), nameof(NetworkHarness.Engines))]
internal sealed class NetworkTurnTests(NetworkEngine engine)
{
    private NetworkHarness _net = null!;

    [SetUp]
    public void Open() => _net = new NetworkHarness(engine);

    [TearDown]
    public void Close() => _net.Dispose();

    [Test]
    public void A_turn_without_events_lasts_as_long_as_its_timeout()
    {
        var watch = Stopwatch.StartNew();
        _net.Network.Turn(_net, 60);
        Assert.That(watch.ElapsedMilliseconds, Is.GreaterThanOrEqualTo(55));
    }

    /// <summary>That each of them waits in vain for the least that a turn can wait would show over so many, however loaded the machine is.</summary>
    [Test]
    public void A_turn_without_a_timeout_does_not_wait()
    {
        const int turns = 100_000;
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < turns; i++) _net.Network.Turn(_net, 0);
        Assert.That(watch.ElapsedMilliseconds, Is.LessThan(turns));
    }

    [Test]
    public void Another_thread_wakes_a_waiting_turn()
    {
        for (var i = 0; i < 50; i++)
        {
            var watch = Stopwatch.StartNew();
            var waker = TestThread.Start(_net.Network.Wake);
            _net.Network.Turn(_net, NetworkHarness.PatienceMs);
            Assert.That(watch.ElapsedMilliseconds, Is.LessThan(NetworkHarness.PatienceMs));
            waker.Join();
        }
    }

    [Test]
    public void A_wake_before_the_turn_is_kept_and_many_count_once()
    {
        for (var i = 0; i < 10; i++) _net.Network.Wake();
        var watch = Stopwatch.StartNew();
        _net.Network.Turn(_net, NetworkHarness.PatienceMs);
        Assert.That(watch.ElapsedMilliseconds, Is.LessThan(NetworkHarness.PatienceMs));
        watch.Restart();
        _net.Network.Turn(_net, 60);
        Assert.That(watch.ElapsedMilliseconds, Is.GreaterThanOrEqualTo(55));
    }

    [Test]
    public void A_wake_after_the_world_is_gone_does_nothing()
    {
        _net.Dispose();
        Assert.That(_net.Network.Wake, Throws.Nothing);
    }

    [Test]
    public void Events_of_a_connection_closed_in_the_same_turn_reach_nobody()
    {
        var listener = _net.Listen();
        var pairs = Enumerable.Range(0, 16).Select(_ => _net.Pair(listener)).ToArray();
        foreach (var (client, _) in pairs) client.Send("x"u8);
        // With all sixteen readable, the first to be heard closes the others and takes their descriptors anew.
        var heard = new List<Connection>();
        var outgoing = new List<Connection>();
        _net.WhenReadable = c =>
        {
            heard.Add(c);
            if (heard.Count > 1) return;
            foreach (var (_, server) in pairs) server.Close();
            for (var i = 0; i < pairs.Length; i++)
            {
                var connection = _net.Network.Connect(listener.Address);
                connection.WatchWritable = false;
                outgoing.Add(connection);
            }
        };
        _net.Network.Turn(_net, 1000);
        Assert.That(heard, Has.Count.EqualTo(1));
        // Sockets may still hold descriptors of their cancelled operations.
        if (engine == NetworkEngine.Epoll) Assert.That(outgoing.Select(c => c.Id), Is.EquivalentTo(pairs.Select(p => p.Server.Id)));
        _net.TurnUntil(() => outgoing.All(c => c.IsEstablished));
        Assert.That(heard, Has.Count.EqualTo(1));
        foreach (var (client, _) in pairs) client.Dispose();
    }

    [Test]
    public void A_handler_may_close_the_connection_that_it_is_told_of()
    {
        var listener = _net.Listen();
        var (client, server) = _net.Pair(listener);
        using (client)
        {
            var writable = 0;
            server.WatchWritable = true;
            _net.WhenReadable = c => c.Close();
            _net.WhenWritable = _ => writable++;
            client.Send("x"u8);
            _net.TurnUntil(() => server.IsClosed);
            var before = writable;
            for (var i = 0; i < 5; i++) _net.Network.Turn(_net, 1);
            Assert.That(writable, Is.EqualTo(before));
        }
    }

    [Test]
    public void A_handler_may_close_the_listener_and_the_connection_it_is_given()
    {
        var listener = _net.Listen();
        using var first = NetworkHarness.Client(listener);
        using var second = NetworkHarness.Client(listener);
        _net.WhenAccepted = c =>
        {
            c.Close();
            listener.Close();
        };
        _net.TurnUntil(() => _net.Accepted.Count > 0);
        for (var i = 0; i < 5; i++) _net.Network.Turn(_net, 1);
        Assert.That(_net.Accepted, Has.Count.EqualTo(1));
    }

    [Test]
    public void A_turn_may_be_entered_again_from_a_callback()
    {
        var listener = _net.Listen();
        var (one, serverOne) = _net.Pair(listener);
        var (two, serverTwo) = _net.Pair(listener);
        var heard = new HashSet<Connection>();
        var depth = 0;
        _net.WhenReadable = c =>
        {
            if (c.Receive(new byte[4]) > 0) heard.Add(c);
            if (++depth == 1) _net.TurnUntil(() => heard.Count == 2);
        };
        one.Send("x"u8);
        two.Send("x"u8);
        _net.TurnUntil(() => heard.Count == 2);
        Assert.That(heard, Is.EquivalentTo(new[] { serverOne, serverTwo }));
        one.Dispose();
        two.Dispose();
    }

    [Test]
    public void An_outgoing_connection_becomes_writable_when_established()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(NetworkHarness.Loopback);
        listener.Listen();
        var connection = _net.Network.Connect(listener.LocalEndPoint!);
        Assert.That(connection.WatchWritable);
        Assert.That(connection.RemoteAddress, Is.EqualTo(listener.LocalEndPoint!.ToString()));
        var writable = false;
        _net.WhenWritable = c =>
        {
            writable = c.IsEstablished;
            c.WatchWritable = false;
        };
        _net.TurnUntil(() => writable);
        using var peer = listener.Accept();
        Assert.That(connection.Send("hello"u8), Is.EqualTo(5));
        Assert.That(NetworkStreamTests.ReadExactly(peer, 5), Is.EqualTo("hello"u8.ToArray()));
        peer.Send("back"u8);
        peer.Shutdown(SocketShutdown.Send);
        Assert.That(_net.ReceiveAll(connection), Is.EqualTo("back"u8.ToArray()));
        Assert.That(connection.Error, Is.Null);
        Assert.That(connection.LocalAddress, Is.EqualTo(peer.RemoteEndPoint!.ToString()));
    }

    [Test]
    public void An_outgoing_connection_that_is_refused_becomes_readable_with_the_reason()
    {
        var port = LoopbackPort.Claim();
        var connection = _net.Network.Connect(new IPEndPoint(IPAddress.Loopback, port));
        AssertFails(connection, "Connection refused");
    }

    [Test]
    public void An_outgoing_connection_that_fails_at_once_says_so_in_a_turn()
    {
        var local = new IPEndPoint(IPAddress.Parse("203.0.113.7"), 0);
        AssertFails(_net.Network.Connect(new IPEndPoint(IPAddress.Loopback, 1), local), "Cannot assign requested address");
        AssertFails(_net.Network.Connect(new DnsEndPoint("localhost", 1)), "Address family not supported by protocol");
        AssertFails(_net.Network.Connect(new UnixDomainSocketEndPoint("/nowhere/at/all.sock")),
            engine == NetworkEngine.Epoll ? "No such file or directory" : "Cannot assign requested address");
    }

    private void AssertFails(Connection connection, string error)
    {
        var result = 1;
        _net.WhenReadable = c =>
        {
            if (c != connection) return;
            result = c.Receive(new byte[1]);
            c.Close();
        };
        _net.TurnUntil(() => result != 1);
        Assert.That(result, Is.EqualTo(Connection.Failed));
        Assert.That(connection.IsEstablished, Is.False);
        Assert.That(connection.Error, Is.EqualTo(error));
        AssertQuiet();
    }

    /// <summary>After at most a few late notices a turn lasts its whole time.</summary>
    private void AssertQuiet()
    {
        for (var i = 0; i < 10; i++)
        {
            var watch = Stopwatch.StartNew();
            _net.Network.Turn(_net, 60);
            if (watch.ElapsedMilliseconds >= 55) return;
        }
        Assert.Fail("The loop does not come to rest.");
    }

    [Test]
    public void An_outgoing_connection_binds_to_the_local_address_asked_for()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(NetworkHarness.Loopback);
        listener.Listen();
        var connection = _net.Network.Connect(listener.LocalEndPoint!, new IPEndPoint(IPAddress.Parse("127.0.0.2"), 0));
        _net.TurnUntil(() => connection.IsEstablished);
        Assert.That(connection.LocalAddress, Does.StartWith("127.0.0.2:"));
    }
}
