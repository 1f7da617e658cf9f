namespace Carnelian.Tests;

internal enum Eviction { None, Lru, Ttl }

[Flags]
internal enum ShutdownWay { Default = 0, Save = 1, NoSave = 2, Now = 4, Force = 8 }

/// <summary>Options as a project would own them, with one directive of each kind, declared as Redis 8.0.6 has them.</summary>
internal sealed class ExampleOptions
{
    public bool AppendOnly, Daemonize;
    public long TimeoutSeconds, Port, ReplicaPriority, Databases, RdbKeySaveDelay, MaxClients;
    public ulong MaxMemory, BacklogBytes;
    public long MaxMemoryClients;
    public int SocketPermissions;
    public string DumpName = "", LogFile = "";
    public string? AnnounceAddress, CertificateFile;
    public byte[]? Password;
    public Eviction Eviction;
    public ShutdownWay OnSigint;
    public SavePoint[] SavePoints = [];
    public OutputBufferLimit[] OutputLimits = [];
    public string[] Bind = [];
    public int[] OomScores = [];
    public double[] Percentiles = [];
    public string Events = "";

    /// <summary>What Apply delegates have done, in order; a name here makes the delegate fail instead.</summary>
    public readonly List<string> Applied = [];
    public string? FailToApply;

    public readonly List<string> Renamed = [], Users = [];
    public readonly DirectiveRegistry Registry = new();

    public ExampleOptions()
    {
        var r = Registry;
        r.Flag("appendonly", false, () => AppendOnly, v => AppendOnly = v, apply: () => Apply("appendonly"));
        r.Flag("daemonize", false, () => Daemonize, v => Daemonize = v, flags: DirectiveFlags.Immutable);
        r.Integer("timeout", 0, 0, int.MaxValue, () => TimeoutSeconds, v => TimeoutSeconds = v);
        r.Integer("port", 6379, 0, 65535, () => Port, v => Port = v, apply: () => Apply("port"));
        r.Integer("replica-priority", 100, 0, int.MaxValue, () => ReplicaPriority, v => ReplicaPriority = v, alias: "slave-priority");
        r.Integer("databases", 16, 1, int.MaxValue, () => Databases, v => Databases = v, flags: DirectiveFlags.Immutable);
        r.Integer("maxclients", 10000, 1, uint.MaxValue, () => MaxClients, v => MaxClients = v);
        r.Integer("rdb-key-save-delay", 0, int.MinValue, int.MaxValue, () => RdbKeySaveDelay, v => RdbKeySaveDelay = v, flags: DirectiveFlags.Hidden);
        r.Memory("maxmemory", 0, 0, ulong.MaxValue, () => MaxMemory, v => MaxMemory = v);
        r.Memory("repl-backlog-size", 1 << 20, 1, long.MaxValue, () => BacklogBytes, v => BacklogBytes = v);
        r.MemoryOrPercent("maxmemory-clients", 0, () => MaxMemoryClients, v => MaxMemoryClients = v);
        r.Octal("unixsocketperm", 0, 511, () => SocketPermissions, v => SocketPermissions = v);
        r.Text("dbfilename", "dump.rdb", () => DumpName, v => DumpName = v, flags: DirectiveFlags.Protected,
            validate: v => v.Contains('/') ? "dbfilename can't be a path, just a filename" : null);
        r.Text("logfile", "", () => LogFile, v => LogFile = v);
        r.OptionalText("replica-announce-ip", () => AnnounceAddress, v => AnnounceAddress = v);
        r.OptionalText("tls-cert-file", () => CertificateFile, v => CertificateFile = v, flags: DirectiveFlags.Volatile, apply: ApplyTls);
        r.OptionalText("tls-key-file", () => null, _ => { }, flags: DirectiveFlags.Volatile, apply: ApplyTls);
        r.OptionalBytes("requirepass", () => Password, v => Password = v, flags: DirectiveFlags.Sensitive);
        r.Enum("maxmemory-policy", Eviction.None, [("volatile-ttl", Eviction.Ttl), ("allkeys-lru", Eviction.Lru), ("noeviction", Eviction.None)],
            () => Eviction, v => Eviction = v, DirectiveFlags.DenyLoading);
        r.Enum("shutdown-on-sigint", ShutdownWay.Default,
            [("default", ShutdownWay.Default), ("save", ShutdownWay.Save), ("nosave", ShutdownWay.NoSave), ("now", ShutdownWay.Now), ("force", ShutdownWay.Force)],
            () => OnSigint, v => OnSigint = v, DirectiveFlags.MultiArgument,
            v => v.HasFlag(ShutdownWay.Save | ShutdownWay.NoSave) ? "shutdown options SAVE and NOSAVE can't be used simultaneously" : null);
        r.SavePoints("save", [new(3600, 1), new(300, 100), new(60, 10000)], () => SavePoints, v => SavePoints = v);
        r.OutputBufferLimits("client-output-buffer-limit", [default, new(256 << 20, 64 << 20, 60), new(32 << 20, 8 << 20, 60)],
            () => OutputLimits, v => OutputLimits = v);
        r.Words("bind", ["*", "-::*"], 16, "Too many bind addresses specified.", () => Bind, v => Bind = v);
        r.Integers("oom-score-adj-values", [0, 200, 800], -2000, 2000,
            "Invalid oom-score-adj-values, elements must be between -2000 and 2000.", () => OomScores, v => OomScores = v);
        r.Percentiles("latency-tracking-info-percentiles", [50, 99, 99.9], () => Percentiles, v => Percentiles = v);
        r.Add(new SpecialDirective("notify-keyspace-events", SetEvents, () => Events, defaultValue: ""));
        r.Add(new FileStatement("rename-command", 2, 2, ReadRename));
        r.Add(new FileStatement("user", 1, int.MaxValue, ReadUser) { Rewrite = RewriteUsers });
        r.Add(new FileStatement("sentinel", 1, int.MaxValue, _ => null, KeyWords: 2)
        {
            Rewrite = rewriter => rewriter.Line("sentinel myid", "sentinel myid abc", force: true),
        });
    }

    private string? Apply(string name)
    {
        Applied.Add(name);
        return FailToApply == name ? $"cannot apply {name}" : null;
    }

    private string? ApplyTls() => Apply("tls");

    private SetResult SetEvents(ReadOnlySpan<string> arguments, bool again)
    {
        Events = arguments[0];
        return SetResult.Success();
    }

    private string? ReadRename(string[] arguments)
    {
        if (arguments[0] == "foo") return "No such command in rename-command";
        Renamed.Add($"{arguments[0]}>{arguments[1]}");
        return null;
    }

    private string? ReadUser(string[] arguments)
    {
        Users.Add(string.Join(' ', arguments));
        return null;
    }

    private void RewriteUsers(ConfigurationRewriter rewriter)
    {
        foreach (var user in Users) rewriter.Line("user", "user " + user, force: true);
        rewriter.MarkProcessed("user");
    }
}
