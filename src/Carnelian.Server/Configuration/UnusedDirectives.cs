using static Carnelian.DirectiveFlags;

namespace Carnelian;

/// <summary>
/// Directives that Redis and Valkey know and that Carnelian takes, checks, keeps, shows and rewrites, though nothing acts on them
/// yet: who builds what one is about moves its line to where it has its effect. Names, defaults and limits are Redis
/// 8.0.6's, so that configuration files and tools find what they expect. Listed in docs/configuration.md.
/// </summary>
internal static class UnusedDirectives
{
    private const long Kibi = 1 << 10, Mebi = 1 << 20;

    public static void Declare(DirectiveRegistry registry, ServerOptions options)
    {
        var kept = new KeptDirectives(registry);
        DeclareSnapshots(kept, registry, options);
        DeclareAppendOnly(kept);
        DeclareEncodings(kept);
        DeclareMemory(kept);
        DeclareClients(kept);
        DeclareModulesAndScripts(kept);
        DeclareProcess(kept);
        DeclareTests(kept);
        UnusedNetworkDirectives.Declare(kept);
        UnusedValkeyDirectives.Declare(kept);
    }

    private static void DeclareSnapshots(KeptDirectives kept, DirectiveRegistry registry, ServerOptions o)
    {
        registry.SavePoints("save", o.SavePoints, () => o.SavePoints, v => o.SavePoints = v, NoEffectYet);
        kept.Text("dbfilename", "dump.rdb", Protected, validate: v => FileNames.IsPlain(v) ? null : "dbfilename can't be a path, just a filename");
        kept.Flag("rdbcompression", true);
        kept.Flag("rdbchecksum", true, Immutable);
        kept.Flag("rdb-del-sync-files", false);
        kept.Flag("rdb-save-incremental-fsync", true);
        kept.Flag("stop-writes-on-bgsave-error", true);
        kept.Words("sanitize-dump-payload", "no", "no yes clients");
    }

    private static void DeclareAppendOnly(KeptDirectives kept)
    {
        kept.Flag("appendonly", false);
        kept.Text("appendfilename", "appendonly.aof", Immutable, validate: v => FileNames.Validate("appendfilename", "filename", v));
        kept.Text("appenddirname", "appendonlydir", Immutable, validate: v => FileNames.Validate("appenddirname", "dirname", v));
        kept.Words("appendfsync", "everysec", "everysec always no");
        kept.Flag("no-appendfsync-on-rewrite", false);
        kept.Integer("auto-aof-rewrite-percentage", 100, 0, int.MaxValue);
        kept.Memory("auto-aof-rewrite-min-size", 64 * Mebi, 0, long.MaxValue);
        kept.Flag("aof-load-truncated", true);
        kept.Flag("aof-use-rdb-preamble", true);
        kept.Flag("aof-timestamp-enabled", false);
        kept.Flag("aof-rewrite-incremental-fsync", true);
        kept.Flag("aof-disable-auto-gc", false, Hidden);
    }

    private static void DeclareEncodings(KeptDirectives kept)
    {
        kept.Integer("hash-max-listpack-entries", 512, 0, long.MaxValue, alias: "hash-max-ziplist-entries");
        kept.Memory("hash-max-listpack-value", 64, 0, long.MaxValue, alias: "hash-max-ziplist-value");
        kept.Integer("list-max-listpack-size", -2, int.MinValue, int.MaxValue, alias: "list-max-ziplist-size");
        kept.Integer("list-compress-depth", 0, 0, int.MaxValue);
        kept.Integer("set-max-intset-entries", 512, 0, long.MaxValue);
        kept.Integer("set-max-listpack-entries", 128, 0, long.MaxValue);
        kept.Integer("set-max-listpack-value", 64, 0, long.MaxValue);
        kept.Integer("zset-max-listpack-entries", 128, 0, long.MaxValue, alias: "zset-max-ziplist-entries");
        kept.Memory("zset-max-listpack-value", 64, 0, long.MaxValue, alias: "zset-max-ziplist-value");
        kept.Memory("hll-sparse-max-bytes", 3000, 0, long.MaxValue);
        kept.Memory("stream-node-max-bytes", 4 * Kibi, 0, long.MaxValue);
        kept.Integer("stream-node-max-entries", 100, 0, long.MaxValue);
    }

    private static void DeclareMemory(KeptDirectives kept)
    {
        kept.Memory("maxmemory", 0, 0, ulong.MaxValue);
        kept.Integer("maxmemory-samples", 5, 1, 64);
        kept.Integer("maxmemory-eviction-tenacity", 10, 0, 100);
        kept.Flag("lazyfree-lazy-eviction", false);
        kept.Flag("lazyfree-lazy-server-del", false);
        kept.Flag("lazyfree-lazy-user-del", false);
        kept.Flag("activerehashing", true);
        kept.Integer("active-defrag-max-scan-fields", 1000, 1, long.MaxValue);
        kept.Flag("jemalloc-bg-thread", true);
        kept.Flag("disable-thp", true, Immutable);
    }

    private static void DeclareClients(KeptDirectives kept)
    {
        kept.MemoryOrPercent("maxmemory-clients", 0);
        kept.Integer("tracking-table-max-keys", 1_000_000, 0, long.MaxValue);
        kept.Integer("max-new-connections-per-cycle", 10, 1, 1000);
        kept.Integer("max-new-tls-connections-per-cycle", 1, 1, 1000);
        kept.Integer("socket-mark-id", 0, 0, uint.MaxValue, Immutable);
        kept.Text("bind-source-addr", null);
        kept.Text("aclfile", "", Immutable);
        kept.Words("acl-pubsub-default", "resetchannels", "allchannels resetchannels");
        kept.Integer("acllog-max-len", 128, 0, long.MaxValue);
        kept.Integer("latency-monitor-threshold", 0, 0, long.MaxValue);
    }

    private static void DeclareModulesAndScripts(KeptDirectives kept)
    {
        kept.Integer("busy-reply-threshold", 5000, 0, long.MaxValue, alias: "lua-time-limit");
        kept.Flag("lua-enable-deprecated-api", false, Immutable | Hidden);
        kept.Words("enable-module-command", "no", "no yes local", Immutable);
        kept.Words("propagation-error-behavior", "ignore", "ignore panic panic-on-replicas");
    }

    private static void DeclareProcess(KeptDirectives kept)
    {
        kept.Flag("dynamic-hz", true);
        kept.Integer("io-threads", 1, 1, 128, Immutable);
        kept.Text("server-cpulist", null, Immutable, alias: "server_cpulist");
        kept.Text("bio-cpulist", null, Immutable, alias: "bio_cpulist");
        kept.Text("aof-rewrite-cpulist", null, Immutable, alias: "aof_rewrite_cpulist");
        kept.Text("bgsave-cpulist", null, Immutable, alias: "bgsave_cpulist");
        kept.Text("ignore-warnings", "");
        kept.Flag("crash-memcheck-enabled", true);
        kept.Integer("shutdown-timeout", 10, 0, int.MaxValue);
    }

    /// <summary>Those by which Redis' own tests slow it down.</summary>
    private static void DeclareTests(KeptDirectives kept)
    {
        kept.Integer("rdb-key-save-delay", 0, int.MinValue, int.MaxValue, Hidden);
        kept.Integer("key-load-delay", 0, int.MinValue, int.MaxValue, Hidden);
        kept.Integer("loading-process-events-interval-bytes", Mebi / 2, 1024, int.MaxValue, Hidden);
        kept.Integer("watchdog-period", 0, 0, int.MaxValue, Hidden);
    }
}
