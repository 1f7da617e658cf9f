namespace Carnelian;

/// <summary>
/// The machine of functions. Its globals are an empty table that can't be changed and looks things up in another one: while a library is loaded in one that has little more than
/// redis.register_function, else in the globals that scripts have.
/// </summary>
internal sealed class FunctionMachine : ScriptMachine
{
    private readonly LuaTable _lookUp, _whileLoading;
    private readonly LuaString _index;

    public FunctionMachine(Scripting scripting, Functions functions) : base(scripting, isForFunctions: true)
    {
        _index = Lua.String("__index");
        _whileLoading = Lua.NewTable();
        RedisLibrary.RegisterForLoading(Lua, scripting, new FunctionRegistration(functions).Register, _whileLoading);
        Sandbox.RefuseUnknown(Lua, _whileLoading, RedisLibrary.OtherName, _whileLoading[Lua.String(RedisLibrary.Name)]);
        Sandbox.Protect(Lua, _whileLoading);
        _lookUp = Lua.NewTable();
        _lookUp.Set(_index, Lua.Globals);
        _lookUp.IsReadOnly = true;
        var globals = Lua.NewTable();
        globals.Metatable = _lookUp;
        globals.IsReadOnly = true;
        Lua.Environment = globals;
        Lua.Registry.Set(Lua.String("loading"), _whileLoading);
    }

    /// <summary>Runs the body of a library. Null, or its error.</summary>
    public string? RunLibrary(LuaPrototype prototype)
    {
        if (!Lua.TryLoad(prototype, out var body, out var error)) return TextOf(error);
        _lookUp.Set(_index, _whileLoading);
        var isOk = Lua.TryRun(body, [], handler: null, out _, out error);
        _lookUp.Set(_index, Lua.Globals);
        Rest();
        return isOk ? null : TextOf(error!);
    }

    private static string TextOf(LuaException error)
    {
        if (error.Value.TryGetTable(out var table)) return table[FieldNames.Error].TryGetString(out var found) ? ScriptError.Shown(found) : "ERR unknown error";
        return "ERR " + (error.Value.TryGetString(out var text) ? ScriptError.Shown(text) : error.Value.ToString());
    }
}
