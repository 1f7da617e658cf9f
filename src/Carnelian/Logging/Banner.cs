using Microsoft.Extensions.Logging;

namespace Carnelian;

/// <summary>What the log says when a server starts: the lines that tools wait for are worded as Redis words them.</summary>
internal static class Banner
{
    private const string BacklogLimit = "/proc/sys/net/core/somaxconn";

    public static void WriteStart(Server server, RedisLogger log, bool isConfigured)
    {
        log.LogInformation("oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo");
        log.LogInformation("{Version}, pid={Pid}, just started", Program.Version, server.World.Process.Id);
        if (isConfigured) log.LogInformation("Configuration loaded");
        else
            log.LogWarning(
                "Warning: no config file specified, using the default config. In order to specify a config file use {Program} /path/to/redis.conf",
                "carnelian server");
    }

    public static void WriteMode(Server server, RedisLogger log)
    {
        var options = server.Options;
        var isTerminal = !options.SyslogEnabled && options.LogFile.Length == 0 && !Console.IsOutputRedirected;
        if (options.AlwaysShowLogo || isTerminal) log.Raw(Logo(server));
        else log.LogInformation("Running mode=standalone, port={Port}.", options.Port);
    }

    public static void WarnOfBacklog(ServerOptions options, RedisLogger log)
    {
        if (!File.Exists(BacklogLimit) || !int.TryParse(File.ReadAllText(BacklogLimit), out var most) || most <= 0 || most >= options.TcpBacklog) return;
        log.LogWarning(
            "WARNING: The TCP backlog setting of {Backlog} cannot be enforced because {File} is set to the lower value of {Most}.",
            options.TcpBacklog, BacklogLimit, most);
    }

    /// <summary>It listens, and may still have to load its data.</summary>
    public static void WriteInitialized(RedisLogger log) => log.LogInformation("Server initialized");

    public static void WriteReady(Server server, RedisLogger log)
    {
        if (server.Options.Port != 0) log.LogInformation("Ready to accept connections tcp");
        if (server.Options.UnixSocket is { Length: > 0 }) log.LogInformation("Ready to accept connections unix");
        WarnOfLimit(server.Options.Keyspace.MaxMemory, log);
    }

    private static void WarnOfLimit(ulong bytes, RedisLogger log)
    {
        if (bytes is 0 or >= 1 << 20) return;
        log.LogWarning(
            "WARNING: You specified a maxmemory value that is less than 1MB (current value is {Bytes} bytes). Are you sure this is what you really want?", bytes);
    }

    private static string Logo(Server server) => $"""

                 /\
               /    \          {Program.Version}
             /        \
            |\        /|       Running in standalone mode
            |  \    /  |       Port: {server.Options.Port}
            |    \/    |       PID: {server.World.Process.Id}
             \   |    /
               \ |  /
                 \/


        """;
}
