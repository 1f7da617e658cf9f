using Microsoft.Extensions.Logging;

namespace Carnelian;

/// <summary>DEBUG LOADAOF: loads what the append-only file has, within one call. Clients are told meanwhile that the server loads.</summary>
internal static class DebugLoadAof
{
    public static void Run(ref Call call)
    {
        var server = call.Server();
        var file = server.AppendOnly;
        // What is loaded stands in the file already.
        call.PropagateInnerCalls();
        if (file.State == AppendOnlyState.On) file.Flush();
        call.Keyspace.Flush(null, background: false);
        server.Scripting.Functions.Flush();
        if (!file.TryReadManifest() || !TryLoad(ref call, server))
        {
            call.Fail("ERR Error trying to load the AOF files, check server logs.");
            return;
        }
        call.Keyspace.Dirty = 0;
        server.Log.LogWarning("Append Only File loaded by DEBUG LOADAOF");
        call.Reply.Ok();
    }

    private static bool TryLoad(ref Call call, Server server)
    {
        var load = server.AppendOnly.NewLoad(call.Executor);
        load.TakesFunctions = server.TakeFunctions;
        load.Begin();
        server.Loading.RunWithin(ref call, load);
        return load.Outcome == AppendOnlyOutcome.Loaded;
    }
}
