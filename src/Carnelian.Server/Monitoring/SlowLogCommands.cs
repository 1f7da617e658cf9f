using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>SLOWLOG and its subcommands.</summary>
[Command("SLOWLOG", Summary = "A container for slow log commands.", Since = "2.2.12", Complexity = "Depends on subcommand.")]
[CommandFamily("server")]
internal static class SlowLogCommands
{
    private const int EntriesShown = 10;

    [Command("SLOWLOG GET", Summary = "Returns the slow log's entries.", Since = "2.2.12", Complexity = "O(N) where N is the number of entries returned",
        Flags = Admin | Loading | Stale,
        Arguments = "[count:integer]",
        Tips = "request_policy:all_nodes nondeterministic_output",
        History = [
            "4.0.0: Added client IP address, port and name to the reply."])]
    internal static void Get(ref Call call)
    {
        long count = EntriesShown;
        if (call.Args.Count > 3)
        {
            call.FailUnknownSubcommand(1);
            return;
        }
        if (call.Args.Count == 3 && !CommandLogCommands.TryCount(ref call, out count)) return;
        CommandLogCommands.WriteEntries(ref call, call.Executor.Logs.Slow, count);
    }

    [Command("SLOWLOG LEN", Summary = "Returns the number of entries in the slow log.", Since = "2.2.12", Complexity = "O(1)",
        Flags = Admin | Loading | Stale,
        Tips = "request_policy:all_nodes response_policy:agg_sum nondeterministic_output")]
    internal static void Length(ref Call call) => call.Reply.Integer(call.Executor.Logs.Slow.Entries.Count);

    [Command("SLOWLOG RESET", Summary = "Clears all entries from the slow log.", Since = "2.2.12",
        Complexity = "O(N) where N is the number of entries in the slowlog",
        Flags = Admin | Loading | Stale,
        Tips = "request_policy:all_nodes response_policy:all_succeeded")]
    internal static void Reset(ref Call call)
    {
        call.Executor.Logs.Slow.Reset();
        call.Reply.Ok();
    }

    [Command("SLOWLOG HELP", Summary = "Show helpful text about the different subcommands", Since = "6.2.0", Complexity = "O(1)",
        Flags = Loading | Stale)]
    internal static void Help(ref Call call) => CommandReplies.WriteHelp(
        ref call,
        "GET [<count>]",
        "    Return top <count> entries from the slowlog (default: 10, -1 mean all).",
        "    Entries are made of:",
        "    id, timestamp, time in microseconds, arguments array, client IP and port,",
        "    client name",
        "LEN",
        "    Return the length of the slowlog.",
        "RESET",
        "    Reset the slowlog.");
}
