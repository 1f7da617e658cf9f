using Microsoft.Extensions.Logging;

namespace Carnelian;

/// <summary>The orderly end of a server: it saves what is to be saved, and goes on if it could not. There are no replicas to wait for yet.</summary>
internal sealed class Shutdown(Server server)
{
    /// <returns>Whether the server stops.</returns>
    public bool TryBegin(ShutdownFlags flags)
    {
        // What is there of the data now must not take the place of the whole.
        if (server.Loading.IsOn) flags = (flags & ~ShutdownFlags.Save) | ShutdownFlags.NoSave;
        server.Log.LogInformation("User requested shutdown...");
        StopBackgroundSave();
        if (!TryStopAppendOnly(flags)) return false;
        var saves = flags.HasFlag(ShutdownFlags.Save) || server.Options.Persistence.SavePoints.Length > 0 && !flags.HasFlag(ShutdownFlags.NoSave);
        if (saves && !TrySave(flags)) return false;
        // Who is told that the server ends finds no one to connect to.
        server.Listeners.Close();
        server.RequestStop();
        return true;
    }

    /// <summary>What it writes is older than what is written now, and must not come to stand in its place.</summary>
    private void StopBackgroundSave()
    {
        if (!server.Saves.IsSaving) return;
        server.Log.LogWarning("There is a child saving an .rdb. Killing it!");
        server.SnapshotFiles.Kill();
    }

    /// <summary>What was changed is written and synced. While the first base is written there is nothing that could be loaded again.</summary>
    private bool TryStopAppendOnly(ShutdownFlags flags)
    {
        var file = server.AppendOnly;
        if (file.State == AppendOnlyState.Off) return true;
        if (file.State == AppendOnlyState.WaitsForBase)
        {
            if (!flags.HasFlag(ShutdownFlags.Force))
            {
                server.Log.LogWarning("Writing initial AOF, can't exit.");
                return false;
            }
            server.Log.LogWarning("Writing initial AOF. Exit anyway.");
        }
        if (server.SnapshotFiles.Running is { Kind: SnapshotKind.AppendOnlyRewrite })
        {
            server.Log.LogWarning("There is a child rewriting the AOF. Killing it!");
            server.SnapshotFiles.Kill();
        }
        server.Log.LogInformation("Calling fsync() on the AOF file.");
        if (file.Flush() is { } error) server.Log.LogWarning("Fail to fsync the AOF file: {Error}.", error);
        return true;
    }

    private bool TrySave(ShutdownFlags flags)
    {
        server.Log.LogInformation("Saving the final RDB snapshot before exiting.");
        if (server.Saves.Save()) return true;
        if (flags.HasFlag(ShutdownFlags.Force))
        {
            server.Log.LogWarning("Error trying to save the DB. Exit anyway.");
            return true;
        }
        server.Log.LogWarning("Error trying to save the DB, can't exit.");
        server.Log.LogWarning("Errors trying to shut down the server. Check the logs for more information.");
        return false;
    }
}
