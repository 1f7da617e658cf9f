using System.Text;

namespace Carnelian.Tests;

public class NodeListTests
{
    /// <summary>The node of a list with these elements, as Redis 8.0.6 dumps it.</summary>
    private static readonly string ReferenceNode =
        "a30100001d0000017f01c08002dfff02d00002cfff02f1001003f1ffef03f1ff7f03f1008003f200800004f2ffff7f04f200008004f30000800005f3ffffff7f05"
        + "f4000000800000000009f4ffffff7fffffffff09f4ffffffffffffff7f09f4000000000000008009"
        + "9339323233333732303336383534373735383038148568656c6c6f0680018330303704822d3003822b350382203103"
        + "bf" + Repeat("61", 63) + "40" + "e040" + Repeat("62", 64) + "42" + "e082" + Repeat("63", 130) + "0184" + "ff";

    private static readonly string[] ReferenceElements =
    [
        "0", "127", "128", "-1", "-4096", "4095", "4096", "-4097", "32767", "-32768", "32768", "8388607", "-8388608", "8388608", "2147483647",
        "2147483648", "-2147483649", "9223372036854775807", "-9223372036854775808", "9223372036854775808", "hello", "", "007", "-0", "+5", " 1",
        new string('a', 63), new string('b', 64), new string('c', 130),
    ];

    private BlockAllocator _allocator = null!;
    private TableHost _host = null!;
    private KeyTables _tables = null!;

    [SetUp]
    public void SetUp()
    {
        _allocator = new(new AllocatorOptions { Checked = true, RangeBytesMax = 1L << 30 });
        _host = new(_allocator, new(1, 2));
        _tables = new(_host);
    }

    [TearDown]
    public void TearDown()
    {
        _tables.Disposal.Finish();
        while (_host.FreesPending > 0) _host.FreeSome();
        _allocator.Dispose();
    }

    [Test]
    public void A_node_is_byte_for_byte_what_Redis_dumps()
    {
        var list = NewList();
        foreach (var element in ReferenceElements) list.Append(Bytes(element));
        Assert.That(NodesOf(list), Is.EqualTo(new[] { ReferenceNode }));
    }

    [Test]
    public void Elements_are_read_as_they_were_written_from_both_ends()
    {
        var list = NewList();
        foreach (var element in ReferenceElements) list.Append(Bytes(element));
        for (var i = 0; i < ReferenceElements.Length; i++) Assert.That(Text(list[i]), Is.EqualTo(ReferenceElements[i]));
    }

    [TestCase(63)]
    [TestCase(64)]
    [TestCase(4095)]
    [TestCase(4096)]
    [TestCase(16_377)]
    [TestCase(16_400)]
    [TestCase(2_100_000)]
    public void Lengths_around_the_limits_of_the_format_survive(int length)
    {
        var list = NewList();
        var text = new string('x', length);
        list.Append("before"u8);
        list.Append(Bytes(text));
        list.Append("after"u8);
        list.Insert(2, Bytes("12"));
        Assert.That(Elements(list), Is.EqualTo(new[] { "before", text, "12", "after" }));
        for (var i = 0; i < 4; i++) Assert.That(Text(list[i]), Is.EqualTo(Elements(list)[i]));
    }

    [Test]
    public void An_element_larger_than_a_node_has_one_of_its_own()
    {
        var list = NewList();
        for (var i = 0; i < 3; i++) list.Append("small"u8);
        list.Insert(1, new byte[10_000]);
        Assert.That(list.NodeCount, Is.EqualTo(3));
        list.RemoveAt(1);
        Assert.That(list.NodeCount, Is.EqualTo(1), "the small ones come together again");
    }

    [Test]
    public void Appending_fills_nodes_to_their_limit()
    {
        var list = NewList();
        for (var i = 0; i < 10_000; i++) list.Append("sixteen bytes ..."u8);
        Assert.That(list.NodeCount, Is.EqualTo(10_000 / 430 + 1));
        _allocator.ReleaseRetired();
        Assert.That(_allocator.UsedBytesOf(Purpose.Collections), Is.LessThan(10_000 * 19 * 1.05));
    }

    [Test]
    public void Removing_nearly_all_leaves_few_nodes()
    {
        var list = NewList();
        for (var i = 0; i < 10_000; i++) list.Append(Bytes("element " + i));
        var chance = new Random(3);
        while (list.Count > 100)
        {
            list.RemoveAt(chance.NextInt64(list.Count));
            _allocator.ReleaseRetired();
        }
        Assert.That(list.NodeCount, Is.LessThanOrEqualTo(4));
        Assert.That(_allocator.UsedBytesOf(Purpose.Collections), Is.LessThan(10_000));
    }

    [Test]
    public void Random_changes_agree_with_a_model([Range(1, 20)] int seed)
    {
        var chance = new Random(seed);
        _host.ListLimit = NodeLimit.OfBytes(chance.Next(30, 600));
        var list = NewList();
        var model = new List<string>();
        for (var i = 0; i < 2000; i++)
        {
            var grows = (i / 400 & 1) == 0;
            var value = chance.Next(2) == 0 ? chance.Next(-10_000, 10_000).ToString() : new string('z', chance.Next(70));
            var at = chance.Next(model.Count + 1);
            if (model.Count == 0 || chance.Next(10) < (grows ? 6 : 2))
            {
                if (chance.Next(3) == 0) at = 0;
                list.Insert(at, Bytes(value));
                model.Insert(at, value);
            }
            else if (chance.Next(4) == 0)
            {
                list.Set(at % model.Count, Bytes(value));
                model[at % model.Count] = value;
            }
            else
            {
                list.RemoveAt(at % model.Count);
                model.RemoveAt(at % model.Count);
            }
            _allocator.ReleaseRetired();
            if (model.Count > 0) Assert.That(Text(list[at % model.Count]), Is.EqualTo(model[at % model.Count]));
            if (i % 100 == 0) Assert.That(Elements(list), Is.EqualTo(model));
        }
        Assert.That(Elements(list), Is.EqualTo(model));
        Assert.That(list.Count, Is.EqualTo(model.Count));
    }

    private NodeList NewList()
    {
        var at = _tables.Of(0).Find("list"u8, _host.Hash("list"u8));
        _tables.Of(0).WriteCollection(ref at, "list"u8, ValueEncoding.QuickList);
        return _tables.List(at.View);
    }

    private string[] NodesOf(NodeList list)
    {
        var writer = new SnapshotWriter(_host, 4096);
        writer.AppendList(0, _tables.Of(0).Find("list"u8, _host.Hash("list"u8)).View, list);
        writer.Close();
        var chunk = writer.Dequeue();
        var reader = chunk.Read();
        Assert.That(reader.Next());
        var nodes = new string[reader.List.NodeCount];
        for (var i = 0; i < nodes.Length; i++) nodes[i] = Convert.ToHexStringLower(reader.List.Node(i));
        var lists = new Queue<FrozenList>();
        SnapshotWriter.GiveBack(chunk, _host, lists);
        Assert.That(lists.Dequeue().ReleaseSome(int.MaxValue, _host));
        return nodes;
    }

    private static List<string> Elements(NodeList list)
    {
        var elements = new List<string>();
        for (var i = 0; i < list.NodeCount; i++)
        {
            foreach (var element in list.ElementsOf(i)) elements.Add(Text(element));
        }
        return elements;
    }

    private static string Text(PackedElement element) => Encoding.Latin1.GetString(element.Text(stackalloc byte[PackedElement.IntegerTextMax]));

    private static string Repeat(string text, int times) => string.Concat(Enumerable.Repeat(text, times));

    private static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);
}
