namespace Carnelian;

/// <summary>When what was written to the append-only file is synced (appendfsync).</summary>
public enum SyncPolicy
{
    /// <summary>When the operating system wants to.</summary>
    No,

    EverySecond,

    /// <summary>Before anybody hears of the change.</summary>
    Always,
}

/// <summary>How the append-only file is kept. Directives and embedding programs set it.</summary>
public sealed class AppendOnlyOptions
{
    /// <summary>appendonly.</summary>
    public bool IsOn { get; set; }

    /// <summary>What the names of all files begin with (appendfilename).</summary>
    public string FileName { get; set; } = "appendonly.aof";

    /// <summary>The folder of the files, in that of the server (appenddirname).</summary>
    public string DirectoryName { get; set; } = "appendonlydir";

    public SyncPolicy Policy { get; set; } = SyncPolicy.EverySecond;

    /// <summary>Nothing is synced while a snapshot is written (no-appendfsync-on-rewrite).</summary>
    public bool SparesSyncsWhileSaving { get; set; }

    /// <summary>A rewrite begins when the files have grown by so much since the last one; 0: never (auto-aof-rewrite-percentage).</summary>
    public int RewritePercent { get; set; } = 100;

    /// <summary>Below this size none begins by itself (auto-aof-rewrite-min-size).</summary>
    public long RewriteBytesMin { get; set; } = 64 << 20;

    /// <summary>A file that ends in the midst of a command is cut back at start (aof-load-truncated).</summary>
    public bool LoadsTruncated { get; set; } = true;

    /// <summary>So many bytes at the end that are no commands are cut off, too; 0: none (aof-load-corrupt-tail-max-size).</summary>
    public long CorruptTailBytesMax { get; set; }

    /// <summary>The base is an RDB file, not commands (aof-use-rdb-preamble).</summary>
    public bool BaseIsRdb { get; set; } = true;

    /// <summary>What is written of a base is synced every few megabytes (aof-rewrite-incremental-fsync).</summary>
    public bool SyncsBaseAsItGrows { get; set; } = true;

    /// <summary>Files that a rewrite has replaced stay (aof-disable-auto-gc).</summary>
    public bool KeepsHistory { get; set; }

    /// <summary>aof-timestamp-enabled.</summary>
    public bool WritesTimestamps { get; set; }

    /// <summary>An annotation with a checksum stands before each record (aof-checksum-enabled).</summary>
    public bool WritesChecksums { get; set; }

    /// <summary>While so many bytes wait for the disk, who wants to change something waits, too (aof-buffer-max).</summary>
    public long BufferBytesMax { get; set; } = 256L << 20;

    /// <summary>For tests: each write is so late (DEBUG AOF-FLUSH-SLEEP).</summary>
    public long WriteDelayMicroseconds { get; set; }
}
