using System.Text;
using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>Commands on the server as a whole.</summary>
[CommandFamily("server")]
internal static class ServerCommands
{
    [Command("INFO", Summary = "Returns information and statistics about the server.", Since = "1.0.0", Complexity = "O(1)",
        Flags = Loading | Stale | Sentinel, Categories = "dangerous",
        Arguments = "[section...]",
        Tips = "nondeterministic_output request_policy:all_shards response_policy:special",
        History = [
            "7.0.0: Added support for taking multiple section arguments."])]
    internal static void Info(ref Call call)
    {
        var sections = new string[call.Args.Count - 1];
        for (var i = 0; i < sections.Length; i++) sections[i] = call.Shown(i + 1).ToLowerInvariant();
        call.Reply.Verbatim(InfoReport.Write(call.Server(), sections), "txt"u8);
    }

    [Command("TIME", Summary = "Returns the server time.", Since = "2.6.0", Complexity = "O(1)",
        Flags = Loading | Stale | Fast,
        Tips = "nondeterministic_output")]
    internal static void Time(ref Call call)
    {
        // For a script time stands still.
        var now = call.IsOfScript ? call.Executor.UnixMicroseconds : call.Server().World.Clock.UnixMicroseconds;
        call.Reply.Array(2);
        call.Reply.BulkInteger(now / 1_000_000);
        call.Reply.BulkInteger(now % 1_000_000);
    }

    [Command("LOLWUT", Summary = "Displays computer art and the Redis version", Since = "5.0.0",
        Flags = ReadOnly | Fast,
        Arguments = "[VERSION version:integer]")]
    internal static void Lolwut(ref Call call)
    {
        if (call.Args.Count >= 3 && call.Is(1, "version"u8) && !call.TryInteger(2, out _)) return;
        call.Reply.Verbatim(Encoding.UTF8.GetBytes(Picture.Draw(call.Keyspace.Randomness) + $"Redis ver. {Release.RedisVersion}\n"), "txt"u8);
    }

    [Command("SHUTDOWN", Summary = "Synchronously saves the database(s) to disk and shuts down the Redis server.", Since = "1.0.0",
        Complexity = "O(N) when saving, where N is the total number of keys in all databases when saving data, otherwise O(1)",
        Flags = Admin | NoScript | Loading | Stale | NoMulti | AllowBusy | Sentinel,
        Arguments = "[save-selector: NOSAVE | SAVE] [NOW@7.0.0] [FORCE@7.0.0] [ABORT@7.0.0]",
        History = [
            "7.0.0: Added the `NOW`, `FORCE` and `ABORT` modifiers."])]
    internal static void Shutdown(ref Call call)
    {
        const ShutdownFlags SaveAndNot = ShutdownFlags.Save | ShutdownFlags.NoSave;
        var flags = ShutdownFlags.None;
        var abort = false;
        var options = new OptionReader(call.Args, 1);
        while (options.Next())
        {
            if (options.Is("nosave"u8)) flags |= ShutdownFlags.NoSave;
            else if (options.Is("save"u8)) flags |= ShutdownFlags.Save;
            else if (options.Is("now"u8)) flags |= ShutdownFlags.Now;
            else if (options.Is("force"u8)) flags |= ShutdownFlags.Force;
            else if (options.Is("abort"u8)) abort = true;
            else options.FailSyntax();
        }
        if ((abort && flags != ShutdownFlags.None) || (flags & SaveAndNot) == SaveAndNot) options.FailSyntax();
        if (!options.Ends(ref call)) return;
        if (abort)
        {
            call.Fail("ERR No shutdown in progress.");
            return;
        }
        var server = call.Server();
        // What a script has done so far must not be saved as if it were all.
        if ((flags & ShutdownFlags.NoSave) == 0 && server.Scripting.WhyBusy is { } busy)
        {
            call.Fail(busy);
            return;
        }
        if (!server.Shutdown.TryBegin(flags))
        {
            call.Fail("ERR Errors trying to SHUTDOWN. Check logs.");
            return;
        }
        // A client learns that the server is gone by the end of its connection; there is no reply.
        if (call.Session is Client client) server.Clients.CloseSoon(client);
        else call.Reply.Ok();
    }
}
