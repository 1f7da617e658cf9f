using Microsoft.Extensions.Logging;

namespace Carnelian;

/// <summary>
/// Copies of the data while the server runs, as Redis 8.10's BACKUP makes them: an append-only set in a folder of its own, which has a base and all changes up to the moment at which it is sealed, and then stays
/// as it is until it is removed. One at a time. Command thread only; files are a worker's.
/// </summary>
public sealed class Backups(World world, Keyspace keyspace, SnapshotFiles snapshots, RdbSaves saves, PersistenceOptions options, AppendOnlyFile live, ILogger log) : IDisposable
{
    private BackupFolder? _folder;
    private BackupSource? _source;

    /// <summary>Given up, and not quiet yet.</summary>
    private BackupSource? _leaving;

    private BackupOperation? _starting, _sealing, _clearing;
    private bool _isEnding;
    private string[] _names = [];
    private BackupState _state, _before;
    private long _sealedMs;

    public BackupState State => _state == BackupState.Pending && _source is { IsWriting: true } ? BackupState.Snapshotting : _state;

    public bool IsInProgress => _state is BackupState.Pending or BackupState.Snapshotting or BackupState.Incrementing;

    /// <summary>Why the last one failed; empty: it did not.</summary>
    public string Error { get; private set; } = "";

    /// <summary>Unix seconds; 0: there is none.</summary>
    public long StartedSeconds { get; private set; }

    /// <summary>When it was sealed; 0: it is not.</summary>
    public long EndedSeconds { get; private set; }

    /// <summary>Paths of what is in the backup already and stays as it is.</summary>
    public IEnumerable<string> Files => _names.Select(name => _folder!.PathOf(name));

    private long NowSeconds => world.Clock.UnixMilliseconds / 1000;

    private long NowMs => world.Clock.MonotonicNanoseconds / 1_000_000;

    /// <summary>When <see cref="Turn"/> has something to do, milliseconds of the monotonic clock.</summary>
    public long DueMs => _isEnding || _leaving is { IsQuiet: true } ? 0 : _source?.DueMs ?? long.MaxValue;

    // ---- what clients ask for

    public BackupOperation Start()
    {
        if (IsInProgress) return BackupOperation.Over("A backup is already in progress, ABORT it first");
        if (_state == BackupState.Sealed) return BackupOperation.Over("A sealed backup exists, CLEANUP it first");
        if (_leaving is not null || _starting is not null) return BackupOperation.Over("The backup before is still being given up");
        if (options.BackupDirectory == options.AppendOnly.DirectoryName) return BackupOperation.Over("The backup directory must be another one than that of the append-only file");
        var folder = new BackupFolder(world, NewSetOptions(), log);
        (_before, _state) = (_state, BackupState.Pending);
        StartedSeconds = NowSeconds;
        _starting = new();
        Post(folder.Prepare, error => OnPrepared(folder, error));
        return _starting;
    }

    public BackupOperation Seal()
    {
        if (_state != BackupState.Incrementing || _sealing is not null) return BackupOperation.Over("No backup ready to seal (must be in the incrementing state)");
        // Between calls: a transaction must not be in two files.
        _isEnding = true;
        return _sealing = new();
    }

    public BackupOperation Abort()
    {
        if (!IsInProgress) return BackupOperation.Over("No backup in progress");
        Fail("aborted by user");
        return _clearing ?? BackupOperation.Over();
    }

    public BackupOperation Cleanup()
    {
        if (IsInProgress) return BackupOperation.Over("Backup is in progress");
        if (_state == BackupState.Idle) return _clearing ?? BackupOperation.Over();
        if (_clearing is null) Clear();
        _state = BackupState.Idle;
        Error = "";
        (StartedSeconds, EndedSeconds) = (0, 0);
        return _clearing ?? BackupOperation.Over();
    }

    // ---- on its way

    /// <summary>Between calls, once a turn.</summary>
    public void Turn()
    {
        if (_leaving is { IsQuiet: true }) Leave();
        if (_isEnding && _source is not null)
        {
            _isEnding = false;
            _source.End(OnEnded, Fail);
        }
        _source?.Turn();
        if (_state == BackupState.Sealed && options.BackupSecondsMax > 0 && NowMs - _sealedMs >= options.BackupSecondsMax * 1000)
        {
            log.LogInformation("The sealed backup is removed, because it is older than backup-sealed-ttl");
            Cleanup();
        }
    }

    private PersistenceOptions NewSetOptions()
    {
        var (set, own) = (new PersistenceOptions { Directory = options.Directory, Release = options.Release }, options.AppendOnly);
        (set.AppendOnly.FileName, set.AppendOnly.DirectoryName) = (own.FileName, options.BackupDirectory);
        (set.AppendOnly.BaseIsRdb, set.AppendOnly.SyncsBaseAsItGrows) = (own.BaseIsRdb, own.SyncsBaseAsItGrows);
        (set.AppendOnly.WritesTimestamps, set.AppendOnly.WritesChecksums) = (own.WritesTimestamps, own.WritesChecksums);
        (set.AppendOnly.BufferBytesMax, set.AppendOnly.RewritePercent) = (own.BufferBytesMax, 0);
        return set;
    }

    private void OnPrepared(BackupFolder folder, string? error)
    {
        var starting = _starting!;
        _starting = null;
        if (_state == BackupState.Pending && error is not null)
        {
            _state = _before;
            StartedSeconds = 0;
            log.LogWarning("No backup could be started: {Error}", error);
        }
        else if (_state == BackupState.Pending) Begin(folder);
        else error ??= "The backup was aborted";
        starting.End(error);
    }

    private void Begin(BackupFolder folder)
    {
        _folder = folder;
        Error = "";
        EndedSeconds = 0;
        log.LogInformation("Backup started in {Folder}", folder.Set.Path);
        if (live.State != AppendOnlyState.Off)
        {
            _source = new LiveBackupSource(live, folder) { Based = OnBased, Failed = Fail };
            return;
        }
        var file = new AppendOnlyFile(world, keyspace, snapshots, saves, folder.Options, log) { Fatal = static () => { } };
        var source = new OwnBackupSource(file, folder) { Based = OnBased, Failed = Fail };
        _source = source;
        source.Begin();
    }

    private void OnBased(Func<string?> pin, string name)
    {
        var source = _source;
        Post(pin, error =>
        {
            if (_source != source) return;
            if (error is not null)
            {
                Fail(error);
                return;
            }
            _names = [name];
            _state = BackupState.Incrementing;
            log.LogInformation("The base of the backup is whole");
        });
    }

    private void OnEnded(Func<string?> seal, IReadOnlyList<string> names)
    {
        var source = _source;
        Post(seal, error =>
        {
            if (_source != source) return;
            if (error is not null) Fail(error);
            else OnSealed([.. names]);
        });
    }

    private void OnSealed(string[] names)
    {
        _source!.Dispose();
        _source = null;
        (_names, _state) = (names, BackupState.Sealed);
        (EndedSeconds, _sealedMs) = (NowSeconds, NowMs);
        log.LogInformation("The backup is sealed");
        _sealing!.End(null);
        _sealing = null;
    }

    private void Fail(string reason)
    {
        log.LogWarning("The backup failed: {Reason}", reason);
        (_state, Error, _isEnding) = (BackupState.Failed, reason, false);
        _sealing?.End($"The backup failed: {reason}");
        _sealing = null;
        if (_source is null) return;
        _source.GiveUp();
        (_leaving, _source) = (_source, null);
        _clearing = new();
    }

    /// <summary>Nothing writes into the folder any more.</summary>
    private void Leave()
    {
        _leaving!.Dispose();
        _leaving = null;
        Clear();
    }

    private void Clear()
    {
        var clearing = _clearing ??= new();
        _names = [];
        if (_folder is null)
        {
            // It was aborted before there was one.
            clearing.End(null);
            _clearing = null;
            return;
        }
        Post(_folder.Clear, error =>
        {
            if (error is not null) log.LogWarning("{Error}", error);
            clearing.End(error);
            if (_clearing == clearing) _clearing = null;
        });
    }

    private void Post(Func<string?> run, Action<string?> completed) => world.Workers.Post(WorkerQueue.Save, new Job(run, completed));

    public void Dispose()
    {
        _source?.Dispose();
        _leaving?.Dispose();
    }

    private sealed class Job(Func<string?> run, Action<string?> completed) : WorkerJob
    {
        private string? _error;

        public override void Run() => _error = run();

        public override void Completed() => completed(_error);
    }
}
