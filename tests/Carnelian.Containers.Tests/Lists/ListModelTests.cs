using System.Text;

namespace Carnelian.Tests;

/// <summary>Random changes of a list, packed or of nodes, beside a plain one; while snapshots hold it, are compared and let go bit by bit.</summary>
public class ListModelTests
{
    private static readonly NodeLimit[] _limits =
    [
        NodeLimit.OfBytes(40), NodeLimit.OfBytes(150), NodeLimit.OfBytes(700), NodeLimit.Of(-1), NodeLimit.Of(-2), NodeLimit.Of(-5),
        NodeLimit.Of(0), NodeLimit.Of(1), NodeLimit.Of(2), NodeLimit.Of(5), NodeLimit.Of(64), NodeLimit.Of(-2) with { LargeFrom = 8 }, NodeLimit.Of(5) with { LargeFrom = 1 },
    ];

    private int _packed, _nodes, _plain, _frozen, _sharedChanges, _compressed, _compressedPlain, _frozenCompressed;

    [Test]
    public void Random_changes_agree_with_a_model([Range(1, 104)] int seed)
    {
        var chance = new Random(seed);
        var depth = seed / _limits.Length % 4;
        using var list = new EitherList(_limits[seed % _limits.Length], depth);
        var model = new List<byte[]>();
        FrozenList? held = null;
        List<byte[]> heldModel = [];
        var isLeaving = false;
        for (var i = 0; i < 1500; i++)
        {
            Change(chance, list, model, grows: (i / 250 & 1) == 0);
            Assert.That(list.Count, Is.EqualTo(model.Count));
            if (model.Count > 0)
            {
                var at = chance.Next(model.Count);
                Assert.That(list[at], Is.EqualTo(model[at]));
            }
            if (i % 50 == 0)
            {
                Compare(list, model, depth);
                if (list.Encoding == "quicklist") Defragment(list);
                if (held is null && list.Encoding == "quicklist")
                    Assert.That(list.Nodes.MemoryBytes(long.MaxValue), Is.EqualTo(list.Allocator.UsedBytesOf(Purpose.Collections)));
            }
            if (list.Encoding == "listpack") _packed++;
            else _nodes++;
            if (held is { } frozen)
            {
                _sharedChanges++;
                if (!isLeaving && chance.Next(20) == 0)
                {
                    Assert.That(ElementsOf(frozen), Is.EqualTo(heldModel));
                    isLeaving = true;
                }
                if (isLeaving && frozen.ReleaseSome(1 + chance.Next(3), list.Host)) held = null;
            }
            else if (list.Encoding == "quicklist" && chance.Next(30) == 0)
            {
                list.Host.SnapshotNumber++;
                held = list.Nodes.Freeze();
                heldModel = [.. model];
                isLeaving = false;
                _frozen++;
            }
        }
        Compare(list, model, depth);
        if (held is { } last) while (!last.ReleaseSome(3, list.Host)) { }
        list.Delete();
    }

    [OneTimeTearDown]
    public void Every_state_was_met() =>
        Assert.That(new[] { _packed, _nodes, _plain * 10, _frozen * 10, _sharedChanges, _compressed, _compressedPlain, _frozenCompressed }, Is.All.GreaterThan(1000));

    private void Change(Random chance, EitherList list, List<byte[]> model, bool grows)
    {
        var value = Value(chance, list.Limit);
        var at = chance.Next(model.Count + 1);
        if (model.Count == 0 || chance.Next(10) < (grows ? 6 : 2))
        {
            switch (chance.Next(5))
            {
                case 0:
                    list.Prepend(value);
                    model.Insert(0, value);
                    break;
                case 1 when model.Count > 0:
                    list.Insert(at = chance.Next(model.Count), value, after: true);
                    model.Insert(at + 1, value);
                    break;
                case 2 when model.Count > 0:
                    list.Insert(at = chance.Next(model.Count), value, after: false);
                    model.Insert(at, value);
                    break;
                default:
                    byte[][] values = [value, Value(chance, list.Limit), Value(chance, list.Limit)];
                    list.Append(values);
                    model.AddRange(values);
                    break;
            }
            return;
        }
        at %= model.Count;
        switch (chance.Next(10))
        {
            case < 3:
                list.Set(at, value);
                model[at] = value;
                break;
            case < 6:
                at = chance.Next(2) == 0 ? 0 : model.Count - 1;
                list.RemoveRange(at, 1);
                model.RemoveAt(at);
                break;
            case < 8:
                var count = chance.Next(10) == 0 ? model.Count - at : Math.Min(model.Count - at, 1 + chance.Next(8));
                list.RemoveRange(at, count);
                model.RemoveRange(at, count);
                break;
            default:
                RemoveEqual(chance, list, model, model[at]);
                break;
        }
        if (list.IsPlain(chance.Next(list.NodeCount))) _plain++;
    }

    private static void RemoveEqual(Random chance, EitherList list, List<byte[]> model, byte[] value)
    {
        var max = chance.Next(4) == 0 ? int.MaxValue : 1 + chance.Next(4);
        var fromTail = chance.Next(2) == 0;
        var removed = list.RemoveEqual(value, max, fromTail);
        var expected = 0;
        for (var i = fromTail ? model.Count - 1 : 0; i >= 0 && i < model.Count && expected < max; i += fromTail ? -1 : 1)
        {
            if (!model[i].AsSpan().SequenceEqual(value)) continue;
            model.RemoveAt(i);
            expected++;
            if (!fromTail) i--;
        }
        Assert.That(removed, Is.EqualTo(expected));
    }

    /// <summary>Few different short ones, so that equal ones are met; now and then one that is too large for a node.</summary>
    private static byte[] Value(Random chance, NodeLimit limit) => chance.Next(100) switch
    {
        < 40 => Encoding.ASCII.GetBytes(chance.Next(-5, 20).ToString()),
        < 50 => Encoding.ASCII.GetBytes(chance.NextInt64(long.MinValue, long.MaxValue).ToString()),
        < 60 => Encoding.ASCII.GetBytes("0" + chance.Next(20)),
        < 98 => Repeated(chance, chance.Next(3) * chance.Next(40)),
        _ => Repeated(chance, limit.BytesMax + chance.Next(-12, 12)),
    };

    private static byte[] Repeated(Random chance, int length)
    {
        var value = new byte[length];
        value.AsSpan().Fill((byte)chance.Next(254, 256));
        return value;
    }

    private void Compare(EitherList list, List<byte[]> model, int depth)
    {
        Assert.That(list.Elements(), Is.EqualTo(model));
        Assert.That(Enumerable.Reverse(list.Elements(backward: true)), Is.EqualTo(model));
        if (list.Encoding == "quicklist") CheckNodes(list, depth);
    }

    /// <summary>A node exceeds the limit by no more than one element: what is inserted where a full node is split goes to one of the halves.</summary>
    private void CheckNodes(EitherList list, int depth)
    {
        long elements = 0;
        for (var n = 0; n < list.NodeCount; n++)
        {
            var node = list.Nodes.Node(n);
            Assert.That(node.Count, Is.GreaterThan(0));
            elements += node.Count;
            CheckCompression(list, n, depth);
            if (list.IsPlain(n)) Assert.That(node.Count, Is.EqualTo(1));
            else Assert.That(node.Count == 1 || !list.Limit.IsExceededBy(node.ListPackLength / 2 - PackedWriter.OverheadMax, node.Count), $"{n} of {list.NodeCount}: {node.ListPackLength} bytes, {node.Count} elements");
        }
        Assert.That(elements, Is.EqualTo(list.Count));
    }

    /// <summary>Beyond the depth what becomes shorter is compressed, by the rules of quicklist.c.</summary>
    private void CheckCompression(EitherList list, int n, int depth)
    {
        var contents = list.NodeBytes(n);
        var output = new byte[contents.Length];
        var length = Lzf.Compress(contents, output);
        var isDeep = depth > 0 && n >= depth && n < list.NodeCount - depth;
        var expected = isDeep && contents.Length >= 48 && length > 0 && length + 8 < contents.Length ? output.AsSpan(0, length) : default;
        Assert.That(list.Nodes.Compressed(n).SequenceEqual(expected), $"{n} of {list.NodeCount}, depth {depth}");
        Assert.That(list.Nodes.LengthOf(n), Is.EqualTo(contents.Length));
        if (expected.IsEmpty) return;
        _compressed++;
        if (list.IsPlain(n)) _compressedPlain++;
    }

    private static void Defragment(EitherList list)
    {
        var mover = new BlockMover(list.Allocator);
        while (!list.Nodes.Defragment(3, ref mover)) { }
    }

    private List<byte[]> ElementsOf(FrozenList frozen)
    {
        var elements = new List<byte[]>();
        Span<byte> text = stackalloc byte[PackedElement.IntegerTextMax];
        for (var n = 0; n < frozen.NodeCount; n++)
        {
            var lzf = frozen.Compressed(n, out var length);
            foreach (var element in frozen.Node(n, new byte[lzf.IsEmpty ? 0 : frozen.LengthOf(n)]).From(0)) elements.Add(element.Text(text).ToArray());
            if (lzf.IsEmpty) continue;
            _frozenCompressed++;
            Assert.That(Lzf.TryDecompress(lzf, new byte[length]));
        }
        return elements;
    }
}
