using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>MONITOR.</summary>
[CommandFamily("server")]
internal static class MonitorCommands
{
    [Command("MONITOR", Summary = "Listens for all requests received by the server in real-time.", Since = "1.0.0",
        Flags = Admin | NoScript | Loading | Stale)]
    internal static void Monitor(ref Call call)
    {
        if (!ClientCommands.TryClient(ref call, out var client)) return;
        if (!call.MayBlock)
        {
            call.Fail("ERR MONITOR isn't allowed for DENY BLOCKING client");
            return;
        }
        // As in Redis, one who monitors already is not answered.
        if (client.IsMonitor) return;
        call.Server().Monitors.Add(client);
        call.Reply.Ok();
    }
}
