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
        Assert.That(list.NodeCount, Is.EqualTo(2), "the last two stay apart");
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

    /// <summary>What MEMORY USAGE says in Redis 8.0.6, and its used_memory confirms, for lists filled by RPUSH of 50.</summary>
    [TestCase(1_000_000, 16, 18_133_136)]
    [TestCase(300_000, 40, 12_730_384)]
    [TestCase(1_000_000, 100, 104_202_832)]
    public void A_long_list_takes_no_more_memory_than_in_Redis(int elements, int length, long reference)
    {
        using var allocator = new BlockAllocator(new AllocatorOptions { RangeBytesMax = 1L << 32 });
        var host = new TableHost(allocator, new(1, 2));
        var keys = new KeyTables(host);
        var list = NewList(keys);
        var value = new byte[length];
        value.AsSpan().Fill((byte)'x');
        for (var i = 0; i < elements; i++)
        {
            list.Append(value);
            if (i % 50 == 0) allocator.ReleaseRetired();
        }
        allocator.ReleaseRetired();
        Assert.That(list.MemoryBytes(long.MaxValue), Is.EqualTo(allocator.UsedBytesOf(Purpose.Collections)));
        Assert.That(list.MemoryBytes(long.MaxValue), Is.LessThanOrEqualTo(reference));
        keys.Disposal.Finish();
        while (host.FreesPending > 0) host.FreeSome();
    }

    [Test]
    public void Setting_in_a_full_node_splits_it()
    {
        var list = NewList();
        for (var i = 0; i < 450; i++) list.Append("sixteen bytes .."u8);
        for (var i = 0; i < 450; i++) list.Set(i, new byte[4000]);
        for (var n = 0; n < list.NodeCount; n++) Assert.That(list.ListPackOf(n).Length, Is.LessThanOrEqualTo(8192));
        Assert.That(list.Count, Is.EqualTo(450));
    }

    /// <summary>The size of such a node's block is told by what it contains.</summary>
    [TestCase(false)]
    [TestCase(true)]
    public void A_huge_node_that_loses_equal_elements_gets_a_block_that_fits(bool isHeld)
    {
        var writer = new PackedWriter(new byte[500_000]);
        foreach (var length in (int[])[150_000, 10, 150_000, 10]) writer.Add(new byte[length]);
        var packed = new byte[PackedList.Empty.Bytes.Length + writer.Bytes.Length];
        PackedList.Empty.Replace(0, 0, writer).CopyTo(PackedList.Empty, packed);
        var list = NewList();
        list.AppendNode(new(packed));
        _host.SnapshotNumber++;
        FrozenList? frozen = isHeld ? list.Freeze() : null;
        Assert.That(list.RemoveEqual(new byte[150_000], 1, fromTail: true), Is.EqualTo(1));
        Assert.That(list.ListPackOf(0).Length, Is.InRange(150_000, 150_100));
        _allocator.ReleaseRetired();
        frozen?.ReleaseSome(int.MaxValue, _host);
        Assert.That(list.MemoryBytes(long.MaxValue), Is.EqualTo(_allocator.UsedBytesOf(Purpose.Collections)));
    }

    [Test]
    public void Removing_a_range_in_the_middle_joins_what_is_left()
    {
        var list = NewList();
        for (var i = 0; i < 100_000; i++) list.Append(Bytes("element " + i));
        list.RemoveRange(100, 99_800);
        Assert.That(Elements(list), Is.EqualTo(Enumerable.Range(0, 100).Concat(Enumerable.Range(99_900, 100)).Select(i => "element " + i)));
        Assert.That(list.NodeCount, Is.EqualTo(2));
        Assert.That(list.FitsPacked(hasShrunk: true), Is.False, "as in Redis, only one with a single node does");
        list.RemoveRange(50, 150);
        Assert.That(list.FitsPacked(hasShrunk: true));
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

    private NodeList NewList() => NewList(_tables);

    private static NodeList NewList(KeyTables keys)
    {
        var at = keys.Of(0).Find("list"u8, keys.Host.Hash("list"u8));
        keys.Of(0).WriteCollection(ref at, "list"u8, ValueType.List, ValueEncoding.QuickList);
        return keys.List(at.View);
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
        for (var i = 0; i < nodes.Length; i++) nodes[i] = Convert.ToHexStringLower(reader.List.ListPackOf(i, default));
        var lists = new Queue<FrozenCollection>();
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
