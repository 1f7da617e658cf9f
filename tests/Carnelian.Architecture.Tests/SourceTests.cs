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

    [Test]
    public void No_test_sleeps_and_hopes()
    {
        var sleep = new Regex(@"\bThread\s*\.\s*Sleep\b|\bTask\s*\.\s*Delay\b|\bSpinWait\b");
        var offenders = Repository.Sources("tests")
            .SelectMany(path => sleep.Matches(Repository.Code(path)).Select(match => $"{Repository.Relative(path)}: {match.Value}"));
        Assert.That(offenders, Is.Empty, "wait for the event itself, with a deadline");
    }
}
