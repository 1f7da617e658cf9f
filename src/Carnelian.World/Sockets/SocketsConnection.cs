using System.Buffers;
using System.Net;
using System.Net.Sockets;

namespace Carnelian;

/// <summary>
/// A socket in a <see cref="SocketsEngine"/>. Readable is what a zero-byte receive has completed on; writable is what
/// has no send outstanding. A full socket is given one bounded copy to send, and is writable again when that has gone.
/// </summary>
internal sealed class SocketsConnection : Connection, ISocketsTarget
{
    private const int CopyBytesMax = 16 * 1024;

    private readonly SocketsEngine _engine;
    private readonly Socket? _socket;
    private readonly EndPoint? _peer;
    private readonly SocketsOperation _receive;
    private SocketsOperation? _send;
    private byte[]? _copy;
    private string? _remoteAddress, _localAddress;
    private SocketError _error;
    private bool _watchReadable = true, _watchWritable;

    /// <summary>A receive is outstanding, or its notice is on the way.</summary>
    private bool _armed;

    /// <summary>A notice of writability is on the way.</summary>
    private bool _queued;

    private bool _established, _closed;

    internal SocketsConnection(SocketsEngine engine, Socket socket, ListenOptions options) : this(engine, socket)
    {
        _established = true;
        var unix = options.Address as UnixDomainSocketEndPoint;
        _peer = unix ?? PeerOf(socket);
        if (unix is not null) _localAddress = SocketsEngine.Show(unix);
        else SetKeepAlive(options.KeepAliveSeconds);
        SetNoDelay(socket);
        Arm();
    }

    private SocketsConnection(SocketsEngine engine, Socket? socket, EndPoint? peer = null)
    {
        _engine = engine;
        _socket = socket;
        _peer = peer;
        _receive = new SocketsOperation(engine, this, SocketsNotice.Readable);
        Id = socket is null ? -1 : (int)socket.Handle;
        if (socket is not null) socket.Blocking = false;
        engine.Open(this);
    }

    public static SocketsConnection Begin(SocketsEngine engine, EndPoint remote, EndPoint? local)
    {
        SocketsConnection? connection = null;
        try
        {
            if (remote.AddressFamily == AddressFamily.Unspecified) throw new SocketException((int)SocketError.AddressFamilyNotSupported);
            var socket = new Socket(remote.AddressFamily, SocketType.Stream, ProtocolType.Unspecified);
            connection = new SocketsConnection(engine, socket, remote);
            SetNoDelay(socket);
            if (local is not null) socket.Bind(local);
            var connect = new SocketsOperation(engine, connection, SocketsNotice.Connected) { RemoteEndPoint = remote };
            connection._send = connect;
            if (!socket.ConnectAsync(connect)) engine.Repeat(connection, SocketsNotice.Connected);
        }
        catch (SocketException e)
        {
            connection ??= new SocketsConnection(engine, null, remote);
            connection._error = e.SocketErrorCode;
            engine.Repeat(connection, SocketsNotice.Connected);
        }
        connection._watchWritable = true;
        return connection;
    }

    private static EndPoint? PeerOf(Socket socket)
    {
        try
        {
            return socket.RemoteEndPoint;
        }
        catch (SocketException)
        {
            return null;
        }
    }

    private static void SetNoDelay(Socket socket)
    {
        try
        {
            if (socket.AddressFamily != AddressFamily.Unix) socket.NoDelay = true;
        }
        catch (SocketException)
        {
            // Reset meanwhile: receiving will tell.
        }
    }

    public override int Id { get; }

    public override string RemoteAddress => _remoteAddress ??= SocketsEngine.Show(_peer);

    public override string LocalAddress => _localAddress ?? (_closed || _socket is null ? "?:0" : _localAddress = SocketsEngine.Show(_socket.LocalEndPoint));

    public override bool IsLoopback => _peer is UnixDomainSocketEndPoint || _peer is IPEndPoint ip && IPAddress.IsLoopback(ip.Address);

    public override bool IsEstablished => _established;

    public override string? Error => _error == SocketError.Success ? null : SocketsEngine.TextOf(_error);

    public override bool IsClosed => _closed;

    public override int Receive(Span<byte> destination)
    {
        Check.That(!destination.IsEmpty);
        if (_error != SocketError.Success || _closed) return Failed;
        if (!_established) return WouldBlock;
        var received = _socket!.Receive(destination, SocketFlags.None, out var error);
        return error == SocketError.Success ? received : Explain(error);
    }

    public override int Send(ReadOnlySpan<byte> source)
    {
        Check.That(!source.IsEmpty);
        if (_error != SocketError.Success || _closed) return Failed;
        if (!_established || _copy is not null) return WouldBlock;
        var sent = _socket!.Send(source, SocketFlags.None, out var error);
        // Some systems take a part and say in the same breath that they would block.
        if (sent > 0) return sent;
        return error == SocketError.WouldBlock ? SendCopy(source) : Explain(error);
    }

    private int SendCopy(ReadOnlySpan<byte> source)
    {
        var length = Math.Min(source.Length, CopyBytesMax);
        _copy = ArrayPool<byte>.Shared.Rent(length);
        source[..length].CopyTo(_copy);
        _send ??= new SocketsOperation(_engine, this, SocketsNotice.Sent);
        _send.SetBuffer(_copy, 0, length);
        if (!_socket!.SendAsync(_send)) FinishSend();
        return length;
    }

    private void FinishSend()
    {
        if (_send!.SocketError != SocketError.Success) Explain(_send.SocketError);
        ArrayPool<byte>.Shared.Return(_copy!);
        _copy = null;
    }

    private int Explain(SocketError error)
    {
        if (error == SocketError.WouldBlock) return WouldBlock;
        // The first error is the cause of the others.
        if (_error == SocketError.Success) _error = error;
        return Failed;
    }

    public override bool WatchReadable
    {
        get => _watchReadable && !_closed;
        set
        {
            _watchReadable = value;
            Arm();
        }
    }

    public override bool WatchWritable
    {
        get => _watchWritable && !_closed;
        set
        {
            _watchWritable = value;
            QueueWritable();
        }
    }

    private bool HasOutcome => _established || _error != SocketError.Success;

    /// <summary>Asks for the next readiness. At the end of the stream and after an error it comes at once, again and again.</summary>
    private void Arm()
    {
        if (!WatchReadable || _armed || !HasOutcome) return;
        _armed = true;
        if (_error != SocketError.Success || !_socket!.ReceiveAsync(_receive)) _engine.Repeat(this, SocketsNotice.Readable);
    }

    private void QueueWritable()
    {
        if (!WatchWritable || _queued || !HasOutcome || _copy is not null) return;
        _queued = true;
        _engine.Repeat(this, SocketsNotice.Writable);
    }

    void ISocketsTarget.OnNotice(SocketsNotice notice, INetworkHandler handler)
    {
        switch (notice)
        {
            case SocketsNotice.Connected:
                FinishConnecting();
                break;
            case SocketsNotice.Readable:
                _armed = false;
                if (!_closed && _receive.SocketError != SocketError.Success) Explain(_receive.SocketError);
                if (WatchReadable) handler.OnReadable(this);
                break;
            case SocketsNotice.Writable:
                _queued = false;
                if (WatchWritable && _copy is null) handler.OnWritable(this);
                break;
            default:
                FinishSend();
                if (_closed) Release();
                break;
        }
        Arm();
        QueueWritable();
    }

    private void FinishConnecting()
    {
        // This operation has done its work; sending takes one of its own.
        var outcome = _send?.SocketError ?? SocketError.Success;
        _send?.Dispose();
        _send = null;
        if (_closed) return;
        if (outcome != SocketError.Success) Explain(outcome);
        _established = _error == SocketError.Success;
    }

    public override void SetKeepAlive(int seconds)
    {
        if (!_closed && _peer is IPEndPoint && _socket is not null) SocketsEngine.SetKeepAlive(_socket, seconds);
    }

    public override void Close()
    {
        if (_closed) return;
        _closed = true;
        _engine.Forget(this);
        if (_copy is null) Release();
        else _engine.Linger(this);
    }

    internal bool IsReleased { get; private set; }

    /// <summary>Closes, giving up what could not be sent.</summary>
    internal void Release()
    {
        if (IsReleased) return;
        IsReleased = true;
        try
        {
            // Without it .NET resets a connection that has an operation outstanding, and the peer may miss our last bytes.
            if (_established && _error == SocketError.Success) _socket!.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // The peer was faster.
        }
        _socket?.Dispose();
    }
}
