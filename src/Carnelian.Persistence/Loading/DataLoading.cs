using Microsoft.Extensions.Logging;

namespace Carnelian;

/// <summary>
/// The server reads its data from files and goes on answering meanwhile: requests that do not say that they may run are refused, and nothing expires. It is a gate.
/// Who begins a <see cref="Load"/> hears of its end.
/// </summary>
public sealed class DataLoading(World world, Executor executor, PersistenceOptions options, ILogger log) : Gate(Gates.Loading)
{
    public const string Refusal = "LOADING Redis is loading the dataset in memory";

    private const int CountPerStep = 64;
    private const long LogsEveryMs = 5000, MicrosecondsPerTurn = 1000;

    private Load? _load;
    private Action<Load>? _ended;
    private ExpiryPolicy _policyBefore;
    private long _dirtyBefore;
    private long _startedMs, _nextLogMs;

    public bool IsOn => _load is not null;

    /// <summary>Unix seconds at which the present one was begun.</summary>
    public long StartedSeconds { get; private set; }

    public long TotalBytes => _load?.TotalBytes ?? 0;

    public long LoadedBytes => _load?.LoadedBytes ?? 0;

    public long UsedMemory => _load?.UsedMemory ?? 0;

    public double Percent => TotalBytes > 0 ? LoadedBytes * 100.0 / TotalBytes : 0;

    /// <summary>How long it will go on, judged by how long it took so far.</summary>
    public long RemainingSeconds
    {
        get
        {
            var elapsed = world.Clock.UnixMilliseconds / 1000 - StartedSeconds;
            return elapsed == 0 ? 1 : elapsed * Math.Max(0, TotalBytes - LoadedBytes) / (LoadedBytes + 1);
        }
    }

    /// <summary>Of the latest RDB file.</summary>
    public long KeysLoaded { get; set; }

    /// <inheritdoc cref="KeysLoaded"/>
    public long KeysExpired { get; set; }

    private long MonotonicMs => world.Clock.MonotonicNanoseconds / 1_000_000;

    private Keyspace Keyspace => executor.Keyspace;

    /// <summary>Begins; <see cref="Run"/> goes on.</summary>
    /// <param name="ended">Called when it is over, before the load is disposed of.</param>
    public void Begin(Load load, Action<Load> ended)
    {
        Check.That(!IsOn);
        (_load, _ended) = (load, ended);
        StartedSeconds = world.Clock.UnixMilliseconds / 1000;
        _startedMs = MonotonicMs;
        _nextLogMs = _startedMs + LogsEveryMs;
        KeysLoaded = KeysExpired = 0;
        _dirtyBefore = Keyspace.Dirty;
        _policyBefore = Keyspace.DefaultPolicy;
        Keyspace.DefaultPolicy = ExpiryPolicy.Ignore;
        executor.ClosedGates |= Bit;
    }

    /// <summary>Works within a budget, between calls or in the midst of one that loads. False when it has to wait, for a delay that tests ask for.</summary>
    public bool Run(Budget budget)
    {
        while (_load is { } load)
        {
            if (!Admits(load)) return false;
            if (!load.ReadSome(options.KeyLoadDelayMicroseconds > 0 ? 1 : CountPerStep)) End(load);
            if (budget.Spent) break;
        }
        if (IsOn) LogProgress();
        return true;
    }

    /// <summary>Loads all within a call. Clients are told meanwhile that the server loads.</summary>
    public void RunWithin(ref Call call, Load load)
    {
        Begin(load, _ => { });
        while (true)
        {
            var works = Run(world.StartBudget(MicrosecondsPerTurn));
            // What came meanwhile and was not refused is run behind the call.
            if (!IsOn) return;
            if (!works) world.Clock.Block(MicrosecondsPerTurn);
            executor.TurnInside(ref call);
        }
    }

    /// <summary>Loads all, while nothing else happens.</summary>
    public void RunToEnd()
    {
        while (IsOn)
        {
            if (!Run(new Budget(int.MaxValue))) world.Clock.Block(options.KeyLoadDelayMicroseconds);
        }
    }

    private bool Admits(Load load) =>
        options.KeyLoadDelayMicroseconds <= 0 || (MonotonicMs - _startedMs) * 1000.0 >= (double)load.Count * options.KeyLoadDelayMicroseconds;

    private void LogProgress()
    {
        if (MonotonicMs < _nextLogMs) return;
        _nextLogMs = MonotonicMs + LogsEveryMs;
        log.LogInformation("Loading: {Percent}% of {Bytes} bytes", (long)Percent, TotalBytes);
    }

    private void End(Load load)
    {
        _load = null;
        Keyspace.DefaultPolicy = _policyBefore;
        Keyspace.Dirty = _dirtyBefore;
        // Functions of the file are made now, which may take long; or another file follows.
        _ended!(load);
        if (!IsOn) executor.ClosedGates &= ~Bit;
        load.Dispose();
    }

    /// <summary>The server ends.</summary>
    public void Abandon()
    {
        _load?.Dispose();
        _load = null;
    }

    public override GateAnswer Ask(ref Call call)
    {
        // A transaction or a script asks for its own: of a file's, or one that was asked itself.
        if (!call.MayBlock || MayRun(ref call)) return GateAnswer.Admitted;
        call.Fail(Refusal);
        return GateAnswer.Answered;
    }

    /// <summary>A transaction that was queued before may not, if it is about data.</summary>
    private static bool MayRun(ref Call call) =>
        call.Command.Has(CommandFlags.Loading) && (!call.Command.Has(CommandFlags.Commits) || (call.Flags & (CommandFlags.Write | CommandFlags.ReadOnly)) == 0);
}
