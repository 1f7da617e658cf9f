namespace Carnelian;

/// <summary>
/// What a server is configured with: one property per directive that has an effect. An embedding program sets them directly; a
/// configuration file and CONFIG SET reach them through <see cref="ServerDirectives"/>.
/// </summary>
public sealed class ServerOptions
{
    public KeyspaceOptions Keyspace { get; } = new();

    public ScriptingOptions Scripting { get; } = new();

    /// <summary>TCP port; 0: no TCP. An embedding program that wants any free port sets <see cref="AnyPort"/>.</summary>
    public int Port { get; set; } = 6379;

    /// <summary>Listens on a port that the system chooses; <see cref="Server.Port"/> tells which.</summary>
    public bool AnyPort { get; set; }

    /// <summary>Addresses to listen on; one that begins with '-' may be missing. "*" and "-::*" mean all.</summary>
    public string[] Bind { get; set; } = ["*", "-::*"];

    /// <summary>Path of a unix socket to listen on; null: none.</summary>
    public string? UnixSocket { get; set; }

    /// <summary>Permission bits of that socket's file, 0 to 0777 octal; 0: what the process' umask leaves.</summary>
    public int UnixSocketPermissions { get; set; }

    /// <summary>Connections that may wait to be accepted, as far as the system lets them.</summary>
    public int TcpBacklog { get; set; } = 511;

    /// <summary>Seconds of silence after which TCP asks whether the peer is still there; 0: never.</summary>
    public int TcpKeepAliveSeconds { get; set; } = 300;

    /// <summary>Which engine serves the listeners.</summary>
    public NetworkEngine NetworkEngine { get; set; }

    /// <summary>Port at which the program serves metrics by HTTP; 0: not at all. An embedded server has none.</summary>
    public int MetricsPort { get; set; }

    /// <summary>Addresses of this machine at which it serves them. "*" means all of IPv4.</summary>
    public string[] MetricsBind { get; set; } = ["127.0.0.1"];

    /// <summary>Connections at once that may ask for metrics.</summary>
    internal const int MetricsConnectionsMax = 16;

    /// <summary>Seconds of silence after which a client is closed; 0: never.</summary>
    public int TimeoutSeconds { get; set; }

    /// <summary>Clients at once; more are refused.</summary>
    public long MaxClients { get; set; } = 10000;

    /// <summary>Without a password, clients from other machines are refused.</summary>
    public bool ProtectedMode { get; set; } = true;

    /// <summary>The default user's password; null: none is needed.</summary>
    public byte[]? Password { get; set; }

    /// <summary>What a client may send of requests that are not complete yet, before it is closed.</summary>
    public long QueryBufferBytesMax { get; set; } = 1L << 30;

    /// <summary>What all clients together may take of memory, before some are closed, bytes; less than 0: percent of maxmemory; 0: no limit.</summary>
    public long ClientMemoryMax { get; set; }

    /// <summary>Longest argument of a request, and longest string that commands make, bytes; what is over 2 GB counts as that (proto-max-bulk-len).</summary>
    public ulong BulkBytesMax { get; set; } = 512UL << 20;

    /// <summary>Whether a crash report tells more than the cause (crash-log-enabled).</summary>
    public bool CrashLogEnabled { get; set; } = true;

    /// <summary>A defect ends the process with status 1 instead of by SIGABRT (use-exit-on-panic).</summary>
    public bool ExitsOnPanic { get; set; }

    /// <summary>Who may run DEBUG.</summary>
    public ProtectedAction DebugCommand { get; set; }

    /// <summary>By <see cref="ClientClass"/>.</summary>
    public OutputBufferLimit[] OutputBufferLimits { get; set; } = [default, new(256UL << 20, 64UL << 20, 60), new(32UL << 20, 8UL << 20, 60)];

    /// <summary>What is told of changes to those who subscribe to it (notify-keyspace-events).</summary>
    public KeyspaceNotifications KeyspaceNotifications { get; set; }

    /// <summary>Rounds of background work per second.</summary>
    public int Hz { get; set; } = 10;

    /// <summary>What is kept in files. An embedding program that wants snapshots sets <see cref="PersistenceOptions.SavePoints"/>.</summary>
    public PersistenceOptions Persistence { get; } = new();

    /// <summary>Where relative paths begin; empty when that directory is gone.</summary>
    public string Directory
    {
        get => Persistence.Directory;
        set => Persistence.Directory = value;
    }

    public LogLevelName LogLevel { get; set; } = LogLevelName.Notice;

    /// <summary>Path of the log; empty: standard output.</summary>
    public string LogFile { get; set; } = "";

    public bool Daemonize { get; set; }

    public string? PidFile { get; set; }

    public bool AlwaysShowLogo { get; set; }

    /// <summary>Who may CONFIG SET what could harm the machine: names and places of files.</summary>
    public ProtectedAction ProtectedConfigurations { get; set; }

    public bool SyslogEnabled { get; set; }

    public string SyslogIdentity { get; set; } = "redis";

    public SyslogFacility SyslogFacility { get; set; } = SyslogFacility.Local0;

    public SupervisedMode Supervised { get; set; } = SupervisedMode.None;

    /// <summary>Whether that service manager is there and hears the server.</summary>
    public bool IsSupervised { get; set; }

    public OomScoreMode OomScore { get; set; }

    /// <summary>For a master, a replica and background children.</summary>
    public int[] OomScoreValues { get; set; } = [0, 200, 800];

    public bool SetProcessTitle { get; set; } = true;

    public string ProcessTitleTemplate { get; set; } = ProcessTitle.DefaultTemplate;

    public string LocaleCollate { get; set; } = "";

    /// <summary>Whether the log keeps silent about keys, values and names of users' making.</summary>
    public bool HideUserData { get; set; }

    public ShutdownFlags ShutdownOnInterrupt { get; set; }

    public ShutdownFlags ShutdownOnTermination { get; set; }

    /// <summary>What INFO latencystats shows of each command, percent.</summary>
    public double[] LatencyPercentiles { get; set; } = [50, 99, 99.9];

    /// <summary>The configuration file's path, if there is one; CONFIG REWRITE writes it.</summary>
    public string? ConfigurationFile { get; set; }

    /// <summary>How native memory is managed; tests choose the mode that finds misuse of blocks.</summary>
    public AllocatorOptions Memory { get; set; } = new();
}

/// <summary>Redis' log levels.</summary>
public enum LogLevelName
{
    Debug,
    Verbose,
    Notice,
    Warning,
    Nothing,
}

/// <summary>Where syslog is told that lines come from; the numbers are syslog's (RFC 5424).</summary>
public enum SyslogFacility
{
    User = 1,
    Local0 = 16,
    Local1,
    Local2,
    Local3,
    Local4,
    Local5,
    Local6,
    Local7,
}

/// <summary>Who started the server and wants to hear that it is ready.</summary>
public enum SupervisedMode
{
    None,
    Upstart,
    Systemd,

    /// <summary>Whichever of the two the environment speaks of.</summary>
    Auto,
}

/// <summary>Whether the server tells Linux how readily to kill it when memory runs out.</summary>
public enum OomScoreMode
{
    No,
    Relative,
    Absolute,
}
