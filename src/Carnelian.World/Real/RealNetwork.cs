using System.Net;
using System.Net.Sockets;

namespace Carnelian;

/// <summary>
/// Two engines behind one wait: epoll where there is Linux, .NET's sockets where there is not or where they are asked
/// for. Other threads of the latter wake the wait of the former.
/// </summary>
internal sealed class RealNetwork : Network, IDisposable
{
    private readonly NetworkEngine _default;
    private readonly EpollEngine? _epoll;
    private readonly AutoResetEvent? _wake;
    private SocketsEngine? _sockets;
    private bool _disposed;

    public RealNetwork(NetworkEngine engine)
    {
        if (OperatingSystem.IsLinux()) _epoll = new EpollEngine();
        else _wake = new AutoResetEvent(false);
        _default = engine != NetworkEngine.Default ? engine : _epoll is null ? NetworkEngine.Sockets : NetworkEngine.Epoll;
    }

    private SocketsEngine Sockets => _sockets ??= new SocketsEngine(Wake);

    public override ListenResult Listen(ListenOptions options)
    {
        var engine = options.Engine == NetworkEngine.Default ? _default : options.Engine;
        if (engine == NetworkEngine.Sockets) return ListenOverSockets(options);
        return _epoll is null ? new(null, "The epoll engine needs Linux") : _epoll.Listen(options);
    }

    private ListenResult ListenOverSockets(ListenOptions options)
    {
        try
        {
            return Sockets.Listen(options);
        }
        catch (SocketException e)
        {
            // The engine itself could not be set up: it needs a socket to be woken by.
            return new(null, e.Message);
        }
    }

    public override Connection Connect(EndPoint remote, EndPoint? local = null) =>
        _epoll is null || _default == NetworkEngine.Sockets ? Sockets.Connect(remote, local) : _epoll.Connect(remote, local);

    public override IPAddress[] Resolve(string host)
    {
        if (base.Resolve(host) is { Length: > 0 } literal) return literal;
        // .NET takes no name for that of this machine.
        if (host.Length == 0) return [];
        try
        {
            return Dns.GetHostAddresses(host);
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            return [];
        }
    }

    public override void Turn(INetworkHandler handler, int timeoutMilliseconds)
    {
        if (_sockets is not null) timeoutMilliseconds = _sockets.WaitAtMost(timeoutMilliseconds);
        if (_epoll is not null) _epoll.Turn(handler, timeoutMilliseconds);
        else _wake!.WaitOne(timeoutMilliseconds);
        _sockets?.Turn(handler);
    }

    public override void Wake()
    {
        if (_epoll is not null) _epoll.Wake();
        else if (!Volatile.Read(ref _disposed)) _wake!.Set();
    }

    /// <summary>Closes every connection and listener. The event is left to the collector: a late waker may still hold it.</summary>
    public void Dispose()
    {
        if (_disposed) return;
        Volatile.Write(ref _disposed, true);
        _sockets?.Dispose();
        _epoll?.Dispose();
    }
}
