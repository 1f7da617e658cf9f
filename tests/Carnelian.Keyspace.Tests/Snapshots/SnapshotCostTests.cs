using System.Buffers.Binary;
using System.Diagnostics;

namespace Carnelian.Tests;

/// <summary>What a snapshot costs those who write meanwhile: a minute, and 1 GB of memory. The figures in docs/snapshots.md come from here, in a release build.</summary>
public class SnapshotCostTests
{
    private const int Keys = 5_000_000, KeyBytes = 16, ValueBytes = 32, CallsPerTurn = 64;
    private const long SliceEveryNanoseconds = 3_000_000;

    [SetUp]
    public void SkipUnlessMeasuring() => Skip.UnlessMeasuring();

    [TestCase(200)]
    [TestCase(500)]
    public void Setting_keys_at_random_while_all_are_saved(int sliceMicroseconds)
    {
        using var world = new RealWorld();
        using var allocator = new BlockAllocator();
        using var keyspace = new Keyspace(new KeyspaceOptions { Databases = 1 }, allocator, world.Randomness);
        using var snapshots = new Snapshots(keyspace, new SnapshotOptions());
        var sink = new DiscardingSink(snapshots, allocator);
        for (var i = 0; i < Keys; i++) Set(keyspace, i);

        for (var round = 0; round < 3; round++)
        {
            var before = SetFor(world, keyspace, turns => turns < 60_000);
            var statistics = snapshots.Statistics;
            statistics.Keys = statistics.PreImages = statistics.PreImageBytes = statistics.Bytes = 0;
            Assert.That(snapshots.TryBegin(sink));
            var slices = new List<long>();
            var nextSlice = 0L;
            var started = Stopwatch.GetTimestamp();
            var during = SetFor(world, keyspace, _ =>
            {
                sink.GiveBackAll();
                var now = world.Clock.MonotonicNanoseconds;
                if (now < nextSlice) return !snapshots.IsIdle;
                snapshots.Run(world.StartBudget(sliceMicroseconds));
                var end = world.Clock.MonotonicNanoseconds;
                slices.Add(end - now);
                nextSlice = now + SliceEveryNanoseconds;
                return !snapshots.IsIdle;
            });
            Assert.That(statistics.Keys, Is.EqualTo(Keys));
            Report(sliceMicroseconds, before, during, slices, statistics, sink.PeakBytes, Stopwatch.GetElapsedTime(started).TotalSeconds);
        }
    }

    private static void Report(int sliceMicroseconds, double before, double during, List<long> slices, SnapshotStatistics statistics, long peakBytes, double seconds)
    {
        slices.Sort();
        TestContext.Out.WriteLine($"""
            slices of {sliceMicroseconds} µs: SET {before / 1e6:f2} M per CPU second before, {during / 1e6:f2} M during ({during / before - 1:p1}); {seconds:f1} s
            slice p50 {slices[slices.Count / 2] / 1000} µs, p99 {slices[slices.Count * 99 / 100] / 1000} µs, longest {slices[^1] / 1000} µs; in slices {slices.Sum() / 1e9:f2} s
            pre-images {statistics.PreImages:n0} keys, {statistics.PreImageBytes:n0} bytes; all records {statistics.Bytes:n0} bytes; most memory held {peakBytes:n0} bytes
            """);
    }

    /// <summary>The list's nodes are held, not copied: beginning is the copy of its directory, and changing one node the copy of that.</summary>
    [Test]
    public void Holding_a_list_of_ten_million_elements()
    {
        HoldList(elements: 10_000);
        TestContext.Out.WriteLine(HoldList(elements: 10_000_000));
    }

    private static string HoldList(int elements)
    {
        using var allocator = new BlockAllocator();
        using var world = new RealWorld();
        using var keyspace = new Keyspace(new KeyspaceOptions { Databases = 1 }, allocator, world.Randomness);
        using var snapshots = new Snapshots(keyspace, new SnapshotOptions());
        var edit = new ListEdit(keyspace.Edit(keyspace.Databases[0], keyspace.KeyOf("list"u8)));
        var element = "an element of thirty-two bytes.."u8.ToArray();
        for (var i = 0; i < elements; i++)
        {
            edit.Append(element);
            allocator.ReleaseRetired();
        }
        var list = keyspace.Databases[0].Data.List(keyspace.Find(keyspace.Databases[0], keyspace.KeyOf("list"u8)));
        var sink = new DiscardingSink(snapshots, allocator);
        var middle = elements / 2;
        double held = double.MaxValue, first = double.MaxValue, second = double.MaxValue;
        long heldBytes = 0;
        // The best of some rounds: other processes interrupt.
        for (var round = 0; round < 5; round++)
        {
            Assert.That(snapshots.TryBegin(sink));
            held = Math.Min(held, Time(() => keyspace.Edit(keyspace.Databases[0], keyspace.KeyOf("list"u8)).BeginChange()));
            first = Math.Min(first, Time(() => list.Set(middle, "x"u8)));
            second = Math.Min(second, Time(() => list.Set(middle + 1, "y"u8)));
            heldBytes = allocator.UsedBytesOf(Purpose.Snapshot);
            while (!snapshots.IsIdle)
            {
                sink.GiveBackAll();
                snapshots.Run(world.StartBudget(200));
            }
        }
        var finds = Time(() =>
        {
            for (var i = 0; i < 10_000; i++) _ = list[i * 7919L * 631 % list.Count];
        });
        return $"""
            {list.NodeCount} nodes, {allocator.UsedBytesOf(Purpose.Collections):n0} bytes: holding {held:f0} µs, first change of a node in the middle {first:f1} µs,
            second {second:f1} µs, memory held {heldBytes:n0} bytes, finding an element {finds / 10_000:f2} µs
            """;
    }

    [Test]
    public void Saving_a_hash_of_five_million_fields()
    {
        using var allocator = new BlockAllocator();
        using var world = new RealWorld();
        using var keyspace = new Keyspace(new KeyspaceOptions { Databases = 1 }, allocator, world.Randomness);
        using var snapshots = new Snapshots(keyspace, new SnapshotOptions());
        var key = new byte[KeyBytes];
        var hash = keyspace.Edit(keyspace.Databases[0], keyspace.KeyOf("hash"u8)).Hash();
        for (var i = 0; i < Keys; i++) hash.Set(KeyOf(key, i), new byte[ValueBytes]);
        hash.Changed(Keys, null);
        TestContext.Out.WriteLine($"{(double)allocator.UsedBytes / Keys:f1} bytes per field of 16+32");
        var sink = new DiscardingSink(snapshots, allocator);
        Assert.That(snapshots.TryBegin(sink));
        var slices = new List<double>();
        while (!snapshots.IsIdle)
        {
            sink.GiveBackAll();
            slices.Add(Time(() => snapshots.Run(world.StartBudget(200))));
        }
        slices.Sort();
        TestContext.Out.WriteLine($"{slices.Sum() / 1e6:f2} s in slices of 200 µs, p99 {slices[slices.Count * 99 / 100]:f0} µs, longest {slices[^1]:f0} µs");
    }

    /// <summary>Microseconds.</summary>
    private static double Time(Action action)
    {
        var started = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(started).TotalMicroseconds;
    }

    /// <summary>Calls per CPU second of this process, which other processes disturb least, until the end of a turn says so.</summary>
    private static double SetFor(World world, Keyspace keyspace, Func<long, bool> endTurn)
    {
        var random = new Random(1);
        var started = CpuSeconds(world);
        long turns = 0;
        do
        {
            for (var i = 0; i < CallsPerTurn; i++) Set(keyspace, random.Next(Keys));
            turns++;
        }
        while (endTurn(turns));
        return turns * CallsPerTurn / (CpuSeconds(world) - started);
    }

    private static double CpuSeconds(World world) => world.Process.CpuSeconds.User + world.Process.CpuSeconds.System;

    private static void Set(Keyspace keyspace, int number)
    {
        Span<byte> key = stackalloc byte[KeyBytes], value = stackalloc byte[ValueBytes];
        value.Fill((byte)number);
        var name = KeyOf(key, number);
        keyspace.Edit(keyspace.Databases[0], keyspace.KeyOf(name)).Write(ValueType.String, ValueEncoding.Raw, value, EntryView.NoExpiry, KeyspaceEvent.Set);
        keyspace.Allocator.ReleaseRetired();
    }

    private static Span<byte> KeyOf(Span<byte> key, int number)
    {
        "key:"u8.CopyTo(key);
        BinaryPrimitives.WriteInt64LittleEndian(key[4..], number);
        return key;
    }
}

/// <summary>A worker that is done by the end of the turn.</summary>
internal sealed class DiscardingSink(Snapshots snapshots, BlockAllocator allocator) : ISnapshotSink
{
    private readonly Queue<SnapshotChunk> _chunks = new();

    public long PeakBytes { get; private set; }

    public bool HasRoom => _chunks.Count < 16;

    public void Begin(SnapshotCut cut)
    {
    }

    public void Take(SnapshotChunk chunk) => _chunks.Enqueue(chunk);

    public void GiveBackAll()
    {
        PeakBytes = Math.Max(PeakBytes, allocator.UsedBytesOf(Purpose.Snapshot));
        while (_chunks.TryDequeue(out var chunk)) snapshots.GiveBack(chunk);
    }

    public void Complete()
    {
    }

    public void Abort()
    {
    }
}
