namespace Carnelian;

/// <summary>The functions that are globals themselves. There are none that read files.</summary>
internal sealed class BaseLibrary(LuaMachine machine)
{
    private static readonly string[] _collectorOptions = ["stop", "restart", "collect", "count", "step", "setpause", "setstepmul"];

    /// <summary>Settings of PUC's collector, of which scripts can tell only that they are kept.</summary>
    private int _pause = 200, _stepMultiplier = 200;

    private LuaHostFunction _next = null!, _nextElement = null!;

    public void Register()
    {
        var globals = machine.Globals;
        globals.Set(machine.String("_G"), globals);
        globals.Set(machine.String("_VERSION"), machine.String("Lua 5.1"));
        globals.Add(machine, "assert", Assert);
        globals.Add(machine, "collectgarbage", CollectGarbage);
        globals.Add(machine, "error", Error);
        globals.Add(machine, "gcinfo", call => call.Return(Math.Floor(machine.Memory.CountedBytes / 1024.0)));
        globals.Add(machine, "getfenv", GetEnvironment);
        globals.Add(machine, "getmetatable", GetMetatable);
        globals.Add(machine, "ipairs", PairsInOrder);
        globals.Add(machine, "load", Load);
        globals.Add(machine, "loadstring", LoadString);
        globals.Add(machine, "newproxy", NewProxy);
        globals.Add(machine, "next", Next);
        globals.Add(machine, "pairs", Pairs);
        globals.Add(machine, "pcall", ProtectedCall);
        globals.Add(machine, "print", Print);
        globals.Add(machine, "rawequal", RawEqual);
        globals.Add(machine, "rawget", RawGet);
        globals.Add(machine, "rawset", RawSet);
        globals.Add(machine, "select", Select);
        globals.Add(machine, "setfenv", SetEnvironment);
        globals.Add(machine, "setmetatable", SetMetatable);
        globals.Add(machine, "tonumber", ToNumber);
        globals.Add(machine, "tostring", ToString);
        globals.Add(machine, "type", Type);
        globals.Add(machine, "unpack", Unpack);
        globals.Add(machine, "xpcall", ProtectedCallWithHandler);
        _next = (LuaHostFunction)globals[machine.String("next")].Object!;
        _nextElement = new("ipairs_next", NextElement);
    }

    // Errors.

    private int Assert(LuaCall call)
    {
        call.CheckAny(1);
        if (!call[1].IsFalse) return call.ReturnArguments(1);
        var message = call.OptionalString(2);
        if (message is null) throw call.Fail("assertion failed!"u8);
        // A string of C's: it ends at a zero byte.
        var zero = message.Span.IndexOf((byte)0);
        throw call.Fail(zero < 0 ? message.Span : message.Span[..zero]);
    }

    private int Error(LuaCall call)
    {
        var level = call.OptionalInteger(2, 1);
        var value = call[1];
        if (level > 0 && Operators.ToText(machine, value) is { } text)
            value = machine.String(StackReader.Where(call.Thread, level), text.Span);
        throw call.FailWith(value);
    }

    private int ProtectedCall(LuaCall call)
    {
        call.CheckAny(1);
        return Finish(call, call.TryCall(1, call.Count - 1, default, out var results, out var error), 1, results, error);
    }

    /// <summary>Redis' own pcall does without PUC's check for an argument.</summary>
    public static void TellErrorsAsText(LuaMachine machine)
    {
        var name = machine.String("err");
        machine.Globals.Add(machine, "pcall", call =>
        {
            if (call.Count == 0) return call.Return(false, machine.String("attempt to call a boolean value"));
            var isOk = call.TryCall(1, call.Count - 1, default, out var results, out var error);
            if (isOk || error.Object is not LuaTable table) return Finish(call, isOk, 1, results, error);
            call.Keep(error);
            var text = call.Index(table, name);
            // What is no text is told beside the table.
            return text.IsString || text.IsNumber ? call.Return(false, text) : call.Return(false, error, text);
        });
    }

    private int ProtectedCallWithHandler(LuaCall call)
    {
        call.CheckAny(2);
        // Nil is no function either, which shows when it is needed.
        var handler = call[2].IsNil ? LuaValue.False : call[2];
        return Finish(call, call.TryCall(1, 0, handler, out var results, out var error), 1, results, error);
    }

    /// <summary>True and the results, or false and the error. The results lie one place behind the first of ours.</summary>
    private static int Finish(LuaCall call, bool isOk, int at, int results, LuaValue error)
    {
        Check.That(at == 1);
        if (!isOk) return call.Return(false, error);
        call.Results(1)[0] = true;
        return results + 1;
    }

    // Types and conversions.

    private int Type(LuaCall call)
    {
        call.CheckAny(1);
        return call.Return(machine.String(call[1].TypeName));
    }

    private int ToNumber(LuaCall call)
    {
        var radix = call.OptionalInteger(2, 10);
        if (radix == 10)
        {
            call.CheckAny(1);
            return Arithmetic.TryConvert(call[1], out var number) ? call.Return(number) : call.Return(LuaValue.Nil);
        }
        var text = call.CheckString(1);
        if (radix is < 2 or > 36) throw call.ArgumentError(2, "base out of range");
        return LuaNumber.TryParse(text.Span, radix, out var value) ? call.Return(value) : call.Return(LuaValue.Nil);
    }

    private int ToString(LuaCall call)
    {
        call.CheckAny(1);
        return call.Return(TextOf(call, call[1]));
    }

    private LuaValue TextOf(LuaCall call, in LuaValue value)
    {
        var handler = call.MetaField(value, Metamethods.NameOf(Event.ToString));
        if (!handler.IsNil) return call.Call(handler, value);
        switch (value.Type)
        {
            case LuaType.Number: return Operators.ToText(machine, value)!;
            case LuaType.String: return value;
            case LuaType.Boolean: return machine.String(value.IsFalse ? "false"u8 : "true"u8);
            case LuaType.Nil: return machine.String("nil"u8);
            case LuaType.LightUserData: return machine.String("userdata: (nil)"u8);
        }
        return machine.String($"{System.Text.Encoding.ASCII.GetString(value.TypeName)}: {machine.AddressOf(value)}");
    }

    private int Print(LuaCall call)
    {
        var line = new ByteBuffer(64);
        var convert = machine.Running.Globals.GetString(machine.String("tostring"u8));
        for (var i = 1; i <= call.Count; i++)
        {
            if (i > 1) line.Add((byte)'\t');
            var text = call.Call(convert, call[i]);
            line.Add((Operators.ToText(machine, text) ?? throw call.Fail("'tostring' must return a string to 'print'"u8)).Span);
        }
        machine.Host?.Print(line.Span);
        return call.Return();
    }

    // Tables.

    private int GetMetatable(LuaCall call)
    {
        call.CheckAny(1);
        if (machine.MetatableOf(call[1]) is not { } table) return call.Return(LuaValue.Nil);
        ref readonly var shown = ref table.GetString(Metamethods.NameOf(Event.Metatable));
        return shown.IsNil ? call.Return(table) : call.Return(shown);
    }

    private int SetMetatable(LuaCall call)
    {
        var given = call[2];
        var table = call.CheckTable(1);
        if (call.IsNone(2) || given.Type is not (LuaType.Nil or LuaType.Table)) throw call.ArgumentError(2, "nil or table expected");
        if (!call.MetaField(table, Metamethods.NameOf(Event.Metatable)).IsNil) throw call.Fail("cannot change a protected metatable"u8);
        if (table.IsReadOnly) throw Errors.Run(call.Thread, "Attempt to modify a readonly table");
        table.Metatable = given.Object as LuaTable;
        return call.Return(table);
    }

    private int RawEqual(LuaCall call)
    {
        call.CheckAny(1);
        call.CheckAny(2);
        return call.Return(Operators.RawEqual(call.Thread, call[1], call[2]));
    }

    private int RawGet(LuaCall call)
    {
        var table = call.CheckTable(1);
        call.CheckAny(2);
        return call.Return(table.Get(call[2]));
    }

    private int RawSet(LuaCall call)
    {
        var table = call.CheckTable(1);
        call.CheckAny(2);
        call.CheckAny(3);
        Operators.RawSet(call.Thread, table, call[2], call[3]);
        return call.Return(table);
    }

    private int Next(LuaCall call)
    {
        var table = call.CheckTable(1);
        var place = table.PlaceOf(call[2]);
        if (place < 0) throw Errors.Run(call.Thread, "invalid key to 'next'");
        return machine.Next(table, place, out var key, out var value) < 0 ? call.Return(LuaValue.Nil) : call.Return(key, value);
    }

    private int Pairs(LuaCall call)
    {
        var table = call.CheckTable(1);
        return call.Return(_next, table, LuaValue.Nil);
    }

    private int PairsInOrder(LuaCall call)
    {
        var table = call.CheckTable(1);
        return call.Return(_nextElement, table, 0);
    }

    private int NextElement(LuaCall call)
    {
        var index = call.CheckInteger(2) + 1;
        ref readonly var value = ref call.CheckTable(1).GetInteger(index);
        return value.IsNil ? 0 : call.Return(index, value);
    }

    private int Unpack(LuaCall call)
    {
        var table = call.CheckTable(1);
        var first = call.OptionalInteger(2, 1);
        var last = call.IsNoneOrNil(3) ? table.Length : call.CheckInteger(3);
        if (first > last) return call.Return();
        var count = (long)last - first + 1;
        if (count > int.MaxValue || !call.HasRoom(count)) throw call.Fail("too many results to unpack"u8);
        var results = call.Results((int)count);
        for (var i = 0; i < results.Length; i++) LuaValue.Copy(ref results[i], table.GetInteger(first + i));
        return results.Length;
    }

    private int Select(LuaCall call)
    {
        var count = call.Count;
        if (call[1].Object is LuaString text && text.Span.StartsWith("#"u8)) return call.Return(count - 1);
        var first = call.CheckInteger(1);
        if (first < 0) first = count + first;
        else if (first > count) first = count;
        if (first < 1) throw call.ArgumentError(1, "index out of range");
        return call.ReturnArguments(first + 1);
    }

    // Environments.

    /// <summary>A function, or the one at a level of the stack of calls.</summary>
    private static LuaValue FunctionOf(LuaCall call, bool isOptional)
    {
        if (call[1].IsFunction) return call[1];
        var level = isOptional ? call.OptionalInteger(1, 1) : call.CheckInteger(1);
        if (level < 0) throw call.ArgumentError(1, "level must be non-negative");
        var depth = StackReader.FrameAt(call.Thread, level);
        if (depth == StackReader.None) throw call.ArgumentError(1, "invalid level");
        if (depth == StackReader.Lost) throw call.Fail($"no function environment for tail call at level {level}");
        return call.Thread.Stack[call.Thread.Frames[depth].Function];
    }

    private int GetEnvironment(LuaCall call) =>
        call.Return(FunctionOf(call, isOptional: true).Object is LuaClosure closure ? closure.Environment : call.Thread.Globals);

    private int SetEnvironment(LuaCall call)
    {
        var environment = call.CheckTable(2);
        var function = FunctionOf(call, isOptional: false);
        if (Arithmetic.TryConvert(call[1], out var level) && level == 0)
        {
            call.Thread.Globals = environment;
            return call.Return();
        }
        if (function.Object is not LuaClosure closure) throw call.Fail("'setfenv' cannot change environment of given object"u8);
        closure.Environment = environment;
        return call.Return(closure);
    }

    // Code.

    private int LoadString(LuaCall call)
    {
        var text = call.CheckString(1);
        return LoadText(call, text.Span, call.OptionalString(2) ?? text);
    }

    private int Load(LuaCall call)
    {
        var name = call.OptionalString(2) ?? machine.String("=(load)"u8);
        var reader = call.CheckFunction(1);
        var text = new ChargedBuffer(machine, 256);
        try
        {
            return Load(call, reader, name, text);
        }
        finally
        {
            text.Release();
        }
    }

    private int Load(LuaCall call, LuaFunction reader, LuaString name, ChargedBuffer text)
    {
        while (true)
        {
            // An error of the reader is one of the text.
            if (!call.TryCall(reader, [], out var piece)) return call.Return(LuaValue.Nil, piece);
            if (piece.IsNil) break;
            if (Operators.ToText(machine, piece) is not { } part)
                return call.Return(LuaValue.Nil, machine.String(StackReader.Where(call.Thread, 1), "reader function must return a string"u8));
            if (part.Length == 0) break;
            text.Add(part.Span);
        }
        return LoadText(call, text.Span, name);
    }

    private int LoadText(LuaCall call, ReadOnlySpan<byte> text, LuaString name)
    {
        if (!machine.TryCompile(text, name, out var prototype, out var error)) return call.Return(LuaValue.Nil, error);
        return call.Return(machine.Load(prototype, call.Thread.Globals));
    }

    // Memory.

    private int CollectGarbage(LuaCall call)
    {
        var option = call.IsNoneOrNil(1) ? Array.IndexOf(_collectorOptions, "collect") : call.CheckOption(1, _collectorOptions);
        var setting = call.OptionalInteger(2, 0);
        switch (_collectorOptions[option])
        {
            case "count": return call.Return(machine.Memory.CountedBytes / 1024.0);
            case "collect":
                machine.Memory.Measure();
                return call.Return(0);
            case "step":
                machine.Memory.Measure();
                return call.Return(true);
            case "setpause": return call.Return(Exchange(ref _pause));
            case "setstepmul": return call.Return(Exchange(ref _stepMultiplier));
            default: return call.Return(0);
        }

        int Exchange(ref int kept)
        {
            var before = kept;
            kept = setting;
            return before;
        }
    }

    private int NewProxy(LuaCall call)
    {
        var given = call[1];
        machine.Memory.Charge(LuaUserData.BaseBytes);
        var proxy = new LuaUserData(null);
        if (given.IsFalse) return call.Return(proxy);
        if (given.Type == LuaType.Boolean)
        {
            proxy.Metatable = machine.NewTable();
            proxy.Metatable.IsOfProxies = true;
        }
        else
        {
            proxy.Metatable = machine.MetatableOf(given);
            if (proxy.Metatable is not { IsOfProxies: true }) throw call.ArgumentError(1, "boolean or proxy expected");
        }
        return call.Return(proxy);
    }
}
