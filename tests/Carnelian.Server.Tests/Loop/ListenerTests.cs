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
    public void While_a_name_is_looked_up_others_are_served()
    {
        _server.World.Simulation.HostNames["localhost"] = [IPAddress.Loopback];
        _server.World.Simulation.Conditions.JobMicrosecondsMax = 1000_000_000;
        var administrator = _server.Connect();
        administrator.SendRaw("CONFIG SET hz 12 bind localhost\r\nCONFIG GET bind\r\n");
        _server.TurnUntil(() => _server.World.Workers.Pending > 0);
        Assert.That(_server.Run("CONFIG", "GET", "bind"), Does.Contain("\"*\""));
        Assert.That(_server.Run("CONFIG", "GET", "hz"), Does.Contain("10"), "all is set at once");
        Assert.That(_server.World.Workers.Pending, Is.GreaterThan(0));
        Assert.That(administrator.Read(), Is.EqualTo("+OK"));
        Assert.That(administrator.Read(), Does.Contain("localhost"), "what came behind it waits");
        Assert.That(_server.Run("CONFIG", "GET", "hz"), Does.Contain("12"));
    }

    [Test]
    public void A_look_up_that_fails_undoes_all_of_CONFIG_SET()
    {
        Assert.That(_server.Run("CONFIG", "SET", "hz", "12", "bind", "127.0.0.1 nobody"),
            Is.EqualTo("-ERR CONFIG SET failed (possibly related to argument 'bind') - Failed to bind to specified addresses."));
        Assert.That(_server.Run("CONFIG", "GET", "hz"), Does.Contain("10"));
        Assert.That(_server.Run("CONFIG", "GET", "bind"), Does.Contain("\"*\""));
        Assert.That(_server.Connect().Run("PING"), Is.EqualTo("+PONG"));
    }

    [Test]
    public void Who_opens_listeners_anew_asks_for_no_name_again()
    {
        _server.World.Simulation.HostNames["localhost"] = [IPAddress.Loopback];
        Assert.That(_server.Run("CONFIG", "SET", "bind", "localhost"), Is.EqualTo("+OK"));
        _server.World.Simulation.HostNames.Clear();
        Assert.That(_server.Run("CONFIG", "SET", "bind", "1.2.3.4"), Does.StartWith("-ERR"));
        Assert.That(_server.Run("CONFIG", "SET", "port", "6380"), Is.EqualTo("+OK"));
        Assert.That(_server.Server.Port, Is.EqualTo(6380));
        Assert.That(_server.Run("CONFIG", "SET", "bind", "localhost"), Does.StartWith("-ERR"), "but who names it does");
    }

    [Test]
    public void Who_waits_for_a_name_may_go()
    {
        _server.World.Simulation.HostNames["localhost"] = [IPAddress.Loopback];
        _server.World.Simulation.Conditions.JobMicrosecondsMax = 1000_000_000;
        var gone = _server.Connect();
        gone.SendRaw("CONFIG SET bind localhost\r\n");
        _server.TurnUntil(() => _server.World.Workers.Pending == 1);
        gone.Peer.Close();
        _server.TurnUntil(() => _server.Server.Executor.BlockedClients.Count == 0);
        _server.TurnUntil(() => _server.World.Workers.Pending == 0);
        Assert.That(_server.Run("CONFIG", "GET", "bind"), Does.Contain("\"*\""));
    }

    [Test]
    public void A_name_that_nobody_knows_is_told_without_a_call_s_name()
    {
        _server.Run("CONFIG", "SET", "bind", "nobody");
        Assert.That(_log.Text, Does.Contain("Warning: Could not create server TCP listening socket nobody:6379: Name or service not known\n"));
    }

    [Test]
    public void An_attempt_to_speak_HTTP_is_told_in_the_words_of_Redis()
    {
        var browser = _server.Connect();
        browser.Run("PING");
        var address = _server.Server.Clients.Last().Address;
        browser.SendRaw("POST / HTTP/1.1\r\nHost: x\r\n\r\n");
        Assert.That(browser.ReadToEnd(), Is.Empty);
        Assert.That(_log.Text, Does.Contain(
            "Possible SECURITY ATTACK detected. It looks like somebody is sending POST or Host: commands to Redis. This is likely due to an attacker "
            + $"attempting to use Cross Protocol Scripting to compromise your Redis instance. Connection from {address} aborted.\n"));
    }

    [TestCase("*x\r\n", "invalid mbulk count", "'*x..'")]
    [TestCase("*1\r\n:5\r\n", "expected $ but got something else", ":5..'")]
    [TestCase("\"abc\r\n", "unbalanced quotes in request", "'\"abc..'")]
    [TestCase("*1\r\n$-4\r\n", "invalid bulk length", "$-4..'")]
    public void A_protocol_error_is_told_as_Redis_tells_it(string request, string name, string shown)
    {
        _server.Connect().SendRaw(request);
        _server.TurnUntil(() => _log.Text.Contains("Protocol error", StringComparison.Ordinal));
        Assert.That(_log.Text, Does.Contain($"Protocol error ({name}) from client: id="));
        Assert.That(_log.Text, Does.Match(@" io-thread=0\. Query buffer during protocol error: '.*" + System.Text.RegularExpressions.Regex.Escape(shown[1..])));
    }

    [Test]
    public void Both_ends_of_long_input_that_is_wrong_are_told()
    {
        _server.Connect().SendRaw("*" + new string('1', 70000));
        _server.TurnUntil(() => _log.Text.Contains("Protocol error", StringComparison.Ordinal));
        Assert.That(_log.Text, Does.Match(@"\(too big mbulk count string\) from client: .* '\*1{63}' \(\.\.\. more \d+ bytes \.\.\.\) '1{64}'\n"));
    }

    [Test]
    public void What_CONFIG_SET_could_not_apply_is_told_by_name()
    {
        Assert.That(_server.Run("CONFIG", "SET", "hz", "12", "bind", "1.2.3.4"), Does.StartWith("-ERR CONFIG SET failed (possibly related to argument 'bind')"));
        Assert.That(_log.Text, Does.Contain("Failed applying new configuration. Possibly related to new bind setting. Restoring previous settings.\n"));
        Assert.That(_server.Run("CONFIG", "GET", "hz"), Does.Contain("10"));
    }

    [Test]
    public void The_end_of_a_unix_socket_is_told_once()
    {
        _server.Server.Listeners.Close();
        _server.Server.Listeners.Close();
        Assert.That(_log.Text.Split("Removing the unix socket file.\n"), Has.Length.EqualTo(2));
    }
}
