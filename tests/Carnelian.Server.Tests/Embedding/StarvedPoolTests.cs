using System.Diagnostics;
using System.Net.Sockets;
using System.Text;

namespace Carnelian.Tests;

/// <summary>The application that holds a server blocks every thread of the pool: the server needs none.</summary>
[NonParallelizable]
[TestFixture(NetworkEngine.Sockets), TestFixture(NetworkEngine.Default)]
internal sealed class StarvedPoolTests(NetworkEngine engine)
{
    private const int Blockers = 500;

    private readonly ManualResetEventSlim _release = new();

    /// <summary>Of the items that block, those that still do or will.</summary>
    private int _blocking;

    private EmbeddedServer Start() => EmbeddedServer.Start(new ServerOptions
    {
        AnyPort = true,
        Bind = ["127.0.0.1"],
        NetworkEngine = engine,
        Memory = new AllocatorOptions { Checked = true, RangeBytesMax = 1L << 30 },
    });

    private void Starve()
    {
        _blocking = Blockers;
        for (var i = 0; i < Blockers; i++)
        {
            ThreadPool.UnsafeQueueUserWorkItem(_ =>
            {
                _release.Wait();
                Interlocked.Decrement(ref _blocking);
            }, null);
        }
    }

    [TearDown]
    public void Feed()
    {
        _release.Set();
        Patience.Until(() => Volatile.Read(ref _blocking) == 0, "the pool runs what was queued");
    }

    [Test]
    public void Clients_old_and_new_are_answered_while_the_pool_is_starved_and_after()
    {
        using var server = Start();
        // On a thread of its own: the test's may be the pool's.
        TestThread.Start(() => Converse(server)).Join();
    }

    private void Converse(EmbeddedServer server)
    {
        using var old = Connect(server.Port);
        Ask(old, "PING");
        Starve();
        for (var i = 0; i < 200; i++) Ask(old, "PING");
        using var @new = Connect(server.Port);
        for (var i = 0; i < 200; i++) Ask(@new, "PING");
        AskMuch(@new);
        using (var gone = Connect(server.Port)) Ask(gone, "PING");
        var clients = Enumerable.Range(0, 100).Select(_ => Connect(server.Port)).ToArray();
        for (var round = 0; round < 3; round++) Array.ForEach(clients, each => Ask(each, "PING"));
        Array.ForEach(clients, each => each.Dispose());
        Feed();
        for (var i = 0; i < 200; i++) Ask(old, "PING");
        AskMuch(old);
        using var last = Connect(server.Port);
        Ask(last, "PING");
    }

    [Test]
    public void Cost_of_many_connections_while_the_pool_is_starved()
    {
        Skip.UnlessMeasuring();
        const int Count = 5000, Rounds = 200;
        using var server = Start();
        TestThread.Start(() =>
        {
            var clients = Enumerable.Range(0, Count).Select(_ => Connect(server.Port)).ToArray();
            Array.ForEach(clients, each => Ask(each, "PING"));
            Measure("with a pool that serves");
            Starve();
            Ask(clients[1], "PING");
            Measure("with a starved pool");
            Array.ForEach(clients, each => each.Dispose());

            void Measure(string how)
            {
                var cpu = Environment.CpuUsage.TotalTime;
                var watch = Stopwatch.StartNew();
                for (var i = 0; i < Rounds; i++) Ask(clients[i], "PING");
                cpu = Environment.CpuUsage.TotalTime - cpu;
                TestContext.Error.WriteLine($"{engine}, {Count} connections, {how}: {watch.Elapsed.TotalMilliseconds / Rounds:F2} ms, CPU {cpu.TotalMilliseconds / Rounds:F2} ms a PING");
            }
        }).Join();
    }

    private static Socket Connect(int port)
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = (int)Patience.OfPrograms.TotalMilliseconds };
        client.Connect("127.0.0.1", port);
        return client;
    }

    private static void Ask(Socket client, string request)
    {
        client.Send(Encoding.ASCII.GetBytes(request + "\r\n"));
        var reply = new byte[16];
        Assert.That(Encoding.ASCII.GetString(reply, 0, client.Receive(reply)), Is.EqualTo("+PONG\r\n"));
    }

    /// <summary>More than a connection takes at once, so that the server has to wait until it can be written again.</summary>
    private static void AskMuch(Socket client)
    {
        const int Bytes = 20_000_000;
        client.Send("SETRANGE long 19999999 x\r\nGET long\r\n"u8);
        var expected = ":20000000\r\n$20000000\r\n".Length + Bytes + 2;
        var buffer = new byte[1 << 20];
        for (var received = 0; received < expected;)
        {
            var count = client.Receive(buffer);
            Assert.That(count, Is.Positive);
            received += count;
        }
    }
}
