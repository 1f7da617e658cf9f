namespace Carnelian;

/// <summary>INFO's sections on what the server is and what it serves.</summary>
internal static class ServerSections
{
    private const int SecondsPerDay = 86400;

    public static void WriteServer(InfoText text, Server server)
    {
        var process = server.World.Process;
        var uptime = (server.MonotonicMs - server.StartedMonotonicMs) / 1000;
        text.Line("redis_version", Release.RedisVersion);
        // As in a Redis that was not built from a repository.
        text.Line("redis_git_sha1", "00000000");
        text.Line("redis_git_dirty", 0);
        text.Line("redis_build_id", typeof(Server).Module.ModuleVersionId.ToString("N")[..16]);
        text.Line("redis_mode", server.Options.Keyspace.UsesSlots ? "cluster" : "standalone");
        text.Line("server_name", "carnelian");
        text.Line("carnelian_version", Release.Version);
        text.Line("os", process.OperatingSystem);
        text.Line("arch_bits", 64);
        text.Line("monotonic_clock", ".NET Stopwatch");
        text.Line("multiplexing_api", process.MultiplexingApi);
        text.Line("process_id", process.Id);
        text.Line("process_supervised", server.Options.IsSupervised ? server.Options.Supervised.ToString().ToLowerInvariant() : "no");
        text.Line("run_id", server.RunId);
        text.Line("tcp_port", server.Port);
        text.Line("server_time_usec", server.World.Clock.UnixMicroseconds);
        text.Line("uptime_in_seconds", uptime);
        text.Line("uptime_in_days", uptime / SecondsPerDay);
        text.Line("hz", server.Options.Hz);
        text.Line("configured_hz", server.Options.Hz);
        text.Line("lru_clock", server.Keyspace.Access.Seconds);
        text.Line("executable", ByteText.FromText(process.Executable));
        text.Line("config_file", ByteText.FromText(server.Options.ConfigurationFile ?? ""));
        text.Line("io_threads_active", 0);
        WriteListeners(text, server.Listeners, server.Options);
    }

    private static void WriteListeners(InfoText text, Listeners listeners, ServerOptions options)
    {
        var number = 0;
        if (listeners.Port > 0)
        {
            var addresses = string.Concat(Array.ConvertAll(options.Bind, address => $"bind={address},"));
            text.Line($"listener{number++}", $"name=tcp,{addresses}port={listeners.Port}");
        }
        if (listeners.HasUnix) text.Line($"listener{number}", $"name=unix,bind={ByteText.FromText(options.UnixSocket!)}");
    }

    public static void WriteClients(InfoText text, Server server)
    {
        var blocking = server.Executor.BlockedClients;
        var watched = server.Executor.Transactions.Watched;
        text.Line("connected_clients", server.Clients.Count);
        text.Line("cluster_connections", 0);
        text.Line("maxclients", server.Options.MaxClients);
        text.Line("client_recent_max_input_buffer", server.Statistics.ClientPeaks.InputBytes);
        text.Line("client_recent_max_output_buffer", server.Statistics.ClientPeaks.OutputBytes);
        text.Line("blocked_clients", blocking.Count);
        text.Line("tracking_clients", 0);
        text.Line("pubsub_clients", server.Subscriptions.Subscribers);
        text.Line("watching_clients", watched.Watchers);
        text.Line("clients_in_timeout_table", blocking.CountWithDeadline);
        text.Line("total_watched_keys", watched.KeyCount);
        text.Line("total_blocking_keys", blocking.KeyCount);
        text.Line("total_blocking_keys_on_nokey", blocking.CountKeysOfGone());
        WritePause(text, server.Pause, server.MonotonicMs);
    }

    /// <summary>As in Valkey: Redis does not tell.</summary>
    private static void WritePause(InfoText text, Pause pause, long nowMs)
    {
        text.Line("paused_reason", pause.IsOn ? "client_pause" : "none");
        text.Line("paused_actions", !pause.IsOn ? "none" : pause.StopsAll ? "all" : "write");
        text.Line("paused_timeout_milliseconds", pause.IsOn ? Math.Max(0, pause.EndMs - nowMs) : 0);
    }

    /// <summary>The command thread does all reading and writing.</summary>
    public static void WriteThreads(InfoText text, Server server) =>
        text.Line("io_thread_0", $"clients={server.Clients.Count},reads={server.Statistics.Reads},writes={server.Statistics.Writes}");

    public static void WriteCpu(InfoText text, Server server)
    {
        var process = server.World.Process;
        var all = process.CpuSeconds;
        var children = process.ChildCpuSeconds;
        var thread = process.ThreadCpuSeconds;
        text.Line("used_cpu_sys", $"{all.System:F6}");
        text.Line("used_cpu_user", $"{all.User:F6}");
        text.Line("used_cpu_sys_children", $"{children.System:F6}");
        text.Line("used_cpu_user_children", $"{children.User:F6}");
        text.Line("used_cpu_sys_main_thread", $"{thread.System:F6}");
        text.Line("used_cpu_user_main_thread", $"{thread.User:F6}");
    }

    private static readonly (ValueType Type, string Name)[] _sizesOf =
    [
        (ValueType.String, "strings_sizes"), (ValueType.List, "lists_items"), (ValueType.Set, "sets_items"), (ValueType.SortedSet, "zsets_items"),
        (ValueType.Hash, "hashes_items"),
    ];

    /// <summary>How many keys there are by the power of two that their size reaches.</summary>
    public static void WriteKeySizes(InfoText text, Server server)
    {
        foreach (var database in server.Keyspace.Databases)
        {
            foreach (var (type, name) in _sizesOf)
            {
                var counts = database.Data.Sizes.Of(type);
                var parts = new List<string>();
                for (var bin = 0; bin < counts.Length; bin++)
                {
                    if (counts[bin] != 0) parts.Add($"{MemoryText.PowerOfTwo(bin - 1)}={counts[bin]}");
                }
                if (parts.Count > 0) text.Line($"db{database.Number}_distrib_{name}", string.Join(',', parts));
            }
        }
    }

    public static void WriteKeyspace(InfoText text, Server server)
    {
        foreach (var database in server.Keyspace.Databases)
        {
            var data = database.Data;
            if (data.Count > 0) text.Line($"db{database.Number}", $"keys={data.Count},expires={data.Expiring},avg_ttl={data.AverageTtlMs},subexpiry={data.FieldsExpiring}");
        }
    }
}
