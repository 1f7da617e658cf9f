using System.Net;
using System.Net.Sockets;

namespace Carnelian;

/// <summary>A listening socket in a <see cref="SocketsEngine"/>; one accept is always outstanding.</summary>
internal sealed class SocketsListener : Listener, ISocketsTarget
{
    private readonly SocketsEngine _engine;
    private readonly Socket _socket;
    private readonly SocketsOperation _accept;
    private readonly UnixSocketFile? _file;
    private bool _idle, _closed;

    private SocketsListener(SocketsEngine engine, Socket socket, ListenOptions options, UnixSocketFile? file)
    {
        _engine = engine;
        _socket = socket;
        _file = file;
        Options = options;
        Address = options.Address is UnixDomainSocketEndPoint ? options.Address : socket.LocalEndPoint!;
        _accept = new SocketsOperation(engine, this, SocketsNotice.Accepted);
        engine.Open(this);
        if (!Accept()) engine.Repeat(this, SocketsNotice.Accepted);
    }

    public override ListenOptions Options { get; }

    public override EndPoint Address { get; }

    public static ListenResult Open(SocketsEngine engine, ListenOptions options)
    {
        Socket? socket = null;
        UnixSocketFile? file = null;
        try
        {
            var family = options.Address.AddressFamily;
            if (family == AddressFamily.Unspecified) throw new SocketException((int)SocketError.AddressFamilyNotSupported);
            socket = new Socket(family, SocketType.Stream, ProtocolType.Unspecified);
            if (family == AddressFamily.InterNetworkV6) socket.DualMode = false;
            if (OperatingSystem.IsWindows()) socket.ExclusiveAddressUse = true;
            UnixSocketFile.RemoveStale(options.Address);
            socket.Bind(options.Address);
            file = UnixSocketFile.Bound(options);
            socket.Listen(options.Backlog);
            return new(new SocketsListener(engine, socket, options, file), null);
        }
        catch (SocketException e)
        {
            file?.Remove();
            socket?.Dispose();
            return new(null, e.Message,
                AddressNotAvailable: e.SocketErrorCode == SocketError.AddressNotAvailable,
                ProtocolNotSupported: e.SocketErrorCode is SocketError.AddressFamilyNotSupported or SocketError.ProtocolFamilyNotSupported
                    or SocketError.ProtocolNotSupported or SocketError.SocketNotSupported or SocketError.ProtocolOption);
        }
    }

    /// <summary>True when the outcome will be noticed later, false when it is there.</summary>
    private bool Accept()
    {
        _accept.AcceptSocket = null;
        return _socket.AcceptAsync(_accept);
    }

    void ISocketsTarget.OnNotice(SocketsNotice notice, INetworkHandler handler)
    {
        if (_closed)
        {
            _accept.AcceptSocket?.Dispose();
            _accept.Dispose();
            return;
        }
        if (_idle)
        {
            _idle = false;
            if (Accept()) return;
        }
        for (var i = 0; i < AcceptsPerTurn; i++)
        {
            if (!TakeOne(handler) || _closed) return;
            if (Accept()) return;
        }
        _engine.Repeat(this, SocketsNotice.Accepted);
    }

    private bool TakeOne(INetworkHandler handler)
    {
        var error = _accept.SocketError;
        if (error is SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable)
        {
            _idle = true;
            _engine.ResumeLater(this);
            handler.OnAcceptFailed(this, SocketsEngine.TextOf(error));
            return false;
        }
        if (error == SocketError.Success && _accept.AcceptSocket is { } socket)
        {
            _accept.AcceptSocket = null;
            handler.OnAccepted(new SocketsConnection(_engine, socket, Options), this);
        }
        return true;
    }

    public override void Close()
    {
        if (_closed) return;
        _closed = true;
        _engine.Forget(this);
        if (_file is null) _socket.Dispose();
        else CloseUnix(_file);
    }

    /// <summary>.NET's own way to close a bound unix socket deletes whatever is at its path by then, so only the handle is closed.</summary>
    private void CloseUnix(UnixSocketFile file)
    {
        file.Remove();
        _socket.SafeHandle.Dispose();
        GC.SuppressFinalize(_socket);
    }
}
