using System.Diagnostics;
using System.Text;

namespace Carnelian.Tests;

/// <summary>Random programs, run here and by lua5.1, must print the same: results, errors with their texts, order of traversals, borders.</summary>
public class DifferentialTests
{
    private const int ProgramsPerRun = 50;

    [Test]
    public void Random_programs_do_what_they_do_in_lua51()
    {
        var lua = Environment.GetEnvironmentVariable("CARNELIAN_LUA51") ?? new[] { "/usr/bin/lua5.1", "/usr/local/bin/lua5.1" }.FirstOrDefault(File.Exists);
        if (lua is null) Skip.ForLackOf("no lua5.1 is installed, and CARNELIAN_LUA51 names none");
        var runs = TestSettings.Number("CARNELIAN_LUA_DIFFERENTIAL_RUNS", 20);
        var first = TestSettings.Number("CARNELIAN_LUA_SEED", 1);
        for (var run = 0; run < runs; run++)
        {
            var programs = Enumerable.Range(0, ProgramsPerRun).Select(i => new RandomProgram((first + run) * 100_003 + i).Text).ToArray();
            var expected = ByReference(lua!, programs);
            for (var i = 0; i < programs.Length; i++)
                Assert.That(Here(programs[i]), Is.EqualTo(expected[i]), $"seed {first + run}, program {i}:\n{programs[i]}");
        }
    }

    private static string Here(string program) => Show.Result(Machines.Make(), program);

    private static string[] ByReference(string lua, string[] programs)
    {
        var script = new StringBuilder($"local show = assert(loadfile('{SourceTree.PathOf("tests/Carnelian.Lua.Tests/Recorded/show.lua")}'))\n");
        foreach (var program in programs) script.Append($"print((show([=====[{program}]=====]):gsub('\\n', '\\\\n')))\n");
        using var process = Process.Start(new ProcessStartInfo(lua, "-") { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        process.StandardInput.Write(script);
        process.StandardInput.Close();
        var lines = process.StandardOutput.ReadToEnd().Split('\n');
        process.WaitForExit();
        Assert.That(lines, Has.Length.EqualTo(programs.Length + 1));
        return lines;
    }
}
