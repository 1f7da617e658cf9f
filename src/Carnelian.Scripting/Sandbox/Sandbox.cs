namespace Carnelian;

/// <summary>What keeps scripts from leaving something behind for others.</summary>
internal static class Sandbox
{
    /// <summary>Reading what a table does not have is an error, but for one name, which it does not show.</summary>
    public static void RefuseUnknown(LuaMachine machine, LuaTable table, string? hiddenName = null, LuaValue hidden = default)
    {
        var known = hiddenName is null ? null : machine.String(hiddenName);
        var metatable = machine.NewTable(hashSize: 1);
        metatable.Set(machine.String("__index"), new LuaHostFunction("__index", call => call[2].TryGetString(out var name) && name.Equals(known) ? call.Return(hidden) : Refuse(call)));
        if (!hidden.IsNil) machine.Registry.Set(known!, hidden);
        table.Metatable = metatable;
    }

    private static int Refuse(LuaCall call)
    {
        if (call.Count != 2) throw call.Fail("Wrong number of arguments to luaProtectedTableError");
        if (!call[2].IsString && !call[2].IsNumber) throw call.Fail("Second argument to luaProtectedTableError must be a string or number");
        throw call.Fail([.. "Script attempted to access nonexistent global variable '"u8, .. ByteText.UpToNul(call.CheckString(2).Span), .. "'"u8]);
    }

    /// <summary>Makes a table read-only, and all that can be reached from it: tables in it, and metatables.</summary>
    public static void Protect(LuaMachine machine, LuaTable table)
    {
        if (machine.StringMetatable is { } strings) ProtectAll(strings);
        ProtectAll(table);
    }

    private static void ProtectAll(LuaTable table)
    {
        if (table.IsReadOnly) return;
        table.IsReadOnly = true;
        for (var place = 0; (place = table.Next(place, out _, out var value)) >= 0;)
        {
            if (value.TryGetTable(out var inner)) ProtectAll(inner);
        }
        if (table.Metatable is { } metatable) ProtectAll(metatable);
    }
}
