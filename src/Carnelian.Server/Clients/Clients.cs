using System.Collections;
using Microsoft.Extensions.Logging;

namespace Carnelian;

/// <summary>The connected clients, oldest first: lets them in, and closes them.</summary>
internal sealed class Clients : IConnectionHost, IReadOnlyCollection<Client>, IDisposable
{
    private const int LingerSilenceMs = 100, LingerMs = 2000;

    private const long AbortLogIntervalMs = 60_000;

    private readonly Server _server;
    private readonly LinkedList<Client> _all = new();
    private readonly Dictionary<long, Client> _byId = [];
    private readonly Queue<Client> _toClose = new();
    private readonly List<Client> _lingering = [];
    private long _abortLoggedAtMs = -AbortLogIntervalMs;

    public Clients(Server server)
    {
        _server = server;
        OutputChunks = new(server.Allocator);
        Outbox = new(server.Keyspace.Changes);
        Eviction = new(server);
        Lane = new(this, server.World.Network, server.World.HandOvers, server.Allocator, server.RequestLimits, server.Statistics.Traffic);
    }

    /// <summary>Receives and sends for all of them.</summary>
    public Lane Lane { get; }

    public OutputChunks OutputChunks { get; }

    public Outbox Outbox { get; }

    public ClientEviction Eviction { get; }

    public ConnectionSession? Serving { get; set; }

    public long[] MemoryByClass { get; } = new long[Enum.GetValues<ClientClass>().Length];

    Executor IConnectionHost.Executor => _server.Executor;

    BlockAllocator IConnectionHost.Store => _server.Allocator;

    long IConnectionHost.MonotonicMs => _server.MonotonicMs;

    bool IConnectionHost.Note(ref Call call) => _server.Crash.Note(ref call);

    public int Count => _all.Count;

    public LinkedListNode<Client>? First => _all.First;

    /// <summary>Some are to be closed when the turn is over.</summary>
    internal bool HasQueued => _toClose.Count > 0;

    public LinkedList<Client>.Enumerator GetEnumerator() => _all.GetEnumerator();

    IEnumerator<Client> IEnumerable<Client>.GetEnumerator() => _all.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => _all.GetEnumerator();

    void IConnectionHost.OnAccepted(Lane lane, Connection connection, Listener listener)
    {
        var options = _server.Options;
        if (_all.Count >= options.MaxClients)
        {
            Refuse(connection, "-ERR max number of clients reached\r\n"u8);
            return;
        }
        if (options.ProtectedMode && options.Password is null && !connection.IsLoopback)
        {
            Refuse(connection, ProtectedMode.Refusal);
            return;
        }
        _server.Statistics.ConnectionsReceived++;
        if (options.TcpKeepAliveSeconds != listener.Options.KeepAliveSeconds) connection.SetKeepAlive(options.TcpKeepAliveSeconds);
        var client = new Client(_server, lane, connection, listener, _server.NextSessionId());
        if (options.Password is not null)
        {
            client.ClosedGates |= Gates.Authentication;
            client.TellLane();
        }
        client.Node = _all.AddLast(client);
        _byId.Add(client.Id, client);
        Eviction.Update(client, before: 0);
        _server.Statistics.PeakClients = Math.Max(_server.Statistics.PeakClients, _all.Count);
        if (_server.Log.IsEnabled(LogLevel.Debug)) _server.Log.LogDebug("Accepted {Address}", connection.RemoteAddress);
    }

    private void Refuse(Connection connection, ReadOnlySpan<byte> reason)
    {
        _server.Statistics.ConnectionsRejected++;
        connection.Send(reason);
        connection.Close();
    }

    void IConnectionHost.OnAcceptFailed(Listener listener, string error) => _server.Log.LogWarning("Accepting client connection: {Error}", error);

    /// <summary>There is no password any more: lets in the clients that have not given it.</summary>
    internal void AdmitAll()
    {
        foreach (var client in _all)
        {
            client.ClosedGates &= ~Gates.Authentication;
            client.TellLane();
        }
    }

    /// <summary>Nobody imports any more.</summary>
    internal void EndImports()
    {
        foreach (var client in _all) client.IsImportSource = false;
    }

    public Client? Find(long id) => _byId.GetValueOrDefault(id);

    /// <summary>Closes a client, at once unless its own request is running; what it was to be sent is lost.</summary>
    public void Close(Client client)
    {
        if (client.IsRunning) CloseSoon(client);
        else CloseNow(client);
    }

    private void CloseNow(Client client)
    {
        if (client.IsClosed) return;
        _server.Executor.BlockedClients.Remove(client);
        _server.Executor.Transactions.Discard(client);
        _server.Subscriptions.RemoveAll(client);
        _server.Monitors.Remove(client);
        client.Close();
        _all.Remove(client.Node!);
        _byId.Remove(client.Id);
    }

    /// <summary>Closes a client when the turn is over: for callers in the midst of its request.</summary>
    public void CloseSoon(Client client)
    {
        if (client.ClosesSoon) return;
        client.ClosesSoon = true;
        _toClose.Enqueue(client);
    }

    /// <summary>Closes a client that attacks (HTTP sent to this port). Logged at most once a minute.</summary>
    internal void Abort(Client client, string reason)
    {
        if (_server.MonotonicMs - _abortLoggedAtMs >= AbortLogIntervalMs)
        {
            _abortLoggedAtMs = _server.MonotonicMs;
            _server.Log.LogWarning("{Reason} Connection from {Address} aborted.", reason, client.Address);
        }
        CloseSoon(client);
    }

    internal void Linger(Client client) => _lingering.Add(client);

    /// <summary>Closes clients whose stream has failed, once they are silent or have been sending for too long.</summary>
    internal void CloseLingering()
    {
        for (var i = _lingering.Count - 1; i >= 0; i--)
        {
            var client = _lingering[i];
            if (_server.MonotonicMs - client.LastInteractionMs < LingerSilenceMs && _server.MonotonicMs - client.LingersSinceMs < LingerMs && !client.IsClosed) continue;
            _lingering.RemoveAt(i);
            Close(client);
        }
    }

    internal void CloseByPeer(Client client, string? error)
    {
        if (_server.Log.IsEnabled(LogLevel.Debug))
        {
            if (error is null) _server.Log.LogDebug("Client closed connection {Client}", ClientDescription.Of(client, _server.MonotonicMs));
            else _server.Log.LogDebug("Reading from client: {Error}", error);
        }
        Close(client);
    }

    internal void CloseOverQueryBufferLimit(Client client)
    {
        _server.Statistics.QueryBufferLimitDisconnections++;
        _server.Log.LogWarning("Closing client that reached max query buffer length: {Client}", ClientDescription.Of(client, _server.MonotonicMs));
        Close(client);
    }

    internal void LogProtocolError(Client client, string error, ReadOnlySpan<byte> input)
    {
        if (!_server.Log.IsEnabled(LogLevel.Debug)) return;
        _server.Log.LogDebug("Protocol error ({Error}) from client: {Client}. Query buffer during protocol error: {Bytes}",
            NameInLog(error), ClientDescription.Of(client, _server.MonotonicMs), _server.Options.HideUserData ? "'*redacted*'" : Beginning(input));
    }

    /// <summary>Redis' log has other names for some of them than its replies.</summary>
    private static string NameInLog(string protocolError) => protocolError switch
    {
        "invalid multibulk length" => "invalid mbulk count",
        "unauthenticated multibulk length" => "unauth mbulk count",
        "unauthenticated bulk length" => "unauth bulk length",
        _ when protocolError.StartsWith("expected '$'", StringComparison.Ordinal) => "expected $ but got something else",
        _ => protocolError,
    };

    /// <summary>What stands at both ends of long input, as in Redis' log.</summary>
    private static string Beginning(ReadOnlySpan<byte> input)
    {
        const int EndBytes = 64;
        if (input.Length < 2 * EndBytes) return $"'{Printable(input)}'";
        return $"'{Printable(input[..EndBytes])}' (... more {input.Length - 2 * EndBytes} bytes ...) '{Printable(input[^EndBytes..])}'";

        static string Printable(ReadOnlySpan<byte> bytes)
        {
            var shown = new System.Text.StringBuilder(bytes.Length);
            foreach (var value in bytes) shown.Append(value is >= 0x20 and < 0x7f ? (char)value : '.');
            return shown.ToString();
        }
    }

    internal void CloseOverOutputLimit(Client client)
    {
        _server.Statistics.OutputBufferLimitDisconnections++;
        _server.Log.LogWarning("Client {Client} scheduled to be closed ASAP for overcoming of output buffer limits.", ClientDescription.Of(client, _server.MonotonicMs));
        CloseSoon(client);
    }

    /// <summary>At the end of a turn, also of one within a call: closes what <see cref="CloseSoon"/> was called for, unless it is the one that calls.</summary>
    internal void CloseQueued()
    {
        for (var left = _toClose.Count; left > 0; left--)
        {
            var client = _toClose.Dequeue();
            if (client.IsRunning) _toClose.Enqueue(client);
            else Close(client);
        }
    }

    internal void CloseAll()
    {
        while (_all.First is { } first) CloseNow(first.Value);
    }

    public void Dispose()
    {
        CloseAll();
        _server.World.HandOvers.Finish();
        OutputChunks.Dispose();
        Lane.Dispose();
    }
}
