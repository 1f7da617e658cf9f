using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace Carnelian;

/// <summary>
/// A machine that exists only in memory and repeats exactly from its seed. Alone, a turn of its network moves time to
/// what happens next; together with others in one <see cref="Simulation"/>, who drives the simulation moves time.
/// One thing happens at a time: jobs run when time passes, and where the disk takes time they stop halfway while other things happen.
/// </summary>
public sealed class SimulatedWorld : World
{
    private readonly SimulatedClock _clock;
    private readonly SimulatedWorkers _workers;
    private readonly SimulatedNetwork _network;
    private readonly SimulatedHandOvers _handOvers;

    public SimulatedWorld(ulong seed) : this(new Simulation(seed), IPAddress.Loopback, movesTime: true)
    {
    }

    /// <summary>One of several machines. Time moves by <see cref="Simulation.Advance"/> and <see cref="Simulation.RunNext"/>.</summary>
    public SimulatedWorld(Simulation simulation, IPAddress address) : this(simulation, address, movesTime: false)
    {
    }

    private SimulatedWorld(Simulation simulation, IPAddress address, bool movesTime)
    {
        Simulation = simulation;
        Address = address;
        _clock = new SimulatedClock(simulation);
        Randomness = new SimulatedRandomness(simulation.Chance.Next());
        Disk = new SimulatedDisk(this);
        _network = new SimulatedNetwork(this, movesTime);
        _workers = new SimulatedWorkers(this);
        _handOvers = new SimulatedHandOvers(this);
    }

    public Simulation Simulation { get; }

    /// <summary>Where others reach what listens on all addresses here.</summary>
    public IPAddress Address { get; }

    public override Clock Clock => _clock;

    public override Randomness Randomness { get; }

    public override SimulatedDisk Disk { get; }

    public override SimulatedNetwork Network => _network;

    public override Workers Workers => _workers;

    public override HandOvers HandOvers => _handOvers;

    /// <summary>The worker whose job runs at this moment; null: the command thread's own work does.</summary>
    internal SimulatedWorker? RunningWorker => _workers.Running;

    public override ProcessInformation Process { get; } = new SimulatedProcess();

    public override Budget StartBudget(long microseconds) => new(Simulation.Draw(1, Simulation.Conditions.BudgetStepsMax));

    /// <summary>How far this machine's wall clock is from true time. Changing it makes the clock jump.</summary>
    public long ClockSkewMicroseconds
    {
        get => _clock.SkewMicroseconds;
        set => _clock.SkewMicroseconds = value;
    }

    public override IDisposable Watch(int periodMs, Action look)
    {
        var watch = new SimulatedWatch(_clock.Watches, periodMs, look);
        _clock.Watches.Add(watch);
        return watch;
    }

    public void Advance(long milliseconds) => Simulation.Advance(milliseconds);

    /// <summary>
    /// The power fails: what the disk had not synced may be lost or torn, jobs are forgotten, peers find their
    /// connections reset. What ran here must not be used again; a new server may be started in the same world.
    /// </summary>
    public void Crash()
    {
        Kill();
        Disk.Crash();
    }

    /// <summary>The process dies and the machine goes on: like <see cref="Crash"/>, but the disk loses nothing.</summary>
    public void Kill()
    {
        // First: a job that is in the midst of its work must not change the disk any more.
        Disk.CloseAll();
        _workers.Forget();
        _handOvers.Forget();
        _network.ResetAll();
    }

    public override void Dispose()
    {
        Kill();
        _workers.EndThreads();
    }
}

/// <summary>A process that is the same on every machine and at every time.</summary>
internal sealed class SimulatedProcess : ProcessInformation
{
    public override int Id => 1;

    public override string OperatingSystem => "Simulation";

    public override string MultiplexingApi => "simulated";

    public override string CalledAs => "carnelian";

    public override string Executable => "";

    public override long ResidentBytes => 0;

    public override long ManagedBytes => 0;

    public override long ManagedBytesWithGarbage => 0;

    public override void CollectYoungGarbage()
    {
    }

    public override (double User, double System) CpuSeconds => (0, 0);

    public override (double User, double System) ThreadCpuSeconds => (0, 0);

    public override (double User, double System) ChildCpuSeconds => (0, 0);

    public override long MachineBytes => 1L << 40;

    public override void ReleaseManagedMemory()
    {
    }

    [DoesNotReturn]
    public override void Abort() => throw new ProcessEndedException("SIGABRT");

    [DoesNotReturn]
    public override void Exit(int status) => throw new ProcessEndedException($"status {status}");

    [DoesNotReturn]
    public override void Fault(Action<Fault>? report)
    {
        report?.Invoke(new Fault(11, 2, 0x1000, [("RIP", 0x2000)], [(0x3000, 0x4000)]));
        throw new ProcessEndedException("SIGSEGV");
    }
}

/// <summary>A simulated process has ended itself; what ran in it must not be used again.</summary>
/// <param name="by">A signal, or "status 1".</param>
public sealed class ProcessEndedException(string by) : Exception($"the simulated process ended by {by}")
{
    public string By { get; } = by;
}

internal sealed class SimulatedClock(Simulation simulation) : Clock
{
    /// <summary>2026-01-01 00:00 UTC: some moment must be the first.</summary>
    private const long StartUnixMicroseconds = 1_767_225_600_000_000;

    public long SkewMicroseconds { get; set; }

    public List<SimulatedWatch> Watches { get; } = [];

    public override long UnixMicroseconds => StartUnixMicroseconds + SkewMicroseconds + simulation.NowNanoseconds / 1000;

    public override long MonotonicNanoseconds => simulation.NowNanoseconds;

    /// <summary>Time moves; what falls due meanwhile happens afterwards, and late.</summary>
    public override void Block(long microseconds)
    {
        var until = simulation.NowNanoseconds + microseconds * 1000;
        foreach (var watch in Watches) watch.LookUntil(simulation, until);
        simulation.MoveTo(until);
    }
}
