using System.Diagnostics;

namespace Carnelian.Tests;

/// <summary>
/// How long a test waits for another process or thread before it fails. Long, because only a failing test waits so long, and a loaded
/// machine must not make one fail; CARNELIAN_PATIENCE gives other seconds.
/// </summary>
internal static class Patience
{
    public static TimeSpan OfPrograms { get; } = TimeSpan.FromSeconds(TestSettings.Number("CARNELIAN_PATIENCE", 120));

    /// <summary>For what compiles or installs.</summary>
    public static TimeSpan OfBuilds { get; } = 5 * OfPrograms;

    /// <summary>Asks again and again until it is so.</summary>
    public static void Until(Func<bool> condition, string what)
    {
        for (var watch = Stopwatch.StartNew(); !condition(); Thread.Yield())
        {
            if (watch.Elapsed > OfPrograms) Assert.Fail($"not within {OfPrograms.TotalSeconds} s: {what}");
        }
    }
}
