using static Carnelian.DirectiveFlags;

namespace Carnelian;

/// <summary>The directives on the append-only file.</summary>
internal static class AppendOnlyDirectives
{
    private const ulong Mebi = 1 << 20;

    public static void Declare(DirectiveRegistry registry, Server server)
    {
        var o = server.Options.Persistence.AppendOnly;
        registry.Flag("appendonly", false, () => o.IsOn, v => o.IsOn = v, apply: () => Apply(server));
        registry.Text("appendfilename", "appendonly.aof", () => o.FileName, v => o.FileName = v, flags: Immutable, validate: v => FileNames.Validate("appendfilename", "filename", v));
        registry.Text("appenddirname", "appendonlydir", () => o.DirectoryName, v => o.DirectoryName = v, flags: Immutable, validate: v => FileNames.Validate("appenddirname", "dirname", v));
        registry.Enum("appendfsync", SyncPolicy.EverySecond, [("everysec", SyncPolicy.EverySecond), ("always", SyncPolicy.Always), ("no", SyncPolicy.No)], () => o.Policy, v =>
        {
            o.Policy = v;
            server.AppendOnly.OnPolicyChanged();
        });
        registry.Flag("no-appendfsync-on-rewrite", false, () => o.SparesSyncsWhileSaving, v => o.SparesSyncsWhileSaving = v);
        registry.Integer("auto-aof-rewrite-percentage", 100, 0, int.MaxValue, () => o.RewritePercent, v => o.RewritePercent = (int)v);
        registry.Memory("auto-aof-rewrite-min-size", 64 * Mebi, 0, long.MaxValue, () => (ulong)o.RewriteBytesMin, v => o.RewriteBytesMin = (long)v);
        registry.Flag("aof-load-truncated", true, () => o.LoadsTruncated, v => o.LoadsTruncated = v);
        registry.Memory("aof-load-corrupt-tail-max-size", 0, 0, long.MaxValue, () => (ulong)o.CorruptTailBytesMax, v => o.CorruptTailBytesMax = (long)v, flags: Hidden);
        registry.Flag("aof-use-rdb-preamble", true, () => o.BaseIsRdb, v => o.BaseIsRdb = v);
        registry.Flag("aof-rewrite-incremental-fsync", true, () => o.SyncsBaseAsItGrows, v => o.SyncsBaseAsItGrows = v);
        registry.Flag("aof-timestamp-enabled", false, () => o.WritesTimestamps, v => o.WritesTimestamps = v);
        registry.Flag("aof-disable-auto-gc", false, () => o.KeepsHistory, v =>
        {
            o.KeepsHistory = v;
            // At once, as Redis does: who asked finds the manifest without it. Not in the midst of a transaction, which is written whole.
            if (server.AppendOnly.State != AppendOnlyState.Off && server.AppendOnly.Rewrites.TryDeleteHistory() && !server.Keyspace.Changes.HoldsUnit) server.AppendOnly.Flush();
        }, flags: Hidden);
        // Ours: hidden from CONFIG GET *, because tools set back all that they get there.
        registry.Flag("aof-checksum-enabled", false, () => o.WritesChecksums, v => o.WritesChecksums = v, flags: Hidden);
        registry.Memory("aof-buffer-max", 256 * Mebi, Mebi, long.MaxValue, () => (ulong)o.BufferBytesMax, v => o.BufferBytesMax = (long)v, flags: Hidden);
    }

    /// <summary>While the server does not serve yet, the directive alone counts.</summary>
    private static string? Apply(Server server)
    {
        var file = server.AppendOnly;
        var isOn = server.Options.Persistence.AppendOnly.IsOn;
        if (!server.Startup.IsOver || isOn == (file.State != AppendOnlyState.Off)) return null;
        if (!isOn) file.TurnOff();
        else if (!file.TryTurnOn()) return "Unable to turn on AOF. Check server logs.";
        return null;
    }
}
