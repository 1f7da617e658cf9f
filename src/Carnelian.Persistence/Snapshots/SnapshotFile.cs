namespace Carnelian;

/// <summary>What a snapshot is written for.</summary>
public enum SnapshotKind
{
    /// <summary>BGSAVE, and save points.</summary>
    Rdb,

    /// <summary>The base of the append-only file.</summary>
    AppendOnlyRewrite,
}

/// <summary>
/// One snapshot on its way to one file. A worker encodes and writes its chunks; the file takes its place when it is whole. Whoever wants
/// it gives it to <see cref="SnapshotFiles.Start"/>, and hears of the cut and of the end on the command thread.
/// </summary>
public sealed class SnapshotFile(SnapshotKind kind, ReplacementFile file, SnapshotEncoder encoder) : ISnapshotSink
{
    /// <summary>With the worker at a time: enough that it does not wait while the command thread serves clients.</summary>
    private const int ChunksMax = 16;

    private readonly Queue<SnapshotChunk> _chunks = new();

    /// <summary>Held while the worker does something.</summary>
    private readonly Lock _working = new();

    private SnapshotFiles _files = null!;
    private RdbChunks? _output;
    private bool _isComplete, _isFinishing, _hasStopped, _isForsaken;

    public SnapshotKind Kind => kind;

    public ReplacementFile File => file;

    public SnapshotEncoder Encoder => encoder;

    /// <summary>The cut has been made, and the change log delivered up to it.</summary>
    public Action<SnapshotCut>? Cut { get; init; }

    /// <summary>The file is in its place, or something has failed (<see cref="ReplacementFile.Error"/>), or it was given up (<see cref="IsAborted"/>). Another one may be started.</summary>
    public required Action<SnapshotFile> Ended { get; init; }

    public bool IsAborted { get; private set; }

    public bool Succeeded => !IsAborted && file.Error is null;

    /// <summary>Of the monotonic clock, when it was started.</summary>
    public long StartedMs { get; private set; }

    /// <summary>Keys to be written; 0 before the cut.</summary>
    public long KeysTotal { get; private set; }

    internal void Start(SnapshotFiles files, long nowMs)
    {
        Check.That(StartedMs == 0);
        _files = files;
        StartedMs = nowMs;
    }

    bool ISnapshotSink.HasRoom => _chunks.Count < ChunksMax && _files.Admits(this);

    void ISnapshotSink.Begin(SnapshotCut cut)
    {
        KeysTotal = cut.KeyCount;
        encoder.AtCut(cut);
        Cut?.Invoke(cut);
        _files.Post(new Step(this, Open, null));
    }

    void ISnapshotSink.Take(SnapshotChunk chunk)
    {
        _chunks.Enqueue(chunk);
        _files.Post(new Step(this, () => Write(chunk), GiveBackFirst));
    }

    void ISnapshotSink.Complete()
    {
        _isComplete = true;
        FinishIfDue();
    }

    void ISnapshotSink.Abort() => _files.Post(new Step(this, file.Discard, End));

    /// <summary>Once a turn while the snapshot is complete: a debugging delay may hold up the end.</summary>
    internal void FinishIfDue()
    {
        if (!_isComplete || _isFinishing || _files.IsDelayed && (_chunks.Count > 0 || !_files.Admits(this))) return;
        _isFinishing = true;
        _files.Post(new Step(this, Finish, End));
    }

    /// <summary>The worker has not been told yet to put the file into its place.</summary>
    internal bool CanBeAborted => !_isFinishing && !_hasStopped;

    /// <param name="hasBegun">The cut was made.</param>
    internal void Abort(bool hasBegun)
    {
        IsAborted = true;
        if (hasBegun && !_isComplete) _files.Snapshots.Abort();
        else ((ISnapshotSink)this).Abort();
    }

    // ---- on the worker

    private void Open()
    {
        _output = file.Open(encoder.Sums, encoder.Compresses);
        if (_output is not null) encoder.Begin(_output);
    }

    private void Write(SnapshotChunk chunk)
    {
        if (!file.HasFailed) encoder.Write(_output!, chunk.Read());
    }

    private void Finish()
    {
        if (!file.HasFailed) encoder.End(_output!);
        file.Finish();
    }

    // ---- behind it, on the command thread

    private void GiveBackFirst()
    {
        _files.Snapshots.GiveBack(_chunks.Dequeue());
        // Nothing can become of it any more: the keyspace need not be walked to its end.
        if (!file.HasFailed || _isComplete || IsAborted || _hasStopped) return;
        _hasStopped = true;
        _files.Snapshots.Abort();
    }

    private void End() => _files.End(this);

    /// <summary>Takes all back from the worker, which does nothing more for it, and deletes what there is of the file. Waits while the worker is busy with it.</summary>
    internal void Forsake()
    {
        IsAborted = true;
        lock (_working) _isForsaken = true;
        while (_chunks.TryDequeue(out var chunk)) _files.Snapshots.GiveBack(chunk);
        file.Discard();
    }

    private sealed class Step(SnapshotFile owner, Action run, Action? completed) : WorkerJob
    {
        public override void Run()
        {
            lock (owner._working)
            {
                if (!owner._isForsaken) run();
            }
        }

        public override void Completed()
        {
            if (!owner._isForsaken) completed?.Invoke();
        }
    }
}
