using Microsoft.Extensions.Logging.Abstractions;

namespace Carnelian.Tests;

/// <summary>
/// A server that is written to and saved at the same time. Each RDB file that comes of it is loaded and compared with a replay of the change log up to the cut.
/// </summary>
internal sealed class PointInTimeSimulation : IDisposable
{
    private const int Databases = 3, Batches = 20, CrowdedSeeds = 10, ForcedSeeds = 4;
    private const string Path = "dump.rdb", TemporaryPath = "temp.rdb";

    private readonly Random _chance;
    private readonly SimulatedWorld _world;
    private readonly Server _server;
    private readonly SnapshotFiles _files;
    private readonly LocalSession _client;
    private readonly WriteMaker _writes;
    private readonly ChangeTape _tape = new();
    private readonly PlainKeyspace _replayed;

    /// <summary>Percent of the slices after which a snapshot is given up.</summary>
    private readonly int _abortPercent;

    private readonly bool _isCrowded;

    /// <summary>Before every slice blocks are moved, encodings converted and tables made to grow or shrink.</summary>
    private readonly bool _isForced;

    private SnapshotCut? _cut;

    public PointInTimeSimulation(int seed)
    {
        _chance = new Random(seed);
        _world = new SimulatedWorld((ulong)seed);
        _world.Simulation.Conditions.BudgetStepsMax = _chance.Next(1, 64);
        // Where the worker is slow the walk waits for it, and much changes before it is saved.
        _world.Simulation.Conditions.JobMicrosecondsMax = _chance.Next(3) switch { 0 => 1000, 1 => 30_000, _ => 300_000 };
        var options = new ServerOptions { Port = 0, Memory = new() { Checked = true, RangeBytesMax = 256L << 20 } };
        options.Keyspace.Databases = Databases;
        options.Keyspace.ActiveDefragmentation = _chance.Next(2) == 0;
        (options.Keyspace.Defragmentation.IgnoreBytes, options.Keyspace.Defragmentation.ThresholdLowerPercent) = (0, 0);
        _server = new Server(options, _world, NullLogger.Instance);
        _server.Keyspace.Changes.Attach(_tape);
        _files = new(_world, _server.Keyspace, new(), new() { ChunkBytes = _chance.Next(200, 5000), HashBytesAtOnceMax = _chance.Next(500, 20_000) });
        _client = new(_server);
        _writes = new(_chance, () => _server.NowMs);
        _replayed = new(_world, Databases);
        string[] policies = ["allkeys-random", "volatile-lru", "allkeys-lfu", "volatile-ttl", "noeviction"];
        Request(["CONFIG", "SET", "maxmemory-policy", policies[_chance.Next(policies.Length)]]);
        _isCrowded = seed % CrowdedSeeds == 0;
        _isForced = seed % ForcedSeeds == 1;
        // Some abort nearly always, so that marks run out; some never.
        _abortPercent = (seed % 3) switch { 0 => 0, 1 => 2, _ => 15 };
    }

    /// <summary>What was met, and how often.</summary>
    public Dictionary<string, long> Seen { get; } = [];

    public void Run()
    {
        foreach (var request in _isCrowded ? [.. _writes.Fill(), .. _writes.Crowd()] : _writes.Fill()) Request(request);
        for (var batches = Batches; batches > 0; batches--)
        {
            foreach (var request in _writes.NextBatch())
            {
                Request(request);
                if (_chance.Next(8) == 0) Slice(_chance.Next(1, 4));
            }
            Pass();
        }
        Finish();
        if (_files.Running is null) Start();
        Finish();
        Count("expired", _server.Keyspace.Statistics.Expired);
        Count("field expired", _server.Keyspace.Statistics.FieldsExpired);
        Count("evicted", _server.Keyspace.Statistics.Evicted);
        Count("pre-image", _files.Snapshots.Statistics.PreImages);
    }

    private void Request(string[] words)
    {
        _client.Run(new(LocalRequest.Encode(words)));
        // Only until its timeout, which is short: others do not wait for it.
        for (var turns = 0; _client.Blocked is not null; turns++)
        {
            Assert.That(turns, Is.LessThan(1000));
            _server.Turn();
        }
    }

    /// <summary>What goes on besides requests: the server's own work, and time.</summary>
    private void Pass()
    {
        if (_chance.Next(3) == 0) _world.Advance(_chance.Next(1, 300));
        if (_chance.Next(8) == 0) Request(["CONFIG", "SET", "maxmemory", _chance.Next(3) == 0 ? "0" : $"{MemoryUse.Total(_server) - _chance.Next(50_000)}"]);
        _world.Network.Wake();
        _server.Turn();
        if (_chance.Next(3) == 0) Defragment();
        if (_files.Running is null && _chance.Next(3) != 0) Start();
        Slice(_chance.Next(1, _chance.Next(4) == 0 ? 60 : 6));
    }

    private void Defragment()
    {
        var defragmentation = _server.Cron.Defragmentation;
        var moved = defragmentation.Counts.BlocksMoved;
        defragmentation.Run(new Budget(_chance.Next(1, 30)));
        Count("moved", defragmentation.Counts.BlocksMoved - moved);
    }

    private void Start()
    {
        var facts = new RdbFacts
        {
            Version = RdbVersion.Redis, Release = "8.0.6"u8.ToArray(), UnixSeconds = 1, UsedMemory = 1,
            Compresses = _chance.Next(2) == 0, Sums = _chance.Next(2) == 0,
        };
        var file = new ReplacementFile(_world.Disk, TemporaryPath, Path) { SyncsEveryBytes = _chance.Next(2) * 4096 };
        _files.Start(new SnapshotFile(SnapshotKind.Rdb, file, new RdbSnapshotEncoder(() => facts)) { Cut = cut => _cut = cut, Ended = Ended });
    }

    private void Slice(int steps)
    {
        if (_isForced && _files.IsBusy) Force();
        if (_chance.Next(100) < _abortPercent && _files.TryAbort()) Count("aborted");
        if (_files.IsBusy) _files.Run(new Budget(steps));
        if (_chance.Next(3) == 0) _world.Advance(_chance.Next(1, 5));
        _world.Workers.DeliverCompleted();
    }

    private void Force()
    {
        Defragment();
        foreach (var request in _writes.NextConversion()) Request(request);
        Request(_writes.NextRehash());
        Count("forced");
    }

    private void Finish()
    {
        _world.Simulation.Conditions.JobMicrosecondsMax = 1000;
        for (var turns = 0; _files.IsBusy; turns++)
        {
            Assert.That(turns, Is.LessThan(10_000), "the snapshot ends");
            _files.Run(new Budget(100));
            _world.Advance(5);
            _world.Workers.DeliverCompleted();
        }
    }

    private void Ended(SnapshotFile file)
    {
        if (file.IsAborted) return;
        Assert.That(file.Succeeded, file.File.Error);
        Assert.That(file.Encoder.KeysWritten, Is.EqualTo(file.KeysTotal), "each key once");
        Count("complete");
        _server.Keyspace.Changes.Deliver();
        _replayed.Replay(_tape, _cut!.ChangeOffset);
        using var loaded = new PlainKeyspace(_world, Databases);
        loaded.Load(_world.Disk, Path);
        Assert.That(loaded.Count, Is.EqualTo(file.KeysTotal));
        loaded.AssertSame(_replayed);
    }

    private void Count(string what, long times = 1)
    {
        if (times > 0) Seen[what] = Seen.GetValueOrDefault(what) + times;
    }

    public void Dispose()
    {
        _replayed.Dispose();
        _client.Abandon(new InvalidOperationException("over"));
        _files.Dispose();
        _server.Dispose();
        _world.Dispose();
    }
}
