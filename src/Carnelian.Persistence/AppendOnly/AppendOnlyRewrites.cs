using Microsoft.Extensions.Logging;

namespace Carnelian;

/// <summary>
/// Replaces the append-only file by a base of what there is, beside everything else: at the cut of a snapshot what is changed goes on to another increment, and when the base is whole, the manifest names it and
/// that increment. After a failure what was there counts on, one increment longer. Command thread only.
/// </summary>
public sealed class AppendOnlyRewrites
{
    private const int SyncsEveryBytes = 4 << 20;

    /// <summary>From so many failures on the next one waits, twice as long each time.</summary>
    private const int LimitedFrom = 3, DelayMinutesMax = 60;

    private readonly AppendOnlyFile _owner;
    private readonly World _world;
    private readonly SnapshotFiles _snapshots;
    private readonly RdbSaves _saves;
    private readonly PersistenceOptions _options;
    private readonly ILogger _log;
    private AppendOnlyFileInfo? _base;

    private SnapshotFile? _writing;

    /// <summary>It is the base of a file that has just been turned on.</summary>
    private bool _isFirst;

    /// <summary>The increment that begins at the cut is being opened.</summary>
    private bool _isOpening;

    /// <summary>The base is whole and does not count yet: it waits for that increment, or a worker enters it into the manifest.</summary>
    private bool _isWhole, _isAdopting;

    /// <summary>It counts, and what it replaces is being deleted.</summary>
    private bool _isClearing;

    /// <summary>It was given up when it was whole, and is being deleted: until then its name is not to be used again.</summary>
    private bool _isDiscarding;

    private bool _isGivenUp;
    private long _startedSeconds, _nextSeconds;
    private int _delayMinutes;

    internal AppendOnlyRewrites(AppendOnlyFile owner, World world, SnapshotFiles snapshots, RdbSaves saves, PersistenceOptions options, ILogger log)
    {
        (_owner, _world, _snapshots, _saves, _options, _log) = (owner, world, snapshots, saves, options, log);
    }

    private AppendOnlyFolder Folder => _owner.Folder;

    private AppendOnlyOptions Options => _options.AppendOnly;

    public bool IsRunning => _writing is not null || _isOpening || _isWhole || _isAdopting || _isClearing || _isDiscarding;

    /// <summary>One is to begin when what is in its way is over.</summary>
    public bool IsScheduled { get; set; }

    /// <summary>A base is on its way: <see cref="Ended"/> will be told of it.</summary>
    public bool IsWriting => _writing is not null || _isWhole || _isAdopting;

    /// <summary>None begins: somebody needs the present base and the increments behind it.</summary>
    internal bool IsHeld { get; set; }

    /// <summary>Told when one is over: whether there is a new base.</summary>
    internal Action<bool>? Ended { get; set; }

    /// <summary>Why the latest one failed that did.</summary>
    internal string? LastError { get; private set; }

    /// <summary>A snapshot is being written, for whatever.</summary>
    public bool IsAnythingSaved => _snapshots.Running is not null;

    public long Count { get; private set; }

    public bool HasFailed { get; private set; }

    public int Failures { get; set; }

    public long LastDurationSeconds { get; private set; } = -1;

    public long CurrentDurationSeconds => IsRunning ? NowSeconds - _startedSeconds : -1;

    /// <summary>The most memory that the last one took beside the keyspace.</summary>
    public long LastPeakBytes { get; private set; }

    private long NowSeconds => _world.Clock.UnixMilliseconds / 1000;

    // ---- beginning

    /// <summary>Several times a second, between calls: begins what is due.</summary>
    public void Turn()
    {
        if (_snapshots.Running is not null || IsRunning || IsHeld) return;
        if (IsScheduled && !IsLimited()) TryStart();
        if (_owner.State != AppendOnlyState.On || Options.RewritePercent == 0 || _owner.CurrentBytes <= Options.RewriteBytesMin || IsRunning) return;
        var before = Math.Max(1, _owner.BytesAtRewrite);
        var growth = (long)((Int128)_owner.CurrentBytes * 100 / before) - 100;
        if (growth < Options.RewritePercent || IsLimited()) return;
        _log.LogInformation("Starting automatic rewriting of AOF on {Growth}% growth", growth);
        TryStart();
    }

    private bool IsLimited()
    {
        if (Failures < LimitedFrom)
        {
            (_delayMinutes, _nextSeconds) = (0, 0);
            return false;
        }
        if (_nextSeconds != 0)
        {
            if (NowSeconds < _nextSeconds) return true;
            _nextSeconds = 0;
            return false;
        }
        _delayMinutes = Math.Min(DelayMinutesMax, Math.Max(1, 2 * _delayMinutes));
        _nextSeconds = NowSeconds + _delayMinutes * 60;
        _log.LogWarning("Background AOF rewrite has repeatedly failed and triggered the limit, will retry in {Minutes} minutes", _delayMinutes);
        return true;
    }

    /// <summary>The first base after appendonly yes: begins it, or when what is in its way is over. False if it cannot be.</summary>
    internal bool TryBeginFirst()
    {
        if (_writing is not null && _snapshots.Running == _writing)
        {
            _log.LogInformation("AOF was enabled but there is already an AOF rewriting in background. Stopping background AOF and starting a rewrite now.");
            GiveUp();
        }
        if (_snapshots.Running is null && !IsRunning && !_owner.IsWithinUnit) return TryStart();
        IsScheduled = true;
        _log.LogInformation("AOF was enabled {Obstacle}. An AOF background was scheduled to start when possible.",
            _owner.IsWithinUnit ? "during a transaction" : "but there is already another background operation");
        return true;
    }

    /// <summary>Begins one; nothing else may be on its way to a file. False if it cannot be; the log says why.</summary>
    public bool TryStart()
    {
        Check.That(!IsRunning && _snapshots.Running is null);
        if (Folder.Make() is { } error)
        {
            _log.LogWarning("{Error}", error);
            HasFailed = true;
            return false;
        }
        IsScheduled = false;
        Count++;
        _startedSeconds = NowSeconds;
        _isGivenUp = false;
        _isFirst = _owner.State == AppendOnlyState.WaitsForBase;
        _base = Folder.Manifest.NewBase(Options.FileName, Options.BaseIsRdb);
        var file = new ReplacementFile(_world.Disk, Folder.PathOf(Folder.TemporaryBaseName), Folder.PathOf(_base.Name)) { SyncsEveryBytes = Options.SyncsBaseAsItGrows ? SyncsEveryBytes : 0 };
        _writing = new(SnapshotKind.AppendOnlyRewrite, file, NewEncoder()) { Cut = OnCut, Ended = OnEnded };
        _log.LogInformation("Background append only file rewriting started by pid {Pid}", _world.Process.Id);
        _snapshots.Start(_writing);
        return true;
    }

    private SnapshotEncoder NewEncoder() => Options.BaseIsRdb ? new RdbSnapshotEncoder(() => _saves.FactsNow(isAppendOnlyBase: true)) : new CommandSnapshotEncoder(_world, Options, () => _saves.Functions);

    /// <summary>What is changed from here on is not in the base.</summary>
    private void OnCut(SnapshotCut cut)
    {
        if (_owner.State == AppendOnlyState.Off) return;
        var manifest = _isFirst ? null : Folder.Manifest.WithNewIncrement(Options.FileName);
        _isOpening = true;
        var name = manifest is null ? AppendOnlyNames.TemporaryIncrement(Options.FileName) : manifest.Increments[^1].Name;
        _owner.ChangeFile(new OpenIncrement(Folder, _world, manifest, name, OnIncrementOpened));
    }

    private void OnIncrementOpened(OpenIncrement step)
    {
        _isOpening = false;
        if (step.Error is null)
        {
            if (step.Manifest is not null) Folder.Manifest = step.Manifest;
            _log.LogInformation("Creating AOF incr file {File} on background rewrite", step.Name);
            AdoptIfWhole();
            return;
        }
        _log.LogWarning("{Error}", step.Error);
        NoteFailure(step.Error);
        GiveUp();
    }

    // ---- the end

    private void OnEnded(SnapshotFile file)
    {
        _writing = null;
        LastPeakBytes = _snapshots.PeakBytes;
        if (file.Succeeded)
        {
            _isWhole = true;
            if (_isGivenUp) Discard();
            else AdoptIfWhole();
            return;
        }
        if (file.IsAborted) _log.LogWarning("Background AOF rewrite was given up");
        else
        {
            _log.LogWarning("Write error writing append only file on disk: {Error} ({Path})", file.File.Error, file.File.TemporaryPath);
            _log.LogWarning("Background AOF rewrite terminated with error");
            NoteFailure(file.File.Error!);
        }
        EndInVain();
    }

    private void AdoptIfWhole()
    {
        if (!_isWhole || _isOpening) return;
        _log.LogInformation("Background AOF rewrite terminated with success");
        _log.LogInformation("Successfully renamed the temporary AOF base file {Temporary} into {File}", Folder.TemporaryBaseName, _base!.Name);
        (_isWhole, _isAdopting) = (false, true);
        var manifest = Folder.Manifest.WithNewBase(_base!);
        if (!_isFirst)
        {
            manifest = manifest.WithoutIncrements(keepLast: _owner.State == AppendOnlyState.Off ? 0 : 1);
            _owner.Enqueue(new AdoptBase(Folder, _world, manifest, null, OnAdopted));
            return;
        }
        manifest = manifest.WithoutIncrements(keepLast: 0).WithNewIncrement(Options.FileName);
        _owner.Enqueue(new AdoptBase(Folder, _world, manifest, (Folder.TemporaryIncrementPath, Folder.PathOf(manifest.Increments[0].Name)), OnAdopted));
    }

    private void OnAdopted(AdoptBase step)
    {
        _isAdopting = false;
        if (step.Error is not null) _log.LogWarning("{Error}", step.Error);
        if (!step.IsInPlace)
        {
            NoteFailure(step.Error!);
            EndInVain();
            return;
        }
        Folder.Manifest = step.Manifest;
        _owner.NoteFiles(step.BaseBytes);
        if (_isFirst) _log.LogInformation("Successfully renamed the temporary AOF incr file {Temporary} into {File}", AppendOnlyNames.TemporaryIncrement(Options.FileName), step.Manifest.Increments[^1].Name);
        if (_isFirst) _owner.OnFirstBase();
        Ended?.Invoke(true);
        // A crash may bring the manifest back that names what is history now: then that is to be kept.
        _isClearing = step.Error is null && TryDeleteHistory();
        if (!_isClearing) Finish();
    }

    private void Finish()
    {
        _isClearing = false;
        HasFailed = false;
        Failures = 0;
        _log.LogInformation("Background AOF rewrite finished successfully");
        End();
    }

    private void NoteFailure(string error)
    {
        LastError = error;
        HasFailed = true;
        Failures++;
    }

    private void EndInVain()
    {
        End();
        if (_isFirst) _owner.DropIncrement(Folder.TemporaryIncrementPath);
        if (_isFirst && _owner.State == AppendOnlyState.WaitsForBase) IsScheduled = true;
        Ended?.Invoke(false);
    }

    private void End() => LastDurationSeconds = NowSeconds - _startedSeconds;

    /// <summary>Gives up what is being written or is scheduled, as far as it is not about to be the base that counts.</summary>
    public void GiveUp()
    {
        IsScheduled = false;
        if (_isWhole) Discard();
        else if (_writing is not null && _snapshots.Running == _writing)
        {
            _log.LogInformation("Killing running AOF rewrite child: {Pid}", _world.Process.Id);
            _isGivenUp = !_snapshots.TryAbort();
        }
    }

    private void Discard()
    {
        (_isWhole, _isDiscarding) = (false, true);
        _log.LogWarning("Background AOF rewrite was given up");
        _owner.Enqueue(new DeleteFile(_world, Folder.PathOf(_base!.Name), () => _isDiscarding = false));
        EndInVain();
    }

    /// <summary>Has the files deleted that were replaced, unless they are to be kept. False if there is nothing to do.</summary>
    public bool TryDeleteHistory()
    {
        var manifest = Folder.Manifest;
        if (Options.KeepsHistory || manifest.History.Count == 0) return false;
        foreach (var file in manifest.History) _log.LogInformation("Removing the history file {File} in the background", file.Name);
        _owner.Enqueue(new DeleteHistory(Folder, _world, manifest, OnHistoryDeleted));
        return true;
    }

    private void OnHistoryDeleted(AppendOnlyManifest manifest, string? error)
    {
        if (error is not null) _log.LogWarning("{Error}", error);
        else if (Folder.Manifest == manifest) Folder.Manifest = manifest.WithoutHistory();
        if (_isClearing) Finish();
    }

    // ---- at start

    /// <summary>Writes a base of what there is, at once; null, or why it could not be.</summary>
    /// <param name="isRdb">Commands only where there are no keys.</param>
    internal string? WriteBase(string name, bool isRdb, Keyspace keyspace)
    {
        var file = new ReplacementFile(_world.Disk, Folder.PathOf(Folder.TemporaryBaseName), Folder.PathOf(name));
        var facts = _saves.FactsNow(isAppendOnlyBase: true);
        if (file.Open(isRdb && facts.Sums, facts.Compresses) is { } output)
        {
            if (isRdb) new KeyspaceFileWriter(_world, keyspace, 0).Write(new(output, facts.Version), facts);
            file.Finish();
        }
        return file.Error is null ? null : $"Write error writing append only file on disk: {file.Error} ({file.TemporaryPath})";
    }
}
