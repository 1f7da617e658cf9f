using System.Reflection;

namespace Carnelian;

/// <summary>One program with many names: what it does follows from its first argument, or from the name that it is called by.</summary>
internal static class Program
{
    private static int Main(string[] args)
    {
        var calledAs = Path.GetFileName(Environment.GetCommandLineArgs()[0]);
        if (calledAs == "redis-server") return ServerProgram.Run(args);
        return args switch
        {
            [] => ServerProgram.Run(args),
            ["server", ..] => ServerProgram.Run(args[1..]),
            ["-h" or "--help" or "help", ..] => Print(Help, 0),
            ["-v" or "--version" or "version", ..] => Print(Version, 0),
            [var first, ..] when first.StartsWith('-') || File.Exists(first) => ServerProgram.Run(args),
            _ => Print($"carnelian: '{args[0]}' is not a command of carnelian.\n\n{Help}", 1),
        };
    }

    internal static string Version =>
        $"Carnelian {Assembly.GetExecutingAssembly().GetName().Version!.ToString(3)} (compatible with Redis {ServerProgram.RedisVersion}), .NET {Environment.Version}, 64 bits";

    private const string Help = """
        Usage: carnelian [server] [FILE] [--option value ...] [-]

          carnelian                        serves on port 6379 with the default configuration
          carnelian server redis.conf      serves as a redis.conf says
          carnelian server --port 7777     sets options as a redis.conf would
          carnelian server -               reads a configuration from standard input
          carnelian --version | --help

        The program also acts as redis-server when it is called by that name.
        """;

    private static int Print(string text, int status)
    {
        (status == 0 ? Console.Out : Console.Error).WriteLine(text);
        return status;
    }
}
