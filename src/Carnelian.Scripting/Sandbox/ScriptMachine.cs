namespace Carnelian;

/// <summary>
/// A Lua machine as scripts find it: the libraries that Redis offers, redis.* and server.*, and nothing that could be changed. Globals and libraries are read-only, and reading a global that is
/// not there is an error.
/// </summary>
internal class ScriptMachine
{
    /// <summary>How positions in scripts begin.</summary>
    public static readonly LuaString ScriptName = LuaString.Of("@user_script"u8);

    /// <summary>How those in libraries do.</summary>
    public static readonly LuaString FunctionName = LuaString.Of("@user_function"u8);

    /// <summary>After so many bytes that were made what lives is measured, so that the count does not grow with garbage only.</summary>
    private const long MeasuredEveryBytes = 8 << 20;

    /// <summary>What Redis does not offer; <see cref="_deprecated"/> only where it is asked for.</summary>
    private static readonly string[] _withheld = ["print", "dofile", "loadfile"];
    private static readonly string[] _deprecated = ["newproxy", "setfenv", "getfenv"];

    private readonly Scripting _scripting;
    private readonly LuaMachine _machine;
    private readonly LuaHostFunction _errorHandler;
    private readonly LuaValue[] _arguments = new LuaValue[2];
    private long _measureAt;

    /// <summary>Something has run since it was measured.</summary>
    private bool _hasRun = true;

    /// <param name="isForFunctions">Not for EVAL, which has the handler of errors among its globals, and the debugger's part of redis.*.</param>
    public ScriptMachine(Scripting scripting, bool isForFunctions = false)
    {
        _scripting = scripting;
        _machine = new(new ScriptHost(scripting), scripting.Options.MemoryLimitBytes, random: scripting.Random);
        LuaLibraries.AddStandard(_machine);
        LuaLibraries.AddRedis(_machine);
        LuaLibraries.TellErrorsAsText(_machine);
        Withhold(_withheld);
        if (scripting.Options is { HasDeprecatedApi: false, HasInsecureApi: false }) Withhold(_deprecated);
        RedisLibrary.Register(_machine, scripting, isForFunctions);
        if (!isForFunctions) AddErrorHandler();
        _errorHandler = new("error_handler", call =>
        {
            var error = ScriptError.Describe(call, 1);
            scripting.Run.Uncaught.Take(call, error);
            return call.Return(error);
        });
        Sandbox.RefuseUnknown(_machine, _machine.Globals, RedisLibrary.OtherName, _machine.Globals[_machine.String(RedisLibrary.Name)]);
        Sandbox.Protect(_machine, _machine.Globals);
        // What a host makes is counted when it is measured.
        _machine.Memory.Measure();
    }

    public LuaMachine Lua => _machine;

    public LuaClosure Load(LuaPrototype prototype) => _machine.Load(prototype);

    private void Withhold(string[] names)
    {
        foreach (var name in names) _machine.Globals.Set(_machine.String(name), LuaValue.Nil);
    }

    /// <summary>Scripts see the handler of errors as a global. It is a function of Lua's, as who calls it last thing can tell.</summary>
    private void AddErrorHandler()
    {
        var describe = new LuaHostFunction("describe", call => call.Return(ScriptError.Describe(call, 2)));
        Check.That(LuaCompiler.TryCompile("local describe = ... return function(err) local error = describe(err) return error end"u8, LuaString.Of("@err_handler_def"u8), out var code, out _));
        Check.That(_machine.TryRun(_machine.Load(code), [describe], handler: null, out var handler, out _));
        _machine.Globals.Set(_machine.String("__redis__err__handler"), handler[0]);
    }

    /// <summary>Runs a script with keys and arguments as globals, or a function with them as arguments. The result is there until it runs again.</summary>
    /// <param name="firstKey">The number of the first key among the request's arguments.</param>
    public bool TryRun(LuaFunction function, Arguments request, int firstKey, int keys, bool asGlobals, out LuaValue result, out LuaException? error)
    {
        _hasRun = true;
        result = default;
        // In the registry only until they stand on the stack.
        var holder = asGlobals ? _machine.Globals : _machine.Registry;
        try
        {
            _arguments[0] = Table(holder, FieldNames.Keys, request.Slice(firstKey, keys));
            _arguments[1] = Table(holder, FieldNames.Arguments, request.Slice(firstKey + keys));
        }
        catch (LuaException tooMuch)
        {
            error = tooMuch;
            return false;
        }
        finally
        {
            if (!asGlobals)
            {
                holder.Set(FieldNames.Keys, LuaValue.Nil);
                holder.Set(FieldNames.Arguments, LuaValue.Nil);
            }
        }
        var isOk = _machine.TryRun(function, asGlobals ? [] : _arguments, _errorHandler, out var results, out error);
        if (isOk && results.Length > 0) result = results[0];
        Array.Clear(_arguments);
        return isOk;
    }

    private LuaTable Table(LuaTable holder, LuaString name, Arguments values)
    {
        var table = _machine.NewTable(values.Count);
        holder.Set(name, table);
        for (var i = 0; i < values.Count; i++) table.Set(i + 1, _machine.String(values[i]));
        return table;
    }

    /// <summary>What a run has left behind may go; once in a while what lives is measured.</summary>
    public void Rest()
    {
        if (_machine.Memory.CountedBytes < _measureAt) return;
        _machine.Clear();
        _measureAt = _machine.Memory.Measure() + MeasuredEveryBytes;
        _scripting.CollectGarbage();
    }

    /// <summary>What lives on the machine. While a script runs or a library is loaded: what has been counted.</summary>
    public long MeasureBytes()
    {
        if (!_hasRun || _machine.IsRunning) return _machine.Memory.CountedBytes;
        _hasRun = false;
        _machine.Clear();
        return _machine.Memory.Measure();
    }
}
