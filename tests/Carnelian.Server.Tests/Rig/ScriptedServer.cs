using System.Net;

namespace Carnelian.Tests;

/// <summary>A machine in the world of a <see cref="SimulatedServer"/> that answers requests as a test says, and on which a test can look at them.</summary>
internal sealed class ScriptedServer : INetworkHandler, IDisposable
{
    private const int Port = 6379, TurnMicroseconds = 20;

    private readonly SimulatedWorld _world;
    private readonly List<Peer> _peers = [];
    private bool _hasEnded;

    public ScriptedServer(SimulatedServer near)
    {
        _world = new SimulatedWorld(near.World.Simulation, IPAddress.Parse("10.0.0.2"));
        Assert.That(_world.Network.Listen(new(new IPEndPoint(IPAddress.Any, Port))).Error, Is.Null);
        Turn();
    }

    /// <summary>Requests that have come, in words that blanks divide; payloads are left out.</summary>
    public List<string> Requests { get; } = [];

    /// <summary>Connections that have come.</summary>
    public int Connections { get; private set; }

    /// <summary>What each request is answered; null: nothing.</summary>
    public Func<string, string?> Answer { get; set; } = _ => "+OK\r\n";

    /// <summary>Nothing is read any more.</summary>
    public bool IsDeaf { get; set; }

    /// <summary>Sends something to everybody.</summary>
    public void Send(string bytes)
    {
        foreach (var peer in _peers) peer.Connection.Send(System.Text.Encoding.Latin1.GetBytes(bytes));
    }

    /// <summary>Ends all connections.</summary>
    public void Close()
    {
        foreach (var peer in _peers) peer.Connection.Close();
        _peers.Clear();
    }

    private void Turn()
    {
        if (_hasEnded) return;
        _world.Network.Turn(this, 0);
        _world.Simulation.After(TurnMicroseconds, Turn);
    }

    void INetworkHandler.OnAccepted(Connection connection, Listener listener)
    {
        Connections++;
        var peer = new Peer(connection);
        connection.Owner = peer;
        _peers.Add(peer);
    }

    void INetworkHandler.OnReadable(Connection connection)
    {
        var peer = (Peer)connection.Owner!;
        if (IsDeaf)
        {
            connection.WatchReadable = false;
            return;
        }
        var buffer = new byte[64 * 1024];
        var received = connection.Receive(buffer);
        if (received <= 0)
        {
            connection.Close();
            _peers.Remove(peer);
            return;
        }
        peer.Received.AddRange(buffer[..received]);
        while (!connection.IsClosed && RespValue.Read(peer.Received.ToArray(), out var length) is { } request)
        {
            peer.Received.RemoveRange(0, length);
            var words = string.Join(' ', request.Items.Select((item, i) => i == 3 && request.Items[0].Text!.StartsWith("RESTORE") ? "…" : item.Text));
            Requests.Add(words);
            if (Answer(words) is { } answer) connection.Send(System.Text.Encoding.Latin1.GetBytes(answer));
        }
    }

    void INetworkHandler.OnWritable(Connection connection)
    {
    }

    public void Dispose()
    {
        _hasEnded = true;
        _world.Dispose();
    }

    private sealed record Peer(Connection Connection)
    {
        public List<byte> Received { get; } = [];
    }
}
