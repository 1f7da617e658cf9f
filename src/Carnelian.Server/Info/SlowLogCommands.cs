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
        if (call.Args.Count == 3 && (!IntegerText.TryParse(call.Args[2], out count) || count < -1))
        {
            call.Fail("ERR count should be greater than or equal to -1");
            return;
        }
        var entries = call.Executor.SlowLog.Entries;
        var left = count < 0 ? entries.Count : (int)Math.Min(count, entries.Count);
        call.Reply.Array(left);
        foreach (var entry in entries)
        {
            if (left-- == 0) break;
            Write(ref call, entry);
        }
    }

    private static void Write(ref Call call, SlowLogEntry entry)
    {
        call.Reply.Array(6);
        call.Reply.Integer(entry.Id);
        call.Reply.Integer(entry.UnixSeconds);
        call.Reply.Integer(entry.Microseconds);
        call.Reply.Array(entry.Arguments.Length);
        foreach (var argument in entry.Arguments) call.Reply.Bulk(argument);
        call.Reply.Bulk(ByteText.FromText(entry.ClientAddress));
        call.Reply.Bulk(entry.ClientName);
    }

    [Command("SLOWLOG LEN", Summary = "Returns the number of entries in the slow log.", Since = "2.2.12", Complexity = "O(1)",
        Flags = Admin | Loading | Stale,
        Tips = "request_policy:all_nodes response_policy:agg_sum nondeterministic_output")]
    internal static void Length(ref Call call) => call.Reply.Integer(call.Executor.SlowLog.Entries.Count);

    [Command("SLOWLOG RESET", Summary = "Clears all entries from the slow log.", Since = "2.2.12",
        Complexity = "O(N) where N is the number of entries in the slowlog",
        Flags = Admin | Loading | Stale,
        Tips = "request_policy:all_nodes response_policy:all_succeeded")]
    internal static void Reset(ref Call call)
    {
        call.Executor.SlowLog.Reset();
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
