using Microsoft.Extensions.Logging;

namespace Carnelian;

/// <summary>
/// The orderly end of a server. There are no replicas to wait for and no files to write yet, so it comes at once, unless a
/// snapshot is demanded: that can't be made yet, and a server that could not save goes on, as in Redis.
/// </summary>
internal sealed class Shutdown(Server server)
{
    /// <returns>Whether the server stops.</returns>
    public bool TryBegin(ShutdownFlags flags)
    {
        server.Log.LogInformation("User requested shutdown...");
        var mustSave = flags.HasFlag(ShutdownFlags.Save);
        if (!mustSave && !flags.HasFlag(ShutdownFlags.NoSave) && server.Options.SavePoints.Length > 0)
            server.Log.LogWarning("No snapshot is saved before exiting: snapshots are not implemented yet.");
        if (mustSave && !CanExitUnsaved(flags)) return false;
        server.RequestStop();
        return true;
    }

    private bool CanExitUnsaved(ShutdownFlags flags)
    {
        server.Log.LogInformation("Saving the final RDB snapshot before exiting.");
        server.Log.LogWarning("Failed saving the DB: snapshots are not implemented yet.");
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
