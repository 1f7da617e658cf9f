using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>CLIENT PAUSE and UNPAUSE.</summary>
[CommandFamily("connection")]
internal static class PauseCommands
{
    [Command("CLIENT PAUSE", Summary = "Suspends commands processing.", Since = "3.0.0", Complexity = "O(1)",
        Flags = Admin | NoScript | Loading | Stale | Sentinel,
        Arguments = "timeout:integer [mode@6.2.0: WRITE | ALL]",
        History = [
            "6.2.0: `CLIENT PAUSE WRITE` mode added along with the `mode` option."])]
    internal static void Begin(ref Call call)
    {
        var stopsAll = call.Args.Count == 3 || call.Is(3, "all"u8);
        if (call.Args.Count > 4) call.FailUnknownSubcommand(1);
        else if (!stopsAll && !call.Is(3, "write"u8)) call.Fail("ERR CLIENT PAUSE mode must be WRITE or ALL");
        else if (!IntegerText.TryParse(call.Args[2], out var milliseconds)) call.Fail("ERR timeout is not an integer or out of range");
        else if (milliseconds < 0) call.Fail("ERR timeout is negative");
        else if (milliseconds > long.MaxValue - call.NowMs) call.Fail("ERR timeout is out of range");
        else
        {
            call.Server().Pause.Begin(call.MonotonicMs + milliseconds, stopsAll);
            call.Reply.Ok();
        }
    }

    [Command("CLIENT UNPAUSE", Summary = "Resumes processing commands from paused clients.", Since = "6.2.0",
        Complexity = "O(N) Where N is the number of paused clients",
        Flags = Admin | NoScript | Loading | Stale | Sentinel)]
    internal static void End(ref Call call)
    {
        call.Server().Pause.End();
        call.Reply.Ok();
    }
}
