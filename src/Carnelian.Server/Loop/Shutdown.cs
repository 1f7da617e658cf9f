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
        var saves = flags.HasFlag(ShutdownFlags.Save) || server.Options.Persistence.SavePoints.Length > 0 && !flags.HasFlag(ShutdownFlags.NoSave);
        if (saves && !TrySave(flags)) return false;
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
