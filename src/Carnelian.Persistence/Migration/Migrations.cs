namespace Carnelian;

/// <summary>
/// What MIGRATE has under way. A migration hears of its link in the midst of a turn and only notes it; what it does with keys it does in <see cref="Turn"/>, between
/// calls and within a budget. Its client waits, and nobody else but those who would change its keys.
/// </summary>
public sealed class Migrations : IDisposable
{
    /// <summary>Of a turn, for all of them. While there is more to do, a slice comes so often, whatever the load: clients keep most of the time.</summary>
    private const long TurnMicroseconds = 800;

    private const int SliceEveryMs = 3;

    private readonly World _world;
    private readonly Lane _lane;
    private readonly OutputChunks _chunks;
    private readonly LinkCache _links = new();
    private readonly List<Migration> _underway = [];

    /// <summary>Those that have something to do.</summary>
    private readonly Queue<Migration> _toGoOn = new();

    /// <summary>When they do so, milliseconds of the monotonic clock.</summary>
    private long _nextSliceMs;

    /// <summary>No migration's time is over before this, milliseconds of the monotonic clock.</summary>
    private long _nextTimeoutMs = long.MaxValue;
    private long _nextId = 1;

    public Migrations(World world, Executor executor, Dumps dumps, Lane lane, OutputChunks chunks)
    {
        (_world, Executor, Dumps, _lane, _chunks) = (world, executor, dumps, lane, chunks);
        executor.AddGate(Holds = new(executor));
    }

    internal Executor Executor { get; }

    internal Dumps Dumps { get; }

    /// <summary>Who keeps others from changing keys that are under way.</summary>
    internal KeyHolds Holds { get; }

    /// <summary>Links that wait to be used again, or are in use.</summary>
    public int LinkCount => _links.Count + _underway.Count;

    /// <summary>The migration whose request is run again, to answer.</summary>
    internal Migration? Ending { get; private set; }

    private long NowMs => Executor.MonotonicMs;

    /// <summary>When <see cref="Turn"/> has something to do, milliseconds of the monotonic clock.</summary>
    public long DueMs => _toGoOn.Count > 0 && !Executor.Keyspace.IsPaused ? Math.Min(_nextSliceMs, _nextTimeoutMs) : _nextTimeoutMs;

    /// <summary>Has a request's keys set out; the client waits.</summary>
    /// <param name="keys">The arguments that name them.</param>
    internal void Begin(ref Call call, MigrateOptions options, int[] keys)
    {
        var migration = new Migration(this, ref call, options, keys, _nextId++);
        _underway.Add(migration);
        migration.Connect();
    }

    // ---- links

    internal MigrationLink? TakeLink(MigrateOptions options, ILinkOwner owner) => _links.Take(options.Host, options.Port, owner);

    internal SlicedDump NewSlicedDump() => new(Dumps, _chunks, Executor.Keyspace.Allocator);

    internal MigrationLink NewLink(MigrateOptions options, ILinkOwner owner) => new(options.Host, options.Port, new(_world, _lane, _chunks, owner));

    internal void ReturnLink(MigrationLink link) => _links.Return(link, NowMs);

    /// <summary>Closes links that have not been used for a while. A few times a second.</summary>
    public void CloseIdle() => _links.CloseIdle(NowMs);

    // ---- turns

    /// <summary>A migration has something to do.</summary>
    internal void Queue(Migration migration)
    {
        _nextSliceMs = 0;
        if (!migration.IsQueued) Enqueue(migration);
    }

    private void Enqueue(Migration migration)
    {
        migration.IsQueued = true;
        _toGoOn.Enqueue(migration);
    }

    /// <summary>A migration's time runs from now on.</summary>
    internal void ExpectBy(long deadlineMs) => _nextTimeoutMs = Math.Min(_nextTimeoutMs, deadlineMs);

    /// <summary>Goes on with those that can; once a turn, between calls. While clients are paused keys neither set out nor are deleted.</summary>
    public void Turn()
    {
        if (_underway.Count == 0) return;
        if (NowMs >= _nextTimeoutMs) TimeOut();
        if (_toGoOn.Count == 0 || NowMs < _nextSliceMs || Executor.Keyspace.IsPaused) return;
        Executor.Keyspace.Author = Executor.Keyspace.Self;
        _nextSliceMs = NowMs + SliceEveryMs;
        var budget = _world.StartBudget(TurnMicroseconds);
        for (var left = _toGoOn.Count; left > 0; left--)
        {
            var migration = _toGoOn.Dequeue();
            migration.IsQueued = false;
            if (migration.IsOver) End(migration);
            else if (migration.Send(ref budget) && !migration.IsQueued) Enqueue(migration);
        }
        Executor.Keyspace.Allocator.ReleaseRetired();
    }

    private void TimeOut()
    {
        _nextTimeoutMs = long.MaxValue;
        foreach (var migration in _underway)
        {
            if (migration.DeadlineMs <= NowMs) migration.OnTimeout();
            else ExpectBy(migration.DeadlineMs);
        }
    }

    /// <summary>Has the request answer, which deletes what has arrived; then others may have the keys that are left.</summary>
    private void End(Migration migration)
    {
        Ending = migration;
        migration.RunAgain();
        Ending = null;
        _underway.Remove(migration);
        migration.Dispose();
    }

    public void Dispose()
    {
        foreach (var migration in _underway) migration.Abandon();
        _underway.Clear();
        _links.Dispose();
    }
}
