using static Carnelian.DirectiveFlags;

namespace Carnelian;

/// <summary>Those of <see cref="UnusedDirectives"/> that are about other servers and about TLS.</summary>
internal static class UnusedNetworkDirectives
{
    // Another file under the same name is a change as well.
    private const DirectiveFlags NamesFile = DirectiveFlags.Volatile;

    public static void Declare(KeptDirectives kept)
    {
        DeclareReplication(kept);
        DeclareCluster(kept);
        DeclareTls(kept);
    }

    /// <summary>As Redis does when it has no certificate: who wants TLS must not be left to believe that there is any.</summary>
    private static string RefuseTls() => "Unable to update TLS configuration. Check server logs.";

    private static void DeclareReplication(KeptDirectives kept)
    {
        kept.Address("replicaof", alias: "slaveof", portError: "Invalid master port", Immutable);
        kept.Text("masteruser", null, Sensitive, alias: "primaryuser");
        kept.Bytes("masterauth", Sensitive, alias: "primaryauth");
        kept.Integer("repl-timeout", 60, 1, int.MaxValue);
        kept.Integer("repl-ping-replica-period", 10, 1, int.MaxValue, alias: "repl-ping-slave-period");
        kept.Memory("repl-backlog-size", 1 << 20, 1, long.MaxValue);
        kept.Integer("repl-backlog-ttl", 3600, 0, long.MaxValue);
        kept.Flag("repl-disable-tcp-nodelay", false);
        kept.Flag("repl-diskless-sync", true);
        kept.Integer("repl-diskless-sync-delay", 5, 0, int.MaxValue);
        kept.Integer("repl-diskless-sync-max-replicas", 0, 0, int.MaxValue);
        kept.Words("repl-diskless-load", "disabled", "disabled on-empty-db swapdb", DenyLoading);
        kept.Flag("repl-rdb-channel", true, Hidden);
        kept.Memory("replica-full-sync-buffer-limit", 0, 0, long.MaxValue);
        kept.Flag("replica-lazy-flush", false, alias: "slave-lazy-flush");
        kept.Flag("replica-serve-stale-data", true, alias: "slave-serve-stale-data");
        kept.Flag("replica-read-only", true, alias: "slave-read-only");
        kept.Flag("replica-ignore-maxmemory", true, alias: "slave-ignore-maxmemory");
        kept.Flag("replica-ignore-disk-write-errors", false);
        kept.Flag("replica-announced", true);
        kept.Text("replica-announce-ip", null, alias: "slave-announce-ip");
        kept.Integer("replica-announce-port", 0, 0, 65535, alias: "slave-announce-port");
        kept.Integer("replica-priority", 100, 0, int.MaxValue, alias: "slave-priority");
        kept.Integer("min-replicas-to-write", 0, 0, int.MaxValue, alias: "min-slaves-to-write");
        kept.Integer("min-replicas-max-lag", 10, 0, int.MaxValue, alias: "min-slaves-max-lag");
    }

    private static void DeclareCluster(KeptDirectives kept)
    {
        kept.Flag("cluster-enabled", false, Immutable);
        kept.Text("cluster-config-file", "nodes.conf", Immutable);
        kept.Integer("cluster-port", 0, 0, 65535, Immutable);
        kept.Text("cluster-announce-ip", null);
        kept.Integer("cluster-announce-port", 0, 0, 65535);
        kept.Integer("cluster-announce-tls-port", 0, 0, 65535);
        kept.Integer("cluster-announce-bus-port", 0, 0, 65535);
        kept.Text("cluster-announce-hostname", null, validate: HostNames.Validate);
        kept.Text("cluster-announce-human-nodename", null, validate: HostNames.ValidateNodeName);
        kept.Words("cluster-preferred-endpoint-type", "ip", "ip hostname unknown-endpoint");
        kept.Integer("cluster-node-timeout", 15000, 0, long.MaxValue);
        kept.Integer("cluster-ping-interval", 0, 0, long.MaxValue, Hidden);
        kept.Integer("cluster-migration-barrier", 1, 0, int.MaxValue);
        kept.Integer("cluster-replica-validity-factor", 10, 0, int.MaxValue, alias: "cluster-slave-validity-factor");
        kept.Flag("cluster-replica-no-failover", false, alias: "cluster-slave-no-failover");
        kept.Flag("cluster-require-full-coverage", true);
        kept.Flag("cluster-allow-reads-when-down", false);
        kept.Flag("cluster-allow-pubsubshard-when-down", true);
        kept.Flag("cluster-allow-replica-migration", true);
        kept.Memory("cluster-link-sendbuf-limit", 0, 0, ulong.MaxValue);
        kept.Integer("cluster-compatibility-sample-ratio", 0, 0, 100);
    }

    private static void DeclareTls(KeptDirectives kept)
    {
        kept.Integer("tls-port", 0, 0, 65535, apply: RefuseTls);
        kept.Text("tls-cert-file", null, NamesFile);
        kept.Text("tls-key-file", null, NamesFile);
        kept.Text("tls-key-file-pass", null, Sensitive);
        kept.Text("tls-client-cert-file", null, NamesFile);
        kept.Text("tls-client-key-file", null, NamesFile);
        kept.Text("tls-client-key-file-pass", null, Sensitive);
        kept.Text("tls-ca-cert-file", null, NamesFile);
        kept.Text("tls-ca-cert-dir", null, NamesFile);
        kept.Text("tls-dh-params-file", null, NamesFile);
        kept.Words("tls-auth-clients", "yes", "no yes optional");
        kept.Flag("tls-replication", false, apply: RefuseTls);
        kept.Flag("tls-cluster", false, apply: RefuseTls);
        kept.Text("tls-protocols", null);
        kept.Text("tls-ciphers", null);
        kept.Text("tls-ciphersuites", null);
        kept.Flag("tls-prefer-server-ciphers", false);
        kept.Flag("tls-session-caching", true);
        kept.Integer("tls-session-cache-size", 20480, 0, int.MaxValue);
        kept.Integer("tls-session-cache-timeout", 300, 0, int.MaxValue);
    }
}
