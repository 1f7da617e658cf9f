using System.Globalization;
using System.Runtime.CompilerServices;

namespace Carnelian;

/// <summary>The process of a server program, on Linux by the C library and /proc; elsewhere it is left as it is.</summary>
internal sealed class OwnProcess : HostProcess
{
    private const string OomScoreFile = "/proc/self/oom_score_adj", FilesDirectory = "/proc/self/fd";

    /// <summary>Each library that is loaded when it is first used takes two files; a native executable has none. Measured: 16 come while a server starts and serves.</summary>
    private const int LibraryFilesToCome = 32;

    private ProcessTitleArea? _title;

    public override DiskResult<string> EnterDirectory(string path)
    {
        try
        {
            // Not for the change itself: .NET would say in its own words what is wrong with the path.
            if (OperatingSystem.IsLinux() && Libc.chdir(path) != 0) return new(null, new(Libc.ErrorText(Libc.Errno)));
            if (!OperatingSystem.IsLinux()) Directory.SetCurrentDirectory(path);
            return new(Directory.GetCurrentDirectory(), DiskStatus.Success);
        }
        catch (Exception e) when (DiskTrouble.Is(e))
        {
            return new(null, DiskTrouble.StatusOf(e));
        }
    }

    public override DiskResult<int> ReadOomScore()
    {
        try
        {
            return new(int.Parse(File.ReadAllText(OomScoreFile), CultureInfo.InvariantCulture), DiskStatus.Success);
        }
        catch (Exception e) when (DiskTrouble.Is(e))
        {
            return new(0, DiskTrouble.StatusOf(e));
        }
    }

    public override DiskStatus WriteOomScore(int value) => DiskTrouble.Guard(value, static v =>
    {
        using var handle = File.OpenHandle(OomScoreFile, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        RandomAccess.Write(handle, System.Text.Encoding.ASCII.GetBytes(v.ToString(CultureInfo.InvariantCulture) + "\n"), 0);
    });

    public override void SetTitle(string title)
    {
        if (!OperatingSystem.IsLinux()) return;
        _title ??= new ProcessTitleArea();
        _title.Write(title);
    }

    public override bool SetCollation(string locale) => !OperatingSystem.IsLinux() || Libc.setlocale(Libc.LC_COLLATE, locale) != 0;

    public override int CountOwnFiles()
    {
        if (!OperatingSystem.IsLinux() || Libc.getrlimit(Libc.RLIMIT_NOFILE, out var limit) != 0) return 0;
        return CountOpen((int)Math.Min(limit.Current, int.MaxValue)) + (RuntimeFeature.IsDynamicCodeCompiled ? LibraryFilesToCome : 0);
    }

    private static int CountOpen(int limit)
    {
        try
        {
            // The list has the one that it is read by.
            return Directory.GetFileSystemEntries(FilesDirectory).Length - 1;
        }
        catch (Exception e) when (DiskTrouble.Is(e))
        {
            // All are taken, even that one.
            return limit;
        }
    }

    public override OpenFilesLimit RaiseOpenFiles(long wanted)
    {
        if (!OperatingSystem.IsLinux() || Libc.getrlimit(Libc.RLIMIT_NOFILE, out var limit) != 0) return new(wanted, wanted, null);
        var before = (long)Math.Min(limit.Current, long.MaxValue);
        if (before >= wanted) return new(before, before, null);
        if (TrySetOpenFiles((ulong)wanted, Math.Max((ulong)wanted, limit.Maximum)) is not { } error) return new(before, wanted, null);
        // Without privileges up to the hard limit.
        var most = Math.Min((ulong)wanted, limit.Maximum);
        return most > limit.Current && TrySetOpenFiles(most, limit.Maximum) is null ? new(before, (long)most, error) : new(before, before, error);
    }

    private static string? TrySetOpenFiles(ulong current, ulong maximum)
    {
        var limit = new Libc.ResourceLimit { Current = current, Maximum = maximum };
        return Libc.setrlimit(Libc.RLIMIT_NOFILE, in limit) == 0 ? null : Libc.ErrorText(Libc.Errno);
    }
}
