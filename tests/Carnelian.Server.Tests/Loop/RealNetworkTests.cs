using System.Net;
using System.Net.Sockets;

namespace Carnelian.Tests;

/// <summary>The same server over real sockets, with both engines: what the simulated network can't show.</summary>
[TestFixture(NetworkEngine.Epoll), TestFixture(NetworkEngine.Sockets)]
internal sealed class RealNetworkTests(NetworkEngine engine)
{
    private EmbeddedServer Start(Action<ServerOptions>? configure = null)
    {
        if (engine == NetworkEngine.Epoll && !OperatingSystem.IsLinux()) Skip.Because("epoll is Linux's");
        var options = new ServerOptions
        {
            AnyPort = true,
            Bind = ["127.0.0.1"],
            NetworkEngine = engine,
            Memory = new AllocatorOptions { Checked = true, RangeBytesMax = 1L << 30 },
        };
        configure?.Invoke(options);
        return EmbeddedServer.Start(options);
    }

    private static SocketClient Connect(EmbeddedServer server) => new(new IPEndPoint(IPAddress.Loopback, server.Port));

    private static void End(EmbeddedServer server)
    {
        server.Dispose();
        Assert.That(server.Failure, Is.Null);
    }

    [Test]
    public void Requests_are_answered()
    {
        using var server = Start();
        using var client = Connect(server);
        Assert.That(client.Run("SET", "k", "v"), Is.EqualTo("+OK"));
        Assert.That(client.Run("GET", "k"), Is.EqualTo("\"v\""));
        Assert.That(client.Run("QUIT"), Is.EqualTo("+OK"));
        Assert.That(client.ReadsEnd());
        End(server);
    }

    [Test]
    public void IPv6_is_served_too()
    {
        if (!Socket.OSSupportsIPv6) Skip.Because("this machine has no IPv6");
        using var server = Start(options => (options.AnyPort, options.Port, options.Bind) = (false, LoopbackPort.Claim(), ["127.0.0.1", "::1"]));
        using var client = new SocketClient(new IPEndPoint(IPAddress.IPv6Loopback, server.Port));
        Assert.That(client.Run("PING"), Is.EqualTo("+PONG"));
        Assert.That(client.Run("CLIENT", "INFO"), Does.Contain(" addr=[::1]:"));
        using var other = Connect(server);
        Assert.That(other.Run("PING"), Is.EqualTo("+PONG"));
        End(server);
    }

    [Test]
    public void A_unix_socket_is_served_alone()
    {
        var path = Path.Combine(Directory.CreateTempSubdirectory("carnelian-").FullName, "s.sock");
        using var server = Start(options =>
        {
            options.AnyPort = false;
            options.Port = 0;
            options.UnixSocket = path;
            options.UnixSocketPermissions = 0x1C0; // 0700
        });
        using var client = new SocketClient(new UnixDomainSocketEndPoint(path));
        Assert.That(client.Run("PING"), Is.EqualTo("+PONG"));
        Assert.That(client.Run("CLIENT", "INFO"), Does.Contain(" flags=U "));
        if (!OperatingSystem.IsWindows()) Assert.That((int)File.GetUnixFileMode(path), Is.EqualTo(0x1C0));
        End(server);
        Assert.That(File.Exists(path), Is.False);
        Directory.Delete(Path.GetDirectoryName(path)!);
    }

    [Test]
    public void Large_values_and_long_pipelines_pass_in_both_directions()
    {
        using var server = Start();
        using var client = Connect(server);
        var value = new byte[20_000_000];
        new Random(1).NextBytes(value);
        client.Send(TestClient.Request("SET"u8.ToArray(), "k"u8.ToArray(), value));
        Assert.That(TestReply.Show(client.Read()), Is.EqualTo("+OK"));
        client.Send(TestClient.Request("GET", "k"));
        Assert.That(client.Read().Bytes.AsSpan().SequenceEqual(value));

        const int requests = 50_000;
        var pipeline = new List<byte>();
        for (var i = 0; i < requests; i++) pipeline.AddRange(TestClient.Request("INCR", "n"));
        var sender = TestThread.Start(() => client.Send([.. pipeline]));
        for (var i = 1; i <= requests; i++) Assert.That(client.Read().Integer, Is.EqualTo(i));
        sender.Join();
        End(server);
    }

    [Test]
    public void Many_clients_at_once_count_together()
    {
        const int clients = 50, each = 200;
        using var server = Start();
        TestThread.RunAll(clients, _ =>
        {
            using var client = Connect(server);
            for (var n = 0; n < each; n++) client.Run("INCR", "n");
        });
        Assert.That(server.Execute("GET", "n").Text, Is.EqualTo($"{clients * each}"));
        End(server);
    }

    [Test]
    public void A_slow_reader_holds_up_nobody()
    {
        using var server = Start();
        server.Execute("SET", "large", new string('x', 1_000_000));
        using var slow = Connect(server);
        for (var i = 0; i < 40; i++) slow.Send(TestClient.Request("GET", "large"));
        using var other = Connect(server);
        for (var i = 0; i < 100; i++) Assert.That(other.Run("PING"), Is.EqualTo("+PONG"));
        for (var i = 0; i < 40; i++) Assert.That(slow.Read().Bytes, Has.Length.EqualTo(1_000_000));
        End(server);
    }

    /// <summary>So many clients, or as many as there may be files for: both ends of each are in this process.</summary>
    private static int ClientsAllowed(int wanted)
    {
        const int others = 400, least = 1000;
        if (!OperatingSystem.IsLinux()) Skip.Because("the number of files is limited in Linux' way only");
        var limit = FileLimit.Get();
        FileLimit.Set(limit with { Current = limit.Maximum });
        var allowed = (int)Math.Min((ulong)wanted, Math.Max(limit.Maximum, others) / 2 - others / 2);
        if (allowed < least) Skip.Because($"this process may open {limit.Maximum} files only");
        return allowed;
    }

    [Test, NonParallelizable]
    public void Ten_thousand_clients_are_served()
    {
        var clients = ClientsAllowed(10_000);
        TestContext.Out.WriteLine($"{clients} clients");
        using var server = Start(options => options.MaxClients = clients + 10);
        var all = new SocketClient[clients];
        try
        {
            for (var i = 0; i < clients; i++) all[i] = Connect(server);
            for (var round = 1; round <= 2; round++)
            {
                foreach (var client in all) client.Send(TestClient.Request("INCR", "n"));
                long sum = 0;
                foreach (var client in all) sum += client.Read().Integer;
                long n = clients;
                Assert.That(sum, Is.EqualTo(round * n * (round * n + 1) / 2 - (round - 1) * n * ((round - 1) * n + 1) / 2));
            }
            Assert.That(server.Execute("INFO", "clients").Text, Does.Contain($"connected_clients:{clients}\r\n"));
        }
        finally
        {
            foreach (var client in all) client?.Dispose();
        }
        Patience.Until(() => server.Execute("INFO", "clients").Text!.Contains("connected_clients:0\r\n"), "all are gone");
        End(server);
    }
}
