using static Carnelian.DirectiveFlags;

namespace Carnelian;

/// <summary>
/// Directives that Redis and Valkey know and that Carnelian takes, checks, keeps, shows and rewrites, though nothing acts on them
/// yet: who builds what one is about moves its line to where it has its effect. Names, defaults and limits are Redis
/// 8.0.6's, so that configuration files and tools find what they expect. Listed in docs/configuration.md.
/// </summary>
internal static class UnimplementedDirectives
{
    private const long Kibi = 1 << 10, Mebi = 1 << 20;

    public static void Declare(DirectiveRegistry registry)
    {
        var stored = new StoredDirectives(registry);
        DeclareSnapshots(stored);
        DeclareMemory(stored);
        DeclareClients(stored);
        DeclareModules(stored);
        DeclareProcess(stored);
        DeclareTests(stored);
        UnimplementedNetworkDirectives.Declare(stored);
        UnimplementedValkeyDirectives.Declare(stored);
    }

    private static void DeclareSnapshots(StoredDirectives stored)
    {
        stored.Flag("rdb-del-sync-files", false);
    }

    private static void DeclareMemory(StoredDirectives stored)
    {
        stored.Flag("activerehashing", true);
        stored.Integer("active-defrag-max-scan-fields", 1000, 1, long.MaxValue);
        stored.Flag("jemalloc-bg-thread", true);
        stored.Flag("disable-thp", true, Immutable);
    }

    private static void DeclareClients(StoredDirectives stored)
    {
        stored.Integer("tracking-table-max-keys", 1_000_000, 0, long.MaxValue);
        stored.Integer("max-new-connections-per-cycle", 10, 1, 1000);
        stored.Integer("max-new-tls-connections-per-cycle", 1, 1, 1000);
        stored.Integer("socket-mark-id", 0, 0, uint.MaxValue, Immutable);
        stored.Text("bind-source-addr", null);
        stored.Text("aclfile", "", Immutable);
        stored.Words("acl-pubsub-default", "resetchannels", "allchannels resetchannels");
        stored.Integer("acllog-max-len", 128, 0, long.MaxValue);
    }

    private static void DeclareModules(StoredDirectives stored)
    {
        stored.Words("enable-module-command", "no", "no yes local", Immutable);
        stored.Words("propagation-error-behavior", "ignore", "ignore panic panic-on-replicas");
    }

    private static void DeclareProcess(StoredDirectives stored)
    {
        stored.Flag("dynamic-hz", true);
        stored.Integer("io-threads", 1, 1, 128, Immutable);
        stored.Text("server-cpulist", null, Immutable, alias: "server_cpulist");
        stored.Text("bio-cpulist", null, Immutable, alias: "bio_cpulist");
        stored.Text("aof-rewrite-cpulist", null, Immutable, alias: "aof_rewrite_cpulist");
        stored.Text("bgsave-cpulist", null, Immutable, alias: "bgsave_cpulist");
        stored.Text("ignore-warnings", "");
        stored.Flag("crash-memcheck-enabled", true);
        stored.Integer("shutdown-timeout", 10, 0, int.MaxValue);
    }

    /// <summary>Those by which Redis' own tests slow it down.</summary>
    private static void DeclareTests(StoredDirectives stored)
    {
        stored.Integer("loading-process-events-interval-bytes", Mebi / 2, 1024, int.MaxValue, Hidden);
    }
}
