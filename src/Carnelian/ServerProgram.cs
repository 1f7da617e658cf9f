using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;

namespace Carnelian;

/// <summary>The server as a program: command line, configuration, log, signals, exit status.</summary>
internal static class ServerProgram
{
    public const string RedisVersion = "8.0.6";

    public static int Run(string[] args)
    {
        using var world = new RealWorld();
        var options = new ServerOptions();
        using var output = new LogOutput();
        var log = new RedisLogger(output, world.Clock, world.Process.Id, () => options.LogLevel);
        using var server = new Server(options, world, log);
        if (!Configure(server, args, log)) return 1;
        output.Open(options.LogFile);
        if (!EnterDirectory(options, log)) return 1;

        Banner.Write(server, log);
        if (server.Start() is { } error)
        {
            log.LogWarning("{Error}", error);
            return 1;
        }
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Stop(server, log, context, "SIGINT"));
        using var crashSignals = new CrashSignals(server, log);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Stop(server, log, context, "SIGTERM"));
        Banner.WriteReady(options, log);
        try
        {
            server.Run();
        }
        catch (Exception defect)
        {
            server.Die(defect);
        }
        log.LogInformation("User requested shutdown...");
        log.LogInformation("Redis is now ready to exit, bye bye...");
        return 0;
    }

    private static bool Configure(Server server, string[] args, RedisLogger log)
    {
        var arguments = StartupArguments.Parse(args);
        var loader = new ConfigurationLoader(server.Directives, server.World.Disk);
        var standardInput = arguments.ReadStandardInput ? ReadStandardInput() : null;
        var error = loader.Load(arguments.File, standardInput, arguments.Options);
        if (error is not null)
        {
            if (error.IsUnreadableFile) log.LogWarning("{Message}", error.Message);
            else Console.Error.Write(error.Report($"Redis {RedisVersion}"));
            return false;
        }
        if (loader.Unresolved.Count > 0)
        {
            log.LogWarning("Unresolved Configuration(s) Detected:");
            foreach (var line in loader.Unresolved) log.LogWarning(">>> '{Line}'", line);
            return false;
        }
        if (arguments.File is not null) server.Options.ConfigurationFile = Path.GetFullPath(arguments.File);
        return true;
    }

    private static byte[] ReadStandardInput()
    {
        using var input = Console.OpenStandardInput();
        using var all = new MemoryStream();
        input.CopyTo(all);
        return all.ToArray();
    }

    private static bool EnterDirectory(ServerOptions options, RedisLogger log)
    {
        try
        {
            Directory.SetCurrentDirectory(ByteText.ToText(options.Directory) ?? options.Directory);
            options.Directory = ByteText.FromText(Directory.GetCurrentDirectory());
            return true;
        }
        catch (IOException exception)
        {
            log.LogWarning("Can't chdir to '{Directory}': {Error}", options.Directory, exception.Message);
            return false;
        }
    }

    private static void Stop(Server server, RedisLogger log, PosixSignalContext context, string signal)
    {
        context.Cancel = true;
        if (server.StopRequested)
        {
            log.LogWarning("You insist... exiting now.");
            Environment.Exit(1);
        }
        log.LogInformation("Received {Signal} scheduling shutdown...", signal);
        server.RequestStop();
    }
}
