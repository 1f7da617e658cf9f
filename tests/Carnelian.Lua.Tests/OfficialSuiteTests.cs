namespace Carnelian.Tests;

/// <summary>
/// The files of Lua 5.1's official suite, of which none is stored here: the branch v5-1 of github.com/lua/tests, whose folder CARNELIAN_LUA_SUITE names. What is
/// left out of each, and why, stands in docs/lua.md; the lines are cut here.
/// </summary>
public class OfficialSuiteTests
{
    /// <summary>Lines that are left out: first and last one.</summary>
    private static readonly Dictionary<string, (int First, int Last)[]> _cuts = new()
    {
        ["calls"] = [(256, 260), (262, 263), (283, 299)],
        ["closure"] = [(424, 438)],
        ["code"] = [(1, 70)],
        ["constructs"] = [],
        ["errors"] = [(127, 127), (166, 183)],
        ["events"] = [(333, 361)],
        ["gc"] = [(106, 148), (222, 274), (306, 400)],
        ["literals"] = [],
        ["locals"] = [],
        ["math"] = [(126, 145)],
        ["nextvar"] = [],
        ["pm"] = [],
        ["sort"] = [],
        ["strings"] = [],
        ["vararg"] = [],
        ["verybig"] = [],
        ["big"] = [],
    };

    private static IEnumerable<string> Files => _cuts.Keys;

    [TestCaseSource(nameof(Files))]
    public void A_file_of_the_official_suite_passes(string file)
    {
        var folder = Environment.GetEnvironmentVariable("CARNELIAN_LUA_SUITE");
        if (folder is null) Skip.Because("CARNELIAN_LUA_SUITE names no folder with the official suite; see docs/lua.md");
        var lines = File.ReadAllLines(Path.Combine(folder, file + ".lua"), System.Text.Encoding.Latin1);
        foreach (var (first, last) in _cuts[file])
            for (var i = first; i <= Math.Min(last, lines.Length); i++) lines[i - 1] = "";
        var machine = Machines.Make(memoryLimitBytes: 2L << 30);
        new SuiteEnvironment(machine, folder).Register();
        var source = string.Join('\n', lines);
        // This one yields, and whoever runs it goes on with it.
        if (file == "big") source = $"local run = coroutine.wrap(function() {source}\nend) assert(run() == 'b') assert(run() == 'a')";
        Assert.That(machine.Run(source, "@" + file + ".lua"), Does.Not.StartWith("error:").And.Not.StartWith("syntax:"));
    }
}
