namespace Carnelian.Tests;

/// <summary>
/// What files of the official suite ask of the outside, so far as the language is tested with it: where a function is (debug.getinfo), a locale, a file that is
/// written and then run.
/// </summary>
internal sealed class SuiteEnvironment(LuaMachine machine, string folder)
{
    private readonly MemoryStream _written = new();

    public void Register()
    {
        var debug = machine.NewTable();
        debug.Set(machine.String("getinfo"), new LuaHostFunction("getinfo", GetInfo));
        machine.Globals.Set(machine.String("debug"), debug);
        var io = machine.NewTable();
        io.Set(machine.String("write"), new LuaHostFunction("write", Write));
        foreach (var name in new[] { "output", "close" }) io.Set(machine.String(name), new LuaHostFunction(name, call => call.Return()));
        machine.Globals.Set(machine.String("io"), io);
        var os = (LuaTable)machine.Globals[machine.String("os")].Object!;
        os.Set(machine.String("setlocale"), new LuaHostFunction("setlocale", SetLocale));
        os.Set(machine.String("tmpname"), new LuaHostFunction("tmpname", call => call.Return(machine.String("written"))));
        os.Set(machine.String("remove"), new LuaHostFunction("remove", call => call.Return(true)));
        machine.Globals.Set(machine.String("require"), new LuaHostFunction("require", Require));
        machine.Globals.Set(machine.String("dofile"), new LuaHostFunction("dofile", DoFile));
    }

    private int GetInfo(LuaCall call)
    {
        var info = machine.NewTable();
        LuaClosure? closure;
        if (call[1].IsFunction) closure = call[1].Object as LuaClosure;
        else
        {
            var depth = StackReader.FrameAt(call.Thread, call.CheckInteger(1));
            if (depth < 0) return call.Return(LuaValue.Nil);
            closure = depth == 0 ? null : call.Thread.Frames[depth].Closure;
            if (closure is not null) info.Set(machine.String("currentline"), closure.Prototype.LineOf(call.Thread.Frames[depth].Pc - 1));
            if (NameReader.OfFunction(call.Thread, depth, out var kind) is { } name)
            {
                info.Set(machine.String("name"), name);
                info.Set(machine.String("namewhat"), machine.String(kind));
            }
        }
        info.Set(machine.String("linedefined"), closure?.Prototype.LineDefined ?? -1);
        if (closure is not null) info.Set(machine.String("source"), closure.Prototype.Source);
        return call.Return(info);
    }

    private int Write(LuaCall call)
    {
        for (var i = 1; i <= call.Count; i++) _written.Write(call.CheckString(i).Span);
        return call.Return();
    }

    private int SetLocale(LuaCall call) =>
        call.Return(call.IsNoneOrNil(1) || call.CheckString(1).Equals("C"u8) || call.CheckString(1).Length == 0 ? machine.String("C") : LuaValue.Nil);

    private int Require(LuaCall call)
    {
        var name = call.CheckString(1).ToString();
        return name == "debug" ? call.Return(machine.Globals[machine.String("debug")]) : Run(call, File.ReadAllBytes(Path.Combine(folder, name + ".lua")), name);
    }

    private int DoFile(LuaCall call)
    {
        var name = call.CheckString(1).ToString();
        return Run(call, name == "written" ? _written.ToArray() : File.ReadAllBytes(Path.Combine(folder, name)), name);
    }

    private int Run(LuaCall call, byte[] text, string name)
    {
        if (!machine.TryCompile(text, machine.String("@" + name), out var prototype, out var error)) throw call.Fail(error.Span);
        return call.Return(call.Call(machine.Load(prototype), LuaValue.Nil));
    }
}
