using Microsoft.Extensions.Logging;

namespace Carnelian;

/// <summary>redis.*, which Valkey calls server.*: commands, replies, the log, and what there is beside these.</summary>
internal sealed class RedisLibrary
{
    public const string Name = "redis", OtherName = "server";

    private static readonly LogLevel[] _levels = [LogLevel.Trace, LogLevel.Debug, LogLevel.Information, LogLevel.Warning];

    private readonly LuaMachine _machine;
    private readonly Scripting _scripting;
    private readonly LuaTable _table;

    private RedisLibrary(LuaMachine machine, Scripting scripting)
    {
        _machine = machine;
        _scripting = scripting;
        _table = machine.NewTable();
    }

    /// <summary>The table with all that a script may use while it runs.</summary>
    public static void Register(LuaMachine machine, Scripting scripting, bool isForFunctions)
    {
        var library = new RedisLibrary(machine, scripting);
        var calls = new ScriptCalls(scripting);
        library.Add("call", lua => calls.Run(lua, raises: true));
        library.Add("pcall", lua => calls.Run(lua, raises: false));
        library.AddLog();
        library.AddVersion();
        library.Add("setresp", library.SetVersionOfResp);
        library.Add("sha1hex", library.Sha1Hex);
        library.Add("error_reply", library.ErrorReply);
        library.Add("status_reply", library.StatusReply);
        library.AddReplication();
        library.Add("acl_check_cmd", library.CheckAccess);
        if (!isForFunctions)
        {
            library.Add("breakpoint", lua => lua.Return(scripting.Debugger.Break()));
            library.Add("debug", lua =>
            {
                scripting.Debugger.Tell(lua);
                return lua.Return();
            });
            library.Add("replicate_commands", static lua => lua.Return(true));
        }
        library.Publish(machine.Globals);
    }

    /// <summary>What little a library may use while it is loaded.</summary>
    public static void RegisterForLoading(LuaMachine machine, Scripting scripting, LuaBody registerFunction, LuaTable globals)
    {
        var library = new RedisLibrary(machine, scripting);
        library.Add("register_function", registerFunction);
        library.AddLog();
        library.AddVersion();
        Sandbox.RefuseUnknown(machine, library._table);
        library.Publish(globals);
    }

    private void Publish(LuaTable globals) => globals.Set(_machine.String(Name), _table);

    private void Add(string name, LuaBody body) => _table.Set(_machine.String(name), new LuaHostFunction(name, body));

    private void Add(string name, in LuaValue value) => _table.Set(_machine.String(name), value);

    // The log and the version.

    private void AddLog()
    {
        Add("log", WriteLog);
        Add("LOG_DEBUG", 0);
        Add("LOG_VERBOSE", 1);
        Add("LOG_NOTICE", 2);
        Add("LOG_WARNING", 3);
    }

    private void AddVersion()
    {
        var number = 0;
        foreach (var part in _scripting.RedisVersion.Split('.')) number = number << 8 | int.Parse(part, System.Globalization.CultureInfo.InvariantCulture);
        Add("REDIS_VERSION_NUM", number);
        Add("REDIS_VERSION", _machine.String(_scripting.RedisVersion));
    }

    /// <summary>Of redis.log: what is longer is cut, by the next argument at the latest.</summary>
    private const int LoggedMax = 1 << 20;

    private int WriteLog(LuaCall lua)
    {
        if (lua.Count < 2) throw ScriptError.Fail(lua, "redis.log() requires two arguments or more.");
        if (!lua.TryGetNumber(1, out var number)) throw ScriptError.Fail(lua, "First argument must be a number (log level).");
        var level = ToInteger(number);
        if (level < 0 || level >= _levels.Length) throw ScriptError.Fail(lua, "Invalid log level.");
        if (!_scripting.Log.IsEnabled(_levels[level])) return lua.Return();
        // It ends at a zero byte, as a string of C's.
        var line = new System.Text.StringBuilder();
        for (var i = 2; i <= lua.Count && line.Length < LoggedMax; i++)
        {
            if (!lua[i].IsString && !lua[i].IsNumber) continue;
            if (i > 2) line.Append(' ');
            var text = lua.CheckString(i).Span;
            var shown = ByteText.UpToNul(text[..Math.Min(text.Length, LoggedMax)]);
            line.Append(ByteText.FromBytes(shown));
            if (shown.Length < text.Length) break;
        }
        _scripting.Log.Log(_levels[level], "{Line}", ByteText.ToShown(line.ToString()));
        return lua.Return();
    }

    /// <summary>As C casts to an integer of 32 bits: what is none is the least one.</summary>
    private static int ToInteger(double number) => double.ConvertToIntegerNative<int>(number);

    // Replies.

    /// <summary>So many bytes that are hashed are as much as a step.</summary>
    private const int HashedPerStepShift = 2;

    private int Sha1Hex(LuaCall lua)
    {
        if (lua.Count != 1) throw ScriptError.Fail(lua, "wrong number of arguments");
        ReadOnlySpan<byte> text = lua[1].IsString || lua[1].IsNumber ? lua.CheckString(1).Span : default;
        _machine.Spend(text.Length >> HashedPerStepShift);
        return lua.Return(_machine.String(ScriptDigest.Of(text).ToString()));
    }

    private int ErrorReply(LuaCall lua)
    {
        if (lua.Count != 1 || !lua[1].TryGetString(out var text)) return lua.Return(ScriptError.Make(_machine, "wrong number or type of arguments"u8));
        var error = ByteText.UpToNul(text.Span);
        return lua.Return(ScriptError.MakeCoded(_machine, error.StartsWith("-"u8) ? error[1..] : error));
    }

    private int StatusReply(LuaCall lua)
    {
        if (lua.Count != 1 || !lua[1].IsString) return lua.Return(ScriptError.Make(_machine, "wrong number or type of arguments"u8));
        var table = _machine.NewTable(hashSize: 1);
        table.Set(FieldNames.Ok, lua[1]);
        return lua.Return(table);
    }

    private int SetVersionOfResp(LuaCall lua)
    {
        if (lua.Count != 1) throw ScriptError.Fail(lua, "redis.setresp() requires one argument.");
        lua.TryGetNumber(1, out var number);
        var version = ToInteger(number);
        if (version is not (2 or 3)) throw ScriptError.Fail(lua, "RESP version must be 2 or 3.");
        _scripting.Run.Session.Version = (RespVersion)version;
        return lua.Return();
    }

    // Replication.

    private void AddReplication()
    {
        Add("set_repl", SetTargets);
        Add("REPL_NONE", (int)ChangeTargets.None);
        Add("REPL_AOF", (int)ChangeTargets.AppendOnlyFile);
        Add("REPL_SLAVE", (int)ChangeTargets.Replicas);
        Add("REPL_REPLICA", (int)ChangeTargets.Replicas);
        Add("REPL_ALL", (int)ChangeTargets.All);
    }

    private int SetTargets(LuaCall lua)
    {
        if (lua.Count != 1) throw ScriptError.Fail(lua, "redis.set_repl() requires one argument.");
        lua.TryGetNumber(1, out var number);
        var targets = ToInteger(number);
        if ((targets & ~(int)ChangeTargets.All) != 0) throw ScriptError.Fail(lua, "Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.");
        _scripting.Run.SetTargets((ChangeTargets)targets);
        return lua.Return();
    }

    // Rights: there is one user, who may do everything.

    private int CheckAccess(LuaCall lua)
    {
        if (lua.Count == 0) throw ScriptError.Fail(lua, ScriptCalls.NoArguments);
        var arguments = _scripting.Run.Arguments;
        if (!arguments.TryTake(lua)) throw ScriptError.Fail(lua, ScriptCalls.WrongArguments);
        if (_scripting.Executor.Commands.Find(arguments.Request) is null) throw ScriptError.Fail(lua, "Invalid command passed to redis.acl_check_cmd()");
        return lua.Return(true);
    }
}
