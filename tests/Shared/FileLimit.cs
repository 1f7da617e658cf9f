using System.Runtime.InteropServices;

namespace Carnelian.Tests;

/// <summary>How many files this process may have open (Linux: RLIMIT_NOFILE), and the most it may ask for.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FileLimit
{
    private const int Resource = 7;

    public ulong Current, Maximum;

    public static FileLimit Get()
    {
        Assert.That(getrlimit(Resource, out var limit), Is.Zero);
        return limit;
    }

    public static void Set(FileLimit limit) => Assert.That(setrlimit(Resource, limit), Is.Zero);

    [DllImport("libc")]
    private static extern int getrlimit(int resource, out FileLimit limit);

    [DllImport("libc")]
    private static extern int setrlimit(int resource, in FileLimit limit);
}
