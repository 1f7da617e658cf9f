using System.Text;

namespace Carnelian.Tests;

/// <summary>Random edits of a list beside a plain one, in checked memory: both encodings, and the ways between them.</summary>
public class ListEditModelTests
{
    private const int Steps = 400;

    [Test]
    public void A_list_is_what_a_plain_one_is([Range(1, 60)] int seed)
    {
        var chance = new Random(seed);
        using var rig = new KeyspaceRig();
        rig.Keyspace.Host.ListLimit = chance.Next(3) == 0 ? NodeLimit.Of(chance.Next(1, 5)) : NodeLimit.OfBytes(chance.Next(20, 400));
        rig.Keyspace.Host.ListCompressDepth = chance.Next(4);
        var model = new List<string>();
        var seen = new HashSet<ValueEncoding>();
        for (var step = 0; step < Steps; step++)
        {
            var list = new ListEdit(rig.Edit("list"u8.ToArray()));
            var dirty = rig.Keyspace.Dirty;
            Change(chance, ref list, model, isShrinking: step / 50 % 2 == 1);
            if (list.Exists) list.End(3, KeyspaceEvent.ListSet);
            var view = rig.Find("list");
            Assert.That(view.Exists, Is.EqualTo(model.Count > 0));
            if (view.Exists)
            {
                Assert.That(rig.Keyspace.Dirty - dirty, Is.EqualTo(3));
                Verify(new(rig[0].Data, view), model, chance);
                seen.Add(view.Encoding);
            }
            rig.Allocator.ReleaseRetired();
            while (rig.Keyspace.Host.FreesPending > 0) rig.Keyspace.Host.FreeSome();
        }
        Assert.That(seen, Is.EquivalentTo(new[] { ValueEncoding.ListPack, ValueEncoding.QuickList }));
    }

    private static void Change(Random chance, ref ListEdit list, List<string> model, bool isShrinking)
    {
        var text = Text(chance);
        var value = Encoding.Latin1.GetBytes(text);
        var atHead = chance.Next(2) == 0;
        var index = model.Count == 0 ? 0 : chance.Next(model.Count);
        switch (model.Count == 0 ? 0 : chance.Next(isShrinking ? 3 : 0, isShrinking ? 9 : 7))
        {
            case 0 or 1:
                list.Grow(value.Length);
                list.Push(value, atHead);
                model.Insert(atHead ? 0 : model.Count, text);
                break;
            case 2:
                var after = chance.Next(2) == 0;
                list.Grow(value.Length);
                list.Insert(index, after, value);
                model.Insert(index + (after ? 1 : 0), text);
                break;
            case 3:
                list.SetAt(index, value);
                model[index] = text;
                break;
            case 4:
                Assert.That(list.RemoveEqual(Encoding.Latin1.GetBytes(model[index]), 2, fromTail: atHead), Is.EqualTo(RemoveEqual(model, model[index], 2, atHead)));
                break;
            case 5:
                Turn(ref list, model, atHead);
                break;
            case 6:
                list.RemoveEnd(1, atHead);
                model.RemoveAt(atHead ? 0 : model.Count - 1);
                break;
            default:
                var count = chance.Next(Math.Min(5, model.Count - index) + 1);
                list.RemoveRange(index, count);
                model.RemoveRange(index, count);
                break;
        }
    }

    private static void Turn(ref ListEdit list, List<string> model, bool fromHead)
    {
        var taken = list.Take(fromHead, out _);
        var expected = fromHead ? model[0] : model[^1];
        Assert.That(Encoding.Latin1.GetString(taken), Is.EqualTo(expected));
        list.Grow(taken.Length);
        list.Push(taken, !fromHead);
        model.RemoveAt(fromHead ? 0 : model.Count - 1);
        model.Insert(fromHead ? model.Count : 0, expected);
    }

    private static long RemoveEqual(List<string> model, string text, int max, bool fromTail)
    {
        var removed = 0;
        for (; removed < max && model.Contains(text); removed++) model.RemoveAt(fromTail ? model.LastIndexOf(text) : model.IndexOf(text));
        return removed;
    }

    private static void Verify(ListView list, List<string> model, Random chance)
    {
        Assert.That(list.Count, Is.EqualTo(model.Count));
        var from = chance.Next(model.Count);
        Assert.That(Texts(list.From(from)), Is.EqualTo(model[from..]));
        Assert.That(Texts(list.From(from, backward: true)), Is.EqualTo(model[..(from + 1)].AsEnumerable().Reverse()));
        Assert.That(Text(list[from]), Is.EqualTo(model[from]));
        Assert.That(list.IndexOf(Encoding.Latin1.GetBytes(model[from])), Is.EqualTo(model.IndexOf(model[from])));
        Assert.That(list.IndexOf("nowhere"u8), Is.EqualTo(-1));
    }

    private static List<string> Texts(ListElements elements)
    {
        var texts = new List<string>();
        foreach (var element in elements) texts.Add(Text(element));
        return texts;
    }

    private static string Text(PackedElement element) => Encoding.Latin1.GetString(element.Text(stackalloc byte[PackedElement.IntegerTextMax]));

    private static string Text(Random chance) => chance.Next(8) switch
    {
        < 3 => $"{chance.Next(-5, 5)}",
        3 => $"{chance.NextInt64(long.MinValue, long.MaxValue)}",
        4 => new string('x', chance.Next(700)),
        _ => new string('y', chance.Next(30)),
    };
}
