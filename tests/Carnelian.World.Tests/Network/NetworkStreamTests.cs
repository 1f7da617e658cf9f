using System.Net.Sockets;
using System.Text;

namespace Carnelian.Tests;

/// <summary>What flows over an accepted connection, over both engines.</summary>
[TestFixtureSource(typeof(NetworkHarness), nameof(NetworkHarness.Engines))]
internal sealed class NetworkStreamTests(NetworkEngine engine)
{
    private NetworkHarness _net = null!;
    private Listener _listener = null!;

    [SetUp]
    public void Open()
    {
        _net = new NetworkHarness(engine);
        _listener = _net.Listen();
    }

    [TearDown]
    public void Close() => _net.Dispose();

    [Test]
    public void A_request_is_received_and_its_reply_sent()
    {
        var (client, server) = _net.Pair(_listener);
        using (client)
        {
            client.Send("PING\r\n"u8);
            var got = "";
            _net.WhenReadable = c =>
            {
                Span<byte> buffer = stackalloc byte[64];
                got = Encoding.ASCII.GetString(buffer[..c.Receive(buffer)]);
                Assert.That(c.Receive(buffer), Is.EqualTo(Connection.WouldBlock));
            };
            _net.TurnUntil(() => got.Length > 0);
            Assert.That(got, Is.EqualTo("PING\r\n"));
            Assert.That(server.Send("+PONG\r\n"u8), Is.EqualTo(7));
            Assert.That(ReadExactly(client, 7), Is.EqualTo("+PONG\r\n"u8.ToArray()));
        }
    }

    [Test]
    public void Readiness_is_reported_again_while_data_is_left()
    {
        var (client, _) = _net.Pair(_listener);
        using (client)
        {
            client.Send("abc"u8);
            var got = new List<byte>();
            _net.WhenReadable = c =>
            {
                Span<byte> one = stackalloc byte[1];
                if (c.Receive(one) == 1) got.Add(one[0]);
            };
            _net.TurnUntil(() => got.Count == 3);
            Assert.That(got, Is.EqualTo("abc"u8.ToArray()));
        }
    }

    [Test]
    public void Readiness_waits_while_it_is_not_watched()
    {
        var (client, server) = _net.Pair(_listener);
        using (client)
        {
            var calls = 0;
            _net.WhenReadable = _ => calls++;
            server.WatchReadable = false;
            client.Send("x"u8);
            for (var i = 0; i < 20; i++) _net.Network.Turn(_net, 5);
            Assert.That(calls, Is.Zero);
            server.WatchReadable = true;
            _net.TurnUntil(() => calls > 0);
            Assert.That(server.Receive(new byte[8]), Is.EqualTo(1));
        }
    }

    [Test]
    public void The_peers_end_of_stream_reads_as_zero_and_the_other_direction_goes_on()
    {
        var (client, server) = _net.Pair(_listener);
        using (client)
        {
            client.Send("last words"u8);
            client.Shutdown(SocketShutdown.Send);
            Assert.That(_net.ReceiveAll(server), Is.EqualTo("last words"u8.ToArray()));
            Assert.That(server.Receive(new byte[8]), Is.Zero);
            Assert.That(server.Send("heard"u8), Is.EqualTo(5));
            Assert.That(ReadExactly(client, 5), Is.EqualTo("heard"u8.ToArray()));
        }
    }

    [Test]
    public void A_reset_is_reported_as_readable_and_fails_with_its_reason()
    {
        var (client, server) = _net.Pair(_listener);
        var result = 1;
        _net.WhenReadable = c =>
        {
            result = c.Receive(new byte[8]);
            c.WatchReadable = false;
        };
        client.LingerState = new LingerOption(true, 0);
        client.Dispose();
        _net.TurnUntil(() => result != 1);
        Assert.That(result, Is.EqualTo(Connection.Failed));
        Assert.That(server.Error, Is.EqualTo("Connection reset by peer"));
        Assert.That(server.Send("x"u8), Is.EqualTo(Connection.Failed));
        Assert.That(server.RemoteAddress, Does.StartWith("127.0.0.1:"));
    }

    [Test]
    public void A_reset_of_a_connection_that_nobody_watches_does_not_keep_the_loop_awake()
    {
        var (client, server) = _net.Pair(_listener);
        server.WatchReadable = false;
        client.LingerState = new LingerOption(true, 0);
        client.Dispose();
        _net.Network.Turn(_net, 50);
        _net.Network.Turn(_net, 50);
        var start = Environment.TickCount64;
        _net.Network.Turn(_net, 100);
        Assert.That(Environment.TickCount64 - start, Is.GreaterThanOrEqualTo(90));
        Assert.That(server.Receive(new byte[1]), Is.EqualTo(Connection.Failed));
    }

    [Test]
    public void A_slow_reader_gets_everything_in_order_after_short_writes()
    {
        var (client, server) = _net.Pair(_listener);
        using (client)
        {
            var sending = NetworkHarness.Noise(24 << 20);
            var sent = 0;
            var blocked = 0;
            void Pump(Connection c)
            {
                while (sent < sending.Length)
                {
                    var n = c.Send(sending.AsSpan(sent));
                    if (n == Connection.WouldBlock)
                    {
                        blocked++;
                        c.WatchWritable = true;
                        return;
                    }
                    Assert.That(n, Is.GreaterThan(0));
                    sent += n;
                }
                c.WatchWritable = false;
            }
            _net.WhenWritable = Pump;
            Pump(server);
            Assert.That(blocked, Is.EqualTo(1), "the socket's buffer is smaller than what was sent");
            var received = new byte[sending.Length];
            var reader = TestThread.Start(() =>
            {
                var at = 0;
                while (at < received.Length) at += client.Receive(received.AsSpan(at, Math.Min(30_000, received.Length - at)));
            });
            _net.TurnUntil(() => sent == sending.Length);
            _net.TurnUntil(() => reader.HasEnded);
            reader.Join();
            Assert.That(received.AsSpan().SequenceEqual(sending));
            Assert.That(blocked, Is.GreaterThan(1));
        }
    }

    [Test]
    public void Writability_is_reported_only_while_watched()
    {
        var (client, server) = _net.Pair(_listener);
        using (client)
        {
            var calls = 0;
            _net.WhenWritable = c =>
            {
                calls++;
                c.WatchWritable = false;
            };
            for (var i = 0; i < 5; i++) _net.Network.Turn(_net, 1);
            Assert.That(calls, Is.Zero);
            server.WatchWritable = true;
            _net.TurnUntil(() => calls == 1);
            for (var i = 0; i < 5; i++) _net.Network.Turn(_net, 1);
            Assert.That(calls, Is.EqualTo(1));
        }
    }

    [Test]
    public void Closing_reaches_the_peer_and_may_be_repeated()
    {
        var (client, server) = _net.Pair(_listener);
        using (client)
        {
            server.Close();
            server.Close();
            Assert.That(server.IsClosed);
            Assert.That(client.Receive(new byte[1]), Is.Zero);
            Assert.That(server.Receive(new byte[1]), Is.EqualTo(Connection.Failed));
            Assert.That(server.Send("x"u8), Is.EqualTo(Connection.Failed));
            Assert.That(server.WatchReadable || server.WatchWritable, Is.False);
        }
    }

    [Test]
    public void What_was_taken_before_closing_arrives()
    {
        var (client, server) = _net.Pair(_listener);
        using (client)
        {
            var sending = NetworkHarness.Noise(24 << 20);
            var taken = 0;
            while (server.Send(sending.AsSpan(taken)) is > 0 and var n) taken += n;
            Assert.That(taken, Is.InRange(1, sending.Length - 1));
            server.Close();
            var received = new MemoryStream();
            var reader = TestThread.Start(() =>
            {
                var buffer = new byte[100_000];
                while (client.Receive(buffer, SocketFlags.None, out var error) is > 0 and var n && error == SocketError.Success) received.Write(buffer, 0, n);
            });
            _net.TurnUntil(() => reader.HasEnded);
            reader.Join();
            Assert.That(received.ToArray().AsSpan().SequenceEqual(sending.AsSpan(0, taken)), $"{received.Length} of {taken} bytes arrived");
        }
    }

    internal static byte[] ReadExactly(Socket socket, int length)
    {
        var bytes = new byte[length];
        for (var at = 0; at < length;)
        {
            var n = socket.Receive(bytes.AsSpan(at));
            Assert.That(n, Is.GreaterThan(0), "the stream ended early");
            at += n;
        }
        return bytes;
    }
}
