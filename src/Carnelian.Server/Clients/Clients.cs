using System.Collections;
using Microsoft.Extensions.Logging;

namespace Carnelian;

/// <summary>The connected clients, oldest first: lets them in, hands them what the network reports, and closes them.</summary>
public sealed class Clients(Server server) : INetworkHandler, IReadOnlyCollection<Client>
{
    private const int LingerSilenceMs = 100, LingerMs = 2000;

    private const long AbortLogIntervalMs = 60_000;

    private readonly LinkedList<Client> _all = new();
    private readonly Dictionary<long, Client> _byId = [];
    private readonly Queue<Client> _toClose = new();
    private readonly List<Client> _lingering = [];
    private long _abortLoggedAtMs = -AbortLogIntervalMs;

    public int Count => _all.Count;

    public LinkedListNode<Client>? First => _all.First;

    /// <summary>Some are to be closed when the turn is over.</summary>
    internal bool HasQueued => _toClose.Count > 0;

    public LinkedList<Client>.Enumerator GetEnumerator() => _all.GetEnumerator();

    IEnumerator<Client> IEnumerable<Client>.GetEnumerator() => _all.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => _all.GetEnumerator();

    void INetworkHandler.OnAccepted(Connection connection, Listener listener)
    {
        if (_all.Count >= server.Options.MaxClients)
        {
            server.Statistics.ConnectionsRejected++;
            connection.Send("-ERR max number of clients reached\r\n"u8);
            connection.Close();
            return;
        }
        if (server.Options.ProtectedMode && server.Options.Password is null && !connection.IsLoopback)
        {
            server.Statistics.ConnectionsRejected++;
            connection.Send(ProtectedMode.Refusal);
            connection.Close();
            return;
        }
        server.Statistics.ConnectionsReceived++;
        if (server.Options.TcpKeepAliveSeconds != listener.Options.KeepAliveSeconds) connection.SetKeepAlive(server.Options.TcpKeepAliveSeconds);
        var client = new Client(server, connection, listener, server.NextSessionId());
        if (server.Options.Password is not null) client.ClosedGates |= Gates.Authentication;
        client.Node = _all.AddLast(client);
        _byId.Add(client.Id, client);
        server.Statistics.PeakClients = Math.Max(server.Statistics.PeakClients, _all.Count);
        if (server.Log.IsEnabled(LogLevel.Debug)) server.Log.LogDebug("Accepted {Address}", connection.RemoteAddress);
    }

    void INetworkHandler.OnAcceptFailed(Listener listener, string error) => server.Log.LogWarning("Accepting client connection: {Error}", error);

    void INetworkHandler.OnReadable(Connection connection)
    {
        if (connection.Owner is Client { IsClosed: false } client) client.OnReadable();
    }

    void INetworkHandler.OnWritable(Connection connection)
    {
        if (connection.Owner is Client { IsClosed: false } client) client.Send();
    }

    /// <summary>There is no password any more: lets in the clients that have not given it.</summary>
    internal void AdmitAll()
    {
        foreach (var client in _all) client.ClosedGates &= ~Gates.Authentication;
    }

    public Client? Find(long id) => _byId.GetValueOrDefault(id);

    /// <summary>Closes a client at once; what it was to be sent is lost.</summary>
    public void Close(Client client)
    {
        if (client.IsClosed) return;
        server.Executor.BlockedClients.Remove(client);
        client.Release();
        _all.Remove(client.Node!);
        _byId.Remove(client.Id);
    }

    /// <summary>Closes a client when the turn is over: for callers in the midst of its request.</summary>
    public void CloseSoon(Client client)
    {
        if (client.ClosesSoon) return;
        client.ClosesSoon = client.IsEnding = true;
        client.Output.Drops = true;
        _toClose.Enqueue(client);
    }

    /// <summary>Closes a client that attacks (HTTP sent to this port). Logged at most once a minute.</summary>
    internal void Abort(Client client, string reason)
    {
        if (server.MonotonicMs - _abortLoggedAtMs >= AbortLogIntervalMs)
        {
            _abortLoggedAtMs = server.MonotonicMs;
            server.Log.LogWarning("{Reason} Connection from {Address} aborted.", reason, client.Address);
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
            if (server.MonotonicMs - client.LastInteractionMs < LingerSilenceMs && server.MonotonicMs - client.LingersSinceMs < LingerMs && !client.IsClosed) continue;
            _lingering.RemoveAt(i);
            Close(client);
        }
    }

    internal void CloseByPeer(Client client, int received)
    {
        if (server.Log.IsEnabled(LogLevel.Debug))
        {
            if (received == 0) server.Log.LogDebug("Client closed connection {Client}", ClientDescription.Of(client, server.MonotonicMs));
            else server.Log.LogDebug("Reading from client: {Error}", client.Connection.Error);
        }
        Close(client);
    }

    internal void CloseOverQueryBufferLimit(Client client)
    {
        server.Statistics.QueryBufferLimitDisconnections++;
        server.Log.LogWarning("Closing client that reached max query buffer length: {Client}", ClientDescription.Of(client, server.MonotonicMs));
        Close(client);
    }

    internal void LogProtocolError(Client client, string error, ReadOnlySpan<byte> input)
    {
        if (!server.Log.IsEnabled(LogLevel.Debug)) return;
        var shown = server.Options.HideUserData ? "*redacted*" : Convert.ToHexString(input[..Math.Min(input.Length, 64)]);
        server.Log.LogDebug("Protocol error ({Error}) from client: {Client}. Query buffer begins with: {Bytes}", error, ClientDescription.Of(client, server.MonotonicMs), shown);
    }

    internal void CloseOverOutputLimit(Client client)
    {
        server.Statistics.OutputBufferLimitDisconnections++;
        server.Log.LogWarning("Client {Client} scheduled to be closed ASAP for overcoming of output buffer limits.", ClientDescription.Of(client, server.MonotonicMs));
        CloseSoon(client);
    }

    /// <summary>At the end of a turn: closes what <see cref="CloseSoon"/> was called for.</summary>
    internal void CloseQueued()
    {
        while (_toClose.TryDequeue(out var client)) Close(client);
    }

    internal void CloseAll()
    {
        while (_all.First is { } first) Close(first.Value);
    }
}
