using System.Text;

namespace Carnelian;

/// <summary>A client as CLIENT LIST, CLIENT INFO and the log show it: the fields of Redis 8.0.6 in its order.</summary>
internal static class ClientDescription
{
    /// <summary>One line of "name=value" pairs, without a line break; byte text.</summary>
    /// <param name="nowMs">Of the monotonic clock.</param>
    public static string Of(Client client, long nowMs)
    {
        var text = new StringBuilder(512);
        Append(text, client, nowMs);
        return text.ToString();
    }

    /// <param name="runningArgumentBytes">Arguments of the request that asks, when it is this client's.</param>
    public static void Append(StringBuilder text, Client client, long nowMs, long runningArgumentBytes = 0)
    {
        var output = client.Output;
        var beginning = output.Beginning;
        var transaction = client.Transaction;
        var subscriber = client.Subscriber;
        var command = client.LastCommand is { FullName.Length: > 0 } last ? last.FullName : "NULL";
        text.Append($"id={client.Id} addr={ByteText.FromText(client.Address)} laddr={ByteText.FromText(client.LocalAddress)} fd={client.Descriptor}");
        text.Append(" name=").Append(ByteText.FromBytes(client.Name));
        // Whole seconds since whole seconds, as Redis counts both.
        text.Append($" age={nowMs / 1000 - client.CreatedMs / 1000} idle={nowMs / 1000 - client.LastInteractionMs / 1000} flags=");
        AppendFlags(text, client);
        text.Append($" db={client.Database.Number} sub={subscriber?.Channels ?? 0} psub={subscriber?.Patterns ?? 0} ssub={subscriber?.ShardChannels ?? 0} multi={(transaction is { IsUnderway: true } ? transaction.Count : -1)} watch={transaction?.WatchedCount ?? 0} qbuf={client.InputBytes} qbuf-free={client.InputFree}");
        text.Append($" argv-mem={client.ArgumentBytes + runningArgumentBytes} multi-mem={transaction?.MemoryBytes ?? 0}");
        text.Append($" rbs={beginning.Bytes} rbp={client.OutputPeak} obl={beginning.Waiting}");
        text.Append($" oll={output.ChunkCount - (beginning.Bytes > 0 ? 1 : 0)} omem={output.QueuedMemoryBytes} tot-mem={client.MemoryBytes + runningArgumentBytes}");
        text.Append(" events=").Append(client.WaitsForPeer ? "rw" : "r");
        text.Append($" cmd={command} user={client.User} redir=-1 resp={(int)client.Version}");
        text.Append(" lib-name=").Append(ByteText.FromBytes(client.LibraryName)).Append(" lib-ver=").Append(ByteText.FromBytes(client.LibraryVersion));
        text.Append(" io-thread=0");
    }

    /// <summary>Redis' letters, in its order.</summary>
    private static void AppendFlags(StringBuilder text, Client client)
    {
        var start = text.Length;
        if (client.IsMonitor) text.Append('O');
        if (client.Subscriber is not null) text.Append('P');
        if (client.Transaction is { IsUnderway: true }) text.Append('x');
        if (client.Blocked is not null) text.Append('b');
        if (client.Transaction is { IsOvertaken: true }) text.Append('d');
        if (client.IsEnding) text.Append('c');
        if (client.ClosesSoon) text.Append('A');
        if (client.IsOnUnixSocket) text.Append('U');
        if (client.IsSpared) text.Append('e');
        if (client.LeavesNoTrace) text.Append('T');
        if (client.IsImportSource) text.Append('I');
        if (text.Length == start) text.Append('N');
    }
}
