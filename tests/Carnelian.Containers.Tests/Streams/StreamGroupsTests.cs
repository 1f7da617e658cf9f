using System.Text;

namespace Carnelian.Tests;

/// <summary>Random changes of groups in checked memory, with holds between them, against plain dictionaries.</summary>
public sealed unsafe class StreamGroupsTests
{
    private sealed record Group(StreamId LastId, long Read)
    {
        public SortedDictionary<string, (long Seen, long Active)> Consumers { get; } = new(StringComparer.Ordinal);

        public SortedDictionary<StreamId, (string Consumer, long Ms, long Count)> Pending { get; } = [];

        public bool KeepsTimes { get; set; }
    }

    private sealed class Rig : IDisposable
    {
        private readonly byte** _word;
        private readonly SortedDictionary<string, Group> _model = new(StringComparer.Ordinal);
        private byte* _frozen;
        private string? _held;

        public Rig(int seed)
        {
            Random = new(seed);
            Allocator = new(new() { Checked = true, RangeBytesMax = 1 << 30, QuarantineBlocks = 64 });
            Host = new(Allocator, new((ulong)Random.NextInt64(), 3));
            _word = (byte**)Allocator.AllocateZeroed(sizeof(byte*), Purpose.Keys);
        }

        public Random Random { get; }

        public BlockAllocator Allocator { get; }

        public TableHost Host { get; }

        public bool IsHeld => _held is not null;

        private StreamGroups Groups => new(_word, Host);

        private string Name(int names) => new((char)('a' + Random.Next(names)), 1 + Random.Next(2));

        public void Change()
        {
            var name = Name(3);
            if (!_model.TryGetValue(name, out var model))
            {
                Assert.That(Groups.Find(Bytes(name)).Exists, Is.False);
                _model[name] = model = new(new((ulong)Random.Next(9), 1), Random.Next(-1, 9));
                Groups.Add(Bytes(name), model.LastId, model.Read);
                return;
            }
            if (Random.Next(300) == 0)
            {
                Groups.Remove(Groups.Find(Bytes(name)));
                _model.Remove(name);
                return;
            }
            Change(model, Groups.Edit(Groups.Find(Bytes(name))));
        }

        private void Change(Group model, ConsumerGroupEdit group)
        {
            var name = Name(5);
            var consumer = group.View.FindConsumer(Bytes(name));
            Assert.That(consumer.Exists, Is.EqualTo(model.Consumers.ContainsKey(name)));
            if (!consumer.Exists)
            {
                group.AddConsumer(Bytes(name), 7);
                model.Consumers[name] = (7, -1);
                return;
            }
            if (Random.Next(60) == 0) model.KeepsTimes = true;
            if (model.KeepsTimes) group.KeepTimes();
            if (Random.Next(200) == 0)
            {
                group.RemoveConsumer(consumer);
                model.Consumers.Remove(name);
                foreach (var (id, pending) in model.Pending.ToArray()) if (pending.Consumer == name) model.Pending.Remove(id);
                return;
            }
            for (var i = Random.Next(40); i > 0; i--)
            {
                var id = new StreamId((ulong)Random.Next(900), (ulong)Random.Next(2));
                if (Random.Next(5) < 2) Assert.That(group.Acknowledge(id), Is.EqualTo(model.Pending.Remove(id)));
                else
                {
                    var (ms, count) = (Random.NextInt64(-9, 9), Random.NextInt64());
                    group.Assign(id, consumer, ms, count);
                    model.Pending[id] = (name, ms, count);
                }
            }
            if (model.Pending.Count > 0 && Random.Next(4) == 0)
            {
                var (id, pending) = model.Pending.ElementAt(Random.Next(model.Pending.Count));
                group.Redeliver(id, 4);
                model.Pending[id] = (pending.Consumer, 4, pending.Count + 1);
            }
            group.SetSeen(consumer, Random.Next());
            group.SetActive(consumer, Random.Next());
            model.Consumers[name] = (consumer.SeenMs, consumer.ActiveMs);
        }

        public void EndCall()
        {
            Allocator.ReleaseRetired();
            for (var i = Random.Next(3); i > 0 && Host.FreesPending > 0; i--) Host.FreeSome();
        }

        public void Verify()
        {
            Assert.That(Describe(_word, follows: true), Is.EqualTo(Describe()));
            foreach (var (name, model) in _model)
            {
                if (model.KeepsTimes) VerifyTimes(model, Groups.Find(Bytes(name)));
            }
            if (Host.FreesPending == 0) Assert.That(Groups.MemoryBytes(long.MaxValue), Is.EqualTo(Allocator.UsedBytesOf(Purpose.Collections)));
        }

        private void VerifyTimes(Group model, ConsumerGroup group)
        {
            var untilMs = Random.Next(-10, 10);
            var expected = model.Pending.Where(pending => pending.Value.Ms <= untilMs).OrderBy(static pending => pending.Value.Ms).Select(static pending => pending.Key).ToArray();
            Assert.That(group.CountDeliveredUntil(untilMs, long.MaxValue), Is.EqualTo(expected.Length));
            var ids = new StreamId[Random.Next(expected.Length + 2)];
            var count = group.CopyDeliveredUntil(untilMs, ids);
            Assert.That(ids[..count], Is.EqualTo(expected.Take(ids.Length)));
            Assert.That(group.TryFirstDelivery(out var ms), Is.EqualTo(model.Pending.Count > 0));
            if (model.Pending.Count > 0) Assert.That(ms, Is.EqualTo(model.Pending.Values.Min(static pending => pending.Ms)));
            Met.Add("by time");
        }

        public HashSet<string> Met { get; init; } = [];

        public void VerifyCopy()
        {
            var copy = (byte**)Allocator.AllocateZeroed(sizeof(byte*), Purpose.Keys);
            new StreamGroups(copy, Host).AddAll(Groups);
            Assert.That(Describe(copy, follows: true), Is.EqualTo(Describe()));
            while (!new StreamGroups(copy, Host).FreeSome())
            {
            }
            Allocator.Free((byte*)copy, sizeof(byte*), Purpose.Keys);
        }

        public void Freeze()
        {
            Host.SnapshotNumber++;
            _frozen = Groups.Freeze();
            _held = Describe(withConsumers: false);
        }

        public void VerifyHeld()
        {
            var frozen = _frozen;
            Assert.That(Describe(&frozen, follows: false), Is.EqualTo(_held));
        }

        public void Release()
        {
            if (!StreamGroups.ReleaseSome(_frozen, Host)) return;
            _held = null;
            Assert.That(Allocator.UsedBytesOf(Purpose.Snapshot), Is.Zero);
        }

        public int Defragment()
        {
            var mover = new BlockMover(Allocator);
            while (!Groups.Defragment(ref mover))
            {
            }
            return mover.Moved;
        }

        private string Describe(byte** word, bool follows)
        {
            var text = new StringBuilder();
            var groups = new StreamGroups(word, Host);
            for (var i = 0; i < groups.Count; i++)
            {
                var group = groups[i];
                text.Append($"{Text(group.Name)} {group.LastId} {group.EntriesRead} {group.PendingCount}\n");
                for (var pending = group.Pending(StreamId.Min); pending.MoveNext();)
                    text.Append($"{pending.Id} {pending.DeliveredMs} {pending.Deliveries} {(follows ? Text(pending.Consumer.Name) : "")}\n");
                for (var c = 0; c < group.ConsumerCount; c++)
                {
                    var consumer = group.ConsumerAt(c);
                    text.Append($"{Text(consumer.Name)} {consumer.SeenMs} {consumer.ActiveMs} {consumer.PendingCount}\n");
                    for (var pending = group.Pending(StreamId.Min, consumer); pending.MoveNext();) text.Append($"{pending.Id} {pending.Deliveries}\n");
                }
            }
            return text.ToString();
        }

        private string Describe(bool withConsumers = true)
        {
            var text = new StringBuilder();
            foreach (var (name, group) in _model)
            {
                text.Append($"{name} {group.LastId} {group.Read} {group.Pending.Count}\n");
                foreach (var (id, pending) in group.Pending) text.Append($"{id} {pending.Ms} {pending.Count} {(withConsumers ? pending.Consumer : "")}\n");
                foreach (var (consumer, (seen, active)) in group.Consumers)
                {
                    text.Append($"{consumer} {seen} {active} {group.Pending.Values.Count(pending => pending.Consumer == consumer)}\n");
                    foreach (var (id, pending) in group.Pending) if (pending.Consumer == consumer) text.Append($"{id} {pending.Count}\n");
                }
            }
            return text.ToString();
        }

        public void Dispose()
        {
            while (!Groups.FreeSome())
            {
                if (IsHeld) Release();
            }
            while (IsHeld) Release();
            Allocator.ReleaseRetired();
            while (Host.FreesPending > 0) Host.FreeSome();
            Allocator.Free((byte*)_word, sizeof(byte*), Purpose.Keys);
            Allocator.Dispose();
        }
    }

    private readonly HashSet<string> _met = [];

    [OneTimeTearDown]
    public void Every_state_was_met() => Assert.That(_met, Is.EquivalentTo(new[] { "held", "let go", "moved", "by time" }));

    [Test]
    public void Random_changes_agree_with_a_model_also_while_held([Range(1, 15)] int seed)
    {
        using var rig = new Rig(seed) { Met = _met };
        for (var round = 0; round < 40; round++)
        {
            for (var i = rig.Random.Next(60); i > 0; i--)
            {
                rig.Change();
                rig.EndCall();
            }
            rig.Verify();
            if (!rig.IsHeld)
            {
                if (rig.Defragment() > 0) _met.Add("moved");
                if (rig.Random.Next(3) == 0) rig.Freeze();
                continue;
            }
            _met.Add("held");
            rig.VerifyHeld();
            if (rig.Random.Next(3) > 0) continue;
            for (var i = 0; rig.IsHeld; i++)
            {
                rig.Release();
                if (i % 3 == 0) rig.Change();
                rig.EndCall();
            }
            _met.Add("let go");
            rig.VerifyCopy();
        }
    }

    [Test]
    public void A_stream_that_is_held_shows_its_groups_as_they_were()
    {
        using var stream = new TestStream(new(4096, 100));
        for (ulong i = 1; i <= 300; i++) stream.Append(new(i, 0), "f", "v");
        var group = stream.Nodes.AddGroup(Bytes("g"), new(300, 0), 300);
        var consumer = group.AddConsumer(Bytes("c"), 5);
        for (ulong i = 1; i <= 300; i++) group.Assign(new(i, 0), consumer, (long)i, 1);
        stream.Host.SnapshotNumber++;
        var frozen = stream.Nodes.Freeze();
        for (ulong i = 1; i <= 300; i += 2) Assert.That(group.Acknowledge(new(i, 0)));
        stream.Nodes.AddGroup(Bytes("later"), default, 0);
        stream.Nodes.RemoveGroup(stream.Nodes.FindGroup(Bytes("g")));
        stream.Allocator.ReleaseRetired();
        while (stream.Host.FreesPending > 0) stream.Host.FreeSome();
        Assert.That(frozen.GroupCount, Is.EqualTo(1));
        var held = frozen.GroupAt(0);
        Assert.That((Text(held.Name), Text(held.ConsumerAt(0).Name), held.ConsumerAt(0).SeenMs), Is.EqualTo(("g", "c", 5)));
        var ids = new List<ulong>();
        for (var pending = held.Pending(StreamId.Min, held.ConsumerAt(0)); pending.MoveNext();) ids.Add(pending.Id.Milliseconds);
        Assert.That(ids, Is.EqualTo(Enumerable.Range(1, 300).Select(static i => (ulong)i)));
        while (!frozen.ReleaseSome(3, stream.Host))
        {
        }
        Assert.That(stream.Allocator.UsedBytesOf(Purpose.Snapshot), Is.Zero);
        Assert.That(stream.Nodes.GroupCount, Is.EqualTo(1));
    }

    private static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);
}
