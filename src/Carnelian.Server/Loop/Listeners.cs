using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Carnelian;

/// <summary>The sockets that a server listens on, as bind, port and unixsocket say.</summary>
internal sealed class Listeners(Server server)
{
    /// <summary>Of sun_path in struct sockaddr_un, with the NUL that ends it.</summary>
    private const int UnixPathBytes = 108;

    /// <summary>So many addresses bind may name.</summary>
    internal const int BindMax = 16;

    private readonly List<Listener> _open = [];

    /// <summary>
    /// Names as they were looked up last, at the start or by <see cref="BindLookup"/>: opening listeners anew, also to undo, asks no name server,
    /// which would hold up the command thread.
    /// </summary>
    private readonly Dictionary<string, IPAddress[]> _known = [];

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
        if (!OpenTcp()) return $"Failed listening on port {server.Options.Port} (tcp), aborting.";
        return server.Options.UnixSocket is { Length: > 0 } path && OpenUnix(path) is { } error ? $"Failed opening Unix socket: {error}" : null;
    }

    private string? OpenUnix(string path)
    {
        var bytes = Encoding.UTF8.GetByteCount(path);
        if (bytes >= UnixPathBytes) return $"unix socket path too long ({bytes}), must be under {UnixPathBytes}";
        return Listen(new UnixDomainSocketEndPoint(path)) is { Listener: null, Error: var error } ? $"bind: {error}" : null;
    }

    private bool OpenTcp()
    {
        var options = server.Options;
        if (options.Port == 0 && !options.AnyPort) return true;
        var port = options.AnyPort ? 0 : options.Port;
        foreach (var bind in options.Bind)
        {
            if (!OpenTcp(bind, ref port)) return false;
        }
        return true;
    }

    /// <summary>False when an address that must be there could not be bound.</summary>
    private bool OpenTcp(string bind, ref int port)
    {
        var optional = bind.StartsWith('-');
        var name = optional ? bind[1..] : bind;
        var address = AddressOf(name);
        var result = address is null ? new(null, "Name or service not known") : Listen(new IPEndPoint(address, port));
        if (result.Listener is not null)
        {
            port = ((IPEndPoint)result.Listener.Address).Port;
            return true;
        }
        var reason = address is null ? result.Error : $"bind: {result.Error}";
        server.Log.LogWarning("Warning: Could not create server TCP listening socket {Name}:{Port}: {Reason}", name, port, reason);
        return (optional && result.AddressNotAvailable) || result.ProtocolNotSupported;
    }

    /// <summary>As in Redis, a name without a colon is one of IPv4.</summary>
    private IPAddress? AddressOf(string name)
    {
        var family = name.Contains(':') ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;
        return name switch
        {
            "*" => IPAddress.Any,
            "::*" => IPAddress.IPv6Any,
            _ => Array.Find(Addresses(name), address => address.AddressFamily == family),
        };
    }

    private IPAddress[] Addresses(string name)
    {
        if (_known.TryGetValue(name, out var known)) return known;
        var found = Resolve(name);
        if (!IPAddress.TryParse(name, out _)) _known[name] = found;
        return found;
    }

    /// <summary>Asks the system for a name's addresses, which may take long. Any thread.</summary>
    internal IPAddress[] Resolve(string name) => server.World.Network.Resolve(name);

    /// <summary>What looking names up has found. What is bound no longer is forgotten.</summary>
    internal void Learn(string[] names, IPAddress[][] addresses)
    {
        var bound = NamesIn(server.Options.Bind);
        foreach (var known in _known.Keys.Except(bound).ToArray()) _known.Remove(known);
        for (var i = 0; i < names.Length; i++) _known[names[i]] = addresses[i];
    }

    /// <summary>The words of bind that are no addresses.</summary>
    internal static string[] NamesIn(string[] bind) =>
        [.. bind.Select(word => word.StartsWith('-') ? word[1..] : word).Where(word => word is not ("" or "*" or "::*") && !IPAddress.TryParse(word, out _)).Distinct()];

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

    /// <summary>CONFIG SET port: closes the TCP listeners and opens them anew; if that fails, the caller's undo opens the old ones again.</summary>
    public string? ReopenForPort() => ReopenTcp() ? null : "Unable to listen on this port. Check server logs.";

    /// <summary>CONFIG SET bind.</summary>
    public string? ReopenForAddresses() => ReopenTcp() ? null : "Failed to bind to specified addresses.";

    private bool ReopenTcp()
    {
        Close(listener => listener.Address is IPEndPoint);
        var opened = OpenTcp();
        if (!opened) Close(listener => listener.Address is IPEndPoint);
        server.Process.ShowTitle();
        return opened;
    }

    public void Close()
    {
        if (HasUnix) server.Log.LogInformation("Removing the unix socket file.");
        Close(static _ => true);
    }

    private void Close(Predicate<Listener> which)
    {
        foreach (var listener in _open)
        {
            if (which(listener)) listener.Close();
        }
        _open.RemoveAll(which);
    }
}
