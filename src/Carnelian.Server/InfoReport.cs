using System.Globalization;
using System.Text;

namespace Carnelian;

/// <summary>INFO: sections of "name:value" lines under Redis' names, so that what reads Redis' reads Carnelian's.</summary>
internal sealed class InfoReport(Server server)
{
    private static readonly string[] _default = ["server", "clients", "memory", "stats", "replication", "cpu", "errorstats", "cluster", "keyspace", "keysizes"];
    private static readonly string[] _all = ["server", "clients", "memory", "stats", "replication", "cpu", "commandstats", "latencystats", "cluster", "keyspace", "keysizes"];

    private static readonly (ValueType Type, string Name)[] _sizesOf =
    [
        (ValueType.String, "strings_sizes"), (ValueType.List, "lists_items"), (ValueType.Set, "sets_items"), (ValueType.SortedSet, "zsets_items"),
        (ValueType.Hash, "hashes_items"),
    ];

    private readonly StringBuilder _text = new();

    /// <param name="asked">Section names in lower case, perhaps "default", "all" or "everything"; none: the default ones.</param>
    public string Write(ReadOnlySpan<string> asked)
    {
        var wanted = new HashSet<string>();
        if (asked.IsEmpty) wanted.UnionWith(_default);
        foreach (var name in asked)
        {
            if (name == "default") wanted.UnionWith(_default);
            else if (name is "all" or "everything") wanted.UnionWith(_all);
            else wanted.Add(name);
        }
        Section(wanted, "server", "Server", WriteServer);
        Section(wanted, "clients", "Clients", WriteClients);
        Section(wanted, "memory", "Memory", WriteMemory);
        Section(wanted, "stats", "Stats", WriteStatistics);
        Section(wanted, "replication", "Replication", WriteReplication);
        Section(wanted, "cpu", "CPU", WriteCpu);
        Section(wanted, "commandstats", "Commandstats", WriteCommandStatistics);
        Section(wanted, "latencystats", "Latencystats", WriteLatencies);
        Section(wanted, "cluster", "Cluster", () => Line("cluster_enabled", 0));
        Section(wanted, "keyspace", "Keyspace", WriteKeyspace);
        Section(wanted, "keysizes", "Keysizes", WriteKeySizes);
        return _text.ToString();
    }

    private void Section(HashSet<string> wanted, string name, string title, Action write)
    {
        if (!wanted.Contains(name)) return;
        if (_text.Length > 0) _text.Append("\r\n");
        _text.Append("# ").Append(title).Append("\r\n");
        write();
    }

    private void Line(string name, FormattableString value) =>
        _text.Append(name).Append(':').Append(value.ToString(CultureInfo.InvariantCulture)).Append("\r\n");

    private void Line(string name, string value) => _text.Append(name).Append(':').Append(value).Append("\r\n");

    private void Line(string name, long value) => _text.Append(name).Append(':').Append(value).Append("\r\n");

    private void WriteServer()
    {
        var process = server.World.Process;
        var uptime = (server.NowMs - server.StartedMs) / 1000;
        Line("redis_version", ConnectionCommands.RedisVersion);
        Line("server_name", "carnelian");
        Line("carnelian_version", typeof(Server).Assembly.GetName().Version!.ToString(3));
        Line("redis_mode", "standalone");
        Line("os", process.OperatingSystem);
        Line("arch_bits", 64);
        Line("monotonic_clock", ".NET Stopwatch");
        Line("multiplexing_api", process.MultiplexingApi);
        Line("process_id", process.Id);
        Line("run_id", server.RunId);
        Line("tcp_port", server.Port);
        Line("server_time_usec", server.World.Clock.UnixMicroseconds);
        Line("uptime_in_seconds", uptime);
        Line("uptime_in_days", uptime / 86400);
        Line("hz", server.Options.Hz);
        Line("configured_hz", server.Options.Hz);
        Line("executable", process.Executable);
        Line("config_file", server.Options.ConfigurationFile ?? "");
    }

    private void WriteClients()
    {
        long largestInput = 0, largestOutput = 0;
        foreach (var client in server.Clients)
        {
            largestInput = Math.Max(largestInput, client.InputCapacity);
            largestOutput = Math.Max(largestOutput, client.Output.MemoryBytes);
        }
        Line("connected_clients", server.Clients.Count);
        Line("cluster_connections", 0);
        Line("maxclients", server.Options.MaxClients);
        Line("client_recent_max_input_buffer", largestInput);
        Line("client_recent_max_output_buffer", largestOutput);
        Line("blocked_clients", server.Executor.Parking.Count);
    }

    private void WriteMemory()
    {
        var allocator = server.Allocator;
        var process = server.World.Process;
        var managed = process.ManagedBytes;
        var used = allocator.UsedBytes + managed;
        var data = allocator.UsedBytesOf(Purpose.Keys) + allocator.UsedBytesOf(Purpose.Values) + allocator.UsedBytesOf(Purpose.Tables)
            + allocator.UsedBytesOf(Purpose.Collections);
        var resident = process.ResidentBytes;
        Line("used_memory", used);
        Line("used_memory_human", MemoryText.Human(used));
        Line("used_memory_rss", resident);
        Line("used_memory_rss_human", MemoryText.Human(resident));
        Line("used_memory_peak", allocator.PeakUsedBytes + managed);
        Line("used_memory_peak_human", MemoryText.Human(allocator.PeakUsedBytes + managed));
        Line("used_memory_overhead", used - data + allocator.UsedBytesOf(Purpose.Tables));
        Line("used_memory_dataset", data - allocator.UsedBytesOf(Purpose.Tables));
        Line("allocator_allocated", allocator.UsedBytes);
        Line("allocator_active", allocator.MappedBytes);
        Line("allocator_resident", allocator.MappedBytes + allocator.CachedBytes);
        Line("allocator_frag_ratio", $"{MemoryOverview.Ratio(allocator.MappedBytes, allocator.UsedBytes):F2}");
        Line("allocator_frag_bytes", allocator.MappedBytes - allocator.UsedBytes);
        Line("mem_fragmentation_ratio", $"{(double)resident / Math.Max(used, 1):F2}");
        Line("mem_fragmentation_bytes", resident - used);
        Line("mem_clients_normal", allocator.UsedBytesOf(Purpose.ClientInput) + allocator.UsedBytesOf(Purpose.ClientOutput));
        Line("mem_managed", managed);
        Line("mem_allocator", "carnelian-slabs");
        Line("active_defrag_running", server.Chores.Defragmentation.CyclePercent);
        Line("lazyfree_pending_objects", server.Keyspace.Disposal.PendingObjects);
        Line("lazyfreed_objects", server.Keyspace.Statistics.LazilyFreed);
    }

    private void WriteStatistics()
    {
        var statistics = server.Statistics;
        Line("total_connections_received", statistics.ConnectionsReceived);
        Line("total_commands_processed", server.Executor.CallsProcessed);
        Line("instantaneous_ops_per_sec", statistics.CommandsPerSecond);
        Line("total_net_input_bytes", statistics.NetInputBytes);
        Line("total_net_output_bytes", statistics.NetOutputBytes);
        Line("instantaneous_input_kbps", $"{statistics.InputKilobytesPerSecond:F2}");
        Line("instantaneous_output_kbps", $"{statistics.OutputKilobytesPerSecond:F2}");
        Line("rejected_connections", statistics.ConnectionsRejected);
        Line("expired_keys", server.Keyspace.Statistics.Expired);
        Line("expired_stale_perc", $"{server.Keyspace.Statistics.StaleRatio * 100:F2}");
        Line("expired_time_cap_reached_count", server.Keyspace.Statistics.ExpiryTurnsCut);
        Line("evicted_keys", 0);
        Line("keyspace_hits", server.Keyspace.Statistics.Hits);
        Line("keyspace_misses", server.Keyspace.Statistics.Misses);
        var defragmentation = server.Chores.Defragmentation;
        Line("active_defrag_hits", defragmentation.Counts.BlocksMoved);
        Line("active_defrag_misses", defragmentation.Counts.BlocksKept);
        Line("active_defrag_key_hits", defragmentation.Counts.KeysMoved);
        Line("active_defrag_key_misses", defragmentation.Counts.KeysKept);
        Line("total_active_defrag_time", defragmentation.TotalMs);
        Line("current_active_defrag_time", defragmentation.CurrentMs);
        Line("client_query_buffer_limit_disconnections", statistics.QueryBufferLimitDisconnections);
        Line("client_output_buffer_limit_disconnections", statistics.OutputBufferLimitDisconnections);
    }

    /// <summary>Clients take a server for a master by this.</summary>
    private void WriteReplication()
    {
        Line("role", "master");
        Line("connected_slaves", 0);
    }

    private void WriteCpu()
    {
        var (user, system) = server.World.Process.CpuSeconds;
        Line("used_cpu_sys", $"{system:F6}");
        Line("used_cpu_user", $"{user:F6}");
    }

    private void WriteCommandStatistics()
    {
        foreach (var command in server.Executor.Commands.All)
        {
            var s = server.Executor.Statistics[command.Index];
            if (s.Calls == 0 && s.Rejected == 0) continue;
            var perCall = s.Calls == 0 ? 0 : s.Nanoseconds / 1000.0 / s.Calls;
            Line("cmdstat_" + command.FullName,
                $"calls={s.Calls},usec={s.Nanoseconds / 1000},usec_per_call={perCall:F2},rejected_calls={s.Rejected},failed_calls={s.Failed}");
        }
    }

    private void WriteLatencies()
    {
        foreach (var command in server.Executor.Commands.All)
        {
            var latencies = server.Executor.Statistics[command.Index].Latencies;
            if (latencies.Total == 0) continue;
            var percentiles = server.Options.LatencyPercentiles;
            var parts = new string[percentiles.Length];
            for (var i = 0; i < parts.Length; i++)
            {
                var p = percentiles[i].ToString("0.######", CultureInfo.InvariantCulture);
                parts[i] = string.Create(CultureInfo.InvariantCulture, $"p{p}={latencies.Percentile(percentiles[i]) / 1000.0:F3}");
            }
            Line("latency_percentiles_usec_" + command.FullName, string.Join(',', parts));
        }
    }

    private void WriteKeyspace()
    {
        foreach (var database in server.Keyspace.Databases)
        {
            var keys = database.Keys;
            if (keys.Count > 0) Line($"db{database.Number}", $"keys={keys.Count},expires={keys.Expiring},avg_ttl={database.AverageTtlMs},subexpiry=0");
        }
    }

    private void WriteKeySizes()
    {
        foreach (var database in server.Keyspace.Databases)
        {
            foreach (var (type, name) in _sizesOf)
            {
                var counts = database.Keys.Sizes.Of(type);
                var parts = new List<string>();
                for (var bin = 0; bin < counts.Length; bin++)
                {
                    if (counts[bin] != 0) parts.Add($"{MemoryText.PowerOfTwo(bin - 1)}={counts[bin]}");
                }
                if (parts.Count > 0) Line($"db{database.Number}_distrib_{name}", string.Join(',', parts));
            }
        }
    }
}

/// <summary>Sizes for people, as Redis words them.</summary>
internal static class MemoryText
{
    /// <summary>1, 2, 4, ... 512, 1K, 2K, ...; 0 below the first.</summary>
    public static string PowerOfTwo(int exponent)
    {
        ReadOnlySpan<string> units = ["", "K", "M", "G", "T", "P", "E"];
        return exponent < 0 ? "0" : $"{1 << (exponent % 10)}{units[exponent / 10]}";
    }

    public static string Human(long bytes)
    {
        ReadOnlySpan<char> units = "BKMGTP";
        double value = bytes;
        var unit = 0;
        for (; value >= 1024 && unit < units.Length - 1; unit++) value /= 1024;
        return unit == 0 ? $"{bytes}B" : string.Create(CultureInfo.InvariantCulture, $"{value:F2}{units[unit]}");
    }
}
