using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace Carnelian;

/// <summary>The sockets that a server listens on, as bind, port and unixsocket say.</summary>
public sealed class Listeners(Server server)
{
    private readonly List<Listener> _open = [];

    public int Port
    {
        get
        {
            foreach (var listener in _open)
            {
                if (listener.Address is IPEndPoint ip) return ip.Port;
            }
            return 0;
        }
    }

    public bool HasUnix => _open.Exists(listener => listener.Address is UnixDomainSocketEndPoint);

    public int Count => _open.Count;

    /// <summary>Opens all. Null, or why there is none to serve on; those opened before stay until <see cref="Close"/>.</summary>
    public string? Open()
    {
        var options = server.Options;
        if (options.Port != 0 || options.AnyPort)
        {
            var opened = 0;
            var port = options.AnyPort ? 0 : options.Port;
            foreach (var bind in options.Bind)
            {
                if (!OpenTcp(bind, ref port, ref opened)) return "Failed listening on port " + port + " (tcp), aborting.";
            }
            if (options.Bind.Length > 0 && opened == 0) return "Failed listening on port " + port + " (tcp), aborting.";
        }
        if (options.UnixSocket is { Length: > 0 } path)
        {
            var result = Listen(new UnixDomainSocketEndPoint(path));
            if (result.Listener is null) return $"Failed opening Unix socket: bind: {result.Error}";
        }
        return null;
    }

    /// <summary>False when an address that must be there could not be bound.</summary>
    private bool OpenTcp(string bind, ref int port, ref int opened)
    {
        var optional = bind.StartsWith('-');
        var name = optional ? bind[1..] : bind;
        IPAddress? address = name switch
        {
            "*" => IPAddress.Any,
            "::*" => IPAddress.IPv6Any,
            _ => server.World.Network.Resolve(name) is [var first, ..] ? first : null,
        };
        var result = address is null ? new(null, "Name or service not known") : Listen(new IPEndPoint(address, port));
        if (result.Listener is null)
        {
            if (optional && (result.AddressNotAvailable || result.ProtocolNotSupported)) return true;
            server.Log.LogWarning("Warning: Could not create server TCP listening socket {Address}:{Port}: bind: {Error}", name, port, result.Error);
            return result.ProtocolNotSupported;
        }
        port = ((IPEndPoint)result.Listener.Address).Port;
        opened++;
        return true;
    }

    private ListenResult Listen(EndPoint address)
    {
        var options = server.Options;
        var result = server.World.Network.Listen(new(address)
        {
            Backlog = options.TcpBacklog,
            Engine = options.NetworkEngine,
            KeepAliveSeconds = options.TcpKeepAliveSeconds,
            UnixSocketPermissions = options.UnixSocketPermissions,
        });
        if (result.Listener is not null) _open.Add(result.Listener);
        return result;
    }

    /// <summary>CONFIG SET port: closes all and opens anew; if that fails, the old ones are opened again by the caller's undo.</summary>
    public string? ReopenPort() => Reopen() ? null : "Unable to listen on this port. Check server logs.";

    /// <summary>CONFIG SET bind, the same.</summary>
    public string? ReopenAddresses() => Reopen() ? null : "Failed to bind to specified addresses.";

    private bool Reopen()
    {
        Close();
        return Open() is null;
    }

    public void Close()
    {
        foreach (var listener in _open) listener.Close();
        _open.Clear();
    }
}
