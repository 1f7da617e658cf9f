using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime;
using System.Runtime.InteropServices;

namespace Carnelian.Tests;

/// <summary>
/// How long a single turn of work takes at most while a snapshot holds a value of ten million elements that clients go on to change, and when that goes
/// meanwhile: a few minutes, and 2 GB of memory. The figures in docs/snapshots.md come from here, in a release build.
/// </summary>
public class SnapshotTurnCostTests
{
    private const int Elements = 10_000_000, WarmUpElements = 100_000, CallsPerTurn = 64, SliceMicroseconds = 200;
    private const string DestroyGroup = "destroy the group";
    private const long UncollectedBytesMax = 200 << 20;

    [SetUp]
    public void SkipUnlessMeasuring() => Skip.UnlessMeasuring();

    [Test]
    public void Turns_around_a_hash([Values("rename", "delete", "overwrite", "flush")] string end) => Measure(static (rig, fields) => new HashUse(rig, fields), end);

    [Test]
    public void Turns_around_a_list([Values("rename", "delete", "overwrite", "flush")] string end) => Measure(static (rig, elements) => new ListUse(rig, elements), end);

    [Test]
    public void Turns_around_a_set([Values("rename", "delete", "overwrite", "flush")] string end) => Measure(static (rig, members) => new SetUse(rig, members), end);

    [Test]
    public void Turns_around_a_sorted_set([Values("rename", "delete", "overwrite", "flush")] string end) =>
        Measure(static (rig, members) => new SortedSetUse(rig, members), end);

    /// <summary>All entries are pending at consumers of a group.</summary>
    [Test]
    public void Turns_around_a_stream([Values("rename", "delete", "overwrite", "flush", DestroyGroup)] string end) =>
        Measure(static (rig, entries) => new StreamUse(rig, entries), end);

    private static void Measure(Func<Rig, int, Use> make, string end)
    {
        using (var warmUp = new Rig()) Measure(warmUp, make(warmUp, WarmUpElements), end);
        using var rig = new Rig();
        Measure(rig, make(rig, Elements), end);
        rig.Report();
    }

    /// <summary>One snapshot that goes through with the value, and one during which that goes. Collections of the .NET heap are not what is measured.</summary>
    private static void Measure(Rig rig, Use use, string end)
    {
        GC.Collect();
        Assert.That(GC.TryStartNoGCRegion(UncollectedBytesMax));
        if (end == "rename")
        {
            Assert.That(rig.Snapshots.TryBegin(rig.Sink));
            while (!rig.Snapshots.IsIdle) rig.Turn(use, SliceMicroseconds);
        }
        Assert.That(rig.Snapshots.TryBegin(rig.Sink));
        for (var turn = 0; turn < 100; turn++) rig.Turn(use, SliceMicroseconds);
        rig.End(end);
        while (!rig.Snapshots.IsIdle) rig.Turn(null, SliceMicroseconds);
        for (; rig.Keyspace.LazyFree.IsPending; rig.EndTurn()) rig.Time("free some", () => rig.Keyspace.LazyFree.Run(rig.World.StartBudget(SliceMicroseconds)));
        if (end is not ("rename" or DestroyGroup)) Assert.That(rig.Keyspace.Allocator.UsedBytesOf(Purpose.Collections), Is.Zero);
        // It has ended by itself where a walk took more turns than expected.
        if (GCSettings.LatencyMode == GCLatencyMode.NoGCRegion) GC.EndNoGCRegion();
    }

    private sealed class Rig : IDisposable
    {
        private readonly Background _background = new();

        public Rig()
        {
            Allocator = new() { Background = _background };
            Keyspace = new(new KeyspaceOptions { Databases = 1 }, Allocator, World.Randomness) { NowMs = 1 };
            Snapshots = new(Keyspace, new SnapshotOptions());
            Sink = new(Snapshots, Allocator);
        }

        public RealWorld World { get; } = new();

        public BlockAllocator Allocator { get; }

        public Keyspace Keyspace { get; }

        public Snapshots Snapshots { get; }

        public DiscardingSink Sink { get; }

        public Random Chance { get; } = new(1);

        public Dictionary<string, Longest> Turns { get; } = [];

        public KeyEdit Edit() => Keyspace.Edit(Keyspace.Databases[0], Keyspace.KeyOf("large"u8));

        public void Turn(Use? use, int sliceMicroseconds)
        {
            for (var i = 0; i < CallsPerTurn && use is not null; i++)
            {
                var call = use.Calls[Chance.Next(use.Calls.Length)];
                use.Draw();
                Time(call.Name, call.Run);
            }
            Time("take chunks back", Sink.GiveBackAll);
            Time("slice", () => Snapshots.Run(World.StartBudget(sliceMicroseconds)));
            EndTurn();
        }

        public void EndTurn()
        {
            Allocator.ReleaseRetired();
            _background.Complete();
        }

        public void End(string how) => Time(how, () =>
        {
            if (how == "rename")
                Keyspace.Move(Keyspace.Databases[0], Keyspace.KeyOf("large"u8), Keyspace.Databases[0], Keyspace.KeyOf("renamed"u8), true, KeyspaceEvent.RenameFrom, KeyspaceEvent.RenameTo);
            else if (how == DestroyGroup) StreamUse.Destroy(this);
            else if (how == "delete") Edit().Delete(KeyspaceEvent.Delete);
            else if (how == "overwrite") Edit().Write(ValueType.String, ValueEncoding.Raw, "x"u8, EntryView.NoExpiry, null);
            else Keyspace.Flush(null, background: true);
        });

        /// <summary>Also the end of a call, which frees what it retired.</summary>
        public void Time(string name, Action action)
        {
            var (cpu, wall) = (ThreadClock.Nanoseconds, Stopwatch.GetTimestamp());
            action();
            Allocator.ReleaseRetired();
            var elapsed = Stopwatch.GetElapsedTime(wall).TotalMicroseconds;
            cpu = ThreadClock.Nanoseconds - cpu;
            if (!Turns.TryGetValue(name, out var longest)) Turns[name] = longest = new();
            longest.Add(cpu / 1e3, elapsed);
        }

        public void Report()
        {
            foreach (var (name, longest) in Turns)
                TestContext.Out.WriteLine($"{name,-18} {longest}");
            TestContext.Out.WriteLine($"most memory held {Sink.PeakBytes:n0} bytes");
        }

        public void Dispose()
        {
            Snapshots.Dispose();
            Keyspace.Dispose();
            _background.End();
            Allocator.Dispose();
            World.Dispose();
        }
    }

    /// <summary>Of one kind of turn, microseconds.</summary>
    private sealed class Longest
    {
        private readonly List<(double Cpu, double Wall, int Turn)> _turns = [];

        public void Add(double cpu, double wall) => _turns.Add((cpu, wall, _turns.Count));

        public override string ToString()
        {
            var walls = _turns.Max(turn => turn.Wall);
            _turns.Sort();
            var longest = string.Join(", ", _turns.TakeLast(3).Reverse().Select(turn => $"{turn.Cpu:f0} (the {turn.Turn}th, wall {turn.Wall:f0})"));
            return $"{_turns.Count,9:n0} times: CPU p50 {Of(0.5):f1}, p99.9 {Of(0.999):f0}, longest {longest}; longest wall {walls:f0} µs";
        }

        private double Of(double part) => _turns[(int)((_turns.Count - 1) * part)].Cpu;
    }

    private sealed record Call(string Name, Action Run);

    /// <summary>A value of so many elements and the calls that change it.</summary>
    private abstract class Use
    {
        public abstract Call[] Calls { get; }

        /// <summary>Chooses what the next call is about.</summary>
        public abstract void Draw();
    }

    private sealed class HashUse : Use
    {
        private readonly Rig _rig;
        private readonly byte[] _name = new byte[16], _value = new byte[32], _longer = new byte[48];
        private readonly int _fields;
        private int _added;

        public HashUse(Rig rig, int fields)
        {
            _rig = rig;
            _fields = _added = fields;
            var hash = rig.Edit().Hash();
            for (var i = 0; i < fields; i++)
            {
                SetName(i);
                hash.Set(_name, _value);
                rig.EndTurn();
            }
            hash.Changed(fields, null);
            Calls =
            [
                new("HSET", () => Set(_value)),
                new("HSET longer", () => Set(_longer)),
                new("HSET new", () =>
                {
                    SetName(_added++);
                    Set(_value);
                }),
                new("HDEL", () =>
                {
                    var edit = rig.Edit().Hash();
                    if (edit.Delete(_name)) edit.Changed(1, KeyspaceEvent.HashDelete);
                }),
                new("HEXPIRE", () =>
                {
                    var edit = rig.Edit().Hash();
                    if (!edit.Find(_name).Exists) return;
                    edit.SetExpiry(_name, 1_000_000);
                    edit.Changed(1, KeyspaceEvent.HashExpire);
                }),
            ];
        }

        public override Call[] Calls { get; }

        public override void Draw() => SetName(_rig.Chance.Next(_fields));

        private void Set(byte[] value)
        {
            var edit = _rig.Edit().Hash();
            edit.Set(_name, value);
            edit.Changed(1, KeyspaceEvent.HashSet);
        }

        private void SetName(int number)
        {
            BinaryPrimitives.WriteInt32LittleEndian(_name, number);
        }
    }

    private sealed class ListUse : Use
    {
        private readonly Rig _rig;
        private readonly byte[] _element = "an element of thirty-two bytes.."u8.ToArray(), _longer = new byte[100];
        private long _at;

        public ListUse(Rig rig, int elements)
        {
            _rig = rig;
            var list = Edit();
            list.Grow(elements, elements);
            for (var i = 0; i < elements; i++)
            {
                list.Push(_element, atHead: false);
                rig.EndTurn();
            }
            Calls =
            [
                new("LSET", () => Change((ref edit) => edit.Set(_at, _longer))),
                new("LPUSH", () => Change((ref edit) => edit.Push(_element, atHead: true))),
                new("RPUSH", () => Change((ref edit) => edit.Push(_element, atHead: false))),
                new("LPOP", () => Change((ref edit) => edit.RemoveEnd(1, atHead: true))),
                new("RPOP", () => Change((ref edit) => edit.RemoveEnd(1, atHead: false))),
                new("insert", () => Change((ref edit) => edit.Insert(_at, after: true, _longer))),
                new("LREM at an end", () => Change((ref edit) => edit.RemoveEqual(_element, 1, fromTail: (_at & 1) == 0))),
                new("LTRIM", () => Change((ref edit) => edit.RemoveEnd(Math.Min(edit.Count / 100, 5000), atHead: (_at & 1) == 0))),
                new("index", () => _ = Edit().View[_at]),
            ];
        }

        private delegate void Changing(ref ListEdit edit);

        public override Call[] Calls { get; }

        public override void Draw() => _at = _rig.Chance.NextInt64(Math.Max(Edit().Count, 1));

        private ListEdit Edit() => new(_rig.Edit());

        private void Change(Changing changing)
        {
            var edit = Edit();
            changing(ref edit);
            edit.End(1, KeyspaceEvent.ListSet);
        }
    }

    private sealed class SetUse : Use
    {
        private readonly Rig _rig;
        private readonly byte[] _member = new byte[16];
        private readonly int _members;
        private int _added;

        public SetUse(Rig rig, int members)
        {
            _rig = rig;
            _members = _added = members;
            var set = new SetEdit(rig.Edit());
            set.Expect(_member, members);
            for (var i = 0; i < members; i++)
            {
                Draw(i);
                set.Add(_member);
                rig.EndTurn();
            }
            set.Changed(members, null);
            Calls =
            [
                new("SADD", () => Change(static (ref set, member) => set.Add(member))),
                new("SADD new", () =>
                {
                    Draw(_added++);
                    Change(static (ref set, member) => set.Add(member));
                }),
                new("SREM", () => Change(static (ref set, member) => set.Remove(member))),
            ];
        }

        private delegate bool Changing(ref SetEdit set, byte[] member);

        public override Call[] Calls { get; }

        public override void Draw() => Draw(_rig.Chance.Next(_members));

        private void Draw(int number) => BinaryPrimitives.WriteInt32LittleEndian(_member, number);

        private void Change(Changing changing)
        {
            var set = new SetEdit(_rig.Edit());
            if (!set.Exists) set.Expect(_member, 1);
            if (changing(ref set, _member)) set.Changed(1, KeyspaceEvent.SetAdd);
        }
    }

    private sealed class SortedSetUse : Use
    {
        private readonly Rig _rig;
        private readonly byte[] _member = new byte[16];
        private readonly int _members;
        private int _added;

        public SortedSetUse(Rig rig, int members)
        {
            _rig = rig;
            _members = _added = members;
            var set = new SortedSetEdit(rig.Edit());
            set.Expect(members, _member.Length);
            for (var i = 0; i < members; i++)
            {
                Draw(i);
                double score = rig.Chance.Next();
                set.Set(_member, ref score);
                rig.EndTurn();
            }
            set.Changed(members, null);
            Calls =
            [
                new("ZADD", Set),
                new("ZADD new", () =>
                {
                    Draw(_added++);
                    Set();
                }),
                new("ZREM", () =>
                {
                    var edit = new SortedSetEdit(rig.Edit());
                    if (edit.Remove(_member)) edit.Changed(1, KeyspaceEvent.SortedSetRemove);
                }),
            ];
        }

        public override Call[] Calls { get; }

        public override void Draw() => Draw(_rig.Chance.Next(_members));

        private void Draw(int number) => BinaryPrimitives.WriteInt32LittleEndian(_member, number);

        private void Set()
        {
            var set = new SortedSetEdit(_rig.Edit());
            double score = _rig.Chance.Next();
            set.Set(_member, ref score);
            set.Changed(1, KeyspaceEvent.SortedSetAdd);
        }
    }

    private sealed class StreamUse : Use
    {
        private const int Consumers = 8;

        private readonly Rig _rig;
        private readonly byte[] _text = "field and a value of 32 bytes"u8.ToArray();
        private readonly Argument[] _field = [new(0, 5), new(5, 24)];
        private StreamId _id;

        public StreamUse(Rig rig, int entries)
        {
            _rig = rig;
            var stream = new StreamEdit(rig.Edit());
            stream.Create();
            stream.AddGroup("g"u8, default, 0);
            for (var i = 0; i < Consumers; i++) stream.EditGroup("g"u8).AddConsumer([(byte)i], 1);
            for (var i = 0; i < entries; i++)
            {
                Add(ref stream);
                Deliver(stream.EditGroup("g"u8), stream.View.LastId);
                rig.EndTurn();
            }
            Calls =
            [
                new("XADD", () => Change((ref stream) => Add(ref stream))),
                new("XREADGROUP", () => Change((ref stream) =>
                {
                    Add(ref stream);
                    Deliver(stream.EditGroup("g"u8), stream.View.LastId);
                })),
                new("XACK", () => Change((ref stream) => stream.EditGroup("g"u8).Acknowledge(_id))),
                new("XCLAIM", () => Change((ref stream) => Deliver(stream.EditGroup("g"u8), _id))),
                new("XDEL", () => Change((ref stream) =>
                {
                    if (stream.Delete(_id)) stream.EndDeletions();
                })),
                new("XTRIM", () => Change((ref stream) => stream.Trim(new()
                {
                    Strategy = StreamTrimStrategy.ByLength, LengthMax = Math.Max(stream.View.Length - 1000, 0), IsApproximate = true,
                }))),
            ];
        }

        private delegate void Changing(ref StreamEdit stream);

        public override Call[] Calls { get; }

        public static void Destroy(Rig rig) => new StreamEdit(rig.Edit()).RemoveGroup("g"u8);

        public override void Draw() => _id = new((ulong)_rig.Chance.NextInt64((long)new StreamEdit(_rig.Edit()).View.LastId.Milliseconds) + 1, 0);

        private void Add(ref StreamEdit stream) => stream.Append(new(stream.View.LastId.Milliseconds + 1, 0), new(_text, _field), 0, _text.Length);

        private void Deliver(ConsumerGroupEdit group, StreamId id) => group.Assign(id, group.View.ConsumerAt(_rig.Chance.Next(Consumers)), _rig.Keyspace.NowMs, 1);

        private void Change(Changing changing)
        {
            var stream = new StreamEdit(_rig.Edit());
            changing(ref stream);
            stream.AnnounceOfGroup(1);
        }
    }

    /// <summary>Slow work on large memory is done by the pool, and is over at the end of some turn.</summary>
    private sealed class Background : BackgroundMemory
    {
        private readonly Queue<(Task Task, Action Completed)> _running = new();
        private int _prefaults;

        public override bool IsPrefaulting => _prefaults > 0;

        public override void Return(RegionReturn regions) => _running.Enqueue((Task.Run(() => regions.Run(isRangeGone: false)), regions.Completed));

        public override void Prefault(nint address, nint length)
        {
            _prefaults++;
            _running.Enqueue((Task.Run(() => SystemMemory.Prefault(address, length)), () => _prefaults--));
        }

        public void Complete()
        {
            while (_running.TryPeek(out var first) && first.Task.IsCompleted) _running.Dequeue().Completed();
        }

        public void End()
        {
            while (_running.TryDequeue(out var next))
            {
                next.Task.Wait();
                next.Completed();
            }
        }
    }

    /// <summary>CPU time of this thread, which other processes disturb least.</summary>
    private static class ThreadClock
    {
        private const int CLOCK_THREAD_CPUTIME_ID = 3;

        public static long Nanoseconds
        {
            get
            {
                if (!OperatingSystem.IsLinux()) return Stopwatch.GetTimestamp() * (1_000_000_000 / Stopwatch.Frequency);
                _ = clock_gettime(CLOCK_THREAD_CPUTIME_ID, out var time);
                return time.Seconds * 1_000_000_000 + time.Nanoseconds;
            }
        }

        [DllImport("libc")]
        private static extern int clock_gettime(int clock, out Timespec time);

        private struct Timespec
        {
            public long Seconds, Nanoseconds;
        }
    }
}
