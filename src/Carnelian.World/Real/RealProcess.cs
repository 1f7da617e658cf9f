using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Carnelian;

internal sealed class RealProcess : ProcessInformation
{
    private const int SIGSEGV = 11;

    public override int Id => Environment.ProcessId;

    public override string OperatingSystem { get; } = System.OperatingSystem.IsLinux()
        ? $"{KernelName("ostype")} {KernelName("osrelease")} {Machine}"
        : $"{RuntimeInformation.OSDescription} {Machine}";

    private static string Machine => RuntimeInformation.OSArchitecture switch
    {
        Architecture.X64 => "x86_64",
        Architecture.Arm64 => "aarch64",
        var other => other.ToString().ToLowerInvariant(),
    };

    private static string KernelName(string file) => File.ReadAllText("/proc/sys/kernel/" + file).TrimEnd();

    public override string MultiplexingApi => System.OperatingSystem.IsLinux() ? "epoll" : ".NET sockets";

    public override string Executable => Environment.ProcessPath ?? "";

    // Read once: the title changes it.
    public override string CalledAs { get; } = RealWorld.CalledAs;

    public override long ManagedBytes => GC.GetTotalMemory(forceFullCollection: false);

    /// <summary>On Linux from /proc, which costs microseconds; elsewhere as .NET has it.</summary>
    public override long ResidentBytes
    {
        get
        {
            if (!System.OperatingSystem.IsLinux()) return Environment.WorkingSet;
            var fields = File.ReadAllText("/proc/self/statm").Split(' ');
            return long.Parse(fields[1], CultureInfo.InvariantCulture) * Environment.SystemPageSize;
        }
    }

    public override (double User, double System) CpuSeconds => System.OperatingSystem.IsLinux() ? Libc.CpuSeconds(Libc.RUSAGE_SELF) : ProcessSeconds();

    public override (double User, double System) ThreadCpuSeconds => System.OperatingSystem.IsLinux() ? Libc.CpuSeconds(Libc.RUSAGE_THREAD) : ProcessSeconds();

    public override (double User, double System) ChildCpuSeconds => System.OperatingSystem.IsLinux() ? Libc.CpuSeconds(Libc.RUSAGE_CHILDREN) : (0, 0);

    public override long MachineBytes => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    private static (double User, double System) ProcessSeconds()
    {
        using var process = Process.GetCurrentProcess();
        return (process.UserProcessorTime.TotalSeconds, process.PrivilegedProcessorTime.TotalSeconds);
    }

    public override void ReleaseManagedMemory() => GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);

    [DoesNotReturn]
    public override void Abort()
    {
        if (!System.OperatingSystem.IsWindows()) FaultSignal.Abort();
        Environment.FailFast(null);
    }

    [DoesNotReturn]
    public override void Exit(int status) => Environment.Exit(status);

    [DoesNotReturn]
    public override void Fault(Action<Fault>? report)
    {
        if (FaultSignal.IsSupported) FaultSignal.Raise(report);
        report?.Invoke(new Fault(SIGSEGV, 0, 0, [], []));
        Abort();
    }
}
