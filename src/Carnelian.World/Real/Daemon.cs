using System.Globalization;

namespace Carnelian;

/// <summary>A process without a terminal.</summary>
public static class Daemon
{
    private const string Descriptors = "/proc/self/fd";

    /// <summary>Stops the process until somebody lets it go on (SIGSTOP): how upstart hears that it is ready.</summary>
    public static void StopSelf()
    {
        if (OperatingSystem.IsLinux()) _ = Libc.kill(Environment.ProcessId, Libc.SIGSTOP);
    }

    /// <summary>
    /// Leaves the session of the one who started the process and points standard input, output and error to nowhere, with the
    /// duplicates that .NET makes of them as it starts: who reads what the process writes must see its end.
    /// </summary>
    public static void Detach()
    {
        if (!OperatingSystem.IsLinux()) return;
        // Refused only to the leader of a group, which a process that was just started by another is not.
        _ = Libc.setsid();
        var nowhere = Libc.open("/dev/null", Libc.O_RDWR | Libc.O_CLOEXEC);
        if (nowhere < 0) return;
        string?[] standard = [TargetOf("0"), TargetOf("1"), TargetOf("2")];
        foreach (var link in Directory.GetFileSystemEntries(Descriptors))
        {
            var name = Path.GetFileName(link);
            if (standard.Contains(TargetOf(name))) _ = Libc.dup2(nowhere, int.Parse(name, CultureInfo.InvariantCulture));
        }
        if (nowhere > 2) _ = Libc.close(nowhere);
    }

    private static string? TargetOf(string descriptor) => new FileInfo(Path.Combine(Descriptors, descriptor)).LinkTarget;
}
