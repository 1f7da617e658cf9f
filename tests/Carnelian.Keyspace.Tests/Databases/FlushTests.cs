namespace Carnelian.Tests;

[TestFixture(false)]
[TestFixture(true)]
public sealed class FlushTests(bool usesSlots)
{
    [Test]
    public void Flush_of_one_database_leaves_the_others([Values] bool background)
    {
        using var rig = new KeyspaceRig(usesSlots: usesSlots);
        for (var i = 0; i < 100; i++) rig.Set($"k{i}", database: i % 3);
        rig.Heard.Take();
        Assert.That(rig.Keyspace.Flush(rig[1], background), Is.EqualTo(33));
        Assert.That(rig.Heard.Take(), Is.EqualTo(new[] { "flushed 1" }));
        Assert.That(new[] { rig[0].Data.Count, rig[1].Data.Count, rig[2].Data.Count }, Is.EqualTo(new[] { 34, 0, 33 }));
        Assert.That(rig.Keyspace.Flush(null, background), Is.EqualTo(67));
        Assert.That(rig.Keyspace.Flush(null, background), Is.Zero);
        Assert.That(rig.Heard.Take(), Is.EqualTo(new[] { "flushed all", "flushed all" }));
        rig.Set("again");
        Assert.That(rig.Find("again").Exists);
    }

    [Test]
    public void Foreground_flush_gives_the_memory_back_at_once()
    {
        using var rig = new KeyspaceRig(usesSlots: usesSlots);
        var before = rig.Allocator.LiveBlocks;
        for (var i = 0; i < 1000; i++) rig.Set($"k{i}", new string('x', i * 2));
        rig.Keyspace.Flush(rig[0], background: false);
        Assert.That(rig.Keyspace.LazyFree.IsPending, Is.False);
        Assert.That(rig.Allocator.LiveBlocks, Is.EqualTo(before));
    }

    [Test]
    public void Background_flush_frees_in_slices_of_bounded_work()
    {
        using var rig = new KeyspaceRig(usesSlots: usesSlots);
        var before = rig.Allocator.LiveBlocks;
        for (var i = 0; i < 6000; i++) rig.Set($"k{i}", database: i % 2);
        var full = rig.Allocator.LiveBlocks;
        rig.Keyspace.Flush(null, background: true);
        Assert.That(rig.Allocator.LiveBlocks, Is.GreaterThanOrEqualTo(full), "the call itself frees nothing");
        var slices = 0;
        for (; rig.Keyspace.LazyFree.IsPending; slices++)
        {
            var live = rig.Allocator.LiveBlocks;
            rig.Keyspace.LazyFree.Run(new Budget(4));
            Assert.That(live - rig.Allocator.LiveBlocks, Is.LessThan(250));
        }
        Assert.That(slices, Is.GreaterThan(20));
        Assert.That(rig.Allocator.LiveBlocks, Is.EqualTo(before));
    }

    [Test]
    public void What_is_pending_and_what_was_freed_add_up([Values] bool withCollections)
    {
        using var rig = new KeyspaceRig(usesSlots: usesSlots);
        for (var i = 0; i < 2000; i++) rig.Set($"k{i}");
        if (withCollections)
        {
            for (var i = 0; i < 20; i++)
            {
                rig.Edit(KeyspaceRig.Bytes($"list{i}")).Fill(2000, j => $"element {j}");
                rig.Allocator.ReleaseRetired();
            }
        }
        var objects = rig[0].Data.Count;
        var (disposal, statistics) = (rig.Keyspace.LazyFree, rig.Keyspace.Statistics);
        rig.Keyspace.Flush(null, background: true);
        var ticket = disposal.Ticket;
        Assert.That(disposal.PendingObjects, Is.EqualTo(objects));
        while (disposal.IsPending)
        {
            Assert.That(disposal.IsDone(ticket), Is.False);
            disposal.Run(new Budget(3));
            Assert.That(disposal.PendingObjects + statistics.LazilyFreed, Is.EqualTo(objects));
        }
        Assert.That(disposal.IsDone(ticket));
        Assert.That(rig.Allocator.UsedBytesOf(Purpose.Collections), Is.Zero);
    }

    [Test]
    public void A_deleted_collection_that_is_small_is_no_lazily_freed_object()
    {
        using var rig = new KeyspaceRig(usesSlots: usesSlots);
        rig.Edit(KeyspaceRig.Bytes("list")).Fill(3000, i => $"element {i}");
        rig.Delete("list");
        Assert.That((rig.Keyspace.LazyFree.IsPending, rig.Keyspace.LazyFree.PendingObjects), Is.EqualTo((true, 0L)));
        while (rig.Keyspace.LazyFree.IsPending) rig.Keyspace.LazyFree.Run(new Budget(1));
        Assert.That(rig.Keyspace.Statistics.LazilyFreed, Is.Zero);
    }

    [Test]
    public void A_deleted_collection_is_pending_until_it_is_freed()
    {
        using var rig = new KeyspaceRig(usesSlots: usesSlots);
        rig.Edit(KeyspaceRig.Bytes("list")).Fill(60_000, i => $"element {i}");
        rig.Delete("list");
        Assert.That(rig.Keyspace.LazyFree.PendingObjects, Is.EqualTo(1));
        Assert.That(rig.Allocator.UsedBytesOf(Purpose.Collections), Is.GreaterThan(300_000));
        var slices = 0;
        for (; rig.Keyspace.LazyFree.IsPending; slices++) rig.Keyspace.LazyFree.Run(new Budget(1));
        Assert.That(slices, Is.GreaterThan(2));
        Assert.That(rig.Keyspace.Statistics.LazilyFreed, Is.EqualTo(1));
    }

    [Test]
    public void Keyspace_that_is_closed_amid_a_background_flush_leaks_nothing()
    {
        using var rig = new KeyspaceRig(usesSlots: usesSlots);
        for (var i = 0; i < 500; i++) rig.Set($"k{i}", database: i % 2);
        rig.Keyspace.Flush(null, background: true);
        rig.Keyspace.LazyFree.Run(new Budget(2));
        Assert.That(rig.Keyspace.LazyFree.IsPending);
    }
}
