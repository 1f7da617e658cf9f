using System.Net;
using System.Net.Sockets;

namespace Carnelian.Tests;

/// <summary>Listening, accepting, addresses and options, over both engines.</summary>
[TestFixtureSource(typeof(NetworkHarness), nameof(NetworkHarness.Engines))]
internal sealed class NetworkListenTests(NetworkEngine engine)
{
    private NetworkHarness _net = null!;

    [SetUp]
    public void Open() => _net = new NetworkHarness(engine);

    [TearDown]
    public void Close() => _net.Dispose();

    [Test]
    public void An_accepted_connection_knows_both_addresses_after_closing()
    {
        var listener = _net.Listen();
        var (client, server) = _net.Pair(listener);
        using (client)
        {
            Assert.That(server.RemoteAddress, Is.EqualTo(client.LocalEndPoint!.ToString()));
            Assert.That(server.LocalAddress, Is.EqualTo(client.RemoteEndPoint!.ToString()));
            Assert.That(server.IsLoopback);
            Assert.That(server.IsEstablished);
            server.Close();
            Assert.That(server.RemoteAddress, Is.EqualTo(client.LocalEndPoint!.ToString()));
            Assert.That(server.LocalAddress, Is.EqualTo(client.RemoteEndPoint!.ToString()));
        }
    }

    [Test]
    public void A_taken_address_is_refused_in_the_systems_words()
    {
        var listener = _net.Listen();
        var second = _net.Network.Listen(new ListenOptions(listener.Address) { Engine = engine });
        Assert.That(second.Listener, Is.Null);
        Assert.That(second.Error, Is.EqualTo("Address already in use"));
    }

    [Test]
    public void An_address_of_another_machine_is_refused_as_not_available()
    {
        var result = _net.Network.Listen(new ListenOptions(new IPEndPoint(IPAddress.Parse("203.0.113.7"), 0)) { Engine = engine });
        Assert.That(result.Error, Is.EqualTo("Cannot assign requested address"));
        Assert.That(result.AddressNotAvailable);
        Assert.That(result.ProtocolNotSupported, Is.False);
    }

    [Test]
    public void A_closed_listener_refuses_and_its_address_is_free()
    {
        var listener = _net.Listen(new ListenOptions(new IPEndPoint(IPAddress.Loopback, LoopbackPort.Claim())));
        listener.Close();
        listener.Close();
        Assert.That(() => NetworkHarness.Client(listener), Throws.InstanceOf<SocketException>());
        _net.Listen(new ListenOptions(listener.Address));
    }

    [Test]
    public void IPv6_listens_beside_IPv4_on_the_same_port()
    {
        if (!Socket.OSSupportsIPv6 || !HasIPv6Loopback()) Skip.Because("This machine has no IPv6 loopback address.");
        var port = LoopbackPort.Claim();
        _net.Listen(new ListenOptions(new IPEndPoint(IPAddress.Any, port)));
        _net.Listen(new ListenOptions(new IPEndPoint(IPAddress.IPv6Any, port)));
        using var client = NetworkHarness.Client(new IPEndPoint(IPAddress.IPv6Loopback, port));
        _net.TurnUntil(() => _net.Accepted.Count == 1);
        Assert.That(_net.Accepted[0].RemoteAddress, Is.EqualTo($"[::1]:{((IPEndPoint)client.LocalEndPoint!).Port}"));
        Assert.That(_net.Accepted[0].LocalAddress, Is.EqualTo($"[::1]:{port}"));
        Assert.That(_net.Accepted[0].IsLoopback);
    }

    private static bool HasIPv6Loopback()
    {
        using var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.IPv6Loopback, 0));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    [Test]
    public void A_unix_socket_has_its_permissions_replaces_a_stale_file_and_leaves_none()
    {
        if (OperatingSystem.IsWindows())
        {
            Skip.Because("Permission bits of a socket's file are a matter of Unix.");
            return;
        }
        var directory = Directory.CreateTempSubdirectory("carnelian");
        var path = Path.Combine(directory.FullName, "s.sock");
        using (var stale = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)) stale.Bind(new UnixDomainSocketEndPoint(path));
        if (!File.Exists(path)) File.WriteAllBytes(path, []);
        var listener = _net.Listen(new ListenOptions(new UnixDomainSocketEndPoint(path)) { UnixSocketPermissions = Convert.ToInt32("750", 8) });
        Assert.That(Convert.ToString((int)File.GetUnixFileMode(path), 8), Is.EqualTo("750"));
        var (client, server) = _net.Pair(listener);
        Assert.That(server.RemoteAddress, Is.EqualTo($"{path}:0"));
        Assert.That(server.LocalAddress, Is.EqualTo($"{path}:0"));
        Assert.That(server.IsLoopback);
        client.Send("x"u8);
        client.Dispose();
        Assert.That(_net.ReceiveAll(server), Is.EqualTo("x"u8.ToArray()));
        listener.Close();
        Assert.That(File.Exists(path), Is.False);
        directory.Delete(recursive: true);
    }

    [Test]
    public void A_file_of_data_in_the_place_of_a_unix_socket_is_not_removed()
    {
        var path = Path.GetTempFileName();
        File.WriteAllText(path, "precious");
        var result = _net.Network.Listen(new ListenOptions(new UnixDomainSocketEndPoint(path)) { Engine = engine });
        Assert.That(result.Error, Is.EqualTo("Address already in use"));
        Assert.That(File.ReadAllText(path), Is.EqualTo("precious"));
        File.Delete(path);
    }

    [Test]
    public void A_unix_socket_that_another_serves_on_is_refused_and_left_alone()
    {
        using var directory = new TemporaryDirectory();
        var address = new UnixDomainSocketEndPoint(Path.Combine(directory.Path, "s.sock"));
        var first = _net.Listen(new ListenOptions(address));
        AssertInUse(address);
        using (NetworkHarness.Client(first)) _net.TurnUntil(() => _net.Accepted.Count >= 2);
        first.Close();
        _net.Listen(new ListenOptions(address));
    }

    [Test]
    public void A_unix_socket_whose_backlog_is_full_is_served_on()
    {
        if (!OperatingSystem.IsLinux()) Skip.Because("Other systems refuse then.");
        using var directory = new TemporaryDirectory();
        var address = new UnixDomainSocketEndPoint(Path.Combine(directory.Path, "s.sock"));
        using var busy = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        busy.Bind(address);
        busy.Listen(1);
        var waiting = Enumerable.Range(0, 3).Select(_ => new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false }).ToArray();
        Assert.That(() => Array.ForEach(waiting, socket => socket.Connect(address)), Throws.InstanceOf<SocketException>());
        AssertInUse(address);
        Array.ForEach(waiting, socket => socket.Dispose());
    }

    [Test]
    public void A_symbolic_link_in_the_place_of_a_unix_socket_is_replaced_unless_it_leads_to_data_or_to_one_that_is_served_on()
    {
        if (OperatingSystem.IsWindows()) Skip.Because("Making a link takes a privilege there.");
        using var directory = new TemporaryDirectory();
        var target = Path.Combine(directory.Path, "target");
        var address = new UnixDomainSocketEndPoint(Path.Combine(directory.Path, "s.sock"));
        File.CreateSymbolicLink(address.ToString(), target);
        _net.Listen(new ListenOptions(address)).Close();
        Assert.That(File.Exists(target), Is.False, "the socket is where the link was");

        File.CreateSymbolicLink(address.ToString(), target);
        File.WriteAllText(target, "precious");
        AssertInUse(address);
        Assert.That(File.ReadAllText(address.ToString()), Is.EqualTo("precious"));

        File.Delete(target);
        var served = _net.Listen(new ListenOptions(new UnixDomainSocketEndPoint(target)));
        AssertInUse(address);
        served.Close();
        _net.Listen(new ListenOptions(address));
    }

    [Test]
    public void A_closing_listener_leaves_the_unix_socket_that_another_has_bound_since()
    {
        using var directory = new TemporaryDirectory();
        var address = new UnixDomainSocketEndPoint(Path.Combine(directory.Path, "s.sock"));
        var first = _net.Listen(new ListenOptions(address));
        var created = File.GetCreationTimeUtc(address.ToString());
        // File systems count time in the kernel's ticks, and two servers never start in the same one.
        Patience.Until(() => IsNewer(directory, created), "the clock of the file system ticks");
        // As Redis starts, or an administrator cleans up.
        File.Delete(address.ToString());
        _net.Listen(new ListenOptions(address));
        first.Close();
        using var client = NetworkHarness.Client(address);
        _net.TurnUntil(() => _net.Accepted.Count == 1);
    }

    private static bool IsNewer(TemporaryDirectory directory, DateTime than)
    {
        var path = Path.Combine(directory.Path, "tick");
        File.Delete(path);
        File.WriteAllBytes(path, []);
        return File.GetCreationTimeUtc(path) > than;
    }

    private void AssertInUse(UnixDomainSocketEndPoint address)
    {
        var result = _net.Network.Listen(new ListenOptions(address) { Engine = engine });
        Assert.That(result.Error, Is.EqualTo("Address already in use"));
    }

    /// <summary>With a short path: one of a unix socket is limited.</summary>
    private sealed class TemporaryDirectory : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("carnelian").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }

    [Test]
    public void An_address_of_an_unknown_kind_is_refused_as_not_supported()
    {
        var result = _net.Network.Listen(new ListenOptions(new DnsEndPoint("localhost", 0)) { Engine = engine });
        Assert.That(result.Error, Is.EqualTo("Address family not supported by protocol"));
        Assert.That(result.ProtocolNotSupported);
    }

    [Test]
    public void Keepalive_probes_as_Redis_does_and_Nagle_is_off()
    {
        var listener = _net.Listen(new ListenOptions(NetworkHarness.Loopback) { KeepAliveSeconds = 300 });
        var (client, server) = _net.Pair(listener);
        using (client)
        {
            AssertKeepAlive(server, on: 1, idle: 300, interval: 100);
            Assert.That(Option(server, SocketOptionLevel.Tcp, SocketOptionName.NoDelay), Is.EqualTo(1));
            server.SetKeepAlive(2);
            AssertKeepAlive(server, on: 1, idle: 2, interval: 1);
            server.SetKeepAlive(0);
            Assert.That(Option(server, SocketOptionLevel.Socket, SocketOptionName.KeepAlive), Is.Zero);
        }
    }

    private static void AssertKeepAlive(Connection connection, int on, int idle, int interval)
    {
        Assert.That(Option(connection, SocketOptionLevel.Socket, SocketOptionName.KeepAlive), Is.EqualTo(on));
        Assert.That(Option(connection, SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime), Is.EqualTo(idle));
        Assert.That(Option(connection, SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval), Is.EqualTo(interval));
        Assert.That(Option(connection, SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount), Is.EqualTo(3));
    }

    /// <summary>Asks the descriptor itself, whichever engine owns it.</summary>
    private static int Option(Connection connection, SocketOptionLevel level, SocketOptionName name)
    {
        using var socket = new Socket(new SafeSocketHandle(connection.Id, ownsHandle: false));
        return (int)socket.GetSocketOption(level, name)!;
    }

    [Test]
    public void Connections_in_the_backlog_are_accepted_within_the_turns_bound()
    {
        var listener = _net.Listen(new ListenOptions(NetworkHarness.Loopback) { Backlog = 64 });
        listener.AcceptsPerTurn = 10;
        var clients = Enumerable.Range(0, 40).Select(_ => NetworkHarness.Client(listener)).ToArray();
        var most = 0;
        var before = 0;
        _net.TurnUntil(() =>
        {
            most = Math.Max(most, _net.Accepted.Count - before);
            before = _net.Accepted.Count;
            return before == clients.Length;
        });
        Assert.That(most, Is.InRange(1, 10));
        foreach (var client in clients) client.Dispose();
    }

    [Test]
    public void Two_thousand_connections_are_each_served()
    {
        const int Count = 2000;
        var listener = _net.Listen(new ListenOptions(NetworkHarness.Loopback) { Backlog = 128 });
        var clients = new List<Socket>();
        for (var i = 0; i < Count; i++)
        {
            clients.Add(NetworkHarness.Client(listener));
            if (i % 100 == 99) _net.TurnUntil(() => _net.Accepted.Count == clients.Count);
        }
        var echoed = 0;
        _net.WhenReadable = c =>
        {
            Span<byte> buffer = stackalloc byte[4];
            var n = c.Receive(buffer);
            if (n <= 0) return;
            Assert.That(c.Send(buffer[..n]), Is.EqualTo(n));
            echoed++;
        };
        for (var i = 0; i < Count; i++) clients[i].Send(BitConverter.GetBytes(i));
        _net.TurnUntil(() => echoed == Count);
        for (var i = 0; i < Count; i++) Assert.That(BitConverter.ToInt32(NetworkStreamTests.ReadExactly(clients[i], 4)), Is.EqualTo(i));
        foreach (var client in clients) client.Dispose();
    }
}
