namespace Carnelian.Tests;

public sealed class RequestsTests
{
    [Test]
    public void List_keeps_its_order_and_gives_a_huge_array_back()
    {
        var list = new ArgumentList();
        for (var i = 0; i < 5000; i++) list.Add(i, i * 2);
        Assert.That(list.Slice(4998, 2).ToArray(), Is.EqualTo(new[] { new Argument(4998, 9996), new Argument(4999, 9998) }));
        Assert.That(list.TotalLength, Is.EqualTo(4999L * 5000));
        list.Clear();
        Assert.That(list.Count, Is.Zero);
        Assert.That(() => list.Slice(0, 65).Length, Throws.InstanceOf<ArgumentException>(), "the array is small again");
        list.AddRange([new(1, 2), new(3, 4)]);
        Assert.That(list.Slice(0, 2)[1], Is.EqualTo(new Argument(3, 4)));
        Assert.That(list.TotalLength, Is.EqualTo(6));
        list.Add(6, 1);
        Assert.That(list.TotalLength, Is.EqualTo(7));
    }

    [Test]
    public void Arguments_are_seen_in_the_request_and_copied_out_of_it()
    {
        var request = "SET key value"u8.ToArray();
        var arguments = new Arguments(request, [new(0, 3), new(4, 3), new(8, 5)]);
        var rest = arguments.Slice(1);
        Assert.That(rest.Count, Is.EqualTo(2));
        Assert.That(rest[1].SequenceEqual("value"u8));
        var copy = arguments.Copy();
        Array.Clear(request);
        Assert.That(copy, Is.EqualTo(new[] { "SET"u8.ToArray(), "key"u8.ToArray(), "value"u8.ToArray() }));
    }
}
