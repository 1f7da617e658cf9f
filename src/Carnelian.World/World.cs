using System.Diagnostics.CodeAnalysis;

namespace Carnelian;

/// <summary>
/// The one seam to everything outside the process's own logic: clock, randomness, disk, network, background
/// workers and time budgets. <see cref="RealWorld"/> is the machine; <see cref="SimulatedWorld"/> replays a seed.
/// Owned by the server that runs in it and used by its command thread only, unless a member says otherwise.
/// </summary>
public abstract class World : IDisposable
{
    public abstract Clock Clock { get; }

    public abstract Randomness Randomness { get; }

    public abstract Disk Disk { get; }

    public abstract Network Network { get; }

    public abstract Workers Workers { get; }

    public virtual HandOvers HandOvers { get; } = new();

    /// <summary>What can be asked of the operating system about this process.</summary>
    public abstract ProcessInformation Process { get; }

    /// <summary>The process, as far as it is the server's own.</summary>
    public virtual HostProcess Host => field ??= new SharedProcess(this);

    /// <summary>What a cron job may spend before it gives the thread back. Real: time; simulated: a seeded number of steps.</summary>
    public abstract Budget StartBudget(long microseconds);

    /// <summary>
    /// Has somebody look at what the command thread does, again and again and on another thread, until what is returned is disposed of. Who looks must neither
    /// change anything nor throw. A world without other threads has nobody who could.
    /// </summary>
    public virtual IDisposable? Watch(int periodMs, Action look) => null;

    public abstract void Dispose();
}

/// <summary>The process as the operating system sees it, for INFO and the log.</summary>
public abstract class ProcessInformation
{
    public abstract int Id { get; }

    /// <summary>Name, release and architecture, as uname gives them.</summary>
    public abstract string OperatingSystem { get; }

    public abstract string MultiplexingApi { get; }

    /// <summary>Path of the program.</summary>
    public abstract string Executable { get; }

    /// <summary>The name by which the program was called: the first word of its command line.</summary>
    public abstract string CalledAs { get; }

    public abstract long ResidentBytes { get; }

    /// <summary>
    /// Bytes of objects in the .NET heap as of its last collection: what has come since is mostly dead already. 0 before the first one.
    /// </summary>
    public abstract long ManagedBytes { get; }

    /// <summary>As <see cref="ManagedBytes"/>, with what has died since.</summary>
    public abstract long ManagedBytesWithGarbage { get; }

    /// <summary>Collects what was made last, which takes little.</summary>
    public abstract void CollectYoungGarbage();

    public abstract (double User, double System) CpuSeconds { get; }

    /// <summary>Of the calling thread; of the whole process where the system does not tell them apart.</summary>
    public abstract (double User, double System) ThreadCpuSeconds { get; }

    /// <summary>Of processes that this one started and that have ended.</summary>
    public abstract (double User, double System) ChildCpuSeconds { get; }

    /// <summary>Memory that the machine has, or a container's limit where .NET knows one.</summary>
    public abstract long MachineBytes { get; }

    /// <summary>Gives back what the .NET heap holds and does not need. Slow: milliseconds.</summary>
    public abstract void ReleaseManagedMemory();

    /// <summary>Ends the process as a defect does: at once, by SIGABRT where there is such a thing, so that a core file can be written.</summary>
    [DoesNotReturn]
    public abstract void Abort();

    /// <summary>Ends the process at once with this status.</summary>
    [DoesNotReturn]
    public abstract void Exit(int status);

    /// <summary>Ends the process by a fault: it writes where it must not.</summary>
    /// <param name="report">Called before the process is gone; null: it dies silently.</param>
    [DoesNotReturn]
    public abstract void Fault(Action<Fault>? report);
}

/// <summary>A fault as the processor met it, as far as the system tells.</summary>
/// <param name="Code">The signal's si_code.</param>
/// <param name="Address">What was accessed.</param>
public sealed record Fault(int Signal, int Code, nint Address, (string Name, ulong Value)[] Registers, (ulong Address, ulong Value)[] Stack)
{
    public ulong Instruction => Array.Find(Registers, register => register.Name == "RIP").Value;
}

/// <summary>Time, in the two kinds that programs need.</summary>
public abstract class Clock
{
    /// <summary>Wall clock: microseconds since 1970-01-01 UTC. May jump.</summary>
    public abstract long UnixMicroseconds { get; }

    /// <summary>Nanoseconds since some fixed moment; never goes back. For durations. Any thread.</summary>
    public abstract long MonotonicNanoseconds { get; }

    /// <summary>Holds the calling thread, and so the whole server, for a while: DEBUG SLEEP.</summary>
    public abstract void Block(long microseconds);

    public long UnixMilliseconds => UnixMicroseconds / 1000;

    /// <summary>What clocks on the wall show at such a moment where the machine stands; UTC where there is no such place.</summary>
    public virtual DateTime LocalTime(long unixMilliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(unixMilliseconds).UtcDateTime;
}

/// <summary>The only source of chance.</summary>
public abstract class Randomness
{
    public abstract ulong Next();

    public abstract void Fill(Span<byte> destination);

    /// <summary>Uniform in [0, bound).</summary>
    public int Below(int bound)
    {
        Check.That(bound > 0);
        return (int)(((Next() >> 32) * (ulong)bound) >> 32);
    }
}

/// <summary>
/// A cron job's allowance. Ask <see cref="Spent"/> after every small step; it looks at the clock only every few calls.
/// </summary>
public struct Budget
{
    private const int StepsPerLook = 8;

    private readonly Clock? _clock;
    private readonly long _deadlineNanoseconds;
    private int _steps;

    /// <summary>Spent once the clock passes the deadline.</summary>
    public Budget(Clock clock, long deadlineNanoseconds)
    {
        _clock = clock;
        _deadlineNanoseconds = deadlineNanoseconds;
        _steps = StepsPerLook;
    }

    /// <summary>Spent after this many steps.</summary>
    public Budget(int steps) => _steps = steps;

    public bool Spent
    {
        get
        {
            if (--_steps > 0) return false;
            if (_clock is null) return true;
            _steps = StepsPerLook;
            return _clock.MonotonicNanoseconds >= _deadlineNanoseconds;
        }
    }
}

/// <summary>
/// Background work: a job runs on a worker thread, then reports on the command thread. Jobs of one
/// <see cref="WorkerQueue"/> run in the order in which they were posted, one at a time.
/// </summary>
public abstract class Workers
{
    public abstract void Post(WorkerQueue queue, WorkerJob job);

    /// <summary>Runs <see cref="WorkerJob.Completed"/> of what has finished; called by the command thread once a turn.</summary>
    public abstract void DeliverCompleted();

    /// <summary>Jobs posted whose <see cref="WorkerJob.Completed"/> has not yet run.</summary>
    public abstract int Pending { get; }
}

/// <summary>Kinds of background work, each served in order by a thread of its own (as Redis' bio threads).</summary>
public enum WorkerQueue
{
    CloseFile,
    SyncFile,
    Memory,
    Save,

    /// <summary>Writes and syncs of the append-only file.</summary>
    AppendOnly,

    /// <summary>May take as long as name servers do; whoever ends the world does not wait for it.</summary>
    NameLookup,
}

public abstract class WorkerJob
{
    /// <summary>On the worker thread. Must not touch the keyspace. Reports failure through fields, never by throwing.</summary>
    public abstract void Run();

    /// <summary>On the command thread, after <see cref="Run"/>.</summary>
    public virtual void Completed() { }
}
