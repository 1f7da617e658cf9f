using Microsoft.Extensions.Logging;

namespace Carnelian;

/// <summary>Every client takes a file descriptor: maxclients is bounded by what the system lets the process open.</summary>
internal static class OpenFiles
{
    /// <summary>As many as Redis keeps back for itself, at the least.</summary>
    public const int ReservedMin = 32;

    /// <summary>Beyond what the process holds when it starts: for the log, files of data, listeners and connections to other servers.</summary>
    private const int Spare = 24;

    /// <summary>How many files are no clients'. Asked once, before there are any.</summary>
    public static int CountReserved(Server server)
    {
        var options = server.Options;
        var metrics = options.MetricsPort == 0 ? 0 : options.MetricsBind.Length + ServerOptions.MetricsConnectionsMax;
        return Math.Max(ReservedMin, server.World.Host.CountOwnFiles() + options.Bind.Length + metrics + Spare);
    }

    /// <summary>Lowers maxclients to what is possible, and says so in the log. Null, or why the server can't be started at all.</summary>
    public static string? Adjust(Server server)
    {
        var reserved = server.Process.ReservedFiles;
        var wanted = (long)server.Options.MaxClients + reserved;
        var limit = server.World.Host.RaiseOpenFiles(wanted);
        if (limit.Now >= wanted)
        {
            if (limit.Now > limit.Before)
                server.Log.LogInformation("Increased maximum number of open files to {Wanted} (it was originally set to {Before}).", wanted, limit.Before);
            return null;
        }
        if (limit.Now <= reserved)
        {
            return $"Your current 'ulimit -n' of {limit.Before} is not enough for the server to start. "
                + $"Please increase your open file limit to at least {reserved + 1}. Exiting.";
        }
        var requested = server.Options.MaxClients;
        server.Options.MaxClients = limit.Now - reserved;
        server.Log.LogWarning("You requested maxclients of {Clients} requiring at least {Wanted} max file descriptors.", requested, wanted);
        server.Log.LogWarning("Server can't set maximum open files to {Wanted} because of OS error: {Error}.", wanted, limit.Error);
        server.Log.LogWarning(
            "Current maximum open files is {Now}. maxclients has been reduced to {Clients} to compensate for low ulimit. "
            + "If you need higher maxclients increase 'ulimit -n'.", limit.Now, server.Options.MaxClients);
        return null;
    }

    /// <summary>CONFIG SET maxclients: what can't be is refused, with what can.</summary>
    public static string? Apply(Server server)
    {
        var requested = server.Options.MaxClients;
        if (Adjust(server) is null && server.Options.MaxClients == requested) return null;
        return $"The operating system is not able to handle the specified number of clients, try with {server.Options.MaxClients}";
    }
}
