using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Carnelian.Tests;

/// <summary>A real world whose callbacks a test sets, with a deadline in place of sleeping.</summary>
internal sealed class NetworkHarness(NetworkEngine engine) : INetworkHandler, IDisposable
{
    public static readonly NetworkEngine[] Engines = OperatingSystem.IsLinux() ? [NetworkEngine.Epoll, NetworkEngine.Sockets] : [NetworkEngine.Sockets];

    /// <summary>For what takes its deadline in milliseconds.</summary>
    public static int PatienceMs => (int)Patience.OfPrograms.TotalMilliseconds;

    public RealWorld World { get; } = new(engine);

    public List<Connection> Accepted { get; } = [];

    public List<string> AcceptFailures { get; } = [];

    public Action<Connection>? WhenAccepted, WhenReadable, WhenWritable;

    public Network Network => World.Network;

    public static IPEndPoint Loopback => new(IPAddress.Loopback, 0);

    public Listener Listen(ListenOptions options)
    {
        var result = Network.Listen(options with { Engine = engine });
        Assert.That(result.Error, Is.Null);
        return result.Listener!;
    }

    public Listener Listen() => Listen(new ListenOptions(Loopback));

    /// <summary>A connected pair: the test's blocking end and the world's.</summary>
    public (Socket Client, Connection Server) Pair(Listener listener)
    {
        var client = Client(listener);
        var count = Accepted.Count;
        TurnUntil(() => Accepted.Count > count);
        return (client, Accepted[^1]);
    }

    public static Socket Client(Listener listener) => Client(listener.Address);

    public static Socket Client(EndPoint address)
    {
        var client = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Unspecified) { ReceiveTimeout = PatienceMs, SendTimeout = PatienceMs };
        client.Connect(address);
        return client;
    }

    public void TurnUntil(Func<bool> condition)
    {
        var watch = Stopwatch.StartNew();
        while (!condition())
        {
            if (watch.Elapsed > Patience.OfPrograms) Assert.Fail("The awaited event did not come.");
            Network.Turn(this, 50);
        }
    }

    /// <summary>Receives all that comes until the end of the stream.</summary>
    public byte[] ReceiveAll(Connection connection)
    {
        var received = new MemoryStream();
        var buffer = new byte[70_000];
        var ended = false;
        connection.WatchReadable = true;
        WhenReadable = c =>
        {
            var n = c.Receive(buffer);
            if (n > 0) received.Write(buffer, 0, n);
            if (n is 0 or Connection.Failed) ended = true;
            if (ended) c.WatchReadable = false;
        };
        TurnUntil(() => ended);
        return received.ToArray();
    }

    public static byte[] Noise(int length)
    {
        var bytes = new byte[length];
        new Random(7).NextBytes(bytes);
        return bytes;
    }

    void INetworkHandler.OnAccepted(Connection connection, Listener listener)
    {
        Accepted.Add(connection);
        WhenAccepted?.Invoke(connection);
    }

    void INetworkHandler.OnReadable(Connection connection) => WhenReadable?.Invoke(connection);

    void INetworkHandler.OnWritable(Connection connection) => WhenWritable?.Invoke(connection);

    void INetworkHandler.OnAcceptFailed(Listener listener, string error) => AcceptFailures.Add(error);

    public void Dispose() => World.Dispose();
}
