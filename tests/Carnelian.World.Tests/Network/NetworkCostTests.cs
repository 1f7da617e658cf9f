using System.Diagnostics;
using System.Net.Sockets;

namespace Carnelian.Tests;

/// <summary>What the engines may cost: nothing on the managed heap per event, little memory per connection.</summary>
internal sealed class NetworkCostTests
{
    private readonly byte[] _buffer = new byte[64];

    [Test]
    [Platform(Include = "Linux", Reason = "epoll is Linux's.")]
    public void Receiving_and_sending_allocate_nothing()
    {
        using var net = new NetworkHarness(NetworkEngine.Epoll);
        var (client, server) = net.Pair(net.Listen());
        using (client)
        {
            net.WhenReadable = Echo;
            RoundTrips(net, client, 200);
            var before = GC.GetAllocatedBytesForCurrentThread();
            RoundTrips(net, client, 1000);
            server.WatchWritable = true;
            net.Network.Turn(net, 0);
            server.WatchWritable = false;
            Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
        }
    }

    private void RoundTrips(NetworkHarness net, Socket client, int count)
    {
        for (var i = 0; i < count; i++)
        {
            client.Send("0123456789abcdef"u8);
            net.Network.Turn(net, -1);
            var n = client.Receive(_buffer);
            if (n != 16) Assert.Fail("the echo is not what was sent");
        }
    }

    private void Echo(Connection connection)
    {
        var n = connection.Receive(_buffer);
        if (n > 0) connection.Send(_buffer.AsSpan(0, n));
    }

    [Test]
    [Platform(Include = "Linux", Reason = "epoll is Linux's.")]
    public void An_idle_connection_takes_less_than_256_bytes_of_the_heap()
    {
        const int Count = 1000;
        using var net = new NetworkHarness(NetworkEngine.Epoll);
        var listener = net.Listen();
        var clients = new List<Socket>(Count);
        net.Accepted.Capacity = Count;
        var before = GC.GetAllocatedBytesForCurrentThread();
        var own = 0L;
        for (var i = 0; i < Count; i++)
        {
            var start = GC.GetAllocatedBytesForCurrentThread();
            clients.Add(NetworkHarness.Client(listener));
            own += GC.GetAllocatedBytesForCurrentThread() - start;
            while (net.Accepted.Count <= i) net.Network.Turn(net, 1000);
        }
        var perConnection = (GC.GetAllocatedBytesForCurrentThread() - before - own) / Count;
        foreach (var client in clients) client.Dispose();
        TestContext.Out.WriteLine($"{perConnection} bytes for each accepted connection");
        Assert.That(perConnection, Is.LessThan(256));
    }

    [Test]
    public void Over_sockets_a_round_trip_allocates_next_to_nothing_on_any_thread()
    {
        using var net = new NetworkHarness(NetworkEngine.Sockets);
        var (client, _) = net.Pair(net.Listen());
        using (client)
        {
            var echoed = 0;
            net.WhenReadable = c =>
            {
                Echo(c);
                echoed++;
            };
            void Run(int count)
            {
                for (var i = 0; i < count; i++)
                {
                    var before = echoed;
                    client.Send("0123456789abcdef"u8);
                    while (echoed == before) net.Network.Turn(net, -1);
                    client.Receive(_buffer);
                }
            }
            Run(500);

            // What other threads of the test program allocate counts too, so the least of several windows tells.
            var perTrip = double.MaxValue;
            for (var window = 0; window < 5; window++)
            {
                var start = GC.GetTotalAllocatedBytes(precise: true);
                Run(1000);
                perTrip = Math.Min(perTrip, (GC.GetTotalAllocatedBytes(precise: true) - start) / 1000.0);
            }
            TestContext.Out.WriteLine($"{perTrip:F1} bytes for each round trip");
            Assert.That(perTrip, Is.LessThan(48));
        }
    }

    [Test]
    [Platform(Include = "Linux", Reason = "epoll is Linux's.")]
    public void Cost_of_a_receive_and_send()
    {
        Skip.UnlessMeasuring();
        const int Count = 300_000;
        using var net = new NetworkHarness(NetworkEngine.Epoll);
        var (client, server) = net.Pair(net.Listen());
        using (client)
        {
            net.WhenReadable = Echo;
            RoundTrips(net, client, 20_000);
            var watch = Stopwatch.StartNew();
            RoundTrips(net, client, Count);
            TestContext.Out.WriteLine($"client send + turn (epoll_wait, recv, send) + client recv: {watch.Elapsed.TotalNanoseconds / Count:F0} ns");
            watch.Restart();
            for (var i = 0; i < Count; i++) server.Receive(_buffer);
            TestContext.Out.WriteLine($"receive that would block: {watch.Elapsed.TotalNanoseconds / Count:F0} ns");
            watch.Restart();
            for (var i = 0; i < Count; i++) net.Network.Turn(net, 0);
            TestContext.Out.WriteLine($"empty turn: {watch.Elapsed.TotalNanoseconds / Count:F0} ns");
            var ownNs = 0L;
            for (var i = 0; i < Count; i++)
            {
                client.Send("0123456789abcdef"u8);
                var start = Stopwatch.GetTimestamp();
                server.Receive(_buffer);
                server.Send("0123456789abcdef"u8);
                ownNs += Stopwatch.GetTimestamp() - start;
                client.Receive(_buffer);
            }
            TestContext.Out.WriteLine($"recv + send alone: {(double)ownNs / Count:F0} ns");
        }
    }
}
