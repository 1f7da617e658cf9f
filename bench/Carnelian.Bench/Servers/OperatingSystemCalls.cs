using System.Runtime.InteropServices;

namespace Carnelian;

/// <summary>
/// The few Linux calls that .NET does not offer: another process's CPU clock, the CPU time of ended children, and the limit of open files.
/// </summary>
internal static class OperatingSystemCalls
{
    private const int ResourceOpenFiles = 7;
    private const int UsageOfChildren = -1;

    /// <summary>
    /// CPU nanoseconds used by all threads of a process, those that have ended included, by POSIX's process clock
    /// (clock_getcpuclockid). The scheduler counts it in nanoseconds; /proc/PID/stat shows the same sum in ticks of 10 ms.
    /// </summary>
    public static long CpuNanoseconds(int processId)
    {
        if (clock_getcpuclockid(processId, out var clock) != 0 || clock_gettime(clock, out var time) != 0)
            throw new MeasurementFailed($"process {processId} has no CPU clock: it has ended");
        return time.Seconds * 1_000_000_000 + time.Nanoseconds;
    }

    /// <summary>CPU seconds, user and system, of all children that have ended and been waited for.</summary>
    public static double CpuSecondsOfEndedChildren()
    {
        if (getrusage(UsageOfChildren, out var usage) != 0)
            throw new BenchStopped("getrusage failed");
        return usage.UserSeconds + usage.SystemSeconds + (usage.UserMicroseconds + usage.SystemMicroseconds) / 1e6;
    }

    /// <summary>Lets this process and the servers it starts hold so many descriptors; above the hard limit that takes root.</summary>
    public static void AllowOpenFiles(int count)
    {
        var wanted = (ulong)count;
        if (getrlimit(ResourceOpenFiles, out var limit) != 0)
            throw new BenchStopped("getrlimit failed");
        if (limit.Soft >= wanted)
            return;
        limit = new Limit { Soft = wanted, Hard = Math.Max(limit.Hard, wanted) };
        if (setrlimit(ResourceOpenFiles, in limit) != 0)
            throw new MeasurementFailed($"{count} open files are needed: raise the hard limit (ulimit -Hn)");
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Timespec
    {
        public long Seconds;
        public long Nanoseconds;
    }

    // struct rusage: two timevals, then 14 longs that are of no interest here.
    [StructLayout(LayoutKind.Sequential, Size = 144)]
    private struct Usage
    {
        public long UserSeconds;
        public long UserMicroseconds;
        public long SystemSeconds;
        public long SystemMicroseconds;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Limit
    {
        public ulong Soft;
        public ulong Hard;
    }

    [DllImport("libc")]
    private static extern int clock_getcpuclockid(int processId, out int clock);

    [DllImport("libc")]
    private static extern int clock_gettime(int clock, out Timespec time);

    [DllImport("libc")]
    private static extern int getrusage(int who, out Usage usage);

    [DllImport("libc")]
    private static extern int getrlimit(int resource, out Limit limit);

    [DllImport("libc")]
    private static extern int setrlimit(int resource, in Limit limit);
}
