using Microsoft.Extensions.Logging;

namespace Carnelian;

/// <summary>
/// Keeps memory within maxmemory (Redis' performEvictions): before a request is run keys are evicted, and where none may go, requests that may need memory are
/// refused. How long that may hold a turn up maxmemory-eviction-tenacity says; what is left then goes on with the next turns, and until then requests make
/// room only for what has come since. Memory that is being freed bit by bit counts as free: nothing is evicted in its place.
/// </summary>
internal sealed class MemoryLimit(Server server) : Gate(Gates.Memory)
{
    /// <summary>Keys that a request evicts at most when the turn's time for it is over.</summary>
    private const int KeysPastBudget = 4;

    private const int TenacityOfLinearGrowth = 10;
    private const long MicrosecondsPerTenacity = 50, MicrosecondsMax = 1_000_000_000;

    private readonly Eviction _eviction = new(server.Keyspace);
    private State _state;
    private long _managedBytes;

    /// <summary>Of the turn, from the first eviction on.</summary>
    private Budget _budget;
    private bool _hasBudget;

    /// <summary>Bytes up to which requests make room: the limit, or what was used when the turn's budget was spent.</summary>
    private long _target;

    private long _exceededSinceNanoseconds, _exceededNanoseconds;

    private enum State
    {
        /// <summary>There is room, as far as is known.</summary>
        Within,

        /// <summary>More is used than may be, and that is being mended.</summary>
        Evicting,

        /// <summary>More is used than may be, and no key may go.</summary>
        Full,
    }

    /// <summary>Bytes; long.MaxValue: there is no limit.</summary>
    private long Limit => server.Options.Keyspace.MaxMemory is var bytes and > 0 and < long.MaxValue ? (long)bytes : long.MaxValue;

    /// <summary>Looks at managed memory anew, which changes with collections only.</summary>
    private bool IsExceeded(long limit)
    {
        _managedBytes = server.World.Process.ManagedBytes;
        return server.Allocator.UsedBytes + _managedBytes > limit && Used > limit;
    }

    /// <summary>What is held against the limit.</summary>
    private long Used => server.Allocator.UsedBytes + _managedBytes - MemoryUse.NotCountedForEviction(server);

    /// <summary>As <see cref="Used"/>, when all is freed that is being freed.</summary>
    private long Expected => Used - server.Keyspace.LazyFree.PendingBytes;

    /// <summary>No key could be evicted when the latest request was to be run: what a script may not do then.</summary>
    public bool IsFull => _state == State.Full;

    /// <summary>There is something to do in each turn, without waiting.</summary>
    public bool IsEvicting => _state == State.Evicting && !server.Keyspace.HoldsOwnChanges;

    /// <summary>For how long more was used than may be, milliseconds: since the start or CONFIG RESETSTAT, and this time.</summary>
    public (long Total, long Current) ExceededMs
    {
        get
        {
            var current = _exceededSinceNanoseconds == 0 ? 0 : server.World.Clock.MonotonicNanoseconds - _exceededSinceNanoseconds;
            return ((_exceededNanoseconds + current) / 1_000_000, current / 1_000_000);
        }
    }

    public void ResetStatistics() => _exceededSinceNanoseconds = _exceededNanoseconds = 0;

    /// <summary>maxmemory has been set.</summary>
    public void Refresh()
    {
        _hasBudget = false;
        if (Limit == long.MaxValue) server.Executor.ClosedGates &= ~Bit;
        else server.Executor.ClosedGates |= Bit;
    }

    /// <summary>CONFIG SET maxmemory: evicts what is too much, soon.</summary>
    public string? Apply()
    {
        if (Limit == long.MaxValue)
        {
            Note(State.Within);
            return null;
        }
        if (IsExceeded(Limit))
        {
            server.Log.LogWarning(
                "WARNING: the new maxmemory value set via CONFIG SET ({Limit}) is smaller than the current memory usage ({Used}). This will result in key "
                + "eviction and/or the inability to accept new write commands depending on the maxmemory-policy.", Limit, Used);
        }
        _state = State.Evicting;
        return null;
    }

    // ---- requests

    public override GateAnswer Ask(ref Call call)
    {
        // A script that runs too long lets others run within it: no change of theirs may stand among its own.
        if (call.Executor.IsWithinCall || server.Keyspace.HoldsOwnChanges) return GateAnswer.Admitted;
        if (IsExceeded(Limit))
        {
            // What a few keys take is not worth a look at the clock; of more the call that follows is innocent.
            if (MakeRoom() > KeysPastBudget) call.Executor.BeginBatch();
        }
        else if (_state != State.Within) Note(State.Within);
        if (_state != State.Full || (call.Flags & CommandFlags.DenyOom) == 0) return GateAnswer.Admitted;
        call.Fail("OOM command not allowed when used memory > 'maxmemory'.");
        return GateAnswer.Answered;
    }

    // ---- turns

    /// <summary>Goes on with what is left of earlier turns; called once per turn, between calls.</summary>
    public void Turn()
    {
        _hasBudget = false;
        if (!IsEvicting) return;
        if (!IsExceeded(Limit))
        {
            Note(State.Within);
            return;
        }
        MakeRoom();
        if (server.Keyspace.LazyFree.IsPending && !_budget.Spent) server.Keyspace.LazyFree.Run(_budget);
        // What requests of the next turn may take is theirs.
        _hasBudget = false;
    }

    /// <summary>Evicts until there is room, there will be, or the turn's time is over.</summary>
    /// <returns>How many keys were evicted.</returns>
    private long MakeRoom()
    {
        if (!_hasBudget) BeginBudget();
        var keyspace = server.Keyspace;
        var author = keyspace.Author;
        var evicted = keyspace.Statistics.Evicted;
        var latency = server.Executor.Logs.Latency;
        var began = latency.Begin();
        keyspace.Author = keyspace.Self;
        Note(Evict(latency));
        keyspace.Author = author;
        latency.End(LatencyEvents.EvictionCycle, began);
        return keyspace.Statistics.Evicted - evicted;
    }

    private State Evict(LatencyMonitor latency)
    {
        var limit = Limit;
        for (var keys = 0; Expected > _target; keys++)
        {
            if (_target > limit && keys == KeysPastBudget) break;
            var began = latency.Begin();
            var outcome = _eviction.EvictOne();
            latency.End(LatencyEvents.EvictionDelete, began);
            if (outcome == EvictionOutcome.Exhausted) return server.Keyspace.LazyFree.IsPending ? State.Evicting : State.Full;
            if (outcome == EvictionOutcome.NotFound) return State.Evicting;
            server.Allocator.ReleaseRetired();
            if (_target == limit && _budget.Spent) _target = Math.Max(limit, Expected);
        }
        return Used > limit ? State.Evicting : State.Within;
    }

    private void BeginBudget()
    {
        _budget = server.World.StartBudget(BudgetMicroseconds(server.Options.Keyspace.EvictionTenacity));
        _hasBudget = true;
        _target = Limit;
    }

    /// <summary>As in Redis: from nothing to half a millisecond, then 15% more for each step, up to any time.</summary>
    private static long BudgetMicroseconds(int tenacity)
    {
        if (tenacity <= TenacityOfLinearGrowth) return MicrosecondsPerTenacity * tenacity;
        const double growth = 1.15;
        var microseconds = MicrosecondsPerTenacity * TenacityOfLinearGrowth * Math.Pow(growth, tenacity - TenacityOfLinearGrowth);
        return tenacity == 100 ? MicrosecondsMax : (long)microseconds;
    }

    private void Note(State state)
    {
        _state = state;
        var isExceeded = state != State.Within;
        if (isExceeded == _exceededSinceNanoseconds > 0) return;
        var now = Math.Max(1, server.World.Clock.MonotonicNanoseconds);
        if (isExceeded) _exceededSinceNanoseconds = now;
        else
        {
            _exceededNanoseconds += now - _exceededSinceNanoseconds;
            _exceededSinceNanoseconds = 0;
        }
    }
}
