using System.Runtime.CompilerServices;

namespace Carnelian;

/// <summary>One program with many names: what it does follows from its first argument, or from the name that it is called by.</summary>
internal static class Program
{
    private static int Main(string[] args)
    {
        var name = Path.GetFileName(RealWorld.CalledAs);
        if (IsServerName(name)) return Serve(args, RedisVersion);
        if (name is "redis-check-aof" or "valkey-check-aof") return RunTool(CheckAof.Run, RealWorld.CalledAs, args);
        if (name is "redis-check-rdb" or "valkey-check-rdb") return RunTool(CheckRdb.Run, RealWorld.CalledAs, args);
        // A script that calls a tool by its name must not start a server instead.
        if (Array.Exists(_missing, tool => name == $"redis-{tool}" || name == $"valkey-{tool}")) return PrintMissing(name);
        return args switch
        {
            [] => Serve(args, Version),
            ["server", ..] => Serve(args[1..], Version),
            ["check-aof", ..] => RunTool(CheckAof.Run, $"{RealWorld.CalledAs} check-aof", args[1..]),
            ["check-rdb", ..] => RunTool(CheckRdb.Run, $"{RealWorld.CalledAs} check-rdb", args[1..]),
            [var first, ..] when _missing.Contains(first) => PrintMissing(first),
            ["version"] => Print(Version, 0),
            ["help"] => Print(Help, 0),
            [var first, ..] when first.StartsWith('-') || File.Exists(first) => Serve(args, Version),
            _ => Print($"carnelian: '{args[0]}' is not a command of carnelian.\n\n{Help}", 1),
        };
    }

    /// <summary>Called by such a name, the program takes the arguments of a server.</summary>
    internal static bool IsServerName(string? name) => name is "redis-server" or "valkey-server";

    private static int Serve(string[] args, string version) => args switch
    {
        ["-v" or "--version", ..] => Print(version, 0),
        ["-h" or "--help", ..] => Print(Help, 0),
        ["--check-system" or "--test-memory", ..] => Print($"carnelian: there is no {args[0]} in Carnelian.", 1),
        _ when args.Contains("--sentinel") => PrintMissing("--sentinel"),
        _ => ServerProgram.Run(args),
    };

    internal static string Version =>
        $"{Release.Product}, .NET {Environment.Version}, {(RuntimeFeature.IsDynamicCodeCompiled ? "JIT" : "native")}, 64 bits";

    /// <summary>There are programs that run redis-server to learn what it can do.</summary>
    private static string RedisVersion => $"Redis server {Release.VersionLine}";

    /// <summary>What the program will do one day, by command and by name.</summary>
    private static readonly string[] _missing = ["cli", "benchmark", "sentinel"];

    private static int RunTool(Func<ToolConsole, string[], int> tool, string calledAs, string[] args)
    {
        using var world = new RealWorld();
        using var output = new BufferedStream(Console.OpenStandardOutput());
        return tool(new(world, calledAs, output, Console.OpenStandardError(), Console.OpenStandardInput()), args);
    }

    private static int PrintMissing(string name) => Print($"carnelian: there is no {name} in Carnelian yet.", 1);

    private const string Help = """
        Usage: carnelian [server] [FILE] [--option value ...] [-]

          carnelian                        serves on port 6379 with the default configuration
          carnelian server redis.conf      serves as a redis.conf says
          carnelian server --port 7777     sets options as a redis.conf would
          carnelian server -               reads a configuration from standard input
          carnelian check-aof FILE         reads an append-only file, and cuts off what is not whole if asked to
          carnelian check-rdb FILE         reads an RDB file and tells what is wrong with it, or what is in it
          carnelian --version | --help

        The program also acts as redis-server when it is called by that name or as valkey-server,
        and as redis-check-aof, redis-check-rdb, valkey-check-aof or valkey-check-rdb.
        """;

    private static int Print(string text, int status)
    {
        (status == 0 ? Console.Out : Console.Error).WriteLine(text);
        return status;
    }
}
