using Microsoft.Extensions.Logging;

namespace Carnelian;

/// <summary>The server as a program: command line, configuration, background, log, signals, exit status.</summary>
internal sealed class ServerProgram : IDisposable
{
    private readonly RealWorld _world = new(ownsProcess: true);
    private readonly ServerOptions _options = new() { Persistence = { SavePoints = PersistenceDirectives.UsualSavePoints } };
    private readonly StartupArguments _arguments;
    private readonly byte[]? _standardInput;
    private readonly LogOutput _output;
    private readonly RedisLogger _log;
    private readonly Server _server;
    private IDisposable? _http;

    /// <summary>Values before the configuration was read.</summary>
    private readonly Dictionary<string, string> _defaults;

    private ServerProgram(StartupArguments arguments, byte[]? standardInput)
    {
        (_arguments, _standardInput) = (arguments, standardInput);
        _output = new(_options, _world.Clock);
        _log = new(_output, _world.Clock, _world.Process.Id, () => _options.LogLevel)
        {
            Role = RedisLogger.BeforeServing,
            AlsoTo = _output.WriteToSyslog,
        };
        _server = new(_options, _world, _log);
        _defaults = _server.Directives.Directives.ToDictionary(directive => directive.Name, directive => directive.Get());
    }

    public static int Run(string[] args)
    {
        var arguments = StartupArguments.Parse(args);
        // A daemon reads what was handed over to it before it lets go of its standard input.
        var standardInput = arguments.ReadStandardInput ? ReadStandardInput() : null;
        using var daemon = DaemonStart.Enter();
        using var program = new ServerProgram(arguments, standardInput);
        return program.Run(args, daemon);
    }

    public void Dispose()
    {
        _http?.Dispose();
        _server.Dispose();
        _world.Dispose();
        _output.Dispose();
    }

    private int Run(string[] args, DaemonStart? daemon)
    {
        // Reading the configuration may enter another directory. Empty: the one that the program was started in is gone.
        var directory = _world.Host.EnterDirectory(".").Value ?? "";
        if (!Configure(directory)) return 1;
        var supervisor = Supervisor.Find(_options, _log);
        _options.IsSupervised = supervisor is not null;
        var inBackground = _options.Daemonize && supervisor is null;
        if (inBackground && daemon is null) return DaemonStart.Launch(_world.Process.CalledAs, args, directory, _standardInput);

        Banner.WriteStart(_server, _log, isConfigured: args.Length > 0);
        WarnOfUnused();
        _log.Role = RedisLogger.Master;
        var pidFile = inBackground || _options.PidFile is not null ? PidFile.Write(_options, _world.Process.Id, _log) : null;
        _server.Crash.Ended = () =>
        {
            if (inBackground) pidFile!.Remove();
            _output.Finish();
        };
        if ((_server.Process.Prepare() ?? Listen() ?? ServeHttp()) is { } error)
        {
            _log.LogWarning("{Error}", error);
            daemon?.Report(error);
            return 1;
        }
        using var signals = new Signals(_server, _log);
        using var crashSignals = new CrashSignals(_server, _log);
        if (_server.Loading.IsOn) _server.Startup.Ended = Ready;
        else Ready();
        daemon?.Report(null);
        _server.Process.AdjustOomScore();
        try
        {
            _server.Run();
        }
        catch (Exception defect)
        {
            _server.Die(defect);
        }
        if (_server.Startup.Error is not null) return 1;
        supervisor?.Stopping();
        if (pidFile is not null)
        {
            _log.LogInformation("Removing the pid file.");
            pidFile.Remove();
        }
        _server.Listeners.Close();
        _log.LogWarning("Redis is now ready to exit, bye bye...");
        return 0;

        void Ready()
        {
            Banner.WriteReady(_server, _log);
            supervisor?.Ready();
        }
    }

    private string? Listen()
    {
        Banner.WriteMode(_server, _log);
        Banner.WarnOfBacklog(_options, _log);
        // Start-up leaves garbage, and what is in use is known from the first collection on.
        _world.Process.ReleaseManagedMemory();
        // Redis' suite waits for the line, also where the files are such that the process ends at once.
        _server.Startup.Begins = () => Banner.WriteInitialized(_log);
        if (_server.Start() is { } error) return error;
        return _server.Listeners.Count > 0 ? null : "Configured to not listen anywhere, exiting.";
    }

    /// <summary>Null, or why it cannot be served. Where nobody asks for it, nothing of it is loaded.</summary>
    private string? ServeHttp()
    {
        if (_options.MetricsPort == 0) return null;
        _http = HttpEndpoint.Open(_server, out var error);
        return error;
    }

    /// <param name="directory">Where relative paths of the command line begin.</param>
    private bool Configure(string directory)
    {
        if (_arguments.File is { } file) _options.ConfigurationFile = directory.Length > 0 ? Path.GetFullPath(file, directory) : file;
        _options.Directory = directory;
        var loader = new ConfigurationLoader(_server.Directives, _world.Disk);
        if (_standardInput is not null) _log.LogInformation("Reading config from stdin");
        if ((loader.Load(_arguments.File, _standardInput, _arguments.Options) ?? _output.Check()) is { } error)
        {
            if (error.IsUnreadableFile) _log.LogWarning("{Message}", error.Message);
            else WriteError(error.Report($"Redis {Release.RedisVersion}"));
            return false;
        }
        if (loader.Unresolved.Count > 0)
        {
            _log.Role = RedisLogger.Master;
            _log.LogWarning("Unresolved Configuration(s) Detected:");
            foreach (var line in loader.Unresolved) _log.LogWarning(">>> '{Line}'", ByteText.ToShown(line));
            _log.LogWarning("Module Configuration detected without loadmodule directive or no ApplyConfig call: aborting");
            return false;
        }
        return true;
    }

    /// <summary>Who configures what has no effect yet must be able to know. What is empty asks for nothing: <c>save ""</c>.</summary>
    private void WarnOfUnused()
    {
        var unused = _server.Directives.Directives.Where(directive => directive.Has(DirectiveFlags.Unimplemented));
        var configured = unused.Where(directive => directive.Get() is { Length: > 0 } value && value != _defaults[directive.Name]);
        var names = string.Join(", ", configured.Select(directive => directive.Name));
        if (names.Length > 0) _log.LogWarning("Configured, but without an effect yet: {Directives}", names);
    }

    /// <summary>Not by the console, which would write what is no UTF-8 as question marks.</summary>
    private static void WriteError(string shown)
    {
        using var output = Console.OpenStandardError();
        output.Write(ByteText.BytesOfShown(shown));
    }

    private static byte[] ReadStandardInput()
    {
        using var input = Console.OpenStandardInput();
        using var all = new MemoryStream();
        input.CopyTo(all);
        return all.ToArray();
    }
}
