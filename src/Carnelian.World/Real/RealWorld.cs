using System.Diagnostics;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Carnelian;

/// <summary>The machine: its clocks, its chance, its disk, its network and threads for background work.</summary>
public sealed class RealWorld : World
{
    private readonly RealNetwork _network;
    private readonly RealWorkers _workers;

    /// <param name="engine">What serves outgoing connections and listeners that ask for the default.</param>
    /// <param name="ownsProcess">The process is the server's own, to be changed as it is configured.</param>
    public RealWorld(NetworkEngine engine = NetworkEngine.Default, bool ownsProcess = false)
    {
        Host = ownsProcess ? new OwnProcess() : new SharedProcess(this);
        _network = new RealNetwork(engine);
        _workers = new RealWorkers(_network);
    }

    /// <summary>The first word of the command line. Not .NET's: that one names the assembly, whatever name its program was started by.</summary>
    public static string CalledAs => OperatingSystem.IsLinux() ? File.ReadAllText("/proc/self/cmdline").Split('\0')[0] : Environment.GetCommandLineArgs()[0];

    public override Clock Clock { get; } = new RealClock();

    public override Randomness Randomness { get; } = new RealRandomness();

    public override Disk Disk { get; } = new RealDisk();

    public override Network Network => _network;

    public override Workers Workers => _workers;

    public override ProcessInformation Process { get; } = new RealProcess();

    public override HostProcess Host { get; }

    public override Budget StartBudget(long microseconds) => new(Clock, Clock.MonotonicNanoseconds + microseconds * 1000);

    public override IDisposable Watch(int periodMs, Action look) => new RealWatch(periodMs, look);

    /// <summary>Waits for the background jobs that were posted, then closes what is open.</summary>
    public override void Dispose()
    {
        _workers.Dispose();
        _network.Dispose();
    }
}

internal sealed class RealClock : Clock
{
    private const long MicrosecondsPerMillisecond = 1000, SleepMsMax = int.MaxValue - 1;

    private const long NanosecondsPerSecond = 1_000_000_000;

    public override long UnixMicroseconds => (DateTime.UtcNow.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    public override long MonotonicNanoseconds
    {
        get
        {
            var ticks = Stopwatch.GetTimestamp();
            if (Stopwatch.Frequency == NanosecondsPerSecond) return ticks;
            return (long)((Int128)ticks * NanosecondsPerSecond / Stopwatch.Frequency);
        }
    }

    /// <summary>
    /// The C library knows all that the variable TZ may say (IST-5:30; CET-1CEST,M3.5.0,M10.5.0/3), .NET only the names of zones.
    /// </summary>
    public override DateTime LocalTime(long unixMilliseconds)
    {
        if (OperatingSystem.IsLinux() && Libc.LocalTime(Math.DivRem(unixMilliseconds, 1000, out var milliseconds)) is { } time)
            return time.AddMilliseconds(milliseconds);
        return DateTimeOffset.FromUnixTimeMilliseconds(unixMilliseconds).LocalDateTime;
    }

    public override void Block(long microseconds)
    {
        var until = MonotonicNanoseconds + (Int128)microseconds * 1000;
        for (; MonotonicNanoseconds < until; microseconds = (long)((until - MonotonicNanoseconds) / 1000))
            Thread.Sleep((int)Math.Min(Math.Max(microseconds, 0) / MicrosecondsPerMillisecond, SleepMsMax));
    }
}

/// <summary>xoshiro256** (Blackman and Vigna, 2018), seeded by the operating system. What must not be guessed comes from the system itself.</summary>
internal sealed class RealRandomness : Randomness
{
    private ulong _a, _b, _c, _d;

    public RealRandomness()
    {
        Span<ulong> seed = stackalloc ulong[4];
        Fill(MemoryMarshal.AsBytes(seed));
        // The generator would stay at zero for ever if all of its state were zero.
        (_a, _b, _c, _d) = (seed[0] | 1, seed[1], seed[2], seed[3]);
    }

    public override ulong Next()
    {
        var result = BitOperations.RotateLeft(_b * 5, 7) * 9;
        var shifted = _b << 17;
        _c ^= _a;
        _d ^= _b;
        _b ^= _c;
        _a ^= _d;
        _c ^= shifted;
        _d = BitOperations.RotateLeft(_d, 45);
        return result;
    }

    /// <summary>On Linux from the kernel: .NET would load OpenSSL for it, which is not on every machine and takes 5 ms and 3.7 MB.</summary>
    public override void Fill(Span<byte> destination)
    {
        if (OperatingSystem.IsLinux()) Libc.FillRandom(destination);
        else RandomNumberGenerator.Fill(destination);
    }
}
