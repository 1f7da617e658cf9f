using System.Text;

namespace Carnelian.Tests;

/// <summary>
/// Sources with the results that the references gave: lua5.1 (PUC 5.1.5) for language, errors and libraries, redis-server 8.0.6 for what Redis adds. Each line is
/// run by show.lua, there and here.
/// </summary>
public class RecordedTests
{
    private static string Folder => SourceTree.PathOf("tests/Carnelian.Lua.Tests/Recorded");

    private static IEnumerable<TestCaseData> Cases()
    {
        foreach (var file in new[] { "language", "errors", "libraries", "redis" })
        {
            var subject = "";
            var source = "";
            var number = 0;
            foreach (var line in File.ReadLines(Path.Combine(Folder, file + ".txt"), Encoding.Latin1))
            {
                number++;
                if (line.StartsWith("--> ")) yield return new TestCaseData(source, line[4..]).SetName($"{file}: {subject} (line {number - 1})");
                else if (line.StartsWith("-- ")) subject = line[3..];
                else source = line;
            }
        }
    }

    [TestCaseSource(nameof(Cases))]
    public void A_source_gives_the_recorded_result(string source, string expected)
    {
        var machine = Machines.Make();
        Assert.That(Show.Result(machine, source), Is.EqualTo(expected), source);
        Assert.That(machine.HostLevels, Is.Zero);
        machine = Machines.Make();
        machine.Memory.MeasureEvery(0);
        Assert.That(Show.Result(machine, source), Is.EqualTo(expected), "while memory is always measured");
    }
}

/// <summary>Runs show.lua over a source.</summary>
internal static class Show
{
    private static readonly byte[] _text = File.ReadAllBytes(SourceTree.PathOf("tests/Carnelian.Lua.Tests/Recorded/show.lua"));

    public static string Result(LuaMachine machine, string source)
    {
        if (!machine.TryCompile(_text, machine.String("=show"), out var prototype, out var error)) throw new InvalidOperationException(error.ToString());
        if (!machine.TryRun(machine.Load(prototype), [machine.String(Encoding.Latin1.GetBytes(source))], null, out var results, out var failure)) return $"failed: {failure.Value}";
        return results[0].ToString();
    }
}
