using System.Net;
using System.Net.Sockets;

namespace Carnelian;

/// <summary>A listening socket in an <see cref="EpollEngine"/>.</summary>
internal sealed unsafe class EpollListener : Listener, IEpollTarget
{
    private readonly EpollEngine _engine;
    private readonly int _descriptor;
    private readonly int _slot;
    private readonly string? _unixAddress;
    private readonly UnixSocketFile? _file;
    private bool _closed;

    private EpollListener(EpollEngine engine, int descriptor, ListenOptions options, UnixSocketFile? file)
    {
        _engine = engine;
        _descriptor = descriptor;
        _file = file;
        Options = options;
        var unix = options.Address as UnixDomainSocketEndPoint;
        Address = unix ?? (EndPoint)EpollEngine.NameOf(descriptor).ToEndPoint();
        _unixAddress = unix is null ? null : $"{unix}:0";
        _slot = engine.Add(this, descriptor, Libc.EPOLLIN);
    }

    public override ListenOptions Options { get; }

    public override EndPoint Address { get; }

    internal static ListenResult Open(EpollEngine engine, ListenOptions options)
    {
        var family = SocketName.FamilyOf(options.Address);
        var descriptor = family < 0 ? -1 : Libc.socket(family, Libc.SOCK_STREAM | Libc.SOCK_NONBLOCK | Libc.SOCK_CLOEXEC, 0);
        if (descriptor < 0) return Refusal(family < 0 ? Libc.EAFNOSUPPORT : Libc.Errno);
        var errno = Prepare(descriptor, family, options, out var file);
        if (errno == 0)
        {
            var listener = new EpollListener(engine, descriptor, options, file);
            if (listener._slot >= 0) return new(listener, null);
            errno = -listener._slot;
        }
        file?.Remove();
        Libc.close(descriptor);
        return Refusal(errno);
    }

    private static int Prepare(int descriptor, int family, ListenOptions options, out UnixSocketFile? file)
    {
        file = null;
        // Options of a listening TCP socket pass to the connections it accepts: set here, they cost nothing there.
        Libc.SetOption(descriptor, Libc.SOL_SOCKET, Libc.SO_REUSEADDR, 1);
        if (family == Libc.AF_INET6) Libc.SetOption(descriptor, Libc.IPPROTO_IPV6, Libc.IPV6_V6ONLY, 1);
        if (family != Libc.AF_UNIX)
        {
            Libc.SetOption(descriptor, Libc.IPPROTO_TCP, Libc.TCP_NODELAY, 1);
            Libc.SetKeepAlive(descriptor, options.KeepAliveSeconds);
        }
        Span<byte> name = stackalloc byte[SocketName.NativeBytesMax];
        var length = SocketName.Write(options.Address, name);
        if (length == 0) return Libc.EINVAL;
        UnixSocketFile.RemoveStale(options.Address);
        fixed (byte* start = name)
        {
            if (Libc.bind(descriptor, start, (uint)length) < 0) return Libc.Errno;
        }
        file = UnixSocketFile.Bound(options);
        return Libc.listen(descriptor, options.Backlog) < 0 ? Libc.Errno : 0;
    }

    private static ListenResult Refusal(int errno) => new(null, Libc.ErrorText(errno),
        AddressNotAvailable: errno == Libc.EADDRNOTAVAIL,
        ProtocolNotSupported: errno is Libc.EAFNOSUPPORT or Libc.EPFNOSUPPORT or Libc.EPROTONOSUPPORT or Libc.ESOCKTNOSUPPORT or Libc.ENOPROTOOPT);

    void IEpollTarget.OnEvents(uint events, INetworkHandler handler)
    {
        for (var i = 0; i < AcceptsPerTurn && !_closed; i++)
        {
            var errno = AcceptOne(handler);
            if (errno == 0 || errno is Libc.EINTR or Libc.ECONNABORTED or Libc.EPROTO) continue;
            if (errno != Libc.EAGAIN) Pause(handler, errno);
            return;
        }
    }

    private int AcceptOne(INetworkHandler handler)
    {
        var name = stackalloc byte[SocketName.NativeBytesMax];
        uint length = SocketName.NativeBytesMax;
        var descriptor = Libc.accept4(_descriptor, name, &length, Libc.SOCK_NONBLOCK | Libc.SOCK_CLOEXEC);
        if (descriptor < 0) return Libc.Errno;
        var peer = SocketName.Read(new(name, (int)Math.Min(length, SocketName.NativeBytesMax)));
        var connection = new EpollConnection(_engine, descriptor, peer, _unixAddress);
        connection.Slot = _engine.Add(connection, descriptor, Libc.EPOLLIN);
        if (connection.Slot < 0)
        {
            connection.Close();
            return -connection.Slot;
        }
        handler.OnAccepted(connection, this);
        return 0;
    }

    /// <summary>
    /// Out of descriptors or memory: the waiting peer keeps the listener ready, so going on would spin. It is left
    /// alone until some time has passed, while those who are connected are served.
    /// </summary>
    private void Pause(INetworkHandler handler, int errno)
    {
        _engine.Rewatch(_descriptor, _slot, 0);
        _engine.ResumeLater(this);
        handler.OnAcceptFailed(this, Libc.ErrorText(errno));
    }

    internal void Resume()
    {
        if (!_closed) _engine.Rewatch(_descriptor, _slot, Libc.EPOLLIN);
    }

    public override void Close()
    {
        if (_closed) return;
        _closed = true;
        _engine.Remove(_slot);
        _file?.Remove();
        Libc.close(_descriptor);
    }
}
