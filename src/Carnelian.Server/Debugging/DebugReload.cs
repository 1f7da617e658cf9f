using Microsoft.Extensions.Logging;

namespace Carnelian;

/// <summary>DEBUG RELOAD: saves the keyspace and loads it again, within one call. Clients are told meanwhile that the server loads.</summary>
internal static class DebugReload
{
    public static void Run(ref Call call)
    {
        var server = call.Server();
        bool saves = true, flushes = true, merges = false;
        for (var i = 2; i < call.Args.Count; i++)
        {
            if (call.Is(i, "merge"u8)) merges = true;
            else if (call.Is(i, "noflush"u8)) flushes = false;
            else if (call.Is(i, "nosave"u8)) saves = false;
            else
            {
                call.Fail("ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.");
                return;
            }
        }
        if (saves && !server.Saves.Save())
        {
            call.Fail("ERR");
            return;
        }
        if (flushes) call.Keyspace.Flush(null, background: false);
        var policy = merges ? RestorePolicy.Replace : flushes ? RestorePolicy.Flush : RestorePolicy.Append;
        if (!TryLoad(ref call, server, merges, policy))
        {
            call.Fail("ERR Error trying to load the RDB dump, check server logs.");
            return;
        }
        server.Log.LogWarning("DB reloaded by DEBUG RELOAD");
        call.Reply.Ok();
    }

    private static bool TryLoad(ref Call call, Server server, bool merges, RestorePolicy policy)
    {
        // Without a file there is nothing to load, which Redis takes for an error as well.
        if (server.DatabaseFile.TryOpen(out var load, merges) is not null || load is null) return false;
        server.Loading.RunWithin(ref call, load);
        if (load.Error is not null) return false;
        server.DatabaseFile.Keep(load);
        if (server.Scripting.Functions.TakeLoaded(server.Saves.Functions, policy) is not { } refusal) return true;
        server.Log.LogWarning("Failed loading library, {Error}", refusal);
        return false;
    }
}
