namespace Carnelian.Tests;

public sealed unsafe class FoundListTests
{
    [TestCase(10_000), TestCase(100_000)]
    public void A_list_that_is_filled_again_allocates_nothing(int count)
    {
        var list = new EntryList();
        Fill(list, count);
        list.Clear();
        Fill(list, count);
        list.Clear();
        var before = GC.GetAllocatedBytesForCurrentThread();
        Fill(list, count);
        list.Clear();
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(1000));
    }

    private static void Fill(EntryList list, int count)
    {
        for (var i = 0; i < count; i++) list.Add(default(EntryView));
    }

    [Test]
    public void A_list_is_sorted_by_keys()
    {
        var list = new FieldList();
        var blocks = new nint[5];
        for (var i = 0; i < 5; i++) list.Add((byte*)(blocks[i] = 1000 + i));
        list.Sort([5, 3, 4, 1, 2]);
        for (var i = 0; i < 5; i++) Assert.That((nint)list[i].Address, Is.EqualTo(blocks[new[] { 3, 4, 1, 2, 0 }[i]]));
    }

    [Test]
    public void A_list_is_cut_to_a_number_of_entries_that_it_has()
    {
        var list = new EntryList();
        Fill(list, 5);
        list.Truncate(2);
        Assert.That(list.Count, Is.EqualTo(2));
        Assert.That(() => list.Truncate(3), Throws.TypeOf<BrokenInvariantException>());
        Assert.That(() => list.Keep(2, 0), Throws.TypeOf<BrokenInvariantException>());
    }
}
