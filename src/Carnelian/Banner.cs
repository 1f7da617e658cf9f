using Microsoft.Extensions.Logging;

namespace Carnelian;

/// <summary>What the log says when a server starts: the lines that tools wait for are worded as Redis words them.</summary>
internal static class Banner
{
    public static void Write(Server server, RedisLogger log)
    {
        var options = server.Options;
        log.LogInformation("oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo");
        log.LogInformation("{Version}, pid={Pid}, just started", Program.Version, server.World.Process.Id);
        if (options.ConfigurationFile is null)
            log.LogWarning("Warning: no config file specified, using the default config. In order to specify a config file use {Program} /path/to/redis.conf", "carnelian server");
        else log.LogInformation("Configuration loaded");
        if (options.AlwaysShowLogo || (options.LogFile.Length == 0 && !Console.IsOutputRedirected)) log.Raw(Logo(server));
        else log.LogInformation("Running mode=standalone, port={Port}.", options.Port);
    }

    public static void WriteReady(ServerOptions options, RedisLogger log)
    {
        log.LogInformation("Server initialized");
        if (options.Port != 0) log.LogInformation("Ready to accept connections tcp");
        if (options.UnixSocket is { Length: > 0 }) log.LogInformation("Ready to accept connections unix");
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
