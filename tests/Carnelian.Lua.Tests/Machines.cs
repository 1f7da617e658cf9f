using System.Text;

namespace Carnelian.Tests;

/// <summary>Machines for tests, and what scripts answer as text.</summary>
internal static class Machines
{
    public static LuaMachine Make(LuaHost? host = null, long memoryLimitBytes = LuaMachine.DefaultMemoryLimitBytes, long stepsPerAsk = LuaMachine.DefaultStepsPerAsk)
    {
        var machine = new LuaMachine(host, memoryLimitBytes, stepsPerAsk);
        LuaLibraries.AddStandard(machine);
        LuaLibraries.AddRedis(machine);
        if (TestSettings.Number("CARNELIAN_LUA_MEASURE_EVERY", -1) is >= 0 and var bytes) machine.Memory.MeasureEvery(bytes);
        return machine;
    }

    /// <summary>Results with commas between, or "error: " and the error.</summary>
    public static string Run(this LuaMachine machine, string source, string name = "@user_script")
    {
        if (!machine.TryCompile(Encoding.Latin1.GetBytes(source), machine.String(name), out var prototype, out var error)) return $"syntax: {error}";
        return machine.Run(machine.Load(prototype));
    }

    public static string Run(this LuaMachine machine, LuaFunction function) => machine.TryRun(function, [], null, out var results, out var failure)
        ? string.Join(", ", results.ToArray().Select(value => value.ToString()))
        : $"error: {failure.Value}";

    public static LuaPrototype Compile(string source)
    {
        Assert.That(LuaCompiler.TryCompile(Encoding.Latin1.GetBytes(source), LuaString.Of("@user_script"), out var prototype, out var error), Is.True, error?.ToString());
        return prototype!;
    }
}
