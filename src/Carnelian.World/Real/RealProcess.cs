using System.Buffers.Text;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Carnelian;

internal sealed class RealProcess : ProcessInformation
{
    private const int SIGSEGV = 11;

    /// <summary>Of /proc/self/statm: seven numbers.</summary>
    private const int StatusBytesMax = 256;

    private int _collections;
    private long _managedBytes;

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

    public override long ManagedBytesWithGarbage => GC.GetTotalMemory(forceFullCollection: false);

    public override void CollectYoungGarbage() => GC.Collect(0);

    public override long ManagedBytes
    {
        get
        {
            var collections = GC.CollectionCount(0);
            if (collections != _collections)
            {
                var heap = GC.GetGCMemoryInfo(GCKind.Any);
                _managedBytes = heap.HeapSizeBytes - heap.FragmentedBytes;
                _collections = collections;
            }
            return _managedBytes;
        }
    }

    /// <summary>On Linux from /proc, which costs microseconds; elsewhere as .NET has it.</summary>
    public override long ResidentBytes
    {
        get
        {
            if (!System.OperatingSystem.IsLinux()) return Environment.WorkingSet;
            // "total resident ...", in pages.
            using var file = File.OpenHandle("/proc/self/statm");
            Span<byte> text = stackalloc byte[StatusBytesMax];
            text = text[..RandomAccess.Read(file, text, 0)];
            Utf8Parser.TryParse(text[(text.IndexOf((byte)' ') + 1)..], out long pages, out _);
            return pages * Environment.SystemPageSize;
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
