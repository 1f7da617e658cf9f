namespace Carnelian;

/// <summary>
/// Snapshots that are written to files, one at a time. Whoever asks whether one may begin asks <see cref="Running"/>, as Redis asks for its child process. Command thread only.
/// </summary>
public sealed class SnapshotFiles(World world, Keyspace keyspace, PersistenceOptions options, SnapshotOptions? snapshotOptions = null) : IDisposable
{
    /// <summary>Given up, and not back from the worker yet.</summary>
    private readonly List<SnapshotFile> _leaving = [];

    /// <summary>What runs waits: what is left of the one before must go first.</summary>
    private bool _waitsForCut;

    public Snapshots Snapshots { get; } = new(keyspace, snapshotOptions ?? new());

    /// <summary>What is being written, or waits for its cut; null: nothing.</summary>
    public SnapshotFile? Running { get; private set; }

    internal bool IsDelayed => options.KeySaveDelayMicroseconds > 0;

    /// <summary>There is something to do for <see cref="Run"/>, perhaps not before a worker has done something.</summary>
    public bool IsBusy => Running is not null || !Snapshots.IsIdle;

    /// <summary>Whether a turn every few milliseconds is needed, though nothing wakes the loop.</summary>
    public bool WaitsForTime => IsDelayed && Running is not null;

    /// <summary>What is kept in memory for a snapshot at present, and was at most for the present or latest one.</summary>
    public long Bytes => keyspace.Allocator.UsedBytesOf(Purpose.Snapshot);

    public long PeakBytes { get; private set; }

    /// <summary>Begins one; the cut is made soon, between calls.</summary>
    public void Start(SnapshotFile file)
    {
        Check.That(Running is null);
        Running = file;
        PeakBytes = 0;
        _waitsForCut = true;
        file.Start(this, MonotonicMs);
    }

    /// <summary>Gives up what is being written: it is over now, and a worker clears up behind it. False when there is nothing or it is too late, because the file takes its place.</summary>
    public bool TryAbort()
    {
        if (Running is not { CanBeAborted: true } file) return false;
        Running = null;
        _leaving.Add(file);
        file.Abort(hasBegun: !_waitsForCut);
        _waitsForCut = false;
        file.Ended(file);
        return true;
    }

    /// <summary>Gives up what is being written, at whatever stage. That waits for the worker, to be sure that it does not put a file into its place afterwards.</summary>
    public void Kill()
    {
        if (Running is not { } file) return;
        file.Forsake();
        Running = null;
        _waitsForCut = false;
        Snapshots.Abort();
        file.Ended(file);
    }

    /// <summary>Works within a budget, between calls. True while there is more that can be done now.</summary>
    public bool Run(Budget budget)
    {
        if (_waitsForCut) TryCut();
        var hasMore = Snapshots.Run(budget);
        PeakBytes = Math.Max(PeakBytes, Bytes);
        Running?.FinishIfDue();
        return hasMore || _waitsForCut && Snapshots.IsIdle;
    }

    private void TryCut()
    {
        if (!Snapshots.IsIdle) return;
        // Listeners learn of the cut when they have heard of all that was before it.
        keyspace.Changes.Deliver();
        if (Snapshots.TryBegin(Running!)) _waitsForCut = false;
    }

    private long MonotonicMs => world.Clock.MonotonicNanoseconds / 1_000_000;

    /// <summary>Whether it has taken as long as it should for the keys that are written.</summary>
    internal bool Admits(SnapshotFile file) =>
        !IsDelayed || (MonotonicMs - file.StartedMs) * 1000.0 >= (double)file.Encoder.KeysWritten * options.KeySaveDelayMicroseconds;

    internal void Post(WorkerJob job) => world.Workers.Post(WorkerQueue.Save, job);

    internal void End(SnapshotFile file)
    {
        if (_leaving.Remove(file)) return;
        Check.That(Running == file);
        Running = null;
        file.Ended(file);
    }

    /// <summary>Before the keyspace is disposed of.</summary>
    public void Dispose()
    {
        Running?.Forsake();
        foreach (var file in _leaving) file.Forsake();
        Snapshots.Dispose();
    }
}
