using System.Text.RegularExpressions;

namespace Carnelian.Tests;

/// <summary>Habits that can be seen in the sources.</summary>
public class SourceTests
{
    private const int LinesMax = 800;

    [Test]
    public void No_source_file_outgrows_a_head()
    {
        var offenders = Repository.Sources("src")
            .Select(path => (Path: Repository.Relative(path), Lines: File.ReadLines(path).Count()))
            .Where(file => file.Lines > LinesMax);
        Assert.That(offenders, Is.Empty, $"one idea fits in {LinesMax} lines");
    }

    /// <summary>Where time has to pass for others, or ends by itself.</summary>
    private static readonly Dictionary<string, string> _waits = new()
    {
        ["Shared/Patience.cs: Thread.Yield"] = "the loop with the deadline",
        ["Shared/TestThread.cs: new Thread("] = "the thread that keeps its failure",
        ["Shared/TestSettings.cs: new Thread("] = "lasts as long as so many seeds take",
    };

    [Test]
    public void No_test_sleeps_and_hopes()
    {
        // Sleeping by its names, waiting in vain for so many milliseconds, and bare threads.
        var sleep = new Regex(@"\bThread\.(Sleep|Yield)\b|\bTask\.Delay\b|\bSpinWait\b|\.(Wait|Join|WaitOne)\((\d|\w+Ms\b)|\bnew Thread\(");
        var found = Repository.Sources("tests")
            .SelectMany(path => sleep.Matches(Repository.Code(path)).Select(match => $"{Repository.Relative(path)["tests/".Length..]}: {match.Value}"));
        Assert.That(found.Distinct(), Is.EquivalentTo(_waits.Keys), "wait for the event itself, with a deadline (Patience, TestThread)");
    }
}
