using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>SCRIPT and its subcommands.</summary>
[Command("SCRIPT", Summary = "A container for Lua scripts management commands.", Since = "2.6.0", Complexity = "Depends on subcommand.")]
[CommandFamily("scripting")]
internal static class ScriptCommands
{
    [Command("SCRIPT DEBUG", Summary = "Sets the debug mode of server-side Lua scripts.", Since = "3.2.0", Complexity = "O(1)",
        Flags = NoScript,
        Arguments = "(mode: YES | SYNC | NO)")]
    internal static void Debug(ref Call call)
    {
        call.Reply.Flush();
        if (call.Client.HasPendingReplies) call.Fail("ERR SCRIPT DEBUG must be called outside a pipeline");
        else if (call.Is(2, "no"u8)) SetDebugging(ref call, ScriptDebugging.Off);
        else if (call.Is(2, "sync"u8)) SetDebugging(ref call, ScriptDebugging.Synchronous);
        else if (!call.Is(2, "yes"u8)) call.Fail("ERR Use SCRIPT DEBUG YES/SYNC/NO");
        else
        {
            // Who does not look at the error must not run by EVAL what was to be tried only.
            call.Client.ScriptDebugging = ScriptDebugging.Forked;
            call.Fail(ScriptDebugger.CannotFork);
        }
    }

    private static void SetDebugging(ref Call call, ScriptDebugging debugging)
    {
        call.Client.ScriptDebugging = debugging;
        call.Reply.Ok();
    }

    [Command("SCRIPT EXISTS", Summary = "Determines whether server-side Lua scripts exist in the script cache.", Since = "2.6.0",
        Complexity = "O(N) with N being the number of scripts to check (so checking a single script is an O(1) operation).",
        Flags = NoScript,
        Arguments = "sha1...",
        Tips = "request_policy:all_shards response_policy:agg_logical_and")]
    internal static void Exists(ref Call call)
    {
        var scripts = call.Executor.Services.Get<Scripting>().Scripts;
        call.Reply.Array(call.Args.Count - 2);
        for (var i = 2; i < call.Args.Count; i++)
            call.Reply.Integer(ScriptDigest.TryParse(call.Args[i], out var digest) && scripts.Find(digest) is not null ? 1 : 0);
    }

    [Command("SCRIPT FLUSH", Summary = "Removes all server-side Lua scripts from the script cache.", Since = "2.6.0",
        Complexity = "O(N) with N being the number of scripts in cache",
        Flags = NoScript,
        Arguments = "[flush-type@6.2.0: ASYNC | SYNC]",
        Tips = "request_policy:all_nodes response_policy:all_succeeded",
        History = [
            "6.2.0: Added the `ASYNC` and `SYNC` flushing mode modifiers."])]
    internal static void Flush(ref Call call)
    {
        if (call.Args.Count > 3 || call.Args.Count == 3 && !call.Is(2, "sync"u8) && !call.Is(2, "async"u8))
        {
            call.Fail("ERR SCRIPT FLUSH only support SYNC|ASYNC option");
            return;
        }
        var scripts = call.Executor.Services.Get<Scripting>().Scripts;
        BackgroundFlush.Count(ref call, scripts.Count, scripts.Count);
        scripts.Flush();
        call.Reply.Ok();
    }

    [Command("SCRIPT HELP", Summary = "Returns helpful text about the different subcommands.", Since = "5.0.0", Complexity = "O(1)",
        Flags = Loading | Stale)]
    internal static void Help(ref Call call) => CommandReplies.WriteHelp(
        ref call,
        "DEBUG (YES|SYNC|NO)",
        "    Set the debug mode for subsequent scripts executed.",
        "EXISTS <sha1> [<sha1> ...]",
        "    Return information about the existence of the scripts in the script cache.",
        "FLUSH [ASYNC|SYNC]",
        "    Flush the Lua scripts cache. Very dangerous on replicas.",
        "    When called without the optional mode argument, the behavior is determined by the",
        "    lazyfree-lazy-user-flush configuration directive. Valid modes are:",
        "    * ASYNC: Asynchronously flush the scripts cache.",
        "    * SYNC: Synchronously flush the scripts cache.",
        "KILL",
        "    Kill the currently executing Lua script.",
        "LOAD <script>",
        "    Load a script into the scripts cache without executing it.");

    [Command("SCRIPT KILL", Summary = "Terminates a server-side Lua script during execution.", Since = "2.6.0", Complexity = "O(1)",
        Flags = NoScript | AllowBusy,
        Tips = "request_policy:all_shards response_policy:one_succeeded")]
    internal static void Kill(ref Call call) => call.Executor.Services.Get<Scripting>().Run.Kill(ref call, asEval: true);

    [Command("SCRIPT SHOW", Summary = "Show server-side Lua script in the script cache.", Since = "8.0.0", Complexity = "O(1).",
        Flags = NoScript | Stale,
        Arguments = "sha1")]
    internal static void Show(ref Call call)
    {
        if (ScriptDigest.TryParse(call.Args[2], out var digest) && call.Executor.Services.Get<Scripting>().Scripts.Find(digest) is { } script) call.Reply.Bulk(script.Text);
        else call.Fail("NOSCRIPT No matching script. Please use EVAL.");
    }

    [Command("SCRIPT LOAD", Summary = "Loads a server-side Lua script to the script cache.", Since = "2.6.0",
        Complexity = "O(N) with N being the length in bytes of the script body.",
        Flags = NoScript | Stale,
        Arguments = "script",
        Tips = "request_policy:all_nodes response_policy:all_succeeded")]
    internal static void Load(ref Call call)
    {
        var script = call.Executor.Services.Get<Scripting>().Scripts.Load(call.Args[2], stays: true, out var error);
        if (script is null) call.Fail("ERR " + error);
        else call.Reply.Bulk(script.Name);
    }
}
