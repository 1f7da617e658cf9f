using System.Text;

namespace Carnelian.Tests;

/// <summary>What list-compress-depth does to the nodes of a list, and what that costs.</summary>
public class ListCompressionTests
{
    private const int NodeBytes = 8192;

    [TestCase(0, 0)]
    [TestCase(1, 8)]
    [TestCase(2, 6)]
    [TestCase(5, 0)]
    [TestCase(100_000, 0)]
    public void All_nodes_but_those_at_the_ends_are_compressed(int depth, int compressed)
    {
        using var list = Filled(depth, nodes: 10);
        var nodes = list.Nodes;
        var deep = Enumerable.Range(0, 10).Where(n => !nodes.Compressed(n).IsEmpty).ToArray();
        Assert.That(deep, Is.EqualTo(Enumerable.Range(Math.Min(depth, 10), compressed)));
    }

    [TestCase(false)]
    [TestCase(true)]
    public void Nodes_that_come_near_an_end_are_expanded(bool fromHead)
    {
        using var list = Filled(2, nodes: 10);
        var perNode = list.Nodes.Node(4).Count;
        list.RemoveRange(fromHead ? 0 : list.Count - perNode * 3, perNode * 3);
        var nodes = list.Nodes;
        var deep = Enumerable.Range(0, nodes.NodeCount).Where(n => !nodes.Compressed(n).IsEmpty);
        Assert.That(deep, Is.EqualTo(Enumerable.Range(2, nodes.NodeCount - 4)));
    }

    [Test]
    public void A_list_keeps_the_depth_with_which_it_was_made()
    {
        using var list = Filled(1, nodes: 3);
        list.Host.ListCompressDepth = 0;
        for (var i = 0; i < 2000; i++) list.Append(Element(i));
        Assert.That(list.Nodes.Compressed(2).IsEmpty, Is.False);
    }

    [Test]
    public void What_does_not_become_shorter_stays_as_it_is()
    {
        var chance = new Random(1);
        using var list = new EitherList(NodeLimit.Of(-2), 1);
        var value = new byte[60];
        for (var i = 0; i < 1000; i++)
        {
            chance.NextBytes(value);
            list.Append(value.ToArray());
        }
        for (var n = 0; n < list.NodeCount; n++) Assert.That(list.Nodes.Compressed(n).IsEmpty);
    }

    [Test]
    public void Compressing_makes_a_list_a_tenth_as_large()
    {
        using var plain = Filled(0, nodes: 200);
        using var list = Filled(1, nodes: 200);
        Assert.That(list.Nodes.MemoryBytes(long.MaxValue), Is.EqualTo(list.Allocator.UsedBytesOf(Purpose.Collections)));
        Assert.That(list.Nodes.MemoryBytes(long.MaxValue), Is.LessThan(plain.Nodes.MemoryBytes(long.MaxValue) / 10));
    }

    [Test]
    public void Going_through_a_list_takes_memory_for_one_node()
    {
        using var list = Filled(1, nodes: 200);
        var before = list.Allocator.UsedBytes;
        var count = 0;
        foreach (var element in list.Nodes.From(0)) count += element.IsInteger ? 0 : 1;
        Assert.That(count, Is.EqualTo(list.Count));
        Assert.That(list.Allocator.UsedBytes - before, Is.LessThanOrEqualTo(NodeBytes));
    }

    [Test]
    public void Removing_one_element_of_each_node_does_not_expand_them_all_at_once()
    {
        using var list = Filled(1, nodes: 200);
        var before = list.Allocator.UsedBytes;
        Assert.That(list.Nodes.RemoveEqual(Element(7), long.MaxValue, fromTail: false), Is.GreaterThan(190));
        Assert.That(list.Allocator.PeakUsedBytes - before, Is.LessThan(200 * NodeBytes / 8));
    }

    [Test]
    public void A_large_element_is_compressed_as_text()
    {
        using var list = Filled(1, nodes: 3);
        var large = new byte[100_000];
        list.Insert(list.Nodes.Node(0).Count, large, after: false);
        Assert.That(list.IsPlain(1));
        Assert.That(list.Nodes.LengthOf(1), Is.EqualTo(large.Length));
        var text = new byte[large.Length];
        Assert.That(Lzf.TryDecompress(list.Nodes.Compressed(1), text));
        Assert.That(text, Is.EqualTo(large));
        Assert.That(list[list.Nodes.Node(0).Count], Is.EqualTo(large));
    }

    private static EitherList Filled(int depth, int nodes)
    {
        var list = new EitherList(NodeLimit.Of(-2), depth);
        for (var i = 0; list.NodeCount < nodes || list.Nodes.ListPackOf(nodes - 1).Length < NodeBytes - 100; i++) list.Append(Element(i));
        return list;
    }

    /// <summary>The same ones occur in each node.</summary>
    private static byte[] Element(int i) => Encoding.ASCII.GetBytes($"element {i % 100}");
}
