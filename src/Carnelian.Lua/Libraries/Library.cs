namespace Carnelian;

/// <summary>Puts functions into tables.</summary>
internal static class Library
{
    public static void Add(this LuaTable table, LuaMachine machine, string name, LuaBody body)
    {
        machine.Memory.Charge(LuaHostFunction.BaseBytes);
        table.Set(machine.String(name), new LuaHostFunction(name, body));
    }

    public static LuaTable NewLibrary(LuaMachine machine, string name)
    {
        var table = machine.NewTable();
        machine.Globals.Set(machine.String(name), table);
        return table;
    }
}

/// <summary>What a host can offer to scripts.</summary>
public static class LuaLibraries
{
    /// <summary>The libraries of Lua 5.1 without the outside world: base and coroutine, string, table, math, and os.clock.</summary>
    public static void AddStandard(LuaMachine machine)
    {
        new BaseLibrary(machine).Register();
        new CoroutineLibrary(machine).Register();
        new StringLibrary(machine).Register();
        new TableLibrary(machine).Register();
        new MathLibrary(machine).Register();
        OsLibrary.Register(machine);
    }

    /// <summary>
    /// Has <c>pcall</c> tell an error that is a table by the text in its field err, as Redis does since its errors are tables.
    /// </summary>
    public static void TellErrorsAsText(LuaMachine machine) => BaseLibrary.TellErrorsAsText(machine);

    /// <summary>The libraries that Redis adds: bit, cjson, cmsgpack and struct.</summary>
    /// <param name="offersListMetatable">cjson has array_mt and decode_array_with_array_mt, as OpenResty's has; Redis 8.0.6 and Valkey 9.1.2 have not.</param>
    public static void AddRedis(LuaMachine machine, bool offersListMetatable = false)
    {
        BitLibrary.Register(machine);
        JsonLibrary.Register(machine, offersListMetatable);
        new MessagePackLibrary(machine).Register();
        new StructLibrary(machine).Register();
    }
}
