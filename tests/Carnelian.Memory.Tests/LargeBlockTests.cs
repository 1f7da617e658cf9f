namespace Carnelian.Tests;

/// <summary>Blocks above 16 KiB: the cache of freed ones, who unmaps, and pages given back inside a live block.</summary>
public sealed unsafe class LargeBlockTests
{
    private const long CachedBytesMax = 16 << 20;

    [TestCase(20_000)]
    [TestCase(1_000_000)]
    [TestCase(4 << 20)]
    public void Overwriting_a_large_value_uses_the_same_memory_again(int size)
    {
        using var allocator = new BlockAllocator();
        var first = allocator.Allocate(size, Purpose.Values);
        first[size / 2] = 42;
        allocator.Free(first, size, Purpose.Values);
        Assert.That(allocator.CachedBytes, Is.EqualTo((long)BlockAllocator.UsableSize(size)));
        Assert.That(allocator.MappedBytes, Is.Zero);
        var second = allocator.Allocate(size, Purpose.Values);
        Assert.That((nint)second, Is.EqualTo((nint)first));
        Assert.That(second[size / 2], Is.EqualTo(42));
        Assert.That(allocator.CachedBytes, Is.Zero);
        allocator.Free(second, size, Purpose.Values);
    }

    [Test]
    public void The_cache_is_bounded_and_drops_the_oldest_first()
    {
        using var allocator = new BlockAllocator();
        var returned = new RecordingBackground();
        allocator.Background = returned;
        var blocks = new nint[40];
        for (var i = 0; i < blocks.Length; i++) blocks[i] = (nint)allocator.Allocate(1 << 20, Purpose.Values);
        allocator.Age();
        allocator.Age();
        foreach (var block in blocks)
        {
            allocator.Free((byte*)block, 1 << 20, Purpose.Values);
            Assert.That(allocator.CachedBytes, Is.LessThanOrEqualTo(CachedBytesMax));
        }

        Assert.That(allocator.CachedBytes, Is.EqualTo(CachedBytesMax));
        Assert.That(allocator.LeavingBytes, Is.EqualTo(24 << 20));
        returned.Work();
        Assert.That(returned.Regions.Select(r => r.Address), Is.EqualTo(blocks[..24]));
        allocator.TrimCaches();
        Assert.That(allocator.CachedBytes, Is.Zero);
        returned.Work();
        Assert.That(returned.Regions.Select(r => r.Address), Is.EqualTo(blocks));
        Assert.That(allocator.LeavingBytes, Is.Zero);
    }

    [Test]
    public void As_much_stays_cached_as_was_asked_for_of_late()
    {
        using var allocator = new BlockAllocator();
        var blocks = new nint[100];
        for (var round = 0; round < 3; round++)
        {
            for (var i = 0; i < blocks.Length; i++) blocks[i] = (nint)allocator.Allocate(1 << 20, Purpose.Values);
            Assert.That(allocator.CachedBytes, Is.Zero, "all of it is used again");
            foreach (var block in blocks) allocator.Free((byte*)block, 1 << 20, Purpose.Values);
            Assert.That(allocator.CachedBytes, Is.EqualTo(100 << 20));
            allocator.Age();
            Assert.That(allocator.CachedBytes, Is.EqualTo(100 << 20));
        }
        allocator.Age();
        Assert.That(allocator.CachedBytes, Is.EqualTo(CachedBytesMax));
    }

    [Test]
    public void Regions_of_many_lengths_stay_apart_in_the_cache()
    {
        using var allocator = new BlockAllocator();
        var random = new Random(11);
        var blocks = new List<(nint Block, int Size, byte Mark)>();
        for (var i = 0; i < 20_000; i++)
        {
            allocator.Age();
            if (blocks.Count < 100 && random.Next(2) == 0)
            {
                var size = random.Next(5, 40) * 4096;
                var block = (nint)allocator.Allocate(size, Purpose.Values);
                var mark = (byte)random.Next(256);
                ((byte*)block)[0] = ((byte*)block)[size - 1] = mark;
                blocks.Add((block, size, mark));
            }
            else if (blocks.Count > 0)
            {
                var at = random.Next(blocks.Count);
                var (block, size, mark) = blocks[at];
                blocks.RemoveAt(at);
                Assert.That(((byte*)block)[0], Is.EqualTo(mark));
                Assert.That(((byte*)block)[size - 1], Is.EqualTo(mark));
                allocator.Free((byte*)block, size, Purpose.Values);
            }

            Assert.That(allocator.CachedBytes, Is.LessThanOrEqualTo(CachedBytesMax));
        }

        Assert.That(allocator.MappedBytes, Is.EqualTo(blocks.Sum(b => (long)b.Size)));
        foreach (var (block, size, _) in blocks) allocator.Free((byte*)block, size, Purpose.Values);
        Assert.That(allocator.MappedBytes, Is.Zero);
    }

    [Test]
    public void Freed_memory_is_given_back_in_the_background_a_batch_at_a_time_and_its_addresses_are_used_again_then()
    {
        using var allocator = new BlockAllocator();
        var returned = new RecordingBackground();
        allocator.Background = returned;
        var blocks = new nint[1000];
        for (var i = 0; i < blocks.Length; i++) *(byte*)(blocks[i] = (nint)allocator.Allocate(100_000, Purpose.Values)) = 1;
        foreach (var block in blocks) allocator.Free((byte*)block, 100_000, Purpose.Values);
        allocator.TrimCaches();
        Assert.That((allocator.MappedBytes, allocator.CachedBytes), Is.EqualTo((0L, 0L)));
        Assert.That(allocator.LeavingBytes, Is.EqualTo(blocks.Length * (long)BlockAllocator.UsableSize(100_000)));
        Assert.That(returned.Batches, Is.EqualTo(1), "none is handed over while one is under way");
        var another = (nint)allocator.Allocate(100_000, Purpose.Values);
        Assert.That(blocks, Does.Not.Contain(another));
        returned.Work();
        Assert.That(returned.Batches, Is.InRange(3, 10));
        Assert.That(returned.Regions.Select(region => region.Address), Is.EqualTo(blocks));
        var again = (nint)allocator.AllocateZeroed(100_000, Purpose.Values);
        Assert.That(blocks, Does.Contain(again));
        Assert.That(*(byte*)again, Is.Zero);
        allocator.Free((byte*)another, 100_000, Purpose.Values);
        allocator.Free((byte*)again, 100_000, Purpose.Values);
    }

    [Test]
    public void What_still_waits_when_the_allocator_ends_goes_back_with_it()
    {
        var returned = new RecordingBackground();
        using (var allocator = new BlockAllocator())
        {
            allocator.Background = returned;
            foreach (var size in new[] { 5 << 20, 5 << 20, 100_000 }) allocator.Free(allocator.Allocate(size, Purpose.Tables), size, Purpose.Tables);
            allocator.TrimCaches();
            allocator.Background = null;
        }
        Assert.That(returned.Batches, Is.EqualTo(1));
        returned.WorkAtLast();
    }

    [Test]
    public void A_wrong_size_for_a_mapped_block_is_a_broken_invariant()
    {
        using var allocator = new BlockAllocator();
        var block = allocator.Allocate(5 << 20, Purpose.Tables);
        Assert.Throws<BrokenInvariantException>(() => allocator.Free(block, 6 << 20, Purpose.Tables));
        allocator.Free(block, 5 << 20, Purpose.Tables);
    }

    [Test]
    public void Hundred_thousand_blocks_freed_in_a_comb_do_not_exhaust_the_mappings()
    {
        // Linux allows a process 65,530 mappings. Checked by count where it can be seen, else by not failing.
        using var allocator = new BlockAllocator();
        var blocks = new nint[150_000];
        for (var i = 0; i < blocks.Length; i++) blocks[i] = (nint)allocator.Allocate(20_000, Purpose.Values);
        for (var i = 0; i < blocks.Length; i += 2) allocator.Free((byte*)blocks[i], 20_000, Purpose.Values);
        allocator.TrimCaches();
        if (OperatingSystem.IsLinux()) Assert.That(File.ReadLines("/proc/self/maps").Count(), Is.LessThan(5000));
        for (var i = 1; i < blocks.Length; i += 2) allocator.Free((byte*)blocks[i], 20_000, Purpose.Values);
        Assert.That(allocator.MappedBytes, Is.Zero);
    }

    [Test]
    public void Freed_runs_join_when_addresses_run_out()
    {
        using var allocator = new BlockAllocator(new AllocatorOptions { RangeBytesMax = 64 << 20 });
        Exhaust(allocator, 20_000, out var small);
        var shuffled = small.ToArray();
        new Random(5).Shuffle(shuffled);
        foreach (var block in shuffled) allocator.Free((byte*)block, 20_000, Purpose.Values);
        allocator.TrimCaches();
        var blocks = new Stack<nint>();
        for (var i = 0; i < 60; i++)
        {
            var block = allocator.AllocateZeroed(1_000_000, Purpose.Values);
            Assert.That(new ReadOnlySpan<byte>(block, 1_000_000).IndexOfAnyExcept((byte)0), Is.EqualTo(-1));
            new Span<byte>(block, 1_000_000).Fill((byte)i);
            blocks.Push((nint)block);
        }

        for (var i = 59; i >= 0; i--)
        {
            var block = (byte*)blocks.Pop();
            Assert.That(new ReadOnlySpan<byte>(block, 1_000_000).IndexOfAnyExcept((byte)i), Is.EqualTo(-1));
            allocator.Free(block, 1_000_000, Purpose.Values);
        }
    }

    [Test]
    public void What_is_left_of_joined_runs_serves_smaller_ones()
    {
        using var allocator = new BlockAllocator(new AllocatorOptions { RangeBytesMax = 64 << 20 });
        Exhaust(allocator, 1_040_000, out var large);
        Exhaust(allocator, 20_000, out _);
        Assert.That(allocator.UsedBytes, Is.GreaterThan(63 << 20));
        for (var i = 0; i < large.Count; i += 2) allocator.Free((byte*)large[i], 1_040_000, Purpose.Values);
        allocator.TrimCaches();
        Exhaust(allocator, 700_000, out _);
        Exhaust(allocator, 20_000, out _);
        Assert.That(allocator.UsedBytes, Is.GreaterThan(63 << 20));
    }

    [Test]
    public void ReleasePages_zeroes_whole_pages_and_keeps_the_rest([Values] bool isChecked, [Values(100_000, 8 << 20)] int size)
    {
        using var allocator = new BlockAllocator(new AllocatorOptions { Checked = isChecked });
        var block = allocator.Allocate(size, Purpose.Tables);
        var span = new Span<byte>(block, size);
        span.Fill(7);
        var used = allocator.UsedBytes;
        var (offset, length) = (size / 5 + 13, size / 2);
        allocator.ReleasePages(block, offset, length);

        var page = (int)SystemMemory.PageBytes;
        Assert.That(span[..offset].IndexOfAnyExcept((byte)7), Is.EqualTo(-1));
        Assert.That(span[(offset + length)..].IndexOfAnyExcept((byte)7), Is.EqualTo(-1));
        Assert.That(span[(offset + page)..(offset + length - page)].IndexOfAnyExcept((byte)0), Is.EqualTo(-1));
        Assert.That(allocator.UsedBytes, Is.EqualTo(used));
        allocator.ReleasePages(block, 10, 20);
        Assert.That(span[..offset].IndexOfAnyExcept((byte)7), Is.EqualTo(-1), "less than a page is nothing");
        allocator.Free(block, size, Purpose.Tables);
    }

    private static void Exhaust(BlockAllocator allocator, nint size, out List<nint> blocks)
    {
        var taken = blocks = [];
        Assert.Throws<OutOfMemoryException>(() =>
        {
            while (true) taken.Add((nint)allocator.Allocate(size, Purpose.Values));
        });
    }
}
