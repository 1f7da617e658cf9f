namespace Carnelian.Tests;

/// <summary>Lists of so many nodes that their directory has pages: one element a node, so that what is in the model is what is in the directory.</summary>
public class NodeDirectoryTests
{
    private readonly HashSet<string> _met = [];

    [OneTimeTearDown]
    public void Every_state_was_met() => Assert.That(_met, Is.EquivalentTo(new[] { "many pages", "few pages again", "held", "held with many pages" }));

    [Test]
    public void Random_changes_of_many_nodes_agree_with_a_model([Range(1, 12)] int seed)
    {
        var chance = new Random(seed);
        using var list = new EitherList(NodeLimit.Of(1));
        var model = new List<int>();
        list.Append([Bytes(0), Bytes(1)]);
        model.AddRange([0, 1]);
        FrozenList? held = null;
        int[] heldModel = [];
        var isLeaving = false;
        var mostPages = 0;
        for (var round = 0; round < 400; round++)
        {
            Change(chance, list, model, grows: round % 200 < 120);
            if (list.Encoding != "quicklist") continue;
            var pages = list.Nodes.DirectoryPages;
            mostPages = Math.Max(mostPages, pages);
            if (pages >= 4) _met.Add("many pages");
            if (pages == 1 && mostPages >= 4) _met.Add("few pages again");
            Assert.That(pages, Is.LessThanOrEqualTo(2 + model.Count / (DirectoryPage.SlotsMax / 4)), "neighbours are joined");
            for (var i = 0; i < 20; i++)
            {
                var at = chance.Next(model.Count);
                Assert.That(list[at], Is.EqualTo(Bytes(model[at])));
            }
            if (held is { } frozen)
            {
                _met.Add(pages > 1 ? "held with many pages" : "held");
                if (!isLeaving && chance.Next(15) == 0)
                {
                    Assert.That(ElementsOf(frozen), Is.EqualTo(heldModel));
                    isLeaving = true;
                }
                if (isLeaving && frozen.ReleaseSome(chance.Next(1, 4000), list.Host)) held = null;
            }
            else if (chance.Next(15) == 0)
            {
                list.Host.SnapshotNumber++;
                held = list.Nodes.Freeze();
                heldModel = [.. model];
                isLeaving = false;
            }
            if (held is null) Assert.That(list.Nodes.MemoryBytes(long.MaxValue), Is.EqualTo(list.Allocator.UsedBytesOf(Purpose.Collections)));
        }
        Assert.That(list.Elements(), Is.EqualTo(model.Select(Bytes)));
        Assert.That(Enumerable.Reverse(list.Elements(backward: true)), Is.EqualTo(model.Select(Bytes)));
        while (held is { } last && !last.ReleaseSome(1000, list.Host))
        {
        }
        list.Delete();
    }

    [Test]
    public void Holding_a_list_copies_its_pages_one_by_one_as_they_change()
    {
        using var list = new EitherList(NodeLimit.Of(1));
        for (var i = 0; i < 20_000; i++) list.Append([Bytes(i)]);
        list.Host.SnapshotNumber++;
        var held = list.Nodes.Freeze();
        Assert.That(list.Allocator.UsedBytesOf(Purpose.Snapshot), Is.LessThan(200), "five pages");
        list.Set(10_000, Bytes(1));
        list.Set(10_001, Bytes(2));
        Assert.That(list.Allocator.UsedBytesOf(Purpose.Snapshot), Is.InRange(32 << 10, 34 << 10));
        Assert.That(ElementsOf(held), Is.EqualTo(Enumerable.Range(0, 20_000)));
        while (!held.ReleaseSome(1000, list.Host))
        {
        }
        Assert.That(list.Allocator.UsedBytesOf(Purpose.Snapshot), Is.Zero);
        list.Delete();
    }

    private static void Change(Random chance, EitherList list, List<int> model, bool grows)
    {
        var count = chance.Next(1, chance.Next(3) == 0 ? 800 : 20);
        var at = chance.Next(4) switch { 0 => 0, 1 => model.Count, _ => chance.Next(model.Count + 1) };
        if (grows || model.Count < 10)
        {
            for (; count > 0; count--)
            {
                var value = chance.Next(100_000);
                model.Insert(at, value);
                if (at == model.Count - 1) list.Append([Bytes(value)]);
                else list.Insert(at, Bytes(value), after: false);
            }
            return;
        }
        if (chance.Next(5) == 0)
        {
            at = chance.Next(model.Count);
            model[at] = -1;
            list.Set(at, Bytes(-1));
            return;
        }
        count = Math.Min(chance.Next(12) == 0 ? count * 10 : count, model.Count - 4);
        at = Math.Min(at, model.Count - count);
        model.RemoveRange(at, count);
        list.RemoveRange(at, count);
    }

    private static List<int> ElementsOf(FrozenList frozen)
    {
        var elements = new List<int>();
        Span<byte> text = stackalloc byte[PackedElement.IntegerTextMax];
        for (var n = 0; n < frozen.NodeCount; n++)
        {
            foreach (var element in frozen.Node(n, default).From(0)) elements.Add(int.Parse(element.Text(text)));
        }
        return elements;
    }

    private static byte[] Bytes(int value) => System.Text.Encoding.ASCII.GetBytes(value.ToString());
}
