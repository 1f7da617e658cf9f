namespace Carnelian;

/// <summary>INFO's section on replication, of which there is nothing yet: what a Redis without it shows.</summary>
internal static class AbsentSections
{
    private const int BacklogBytes = 1 << 20;

    /// <summary>Clients take a server for a master by this.</summary>
    public static void WriteReplication(InfoText text, Server server)
    {
        text.Line("role", "master");
        text.Line("connected_slaves", 0);
        text.Line("master_failover_state", "no-failover");
        text.Line("master_replid", server.ReplicationId);
        text.Line("master_replid2", new string('0', server.ReplicationId.Length));
        text.Line("master_repl_offset", 0);
        text.Line("second_repl_offset", -1);
        text.Line("repl_backlog_active", 0);
        text.Line("repl_backlog_size", ServerSettings.Number(server, "repl-backlog-size", BacklogBytes));
        text.Line("repl_backlog_first_byte_offset", 0);
        text.Line("repl_backlog_histlen", 0);
    }
}
