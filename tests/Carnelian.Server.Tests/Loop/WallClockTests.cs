using System.Globalization;
using System.Text.RegularExpressions;

namespace Carnelian.Tests;

/// <summary>Somebody sets the wall clock while the server runs: no span becomes longer, shorter or negative.</summary>
[TestFixture(10 * HourMs), TestFixture(-HourMs)]
internal sealed class WallClockTests(long leapMs)
{
    private const long HourMs = 3_600_000;

    private readonly LogLines _log = new();
    private SimulatedServer _server = null!;

    [SetUp]
    public void Start() => _server = new SimulatedServer(commands: WaitingCommands.Table(), logger: _log);

    [TearDown]
    public void Stop() => _server.Dispose();

    private void Leap()
    {
        _server.World.ClockSkewMicroseconds += leapMs * 1000;
        _server.AdvanceTime(2);
    }

    [Test]
    public void Idle_clients_are_closed_after_the_timeout_and_not_before()
    {
        _server.Run("CONFIG", "SET", "timeout", "5");
        var idle = _server.Connect();
        idle.Run("PING");
        Leap();
        Pass(seconds: 4);
        Assert.That(idle.IsClosed, Is.False);
        Pass(seconds: 4);
        Assert.That(idle.IsClosed);
    }

    /// <summary>Clients are looked after about once a second; the other one stays busy meanwhile.</summary>
    private void Pass(int seconds)
    {
        for (var i = 0; i < seconds; i++)
        {
            _server.AdvanceTime(1000);
            _server.Run("PING");
        }
    }

    [Test]
    public void Uptime_ages_and_idle_times_go_on()
    {
        _server.Run("SET", "k", "v");
        var other = _server.Connect();
        other.Run("PING");
        _server.AdvanceTime(3000);
        Leap();
        Assert.That(Number(_server.Run("INFO", "server"), "uptime_in_seconds:"), Is.InRange(3, 4));
        var list = _server.Run("CLIENT", "LIST");
        foreach (var line in list.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => line.Contains("age=")))
            Assert.That((Number(line, "age="), Number(line, "idle=")), Is.AnyOf((3L, 0L), (3L, 3L), (4L, 0L), (4L, 4L), (4L, 3L), (3L, 4L)), line);
        Assert.That(_server.Run("OBJECT", "IDLETIME", "k"), Is.AnyOf(":3", ":4"));
        Assert.That(_server.Run("CLIENT", "KILL", "MAXAGE", "60"), Is.EqualTo(":0"));
        Assert.That(_server.Run("CLIENT", "KILL", "MAXAGE", "2"), Is.EqualTo(":1"));
    }

    private static long Number(string text, string label) => long.Parse(Regex.Match(text, $"{label}(-?[0-9]+)").Groups[1].Value, CultureInfo.InvariantCulture);

    [Test]
    public void Blocked_clients_wait_as_long_as_they_asked()
    {
        var client = _server.Connect();
        client.Send("WAITFORKEY", "k", "2000");
        _server.TurnUntil(() => client.Served?.Blocked is not null);
        Leap();
        _server.AdvanceTime(1900);
        Assert.That(client.Arrived(), Is.Empty);
        _server.AdvanceTime(100);
        Assert.That(client.Arrived(), Is.EqualTo(new[] { "nil" }));
    }

    [Test]
    public void Who_is_over_the_soft_limit_has_its_time()
    {
        _server.Run("CONFIG", "SET", "client-output-buffer-limit", "normal 0 1mb 10");
        _server.Run("SET", "large", new string('x', 100_000));
        var slow = _server.Connect();
        slow.Peer.Paused = true;
        var calls = _server.Server.Executor.CallsProcessed + 20;
        for (var i = 0; i < 20; i++) slow.Send("GET", "large");
        _server.TurnUntil(() => _server.Server.Executor.CallsProcessed == calls);
        Leap();
        Pass(seconds: 8);
        Assert.That(_server.Server.Clients, Has.Count.EqualTo(2));
        Pass(seconds: 4);
        Assert.That(_server.Server.Clients, Has.Count.EqualTo(1));
    }

    [Test]
    public void Who_broke_the_protocol_is_read_until_it_falls_silent()
    {
        // The monotonic clock of a simulation begins at 0, where no machine's is when it serves.
        _server.AdvanceTime(1000);
        // More waits than one read takes.
        _server.World.Simulation.Conditions.PipeBytesMin = _server.World.Simulation.Conditions.PipeBytesMax = 1 << 20;
        var broken = _server.Connect();
        broken.SendRaw("*1\r\n$-5\r\n" + new string('x', 1_000_000));
        Assert.That(broken.Read(), Does.StartWith("-ERR Protocol error"));
        Leap();
        for (var i = 0; i < 5; i++)
        {
            broken.SendRaw(new byte[100]);
            _server.AdvanceTime(50);
        }
        Assert.That(_server.Server.Clients, Has.Count.EqualTo(1), "it is still sending");
        _server.AdvanceTime(100);
        _server.AdvanceTime(100);
        Assert.That(_server.Server.Clients, Is.Empty);
    }

    [Test]
    public void Attacks_are_logged_once_a_minute()
    {
        Attack();
        Leap();
        Attack();
        Assert.That(Lines(), Is.EqualTo(1));
        _server.AdvanceTime(60_000);
        Attack();
        Assert.That(Lines(), Is.EqualTo(2));

        int Lines() => Regex.Count(_log.Text, "aborted");

        void Attack()
        {
            var browser = _server.Connect();
            browser.SendRaw("POST / HTTP/1.1\r\nHost: x\r\n\r\n");
            browser.ReadToEnd();
        }
    }

    [Test]
    public void Input_is_kept_for_two_idle_seconds()
    {
        var halfway = _server.Connect();
        halfway.SendRaw("*2\r\n$3\r\nGET\r\n$1\r\n");
        _server.TurnUntil(() => halfway.Served?.InputBytes > 0);
        halfway.SendRaw("k\r\n");
        Assert.That(halfway.Read(), Is.EqualTo("nil"));
        Assert.That(halfway.Served!.InputCapacity, Is.Positive);
        Leap();
        Pass(seconds: 1);
        Assert.That(halfway.Served!.InputCapacity, Is.Positive);
        Pass(seconds: 4);
        Assert.That(halfway.Served!.InputCapacity, Is.Zero);
    }
}
