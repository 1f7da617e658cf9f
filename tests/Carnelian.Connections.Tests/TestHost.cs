using System.Net;

namespace Carnelian.Tests;

/// <summary>The least that connections need: a keyspace, an executor and a loop, in a simulated world with checked memory.</summary>
internal sealed class TestHost : IConnectionHost, IChangeSink, IDisposable
{
    private const int Port = 6379, TurnsMax = 100_000;

    private readonly List<TestSession> _sessions = [];
    private readonly Queue<TestSession> _unblocked = new();
    private long _nextId = 1;

    /// <param name="isApart">The lane might be on another thread: time passes between receiving, running and sending.</param>
    public TestHost(bool isApart, ulong seed = 1, Action<SimulatedConditions>? configure = null)
    {
        World = new(seed);
        var conditions = World.Simulation.Conditions;
        conditions.HandOverMicrosecondsMax = isApart ? 20 : 0;
        configure?.Invoke(conditions);
        Store = new(new AllocatorOptions { Checked = true, RangeBytesMax = 1L << 30 });
        Keyspace = new(new KeyspaceOptions { Databases = 1 }, Store, World.Randomness);
        Executor = new(Keyspace, new CommandTable(CommandTableKind.Server, new DataCommands(), new TestCommands()), World.Clock);
        Executor.Services.Add(this);
        Executor.BlockedClients.Unblocked = session => _unblocked.Enqueue((TestSession)session);
        OutputChunks = new(Store);
        Outbox = new(Keyspace.Changes);
        Lane = new(this, World.Network, World.HandOvers, Store, new RequestLimits(), new LaneTraffic());
        Listener = World.Network.Listen(new(new IPEndPoint(IPAddress.Any, Port))).Listener!;
    }

    public SimulatedWorld World { get; }

    public BlockAllocator Store { get; }

    public Keyspace Keyspace { get; }

    public Executor Executor { get; }

    public Outbox Outbox { get; }

    public OutputChunks OutputChunks { get; }

    public Lane Lane { get; }

    public Listener Listener { get; }

    public ConnectionSession? Serving { get; set; }

    public long MonotonicMs => Executor.MonotonicMs;

    public long[] MemoryByClass { get; } = new long[3];

    public IReadOnlyList<TestSession> Sessions => _sessions;

    public bool Taps { get; set; }

    /// <summary>Offset of the changes that a sink was given: what may be released.</summary>
    public long DeliveredOffset { get; private set; }

    public ChangeTargets Targets => ChangeTargets.AppendOnlyFile;

    public void Take(ChangeReader changes, long offset) => DeliveredOffset = offset;

    public void OnAccepted(Lane lane, Connection connection, Listener listener) =>
        _sessions.Add(new TestSession(this, lane, connection, _nextId++) { Taps = Taps });

    public void OnAcceptFailed(Listener listener, string error) => throw new InvalidOperationException(error);

    public bool Note(ref Call call) => false;

    public void Close(TestSession session)
    {
        Executor.BlockedClients.Remove(session);
        session.Close();
        _sessions.Remove(session);
    }

    public SimulatedPeer Connect() => World.Network.ConnectPeer(new IPEndPoint(IPAddress.Loopback, Port));

    public void Turn()
    {
        Lane.Turn(1);
        Executor.BeginTurn();
        World.HandOvers.Deliver();
        World.Workers.DeliverCompleted();
        while (_unblocked.TryDequeue(out var session)) session.OnUnblocked();
        Keyspace.Changes.Deliver();
        Outbox.HandOverAll();
        Executor.EndTurn();
        // What the outermost call would do.
        Keyspace.Allocator.ReleaseRetired();
    }

    public void TurnUntil(Func<bool> condition)
    {
        for (var turns = 0; !condition(); turns++)
        {
            Assert.That(turns, Is.LessThan(TurnsMax), "what was awaited did not come");
            Turn();
        }
    }

    /// <summary>Fails when a block is left.</summary>
    public void Dispose()
    {
        while (_sessions.Count > 0) Close(_sessions[0]);
        World.HandOvers.Finish();
        OutputChunks.Dispose();
        Lane.Dispose();
        Executor.BlockedClients.Dispose();
        Keyspace.Dispose();
        Store.Dispose();
        World.Dispose();
    }
}
