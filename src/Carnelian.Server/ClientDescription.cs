namespace Carnelian;

/// <summary>A client as CLIENT LIST, CLIENT INFO and the log show it.</summary>
internal static class ClientDescription
{
    /// <summary>One line of "name=value" pairs, without a line break; byte text.</summary>
    public static string Of(Client client, long nowMs)
    {
        var flags = client.Listener?.Address is System.Net.Sockets.UnixDomainSocketEndPoint ? "U" : "N";
        var command = client.LastCommand?.FullName ?? "NULL";
        return $"id={client.Id} addr={client.Connection.RemoteAddress} laddr={client.Connection.LocalAddress} fd={client.Connection.Id} "
            + $"name={ByteText.FromBytes(client.Name)} age={(nowMs - client.CreatedMs) / 1000} idle={(nowMs - client.LastInteractionMs) / 1000} flags={flags} "
            + $"db={client.Database.Number} sub=0 psub=0 ssub=0 multi=-1 watch=0 qbuf={client.InputBytes} qbuf-free={client.InputCapacity - client.InputBytes} "
            + $"argv-mem=0 multi-mem=0 rbs=0 rbp=0 obl=0 oll={client.Output.ChunkCount} omem={client.Output.MemoryBytes} "
            + $"tot-mem={client.InputCapacity + client.Output.MemoryBytes} events=r cmd={command} user=default redir=-1 resp={(int)client.Version} "
            + $"lib-name={ByteText.FromBytes(client.LibraryName)} lib-ver={ByteText.FromBytes(client.LibraryVersion)} io-thread=0 "
            + $"tot-net-in={client.BytesReceived} tot-net-out={client.BytesSent} tot-cmds={client.CommandsProcessed}";
    }
}
