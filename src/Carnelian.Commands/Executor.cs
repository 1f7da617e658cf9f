using System.Runtime.CompilerServices;

namespace Carnelian;

/// <summary>
/// The only way to run a command, whoever asks. Per call: checks name and arity, asks the gates, runs the handler at one frozen
/// moment, counts, and propagates. Command thread only.
/// </summary>
public sealed class Executor
{
    /// <summary>The wall clock may jump; that is noticed after so long.</summary>
    private const long WallLookNanoseconds = 1_000_000;

    private readonly Clock _clock;
    private readonly CommandStatistics[] _statistics;
    private readonly Gate?[] _gates = new Gate?[32];
    private long _stamp;
    private long _wallOffsetNanoseconds;
    private long _nextMillisecondAt;
    private long _nextWallLookAt;
    private long _callsAtLastTurn;
    private long _turnBegan;

    public Executor(Keyspace keyspace, CommandTable commands, Clock clock)
    {
        Keyspace = keyspace;
        Commands = commands;
        _clock = clock;
        _statistics = new CommandStatistics[commands.All.Length];
        for (var i = 0; i < _statistics.Length; i++) _statistics[i] = new();
        Nothing = commands.Nothing;
        Parking = new(this);
        BeginTurn();
        _turnBegan = 0;
    }

    public Keyspace Keyspace { get; }

    /// <summary>Replaced only before the first request: a client looks its command up before it is run.</summary>
    public CommandTable Commands { get; set; }

    public Parking Parking { get; }

    public SlowLog SlowLog { get; } = new();

    public ErrorStatistics Errors { get; } = new();

    /// <summary>Whoever composed this executor; administrative commands of higher floors find their server here.</summary>
    public object? Owner { get; init; }

    /// <summary>Stands for "no command" where one must be given.</summary>
    internal Command Nothing { get; }

    /// <summary>Gates that are closed for all sessions at present.</summary>
    public Gates ClosedGates { get; set; }

    /// <summary>By <see cref="Command.Index"/>.</summary>
    public ReadOnlySpan<CommandStatistics> Statistics => _statistics;

    /// <summary>Calls since the start or CONFIG RESETSTAT.</summary>
    public long CallsProcessed { get; set; }

    /// <summary>The longest string that commands may make: proto-max-bulk-len, bytes.</summary>
    public long StringBytesMax { get; set; } = 512L * 1024 * 1024;

    /// <summary>For walks of one call: cleared by whoever begins to use it.</summary>
    internal EntryList Found { get; } = new();

    /// <summary>Hashes of the keys of one call's next arguments; see <see cref="Call.FetchAhead"/>.</summary>
    internal ulong[] HashesAhead { get; } = new ulong[32];

    /// <summary>latency-tracking.</summary>
    public bool TracksLatency { get; set; } = true;

    /// <summary>Milliseconds of the monotonic clock, as of the latest call or turn: for what is due after a span, whatever the wall clock does.</summary>
    public long MonotonicMs => _stamp / 1_000_000;

    /// <summary>Installs a gate; it is asked while its bit is closed.</summary>
    public void AddGate(Gate gate) => _gates[System.Numerics.BitOperations.Log2((uint)gate.Bit)] = gate;

    /// <summary>CONFIG RESETSTAT.</summary>
    public void ResetStatistics()
    {
        CallsProcessed = _callsAtLastTurn = 0;
        Errors.Reset();
        foreach (var statistics in _statistics) statistics.Reset();
    }

    /// <summary>Looks at the wall clock, so that calls need the monotonic one only; a turn within the same millisecond does without.</summary>
    public void BeginTurn()
    {
        if (_turnBegan == 0) _turnBegan = _clock.MonotonicNanoseconds;
        var hasRun = CallsProcessed != _callsAtLastTurn;
        _callsAtLastTurn = CallsProcessed;
        if (hasRun && _stamp < _nextWallLookAt) return;
        _stamp = _clock.MonotonicNanoseconds;
        _wallOffsetNanoseconds = _clock.UnixMicroseconds * 1000 - _stamp;
        _nextWallLookAt = _stamp + WallLookNanoseconds;
        _nextMillisecondAt = 0;
        FreezeTime();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void FreezeTime()
    {
        if (_stamp < _nextMillisecondAt) return;
        var wall = _stamp + _wallOffsetNanoseconds;
        Keyspace.NowMs = wall / 1_000_000;
        _nextMillisecondAt = _stamp + 1_000_000 - wall % 1_000_000;
    }

    /// <summary>What came before, reading and parsing, is no call's time.</summary>
    public void BeginBatch()
    {
        _stamp = _clock.MonotonicNanoseconds;
        if (_turnBegan == 0) _turnBegan = _stamp;
    }

    /// <summary>The turn is over: nanoseconds since its first batch began, or since it had none and went on.</summary>
    public long EndTurn()
    {
        var nanoseconds = _clock.MonotonicNanoseconds - _turnBegan;
        _turnBegan = 0;
        return nanoseconds;
    }

    /// <summary>Runs the request that <see cref="Call.Begin"/> set. Its reply is written when this returns, unless the session is parked.</summary>
    public void Run(ref Call call)
    {
        var command = call.Command;
        if (command == Nothing || command.Handler is null || !command.AcceptsCount(call.Args.Count))
        {
            Rejections.Answer(ref call);
            return;
        }
        FreezeTime();
        if (((ClosedGates | call.Session.ClosedGates) != 0) && !PassesGates(ref call)) return;

        var dirty = Keyspace.Dirty;
        var changes = Keyspace.Changes;
        changes.BeginUnit();
        Keyspace.Access.IsStopped = call.Session.LeavesNoTrace;
        command.Handler(ref call);
        if (changes.Listening != 0) Propagate(ref call, Keyspace.Dirty != dirty);
        Count(ref call, command);
        if (Parking.HasReady) Parking.ServeReady();
        Keyspace.Allocator.ReleaseRetired();
    }

    private void Count(ref Call call, Command command)
    {
        var now = _clock.MonotonicNanoseconds;
        var duration = now - _stamp;
        _stamp = now;
        CallsProcessed++;
        var statistics = _statistics[command.Index];
        statistics.Calls++;
        statistics.Nanoseconds += duration;
        if (call.Failed) statistics.Failed++;
        if (TracksLatency) statistics.Latencies.Record(duration);
        if (duration >= SlowLog.ThresholdNanoseconds && !command.Has(CommandFlags.SkipSlowLog)) LogSlow(ref call, duration);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void LogSlow(ref Call call, long nanoseconds) => SlowLog.Add(in call, nanoseconds / 1000, Keyspace.NowMs / 1000);

    private static void Propagate(ref Call call, bool changed)
    {
        if (call.Propagation == Propagation.Replaced || (!changed && call.Propagation != Propagation.Always)) return;
        var changes = call.BeginEffect(call.Args.Count);
        for (var i = 0; i < call.Args.Count; i++) changes.Append(call.Args[i]);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool PassesGates(ref Call call)
    {
        var closed = ClosedGates | call.Session.ClosedGates;
        foreach (var gate in _gates)
        {
            if (gate is null || (closed & gate.Bit) == 0 || gate.Admits(ref call)) continue;
            if (call.Failed) _statistics[call.Command.Index].Rejected++;
            return false;
        }
        return true;
    }
}
