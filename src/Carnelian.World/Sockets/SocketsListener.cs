using System.Net;
using System.Net.Sockets;

namespace Carnelian;

/// <summary>A listening socket in a <see cref="SocketsEngine"/>; the watcher tells when somebody wants to connect.</summary>
internal sealed class SocketsListener : Listener, ISocketsTarget
{
    private readonly SocketsEngine _engine;
    private readonly Socket _socket;
    private readonly UnixSocketFile? _file;
    private bool _closed;

    private SocketsListener(SocketsEngine engine, Socket socket, ListenOptions options, UnixSocketFile? file)
    {
        _engine = engine;
        _socket = socket;
        _file = file;
        Options = options;
        Address = options.Address is UnixDomainSocketEndPoint ? options.Address : socket.LocalEndPoint!;
        engine.Open(this);
        Watch();
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
            socket.Blocking = false;
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

    private void Watch() => _engine.Watcher.Watch(_socket, this, SocketsNotice.Accepted);

    void ISocketsTarget.OnStarved()
    {
    }

    void ISocketsTarget.OnNotice(SocketsNotice notice, INetworkHandler handler)
    {
        for (var i = 0; i < AcceptsPerTurn && !_closed; i++)
        {
            if (_socket.Poll(0, SelectMode.SelectRead))
            {
                if (!AcceptOne(handler)) return;
            }
            else
            {
                Watch();
                return;
            }
        }
        if (!_closed) _engine.Repeat(this, SocketsNotice.Accepted);
    }

    /// <summary>False when there is nothing to be had for some time: see <see cref="SocketsEngine.ResumeLater"/>.</summary>
    private bool AcceptOne(INetworkHandler handler)
    {
        try
        {
            handler.OnAccepted(new SocketsConnection(_engine, _socket.Accept(), Options), this);
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable)
        {
            _engine.ResumeLater(this);
            handler.OnAcceptFailed(this, e.Message);
            return false;
        }
        catch (SocketException)
        {
            // Who wanted to connect has gone.
        }
        return true;
    }

    public override void Close()
    {
        if (_closed) return;
        _closed = true;
        _engine.Forget(this);
        _engine.Watcher.Release(_socket);
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
