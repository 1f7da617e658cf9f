using System.Net;
using static Carnelian.DirectiveFlags;

namespace Carnelian;

/// <summary>Those of <see cref="UnimplementedDirectives"/> that only Valkey 9.1 knows. Aliases of what Redis knows as well stand with that.</summary>
internal static class UnimplementedValkeyDirectives
{
    /// <summary>Tools for Redis set back all that CONFIG GET * shows, but for what they know to be immutable: these they do not know.</summary>
    private const DirectiveFlags HiddenImmutable = Immutable | Hidden;

    public static void Declare(StoredDirectives stored)
    {
        DeclareServer(stored);
        DeclareCluster(stored);
    }

    private static void DeclareServer(StoredDirectives stored)
    {
        stored.Integer("active-defrag-cycle-us", 500, 0, 100_000);
        stored.Integer("prefetch-batch-max-size", 16, 0, 128);
        stored.Flag("extended-redis-compatibility", false);
        stored.Text("hash-seed", "", HiddenImmutable, validate: v => v.Length <= 256 ? null : "hash-seed must be less than or equal to 256 characters");
        stored.Words("rdb-version-check", "strict", "strict relaxed");
        stored.Words("log-format", "legacy", "legacy logfmt json");
        stored.Words("log-timestamp-format", "legacy", "legacy iso8601 milliseconds");
        stored.Text("availability-zone", "");
        stored.Text("unixsocketgroup", null, HiddenImmutable);
        stored.Flag("mptcp", false, HiddenImmutable);
        stored.Flag("repl-mptcp", false, HiddenImmutable);
        stored.Text("rdma-bind", null, apply: RefuseRdma);
        stored.Integer("rdma-port", 0, 0, 65535, apply: RefuseRdma);
        stored.Integer("rdma-rx-size", 1 << 20, 1 << 16, 1 << 24, HiddenImmutable);
        stored.Integer("rdma-completion-vector", -1, -1, 1024, HiddenImmutable);
        stored.Words("tls-auth-clients-user", "off", "CN URI off");
        stored.Integer("tls-auto-reload-interval", 0, 0, int.MaxValue);
        stored.Flag("enable-debug-assert", false, Immutable | Hidden);
        stored.Text("debug-context", "", Hidden);
        stored.Flag("io-threads-always-active", false, Hidden);
        stored.Integer("min-io-threads-avoid-copy-reply", 7, 0, int.MaxValue, Hidden);
        stored.Integer("min-string-size-avoid-copy-reply", 16384, 0, int.MaxValue, Hidden);
        stored.Integer("min-string-size-avoid-copy-reply-threaded", 65536, 0, int.MaxValue, Hidden);
    }

    private static void DeclareCluster(StoredDirectives stored)
    {
        stored.Flag("dual-channel-replication-enabled", false);
        stored.Integer("cluster-databases", 1, 1, int.MaxValue, HiddenImmutable);
        stored.Words("cluster-config-save-behavior", "sync", "sync best-effort");
        stored.Integer("cluster-blacklist-ttl", 60, long.MinValue, long.MaxValue);
        stored.Integer("cluster-manual-failover-timeout", 5000, 1, int.MaxValue);
        stored.Flag("cluster-slot-stats-enabled", false);
        stored.Integer("cluster-slot-migration-log-max-len", 1000, 0, long.MaxValue);
        stored.MemoryOrUnlimited("slot-migration-max-failover-repl-bytes", 0);
        stored.Integer("cluster-message-gossip-perc", 10, 1, 100, Hidden);
        stored.Integer("cluster-announce-client-port", 0, 0, 65535);
        stored.Integer("cluster-announce-client-tls-port", 0, 0, 65535);
        stored.Text("cluster-announce-client-ipv4", null, validate: v => IsIpV4(v) ? null : "Invalid IPv4 address");
        stored.Text("cluster-announce-client-ipv6", null, validate: v => IsIpV6(v) ? null : "Invalid IPv6 address");
    }

    private static string RefuseRdma() => "No RDMA building support.";

    /// <summary>Stricter than .NET, for which "1" is an address too.</summary>
    private static bool IsIpV4(string text) => !text.Contains(':') && IPAddress.TryParse(text, out var address) && address.ToString() == text;

    private static bool IsIpV6(string text) => text.Contains(':') && !text.AsSpan().ContainsAny('[', '%') && IPAddress.TryParse(text, out _);
}
