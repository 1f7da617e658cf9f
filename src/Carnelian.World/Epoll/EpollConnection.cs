using System.Runtime.CompilerServices;

namespace Carnelian;

/// <summary>
/// A non-blocking socket in an <see cref="EpollEngine"/>. Holds no buffer and makes its strings when asked, about 110
/// bytes in all, for there may be many thousands that are silent.
/// </summary>
internal sealed unsafe class EpollConnection : Connection, IEpollTarget
{
    /// <summary>Of one call: sixteen messages and what else there may be.</summary>
    private const int PartsMax = 32;

    private readonly EpollEngine _engine;
    private readonly SocketName _peer;
    private string? _remoteAddress, _localAddress;
    private int _descriptor;
    private int _errno;
    private uint _interest = Libc.EPOLLIN;
    private readonly bool _isUnix;
    private bool _established;

    /// <summary>An accepted connection. The peer of a unix socket has no name; the listener's stands for it.</summary>
    internal EpollConnection(EpollEngine engine, int descriptor, SocketName peer, string? unixAddress)
    {
        _engine = engine;
        _descriptor = descriptor;
        Id = descriptor;
        _peer = peer;
        _remoteAddress = _localAddress = unixAddress;
        _isUnix = unixAddress is not null;
        _established = true;
    }

    /// <summary>An outgoing connection that waits to be established, or one that failed at once (errno given).</summary>
    internal EpollConnection(EpollEngine engine, int descriptor, SocketName peer, string? unixAddress, int errno)
        : this(engine, descriptor, peer, unixAddress)
    {
        _established = false;
        _errno = errno;
        _interest = Libc.EPOLLIN | Libc.EPOLLOUT;
    }

    /// <summary>The place in the engine's table; negative for a connection that the engine could not begin to watch.</summary>
    internal int Slot { get; set; } = -1;

    public override int Id { get; }

    public override string RemoteAddress => _remoteAddress ??= _peer.ToString();

    public override string LocalAddress => _localAddress ?? (IsClosed ? "?:0" : _localAddress = EpollEngine.NameOf(_descriptor).ToString());

    public override bool IsLoopback => _isUnix || _peer.IsLoopback;

    public override bool IsEstablished => _established;

    public override string? Error => _errno == 0 ? null : Libc.ErrorText(_errno);

    public override bool IsClosed => _interest == Closed;

    /// <summary>No interest is ever of this value, so one field answers both questions.</summary>
    private const uint Closed = uint.MaxValue;

    private bool IsConnecting => !_established && _errno == 0;

    public override int Receive(Span<byte> destination)
    {
        Check.That(!destination.IsEmpty);
        nint received;
        fixed (byte* start = destination)
        {
            received = Libc.recv(_descriptor, start, (nuint)destination.Length, 0);
        }
        if (received > 0) return (int)received;
        // A refused socket reads as ended once its error has been fetched.
        return received == 0 && _errno == 0 ? 0 : Explain(Libc.Errno);
    }

    public override int Send(ReadOnlySpan<byte> source)
    {
        Check.That(!source.IsEmpty);
        nint sent;
        fixed (byte* start = source)
        {
            sent = Libc.send(_descriptor, start, (nuint)source.Length, Libc.MSG_NOSIGNAL);
        }
        return sent >= 0 ? (int)sent : Explain(Libc.Errno);
    }

    public override int Send(ISendParts parts)
    {
        var list = stackalloc Libc.Part[PartsMax];
        var message = new Libc.Message { Parts = list };
        while (message.PartCount < PartsMax && parts.Next() is { IsEmpty: false } part)
        {
            // Native memory stays where it is.
            fixed (byte* start = part) list[message.PartCount++] = new(start, part.Length);
        }
        Check.That(message.PartCount > 0);
        var sent = Libc.sendmsg(_descriptor, &message, Libc.MSG_NOSIGNAL);
        return sent >= 0 ? (int)sent : Explain(Libc.Errno);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private int Explain(int errno)
    {
        // Interrupted is not a state of the socket: being level-triggered, readiness is reported again.
        if (_errno == 0 && (errno is Libc.EAGAIN or Libc.EINTR || IsConnecting)) return WouldBlock;
        // The first error is the cause; what comes later (EPIPE, EBADF) is its consequence.
        if (_errno == 0) _errno = errno;
        return Failed;
    }

    public override bool WatchReadable
    {
        get => !IsClosed && (_interest & Libc.EPOLLIN) != 0;
        set => Watch(Libc.EPOLLIN, value);
    }

    public override bool WatchWritable
    {
        get => !IsClosed && (_interest & Libc.EPOLLOUT) != 0;
        set => Watch(Libc.EPOLLOUT, value);
    }

    private void Watch(uint what, bool on)
    {
        if (IsClosed) return;
        var wanted = on ? _interest | what : _interest & ~what;
        if (wanted == _interest) return;
        _interest = wanted;
        // While connecting the engine waits for the outcome, whatever the owner wants to hear.
        if (!IsConnecting && Slot >= 0) _engine.Rewatch(_descriptor, Slot, wanted);
    }

    void IEpollTarget.OnEvents(uint events, INetworkHandler handler)
    {
        if (IsConnecting && !FinishConnecting()) events |= Libc.EPOLLERR;
        if ((events & (Libc.EPOLLERR | Libc.EPOLLHUP)) != 0) events |= Libc.EPOLLIN | Libc.EPOLLOUT;
        if ((events & Libc.EPOLLIN) != 0 && WatchReadable) handler.OnReadable(this);
        // Asked again: the handler may have closed the connection or sent what was waiting.
        if ((events & Libc.EPOLLOUT) != 0 && WatchWritable) handler.OnWritable(this);
    }

    /// <summary>Makes a connection that nothing can come of: every call on it fails for this reason.</summary>
    internal void Fail(int errno) => _errno = errno;

    private bool FinishConnecting()
    {
        _errno = Libc.GetOption(_descriptor, Libc.SOL_SOCKET, Libc.SO_ERROR);
        _established = _errno == 0;
        _engine.Rewatch(_descriptor, Slot, _interest);
        return _established;
    }

    public override void SetKeepAlive(int seconds)
    {
        if (!IsClosed && !_peer.IsEmpty) Libc.SetKeepAlive(_descriptor, seconds);
    }

    public override void Close()
    {
        if (IsClosed) return;
        _interest = Closed;
        _engine.Forget(this);
        if (_descriptor >= 0) Libc.close(_descriptor);
        // A later Receive or Send must not reach whoever gets this number next.
        _descriptor = -1;
    }
}
