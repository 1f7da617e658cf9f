namespace Carnelian.Tests;

public sealed class FoundListTests
{
    [TestCase(10_000, false), TestCase(100_000, true)]
    public void Only_a_long_list_gives_its_memory_back_when_it_is_cleared(int count, bool givesBack)
    {
        var list = new EntryList();
        Fill(list, count);
        list.Clear();
        var before = GC.GetAllocatedBytesForCurrentThread();
        Fill(list, count);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.That(allocated, givesBack ? Is.GreaterThan(count * sizeof(long)) : Is.Zero);
    }

    private static void Fill(EntryList list, int count)
    {
        for (var i = 0; i < count; i++) list.Add(default(EntryView));
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
