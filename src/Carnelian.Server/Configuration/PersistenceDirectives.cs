using static Carnelian.DirectiveFlags;

namespace Carnelian;

/// <summary>The directives on what is kept in files.</summary>
internal static class PersistenceDirectives
{
    /// <summary>As Redis has them where a configuration says nothing else.</summary>
    public static readonly SavePoint[] UsualSavePoints = [new(3600, 1), new(300, 100), new(60, 10000)];

    public static void Declare(DirectiveRegistry registry, Server server)
    {
        var o = server.Options.Persistence;
        registry.SavePoints("save", UsualSavePoints, () => o.SavePoints, v =>
        {
            o.SavePoints = v;
            server.DiskErrors.Refresh();
        });
        registry.Text("dbfilename", "dump.rdb", () => o.DatabaseFile, v => o.DatabaseFile = v, flags: Protected,
            validate: v => FileNames.IsPlain(v) ? null : "dbfilename can't be a path, just a filename");
        registry.Flag("rdbcompression", true, () => o.CompressesDatabase, v => o.CompressesDatabase = server.Dumps.Compresses = v);
        registry.Flag("rdbchecksum", true, () => o.SumsDatabase, v => o.SumsDatabase = v, flags: Immutable);
        registry.Flag("rdb-save-incremental-fsync", true, () => o.SyncsDatabaseAsItGrows, v => o.SyncsDatabaseAsItGrows = v);
        // Hidden from CONFIG GET *: tools set back all that they get there.
        var snapshots = server.SnapshotFiles.Snapshots.Options;
        registry.Memory("snapshot-buffer-max", 256 << 20, 1 << 20, long.MaxValue, () => (ulong)snapshots.BufferBytesMax, v => snapshots.BufferBytesMax = (long)v, flags: Hidden);
        registry.Flag("stop-writes-on-bgsave-error", true, () => o.StopsWritesOnSaveError, v =>
        {
            o.StopsWritesOnSaveError = v;
            server.DiskErrors.Refresh();
        });
        // Of Redis 8.10.
        registry.Text("backupdirname", "backupdir", () => o.BackupDirectory, v => o.BackupDirectory = v, flags: Immutable | Hidden, validate: v => FileNames.Validate("backupdirname", "dirname", v));
        registry.Integer("backup-sealed-ttl", 0, 0, int.MaxValue, () => o.BackupSecondsMax, v => o.BackupSecondsMax = v, flags: Hidden);
        registry.Text("preload-file", "", () => o.PreloadFile, v => o.PreloadFile = v, flags: Immutable | Hidden, validate: PreloadFile.Validate);
        registry.Integer("rdb-key-save-delay", 0, int.MinValue, int.MaxValue, () => o.KeySaveDelayMicroseconds, v => o.KeySaveDelayMicroseconds = v, flags: Hidden);
        registry.Integer("key-load-delay", 0, int.MinValue, int.MaxValue, () => o.KeyLoadDelayMicroseconds, v => o.KeyLoadDelayMicroseconds = v, flags: Hidden);
    }
}
