namespace Carnelian;

/// <summary>INFO's sections on persistence and replication, of which there is nothing yet: what a Redis without them shows.</summary>
internal static class AbsentSections
{
    private const int BacklogBytes = 1 << 20;

    public static void WritePersistence(InfoText text, Server server)
    {
        text.Line("loading", 0);
        text.Line("async_loading", 0);
        text.Line("current_cow_peak", 0);
        text.Line("current_cow_size", 0);
        text.Line("current_cow_size_age", 0);
        text.Line("current_fork_perc", "0.00");
        text.Line("current_save_keys_processed", 0);
        text.Line("current_save_keys_total", 0);
        text.Line("rdb_changes_since_last_save", server.Keyspace.Dirty);
        text.Line("rdb_bgsave_in_progress", 0);
        // Redis counts from its start as if it had saved then.
        text.Line("rdb_last_save_time", server.StartedMs / 1000);
        text.Line("rdb_last_bgsave_status", "ok");
        text.Line("rdb_last_bgsave_time_sec", -1);
        text.Line("rdb_current_bgsave_time_sec", -1);
        text.Line("rdb_saves", 0);
        text.Line("rdb_last_cow_size", 0);
        text.Line("rdb_last_load_keys_expired", 0);
        text.Line("rdb_last_load_keys_loaded", 0);
        text.Line("aof_enabled", 0);
        text.Line("aof_rewrite_in_progress", 0);
        text.Line("aof_rewrite_scheduled", 0);
        text.Line("aof_last_rewrite_time_sec", -1);
        text.Line("aof_current_rewrite_time_sec", -1);
        text.Line("aof_last_bgrewrite_status", "ok");
        text.Line("aof_rewrites", 0);
        text.Line("aof_rewrites_consecutive_failures", 0);
        text.Line("aof_last_write_status", "ok");
        text.Line("aof_last_cow_size", 0);
        text.Line("module_fork_in_progress", 0);
        text.Line("module_fork_last_cow_size", 0);
    }

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
