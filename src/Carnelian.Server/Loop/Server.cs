using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;

namespace Carnelian;

/// <summary>
/// A whole server: composes the floors below and owns the turn loop. All state hangs on it, so that many live in one process.
/// One thread calls <see cref="Turn"/> (or <see cref="Run"/>); other threads may call <see cref="Post"/> and <see cref="RequestStop"/> only.
/// </summary>
public sealed class Server : IDisposable
{
    private readonly Queue<(long Offset, LocalRequest Request, RespValue Value)> _localReplies = new();
    private readonly Queue<Session> _unblocked = new();
    private readonly ConcurrentQueue<Action> _inbox = new();
    private readonly LargeMemory _largeMemory;
    private long _nextSessionId = 1;
    private volatile bool _stopRequested;

    /// <param name="commands">Null: those of a data server.</param>
    public Server(ServerOptions options, World world, ILogger logger, CommandTable? commands = null)
    {
        Options = options;
        World = world;
        Log = logger;
        Allocator = new(options.Memory);
        Keyspace = new(options.Keyspace, Allocator, world.Randomness);
        Executor = new(Keyspace, commands ?? ServerCommandTable.Shared, world.Clock);
        Executor.Services.Add(this);
        Executor.AddGate(new AuthenticationGate());
        Executor.BlockedClients.Unblocked = _unblocked.Enqueue;
        Executor.Errors.TooMany = LogTooManyErrors;
        Clients = new(this);
        Listeners = new(this);
        Shutdown = new(this);
        OomScore = new(this);
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

    public Executor Executor { get; }

    public DirectiveRegistry Directives { get; }

    public Listeners Listeners { get; }

    public ServerStatistics Statistics { get; } = new();

    public Cron Cron { get; }

    internal Shutdown Shutdown { get; }

    internal OomScore OomScore { get; }

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

    public Clients Clients { get; }

    /// <summary>The port of the first TCP listener; 0 when there is none.</summary>
    public int Port => Listeners.Port;

    public RequestLimits RequestLimits { get; } = new();

    internal Outbox Outbox => Clients.Outbox;

    // ---- life

    /// <summary>Opens the listeners. Null, or why the server can't serve.</summary>
    public string? Start()
    {
        StartupMemoryBytes = MemoryUse.Total(this);
        StartupResidentBytes = World.Process.ResidentBytes;
        return Listeners.Open();
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
        Cron.Defragmentation.ResetStatistics();
    }

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

    /// <summary>Turns until somebody asks to stop.</summary>
    public void Run()
    {
        while (!_stopRequested) Turn();
    }

    /// <summary>What a signal asks for, between requests; says in the log what comes of it. Any thread.</summary>
    public void RequestShutdown(Func<ServerOptions, ShutdownFlags> flags, Action refused) => Post(() =>
    {
        if (!Shutdown.TryBegin(flags(Options))) refused();
    });

    /// <summary>Does to the process what the configuration says, at start. Null, or why the server must not run.</summary>
    public string? PrepareProcess()
    {
        ReservedFiles = OpenFiles.CountReserved(this);
        if (OpenFiles.Adjust(this) is { } tooFew) return tooFew;
        if (!World.Host.SetCollation(Options.LocaleCollate))
        {
            // What the configuration asks for is meant; an environment that names a locale of another machine is an everyday thing.
            if (Options.LocaleCollate.Length > 0) return "Failed to configure LOCALE for invalid locale name.";
            Log.LogWarning("Warning: Failed to configure LOCALE derived from the environment variables, using the default locale 'C'.");
        }
        ShowTitle();
        return null;
    }

    /// <summary>Open files that maxclients leaves to others than clients.</summary>
    internal int ReservedFiles { get; private set; } = OpenFiles.ReservedMin;

    /// <summary>What ps shows. Never fails: a title is not worth it.</summary>
    internal string? ShowTitle()
    {
        if (Options.SetProcessTitle) World.Host.SetTitle(ProcessTitle.Of(Options, World.Process.CalledAs));
        return null;
    }

    /// <summary>Lets the kernel know how readily to kill the server, once it runs.</summary>
    public void AdjustOomScore() => OomScore.Apply();

    /// <summary>The process can't go on: reports a defect and ends it.</summary>
    [DoesNotReturn]
    public void Die(Exception defect)
    {
        Crash.Write(defect);
        if (Options.ExitsOnPanic) World.Process.Exit(1);
        World.Process.Abort();
    }

    /// <summary>Ends <see cref="Run"/> soon. Any thread; also a signal handler.</summary>
    public void RequestStop()
    {
        _stopRequested = true;
        World.Network.Wake();
    }

    /// <summary>Runs an action on the command thread, soon and between requests. Any thread; actions of one thread keep their order.</summary>
    public void Post(Action action)
    {
        _inbox.Enqueue(action);
        World.Network.Wake();
    }

    public bool StopRequested => _stopRequested;

    /// <summary>One turn of the loop: wait, run what came, do cron work within its budgets, then send.</summary>
    public void Turn()
    {
        var calls = Executor.CallsProcessed;
        Clients.Lane.Turn(Clients.HasQueued ? 0 : Cron.MillisecondsToNext());
        Executor.BeginTurn();
        World.HandOvers.Deliver();
        World.Workers.DeliverCompleted();
        RunPosted();
        Cron.Turn();
        RunUnblocked();
        Keyspace.Changes.Deliver();
        Outbox.HandOverAll();
        ReleaseLocalReplies();
        Clients.CloseQueued();
        Statistics.CountTurn(Executor.EndTurn(), Executor.CallsProcessed - calls);
    }

    /// <summary>Only what is there by now: an action may post another.</summary>
    internal void RunPosted()
    {
        for (var left = _inbox.Count; left > 0 && _inbox.TryDequeue(out var action); left--) action();
    }

    /// <summary>
    /// Goes on with sessions whose blocked calls are over. Not where these were served, in the midst of another session's
    /// batch of requests: what waits behind a blocked call runs as requests of its own.
    /// </summary>
    private void RunUnblocked()
    {
        while (_unblocked.TryDequeue(out var session))
        {
            if (session is Client { IsClosed: false } client) client.OnUnblocked();
            else (session as LocalSession)?.OnUnblocked();
        }
    }

    /// <summary>Answers a request of the application, as a client's when what it may tell of is as safe as was asked for.</summary>
    internal void Answer(LocalRequest request, RespValue reply)
    {
        var offset = Keyspace.Changes.Offset;
        if (Outbox.IsGated && offset > Outbox.ReleasedOffset) _localReplies.Enqueue((offset, request, reply));
        else request.Complete(reply);
    }

    private void ReleaseLocalReplies()
    {
        while (_localReplies.TryPeek(out var reply) && reply.Offset <= Outbox.ReleasedOffset)
        {
            reply.Request.Complete(reply.Value);
            _localReplies.Dequeue();
        }
    }

    /// <summary>Nothing will be released any more.</summary>
    internal void FailLocalReplies(Exception reason)
    {
        while (_localReplies.TryDequeue(out var reply)) reply.Request.Fail(reason);
    }

    internal long NextSessionId() => _nextSessionId++;

    /// <summary>Whether a session may do what a server forbids by default. The application that the server lives in is on this machine.</summary>
    public bool Allows(ProtectedAction action, Session session) =>
        action == ProtectedAction.Yes || (action == ProtectedAction.Local && (session as Client)?.IsLoopback != false);

    public void Dispose()
    {
        Listeners.Close();
        Clients.Dispose();
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
