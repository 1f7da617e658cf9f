using Microsoft.Extensions.Logging;

namespace Carnelian;

public enum AppendOnlyState
{
    Off,

    /// <summary>Turned on while running: what there is must be written first. What changes meanwhile is kept in a temporary increment.</summary>
    WaitsForBase,

    On,
}

/// <summary>
/// The append-only file while the server runs: takes what was changed, has a worker write and sync it by the policy, and says up to where it is safe. The command thread never waits for the disk: what a slow one does
/// not take stays in memory, and when that is more than <see cref="AppendOnlyOptions.BufferBytesMax"/> whoever wants to change something waits (<see cref="IsFull"/>). Command thread only.
/// </summary>
public sealed class AppendOnlyFile : IChangeSink, IDisposable
{
    /// <summary>Under <see cref="SyncPolicy.EverySecond"/> and <see cref="SyncPolicy.No"/> a worker is woken so often at most, or for so many bytes.</summary>
    private const long WriteEveryMs = 1, WriteFromBytes = 512 << 10;

    /// <summary>Under <see cref="SyncPolicy.Always"/>, at most so long after a sync the next one waits for those whom that one has let go on.</summary>
    private const long GatherNanosecondsMax = 5_000_000;

    private const long SyncEveryMs = 1000, RetryEveryMs = 1000, DelayedAfterMs = 2000;

    /// <summary>Behind so many milliseconds that would be lost under <see cref="SyncPolicy.EverySecond"/> who wants to change something waits for the disk: with the time until the next turn it stays below two seconds.</summary>
    private const long UnsafeMsMax = 1800;

    /// <summary>Between two lines in the log on writes that fail.</summary>
    private const long LogEveryMs = 30_000;

    private readonly World _world;
    private readonly Keyspace _keyspace;
    private readonly PersistenceOptions _options;
    private readonly ILogger _log;
    private readonly RecordEncoder _encoder;
    private readonly AppendWriter _writer;
    private readonly Queue<AppendBatch> _waiting = new();
    private AppendBatch _filling;
    private AppendBatch? _failed;
    private long _waitingBytes;
    private long _lastPostMs, _lastSyncMs, _retryMs, _inFlightSinceMs, _logAgainMs;
    private bool _hasUnsynced, _isDelayed, _isAttached, _hasFailedSync;
    private long _fileLength;

    /// <summary>The change log's offset behind what a worker has been given last.</summary>
    private long _postedOffset;

    /// <summary>Until then the next sync is not begun before so many changes wait for it.</summary>
    private long _gatherUntilNanoseconds, _gatherChanges;

    /// <summary>What was changed by this moment is durable.</summary>
    private long _safeMs;

    public AppendOnlyFile(World world, Keyspace keyspace, SnapshotFiles snapshots, RdbSaves saves, PersistenceOptions options, ILogger log)
    {
        (_world, _keyspace, _options, _log) = (world, keyspace, options, log);
        Folder = new(world, options, log);
        _encoder = new(Options);
        _writer = new(world, Options);
        _filling = new(keyspace.Allocator);
        Rewrites = new(this, world, snapshots, saves, options, log);
    }

    internal AppendOnlyFolder Folder { get; }

    public AppendOnlyRewrites Rewrites { get; }

    public AppendOnlyOptions Options => _options.AppendOnly;

    public AppendOnlyState State { get; private set; }

    /// <summary>Told when <see cref="IsGated"/>, <see cref="ReleasedOffset"/>, <see cref="Error"/> or <see cref="IsFull"/> may have changed.</summary>
    public Action? Changed { get; set; }

    /// <summary>Told when it has been turned off while running: what is changed from here on is not in it.</summary>
    internal Action? TurnedOff { get; set; }

    /// <summary>The policy is to sync always, and the disk fails: the process is to end, as Redis' does.</summary>
    public required Action Fatal { get; init; }

    /// <summary>Replies that tell of changes wait until <see cref="ReleasedOffset"/> has passed these.</summary>
    public bool IsGated => State == AppendOnlyState.On && Options.Policy == SyncPolicy.Always || _isClosingGated;

    private bool _isClosingGated;

    /// <summary>Changes up to this offset of the change log are on the disk, synced. Goes on only while the file is on.</summary>
    public long SafeOffset { get; private set; }

    /// <summary>Replies that tell of changes up to this offset may leave: <see cref="SafeOffset"/>, or what is written where syncs are spared.</summary>
    public long ReleasedOffset { get; private set; }

    /// <summary>What the disk said when writing or syncing failed last, until it succeeds again.</summary>
    public string? Error { get; private set; }

    public string Path => _writer.Path;

    /// <summary>More waits for the disk than may.</summary>
    public bool IsFull { get; private set; }

    /// <summary>Bytes that wait to be written or are being written.</summary>
    public long PendingBytes => _waitingBytes + _filling.Bytes.Length;

    /// <summary>Of the base and all increments, as far as they are written.</summary>
    public long CurrentBytes { get; private set; }

    /// <summary>What <see cref="CurrentBytes"/> was after the last rewrite, or the base's length at start.</summary>
    public long BytesAtRewrite { get; internal set; }

    /// <summary>A sync is under way or asked for.</summary>
    public bool IsSyncing { get; private set; }

    /// <summary>How often writing has waited for the disk for more than two seconds.</summary>
    public long DelayedSyncs { get; private set; }

    /// <summary>Told of durations: a name as LATENCY has them, nanoseconds.</summary>
    public Action<string, long>? Measured { get; set; }

    /// <summary>A transaction or a script is running: nothing can be cut in its midst.</summary>
    internal bool IsWithinUnit => _keyspace.Changes.HoldsUnit;

    internal long NowMs => _world.Clock.MonotonicNanoseconds / 1_000_000;

    ChangeTargets IChangeSink.Targets => ChangeTargets.AppendOnlyFile;

    // ---- what is changed

    void IChangeSink.Take(ChangeReader changes, long offset)
    {
        _encoder.Write(_filling.Bytes, changes, _world.Clock.UnixMilliseconds / 1000);
        _filling.ChangeOffset = offset;
        // At once, in the midst of a turn too: clients who waited may have much behind what they waited with.
        if (!IsFull && PendingBytes > Options.BufferBytesMax) SetFull(true);
    }

    /// <summary>Once a turn, when the changes have been delivered: has written what is due.</summary>
    public void Turn()
    {
        if (State == AppendOnlyState.Off && !_writer.IsBusy && _waiting.Count == 0 && !IsFull) return;
        _filling.ChangeOffset = _keyspace.Changes.Offset;
        if (_writer.IsBusy) NoteDelay();
        else PostIfDue();
        if (!_writer.IsBusy && !_hasUnsynced && PendingBytes == 0) _safeMs = NowMs;
        var isFull = PendingBytes > (IsFull ? Options.BufferBytesMax / 2 : Options.BufferBytesMax) || IsBehind;
        if (isFull != IsFull) SetFull(isFull);
    }

    private void SetFull(bool isFull)
    {
        IsFull = isFull;
        Changed?.Invoke();
    }

    /// <summary>The disk has made nothing durable for so long that a crash would take more than the policy allows.</summary>
    private bool IsBehind => State == AppendOnlyState.On && Options.Policy == SyncPolicy.EverySecond && MaySync && Error is null && NowMs - _safeMs >= UnsafeMsMax;

    /// <summary>When <see cref="Turn"/> has something to do, milliseconds of the monotonic clock.</summary>
    public long DueMs
    {
        get
        {
            if (_writer.IsBusy || State == AppendOnlyState.Off && _waiting.Count == 0) return long.MaxValue;
            if (_failed is not null) return _retryMs;
            if (_filling.Bytes.Length > 0) return Options.Policy == SyncPolicy.Always ? _gatherUntilNanoseconds / 1_000_000 : _lastPostMs + WriteEveryMs;
            return _hasUnsynced && Options.Policy == SyncPolicy.EverySecond ? _lastSyncMs + SyncEveryMs : long.MaxValue;
        }
    }

    private void PostIfDue()
    {
        if (_writer.IsBusy) return;
        var nowMs = NowMs;
        if (_failed is not null)
        {
            if (nowMs >= _retryMs) Post(_failed, nowMs);
            return;
        }
        if (_waiting.Count > 0)
        {
            Post(_waiting.Dequeue(), nowMs);
            return;
        }
        var isAlways = Options.Policy == SyncPolicy.Always;
        var isSyncDue = _hasUnsynced && (isAlways || Options.Policy == SyncPolicy.EverySecond && nowMs - _lastSyncMs >= SyncEveryMs) && MaySync;
        var bytes = _filling.Bytes.Length;
        if (isAlways && Gathers) return;
        if (isSyncDue || bytes > 0 && (isAlways || bytes >= WriteFromBytes || nowMs - _lastPostMs >= WriteEveryMs)) Post(TakeFilling(), nowMs);
        else if (bytes == 0 && !_hasUnsynced && Options.Policy != SyncPolicy.No) NoteSafe(_filling.ChangeOffset);
    }

    /// <summary>
    /// Clients who go on because of a sync have their next changes a moment later. If those who have waited meanwhile are synced without them, there are two parties from then on, each of which waits for the other's sync:
    /// so the next one waits for as many changes as there were on both sides, though not longer than half of what the last one took.
    /// </summary>
    private bool Gathers =>
        _keyspace.Changes.Offset - _postedOffset is > 0 and var waiting && waiting < _gatherChanges && _world.Clock.MonotonicNanoseconds < _gatherUntilNanoseconds;

    private bool MaySync => !Options.SparesSyncsWhileSaving || !Rewrites.IsAnythingSaved;

    private AppendBatch TakeFilling()
    {
        var batch = _filling;
        batch.TakenMs = NowMs;
        _filling = new(_keyspace.Allocator) { ChangeOffset = batch.ChangeOffset };
        _waitingBytes += batch.Bytes.Length;
        return batch;
    }

    private void Post(AppendBatch batch, long nowMs)
    {
        _failed = null;
        Prepare(batch, nowMs);
        (_lastPostMs, _inFlightSinceMs, _isDelayed) = (nowMs, nowMs, false);
        _writer.Post(batch, OnWritten);
    }

    private void Prepare(AppendBatch batch, long nowMs)
    {
        batch.Syncs |= Options.Policy == SyncPolicy.Always || Options.Policy == SyncPolicy.EverySecond && nowMs - _lastSyncMs >= SyncEveryMs;
        if (!batch.Closes) batch.Syncs &= MaySync;
        IsSyncing = batch.Syncs;
        if (batch.Syncs) _lastSyncMs = nowMs;
        // With those that wait when it is over, all that are under way: they are expected again behind this sync.
        _gatherChanges = -_postedOffset;
        _postedOffset = batch.ChangeOffset;
    }

    /// <summary>Redis' two seconds: there the command thread would write now, and wait for the disk.</summary>
    private void NoteDelay()
    {
        if (_isDelayed || Options.Policy != SyncPolicy.EverySecond || _filling.Bytes.Length == 0 || NowMs - _inFlightSinceMs < DelayedAfterMs) return;
        _isDelayed = true;
        DelayedSyncs++;
        _log.LogInformation("Asynchronous AOF fsync is taking too long (disk is busy?). What is changed meanwhile waits in memory.");
    }

    // ---- what came of it

    private void OnWritten(AppendBatch batch)
    {
        IsSyncing = false;
        _gatherChanges += _keyspace.Changes.Offset;
        _gatherUntilNanoseconds = _world.Clock.MonotonicNanoseconds + Math.Min(batch.SyncNanoseconds / 2, GatherNanosecondsMax);
        Measure(batch);
        if (!batch.WriteStatus.Ok || !batch.SyncStatus.Ok)
        {
            OnFailed(batch);
            if (!batch.WriteStatus.Ok) return;
        }
        else if (Error is not null) OnRecovered();
        NoteWritten(batch);
        if (State != AppendOnlyState.Off || _waiting.Count > 0) PostIfDue();
    }

    private void NoteWritten(AppendBatch batch)
    {
        CurrentBytes += batch.Bytes.Length;
        _waitingBytes -= batch.Bytes.Length;
        _fileLength = batch.FileLength;
        _hasUnsynced = (_hasUnsynced || batch.Bytes.Length > 0 || batch.Step is not null) && !batch.HasSynced;
        batch.Dispose();
        if (batch.HasSynced) _safeMs = batch.TakenMs;
        if (batch.HasSynced && State != AppendOnlyState.WaitsForBase) NoteSafe(batch.ChangeOffset);
        else if (!MaySync) Release(batch.ChangeOffset);
        var step = batch.Step;
        if (batch.Closes) OnClosed();
        step?.Completed();
    }

    private void NoteSafe(long offset)
    {
        SafeOffset = Math.Max(SafeOffset, offset);
        Release(offset);
    }

    private void Release(long offset)
    {
        if (offset <= ReleasedOffset) return;
        ReleasedOffset = offset;
        if (IsGated) Changed?.Invoke();
    }

    private void Measure(AppendBatch batch)
    {
        if (Measured is null) return;
        if (batch.WriteNanoseconds > 0)
        {
            Measured("aof-write", batch.WriteNanoseconds);
            Measured(Rewrites.IsAnythingSaved ? "aof-write-active-child" : "aof-write-alone", batch.WriteNanoseconds);
        }
        if (batch.HasSynced && Options.Policy == SyncPolicy.Always) Measured("aof-fsync-always", batch.SyncNanoseconds);
    }

    private void OnFailed(AppendBatch batch)
    {
        var isWrite = !batch.WriteStatus.Ok;
        var error = isWrite ? batch.WriteStatus.Error! : batch.SyncStatus.Error!;
        var nowMs = NowMs;
        if (isWrite)
        {
            _failed = batch;
            _retryMs = nowMs + RetryEveryMs;
            LogFailedWrite(batch, error, nowMs);
        }
        else
        {
            if (Error is null) _log.LogWarning("Fail to fsync the AOF file: {Error} ({Path})", error, batch.Path);
            _hasFailedSync = true;
        }
        Error = error;
        if (IsGated)
        {
            // Replies that were written already tell of what cannot be kept, and nothing can be taken back.
            if (isWrite) _log.LogWarning("Can't recover from AOF write error when the AOF fsync policy is 'always'. Exiting...");
            else _log.LogWarning("Can't persist AOF for fsync error when the AOF fsync policy is 'always': {Error}. Exiting...", error);
            _failed = batch;
            Fatal();
        }
        Changed?.Invoke();
    }

    private void LogFailedWrite(AppendBatch batch, string error, long nowMs)
    {
        if (nowMs < _logAgainMs) return;
        _logAgainMs = nowMs + LogEveryMs;
        _log.LogWarning("Error writing to the AOF file: {Error} ({Path})", error, batch.Path);
        if (!batch.WasShort) return;
        _log.LogWarning("Short write while writing to the AOF file: (nwritten={Written}, expected={Expected})", batch.Written, batch.Bytes.Length);
        if (!batch.TakeBackStatus.Ok)
            _log.LogWarning("Could not remove short write from the append-only file.  Redis may refuse to load the AOF the next time it starts.  ftruncate: {Error}", batch.TakeBackStatus.Error);
    }

    private void OnRecovered()
    {
        Error = null;
        _logAgainMs = 0;
        _log.LogInformation("AOF write error looks solved, Redis can write again.");
        // What a failed sync was to make durable may be lost though later ones succeed: a new base has it.
        if (_hasFailedSync) Rewrites.IsScheduled = true;
        _hasFailedSync = false;
        Changed?.Invoke();
    }

    // ---- on and off

    /// <summary>Reads the manifest; false if it is none, and the log says why.</summary>
    public bool TryReadManifest() => Folder.TryReadManifest();

    /// <summary>What loads the files that the manifest names.</summary>
    public AppendOnlyLoad NewLoad(Executor executor) => new(Folder, _world, executor, Options, _log);

    /// <summary>What loads files of another place, which stay as they are: those that a manifest names, or a single one. Null if there is no such thing; the log says why.</summary>
    public AppendOnlyLoad? NewLoadOf(string path, Executor executor)
    {
        const string suffix = ".manifest";
        var (isManifest, name) = (path.EndsWith(suffix, StringComparison.Ordinal), System.IO.Path.GetFileName(path));
        var options = new PersistenceOptions { Directory = System.IO.Path.GetDirectoryName(path) ?? "" };
        (options.AppendOnly.DirectoryName, options.AppendOnly.FileName, options.AppendOnly.LoadsTruncated) = ("", ByteText.FromText(isManifest ? name[..^suffix.Length] : name), false);
        var folder = new AppendOnlyFolder(_world, options, _log);
        if (!_world.Disk.FileExists(path)) _log.LogWarning("The file {Path} that is to be loaded doesn't exist", path);
        else if (!isManifest || folder.TryReadManifest())
        {
            if (!isManifest) folder.Manifest = AppendOnlyManifest.OfOldFile(options.AppendOnly.FileName);
            return new(folder, _world, executor, options.AppendOnly, _log) { IsElsewhere = true };
        }
        return null;
    }

    /// <summary>Whether this is the manifest that a start reads anyway.</summary>
    public bool IsOwnManifest(string path) => path == Folder.ManifestPath;

    /// <summary>Goes on with the last increment, or a new one. Null, or why that cannot be; the manifest is written.</summary>
    /// <param name="replaces">The data come from elsewhere: what the files have becomes history.</param>
    public string? OpenAtStart(bool replaces = false)
    {
        if (Folder.Make() is { } error) return error;
        Folder.DeleteTemporaryFiles();
        // The manifest may have got its name by a process that was killed before it could make that last.
        if (Folder.Sync() is { } unsynced) return unsynced;
        var manifest = Folder.Manifest.Reopened();
        if (replaces || manifest.Base is null && manifest.Increments.Count == 0)
        {
            var isRdb = Options.BaseIsRdb || HasKeys;
            var first = manifest.NewBase(Options.FileName, isRdb);
            if (Rewrites.WriteBase(first.Name, isRdb, _keyspace) is { } failure) return failure;
            manifest = manifest.WithNewBase(first).WithoutIncrements(keepLast: 0);
            _log.LogInformation("Creating AOF base file {File} on server start", first.Name);
        }
        var isNew = manifest.Increments.Count == 0;
        if (isNew) manifest = manifest.WithNewIncrement(Options.FileName);
        var name = manifest.Increments[^1].Name;
        var opened = _world.Disk.Open(Folder.PathOf(name), DiskOpenMode.Append);
        if (opened.Value is not { } file) return $"Can't open the append-only file {name}: {opened.Status.Error}";
        if (manifest != Folder.Manifest && (!Folder.TryWrite(manifest, out error) || error is not null)) return error;
        Folder.Manifest = manifest;
        _writer.Begin(file, Folder.PathOf(name));
        _fileLength = file.Length;
        Measure();
        _log.LogInformation(isNew ? "Creating AOF incr file {File} on server start" : "Opening AOF incr file {File} on server start", name);
        State = AppendOnlyState.On;
        _safeMs = NowMs;
        // What a process that was killed has written may still be on its way to the disk.
        _hasUnsynced = !isNew;
        SafeOffset = ReleasedOffset = _keyspace.Changes.Offset;
        _lastSyncMs = NowMs;
        Attach();
        Changed?.Invoke();
        return null;
    }

    private bool HasKeys
    {
        get
        {
            foreach (var database in _keyspace.Databases)
            {
                if (database.Data.Count > 0) return true;
            }
            return false;
        }
    }

    /// <summary>Looks how long the files are.</summary>
    private void Measure()
    {
        CurrentBytes = 0;
        foreach (var file in Folder.Manifest.Files) CurrentBytes += Folder.LengthOf(file.Name, out _) ?? 0;
        BytesAtRewrite = Folder.Manifest.Base is { } first ? Folder.LengthOf(first.Name, out _) ?? 0 : 0;
    }

    private void Attach()
    {
        if (!_isAttached) _keyspace.Changes.Attach(this);
        _isAttached = true;
    }

    private void Detach()
    {
        if (_isAttached) _keyspace.Changes.Detach(this);
        _isAttached = false;
    }

    /// <summary>appendonly yes, while running: what there is is written as a base first. False if that cannot begin; the log says why.</summary>
    public bool TryTurnOn()
    {
        Check.That(State == AppendOnlyState.Off);
        State = AppendOnlyState.WaitsForBase;
        if (!Rewrites.TryBeginFirst())
        {
            State = AppendOnlyState.Off;
            _log.LogWarning("Redis needs to enable the AOF but can't trigger a background AOF rewrite operation. Check the above logs for more info about the error.");
            return false;
        }
        if (Error is not null) _log.LogWarning("AOF reopen, just ignore the last error.");
        Error = null;
        Changed?.Invoke();
        return true;
    }

    /// <summary>appendonly no, while running: what was changed by now is still written, synced, and the file is closed.</summary>
    public void TurnOff()
    {
        Check.That(State != AppendOnlyState.Off);
        _keyspace.Changes.Deliver();
        Rewrites.GiveUp();
        _isClosingGated = IsGated;
        State = AppendOnlyState.Off;
        Detach();
        var last = TakeFilling();
        (last.Syncs, last.Closes, last.ChangeOffset) = (true, true, _keyspace.Changes.Offset);
        Enqueue(last);
        Changed?.Invoke();
        TurnedOff?.Invoke();
    }

    /// <summary>It is off, and no worker has anything to do for it but what has failed.</summary>
    internal bool IsQuiet => State == AppendOnlyState.Off && !_writer.IsBusy && !Rewrites.IsRunning && (_waiting.Count == 0 || _failed is not null);

    private void OnClosed()
    {
        _isClosingGated = false;
        Changed?.Invoke();
    }

    /// <summary>appendfsync is another one: who waits by it may go on, or waits from now on for what is not synced yet.</summary>
    public void OnPolicyChanged()
    {
        if (State != AppendOnlyState.Off) Changed?.Invoke();
    }

    /// <summary>What is changed from here on goes to another file, which a worker opens by this step.</summary>
    internal void ChangeFile(AppendStep step)
    {
        Enqueue(step);
        _encoder.BeginFile();
        Attach();
    }

    /// <summary>What is changed from here on goes to another increment. When that is done, those before it do not change any more. Between calls.</summary>
    internal void Rotate(Action<OpenIncrement> completed)
    {
        Check.That(State == AppendOnlyState.On && !Rewrites.IsRunning);
        _keyspace.Changes.Deliver();
        _filling.ChangeOffset = _keyspace.Changes.Offset;
        var manifest = Folder.Manifest.WithNewIncrement(Options.FileName);
        ChangeFile(new OpenIncrement(Folder, _world, manifest, manifest.Increments[^1].Name, step =>
        {
            if (step.Error is null) Folder.Manifest = manifest;
            completed(step);
        }));
    }

    /// <summary>A worker is to do something with the files, behind all that was changed by now.</summary>
    internal void Enqueue(AppendStep step) => Enqueue(new AppendBatch(_keyspace.Allocator) { Step = step, ChangeOffset = _filling.ChangeOffset });

    private void Enqueue(AppendBatch batch)
    {
        if (_filling.Bytes.Length > 0) _waiting.Enqueue(TakeFilling());
        batch.TakenMs = NowMs;
        _waiting.Enqueue(batch);
        PostIfDue();
    }

    /// <summary>The first base is there: what is changed is kept from here on.</summary>
    internal void OnFirstBase()
    {
        if (State != AppendOnlyState.WaitsForBase) return;
        State = AppendOnlyState.On;
        _hasUnsynced = true;
        _safeMs = NowMs;
        Changed?.Invoke();
    }

    /// <summary>What was changed since the first base was cut leads to nothing: nobody needs it.</summary>
    internal void DropIncrement(string path)
    {
        if (State == AppendOnlyState.WaitsForBase)
        {
            Detach();
            _filling.Bytes.Dispose();
            Enqueue(new AppendBatch(_keyspace.Allocator) { Closes = true, ChangeOffset = _filling.ChangeOffset });
        }
        Enqueue(new DeleteFile(_world, path));
    }

    /// <summary>The files are others: what their lengths are together.</summary>
    internal void NoteFiles(long baseBytes)
    {
        CurrentBytes = baseBytes + (State == AppendOnlyState.Off ? 0 : _fileLength);
        BytesAtRewrite = CurrentBytes;
    }

    // ---- at once

    /// <summary>Writes all that was changed by now, and syncs it; returns when it is done. Null, or what the disk said.</summary>
    public string? Flush()
    {
        if (State == AppendOnlyState.Off && _waiting.Count == 0 && !_writer.IsBusy) return null;
        _keyspace.Changes.Deliver();
        _filling.ChangeOffset = _keyspace.Changes.Offset;
        // What a worker has completed posts the next one: until there is none, and nothing has failed.
        for (; _writer.IsBusy; _writer.Finish()) { }
        if (_failed is { } again) WriteNow(again);
        while (_failed is null && _waiting.Count > 0) WriteNow(_waiting.Dequeue());
        if (_failed is null)
        {
            var last = TakeFilling();
            last.Syncs = true;
            WriteNow(last);
        }
        return Error;
    }

    private void WriteNow(AppendBatch batch)
    {
        // Kept until it is written: the process may end in the midst of that.
        _failed = batch;
        Prepare(batch, NowMs);
        _writer.Write(batch);
        _failed = null;
        OnWritten(batch);
        for (; _writer.IsBusy; _writer.Finish()) { }
    }

    public void Dispose()
    {
        Detach();
        _writer.Dispose();
        _filling.Dispose();
        _failed?.Dispose();
        foreach (var batch in _waiting) batch.Dispose();
        _waiting.Clear();
    }
}
