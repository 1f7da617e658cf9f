using static Carnelian.DirectiveFlags;

namespace Carnelian;

/// <summary>Those of <see cref="UnimplementedDirectives"/> that are about other servers and about TLS.</summary>
internal static class UnimplementedNetworkDirectives
{
    // Another file under the same name is a change as well.
    private const DirectiveFlags NamesFile = DirectiveFlags.Volatile;

    public static void Declare(StoredDirectives stored)
    {
        DeclareReplication(stored);
        DeclareCluster(stored);
        DeclareTls(stored);
    }

    /// <summary>As Redis does when it has no certificate: who wants TLS must not be left to believe that there is any.</summary>
    private static string RefuseTls() => "Unable to update TLS configuration. Check server logs.";

    private static void DeclareReplication(StoredDirectives stored)
    {
        stored.Address("replicaof", alias: "slaveof", portError: "Invalid master port", Immutable);
        stored.Text("masteruser", null, Sensitive, alias: "primaryuser");
        stored.Bytes("masterauth", Sensitive, alias: "primaryauth");
        stored.Integer("repl-timeout", 60, 1, int.MaxValue);
        stored.Integer("repl-ping-replica-period", 10, 1, int.MaxValue, alias: "repl-ping-slave-period");
        stored.Memory("repl-backlog-size", 1 << 20, 1, long.MaxValue);
        stored.Integer("repl-backlog-ttl", 3600, 0, long.MaxValue);
        stored.Flag("repl-disable-tcp-nodelay", false);
        stored.Flag("repl-diskless-sync", true);
        stored.Integer("repl-diskless-sync-delay", 5, 0, int.MaxValue);
        stored.Integer("repl-diskless-sync-max-replicas", 0, 0, int.MaxValue);
        stored.Words("repl-diskless-load", "disabled", "disabled on-empty-db swapdb", DenyLoading);
        stored.Flag("repl-rdb-channel", true, Hidden);
        stored.Memory("replica-full-sync-buffer-limit", 0, 0, long.MaxValue);
        stored.Flag("replica-lazy-flush", false, alias: "slave-lazy-flush");
        stored.Flag("replica-serve-stale-data", true, alias: "slave-serve-stale-data");
        stored.Flag("replica-read-only", true, alias: "slave-read-only");
        stored.Flag("replica-ignore-maxmemory", true, alias: "slave-ignore-maxmemory");
        stored.Flag("replica-ignore-disk-write-errors", false);
        stored.Flag("replica-announced", true);
        stored.Text("replica-announce-ip", null, alias: "slave-announce-ip");
        stored.Integer("replica-announce-port", 0, 0, 65535, alias: "slave-announce-port");
        stored.Integer("replica-priority", 100, 0, int.MaxValue, alias: "slave-priority");
        stored.Integer("min-replicas-to-write", 0, 0, int.MaxValue, alias: "min-slaves-to-write");
        stored.Integer("min-replicas-max-lag", 10, 0, int.MaxValue, alias: "min-slaves-max-lag");
    }

    private static void DeclareCluster(StoredDirectives stored)
    {
        stored.Text("cluster-config-file", "nodes.conf", Immutable);
        stored.Integer("cluster-port", 0, 0, 65535, Immutable);
        stored.Text("cluster-announce-ip", null);
        stored.Integer("cluster-announce-port", 0, 0, 65535);
        stored.Integer("cluster-announce-tls-port", 0, 0, 65535);
        stored.Integer("cluster-announce-bus-port", 0, 0, 65535);
        stored.Text("cluster-announce-hostname", null, validate: HostNames.Validate);
        stored.Text("cluster-announce-human-nodename", null, validate: HostNames.ValidateNodeName);
        stored.Words("cluster-preferred-endpoint-type", "ip", "ip hostname unknown-endpoint");
        stored.Integer("cluster-node-timeout", 15000, 0, long.MaxValue);
        stored.Integer("cluster-ping-interval", 0, 0, long.MaxValue, Hidden);
        stored.Integer("cluster-migration-barrier", 1, 0, int.MaxValue);
        stored.Integer("cluster-replica-validity-factor", 10, 0, int.MaxValue, alias: "cluster-slave-validity-factor");
        stored.Flag("cluster-replica-no-failover", false, alias: "cluster-slave-no-failover");
        stored.Flag("cluster-require-full-coverage", true);
        stored.Flag("cluster-allow-reads-when-down", false);
        stored.Flag("cluster-allow-pubsubshard-when-down", true);
        stored.Flag("cluster-allow-replica-migration", true);
        stored.Memory("cluster-link-sendbuf-limit", 0, 0, ulong.MaxValue);
        stored.Integer("cluster-compatibility-sample-ratio", 0, 0, 100);
    }

    private static void DeclareTls(StoredDirectives stored)
    {
        stored.Integer("tls-port", 0, 0, 65535, apply: RefuseTls);
        stored.Text("tls-cert-file", null, NamesFile);
        stored.Text("tls-key-file", null, NamesFile);
        stored.Text("tls-key-file-pass", null, Sensitive);
        stored.Text("tls-client-cert-file", null, NamesFile);
        stored.Text("tls-client-key-file", null, NamesFile);
        stored.Text("tls-client-key-file-pass", null, Sensitive);
        stored.Text("tls-ca-cert-file", null, NamesFile);
        stored.Text("tls-ca-cert-dir", null, NamesFile);
        stored.Text("tls-dh-params-file", null, NamesFile);
        stored.Words("tls-auth-clients", "yes", "no yes optional");
        stored.Flag("tls-replication", false, apply: RefuseTls);
        stored.Flag("tls-cluster", false, apply: RefuseTls);
        stored.Text("tls-protocols", null);
        stored.Text("tls-ciphers", null);
        stored.Text("tls-ciphersuites", null);
        stored.Flag("tls-prefer-server-ciphers", false);
        stored.Flag("tls-session-caching", true);
        stored.Integer("tls-session-cache-size", 20480, 0, int.MaxValue);
        stored.Integer("tls-session-cache-timeout", 300, 0, int.MaxValue);
    }
}
