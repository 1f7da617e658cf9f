using System.Numerics;
using System.Runtime.CompilerServices;

namespace Carnelian;

/// <summary>The flags of a call that runs a script.</summary>
public delegate CommandFlags ScriptFlagsReader(in Call call);

/// <summary>
/// The only way to run a command, whoever asks. Per call: checks name and arity, asks the gates, runs the handler at one frozen
/// moment, counts, and propagates. A handler may run calls of its own within its call: EXEC, a script. Moment, unit of change and the serving of ready
/// keys are the outermost call's. Each call releases what it retired, so who runs calls keeps no view and no scratch across one. Command thread only.
/// </summary>
public sealed class Executor
{
    private readonly CommandStatistics[] _statistics;
    private readonly Gate?[] _gates = new Gate?[32];
    private readonly Observer?[] _observers = new Observer?[32];
    private readonly EntryList _found = new();
    private readonly FieldList _foundFields = new();
    private CallClock _time;

    /// <summary>Calls that are running, each within the one before.</summary>
    private int _depth;

    /// <summary>The stamp at which the outermost of them began.</summary>
    private long _outermostBegan;

    public Executor(Keyspace keyspace, CommandTable commands, Clock clock)
    {
        Keyspace = keyspace;
        Commands = commands;
        _time = new(clock);
        Logs = new(clock, keyspace);
        _statistics = new CommandStatistics[commands.All[^1].Index + 1];
        for (var i = 0; i < _statistics.Length; i++) _statistics[i] = new();
        Nothing = commands.Nothing;
        BlockedClients = new(this);
        Transactions = new(this);
        BeginTurn();
        EndTurn();
    }

    public Keyspace Keyspace { get; }

    /// <summary>Replaced only before the first request: a client looks its command up before it is run.</summary>
    public CommandTable Commands { get; set; }

    public BlockedClients BlockedClients { get; }

    public Transactions Transactions { get; }

    public CommandLogs Logs { get; }

    public ErrorStatistics Errors { get; } = new();

    public Services Services { get; } = new();

    /// <summary>Stands for "no command" where one must be given.</summary>
    internal Command Nothing { get; }

    /// <summary>Gates that are closed for all sessions at present, and observers that look at the calls of all.</summary>
    public Gates ClosedGates { get; set; }

    /// <summary>By <see cref="Command.Index"/>.</summary>
    public ReadOnlySpan<CommandStatistics> Statistics => _statistics;

    /// <summary>Calls since the start or CONFIG RESETSTAT.</summary>
    public long CallsProcessed { get; set; }

    /// <summary>The longest string that commands may make: proto-max-bulk-len, bytes.</summary>
    public long StringBytesMax { get; set; } = 512L * 1024 * 1024;

    /// <summary>An empty list of keys for the use of one call, until it runs another within it.</summary>
    public EntryList BorrowFound()
    {
        _found.Clear();
        return _found;
    }

    /// <summary>As <see cref="BorrowFound"/>, for fields of a hash.</summary>
    public FieldList BorrowFoundFields()
    {
        _foundFields.Clear();
        return _foundFields;
    }

    /// <summary>Hashes of the keys of one call's next arguments; see <see cref="Call.FetchAhead"/>.</summary>
    internal (ulong Hash, int Slot)[] HashesAhead { get; } = new (ulong, int)[32];

    /// <summary>Raised whenever other hashes come to stand in <see cref="HashesAhead"/>: tells whose they are.</summary>
    internal int HashesAheadOf { get; set; }

    /// <summary>What turns the loop from within a long call, and may wait for so many milliseconds; see <see cref="TurnInside(int)"/>.</summary>
    public Action<int>? InnerTurn { get; set; }

    /// <summary>What the script of a call declares, in place of its command's flags.</summary>
    public ScriptFlagsReader? ScriptFlags { get; set; }

    /// <summary>A request has emptied all databases.</summary>
    public Action? AllFlushed { get; set; }

    /// <summary>latency-tracking.</summary>
    public bool TracksLatency { get; set; } = true;

    /// <summary>Milliseconds of the monotonic clock, as of the latest call or turn: for what is due after a span, whatever the wall clock does.</summary>
    public long MonotonicMs => _time.MonotonicMs;

    /// <summary>The moment at which the outermost call began, by the wall clock: for a script time stands still.</summary>
    public long UnixMicroseconds => _time.UnixMicroseconds(_outermostBegan);

    /// <summary>A call is running: what is asked for now runs within it.</summary>
    public bool IsWithinCall => _depth > 0;

    /// <summary>Installs a gate; it is asked while its bit is closed.</summary>
    public void AddGate(Gate gate) => _gates[BitOperations.Log2((uint)gate.Bit)] = gate;

    /// <summary>Installs an observer; it looks at calls while its bit is set among the closed gates.</summary>
    public void AddObserver(Observer observer) => _observers[BitOperations.Log2((uint)observer.Bit)] = observer;

    /// <summary>CONFIG RESETSTAT.</summary>
    public void ResetStatistics()
    {
        CallsProcessed = 0;
        Errors.Reset();
        foreach (var statistics in _statistics) statistics.Reset();
    }

    /// <summary>Looks at the wall clock, so that calls need the monotonic one only; a turn within the same millisecond does without.</summary>
    public void BeginTurn()
    {
        _time.BeginTurn(Keyspace, CallsProcessed);
        Keyspace.Author = Keyspace.Self;
    }

    /// <summary>What came before, reading and parsing, is no call's time.</summary>
    public void BeginBatch() => _time.BeginBatch();

    /// <summary>How long the turn took without waiting, nanoseconds.</summary>
    public long EndTurn() => _time.EndTurn();

    /// <summary>
    /// Runs the request that <see cref="Call.Begin"/> set, within another one if one is running. Its reply is written when this returns, unless the
    /// session is blocked.
    /// </summary>
    public void Run(ref Call call)
    {
        var command = call.Command;
        if (command == Nothing || command.Handler is null || !command.AcceptsCount(call.Args.Count))
        {
            Rejections.Answer(ref call);
            return;
        }
        if (_depth > 0)
        {
            RunWithin(ref call, command);
            return;
        }
        _time.Freeze(Keyspace);
        _outermostBegan = _time.Stamp;
        var watching = ClosedGates | call.Session.ClosedGates;
        if (watching != 0 && !Admits(ref call, watching)) return;

        var changes = Keyspace.Changes;
        changes.BeginUnit();
        var offset = changes.Offset;
        _depth = 1;
        Handle(ref call, command, _time.Stamp);
        _depth = 0;
        if (changes.Offset != offset) call.Client.LastWriteOffset = changes.Offset;
        if (watching >= Gates.FirstObserver) Observe(ref call, watching);
        if (BlockedClients.HasReady) BlockedClients.ServeReady();
        Keyspace.Allocator.ReleaseRetired();
    }

    /// <summary>
    /// Runs a request that repeats what was done once, from a file: no gate is asked, nothing is counted, and nobody looks on. It must not wait.
    /// </summary>
    public void Replay(ref Call call)
    {
        var command = call.Command;
        if (command == Nothing || command.Handler is null || !command.AcceptsCount(call.Args.Count))
        {
            Rejections.Answer(ref call);
            return;
        }
        var author = Keyspace.Author;
        Keyspace.Author = call.Session;
        _depth++;
        command.Handler(ref call);
        _depth--;
        Keyspace.Author = author;
        Keyspace.Allocator.ReleaseRetired();
    }

    /// <summary>A call within a call: its changes belong to the unit of the outermost, and it runs at the same moment.</summary>
    private void RunWithin(ref Call call, Command command)
    {
        var watching = ClosedGates | call.Session.ClosedGates;
        if (watching != 0 && !Admits(ref call, watching)) return;
        var changes = Keyspace.Changes;
        var author = Keyspace.Author;
        var heldUnit = changes.HoldsUnit;
        changes.HoldsUnit = true;
        var offset = changes.Offset;
        _found.Clear();
        _foundFields.Clear();
        _depth++;
        // A queued request begins where the one before it ended.
        Handle(ref call, command, call.IsAdmitted ? _time.Stamp : _time.Look());
        _depth--;
        changes.HoldsUnit = heldUnit;
        if (changes.Offset != offset) call.Client.LastWriteOffset = changes.Offset;
        Keyspace.Author = author;
        if (watching >= Gates.FirstObserver) Observe(ref call, watching);
        Keyspace.Allocator.ReleaseRetired();
    }

    private void Handle(ref Call call, Command command, long began)
    {
        var dirty = Keyspace.Dirty;
        var written = call.Reply.Written;
        Keyspace.Author = call.Session;
        command.Handler!(ref call);
        // A save within the call counts from 0 again: that is no change.
        if (Keyspace.Changes.Listening != 0) Propagate(ref call, Keyspace.Dirty > dirty);
        // A call that waits is counted when it is served.
        if (call.Session.Blocked is null) Count(ref call, command, began, call.Reply.Written - written);
    }

    private void Count(ref Call call, Command command, long began, long replyBytes)
    {
        var duration = _time.EndCall(began);
        (call.Nanoseconds, call.ReplyBytes) = (duration, replyBytes);
        CallsProcessed++;
        var statistics = _statistics[command.Index];
        statistics.Calls++;
        statistics.Nanoseconds += duration;
        statistics.Failed += call.CountedFailures + (call.Failed ? 1 : 0);
        if (TracksLatency) statistics.Latencies.Record(duration);
        Logs.Note(ref call, command, duration, replyBytes);
    }

    /// <summary>A call that waited has been answered without being run again.</summary>
    internal void CountUnblocked(ref Call call) => Count(ref call, call.Command, _time.Look(), call.Reply.Written);

    private static void Propagate(ref Call call, bool changed)
    {
        if (call.Propagation == Propagation.Replaced || (!changed && call.Propagation == Propagation.WhenChanged)) return;
        var targets = call.Session.Targets & (call.Propagation == Propagation.ToReplicas ? ChangeTargets.Replicas : ChangeTargets.All);
        var changes = call.Keyspace.Changes;
        if ((changes.Listening & targets) == ChangeTargets.None) return;
        changes.Begin(targets, call.Database.Number, call.Args.Count);
        for (var i = 0; i < call.Args.Count; i++) changes.Append(call.Args[i]);
    }

    /// <summary>Asks the gates that are closed, then shows the call to those who look.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool Admits(ref Call call, Gates watching)
    {
        call.EndsTransaction = call.Command.Has(CommandFlags.Commits);
        for (var bits = call.IsAdmitted ? 0 : (uint)(watching & (Gates.FirstObserver - 1)); bits != 0; bits &= bits - 1)
        {
            if (_gates[BitOperations.TrailingZeroCount(bits)] is not { } gate) continue;
            var answer = gate.Ask(ref call);
            if (answer == GateAnswer.Admitted) continue;
            if (answer == GateAnswer.Later) BlockedClients.Postpone(ref call, gate.Bit);
            else if (call.Failed) Rejected(ref call);
            return false;
        }
        call.EndsTransaction = false;
        for (var bits = (uint)watching & ~((uint)Gates.FirstObserver - 1); bits != 0; bits &= bits - 1)
            _observers[BitOperations.TrailingZeroCount(bits)]?.OnCalling(ref call);
        return true;
    }

    /// <summary>A request was refused: counts it, and spoils the transaction that it belongs to or, as its EXEC, ends it.</summary>
    internal void Rejected(ref Call call)
    {
        if (call.Command != Nothing) _statistics[call.Command.Index].Rejected++;
        if (call.EndsTransaction) RefuseCommit(ref call);
        else if (call.Session.Transaction is { IsOpen: true } transaction) transaction.IsSpoiled = true;
        call.EndsTransaction = false;
    }

    private void RefuseCommit(ref Call call)
    {
        Transactions.Discard(call.Session);
        for (var bits = (uint)(ClosedGates | call.Session.ClosedGates) & ~((uint)Gates.FirstObserver - 1); bits != 0; bits &= bits - 1)
            _observers[BitOperations.TrailingZeroCount(bits)]?.OnCommitRefused(ref call);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Observe(ref Call call, Gates watching)
    {
        for (var bits = (uint)watching & ~((uint)Gates.FirstObserver - 1); bits != 0; bits &= bits - 1)
            _observers[BitOperations.TrailingZeroCount(bits)]?.OnCalled(ref call);
    }

    /// <summary>
    /// Turns the loop once from within a call that lasts long: others are received, asked by the gates and answered, what was changed before the call is
    /// delivered. Nothing expires, is moved, saved or goes on after waiting; time stands still for all that runs, but not the monotonic clock. The caller keeps
    /// no view across it.
    /// </summary>
    public void TurnInside(scoped ref Call call)
    {
        Check.That(_depth > 0);
        // Output that was sent meanwhile takes its memory with it, and room that is reserved in it.
        call.Reply.Flush();
        TurnInside();
    }

    /// <summary>As <see cref="TurnInside(ref Call)"/>, for who has flushed the reply already and has no hold of the call: a script.</summary>
    /// <param name="waitMs">For how long it may wait until somebody is ready.</param>
    public void TurnInside(int waitMs = 0)
    {
        Check.That(_depth > 0);
        _time.Look();
        InnerTurn?.Invoke(waitMs);
    }
}
