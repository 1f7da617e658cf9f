using System.Net;
using Microsoft.Extensions.Logging;

namespace Carnelian;

/// <summary>The directives of a server: names, defaults and limits of Redis' redis.conf, bound to <see cref="ServerOptions"/>.</summary>
internal static class ServerDirectives
{
    private const DirectiveFlags Immutable = DirectiveFlags.Immutable;

    public static DirectiveRegistry Declare(Server server)
    {
        var registry = new DirectiveRegistry { AssignsDefaults = false, Warning = line => server.Log.LogWarning("{Line}", line) };
        DeclareNetwork(registry, server);
        DeclareClients(registry, server);
        DeclareKeyspace(registry, server);
        ProcessDirectives.Declare(registry, server);
        PersistenceDirectives.Declare(registry, server);
        AppendOnlyDirectives.Declare(registry, server);
        ScriptingDirectives.Declare(registry, server);
        DeclareStatistics(registry, server);
        UnimplementedDirectives.Declare(registry);
        DeclareStatements(registry, server);
        return registry;
    }

    private static void DeclareStatements(DirectiveRegistry registry, Server server)
    {
        registry.Add(new FileStatement("rename-command", 2, 2, arguments => RenameCommand(server, arguments[0], arguments[1])));
        var users = new HashSet<string>();
        registry.Add(new FileStatement("user", 1, int.MaxValue, arguments => users.Add(arguments[0])
            ? KeepStatement("user")(arguments)
            : $"Error in user declaration '{arguments[0]}': Duplicate user found. A user can only be defined once in config files"));
        registry.Add(new FileStatement("loadmodule", 1, int.MaxValue, KeepStatement("loadmodule")));
        registry.Add(new FileStatement("sentinel", 1, int.MaxValue, _ => "sentinel directive while not in sentinel mode"));

        Func<string[], string?> KeepStatement(string name) => arguments =>
        {
            server.Log.LogWarning("Without an effect yet: {Name} {Arguments}", name, ByteText.ToShown(arguments[0]));
            return null;
        };
    }

    /// <param name="newName">Empty: the command is gone.</param>
    private static string? RenameCommand(Server server, string oldName, string newName)
    {
        var commands = server.Executor.Commands;
        if (commands.Find(ByteText.ToBytes(oldName)) is not { } command) return "No such command in rename-command";
        if (newName.Length > 0 && commands.Find(ByteText.ToBytes(newName)) is { } other && other != command) return "Target command name already exists";
        server.Executor.Commands = commands.Rename(command, newName);
        return null;
    }

    private static void DeclareNetwork(DirectiveRegistry registry, Server server)
    {
        var o = server.Options;
        registry.Integer("port", 6379, 0, 65535, () => o.Port, v => o.Port = (int)v, apply: server.Listeners.ReopenForPort);
        registry.Words("bind", ["*", "-::*"], Listeners.BindMax, "Too many bind addresses specified.", () => o.Bind, v => o.Bind = v, server.Listeners.ReopenForAddresses);
        registry.OptionalText("unixsocket", () => o.UnixSocket, v => o.UnixSocket = v, flags: Immutable);
        registry.Octal("unixsocketperm", 0, 511, () => o.UnixSocketPermissions, v => o.UnixSocketPermissions = v, Immutable);
        registry.Integer("tcp-backlog", 511, 0, int.MaxValue, () => o.TcpBacklog, v => o.TcpBacklog = (int)v, flags: Immutable);
        registry.Integer("tcp-keepalive", 300, 0, int.MaxValue, () => o.TcpKeepAliveSeconds, v => o.TcpKeepAliveSeconds = (int)v);
        // Hidden from CONFIG GET *: tools set back all that they get there.
        registry.Enum("network-engine", NetworkEngine.Default,
            [("default", NetworkEngine.Default), ("epoll", NetworkEngine.Epoll), ("sockets", NetworkEngine.Sockets)],
            () => o.NetworkEngine, v => o.NetworkEngine = v, Immutable | DirectiveFlags.Hidden);
        registry.Integer("metrics-port", 0, 0, 65535, () => o.MetricsPort, v => o.MetricsPort = (int)v, flags: Immutable | DirectiveFlags.Hidden);
        registry.Words("metrics-bind", ["127.0.0.1"], Listeners.BindMax, "Too many addresses specified for metrics.", () => o.MetricsBind, v => o.MetricsBind = v,
            flags: Immutable | DirectiveFlags.Hidden, validate: word => word == "*" || IPAddress.TryParse(word, out _) ? null : "argument must be IP addresses, or *");
        registry.Flag("protected-mode", true, () => o.ProtectedMode, v => o.ProtectedMode = v);
    }

    private static void DeclareClients(DirectiveRegistry registry, Server server)
    {
        var o = server.Options;
        registry.Integer("timeout", 0, 0, int.MaxValue, () => o.TimeoutSeconds, v => o.TimeoutSeconds = (int)v);
        registry.Integer("maxclients", 10000, 1, uint.MaxValue, () => o.MaxClients, v => o.MaxClients = v, apply: () => OpenFiles.Apply(server));
        registry.OptionalBytes("requirepass", () => o.Password, v =>
        {
            o.Password = v;
            if (v is null) server.Clients.AdmitAll();
        }, DirectiveFlags.Sensitive);
        registry.Memory("client-query-buffer-limit", 1UL << 30, 1UL << 20, long.MaxValue,
            () => (ulong)o.QueryBufferBytesMax, v =>
            {
                o.QueryBufferBytesMax = (long)v;
                LimitRequests(server);
            });
        registry.OutputBufferLimits("client-output-buffer-limit", o.OutputBufferLimits,
            () => o.OutputBufferLimits, v =>
            {
                o.OutputBufferLimits = v;
                // Who sets it is the next to be judged by it.
                server.Clients.Serving?.RefreshOutputLimit();
            });
        registry.MemoryOrPercent("maxmemory-clients", 0, () => o.ClientMemoryMax, v =>
        {
            o.ClientMemoryMax = v;
            server.Clients.Eviction.Refresh();
        });
        registry.Memory("proto-max-bulk-len", 512UL << 20, 1UL << 20, long.MaxValue, () => o.BulkBytesMax, v =>
        {
            o.BulkBytesMax = v;
            LimitRequests(server);
        });
        LimitRequests(server);
    }

    private static void LimitRequests(Server server)
    {
        server.RequestLimits.BulkBytesMax = (long)Math.Min(server.Options.BulkBytesMax, int.MaxValue - 1024);
        server.RequestLimits.InputBytesMax = Math.Min(server.Options.QueryBufferBytesMax, int.MaxValue - 1);
        server.Executor.StringBytesMax = server.RequestLimits.BulkBytesMax;
    }

    private static void DeclareKeyspace(DirectiveRegistry registry, Server server)
    {
        var o = server.Options.Keyspace;
        registry.Integer("databases", 16, 1, int.MaxValue, () => o.Databases, v => server.Keyspace.SetDatabaseCount(o.UsesSlots ? 1 : (int)v), flags: Immutable,
            validate: v => v <= ushort.MaxValue ? null : $"argument must be between 1 and {ushort.MaxValue} inclusive");
        registry.Flag("cluster-enabled", false, () => o.UsesSlots, on =>
        {
            if (!on) return;
            server.Keyspace.SetDatabaseCount(1);
            server.Keyspace.UseSlots();
        }, flags: Immutable);
        registry.Flag("import-mode", false, () => server.Keyspace.IsImporting, v =>
        {
            server.Keyspace.IsImporting = v;
            if (!v) server.Clients.EndImports();
        });
        registry.Integer("active-expire-effort", 1, 1, 10, () => o.ActiveExpireEffort, v => o.ActiveExpireEffort = (int)v);
        registry.Integer("list-max-listpack-size", o.ListMaxListpackSize, int.MinValue, int.MaxValue, () => o.ListMaxListpackSize, v =>
        {
            o.ListMaxListpackSize = (int)v;
            server.Keyspace.Host.ListLimit = NodeLimit.Of((int)v) with { LargeFrom = server.Keyspace.Host.ListLimit.LargeFrom };
        }, alias: "list-max-ziplist-size");
        registry.Integer("list-compress-depth", 0, 0, int.MaxValue, () => server.Keyspace.Host.ListCompressDepth, v => server.Keyspace.Host.ListCompressDepth = (int)v);
        registry.Flag("lazyfree-lazy-expire", false, () => o.LazyExpire, v => o.LazyExpire = v);
        registry.Flag("lazyfree-lazy-eviction", false, () => o.LazyEviction, v => o.LazyEviction = v);
        registry.Flag("lazyfree-lazy-user-del", false, () => o.LazyUserDelete, v => o.LazyUserDelete = v);
        registry.Flag("lazyfree-lazy-user-flush", false, () => o.LazyUserFlush, v => o.LazyUserFlush = v);
        registry.Flag("lazyfree-lazy-server-del", false, () => o.LazyServerDelete, v => o.LazyServerDelete = v);
        registry.Enum("rdb-format", RdbFormat.Lowest,
            [("lowest", RdbFormat.Lowest), ("redis-7.0", RdbFormat.Redis70), ("redis-8", RdbFormat.Redis8), ("valkey", RdbFormat.Valkey)],
            () => server.Dumps.Settings.Format, v => server.Dumps.Settings.Format = v, DirectiveFlags.Hidden);
        registry.Enum("rdb-unknown-modules", UnknownModules.Stop, [("stop", UnknownModules.Stop), ("skip", UnknownModules.Skip), ("keep", UnknownModules.Keep)],
            () => server.Dumps.Settings.UnknownModules, v => server.Dumps.Settings.UnknownModules = v, DirectiveFlags.Hidden);
        registry.Enum("sanitize-dump-payload", PayloadSanitizing.Never,
            [("no", PayloadSanitizing.Never), ("yes", PayloadSanitizing.Always), ("clients", PayloadSanitizing.OfClients)],
            () => server.Dumps.Settings.Sanitizing, v => server.Dumps.Settings.Sanitizing = v);
        registry.Flag("activedefrag", true, () => o.ActiveDefragmentation, v => o.ActiveDefragmentation = v);
        var d = o.Defragmentation;
        registry.Memory("active-defrag-ignore-bytes", d.IgnoreBytes, 1, long.MaxValue, () => d.IgnoreBytes, v => d.IgnoreBytes = v);
        registry.Integer("active-defrag-threshold-lower", d.ThresholdLowerPercent, 0, 1000,
            () => d.ThresholdLowerPercent, v => d.ThresholdLowerPercent = (int)v);
        registry.Integer("active-defrag-threshold-upper", d.ThresholdUpperPercent, 0, 1000,
            () => d.ThresholdUpperPercent, v => d.ThresholdUpperPercent = (int)v);
        registry.Integer("active-defrag-cycle-min", d.CycleMinPercent, 1, 99, () => d.CycleMinPercent, v => d.CycleMinPercent = (int)v);
        registry.Integer("active-defrag-cycle-max", d.CycleMaxPercent, 1, 99, () => d.CycleMaxPercent, v => d.CycleMaxPercent = (int)v);
        registry.Add(KeyspaceNotifications(server));
        DeclareEncodings(registry, server.Keyspace.Host);
        DeclareEviction(registry, server);
    }

    /// <summary>Up to where collections are packed.</summary>
    private static void DeclareEncodings(DirectiveRegistry registry, TableHost host)
    {
        registry.Integer("hash-max-listpack-entries", 512, 0, long.MaxValue, () => host.HashLimit.FieldsMax,
            v => host.HashLimit = host.HashLimit with { FieldsMax = v }, alias: "hash-max-ziplist-entries");
        registry.Memory("hash-max-listpack-value", 64, 0, long.MaxValue, () => (ulong)host.HashLimit.TextBytesMax,
            v => host.HashLimit = host.HashLimit with { TextBytesMax = (long)v }, alias: "hash-max-ziplist-value");
        registry.Integer("set-max-intset-entries", 512, 0, long.MaxValue, () => host.SetLimit.IntegersMax, v => host.SetLimit = host.SetLimit with { IntegersMax = v });
        registry.Integer("set-max-listpack-entries", 128, 0, long.MaxValue, () => host.SetLimit.MembersMax, v => host.SetLimit = host.SetLimit with { MembersMax = v });
        registry.Integer("set-max-listpack-value", 64, 0, long.MaxValue, () => host.SetLimit.TextBytesMax, v => host.SetLimit = host.SetLimit with { TextBytesMax = v });
        registry.Memory("stream-node-max-bytes", 4096, 0, long.MaxValue, () => (ulong)host.StreamLimit.BytesMax,
            v => host.StreamLimit = host.StreamLimit with { BytesMax = (long)v });
        registry.Integer("stream-node-max-entries", 100, 0, long.MaxValue, () => host.StreamLimit.EntriesMax,
            v => host.StreamLimit = host.StreamLimit with { EntriesMax = v });
        registry.Integer("zset-max-listpack-entries", 128, 0, long.MaxValue, () => host.SortedSetLimit.MembersMax,
            v => host.SortedSetLimit = host.SortedSetLimit with { MembersMax = v }, alias: "zset-max-ziplist-entries");
        registry.Memory("zset-max-listpack-value", 64, 0, long.MaxValue, () => (ulong)host.SortedSetLimit.TextBytesMax,
            v => host.SortedSetLimit = host.SortedSetLimit with { TextBytesMax = (long)v }, alias: "zset-max-ziplist-value");
        registry.Memory("hll-sparse-max-bytes", 3000, 0, long.MaxValue, () => (ulong)host.SparseHyperLogLogMax, v => host.SparseHyperLogLogMax = (long)v);
    }

    private static SpecialDirective KeyspaceNotifications(Server server)
    {
        var o = server.Options;
        return new SpecialDirective("notify-keyspace-events", Set, () => o.KeyspaceNotifications.ToString(), defaultValue: "");

        SetResult Set(ReadOnlySpan<string> arguments, bool again)
        {
            if (!Carnelian.KeyspaceNotifications.TryParse(arguments[0].Split('\0')[0], out var notifications))
                return "Invalid event class character. Use 'Ag$lshzxeKEtmdn'.";
            o.KeyspaceNotifications = notifications;
            server.Keyspace.ListenersChanged();
            return SetResult.Success();
        }
    }

    /// <summary>From when on keys go, which of them first, and so what a use of a key leaves in it.</summary>
    private static void DeclareEviction(DirectiveRegistry registry, Server server)
    {
        var o = server.Options.Keyspace;
        registry.Memory("maxmemory", 0, 0, ulong.MaxValue, () => o.MaxMemory, v =>
        {
            o.MaxMemory = v;
            server.MemoryLimit.Refresh();
        }, apply: server.MemoryLimit.Apply);
        registry.Enum("maxmemory-policy", EvictionPolicy.NoEviction,
            [("volatile-lru", EvictionPolicy.VolatileLru), ("volatile-lfu", EvictionPolicy.VolatileLfu), ("volatile-random", EvictionPolicy.VolatileRandom),
                ("volatile-ttl", EvictionPolicy.VolatileTtl), ("volatile-lrm", EvictionPolicy.VolatileLrm), ("allkeys-lru", EvictionPolicy.AllKeysLru),
                ("allkeys-lfu", EvictionPolicy.AllKeysLfu), ("allkeys-random", EvictionPolicy.AllKeysRandom), ("allkeys-lrm", EvictionPolicy.AllKeysLrm),
                ("noeviction", EvictionPolicy.NoEviction)],
            () => o.EvictionPolicy, v =>
            {
                o.EvictionPolicy = v;
                server.Keyspace.Access.Advance(server.MonotonicMs);
                server.Keyspace.ListenersChanged();
            });
        registry.Integer("maxmemory-samples", 5, 1, 64, () => o.EvictionSamples, v => o.EvictionSamples = (int)v);
        registry.Integer("maxmemory-eviction-tenacity", 10, 0, 100, () => o.EvictionTenacity, v => o.EvictionTenacity = (int)v);
        registry.Integer("lfu-log-factor", 10, 0, int.MaxValue, () => o.LfuLogFactor, v => o.LfuLogFactor = (int)v);
        registry.Integer("lfu-decay-time", 1, 0, int.MaxValue, () => o.LfuDecayMinutes, v => o.LfuDecayMinutes = (int)v);
    }

    private static void DeclareStatistics(DirectiveRegistry registry, Server server)
    {
        var logs = server.Executor.Logs;
        DeclareLog(logs.Slow, "slowlog-log-slower-than", "commandlog-execution-slower-than", "slowlog-max-len", "commandlog-slow-execution-max-len");
        DeclareLog(logs.LargeRequests, "commandlog-request-larger-than", null, "commandlog-large-request-max-len", null);
        DeclareLog(logs.LargeReplies, "commandlog-reply-larger-than", null, "commandlog-large-reply-max-len", null);
        registry.Integer("latency-monitor-threshold", 0, 0, long.MaxValue, () => logs.Latency.ThresholdMs, v => logs.Latency.ThresholdMs = v);
        registry.Integer("watchdog-period", 0, 0, int.MaxValue, () => server.Watchdog.PeriodMs, v => server.Watchdog.Set((int)v), flags: DirectiveFlags.Hidden);
        registry.Flag("latency-tracking", true, () => server.Executor.TracksLatency, v => server.Executor.TracksLatency = v);
        registry.Percentiles("latency-tracking-info-percentiles", server.Options.LatencyPercentiles,
            () => server.Options.LatencyPercentiles, v => server.Options.LatencyPercentiles = v);

        void DeclareLog(CommandLog log, string threshold, string? thresholdAlias, string length, string? lengthAlias)
        {
            registry.Integer(threshold, log.Threshold, -1, long.MaxValue, () => log.Threshold, v => log.Threshold = v, alias: thresholdAlias);
            registry.Integer(length, log.LengthMax, 0, long.MaxValue, () => log.LengthMax, v => log.LengthMax = v, alias: lengthAlias);
        }
    }
}
