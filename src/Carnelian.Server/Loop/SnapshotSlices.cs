namespace Carnelian;

/// <summary>
/// When a snapshot gets how much of the command thread. While clients have requests, a slice every few milliseconds, so that they keep most of the time; while they have none, as much
/// as the worker that writes can take.
/// </summary>
internal sealed class SnapshotSlices(Server server)
{
    private const int EveryMs = 4;
    private const long BusyMicroseconds = 300, IdleMicroseconds = 1000;

    private long _nextMs, _calls;

    /// <summary>When the next one comes due; <see cref="long.MaxValue"/>: not before a worker has done something, which wakes the loop.</summary>
    public long DueMs { get; private set; } = long.MaxValue;

    /// <summary>Once a turn.</summary>
    public void Turn(long nowMs)
    {
        var files = server.SnapshotFiles;
        if (!files.IsBusy)
        {
            DueMs = long.MaxValue;
            return;
        }
        if (nowMs < _nextMs)
        {
            DueMs = _nextMs;
            return;
        }
        var calls = server.Executor.CallsProcessed;
        var isIdle = calls == _calls;
        _calls = calls;
        var began = server.World.Clock.MonotonicNanoseconds;
        var hasMore = files.Run(server.World.StartBudget(isIdle ? IdleMicroseconds : BusyMicroseconds));
        server.Statistics.CronNanoseconds += server.World.Clock.MonotonicNanoseconds - began;
        _nextMs = isIdle ? nowMs : nowMs + EveryMs;
        DueMs = hasMore ? _nextMs : files.WaitsForTime ? nowMs + EveryMs : long.MaxValue;
    }
}
