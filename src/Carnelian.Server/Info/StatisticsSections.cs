using System.Globalization;

namespace Carnelian;

/// <summary>INFO's sections on what happened.</summary>
internal static class StatisticsSections
{
    public static void WriteStatistics(InfoText text, Server server)
    {
        WriteTraffic(text, server.Statistics, server.Executor);
        WriteKeys(text, server);
        text.Line("pubsub_channels", server.Subscriptions.CountOf(SubscriptionKind.Channel));
        text.Line("pubsub_patterns", server.Subscriptions.CountOf(SubscriptionKind.Pattern));
        text.Line("pubsubshard_channels", server.Subscriptions.CountOf(SubscriptionKind.ShardChannel));
        WriteZeros(text, ["latest_fork_usec", "total_forks"]);
        text.Line("migrate_cached_sockets", server.Migrations.LinkCount);
        text.Line("slave_expires_tracked_keys", 0);
        WriteDefragmentation(text, server.Cron.Defragmentation);
        WriteZeros(text, ["tracking_total_keys", "tracking_total_items", "tracking_total_prefixes"]);
        WriteReplies(text, server);
        WriteLoop(text, server.Statistics, server.Executor);
        text.Line("acl_access_denied_auth", server.Statistics.AuthenticationsDenied);
        text.Line("acl_access_denied_cmd", 0);
        text.Line("acl_access_denied_key", 0);
        text.Line("acl_access_denied_channel", 0);
    }

    private static void WriteTraffic(InfoText text, ServerStatistics statistics, Executor executor)
    {
        text.Line("total_connections_received", statistics.ConnectionsReceived);
        text.Line("total_commands_processed", executor.CallsProcessed);
        text.Line("instantaneous_ops_per_sec", statistics.CommandsPerSecond);
        text.Line("total_net_input_bytes", statistics.NetInputBytes);
        text.Line("total_net_output_bytes", statistics.NetOutputBytes);
        text.Line("total_net_repl_input_bytes", 0);
        text.Line("total_net_repl_output_bytes", 0);
        text.Line("instantaneous_input_kbps", $"{statistics.InputKilobytesPerSecond:F2}");
        text.Line("instantaneous_output_kbps", $"{statistics.OutputKilobytesPerSecond:F2}");
        text.Line("instantaneous_input_repl_kbps", "0.00");
        text.Line("instantaneous_output_repl_kbps", "0.00");
        text.Line("rejected_connections", statistics.ConnectionsRejected);
        text.Line("sync_full", 0);
        text.Line("sync_partial_ok", 0);
        text.Line("sync_partial_err", 0);
    }

    private static void WriteKeys(InfoText text, Server server)
    {
        var keys = server.Keyspace.Statistics;
        text.Line("expired_subkeys", keys.FieldsExpired);
        text.Line("expired_keys", keys.Expired);
        text.Line("expired_stale_perc", $"{keys.StaleRatio * 100:F2}");
        text.Line("expired_time_cap_reached_count", keys.ExpiryTurnsCut);
        text.Line("expire_cycle_cpu_milliseconds", server.Statistics.ExpiryNanoseconds / 1_000_000);
        text.Line("evicted_keys", keys.Evicted);
        text.Line("evicted_clients", server.Statistics.ClientsEvicted);
        text.Line("evicted_scripts", server.Scripting.Scripts.Forgotten);
        var exceeded = server.MemoryLimit.ExceededMs;
        text.Line("total_eviction_exceeded_time", exceeded.Total);
        text.Line("current_eviction_exceeded_time", exceeded.Current);
        text.Line("keyspace_hits", keys.Hits);
        text.Line("keyspace_misses", keys.Misses);
    }

    /// <summary>Forks, migration, tracking: as without them.</summary>
    private static void WriteZeros(InfoText text, ReadOnlySpan<string> names)
    {
        foreach (var name in names) text.Line(name, 0);
    }

    private static void WriteDefragmentation(InfoText text, Defragmentation defragmentation)
    {
        text.Line("active_defrag_hits", defragmentation.Counts.BlocksMoved);
        text.Line("active_defrag_misses", defragmentation.Counts.BlocksKept);
        text.Line("active_defrag_key_hits", defragmentation.Counts.KeysMoved);
        text.Line("active_defrag_key_misses", defragmentation.Counts.KeysKept);
        text.Line("total_active_defrag_time", defragmentation.TotalMs);
        text.Line("current_active_defrag_time", defragmentation.CurrentMs);
    }

    private static void WriteReplies(InfoText text, Server server)
    {
        var statistics = server.Statistics;
        text.Line("unexpected_error_replies", 0);
        text.Line("total_error_replies", server.Executor.Errors.Total);
        text.Line("dump_payload_sanitizations", server.Keyspace.Statistics.PayloadsSanitized);
        text.Line("total_reads_processed", statistics.Reads);
        text.Line("total_writes_processed", statistics.Writes);
        text.Line("io_threaded_reads_processed", 0);
        text.Line("io_threaded_writes_processed", 0);
        text.Line("client_query_buffer_limit_disconnections", statistics.QueryBufferLimitDisconnections);
        text.Line("client_output_buffer_limit_disconnections", statistics.OutputBufferLimitDisconnections);
        // Reply buffers are taken when there is a reply and given back when it is sent: none grows or shrinks.
        text.Line("reply_buffer_shrinks", 0);
        text.Line("reply_buffer_expands", 0);
    }

    private static void WriteLoop(InfoText text, ServerStatistics statistics, Executor executor)
    {
        text.Line("eventloop_cycles", statistics.Turns);
        text.Line("eventloop_duration_sum", statistics.TurnNanoseconds / 1000);
        long nanoseconds = 0;
        foreach (var command in executor.Statistics) nanoseconds += command.Nanoseconds;
        text.Line("eventloop_duration_cmd_sum", nanoseconds / 1000);
        text.Line("instantaneous_eventloop_cycles_per_sec", statistics.TurnsPerSecond);
        text.Line("instantaneous_eventloop_duration_usec", statistics.TurnMicroseconds);
    }

    public static void WriteDebug(InfoText text, Server server)
    {
        var statistics = server.Statistics;
        text.Line("eventloop_duration_aof_sum", 0);
        text.Line("eventloop_duration_cron_sum", statistics.CronNanoseconds / 1000);
        text.Line("eventloop_duration_max", statistics.LongestTurnNanoseconds / 1000);
        text.Line("eventloop_cmd_per_cycle_max", statistics.MostCallsInTurn);
        text.Line("allocator_allocated_lua", 0);
        text.Line("allocator_active_lua", 0);
        text.Line("allocator_resident_lua", 0);
        text.Line("allocator_frag_bytes_lua", 0);
    }

    public static void WriteCommands(InfoText text, Server server)
    {
        foreach (var command in server.Executor.Commands.All)
        {
            var s = server.Executor.Statistics[command.Index];
            if (s.Calls == 0 && s.Rejected == 0 && s.Failed == 0) continue;
            var perCall = s.Calls == 0 ? 0 : s.Nanoseconds / 1000.0 / s.Calls;
            text.Line("cmdstat_" + command.FullName,
                $"calls={s.Calls},usec={s.Nanoseconds / 1000},usec_per_call={perCall:F2},rejected_calls={s.Rejected},failed_calls={s.Failed}");
        }
    }

    public static void WriteErrors(InfoText text, Server server)
    {
        foreach (var (code, count) in server.Executor.Errors.ByCode) text.Line("errorstat_" + InfoText.Safe(code), $"count={count}");
    }

    public static void WriteLatencies(InfoText text, Server server)
    {
        if (!server.Executor.TracksLatency) return;
        foreach (var command in server.Executor.Commands.All)
        {
            var latencies = server.Executor.Statistics[command.Index].Latencies;
            if (latencies.Total == 0) continue;
            var parts = Array.ConvertAll(server.Options.LatencyPercentiles, percentile => string.Create(CultureInfo.InvariantCulture,
                $"p{percentile:0.######}={latencies.Percentile(percentile) / 1000.0:F3}"));
            text.Line("latency_percentiles_usec_" + command.FullName, string.Join(',', parts));
        }
    }
}
