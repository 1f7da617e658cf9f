using System.Globalization;

namespace Carnelian;

/// <summary>INFO's section on what is kept in files. What Redis tells of its forked child's memory is told of what a snapshot keeps beside the keyspace.</summary>
internal static class PersistenceSection
{
    public static void Write(InfoText text, Server server)
    {
        WriteLoading(text, server);
        WriteSnapshot(text, server);
        WriteDatabaseFile(text, server);
        WriteAppendOnly(text, server);
        text.Line("module_fork_in_progress", 0);
        text.Line("module_fork_last_cow_size", 0);
        WriteAppendOnlySizes(text, server);
        if (server.Loading.IsOn) WriteProgress(text, server.Loading);
    }

    private static void WriteLoading(InfoText text, Server server)
    {
        text.Line("loading", server.Loading.IsOn ? 1 : 0);
        text.Line("async_loading", 0);
    }

    private static void WriteProgress(InfoText text, DataLoading loading)
    {
        text.Line("loading_start_time", loading.StartedSeconds);
        text.Line("loading_total_bytes", loading.TotalBytes);
        text.Line("loading_rdb_used_mem", loading.UsedMemory);
        text.Line("loading_loaded_bytes", loading.LoadedBytes);
        text.Line("loading_loaded_perc", Fixed(loading.Percent));
        text.Line("loading_eta_seconds", loading.RemainingSeconds);
    }

    private static string Fixed(double value) => value.ToString("f2", CultureInfo.InvariantCulture);

    private static void WriteSnapshot(InfoText text, Server server)
    {
        var files = server.SnapshotFiles;
        var running = files.Running;
        text.Line("current_cow_peak", running is null ? 0 : files.PeakBytes);
        text.Line("current_cow_size", running is null ? 0 : files.Bytes);
        text.Line("current_cow_size_age", 0);
        var (written, total) = running is null ? (0, 0) : (running.Encoder.KeysWritten, running.KeysTotal);
        text.Line("current_fork_perc", Fixed(total == 0 ? 0 : written * 100.0 / total));
        text.Line("current_save_keys_processed", written);
        text.Line("current_save_keys_total", total);
    }

    private static void WriteDatabaseFile(InfoText text, Server server)
    {
        var saves = server.Saves;
        text.Line("rdb_changes_since_last_save", server.Keyspace.Dirty);
        text.Line("rdb_bgsave_in_progress", saves.IsSaving ? 1 : 0);
        text.Line("rdb_last_save_time", saves.LastSavedSeconds);
        text.Line("rdb_last_bgsave_status", saves.HasFailed ? "err" : "ok");
        text.Line("rdb_last_bgsave_time_sec", saves.LastDurationSeconds);
        text.Line("rdb_current_bgsave_time_sec", saves.CurrentDurationSeconds);
        text.Line("rdb_saves", saves.Count);
        text.Line("rdb_last_cow_size", saves.LastPeakBytes);
        text.Line("rdb_last_load_keys_expired", server.Loading.KeysExpired);
        text.Line("rdb_last_load_keys_loaded", server.Loading.KeysLoaded);
    }

    private static void WriteAppendOnly(InfoText text, Server server)
    {
        var file = server.AppendOnly;
        var rewrites = file.Rewrites;
        text.Line("aof_enabled", file.State == AppendOnlyState.Off ? 0 : 1);
        text.Line("aof_rewrite_in_progress", rewrites.IsRunning ? 1 : 0);
        text.Line("aof_rewrite_scheduled", rewrites.IsScheduled ? 1 : 0);
        text.Line("aof_last_rewrite_time_sec", rewrites.LastDurationSeconds);
        text.Line("aof_current_rewrite_time_sec", rewrites.CurrentDurationSeconds);
        text.Line("aof_last_bgrewrite_status", rewrites.HasFailed ? "err" : "ok");
        text.Line("aof_rewrites", rewrites.Count);
        text.Line("aof_rewrites_consecutive_failures", rewrites.Failures);
        text.Line("aof_last_write_status", file.Error is null ? "ok" : "err");
        text.Line("aof_last_cow_size", rewrites.LastPeakBytes);
        text.Line("backup_in_progress", server.Backups.IsInProgress ? 1 : 0);
    }

    /// <summary>What Redis tells only while the file is on.</summary>
    private static void WriteAppendOnlySizes(InfoText text, Server server)
    {
        var file = server.AppendOnly;
        if (file.State == AppendOnlyState.Off) return;
        text.Line("aof_current_size", file.CurrentBytes);
        text.Line("aof_base_size", file.BytesAtRewrite);
        text.Line("aof_pending_rewrite", 0);
        text.Line("aof_buffer_length", file.PendingBytes);
        text.Line("aof_pending_bio_fsync", file.IsSyncing ? 1 : 0);
        text.Line("aof_delayed_fsync", file.DelayedSyncs);
        if (file.Error is null) return;
        text.Line("aof_last_write_error", file.Error);
        text.Line("aof_last_write_error_file", ByteText.FromText(file.Path));
    }
}
