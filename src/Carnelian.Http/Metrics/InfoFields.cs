using static Carnelian.MetricKind;

namespace Carnelian;

/// <summary>
/// Fields of INFO that are metrics as they stand: under the names that redis_exporter gave them, since dashboards and alerts know those; what no Redis
/// has, and INFO's debugging section, under names of Carnelian's own.
/// </summary>
internal static class InfoFields
{
    /// <param name="Name">INFO's.</param>
    /// <param name="Unit">What one of INFO's is of the metric's.</param>
    internal sealed record Field(string Name, MetricFamily Family, double Unit = 1);

    private const double Microsecond = 1e-6, Millisecond = 1e-3;

    /// <summary>The sections that have them.</summary>
    public static string[] Sections { get; } = ["server", "clients", "memory", "persistence", "stats", "replication", "cpu", "cluster", "debug"];

    /// <summary>In INFO's order.</summary>
    public static Field[] All { get; } =
    [
        .. Server(), .. Clients(), .. Memory(), .. Persistence(), .. Traffic(), .. Keys(), .. PubSub(), .. Defragmentation(), .. Replies(), .. Loop(), .. Access(), .. Replication(),
        .. Processor(), .. Cluster(),
    ];

    private static Field[] Server() =>
    [
        Redis("process_id", "process_id", "Number of the server's process"),
        Redis("uptime_in_seconds", "uptime_in_seconds", "Seconds since the server started"),
        Redis("hz", "hz", "Rounds of background work per second"),
        Redis("configured_hz", "configured_hz", "Rounds of background work per second that the configuration asks for"),
        Redis("io_threads_active", "io_threads_active", "Whether threads of their own read and write"),
    ];

    private static Field[] Clients() =>
    [
        Redis("connected_clients", "connected_clients", "Clients that are connected"),
        Redis("cluster_connections", "cluster_connections", "Connections to other nodes of the cluster, roughly"),
        Redis("maxclients", "max_clients", "Clients that may be connected at once"),
        Redis("client_recent_max_input_buffer", "client_recent_max_input_buffer_bytes", "Largest input buffer of a client of late"),
        Redis("client_recent_max_output_buffer", "client_recent_max_output_buffer_bytes", "Largest output buffer of a client of late"),
        Redis("blocked_clients", "blocked_clients", "Clients whose request waits, as BLPOP's"),
        Redis("tracking_clients", "tracking_clients", "Clients that have what they read tracked"),
        Redis("pubsub_clients", "pubsub_clients", "Clients that have subscribed to channels or patterns"),
        Redis("watching_clients", "watching_clients", "Clients that watch keys"),
        Redis("clients_in_timeout_table", "clients_in_timeout_table", "Clients that wait for a limited time"),
        Redis("total_watched_keys", "total_watched_keys", "Keys that clients watch"),
        Redis("total_blocking_keys", "total_blocking_keys", "Keys that clients wait for"),
        Redis("total_blocking_keys_on_nokey", "total_blocking_keys_on_nokey", "Keys whose deletion clients wait for"),
    ];

    private static Field[] Memory() =>
    [
        Redis("used_memory", "memory_used_bytes", "Memory in use: native blocks and the .NET heap"),
        Redis("used_memory_rss", "memory_used_rss_bytes", "Memory that the process has resident"),
        Redis("used_memory_peak", "memory_used_peak_bytes", "Most memory that was in use"),
        Redis("used_memory_overhead", "memory_used_overhead_bytes", "Memory in use that is neither keys nor values"),
        Redis("used_memory_startup", "memory_used_startup_bytes", "Memory in use before there were clients and keys"),
        Redis("used_memory_dataset", "memory_used_dataset_bytes", "Memory of keys and values"),
        Redis("allocator_allocated", "allocator_allocated_bytes", "Live native blocks"),
        Redis("allocator_active", "allocator_active_bytes", "Pages that hold live native blocks"),
        Redis("allocator_resident", "allocator_resident_bytes", "Pages that hold live native blocks or are kept for new ones"),
        Redis("allocator_muzzy", "allocator_muzzy_bytes", "Pages that the system may take back: none with this allocator"),
        Redis("total_system_memory", "total_system_memory_bytes", "Memory of the machine, or what a container may use"),
        Redis("used_memory_lua", "memory_used_lua_bytes", "Memory of the engine of EVAL"),
        Redis("used_memory_vm_eval", "memory_used_vm_eval_bytes", "Memory of the engine of EVAL, outside used memory"),
        Redis("used_memory_scripts_eval", "memory_used_scripts_eval_bytes", "Overhead of the scripts of EVAL"),
        Redis("number_of_cached_scripts", "number_of_cached_scripts", "Scripts that EVALSHA knows"),
        Redis("number_of_functions", "number_of_functions", "Functions"),
        Redis("number_of_libraries", "number_of_libraries", "Libraries of functions"),
        Redis("used_memory_vm_functions", "memory_used_vm_functions_bytes", "Memory of the engine of functions"),
        Redis("used_memory_vm_total", "memory_used_vm_total", "Memory of both engines, bytes", Untyped),
        Redis("used_memory_functions", "memory_used_functions_bytes", "Overhead of functions"),
        Redis("used_memory_scripts", "memory_used_scripts_bytes", "Overhead of scripts and functions"),
        Redis("maxmemory", "memory_max_bytes", "Memory that may be in use; 0: any amount"),
        Redis("allocator_frag_ratio", "allocator_frag_ratio", "Active pages by live blocks"),
        Redis("allocator_frag_bytes", "allocator_frag_bytes", "Active pages without live blocks"),
        Redis("allocator_rss_ratio", "allocator_rss_ratio", "Resident pages of the allocator by active ones"),
        Redis("allocator_rss_bytes", "allocator_rss_bytes", "Resident pages of the allocator without active ones"),
        Redis("mem_fragmentation_ratio", "mem_fragmentation_ratio", "Resident memory of the process by memory in use"),
        Redis("mem_fragmentation_bytes", "mem_fragmentation_bytes", "Resident memory of the process without memory in use"),
        Redis("mem_not_counted_for_evict", "mem_not_counted_for_eviction_bytes", "Memory in use that does not count towards maxmemory"),
        Redis("mem_replication_backlog", "mem_replication_backlog_bytes", "Memory of the replication backlog"),
        Redis("mem_total_replication_buffers", "mem_total_replication_buffers_bytes", "Memory of all that waits for replicas"),
        Redis("mem_clients_slaves", "mem_clients_slaves", "Memory of replicas' connections, bytes"),
        Redis("mem_clients_normal", "mem_clients_normal", "Memory of clients' connections, bytes"),
        Redis("mem_cluster_links", "mem_cluster_links_bytes", "Memory of connections to other nodes of the cluster"),
        Redis("mem_aof_buffer", "mem_aof_buffer_bytes", "Memory of changes on their way to the append-only file"),
        Own("mem_managed", "memory_managed_bytes", "The .NET heap's part of memory in use, as of its last collection"),
        Redis("mem_overhead_db_hashtable_rehashing", "mem_overhead_db_hashtable_rehashing_bytes", "Tables of keys that are about to be given up"),
        Redis("active_defrag_running", "active_defrag_running", "Percent of its time that the server defragments with; 0: not now"),
        Redis("lazyfree_pending_objects", "lazyfree_pending_objects", "Deleted objects that are still to be freed"),
        Redis("lazyfreed_objects", "lazyfreed_objects", "Objects that were freed in the background"),
    ];

    private static Field[] Persistence() =>
    [
        Redis("loading", "loading_dump_file", "Whether a dataset is being loaded"),
        Redis("async_loading", "async_loading", "Whether a dataset is being loaded while the old one is served"),
        Redis("rdb_changes_since_last_save", "rdb_changes_since_last_save", "Changes since the last save"),
        Redis("rdb_bgsave_in_progress", "rdb_bgsave_in_progress", "Whether a snapshot is being saved"),
        Redis("rdb_last_save_time", "rdb_last_save_timestamp_seconds", "When a snapshot was last saved, or the server started"),
        Redis("rdb_last_bgsave_status", "rdb_last_bgsave_status", "Whether the last save went well"),
        Redis("rdb_last_bgsave_time_sec", "rdb_last_bgsave_duration_sec", "How long the last save took, seconds; -1: none yet"),
        Redis("rdb_current_bgsave_time_sec", "rdb_current_bgsave_duration_sec", "How long the save in progress has taken, seconds; -1: none"),
        Redis("rdb_saves", "rdb_saves_total", "Snapshots saved", Untyped),
        Redis("rdb_last_cow_size", "rdb_last_cow_size_bytes", "Memory that the last save needed"),
        Redis("rdb_last_load_keys_expired", "rdb_last_load_expired_keys", "Expired keys that the last load left out"),
        Redis("rdb_last_load_keys_loaded", "rdb_last_load_loaded_keys", "Keys that the last load brought"),
        Redis("aof_enabled", "aof_enabled", "Whether changes go to an append-only file"),
        Redis("aof_rewrite_in_progress", "aof_rewrite_in_progress", "Whether the append-only file is being rewritten"),
        Redis("aof_rewrite_scheduled", "aof_rewrite_scheduled", "Whether the append-only file is to be rewritten once a save is over"),
        Redis("aof_last_rewrite_time_sec", "aof_last_rewrite_duration_sec", "How long its last rewrite took, seconds; -1: none yet"),
        Redis("aof_current_rewrite_time_sec", "aof_current_rewrite_duration_sec", "How long the rewrite in progress has taken, seconds; -1: none"),
        Redis("aof_last_bgrewrite_status", "aof_last_bgrewrite_status", "Whether the last rewrite went well"),
        Redis("aof_last_write_status", "aof_last_write_status", "Whether the last write to the append-only file went well"),
        Redis("aof_last_cow_size", "aof_last_cow_size_bytes", "Memory that the last rewrite needed"),
        Redis("module_fork_in_progress", "module_fork_in_progress", "Whether a module has forked the process"),
        Redis("module_fork_last_cow_size", "module_fork_last_cow_size", "Memory that the last fork of a module needed, bytes"),
    ];

    private static Field[] Traffic() =>
    [
        Redis("total_connections_received", "connections_received_total", "Connections accepted", Counter),
        Redis("total_commands_processed", "commands_processed_total", "Commands run", Counter),
        Redis("total_net_input_bytes", "net_input_bytes_total", "Bytes received", Counter),
        Redis("total_net_output_bytes", "net_output_bytes_total", "Bytes sent", Counter),
        Redis("total_net_repl_input_bytes", "net_repl_input_bytes_total", "Bytes received from a master", Counter),
        Redis("total_net_repl_output_bytes", "net_repl_output_bytes_total", "Bytes sent to replicas", Counter),
        Redis("rejected_connections", "rejected_connections_total", "Connections refused because there were maxclients", Counter),
        Redis("sync_full", "replica_resyncs_full", "Full synchronisations of replicas"),
        Redis("sync_partial_ok", "replica_partial_resync_accepted", "Partial synchronisations of replicas"),
        Redis("sync_partial_err", "replica_partial_resync_denied", "Partial synchronisations of replicas that were refused"),
    ];

    private static Field[] Keys() =>
    [
        Redis("expired_subkeys", "expired_subkeys_total", "Fields of hashes that expired", Counter),
        Redis("expired_keys", "expired_keys_total", "Keys that expired", Counter),
        Redis("expired_stale_perc", "expired_stale_percentage", "Percent of the keys with an expiry that are over and still there, estimated"),
        Redis("expired_time_cap_reached_count", "expired_time_cap_reached_total", "Rounds of expiry that ended because their time was up", Counter),
        Redis("expire_cycle_cpu_milliseconds", "expire_cycle_cpu_time_ms_total", "Time of the command thread that expiry took, milliseconds", Counter),
        Redis("evicted_keys", "evicted_keys_total", "Keys evicted because of maxmemory", Counter),
        Redis("evicted_clients", "evicted_clients_total", "Clients closed because of maxmemory-clients", Counter),
        Redis("evicted_scripts", "evicted_scripts_total", "Scripts forgotten because there were too many", Counter),
        Redis("total_eviction_exceeded_time", "eviction_exceeded_time_ms_total", "Time for which more memory than maxmemory was in use, milliseconds", Counter),
        Redis("current_eviction_exceeded_time", "current_eviction_exceeded_time_ms", "For how long more memory than maxmemory has been in use now, milliseconds"),
        Redis("keyspace_hits", "keyspace_hits_total", "Keys looked up and found", Counter),
        Redis("keyspace_misses", "keyspace_misses_total", "Keys looked up in vain", Counter),
    ];

    private static Field[] PubSub() =>
    [
        Redis("pubsub_channels", "pubsub_channels", "Channels with subscribers"),
        Redis("pubsub_patterns", "pubsub_patterns", "Patterns with subscribers"),
        Redis("pubsubshard_channels", "pubsubshard_channels", "Shard channels with subscribers"),
        new("latest_fork_usec", new("redis_latest_fork_seconds", Gauge, "How long the last fork took: there are none"), Microsecond),
        Redis("migrate_cached_sockets", "migrate_cached_sockets_total", "Connections that MIGRATE keeps open", Untyped),
        Redis("slave_expires_tracked_keys", "slave_expires_tracked_keys", "Keys with an expiry that a writable replica looks after"),
        Redis("tracking_total_keys", "tracking_total_keys", "Keys that are tracked for clients"),
        Redis("tracking_total_items", "tracking_total_items", "Keys tracked, once for each client"),
        Redis("tracking_total_prefixes", "tracking_total_prefixes", "Prefixes that are tracked for clients"),
    ];

    private static Field[] Defragmentation() =>
    [
        Redis("active_defrag_hits", "defrag_hits", "Blocks that defragmentation moved"),
        Redis("active_defrag_misses", "defrag_misses", "Blocks that defragmentation looked at and left"),
        Redis("active_defrag_key_hits", "defrag_key_hits", "Keys of which defragmentation moved something"),
        Redis("active_defrag_key_misses", "defrag_key_misses", "Keys that defragmentation looked at and left"),
        Own("total_active_defrag_time", "defrag_seconds_total", "Time for which memory was sparse enough to defragment", Counter, Millisecond),
    ];

    private static Field[] Replies() =>
    [
        Redis("unexpected_error_replies", "unexpected_error_replies", "Error replies to a master or to the append-only file", Untyped),
        Redis("total_error_replies", "total_error_replies", "Error replies", Untyped),
        Redis("dump_payload_sanitizations", "dump_payload_sanitizations", "Values from outside that were validated throughout", Untyped),
        Redis("total_reads_processed", "total_reads_processed", "Reads from connections", Untyped),
        Redis("total_writes_processed", "total_writes_processed", "Writes to connections", Untyped),
        Redis("io_threaded_reads_processed", "io_threaded_reads_processed", "Reads by threads of their own", Untyped),
        Redis("io_threaded_writes_processed", "io_threaded_writes_processed", "Writes by threads of their own", Untyped),
        Redis("client_query_buffer_limit_disconnections", "client_query_buffer_limit_disconnections_total", "Clients closed because of client-query-buffer-limit", Counter),
        Redis("client_output_buffer_limit_disconnections", "client_output_buffer_limit_disconnections_total", "Clients closed because of client-output-buffer-limit", Counter),
        Redis("reply_buffer_shrinks", "reply_buffer_shrinks_total", "Output buffers made smaller", Counter),
        Redis("reply_buffer_expands", "reply_buffer_expands_total", "Output buffers made larger", Counter),
    ];

    private static Field[] Loop() =>
    [
        Redis("eventloop_cycles", "eventloop_cycles_total", "Turns of the command thread", Counter),
        Redis("eventloop_duration_sum", "eventloop_duration_sum_usec_total", "Time that turns took without the waiting, microseconds", Counter),
        Redis("eventloop_duration_cmd_sum", "eventloop_duration_cmd_sum_usec_total", "Time of that in which commands ran, microseconds", Counter),
        Redis("instantaneous_eventloop_cycles_per_sec", "instantaneous_eventloop_cycles_per_sec", "Turns per second of late"),
        Redis("instantaneous_eventloop_duration_usec", "instantaneous_eventloop_duration_usec", "Length of a turn of late, microseconds"),
        Own("eventloop_duration_max", "turn_longest_seconds", "The longest turn since the start or CONFIG RESETSTAT: nobody waited longer for another's request", Gauge, Microsecond),
        Own("eventloop_cmd_per_cycle_max", "turn_commands_max", "Most commands in one turn"),
        Own("eventloop_duration_cron_sum", "cron_seconds_total", "Time of turns that background work took: expiry, rehashing, freeing, defragmentation", Counter, Microsecond),
    ];

    private static Field[] Access() =>
    [
        Redis("acl_access_denied_auth", "acl_access_denied_auth_total", "Wrong passwords and users", Counter),
        Redis("acl_access_denied_cmd", "acl_access_denied_cmd_total", "Commands refused to a user", Counter),
        Redis("acl_access_denied_key", "acl_access_denied_key_total", "Keys refused to a user", Counter),
        Redis("acl_access_denied_channel", "acl_access_denied_channel_total", "Channels refused to a user", Counter),
    ];

    private static Field[] Replication() =>
    [
        Redis("connected_slaves", "connected_slaves", "Replicas that are connected"),
        Redis("master_repl_offset", "master_repl_offset", "Offset of the replication stream"),
        Redis("second_repl_offset", "second_repl_offset", "Up to which offset the former replication ID is valid; -1: none"),
        Redis("repl_backlog_active", "repl_backlog_is_active", "Whether there is a replication backlog"),
        Redis("repl_backlog_size", "replication_backlog_bytes", "Size of the replication backlog"),
        Redis("repl_backlog_first_byte_offset", "repl_backlog_first_byte_offset", "Offset at which the replication backlog begins"),
        Redis("repl_backlog_histlen", "repl_backlog_history_bytes", "What is in the replication backlog"),
    ];

    private static Field[] Processor() =>
    [
        Redis("used_cpu_sys", "cpu_sys_seconds_total", "Processor time of the process in the kernel", Counter),
        Redis("used_cpu_user", "cpu_user_seconds_total", "Processor time of the process outside the kernel", Counter),
        Redis("used_cpu_sys_children", "cpu_sys_children_seconds_total", "Processor time of ended child processes in the kernel", Counter),
        Redis("used_cpu_user_children", "cpu_user_children_seconds_total", "Processor time of ended child processes outside the kernel", Counter),
        Redis("used_cpu_sys_main_thread", "cpu_sys_main_thread_seconds_total", "Processor time of the command thread in the kernel", Counter),
        Redis("used_cpu_user_main_thread", "cpu_user_main_thread_seconds_total", "Processor time of the command thread outside the kernel", Counter),
    ];

    private static Field[] Cluster() =>
    [
        Redis("cluster_enabled", "cluster_enabled", "Whether keys are kept by slots"),
    ];

    private static Field Redis(string name, string metric, string help, MetricKind kind = Gauge) => new(name, new($"redis_{metric}", kind, help));

    private static Field Own(string name, string metric, string help, MetricKind kind = Gauge, double unit = 1) => new(name, new($"carnelian_{metric}", kind, help), unit);
}
