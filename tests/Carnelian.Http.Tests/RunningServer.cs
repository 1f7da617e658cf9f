using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;

namespace Carnelian.Tests;

/// <summary>A server on the real machine, without a port of its own, that runs on a thread; with or without HTTP beside it.</summary>
internal sealed class RunningServer : IDisposable
{
    private readonly RealWorld _world = new();
    private readonly TestThread _thread;
    private readonly HttpEndpoint? _http;

    public RunningServer(bool withHttp = true, params string[] bind)
    {
        var options = new ServerOptions { Port = 0, MetricsPort = withHttp ? LoopbackPort.Claim() : 0, Memory = new() { RangeBytesMax = 1L << 30 } };
        if (bind.Length > 0) options.MetricsBind = bind;
        Server = new(options, _world, NullLogger.Instance);
        Assert.That(Server.Start(), Is.Null);
        if (withHttp)
        {
            _http = HttpEndpoint.Open(Server, out var error);
            Assert.That(error, Is.Null);
        }
        _thread = TestThread.Start(Server.Run);
    }

    public Server Server { get; }

    /// <summary>The command thread does nothing else until the gate is opened.</summary>
    public ManualResetEventSlim HoldUp()
    {
        var (gate, entered) = (new ManualResetEventSlim(), new ManualResetEventSlim());
        Server.Post(() =>
        {
            entered.Set();
            gate.Wait(Patience.OfPrograms);
        });
        Assert.That(entered.Wait(Patience.OfPrograms));
        return gate;
    }

    public Socket Connect(IPAddress? address = null)
    {
        address ??= IPAddress.Loopback;
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = (int)Patience.OfPrograms.TotalMilliseconds };
        socket.Connect(address, Server.Options.MetricsPort);
        return socket;
    }

    /// <summary>Sends bytes and reads until the server closes; what it answered, headers and all.</summary>
    public string Exchange(string request)
    {
        using var socket = Connect();
        socket.Send(Encoding.Latin1.GetBytes(request));
        return ReadToEnd(socket);
    }

    public string Get(string path) => Exchange($"GET {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");

    public static string ReadToEnd(Socket socket)
    {
        var (text, buffer) = (new StringBuilder(), new byte[64 << 10]);
        try
        {
            while (socket.Receive(buffer) is > 0 and var count) text.Append(Encoding.UTF8.GetString(buffer, 0, count));
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionReset)
        {
            // Closed with something of ours unread: what came before is what it had to say.
        }
        return text.ToString();
    }

    public void Dispose()
    {
        _http?.Dispose();
        Server.RequestStop();
        _thread.Join();
        Server.Dispose();
        _world.Dispose();
    }
}
