using Microsoft.Extensions.Logging;

namespace Carnelian;

/// <summary>
/// The server's RDB file: when it was saved and with what success, and the ways to save it (Redis' rdb.c). <see cref="Save"/> holds up the command thread until it is there; what
/// <see cref="Start"/> begins goes on beside everything else. Command thread only.
/// </summary>
public sealed class RdbSaves(World world, Keyspace keyspace, SnapshotFiles files, PersistenceOptions options, RdbSettings format, ILogger log)
{
    /// <summary>After a failure a save point waits so long before it tries again.</summary>
    private const long RetrySeconds = 5;

    private const int SyncsEveryBytes = 4 << 20;

    private long _dirtyAtCut;
    private long _startedSeconds;

    /// <summary>A file without keys is on its way: all were flushed.</summary>
    private EmptyDatabaseFile? _empty;

    /// <summary>Bytes in use, for the file to tell.</summary>
    public required Func<long> UsedMemory { get; init; }

    /// <summary>Told when <see cref="HasFailed"/> has changed.</summary>
    public Action? StatusChanged { get; set; }

    /// <summary>Libraries that came in a file, to be written into the next one.</summary>
    public IReadOnlyList<byte[]> Functions { get; set; } = [];

    /// <summary>Unix seconds at which a save was last successful; the start counts as one.</summary>
    public long LastSavedSeconds { get; private set; } = world.Clock.UnixMilliseconds / 1000;

    /// <summary>Unix seconds at which the last one in the background was begun; 0: none was.</summary>
    public long LastTriedSeconds { get; private set; }

    /// <summary>The latest save in the background has failed, and none has been successful since.</summary>
    public bool HasFailed { get; private set; }

    /// <summary>How long the last one in the background took; -1: there was none.</summary>
    public long LastDurationSeconds { get; private set; } = -1;

    /// <summary>How long the one that goes on has taken so far; -1: there is none.</summary>
    public long CurrentDurationSeconds => IsSaving ? NowSeconds - _startedSeconds : -1;

    /// <summary>Saves that were begun since the start.</summary>
    public long Count { get; private set; }

    /// <summary>The most memory that the last one took beside the keyspace.</summary>
    public long LastPeakBytes { get; private set; }

    /// <summary>One is to begin when what is in its way is over (BGSAVE SCHEDULE).</summary>
    public bool IsScheduled { get; set; }

    public bool IsSaving => files.Running is { Kind: SnapshotKind.Rdb };

    public PersistenceOptions Options => options;

    private long NowSeconds => world.Clock.UnixMilliseconds / 1000;

    private string DatabasePath => options.PathOf(options.DatabaseFile);

    /// <summary>What a file that is written from now on tells of this moment.</summary>
    public RdbFacts FactsNow(bool isAppendOnlyBase = false) => new()
    {
        Version = format.Format.FileVersion(keyspace), Release = options.Release, UnixSeconds = NowSeconds, UsedMemory = UsedMemory(), IsAppendOnlyBase = isAppendOnlyBase, Functions = Functions,
        Compresses = options.CompressesDatabase, Sums = options.SumsDatabase,
    };

    // ---- in the background

    /// <summary>Begins a save in the background; nothing else may be on its way to a file.</summary>
    public void Start()
    {
        Count++;
        LastTriedSeconds = _startedSeconds = NowSeconds;
        log.LogInformation("Background saving started by pid {Pid}", world.Process.Id);
        files.Start(new(SnapshotKind.Rdb, NewFile("temp-{0}.rdb"), new RdbSnapshotEncoder(() => FactsNow()))
        {
            Cut = _ => _dirtyAtCut = keyspace.Dirty, Ended = End,
        });
    }

    /// <summary>Gives up the one that goes on. False: there is none, or it is too late.</summary>
    public bool TryCancel() => IsSaving && files.TryAbort();

    private void End(SnapshotFile file)
    {
        LastDurationSeconds = NowSeconds - _startedSeconds;
        LastPeakBytes = files.PeakBytes;
        if (file.IsAborted)
        {
            log.LogWarning("Background saving was given up");
            return;
        }
        if (!file.Succeeded)
        {
            LogFailure(file.File);
            log.LogWarning("Background saving error");
            SetFailed(true);
            return;
        }
        log.LogInformation("DB saved on disk");
        log.LogInformation("Background saving terminated with success");
        keyspace.Dirty -= _dirtyAtCut;
        LastSavedSeconds = NowSeconds;
        SetFailed(false);
    }

    /// <summary>Several times a second, between calls: begins what is due.</summary>
    public void Turn()
    {
        if (files.Running is not null) return;
        var mayTry = !HasFailed || NowSeconds - LastTriedSeconds > RetrySeconds;
        if (!mayTry) return;
        foreach (var point in options.SavePoints)
        {
            if (keyspace.Dirty < point.Changes || NowSeconds - LastSavedSeconds <= point.Seconds) continue;
            log.LogInformation("{Changes} changes in {Seconds} seconds. Saving...", point.Changes, point.Seconds);
            Start();
            return;
        }
        if (!IsScheduled) return;
        IsScheduled = false;
        Start();
    }

    // ---- at once

    /// <summary>SAVE, and DEBUG RELOAD: nothing else happens until the file is there.</summary>
    public bool SaveCounted()
    {
        Count++;
        return Save();
    }

    /// <summary>Writes the file at once; false when that failed, which the log tells more of.</summary>
    public bool Save()
    {
        _empty?.Forget();
        _empty = null;
        var file = NewFile("temp-{0}-sync.rdb");
        var facts = FactsNow();
        if (file.Open(facts.Sums, facts.Compresses) is { } output)
        {
            new KeyspaceFileWriter(world, keyspace, options.KeySaveDelayMicroseconds).Write(new(output, facts.Version), facts);
            file.Finish();
        }
        if (file.Error is not null)
        {
            LogFailure(file);
            return false;
        }
        log.LogInformation("DB saved on disk");
        NoteSaved();
        return true;
    }

    private void NoteSaved()
    {
        NoChanges();
        LastSavedSeconds = NowSeconds;
        SetFailed(false);
    }

    /// <summary>Counts changes anew; one in the background that ends later has none of them to take off.</summary>
    private void NoChanges() => keyspace.Dirty = _dirtyAtCut = 0;

    /// <summary>
    /// All keys were flushed: with save points the file loses them too. Redis writes it at once; here a worker does it, because a flush must not wait for the disk.
    /// </summary>
    public void OnFlushed()
    {
        TryCancel();
        if (options.SavePoints.Length == 0) return;
        var file = NewFile("temp-{0}-empty.rdb");
        _empty = new(file, FactsNow(), Ended);
        world.Workers.Post(WorkerQueue.Save, _empty);
        NoChanges();

        void Ended()
        {
            if (file.Error is not null) LogFailure(file);
            else log.LogInformation("DB saved on disk");
            if (file.Error is not null) return;
            LastSavedSeconds = NowSeconds;
            SetFailed(false);
        }
    }

    // ---- the file

    /// <param name="temporary">Its name until it is whole.</param>
    private ReplacementFile NewFile(string temporary) =>
        new(world.Disk, options.PathOf(string.Format(System.Globalization.CultureInfo.InvariantCulture, temporary, world.Process.Id)), DatabasePath)
        {
            SyncsEveryBytes = options.SyncsDatabaseAsItGrows ? SyncsEveryBytes : 0,
        };

    private void LogFailure(ReplacementFile file)
    {
        var temporary = Path.GetFileName(file.TemporaryPath);
        switch (file.FailedAt)
        {
            case FileStep.Open:
                log.LogWarning("Failed opening the temp RDB file {File} (in server root dir {Directory}) for saving: {Error}", temporary, options.Directory, file.Error);
                break;
            case FileStep.Write or FileStep.Sync:
                log.LogWarning("Write error while saving DB to the disk({Step}): {Error}", file.FailedAt == FileStep.Write ? "rdbSaveRio" : "fsync", file.Error);
                break;
            case FileStep.Rename:
                log.LogWarning("Error moving temp DB file {File} on the final destination {Name} (in server root dir {Directory}): {Error}",
                    temporary, options.DatabaseFile, options.Directory, file.Error);
                break;
            default:
                log.LogWarning("Failed to fsync directory while saving DB: {Error}", file.Error);
                break;
        }
    }

    private void SetFailed(bool failed)
    {
        if (HasFailed == failed) return;
        HasFailed = failed;
        StatusChanged?.Invoke();
    }
}
