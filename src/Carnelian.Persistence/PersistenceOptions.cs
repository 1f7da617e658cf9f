namespace Carnelian;

/// <summary>What a server writes to files, and when. Directives and embedding programs set it.</summary>
public sealed class PersistenceOptions
{
    /// <summary>Where files are kept; empty when that directory is gone.</summary>
    public string Directory { get; set; } = ".";

    /// <summary>Name of the RDB file in it (dbfilename).</summary>
    public string DatabaseFile { get; set; } = "dump.rdb";

    /// <summary>When a snapshot is due (save).</summary>
    public SavePoint[] SavePoints { get; set; } = [];

    /// <summary>rdbcompression.</summary>
    public bool CompressesDatabase { get; set; } = true;

    /// <summary>rdbchecksum.</summary>
    public bool SumsDatabase { get; set; } = true;

    /// <summary>What is written of the file is synced every few megabytes (rdb-save-incremental-fsync).</summary>
    public bool SyncsDatabaseAsItGrows { get; set; } = true;

    /// <summary>Requests that change something are refused while the latest snapshot has failed (stop-writes-on-bgsave-error).</summary>
    public bool StopsWritesOnSaveError { get; set; } = true;

    /// <summary>For tests: a save lasts at least so long for each key (rdb-key-save-delay).</summary>
    public long KeySaveDelayMicroseconds { get; set; }

    /// <summary>For tests: as <see cref="KeySaveDelayMicroseconds"/>, for loading (key-load-delay).</summary>
    public long KeyLoadDelayMicroseconds { get; set; }

    /// <summary>The folder of a backup, in <see cref="Directory"/> (backupdirname).</summary>
    public string BackupDirectory { get; set; } = "backupdir";

    /// <summary>After so many seconds a sealed backup is removed; 0: never (backup-sealed-ttl).</summary>
    public long BackupSecondsMax { get; set; }

    /// <summary>What is loaded at the start instead of the server's own files: "rdb:" or "aof:", and a path; empty: nothing (preload-file).</summary>
    public string PreloadFile { get; set; } = "";

    /// <summary>The version that files tell their readers.</summary>
    public byte[] Release { get; set; } = [];

    public AppendOnlyOptions AppendOnly { get; } = new();

    internal string PathOf(string file) => Path.Combine(Directory, file);
}
