using static Carnelian.MetricKind;

namespace Carnelian;

/// <summary>The names of a scrape, as docs/metrics.md has them. Those that begin with "redis_" are redis_exporter's, with its labels.</summary>
internal static class MetricFamilies
{
    public static MetricFamily Up { get; } = new("redis_up", Gauge, "Whether the server answered in time");

    public static MetricFamily LastScrapeError { get; } = new("redis_exporter_last_scrape_error", Gauge, "Whether this scrape failed, and why", "err");

    public static MetricFamily LastScrapeSeconds { get; } = new("redis_exporter_last_scrape_duration_seconds", Gauge, "How long this scrape waited for the command thread");

    public static MetricFamily Scrapes { get; } = new("redis_exporter_scrapes_total", Counter, "Scrapes; those that shared one count once");

    public static MetricFamily InstanceInfo { get; } = new("redis_instance_info", Gauge, "What the server is",
        "role", "redis_version", "redis_build_id", "redis_mode", "os", "maxmemory_policy", "tcp_port", "run_id", "process_id", "master_replid", "carnelian_version");

    public static MetricFamily StartTime { get; } = new("redis_start_time_seconds", Gauge, "When the server started");

    public static MetricFamily Keys { get; } = new("redis_db_keys", Gauge, "Keys of a database", "db");

    public static MetricFamily ExpiringKeys { get; } = new("redis_db_keys_expiring", Gauge, "Keys of a database that expire", "db");

    public static MetricFamily AverageTtl { get; } = new("redis_db_avg_ttl_seconds", Gauge, "Average time to live of those, estimated", "db");

    public static MetricFamily Calls { get; } = new("redis_commands_total", Counter, "Calls of a command", "cmd");

    public static MetricFamily CallSeconds { get; } = new("redis_commands_duration_seconds_total", Counter, "Time that a command's calls took", "cmd");

    public static MetricFamily RejectedCalls { get; } = new("redis_commands_rejected_calls_total", Counter, "Calls of a command that were refused before they ran", "cmd");

    public static MetricFamily FailedCalls { get; } = new("redis_commands_failed_calls_total", Counter, "Calls of a command that ended with an error", "cmd");

    public static MetricFamily LatencyPercentiles { get; } = new("redis_latency_percentiles_usec", Summary,
        "What so many percent of a command's calls took at most, microseconds: the percentiles of latency-tracking-info-percentiles", "cmd", "quantile");

    public static MetricFamily Latencies { get; } = new("redis_commands_latencies_usec", Histogram, "What a command's calls took, microseconds", "cmd", "le");

    public static MetricFamily Errors { get; } = new("redis_errors_total", Counter, "Error replies by their code", "err");

    public static MetricFamily SlowLogLength { get; } = new("redis_slowlog_length", Gauge, "Entries of the slow log");

    public static MetricFamily SlowLogLastId { get; } = new("redis_slowlog_last_id", Gauge, "Number of its newest entry");

    public static MetricFamily LastSlowSeconds { get; } = new("redis_last_slow_execution_duration_seconds", Gauge, "How long the request of that entry took");

    public static MetricFamily SpikeTime { get; } = new("redis_latency_spike_last", Gauge, "When what LATENCY watches last took too long, by kind of event, Unix seconds", "event_name");

    public static MetricFamily SpikeSeconds { get; } = new("redis_latency_spike_duration_seconds", Gauge, "How long it took then", "event_name");

    public static MetricFamily ConfiguredClients { get; } = new("redis_config_maxclients", Gauge, "The directive maxclients");

    public static MetricFamily ConfiguredMemory { get; } = new("redis_config_maxmemory", Gauge, "The directive maxmemory");

    public static MetricFamily ConfiguredThreads { get; } = new("redis_config_io_threads", Gauge, "The directive io-threads");

    public static MetricFamily ConfiguredBacklog { get; } = new("redis_config_repl_backlog_size", Gauge, "The directive repl-backlog-size");

    public static MetricFamily OutputLimitBytes { get; } = new("redis_config_client_output_buffer_limit_bytes", Gauge, "Output at which a client of a class is closed, or after a while; 0: any amount",
        "class", "limit");

    public static MetricFamily OutputLimitSeconds { get; } = new("redis_config_client_output_buffer_limit_overcome_seconds", Gauge, "That while", "class", "limit");

    public static MetricFamily BuildInfo { get; } = new("carnelian_build_info", Gauge, "What program this is", "version", "dotnet");

    public static MetricFamily MemoryByPurpose { get; } = new("carnelian_memory_bytes", Gauge, "Native memory in use by what it is for", "purpose");

    public static MetricFamily CachedMemory { get; } = new("carnelian_allocator_cached_bytes", Gauge, "Native memory that is kept for new blocks");

    public static MetricFamily LeavingMemory { get; } = new("carnelian_allocator_leaving_bytes", Gauge, "Native memory on its way back to the system");

    public static MetricFamily LiveBlocks { get; } = new("carnelian_allocator_blocks", Gauge, "Live native blocks");

    public static MetricFamily Collections { get; } = new("carnelian_gc_collections_total", Counter, "Collections of the .NET heap, each with those of younger generations", "generation");

    public static MetricFamily PauseSeconds { get; } = new("carnelian_gc_pause_seconds_total", Counter, "Time for which collections of the .NET heap stopped the command thread");

    /// <summary>Every name that a scrape may have.</summary>
    public static MetricFamily[] All { get; } =
    [
        Up, LastScrapeError, LastScrapeSeconds, Scrapes, InstanceInfo, StartTime, .. InfoFields.All.Select(field => field.Family), Keys, ExpiringKeys, AverageTtl, Calls, CallSeconds,
        RejectedCalls, FailedCalls, LatencyPercentiles, Latencies, Errors, SlowLogLength, SlowLogLastId, LastSlowSeconds, SpikeTime, SpikeSeconds, ConfiguredClients, ConfiguredMemory,
        ConfiguredThreads, ConfiguredBacklog, OutputLimitBytes, OutputLimitSeconds, BuildInfo, MemoryByPurpose, CachedMemory, LeavingMemory, LiveBlocks, Collections, PauseSeconds,
    ];
}
