using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>Scripts that are sent, or called by their digest.</summary>
[CommandFamily("scripting")]
internal static class EvalCommands
{
    private const string NoScript = "NOSCRIPT No matching script. Please use EVAL.";

    [Command("EVAL", Summary = "Executes a server-side Lua script.", Since = "2.6.0", Complexity = "Depends on the script that is executed.",
        Flags = CommandFlags.NoScript | Stale | SkipMonitor | NoMandatoryKeys | MayReplicate | RunsScript,
        Keys = "2# RW access update (We cannot tell how the keys will be used so we assume the worst, RW and UPDATE)",
        Arguments = "script numkeys:integer [key...] [arg...]")]
    internal static void Eval(ref Call call) => Evaluate(ref call);

    [Command("EVALSHA", Summary = "Executes a server-side Lua script by SHA1 digest.", Since = "2.6.0",
        Complexity = "Depends on the script that is executed.",
        Flags = CommandFlags.NoScript | Stale | SkipMonitor | NoMandatoryKeys | MayReplicate | RunsScript, Keys = "2# RW access update",
        Arguments = "sha1 numkeys:integer [key...] [arg...]")]
    internal static void EvalByDigest(ref Call call) => Evaluate(ref call);

    [Command("EVAL_RO", Summary = "Executes a read-only server-side Lua script.", Since = "7.0.0", Complexity = "Depends on the script that is executed.",
        Flags = ReadOnly | CommandFlags.NoScript | Stale | SkipMonitor | NoMandatoryKeys | RunsScript,
        Keys = "2# RO access (We cannot tell how the keys will be used so we assume the worst, RO and ACCESS)",
        Arguments = "script numkeys:integer [key...] [arg...]")]
    internal static void EvalReadOnly(ref Call call) => Evaluate(ref call);

    [Command("EVALSHA_RO", Summary = "Executes a read-only server-side Lua script by SHA1 digest.", Since = "7.0.0",
        Complexity = "Depends on the script that is executed.",
        Flags = ReadOnly | CommandFlags.NoScript | Stale | SkipMonitor | NoMandatoryKeys | RunsScript, Keys = "2# RO access",
        Arguments = "sha1 numkeys:integer [key...] [arg...]")]
    internal static void EvalByDigestReadOnly(ref Call call) => Evaluate(ref call);

    private static void Evaluate(ref Call call)
    {
        if (call.Session.ScriptDebugging == ScriptDebugging.Off || ScriptCache.IsByDigest(call.Command)) Run(ref call);
        else call.Executor.Services.Get<Scripting>().Debugger.Debug(ref call, Run);
    }

    private static void Run(ref Call call)
    {
        var isByDigest = ScriptCache.IsByDigest(call.Command);
        var digest = default(ScriptDigest);
        if (isByDigest && call.Args[1].Length != ScriptDigest.HexLength)
        {
            call.Fail(NoScript);
            return;
        }
        if (isByDigest && call.Session.ScriptDebugging != ScriptDebugging.Off)
        {
            call.Fail("ERR Please use EVAL instead of EVALSHA for debugging");
            return;
        }
        if (!TryReadKeyCount(ref call, out var keys)) return;
        var scripting = call.Executor.Services.Get<Scripting>();
        CachedScript? script;
        if (isByDigest)
        {
            script = ScriptDigest.TryParse(call.Args[1], out digest) ? scripting.Scripts.Find(digest) : null;
            if (script is null) call.Fail(NoScript);
        }
        else
        {
            script = scripting.Scripts.Load(call.Args[1], stays: false, out var error);
            if (script is null) call.Fail("ERR " + error);
        }
        if (script is null) return;
        if (scripting.Debugger.Prepare(script) is { } function) scripting.Run.Execute(ref call, scripting.Scripts.Machine, function, script.Name, script.Flags, keys, isEval: true);
        else call.Fail("ERR not enough memory");
        scripting.Scripts.Touch(script);
    }

    private static bool TryReadKeyCount(ref Call call, out int keys)
    {
        keys = 0;
        if (!call.TryInteger(2, out var count)) return false;
        if (count > call.Args.Count - 3) call.Fail("ERR Number of keys can't be greater than number of args");
        else if (count < 0) call.Fail("ERR Number of keys can't be negative");
        else keys = (int)count;
        return !call.Failed;
    }
}
