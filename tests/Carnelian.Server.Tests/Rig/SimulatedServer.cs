using System.Net;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Carnelian.Tests;

/// <summary>A server in a simulated world with checked memory. Nothing happens but while a test waits for something or moves time.</summary>
internal sealed class SimulatedServer : IDisposable
{
    private const int TurnsMax = 100_000;
    private const int Port = 6379;

    /// <summary>Longer than anything is under way in this kind world.</summary>
    private const long FlightNanoseconds = 2000;

    /// <summary>CARNELIAN_LANE=apart: as if the lane were on another thread.</summary>
    public static bool IsLaneApart { get; } = Environment.GetEnvironmentVariable("CARNELIAN_LANE") == "apart";

    private TestClient? _client;

    public SimulatedServer(Action<ServerOptions>? configure = null, CommandTable? commands = null, ulong seed = 1, ILogger? logger = null,
        SimulatedWorld? world = null)
    {
        // One that is given has the disk of a server that ran in it before.
        World = world ?? new SimulatedWorld(seed);
        var conditions = World.Simulation.Conditions;
        conditions.DelayMicrosecondsMin = conditions.DelayMicrosecondsMax = 1;
        conditions.PipeBytesMin = conditions.PipeBytesMax = 64 * 1024;
        conditions.ShortTransfersPerMillion = 0;
        if (IsLaneApart) conditions.HandOverMicrosecondsMax = 1;
        var options = new ServerOptions
        {
            Bind = ["*"],
            Port = Port,
            Memory = new AllocatorOptions { Checked = true, RangeBytesMax = 1L << 30 },
        };
        configure?.Invoke(options);
        Server = new Server(options, World, logger ?? NullLogger.Instance, commands);
        Assert.That(Server.Start(), Is.Null);
    }

    public SimulatedWorld World { get; }

    public Server Server { get; }

    /// <summary>The client that <see cref="Run"/> uses.</summary>
    public TestClient Client => _client ??= Connect();

    public TestClient Connect(IPAddress? from = null) =>
        new(this, World.Network.ConnectPeer(new IPEndPoint(from is null ? IPAddress.Loopback : World.Address, Port), from));

    /// <summary>A new client whose request waits.</summary>
    public TestClient Blocked(params string[] request)
    {
        var client = Connect();
        client.Send(request);
        TurnUntil(() => client.Served?.Blocked is not null);
        return client;
    }

    /// <summary>Runs a request; the reply as <see cref="TestReply.Show"/> writes it.</summary>
    public string Run(params string[] arguments) => Client.Run(arguments);

    /// <summary>Moves time and lets the server do what falls due, and what it says arrive.</summary>
    public void AdvanceTime(long milliseconds)
    {
        World.Advance(milliseconds);
        // Twice: cron work runs behind the network's callbacks. Woken, it does not wait, and so time does not move by itself.
        for (var i = 0; i < 2; i++)
        {
            World.Network.Wake();
            Server.Turn();
        }
        Settle();
    }

    /// <summary>Lets all arrive that is under way, and what a lane and the command thread have handed to each other.</summary>
    public void Settle()
    {
        for (var i = 0; i < (IsLaneApart ? 8 : 0); i++)
        {
            while (World.Simulation.RunNext(World.Simulation.NowNanoseconds + FlightNanoseconds)) { }
            World.Network.Wake();
            Server.Turn();
        }
        while (World.Simulation.RunNext(World.Simulation.NowNanoseconds + FlightNanoseconds)) { }
    }

    /// <summary>For tests of what only a lane on the command thread can do.</summary>
    public static void SkipUnlessInline(string reason)
    {
        if (IsLaneApart) Skip.Because($"the lane is apart: {reason}");
    }

    /// <summary>Lets time pass until something holds: what is on its way arrives before the server waits for its next cron job.</summary>
    public void TurnUntil(Func<bool> condition)
    {
        var simulation = World.Simulation;
        for (var turns = 0; !condition(); turns++)
        {
            Assert.That(turns, Is.LessThan(TurnsMax), "what was awaited did not come");
            if (simulation.RunNext(simulation.NowNanoseconds + FlightNanoseconds)) continue;
            Server.Turn();
        }
    }

    /// <summary>Fails when the server holds a block that nobody will free.</summary>
    public void Dispose()
    {
        Server.Dispose();
        World.Dispose();
    }

    /// <summary>Ends the server as a kill does, and starts another one in its place.</summary>
    public SimulatedServer Restart(Action<ServerOptions>? configure = null, ILogger? logger = null)
    {
        World.Kill();
        Server.Dispose();
        return new(configure, logger: logger, world: World);
    }
}
