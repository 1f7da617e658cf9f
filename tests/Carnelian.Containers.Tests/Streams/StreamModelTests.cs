namespace Carnelian.Tests;

/// <summary>Random changes of a stream beside a plain list of its entries; while snapshots hold it, are compared and let go bit by bit.</summary>
public class StreamModelTests
{
    private static readonly StreamLimit[] _limits = [new(4096, 100), new(4096, 3), new(60, 100), new(300, 0), new(0, 7), new(0, 200), new(1, 1)];

    private int _frozen, _sharedChanges, _sharedRemakes, _removedNodes;

    [Test]
    public void Random_changes_agree_with_a_model([Range(1, 70)] int seed)
    {
        var chance = new Random(seed);
        using var stream = new TestStream(_limits[seed % _limits.Length]);
        var model = new SortedDictionary<StreamId, string[]>();
        var last = StreamId.Min;
        FrozenStream? held = null;
        List<string> heldModel = [];
        var isLeaving = false;
        for (var i = 0; i < 800; i++)
        {
            var nodes = stream.Nodes.NodeCount;
            Change(chance, stream, model, ref last, grows: (i / 200 & 1) == 0);
            if (stream.Nodes.NodeCount < nodes) _removedNodes++;
            Assert.That((stream.Nodes.Length, stream.Nodes.LastId), Is.EqualTo((model.Count, last)));
            Assert.That((stream.Nodes.FirstId, stream.Nodes.LastLiveId), Is.EqualTo(model.Count == 0 ? (default, default) : (model.Keys.First(), model.Keys.Last())));
            if (i % 40 == 0) Compare(chance, stream, model, last);
            if (i % 100 == 0) stream.Defragment();
            if (held is { } frozen)
            {
                _sharedChanges++;
                if (!isLeaving && chance.Next(20) == 0)
                {
                    Assert.That(TestStream.TextsOf(frozen.Entries), Is.EqualTo(heldModel));
                    Assert.That(frozen.Length, Is.EqualTo(heldModel.Count));
                    isLeaving = true;
                }
                if (!isLeaving || !frozen.ReleaseSome(1 + chance.Next(3), stream.Host)) continue;
                held = null;
            }
            else if (chance.Next(30) == 0)
            {
                stream.Host.SnapshotNumber++;
                held = stream.Nodes.Freeze();
                heldModel = [.. model.Select(static entry => TestStream.TextOf(entry.Key, entry.Value))];
                isLeaving = false;
                _frozen++;
                if (chance.Next(4) != 0) continue;
                stream.Remake();
                model.Clear();
                last = default;
                _sharedRemakes++;
            }
            else
            {
                stream.FinishFrees();
                Assert.That(stream.Nodes.MemoryBytes(long.MaxValue), Is.EqualTo(stream.Allocator.UsedBytesOf(Purpose.Collections)));
                Assert.That(stream.Allocator.UsedBytesOf(Purpose.Snapshot), Is.Zero);
            }
        }
        while (held is { } rest && !rest.ReleaseSome(5, stream.Host)) { }
    }

    [OneTimeTearDown]
    public void All_kinds_of_changes_were_met() =>
        Assert.That(Math.Min(Math.Min(_frozen, _sharedChanges), Math.Min(_sharedRemakes, _removedNodes)), Is.GreaterThan(50));

    private static void Change(Random chance, TestStream stream, SortedDictionary<StreamId, string[]> model, ref StreamId last, bool grows)
    {
        if (model.Count == 0 || chance.Next(10) < (grows ? 8 : 4))
        {
            last = NextId(chance, last);
            var fields = Fields(chance);
            stream.Append(last, fields);
            model.Add(last, fields);
            return;
        }
        if (chance.Next(3) > 0)
        {
            var id = AnyId(chance, model, last);
            var before = stream.Nodes.MaxDeletedId;
            var isThere = model.Remove(id);
            Assert.That(stream.Delete(id), Is.EqualTo(isThere));
            Assert.That(stream.Nodes.MaxDeletedId, Is.EqualTo(isThere && id > before ? id : before));
            return;
        }
        var trim = new StreamTrim
        {
            Strategy = chance.Next(2) == 0 ? StreamTrimStrategy.ByLength : StreamTrimStrategy.ById,
            LengthMax = Math.Max(0, model.Count - chance.Next(grows ? 10 : 30)),
            MinId = model.Keys.Skip(chance.Next(Math.Min(model.Count, 20))).First(),
            IsApproximate = chance.Next(3) == 0,
        };
        var removed = stream.Trim(trim);
        for (var i = removed; i > 0; i--) model.Remove(model.Keys.First());
        var isDone = trim.Strategy == StreamTrimStrategy.ByLength ? model.Count <= trim.LengthMax : model.Count == 0 || model.Keys.First() >= trim.MinId;
        Assert.That(isDone, Is.True.Or.EqualTo(!trim.IsApproximate));
    }

    private static void Compare(Random chance, TestStream stream, SortedDictionary<StreamId, string[]> model, StreamId end)
    {
        for (var i = 0; i < 4; i++)
        {
            var first = i == 0 ? StreamId.Min : AnyId(chance, model, end);
            var last = i == 0 ? StreamId.Max : AnyId(chance, model, end);
            var expected = model.Where(entry => entry.Key >= first && entry.Key <= last).Select(static entry => TestStream.TextOf(entry.Key, entry.Value)).ToList();
            Assert.That(stream.Entries(first, last), Is.EqualTo(expected));
            Assert.That(stream.Nodes.CountIn(first, last, long.MaxValue), Is.EqualTo(expected.Count));
            Assert.That(stream.Nodes.CountIn(first, last, 5), Is.EqualTo(Math.Min(5, expected.Count)));
            Assert.That(stream.Nodes.Contains(first), Is.EqualTo(model.ContainsKey(first)));
            expected.Reverse();
            Assert.That(stream.Entries(first, last, backward: true), Is.EqualTo(expected));
        }
    }

    private static StreamId AnyId(Random chance, SortedDictionary<StreamId, string[]> model, StreamId last) => chance.Next(4) switch
    {
        0 => new(last.Milliseconds - Math.Min(last.Milliseconds, (ulong)chance.Next(20)), (ulong)chance.Next(5)),
        1 => last,
        _ => model.Count == 0 ? last : model.Keys.ElementAt(chance.Next(model.Count)),
    };

    private static StreamId NextId(Random chance, StreamId last) => chance.Next(4) switch
    {
        0 => new(last.Milliseconds, last.Sequence + 1),
        1 => new(last.Milliseconds, last.Sequence + (ulong)chance.Next(1, 1 << 20)),
        2 => new(last.Milliseconds + (ulong)chance.Next(1, 100_000), (ulong)chance.Next(3)),
        _ => new(last.Milliseconds + 1, 0),
    };

    private static string[] Fields(Random chance)
    {
        if (chance.Next(3) > 0) return ["name", $"{chance.Next(1000)}", "17", Text(chance)];
        var fields = new string[2 * chance.Next(1, 5)];
        for (var i = 0; i < fields.Length; i++) fields[i] = Text(chance);
        return fields;
    }

    private static string Text(Random chance) => chance.Next(4) switch
    {
        0 => $"{chance.NextInt64() >> chance.Next(64)}",
        1 => $"-{chance.Next()}",
        2 => new('x', chance.Next(10) switch { 0 => chance.Next(60, 140), 1 when chance.Next(10) == 0 => chance.Next(4000, 20_000), _ => chance.Next(40) }),
        _ => $"text{chance.Next(100)}",
    };
}
