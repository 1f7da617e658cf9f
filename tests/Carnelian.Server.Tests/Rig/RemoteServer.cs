using System.Net;
using Microsoft.Extensions.Logging.Abstractions;

namespace Carnelian.Tests;

/// <summary>Another server, on a machine of its own in the world of a <see cref="SimulatedServer"/>; it turns as time passes there.</summary>
internal sealed class RemoteServer : IDisposable
{
    private const int Port = 6379, TurnMicroseconds = 20;

    private readonly SimulatedServer _near;
    private bool _hasEnded;

    public RemoteServer(SimulatedServer near, Action<ServerOptions>? configure = null)
    {
        _near = near;
        World = new SimulatedWorld(near.World.Simulation, IPAddress.Parse("10.0.0.2"));
        var options = new ServerOptions
        {
            Bind = ["*"],
            Port = Port,
            ProtectedMode = false,
            Memory = new AllocatorOptions { Checked = true, RangeBytesMax = 1L << 30 },
        };
        configure?.Invoke(options);
        Server = new Server(options, World, NullLogger.Instance);
        Assert.That(Server.Start(), Is.Null);
        Client = Connect();
        Turn();
    }

    public SimulatedWorld World { get; }

    public Server Server { get; }

    /// <summary>The client that <see cref="Run"/> uses.</summary>
    public TestClient Client { get; }

    public TestClient Connect() => new(_near, World.Network.ConnectPeer(new IPEndPoint(World.Address, Port)));

    public string Run(params string[] arguments) => Client.Run(arguments);

    private void Turn()
    {
        if (_hasEnded) return;
        Server.Turn();
        World.Simulation.After(TurnMicroseconds, Turn);
    }

    /// <summary>From now on neither hears of the other.</summary>
    public void Separate() => World.Simulation.Separate(_near.World, World);

    public void Dispose()
    {
        _hasEnded = true;
        Server.Dispose();
        World.Dispose();
    }
}
