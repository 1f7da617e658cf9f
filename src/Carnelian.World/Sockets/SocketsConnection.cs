using System.Net;
using System.Net.Sockets;

namespace Carnelian;

/// <summary>
/// A socket in a <see cref="SocketsEngine"/>. Readable is what a zero-byte receive has completed on, or what the watcher finds so;
/// writable is what has taken all it was given so far, or has room again as the watcher finds.
/// </summary>
internal sealed class SocketsConnection : Connection, ISocketsTarget
{
    private readonly SocketsEngine _engine;
    private readonly Socket? _socket;
    private readonly EndPoint? _peer;
    private readonly SocketsOperation _receive;
    private string? _remoteAddress, _localAddress;
    private SocketError _error;
    private bool _watchReadable = true, _watchWritable;

    /// <summary>A receive is outstanding, or its notice is on the way.</summary>
    private bool _armed;

    /// <summary>The watcher waits until there is something to read, or its notice is on the way.</summary>
    private bool _isWatched;

    /// <summary>A notice of writability is on the way, perhaps from the watcher.</summary>
    private bool _queued;

    /// <summary>The system took less than it was offered.</summary>
    private bool _isFull;

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
            socket.Connect(remote);
            engine.Repeat(connection, SocketsNotice.Connected);
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress && connection is not null)
        {
            engine.Watcher.Watch(connection._socket!, connection, SocketsNotice.Connected);
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
        if (!_established) return WouldBlock;
        var sent = _socket!.Send(source, SocketFlags.None, out var error);
        _isFull = sent < source.Length;
        // Some systems take a part and say in the same breath that they would block.
        return sent > 0 ? sent : Explain(error);
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
        if (!WatchReadable || !HasOutcome) return;
        if (!_armed)
        {
            _armed = true;
            if (_error != SocketError.Success || !_socket!.ReceiveAsync(_receive))
            {
                _engine.Repeat(this, SocketsNotice.Readable);
                return;
            }
        }
        if (_engine.Watcher.IsStarved) WatchReady();
    }

    /// <summary>The receive stays outstanding meanwhile: once the pool has threads again it tells of what has been read long ago, which harms nobody.</summary>
    private void WatchReady()
    {
        if (_isWatched || _error != SocketError.Success) return;
        _isWatched = true;
        _engine.Watcher.Watch(_socket!, this, SocketsNotice.Ready);
    }

    void ISocketsTarget.OnStarved()
    {
        // What was watched in an earlier starvation is so no longer.
        _isWatched = false;
        if (_armed && WatchReadable && HasOutcome) WatchReady();
    }

    private void QueueWritable()
    {
        if (!WatchWritable || _queued || !HasOutcome) return;
        _queued = true;
        if (_isFull && _error == SocketError.Success) _engine.Watcher.Watch(_socket!, this, SocketsNotice.Writable);
        else _engine.Repeat(this, SocketsNotice.Writable);
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
            case SocketsNotice.Ready:
                _isWatched = false;
                if (WatchReadable) handler.OnReadable(this);
                break;
            default:
                _queued = _isFull = false;
                if (WatchWritable) handler.OnWritable(this);
                break;
        }
        Arm();
        QueueWritable();
    }

    private void FinishConnecting()
    {
        if (_closed) return;
        if (_error == SocketError.Success)
        {
            var outcome = (SocketError)(int)_socket!.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)!;
            if (outcome != SocketError.Success) Explain(outcome);
        }
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
        if (_socket is null) return;
        try
        {
            // Without it .NET resets a connection that has an operation outstanding, and the peer may miss our last bytes.
            if (_established && _error == SocketError.Success) _socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // The peer was faster.
        }
        _engine.Watcher.Close(_socket);
    }
}
