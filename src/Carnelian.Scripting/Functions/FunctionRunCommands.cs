using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>The subcommands of FUNCTION on the function that runs, and HELP.</summary>
[CommandFamily("scripting")]
internal static class FunctionRunCommands
{
    [Command("FUNCTION KILL", Summary = "Terminates a function during execution.", Since = "7.0.0", Complexity = "O(1)",
        Flags = NoScript | AllowBusy,
        Tips = "request_policy:all_shards response_policy:one_succeeded")]
    internal static void Kill(ref Call call) => call.Executor.Services.Get<Scripting>().Run.Kill(ref call, asEval: false);

    [Command("FUNCTION STATS", Summary = "Returns information about a function during execution.", Since = "7.0.0", Complexity = "O(1)",
        Flags = NoScript | AllowBusy,
        Tips = "nondeterministic_output request_policy:all_shards response_policy:special")]
    internal static void Stats(ref Call call)
    {
        var scripting = call.Executor.Services.Get<Scripting>();
        var run = scripting.Run;
        if (run is { IsRunning: true, IsEval: true })
        {
            call.Fail(BusyGate.ByScript);
            return;
        }
        ref var reply = ref call.Reply;
        reply.Map(2);
        reply.Bulk("running_script"u8);
        if (run.IsRunning) Write(ref reply, run);
        else reply.Null();
        reply.Bulk("engines"u8);
        reply.Map(1);
        reply.Bulk(Functions.EngineName);
        reply.Map(2);
        reply.Bulk("libraries_count"u8);
        reply.Integer(scripting.Functions.Current.Libraries.Count);
        reply.Bulk("functions_count"u8);
        reply.Integer(scripting.Functions.Current.FunctionCount);
    }

    private static void Write(ref ReplyWriter reply, ScriptRun run)
    {
        reply.Map(3);
        reply.Bulk("name"u8);
        reply.Bulk(run.Name);
        reply.Bulk("command"u8);
        reply.Array(run.Request.Count);
        foreach (var argument in run.Request) reply.Bulk(argument.Span);
        reply.Bulk("duration_ms"u8);
        reply.Integer(run.Patience.ElapsedMs);
    }

    [Command("FUNCTION HELP", Summary = "Returns helpful text about the different subcommands.", Since = "7.0.0", Complexity = "O(1)",
        Flags = Loading | Stale)]
    internal static void Help(ref Call call) => CommandReplies.WriteHelp(
        ref call,
        "LOAD [REPLACE] <FUNCTION CODE>",
        "    Create a new library with the given library name and code.",
        "DELETE <LIBRARY NAME>",
        "    Delete the given library.",
        "LIST [LIBRARYNAME PATTERN] [WITHCODE]",
        "    Return general information on all the libraries:",
        "    * Library name",
        "    * The engine used to run the Library",
        "    * Functions list",
        "    * Library code (if WITHCODE is given)",
        "    It also possible to get only function that matches a pattern using LIBRARYNAME argument.",
        "STATS",
        "    Return information about the current function running:",
        "    * Function name",
        "    * Command used to run the function",
        "    * Duration in MS that the function is running",
        "    If no function is running, return nil",
        "    In addition, returns a list of available engines.",
        "KILL",
        "    Kill the current running function.",
        "FLUSH [ASYNC|SYNC]",
        "    Delete all the libraries.",
        "    When called without the optional mode argument, the behavior is determined by the",
        "    lazyfree-lazy-user-flush configuration directive. Valid modes are:",
        "    * ASYNC: Asynchronously flush the libraries.",
        "    * SYNC: Synchronously flush the libraries.",
        "DUMP",
        "    Return a serialized payload representing the current libraries, can be restored using FUNCTION RESTORE command",
        "RESTORE <PAYLOAD> [FLUSH|APPEND|REPLACE]",
        "    Restore the libraries represented by the given payload, it is possible to give a restore policy to",
        "    control how to handle existing libraries (default APPEND):",
        "    * FLUSH: delete all existing libraries.",
        "    * APPEND: appends the restored libraries to the existing libraries. On collision, abort.",
        "    * REPLACE: appends the restored libraries to the existing libraries, On collision, replace the old",
        "      libraries with the new libraries (notice that even on this option there is a chance of failure",
        "      in case of functions name collision with another library).");
}
