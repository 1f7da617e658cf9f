using System.Runtime.CompilerServices;

namespace Carnelian;

/// <summary>
/// The only way to run a command, whoever asks. Per call: checks name and arity, asks the gates, runs the handler at one frozen
/// moment, counts, and propagates. Command thread only.
/// </summary>
public sealed class Executor
{
    private readonly CommandStatistics[] _statistics;
    private readonly Gate?[] _gates = new Gate?[32];
    private readonly EntryList _found = new();
    private CallClock _time;

    public Executor(Keyspace keyspace, CommandTable commands, Clock clock)
    {
        Keyspace = keyspace;
        Commands = commands;
        _time = new(clock);
        _statistics = new CommandStatistics[commands.All[^1].Index + 1];
        for (var i = 0; i < _statistics.Length; i++) _statistics[i] = new();
        Nothing = commands.Nothing;
        BlockedClients = new(this);
        BeginTurn();
        EndTurn();
    }

    public Keyspace Keyspace { get; }

    /// <summary>Replaced only before the first request: a client looks its command up before it is run.</summary>
    public CommandTable Commands { get; set; }

    public BlockedClients BlockedClients { get; }

    public SlowLog SlowLog { get; } = new();

    public ErrorStatistics Errors { get; } = new();

    public Services Services { get; } = new();

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

    /// <summary>An empty list of keys for the use of one call, and the same for the next.</summary>
    internal EntryList BorrowFound()
    {
        _found.Clear();
        return _found;
    }

    /// <summary>Hashes of the keys of one call's next arguments; see <see cref="Call.FetchAhead"/>.</summary>
    internal (ulong Hash, int Slot)[] HashesAhead { get; } = new (ulong, int)[32];

    /// <summary>latency-tracking.</summary>
    public bool TracksLatency { get; set; } = true;

    /// <summary>Milliseconds of the monotonic clock, as of the latest call or turn: for what is due after a span, whatever the wall clock does.</summary>
    public long MonotonicMs => _time.MonotonicMs;

    /// <summary>Installs a gate; it is asked while its bit is closed.</summary>
    public void AddGate(Gate gate) => _gates[System.Numerics.BitOperations.Log2((uint)gate.Bit)] = gate;

    /// <summary>CONFIG RESETSTAT.</summary>
    public void ResetStatistics()
    {
        CallsProcessed = 0;
        Errors.Reset();
        foreach (var statistics in _statistics) statistics.Reset();
    }

    /// <summary>Looks at the wall clock, so that calls need the monotonic one only; a turn within the same millisecond does without.</summary>
    public void BeginTurn() => _time.BeginTurn(Keyspace, CallsProcessed);

    /// <summary>What came before, reading and parsing, is no call's time.</summary>
    public void BeginBatch() => _time.BeginBatch();

    /// <summary>How long the turn took without waiting, nanoseconds.</summary>
    public long EndTurn() => _time.EndTurn();

    /// <summary>Runs the request that <see cref="Call.Begin"/> set. Its reply is written when this returns, unless the session is blocked.</summary>
    public void Run(ref Call call)
    {
        var command = call.Command;
        if (command == Nothing || command.Handler is null || !command.AcceptsCount(call.Args.Count))
        {
            Rejections.Answer(ref call);
            return;
        }
        _time.Freeze(Keyspace);
        if (((ClosedGates | call.Session.ClosedGates) != 0) && !PassesGates(ref call)) return;

        var dirty = Keyspace.Dirty;
        var changes = Keyspace.Changes;
        changes.BeginUnit();
        Keyspace.Access.IsStopped = call.Session.LeavesNoTrace;
        command.Handler(ref call);
        if (changes.Listening != 0) Propagate(ref call, Keyspace.Dirty != dirty);
        Count(ref call, command);
        if (BlockedClients.HasReady) BlockedClients.ServeReady();
        Keyspace.Allocator.ReleaseRetired();
    }

    private void Count(ref Call call, Command command)
    {
        var duration = _time.EndCall();
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
