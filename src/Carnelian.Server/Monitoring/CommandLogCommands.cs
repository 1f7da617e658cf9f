using System.Diagnostics.CodeAnalysis;
using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>COMMANDLOG and its subcommands, as Valkey 9.1 has them: three logs, of which the slow one is that of SLOWLOG.</summary>
[Command("COMMANDLOG", Summary = "A container for command log commands.", Since = "8.1.0", Complexity = "Depends on subcommand.")]
[CommandFamily("server")]
internal static class CommandLogCommands
{
    private const string Types = "type: SLOW | LARGE-REQUEST | LARGE-REPLY";

    [Command("COMMANDLOG GET", Summary = "Returns the specified command log's entries.", Since = "8.1.0", Complexity = "O(N) where N is the number of entries returned",
        Flags = Admin | Loading | Stale,
        Arguments = "count:integer (" + Types + ")",
        Tips = "request_policy:all_nodes nondeterministic_output")]
    internal static void Get(ref Call call)
    {
        if (!TryCount(ref call, out var count)) return;
        if (TryLog(ref call, 3, out var log)) WriteEntries(ref call, log, count);
    }

    /// <summary>How many entries are asked for, -1: all; otherwise the call has failed.</summary>
    internal static bool TryCount(ref Call call, out long count)
    {
        if (IntegerText.TryParse(call.Args[2], out count) && count >= -1) return true;
        call.Fail("ERR count should be greater than or equal to -1");
        return false;
    }

    private static bool TryLog(ref Call call, int argument, [NotNullWhen(true)] out CommandLog? log)
    {
        var logs = call.Executor.Logs;
        log = call.Is(argument, "slow"u8) ? logs.Slow
            : call.Is(argument, "large-request"u8) ? logs.LargeRequests
            : call.Is(argument, "large-reply"u8) ? logs.LargeReplies
            : null;
        if (log is null) call.Fail("ERR type should be one of the following: slow, large-request, large-reply");
        return log is not null;
    }

    internal static void WriteEntries(ref Call call, CommandLog log, long count)
    {
        var left = count < 0 ? log.Entries.Count : (int)Math.Min(count, log.Entries.Count);
        call.Reply.Array(left);
        foreach (var entry in log.Entries)
        {
            if (left-- == 0) break;
            Write(ref call, entry);
        }
    }

    private static void Write(ref Call call, CommandLogEntry entry)
    {
        call.Reply.Array(6);
        call.Reply.Integer(entry.Id);
        call.Reply.Integer(entry.UnixSeconds);
        call.Reply.Integer(entry.Value);
        call.Reply.Array(entry.Arguments.Length);
        foreach (var argument in entry.Arguments) call.Reply.Bulk(argument);
        call.Reply.Bulk(ByteText.FromText(entry.ClientAddress));
        call.Reply.Bulk(entry.ClientName);
    }

    [Command("COMMANDLOG LEN", Summary = "Returns the number of entries in the specified type of command log.", Since = "8.1.0", Complexity = "O(1)",
        Flags = Admin | Loading | Stale,
        Arguments = "(" + Types + ")",
        Tips = "request_policy:all_nodes response_policy:agg_sum nondeterministic_output")]
    internal static void Length(ref Call call)
    {
        if (TryLog(ref call, 2, out var log)) call.Reply.Integer(log.Entries.Count);
    }

    [Command("COMMANDLOG RESET", Summary = "Clears all entries from the specified type of command log.", Since = "8.1.0",
        Complexity = "O(N) where N is the number of entries in the commandlog",
        Flags = Admin | Loading | Stale,
        Arguments = "(" + Types + ")",
        Tips = "request_policy:all_nodes response_policy:all_succeeded")]
    internal static void Reset(ref Call call)
    {
        if (!TryLog(ref call, 2, out var log)) return;
        log.Reset();
        call.Reply.Ok();
    }

    [Command("COMMANDLOG HELP", Summary = "Shows helpful text about the different subcommands.", Since = "8.1.0", Complexity = "O(1)", Flags = Loading | Stale)]
    internal static void Help(ref Call call) => CommandReplies.WriteHelp(
        ref call,
        "GET <count> <type>",
        "    Return top <count> entries of the specified <type> from the commandlog (-1 mean all).",
        "    Entries are made of:",
        "    id, timestamp,",
        "        time in microseconds for type of slow,",
        "        or size in bytes for type of large-request,",
        "        or size in bytes for type of large-reply",
        "    arguments array, client IP and port,",
        "    client name",
        "LEN <type>",
        "    Return the length of the specified type of commandlog.",
        "RESET <type>",
        "    Reset the specified type of commandlog.");
}
