using System.Runtime.CompilerServices;

namespace Carnelian;

/// <summary>
/// The executor's time: one look at the monotonic clock per call gives both how long the call took and the moment at which the next one runs. The wall
/// clock is looked at once a turn, and not more than once a millisecond while calls run.
/// </summary>
internal struct CallClock(Clock clock)
{
    /// <summary>The wall clock may jump; that is noticed after so long.</summary>
    private const long WallLookNanoseconds = 1_000_000;

    private long _stamp;
    private long _wallOffsetNanoseconds;
    private long _nextMillisecondAt;
    private long _nextWallLookAt;
    private long _callsAtLastTurn;
    private long _turnBegan;

    /// <summary>A moment of the monotonic clock by the wall clock, microseconds.</summary>
    public readonly long UnixMicroseconds(long stamp) => (stamp + _wallOffsetNanoseconds) / 1000;

    /// <summary>As of the latest call or turn.</summary>
    public readonly long MonotonicMs => _stamp / 1_000_000;

    /// <param name="calls">Calls so far: while they run they keep the time fresh.</param>
    public void BeginTurn(Keyspace keyspace, long calls)
    {
        if (_turnBegan == 0) _turnBegan = clock.MonotonicNanoseconds;
        var hasRun = calls != _callsAtLastTurn;
        _callsAtLastTurn = calls;
        if (hasRun && _stamp < _nextWallLookAt) return;
        _stamp = clock.MonotonicNanoseconds;
        _wallOffsetNanoseconds = clock.UnixMicroseconds * 1000 - _stamp;
        _nextWallLookAt = _stamp + WallLookNanoseconds;
        _nextMillisecondAt = 0;
        keyspace.MonotonicMs = MonotonicMs;
        Freeze(keyspace);
    }

    /// <summary>What came before, reading and parsing, is no call's time.</summary>
    public void BeginBatch()
    {
        _stamp = clock.MonotonicNanoseconds;
        if (_turnBegan == 0) _turnBegan = _stamp;
    }

    /// <summary>How long the turn took without waiting, nanoseconds.</summary>
    public long EndTurn()
    {
        var nanoseconds = clock.MonotonicNanoseconds - _turnBegan;
        _turnBegan = 0;
        return nanoseconds;
    }

    /// <summary>A call begins, at the moment at which the last one ended.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Freeze(Keyspace keyspace)
    {
        if (_stamp < _nextMillisecondAt) return;
        var wall = _stamp + _wallOffsetNanoseconds;
        keyspace.NowMs = wall / 1_000_000;
        _nextMillisecondAt = _stamp + 1_000_000 - wall % 1_000_000;
    }

    /// <summary>When the last call ended, which is when the next one begins, nanoseconds.</summary>
    public readonly long Stamp => _stamp;

    /// <summary>Looks at the clock in the midst of a call.</summary>
    public long Look() => _stamp = clock.MonotonicNanoseconds;

    /// <summary>A call is over: how long it took, nanoseconds.</summary>
    /// <param name="began">The stamp at which it began.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long EndCall(long began) => Look() - began;
}
