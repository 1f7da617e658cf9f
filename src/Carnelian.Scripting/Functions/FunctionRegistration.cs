using System.Diagnostics.CodeAnalysis;

namespace Carnelian;

/// <summary>redis.register_function: a name and a function, or a table with these, a description and flags.</summary>
internal sealed class FunctionRegistration(Functions functions)
{
    private LuaString? _name;
    private LuaFunction? _callback;
    private LuaString? _description;
    private ScriptFlags _flags;

    public int Register(LuaCall lua)
    {
        if (functions.Loading is null) throw ScriptError.Fail(lua, "redis.register_function can only be called on FUNCTION LOAD command");
        (_name, _callback, _description, _flags) = (null, null, null, ScriptFlags.None);
        var error = lua.Count switch
        {
            1 => ReadNamed(lua),
            2 => ReadPositional(lua),
            _ => "wrong number of arguments to redis.register_function",
        };
        error ??= functions.Register(_name!, _callback!, _description, _flags);
        if (error is not null) throw ScriptError.Fail(lua, error);
        return lua.Return();
    }

    private string? ReadPositional(LuaCall lua)
    {
        if (!TryReadText(lua, lua[1], out var name)) return "first argument to redis.register_function must be a string";
        if (!lua[2].IsFunction) return "second argument to redis.register_function must be a function";
        _name = name;
        _callback = lua.CheckFunction(2);
        return null;
    }

    private string? ReadNamed(LuaCall lua)
    {
        if (!lua[1].TryGetTable(out var arguments))
            return "calling redis.register_function with a single argument is only applicable to Lua table (representing named arguments).";
        for (var place = 0; (place = arguments.Next(place, out var key, out var value)) >= 0;)
        {
            if (!TryReadText(lua, key, out var name)) return "named argument key given to redis.register_function is not a string";
            if (ReadNamed(lua, ScriptError.Shown(name).ToLowerInvariant(), value) is { } error) return error;
        }
        if (_name is null) return "redis.register_function must get a function name argument";
        return _callback is null ? "redis.register_function must get a callback argument" : null;
    }

    private string? ReadNamed(LuaCall lua, string key, in LuaValue value)
    {
        switch (key)
        {
            case "function_name":
                if (!TryReadText(lua, value, out var name)) return "function_name argument given to redis.register_function must be a string";
                _name = name;
                return null;
            case "description":
                if (!TryReadText(lua, value, out var description)) return "description argument given to redis.register_function must be a string";
                _description = description;
                return null;
            case "callback":
                if (!value.IsFunction) return "callback argument given to redis.register_function must be a function";
                _callback = value.AsFunction;
                return null;
            case "flags":
                if (!value.TryGetTable(out var flags)) return "flags argument to redis.register_function must be a table representing function flags";
                return TryReadFlags(lua, flags) ? null : "unknown flag given";
            default:
                return "unknown argument given to redis.register_function";
        }
    }

    private bool TryReadFlags(LuaCall lua, LuaTable flags)
    {
        _flags = ScriptFlags.None;
        for (var i = 1; ; i++)
        {
            var value = lua.Index(flags, i);
            if (value.IsNil) return true;
            if (!TryReadText(lua, value, out var name)) return false;
            if (!ScriptFlagNames.TryFind(ByteText.UpToNul(name.Span), StringComparison.OrdinalIgnoreCase, out var flag)) return false;
            _flags |= flag;
        }
    }

    /// <summary>A string, or a number as text.</summary>
    private static bool TryReadText(LuaCall lua, in LuaValue value, [NotNullWhen(true)] out LuaString? text)
    {
        if (!value.TryGetString(out text) && value.IsNumber) text = lua.Machine.String(value.ToString());
        return text is not null;
    }
}
