using System.Net;

namespace Carnelian;

/// <summary>
/// Connections without threads: the command thread calls <see cref="Turn"/>, which waits for readiness and tells
/// an <see cref="INetworkHandler"/> which connections have come, can be read or can be written again.
/// </summary>
public abstract class Network
{
    /// <summary>Starts to listen. On failure the result says why, in the words of the operating system.</summary>
    public abstract ListenResult Listen(ListenOptions options);

    /// <summary>
    /// Waits until something is ready, <see cref="Wake"/> is called or the time is over, then reports what is ready.
    /// A connection may be closed by the handler while others of the same turn are still to be reported.
    /// </summary>
    /// <param name="timeoutMilliseconds">0: only look; negative: wait without limit.</param>
    public abstract void Turn(INetworkHandler handler, int timeoutMilliseconds);

    /// <summary>Ends a waiting <see cref="Turn"/> early. May be called from any thread and from a signal handler.</summary>
    public abstract void Wake();

    /// <summary>
    /// The addresses of a host, which may be written as an address; none when the name is unknown. May wait for name
    /// servers, so a running loop asks from a worker's job. May be called from any thread.
    /// </summary>
    public virtual IPAddress[] Resolve(string host) => IPAddress.TryParse(host, out var address) ? [address] : [];

    /// <summary>
    /// Begins an outgoing connection to an IP address or a unix socket; it becomes writable when established, readable
    /// with an error when not.
    /// </summary>
    public abstract Connection Connect(EndPoint remote, EndPoint? local = null);
}

public interface INetworkHandler
{
    void OnAccepted(Connection connection, Listener listener);

    /// <summary>Data, the peer's end of stream or an error waits in <see cref="Connection.Receive"/>. Level-triggered.</summary>
    void OnReadable(Connection connection);

    /// <summary>Only while <see cref="Connection.WatchWritable"/> is on.</summary>
    void OnWritable(Connection connection);

    /// <summary>For the log: peers wait that cannot be accepted ("Too many open files"). Accepting is tried again later.</summary>
    void OnAcceptFailed(Listener listener, string error) { }
}

/// <summary>Bytes to be sent that lie in several places of native memory, which does not move.</summary>
public interface ISendParts
{
    /// <returns>The next part; empty: there are no more.</returns>
    ReadOnlySpan<byte> Next();
}

/// <summary>One stream. Used by the command thread only. Closing twice is allowed.</summary>
public abstract class Connection
{
    /// <summary>Results of <see cref="Receive"/> and <see cref="Send"/> below zero.</summary>
    public const int WouldBlock = -1, Failed = -2;

    /// <summary>Whatever the owner wants to find again in a callback.</summary>
    public object? Owner { get; set; }

    /// <summary>A number for logs and debugging (the descriptor, where there is one).</summary>
    public abstract int Id { get; }

    /// <summary>"127.0.0.1:50123", "[::1]:50123", or "/path/to.sock:0" for a unix socket, as CLIENT LIST shows it.</summary>
    public abstract string RemoteAddress { get; }

    public abstract string LocalAddress { get; }

    /// <summary>True for unix sockets and loopback addresses: what protected mode lets in.</summary>
    public abstract bool IsLoopback { get; }

    /// <summary>True once an outgoing connection is established; always true for an accepted one.</summary>
    public abstract bool IsEstablished { get; }

    /// <summary>What went wrong, for the log, after <see cref="Failed"/>.</summary>
    public abstract string? Error { get; }

    /// <returns>Bytes received; 0 at the peer's end of stream; <see cref="WouldBlock"/>; <see cref="Failed"/>.</returns>
    public abstract int Receive(Span<byte> destination);

    /// <returns>Bytes taken, perhaps fewer than offered; <see cref="WouldBlock"/>; <see cref="Failed"/>.</returns>
    public abstract int Send(ReadOnlySpan<byte> source);

    /// <summary>As one <see cref="Send(ReadOnlySpan{byte})"/> of parts behind each other: of the first, or of as many as can be sent with one call.</summary>
    public virtual int Send(ISendParts parts) => Send(parts.Next());

    /// <summary>Whether <see cref="INetworkHandler.OnReadable"/> is wanted. On for a new connection.</summary>
    public abstract bool WatchReadable { get; set; }

    /// <summary>
    /// Whether <see cref="INetworkHandler.OnWritable"/> is wanted. Off for an accepted connection, on for an outgoing one:
    /// that is how its owner hears that it is established.
    /// </summary>
    public abstract bool WatchWritable { get; set; }

    /// <summary>Changes the keepalive interval (seconds; 0 turns it off) as Redis does: idle N, interval N/3, 3 probes.</summary>
    public abstract void SetKeepAlive(int seconds);

    /// <summary>Closes at once. What <see cref="Send"/> has taken still goes out, as far as the peer takes it; nobody hears of it any more.</summary>
    public abstract void Close();

    public abstract bool IsClosed { get; }
}

/// <summary>An open listening socket.</summary>
public abstract class Listener
{
    public abstract ListenOptions Options { get; }

    /// <summary>How many connections one turn may accept, so that a storm of them does not hold up those who are served.</summary>
    public int AcceptsPerTurn { get; set; } = 1000;

    /// <summary>The bound address: holds the real port when port 0 was asked for.</summary>
    public abstract EndPoint Address { get; }

    /// <summary>Stops listening; a unix socket's file is removed.</summary>
    public abstract void Close();
}

public enum NetworkEngine
{
    /// <summary>epoll on Linux, .NET sockets elsewhere.</summary>
    Default,
    Epoll,
    Sockets,
}

public sealed record ListenOptions(EndPoint Address)
{
    public int Backlog { get; init; } = 511;

    public NetworkEngine Engine { get; init; }

    /// <summary>Permission bits of a unix socket's file; 0 leaves what umask gives.</summary>
    public int UnixSocketPermissions { get; init; }

    /// <summary>Seconds, as in <see cref="Connection.SetKeepAlive"/>; 0: off.</summary>
    public int KeepAliveSeconds { get; init; } = 300;
}

/// <summary>Either a listener or the reason why there is none.</summary>
public readonly record struct ListenResult(Listener? Listener, string? Error, bool AddressNotAvailable = false, bool ProtocolNotSupported = false);
