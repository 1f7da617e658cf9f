using System.Net;
using static Carnelian.DirectiveFlags;

namespace Carnelian;

/// <summary>Those of <see cref="UnusedDirectives"/> that only Valkey 9.1 knows. Aliases of what Redis knows as well stand with that.</summary>
internal static class UnusedValkeyDirectives
{
    /// <summary>Tools for Redis set back all that CONFIG GET * shows, but for what they know to be immutable: these they do not know.</summary>
    private const DirectiveFlags HiddenImmutable = Immutable | Hidden;

    public static void Declare(KeptDirectives kept)
    {
        DeclareServer(kept);
        DeclareCluster(kept);
    }

    private static void DeclareServer(KeptDirectives kept)
    {
        kept.Integer("commandlog-request-larger-than", 1 << 20, -1, long.MaxValue);
        kept.Integer("commandlog-large-request-max-len", 128, 0, long.MaxValue);
        kept.Integer("commandlog-reply-larger-than", 1 << 20, -1, long.MaxValue);
        kept.Integer("commandlog-large-reply-max-len", 128, 0, long.MaxValue);
        kept.Integer("active-defrag-cycle-us", 500, 0, 100_000);
        kept.Integer("prefetch-batch-max-size", 16, 0, 128);
        kept.Flag("import-mode", false);
        kept.Flag("extended-redis-compatibility", false);
        kept.Text("hash-seed", "", HiddenImmutable, validate: v => v.Length <= 256 ? null : "hash-seed must be less than or equal to 256 characters");
        kept.Words("rdb-version-check", "strict", "strict relaxed");
        kept.Words("log-format", "legacy", "legacy logfmt json");
        kept.Words("log-timestamp-format", "legacy", "legacy iso8601 milliseconds");
        kept.Text("availability-zone", "");
        kept.Text("unixsocketgroup", null, HiddenImmutable);
        kept.Flag("mptcp", false, HiddenImmutable);
        kept.Flag("repl-mptcp", false, HiddenImmutable);
        kept.Text("rdma-bind", null, apply: RefuseRdma);
        kept.Integer("rdma-port", 0, 0, 65535, apply: RefuseRdma);
        kept.Integer("rdma-rx-size", 1 << 20, 1 << 16, 1 << 24, HiddenImmutable);
        kept.Integer("rdma-completion-vector", -1, -1, 1024, HiddenImmutable);
        kept.Words("tls-auth-clients-user", "off", "CN URI off");
        kept.Integer("tls-auto-reload-interval", 0, 0, int.MaxValue);
        kept.Flag("lua-enable-insecure-api", false, Hidden);
        kept.Flag("enable-debug-assert", false, Immutable | Hidden);
        kept.Text("debug-context", "", Hidden);
        kept.Flag("io-threads-always-active", false, Hidden);
        kept.Integer("min-io-threads-avoid-copy-reply", 7, 0, int.MaxValue, Hidden);
        kept.Integer("min-string-size-avoid-copy-reply", 16384, 0, int.MaxValue, Hidden);
        kept.Integer("min-string-size-avoid-copy-reply-threaded", 65536, 0, int.MaxValue, Hidden);
    }

    private static void DeclareCluster(KeptDirectives kept)
    {
        kept.Flag("dual-channel-replication-enabled", false);
        kept.Integer("cluster-databases", 1, 1, int.MaxValue, HiddenImmutable);
        kept.Words("cluster-config-save-behavior", "sync", "sync best-effort");
        kept.Integer("cluster-blacklist-ttl", 60, long.MinValue, long.MaxValue);
        kept.Integer("cluster-manual-failover-timeout", 5000, 1, int.MaxValue);
        kept.Flag("cluster-slot-stats-enabled", false);
        kept.Integer("cluster-slot-migration-log-max-len", 1000, 0, long.MaxValue);
        kept.MemoryOrUnlimited("slot-migration-max-failover-repl-bytes", 0);
        kept.Integer("cluster-message-gossip-perc", 10, 1, 100, Hidden);
        kept.Integer("cluster-announce-client-port", 0, 0, 65535);
        kept.Integer("cluster-announce-client-tls-port", 0, 0, 65535);
        kept.Text("cluster-announce-client-ipv4", null, validate: v => IsIpV4(v) ? null : "Invalid IPv4 address");
        kept.Text("cluster-announce-client-ipv6", null, validate: v => IsIpV6(v) ? null : "Invalid IPv6 address");
    }

    private static string RefuseRdma() => "No RDMA building support.";

    /// <summary>Stricter than .NET, for which "1" is an address too.</summary>
    private static bool IsIpV4(string text) => !text.Contains(':') && IPAddress.TryParse(text, out var address) && address.ToString() == text;

    private static bool IsIpV6(string text) => text.Contains(':') && !text.AsSpan().ContainsAny('[', '%') && IPAddress.TryParse(text, out _);
}
