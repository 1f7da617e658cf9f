using System.Globalization;

namespace Carnelian.Tests;

/// <summary>What is freed goes back to the system, and defragmentation makes more of it free.</summary>
public sealed unsafe class ReturnedMemoryTests
{
    [Test]
    public void Empty_slabs_go_back_to_the_system()
    {
        using var allocator = new BlockAllocator();
        var blocks = Touched(allocator, 1_000_000, 64);
        Assert.That(allocator.MappedBytes, Is.EqualTo(64_000_000).Within(65536));
        var residentBefore = ResidentBytes();
        foreach (var block in blocks) allocator.Free((byte*)block, 64, Purpose.Keys);

        Assert.That(allocator.MappedBytes, Is.LessThanOrEqualTo(65536), "only the slab that the class fills may stay");
        Assert.That(allocator.CachedBytes, Is.LessThanOrEqualTo(1 << 20));
        AssertResidentFell(residentBefore, 56_000_000);
        allocator.TrimCaches();
        Assert.That(allocator.MappedBytes + allocator.CachedBytes, Is.Zero);
    }

    [Test]
    public void Slabs_that_went_back_are_used_again()
    {
        using var allocator = new BlockAllocator(new AllocatorOptions { RangeBytesMax = 64 << 20 });
        for (var round = 0; round < 5; round++)
        {
            // More than half of the range each time, in another class.
            var size = 64 << round;
            var blocks = Touched(allocator, (40 << 20) / size, size);
            foreach (var block in blocks) allocator.Free((byte*)block, size, Purpose.Keys);
        }

        Assert.That(allocator.UsedBytes, Is.Zero);
    }

    [Test]
    public void Fresh_slabs_and_zeroed_tables_stay_untouched()
    {
        using var allocator = new BlockAllocator();
        var before = ResidentBytes();
        var table = allocator.AllocateZeroed(256 << 20, Purpose.Tables);
        var blocks = new byte*[4];
        for (var i = 0; i < blocks.Length; i++) blocks[i] = allocator.Allocate(12_000, Purpose.Values);
        AssertResidentGrewLessThan(before, 32 << 20);
        Assert.That(table[255 << 20], Is.Zero);
        allocator.Free(table, 256 << 20, Purpose.Tables);
        foreach (var block in blocks) allocator.Free(block, 12_000, Purpose.Values);
    }

    /// <summary>A heap of which much goes back does without huge pages from then on, but what was made ready for its growth goes as well.</summary>
    [TestCase(false)]
    [TestCase(true)]
    public void What_was_made_ready_for_growth_goes_back_when_the_heap_has_stopped_to_grow(bool isMuchFreed)
    {
        var background = new RecordingBackground();
        using var allocator = new BlockAllocator { Background = background };
        var before = ResidentBytes();
        var blocks = Touched(allocator, 64_000, 512);
        if (isMuchFreed)
        {
            for (var i = 0; i < blocks.Length / 3; i++) allocator.Free((byte*)blocks[i], 512, Purpose.Keys);
            background.Work();
        }
        AssertResidentGrewMoreThan(before, allocator.MappedBytes + (2 << 20));
        for (var age = 0; age < 12; age++) allocator.Age();
        background.Work();
        AssertResidentGrewLessThan(before, allocator.MappedBytes + (3 << 20));
        for (var i = isMuchFreed ? blocks.Length / 3 : 0; i < blocks.Length; i++) allocator.Free((byte*)blocks[i], 512, Purpose.Keys);
        background.Work();
    }

    [TestCase(0.5)]
    [TestCase(0.75)]
    [TestCase(0.95)]
    public void Moving_sparse_blocks_brings_mapped_over_used_to_1_25(double freedShare)
    {
        using var allocator = new BlockAllocator();
        var blocks = Touched(allocator, 300_000, 56);
        var random = new Random(7);
        var survivors = new List<nint>();
        foreach (var block in blocks)
        {
            if (random.NextDouble() < freedShare) allocator.Free((byte*)block, 56, Purpose.Keys);
            else survivors.Add(block);
        }

        Assert.That(Fragmentation(allocator), Is.GreaterThan(1.7), "the test must start fragmented");
        var moved = MoveSparse(allocator, survivors, 56);
        Assert.That(Fragmentation(allocator), Is.LessThanOrEqualTo(1.25));
        Assert.That(moved, Is.LessThanOrEqualTo(survivors.Count * 1.2), "about a move a block");
        foreach (var block in survivors) Assert.That(*(nint*)block, Is.Not.Zero);
        Assert.That(MoveSparse(allocator, survivors, 56), Is.Zero, "a second pass has nothing to do");
        foreach (var block in survivors) allocator.Free((byte*)block, 56, Purpose.Keys);
    }

    [Test]
    public void Slabs_that_are_all_half_full_alike_are_sparse()
    {
        using var allocator = new BlockAllocator();
        var blocks = Touched(allocator, 64 * 200, 1024);
        var survivors = new List<nint>();
        for (var i = 0; i < blocks.Length; i++)
        {
            if (i % 2 == 0) allocator.Free((byte*)blocks[i], 1024, Purpose.Keys);
            else survivors.Add(blocks[i]);
        }

        MoveSparse(allocator, survivors, 1024);
        Assert.That(Fragmentation(allocator), Is.LessThanOrEqualTo(1.25));
        foreach (var block in survivors) allocator.Free((byte*)block, 1024, Purpose.Keys);
    }

    [Test]
    public void Blocks_in_dense_slabs_in_the_current_slab_and_large_ones_are_not_sparse([Values] bool isChecked)
    {
        using var allocator = new BlockAllocator(new AllocatorOptions { Checked = isChecked });
        var alone = allocator.Allocate(56, Purpose.Keys);
        var large = allocator.Allocate(20_000, Purpose.Values);
        Assert.That(allocator.IsSparse(alone, 56), Is.False);
        Assert.That(allocator.IsSparse(large, 20_000), Is.False);
        var blocks = Touched(allocator, 10_000, 56);
        Assert.That(blocks.Count(b => allocator.IsSparse((byte*)b, 56)), Is.Zero);
        foreach (var block in blocks) allocator.Free((byte*)block, 56, Purpose.Keys);
        allocator.Free(alone, 56, Purpose.Keys);
        allocator.Free(large, 20_000, Purpose.Values);
    }

    [Test]
    public void Allocation_fills_the_fullest_slab_first()
    {
        using var allocator = new BlockAllocator();
        var blocks = Touched(allocator, 64 * 11, 1024);

        // Slab 2 keeps a quarter of its 64 blocks, slab 6 all but one; the last slab is current and full.
        for (var i = 2 * 64; i < 2 * 64 + 48; i++) allocator.Free((byte*)blocks[i], 1024, Purpose.Keys);
        allocator.Free((byte*)blocks[6 * 64 + 5], 1024, Purpose.Keys);
        var next = (nint)allocator.Allocate(1024, Purpose.Keys);
        Assert.That(next, Is.EqualTo(blocks[6 * 64 + 5]));
        Assert.That(allocator.IsSparse((byte*)blocks[2 * 64 + 60], 1024), Is.False, "less than a slab's worth is free");
    }

    private static nint[] Touched(BlockAllocator allocator, int count, nint size)
    {
        var blocks = new nint[count];
        for (var i = 0; i < count; i++)
        {
            blocks[i] = (nint)allocator.Allocate(size, Purpose.Keys);
            *(nint*)blocks[i] = i + 1;
        }

        return blocks;
    }

    private static int MoveSparse(BlockAllocator allocator, List<nint> blocks, nint size)
    {
        // In another order than that of the addresses, as a walk over a hash table would come by.
        var order = Enumerable.Range(0, blocks.Count).ToArray();
        new Random(3).Shuffle(order);
        var moved = 0;
        foreach (var i in order)
        {
            if (!allocator.IsSparse((byte*)blocks[i], size)) continue;
            var block = allocator.Allocate(size, Purpose.Keys);
            Buffer.MemoryCopy((byte*)blocks[i], block, size, size);
            allocator.Free((byte*)blocks[i], size, Purpose.Keys);
            blocks[i] = (nint)block;
            moved++;
        }

        return moved;
    }

    private static double Fragmentation(BlockAllocator allocator) => (double)allocator.MappedBytes / allocator.UsedBytes;

    private static void AssertResidentFell(long before, long bytesMin)
    {
        if (OperatingSystem.IsLinux()) Assert.That(before - ResidentBytes(), Is.GreaterThan(bytesMin));
        else TestContext.Out.WriteLine("resident memory is only looked at on Linux");
    }

    private static void AssertResidentGrewMoreThan(long before, long bytesMin)
    {
        if (OperatingSystem.IsLinux()) Assert.That(ResidentBytes() - before, Is.GreaterThan(bytesMin));
    }

    private static void AssertResidentGrewLessThan(long before, long bytesMax)
    {
        if (OperatingSystem.IsLinux()) Assert.That(ResidentBytes() - before, Is.LessThan(bytesMax));
        else TestContext.Out.WriteLine("resident memory is only looked at on Linux");
    }

    private static long ResidentBytes()
    {
        if (!OperatingSystem.IsLinux()) return 0;
        var pages = File.ReadAllText("/proc/self/statm").Split(' ')[1];
        return long.Parse(pages, CultureInfo.InvariantCulture) * SystemMemory.PageBytes;
    }
}
