using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;

namespace Carnelian;

/// <summary>
/// A whole server: composes the floors below. All state hangs on it, so that many live in one process.
/// One thread calls <see cref="Turn"/> (or <see cref="Run"/>); other threads may call <see cref="Post"/> and <see cref="RequestStop"/> only.
/// </summary>
internal sealed class Server : IDisposable
{
    private readonly TurnLoop _loop;
    private readonly LargeMemory _largeMemory;
    private volatile bool _isShutdownRequested;
    private long _nextSessionId = 1;

    /// <param name="commands">Null: those of a data server.</param>
    public Server(ServerOptions options, World world, ILogger logger, CommandTable? commands = null)
    {
        Options = options;
        World = world;
        Log = logger;
        Allocator = new(options.Memory);
        Keyspace = new(options.Keyspace, Allocator, world.Randomness);
        Dumps = new(Keyspace) { Refused = LogRefusedPayload };
        options.Persistence.Release = ByteText.ToBytes(Release.RedisVersion);
        SnapshotFiles = new(world, Keyspace, options.Persistence);
        Saves = new(world, Keyspace, SnapshotFiles, options.Persistence, Dumps.Settings, logger) { UsedMemory = () => MemoryUse.Total(this) };
        AppendOnly = new(world, Keyspace, SnapshotFiles, Saves, options.Persistence, logger) { Fatal = () => World.Process.Exit(1) };
        Backups = new(world, Keyspace, SnapshotFiles, Saves, options.Persistence, AppendOnly, logger);
        Executor = new(Keyspace, commands ?? ServerCommandTable.Shared, world.Clock);
        Executor.Services.Add(this);
        Executor.Services.Add(Dumps);
        Executor.Services.Add(SnapshotFiles);
        Executor.Services.Add(Saves);
        Executor.Services.Add(AppendOnly);
        Executor.Services.Add(Backups);
        Executor.AllFlushed = Saves.OnFlushed;
        Executor.AddGate(Loading = new(world, Executor, options.Persistence, logger));
        DatabaseFile = new(world, Keyspace, Saves, Dumps, Loading, logger);
        Executor.AddGate(DiskErrors = new(this));
        Executor.AddGate(SnapshotBound = new(this));
        Saves.StatusChanged = DiskErrors.Refresh;
        Executor.AddGate(new AuthenticationGate());
        Executor.AddGate(new SubscriberGate());
        Executor.AddGate(new MonitorGate());
        Executor.AddGate(Pause = new(this));
        Executor.AddObserver(Monitors = new(this));
        Executor.AddObserver(HotKeys = new(this));
        Executor.AddObserver(Watchdog = new(this));
        Executor.AddGate(MemoryLimit = new(this));
        MemoryLimit.Refresh();
        Scripting = new(world, Executor, options.Scripting, Release.RedisVersion, logger)
        {
            IsOutOfMemory = () => MemoryLimit.IsFull,
            RefusesWrites = () => DiskErrors.Error,
            IsEnding = () => StopRequested,
            IsWaitedFor = () => _isShutdownRequested,
        };
        Scripting.Functions.Changed = sources => Saves.Functions = sources;
        Subscriptions = new(this);
        Keyspace.Attach(new KeyspaceMessages(this));
        _loop = new(this);
        Executor.BlockedClients.Unblocked = _loop.Unblock;
        Executor.InnerTurn = _loop.TurnInside;
        Executor.Errors.TooMany = LogTooManyErrors;
        Clients = new(this);
        Executor.Services.Add(Migrations = new(world, Executor, Dumps, Clients.Lane, Clients.OutputChunks));
        AppendOnlyOutput = new(this);
        AppendOnly.Measured = Executor.Logs.Latency.Note;
        LocalReplies = new(Clients.Outbox, Keyspace.Changes);
        Listeners = new(this);
        Shutdown = new(this);
        Startup = new(this);
        Process = new(this);
        Directives = ServerDirectives.Declare(this);
        RunId = NewRunId(world.Randomness);
        ReplicationId = NewRunId(world.Randomness);
        StartedMs = NowMs;
        StartedMonotonicMs = MonotonicMs;
        Cron = new(this);
        Crash = new(this);
        Allocator.Background = _largeMemory = new LargeMemory(world.Workers);
    }

    public ServerOptions Options { get; }

    public World World { get; }

    public ILogger Log { get; }

    public BlockAllocator Allocator { get; }

    public Keyspace Keyspace { get; }

    public Dumps Dumps { get; }

    public SnapshotFiles SnapshotFiles { get; }

    public RdbSaves Saves { get; }

    public DiskErrorGate DiskErrors { get; }

    public SnapshotGate SnapshotBound { get; }

    public AppendOnlyFile AppendOnly { get; }

    public AppendOnlyOutput AppendOnlyOutput { get; }

    public Scripting Scripting { get; }

    public Backups Backups { get; }

    public DataLoading Loading { get; }

    public DatabaseFile DatabaseFile { get; }

    public StartupLoading Startup { get; }

    public Executor Executor { get; }

    public DirectiveRegistry Directives { get; }

    public Listeners Listeners { get; }

    public ServerStatistics Statistics { get; } = new();

    public Cron Cron { get; }

    internal Shutdown Shutdown { get; }

    public ServerProcess Process { get; }

    public CrashReport Crash { get; }

    /// <summary>40 hexadecimal digits, drawn at start.</summary>
    public string RunId { get; }

    /// <summary>Unix milliseconds.</summary>
    public long StartedMs { get; }

    /// <summary>The same moment by the monotonic clock: what uptime counts from.</summary>
    internal long StartedMonotonicMs { get; }

    /// <summary>40 hexadecimal digits that name the data's history to replicas; until there are any, nobody sees it but in INFO.</summary>
    public string ReplicationId { get; }

    /// <summary>Unix milliseconds as of the latest call or turn: no look at the clock.</summary>
    public long NowMs => Keyspace.NowMs;

    /// <summary>Milliseconds of the monotonic clock as of the latest call or turn: for all spans, since the wall clock may be set.</summary>
    public long MonotonicMs => Executor.MonotonicMs;

    internal MemoryLimit MemoryLimit { get; }

    public Clients Clients { get; }

    public Migrations Migrations { get; }

    public Subscriptions Subscriptions { get; }

    public Pause Pause { get; }

    public Monitors Monitors { get; }

    public HotKeys HotKeys { get; }

    public Watchdog Watchdog { get; }

    /// <summary>The port of the first TCP listener; 0 when there is none.</summary>
    public int Port => Listeners.Port;

    public RequestLimits RequestLimits { get; } = new();

    internal LocalReplies LocalReplies { get; }

    // ---- life

    /// <summary>Opens the listeners and begins to load what there is in files. Null, or why the server can't serve.</summary>
    public string? Start()
    {
        StartupMemoryBytes = MemoryUse.Total(this);
        StartupResidentBytes = World.Process.ResidentBytes;
        if (Listeners.Open() is { } error) return error;
        Startup.Begin();
        return Startup.Error is { } failure ? $"The data could not be loaded: {failure}" : null;
    }

    /// <summary>What was used before there were clients and keys.</summary>
    public long StartupMemoryBytes { get; private set; }

    /// <summary>What the process took by then: code of the program and the runtime, most of it.</summary>
    public long StartupResidentBytes { get; private set; }

    /// <summary>CONFIG RESETSTAT.</summary>
    public void ResetStatistics()
    {
        Statistics.Reset();
        Keyspace.Statistics.Reset();
        Executor.ResetStatistics();
        MemoryLimit.ResetStatistics();
        Scripting.Scripts.Forgotten = 0;
        Cron.Defragmentation.ResetStatistics();
    }

    /// <summary>The functions that came in a file take the place of those there are. Null, or why they can't.</summary>
    internal string? TakeFunctions(IReadOnlyList<byte[]> sources) => Scripting.Functions.TakeLoaded(sources, RestorePolicy.Flush);

    private void LogRefusedPayload(string error, long offset) => Log.LogDebug("RESTORE of a payload that is no value: {Error}, at byte {Offset}", error, offset);

    private void LogTooManyErrors(string codes)
    {
        Log.LogWarning(
            "Errorstats stopped adding new errors because the number of errors reached the limit, may be misuse of lua error_reply, "
            + "please check INFO ERRORSTATS, this can be re-enabled via CONFIG RESETSTAT.");
        Log.LogWarning("Current errors code list: {Codes}", codes);
    }

    /// <summary>MEMORY PURGE: gives back all memory that is kept for use again.</summary>
    internal void ReleaseCaches()
    {
        Clients.OutputChunks.Trim();
        Clients.Lane.Trim();
        Allocator.TrimCaches();
        World.Process.ReleaseManagedMemory();
    }

    /// <summary>What a signal asks for, between requests; says in the log what comes of it. Any thread.</summary>
    public void RequestShutdown(Func<ServerOptions, ShutdownFlags> flags, Action refused)
    {
        _isShutdownRequested = true;
        Post(() =>
        {
            _isShutdownRequested = false;
            if (!Shutdown.TryBegin(flags(Options))) refused();
        });
    }

    /// <summary>The process can't go on: reports a defect and ends it.</summary>
    [DoesNotReturn]
    public void Die(Exception defect)
    {
        Crash.Write(defect);
        if (Options.ExitsOnPanic) World.Process.Exit(1);
        World.Process.Abort();
    }

    // ---- the loop

    /// <inheritdoc cref="TurnLoop.Run"/>
    public void Run() => _loop.Run();

    /// <inheritdoc cref="TurnLoop.Turn"/>
    public void Turn() => _loop.Turn();

    /// <inheritdoc cref="TurnLoop.RequestStop"/>
    public void RequestStop() => _loop.RequestStop();

    public bool StopRequested => _loop.StopRequested;

    /// <inheritdoc cref="TurnLoop.Post"/>
    public void Post(Action action) => _loop.Post(action);

    /// <inheritdoc cref="TurnLoop.RunPosted"/>
    internal void RunPosted() => _loop.RunPosted();

    internal long NextSessionId() => _nextSessionId++;

    /// <summary>Whether a session may do what a server forbids by default. The application that the server lives in is on this machine.</summary>
    public bool Allows(ProtectedAction action, Session session) =>
        action == ProtectedAction.Yes || (action == ProtectedAction.Local && (session as Client)?.IsLoopback != false);

    public void Dispose()
    {
        Watchdog.Dispose();
        Listeners.Close();
        Migrations.Dispose();
        Clients.Dispose();
        Executor.BlockedClients.Dispose();
        Executor.Transactions.Dispose();
        Subscriptions.Dispose();
        Loading.Abandon();
        Backups.Dispose();
        AppendOnly.Dispose();
        SnapshotFiles.Dispose();
        Keyspace.Dispose();
        Allocator.Background = null;
        _largeMemory.End();
        Allocator.Dispose();
    }

    private static string NewRunId(Randomness randomness)
    {
        Span<byte> bytes = stackalloc byte[20];
        randomness.Fill(bytes);
        return Convert.ToHexStringLower(bytes);
    }
}
