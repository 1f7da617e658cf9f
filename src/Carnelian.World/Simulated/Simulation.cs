using System.Net;

namespace Carnelian;

/// <summary>
/// One thread of time for all machines that are simulated together: a schedule of what will happen, chance from a seed
/// and the network between them. Equal times run in the order in which they were planned, so a run repeats exactly.
/// </summary>
/// <param name="seed">Decides everything that is left to chance.</param>
public sealed class Simulation(ulong seed)
{
    private const long NanosecondsPerMicrosecond = 1000, NanosecondsPerMillisecond = 1_000_000;

    private readonly PriorityQueue<Action, (long Time, long Order)> _schedule = new();
    private long _planned;

    /// <summary>Nanoseconds since the simulation began.</summary>
    public long NowNanoseconds { get; private set; }

    /// <summary>What decides delays, sizes and faults; apart from what programs draw, so that neither disturbs the other.</summary>
    public Randomness Chance { get; } = new SimulatedRandomness(seed);

    public SimulatedConditions Conditions { get; } = new();

    /// <summary>A hash over everything that has happened: equal for equal runs.</summary>
    public ulong Trace { get; private set; }

    /// <summary>What <see cref="Network.Resolve"/> finds beside literal addresses.</summary>
    public Dictionary<string, IPAddress[]> HostNames { get; } = [];

    internal List<SimulatedListener> Listeners { get; } = [];

    internal SimulatedPartitions Partitions { get; } = new();

    /// <summary>Runs an action at a later moment. Actions must not throw.</summary>
    public void After(long microseconds, Action action)
    {
        Check.That(microseconds >= 0);
        _schedule.Enqueue(action, (NowNanoseconds + microseconds * NanosecondsPerMicrosecond, _planned++));
    }

    /// <summary>Moves time forward and runs all that falls due meanwhile.</summary>
    public void Advance(long milliseconds)
    {
        var until = NowNanoseconds + milliseconds * NanosecondsPerMillisecond;
        while (RunNext(until)) { }
        NowNanoseconds = until;
    }

    /// <summary>Moves time to the next thing planned and runs it, if it falls due by a moment.</summary>
    /// <returns>False when nothing does; time stands still then.</returns>
    public bool RunNext(long untilNanoseconds = long.MaxValue)
    {
        if (!_schedule.TryPeek(out _, out var due) || due.Time > untilNanoseconds) return false;
        var action = _schedule.Dequeue();
        MoveTo(due.Time);
        Note((ulong)due.Time);
        Note((ulong)due.Order);
        action();
        return true;
    }

    internal void MoveTo(long nanoseconds) => NowNanoseconds = Math.Max(NowNanoseconds, nanoseconds);

    /// <summary>Adds to the trace, so that a difference between two runs cannot hide.</summary>
    public void Note(ulong fact) => Trace = SimulatedRandomness.Mix(Trace ^ fact);

    /// <summary>How long something takes on the way, in microseconds.</summary>
    internal long DrawDelay() => Draw(Conditions.DelayMicrosecondsMin, Conditions.DelayMicrosecondsMax);

    internal int Draw(int min, int max) => min + Chance.Below(max - min + 1);

    internal bool Happens(int perMillion) => perMillion > 0 && Chance.Below(1_000_000) < perMillion;

    /// <summary>From now on nothing passes between two machines; what was sent waits, as TCP would send it again.</summary>
    public void Separate(SimulatedWorld one, SimulatedWorld other) => Partitions.Add(one, other);

    /// <summary>Ends all separations.</summary>
    public void Reunite() => Partitions.Clear();
}

/// <summary>How kind the simulated world is. May be changed at any time; holds for what comes after.</summary>
public sealed class SimulatedConditions
{
    public int DelayMicrosecondsMin { get; set; } = 10;

    public int DelayMicrosecondsMax { get; set; } = 500;

    /// <summary>What a new connection holds in each direction between sending and receiving.</summary>
    public int PipeBytesMin { get; set; } = 512;

    public int PipeBytesMax { get; set; } = 64 * 1024;

    /// <summary>How often a send or a receive moves only a part of what it could.</summary>
    public int ShortTransfersPerMillion { get; set; } = 250_000;

    /// <summary>How often a segment on its way brings a reset to both ends instead.</summary>
    public int ResetsPerMillion { get; set; }

    /// <summary>How often a segment is the last that gets through: the connection falls silent and neither end is told.</summary>
    public int SilencesPerMillion { get; set; }

    /// <summary>How long a job waits and how long it takes.</summary>
    public int JobMicrosecondsMax { get; set; } = 5000;

    /// <summary>How long what a lane and the command thread hand to each other is under way. 0: the lane runs on the command thread.</summary>
    public int HandOverMicrosecondsMax { get; set; }

    /// <summary>The largest budget of a cron job, in steps.</summary>
    public int BudgetStepsMax { get; set; } = 64;
}

/// <summary>Pairs of machines that cannot reach each other.</summary>
internal sealed class SimulatedPartitions
{
    private readonly List<(SimulatedWorld, SimulatedWorld)> _pairs = [];

    public void Add(SimulatedWorld one, SimulatedWorld other) => _pairs.Add((one, other));

    public void Clear() => _pairs.Clear();

    public bool Separate(SimulatedWorld? one, SimulatedWorld? other)
    {
        foreach (var (a, b) in _pairs)
            if (a == one && b == other || a == other && b == one) return true;
        return false;
    }
}

/// <summary>SplitMix64 (Steele, Lea and Flood, 2014): one word of state, made in a moment.</summary>
public sealed class SimulatedRandomness(ulong seed) : Randomness
{
    private ulong _state = seed;

    public override ulong Next() => Mix(_state += 0x9E3779B97F4A7C15);

    public override void Fill(Span<byte> destination)
    {
        foreach (ref var b in destination) b = (byte)Next();
    }

    internal static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
