using System.Net;

namespace Carnelian.Tests;

/// <summary>Which sockets a server opens, and what its log says of those that it can't.</summary>
internal sealed class ListenerTests
{
    private LogLines _log = null!;
    private SimulatedServer _server = null!;

    [SetUp]
    public void Start() => _server = new SimulatedServer(options => options.UnixSocket = "/s", logger: _log = new LogLines());

    [TearDown]
    public void Stop() => _server.Dispose();

    [Test]
    public void A_name_without_a_colon_is_bound_by_its_IPv4_address()
    {
        _server.World.Simulation.HostNames["localhost"] = [IPAddress.IPv6Loopback, IPAddress.Loopback];
        Assert.That(_server.Run("CONFIG", "SET", "bind", "localhost"), Is.EqualTo("+OK"));
        Assert.That(_server.Connect().Run("PING"), Is.EqualTo("+PONG"));
        _server.World.Simulation.HostNames["six"] = [IPAddress.IPv6Loopback];
        Assert.That(_server.Run("CONFIG", "SET", "bind", "six"), Does.StartWith("-ERR CONFIG SET failed"));
    }

    [Test]
    public void An_optional_address_that_is_not_there_is_told_and_left_out()
    {
        Assert.That(_server.Run("CONFIG", "SET", "bind", "127.0.0.1 -1.2.3.4"), Is.EqualTo("+OK"));
        Assert.That(_log.Text, Does.Contain("Warning: Could not create server TCP listening socket 1.2.3.4:6379: bind: Cannot assign requested address\n"));
        Assert.That(_server.Server.Listeners.Count, Is.EqualTo(2));
        Assert.That(_server.Run("CONFIG", "SET", "bind", "-1.2.3.4"), Is.EqualTo("+OK"), "none is an error at the start alone");
        Assert.That(_server.Server.Listeners.Count, Is.EqualTo(1));
    }

    [Test]
    public void A_name_that_nobody_knows_is_told_without_a_call_s_name()
    {
        _server.Run("CONFIG", "SET", "bind", "nobody");
        Assert.That(_log.Text, Does.Contain("Warning: Could not create server TCP listening socket nobody:6379: Name or service not known\n"));
    }

    [Test]
    public void The_end_of_a_unix_socket_is_told_once()
    {
        _server.Server.Listeners.Close();
        _server.Server.Listeners.Close();
        Assert.That(_log.Text.Split("Removing the unix socket file.\n"), Has.Length.EqualTo(2));
    }
}
