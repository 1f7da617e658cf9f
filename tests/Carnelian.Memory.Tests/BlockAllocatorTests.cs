namespace Carnelian.Tests;

[TestFixture(false)]
[TestFixture(true)]
public sealed unsafe class BlockAllocatorTests(bool isChecked)
{
    private BlockAllocator _allocator = null!;

    [SetUp]
    public void Create() => _allocator = new BlockAllocator(new AllocatorOptions { Checked = isChecked });

    [TearDown]
    public void Dispose() => _allocator.Dispose();

    [Test]
    public void Size_classes_waste_less_than_8_bytes_or_an_eighth()
    {
        for (var size = 1; size <= 16384; size++)
        {
            var usable = (int)BlockAllocator.UsableSize(size);
            Assert.That(usable, Is.GreaterThanOrEqualTo(size));
            Assert.That(usable % 8, Is.Zero);
            Assert.That(usable - size, Is.LessThan(Math.Max(8, size / 8.0)), $"size {size}");
            Assert.That((long)BlockAllocator.UsableSize(usable), Is.EqualTo(usable), $"size {size}");
        }
    }

    [Test]
    public void Large_sizes_are_whole_pages()
    {
        var page = (long)SystemMemory.PageBytes;
        Assert.That((long)BlockAllocator.UsableSize(16385) % page, Is.Zero);
        Assert.That((long)BlockAllocator.UsableSize(1 << 20), Is.EqualTo(1 << 20));
        Assert.That((long)BlockAllocator.UsableSize((1 << 20) + 1), Is.EqualTo((1 << 20) + page));
    }

    [Test]
    public void Every_size_around_a_class_boundary_gets_its_usable_bytes_to_itself()
    {
        var blocks = new List<(nint Block, nint Size)>();
        foreach (var size in BoundarySizes())
        {
            for (var i = 0; i < 3; i++)
            {
                var block = _allocator.Allocate(size, Purpose.Values);
                Fill(block, isChecked ? size : BlockAllocator.UsableSize(size), (byte)blocks.Count);
                blocks.Add(((nint)block, size));
            }
        }

        for (var i = 0; i < blocks.Count; i++)
        {
            var (block, size) = blocks[i];
            var span = new ReadOnlySpan<byte>((byte*)block, (int)(isChecked ? size : BlockAllocator.UsableSize(size)));
            Assert.That(span.IndexOfAnyExcept((byte)i), Is.EqualTo(-1), $"block {i} of {size} bytes");
            _allocator.Free((byte*)block, size, Purpose.Values);
        }
    }

    [Test]
    public void Blocks_are_aligned_to_8_and_powers_of_two_to_64()
    {
        var blocks = new List<(nint Block, nint Size)>();
        foreach (var size in BoundarySizes())
        {
            for (var i = 0; i < 5; i++)
            {
                var block = (nint)_allocator.Allocate(size, Purpose.Tables);
                blocks.Add((block, size));
                var alignment = size >= 64 && nint.IsPow2(size) ? 64 : 8;
                Assert.That((long)block % alignment, Is.Zero, $"{size} bytes");
            }
        }

        foreach (var (block, size) in blocks) _allocator.Free((byte*)block, size, Purpose.Tables);
    }

    [TestCase(1)]
    [TestCase(56)]
    [TestCase(4096)]
    [TestCase(16384)]
    [TestCase(20_000)]
    [TestCase(1 << 20)]
    public void Zeroed_blocks_are_zero_also_where_dirty_memory_is_used_again(int size)
    {
        var dirty = new byte*[40];
        for (var i = 0; i < dirty.Length; i++) Fill(dirty[i] = _allocator.Allocate(size, Purpose.Tables), size, 0xFF);
        foreach (var block in dirty) _allocator.Free(block, size, Purpose.Tables);
        for (var i = 0; i < dirty.Length; i++)
        {
            dirty[i] = _allocator.AllocateZeroed(size, Purpose.Tables);
            Assert.That(new ReadOnlySpan<byte>(dirty[i], size).IndexOfAnyExcept((byte)0), Is.EqualTo(-1));
        }

        foreach (var block in dirty) _allocator.Free(block, size, Purpose.Tables);
    }

    [Test]
    public void Used_bytes_are_the_usable_sizes_by_purpose()
    {
        var key = _allocator.Allocate(57, Purpose.Keys);
        var value = _allocator.Allocate(20_000, Purpose.Values);
        Assert.That(_allocator.UsedBytesOf(Purpose.Keys), Is.EqualTo(64));
        Assert.That(_allocator.UsedBytesOf(Purpose.Values), Is.EqualTo((long)BlockAllocator.UsableSize(20_000)));
        Assert.That(_allocator.UsedBytes, Is.EqualTo(64L + BlockAllocator.UsableSize(20_000)));
        Assert.That(_allocator.LiveBlocks, Is.EqualTo(2));

        _allocator.Free(key, 57, Purpose.Keys);
        Assert.That(_allocator.UsedBytesOf(Purpose.Keys), Is.Zero);
        Assert.That(_allocator.LiveBlocks, Is.EqualTo(1));
        _allocator.Free(value, 20_000, Purpose.Values);
        Assert.That(_allocator.UsedBytes, Is.Zero);
        Assert.That(_allocator.LiveBlocks, Is.Zero);
    }

    [Test]
    public void Peak_is_the_most_that_was_ever_used()
    {
        var first = _allocator.Allocate(512, Purpose.Keys);
        var second = _allocator.Allocate(1024, Purpose.Keys);
        _allocator.Free(second, 1024, Purpose.Keys);
        Assert.That(_allocator.PeakUsedBytes, Is.EqualTo(1536));
        _allocator.Free(first, 512, Purpose.Keys);
        var larger = _allocator.Allocate(2048, Purpose.Keys);
        Assert.That(_allocator.PeakUsedBytes, Is.EqualTo(2048));
        _allocator.Free(larger, 2048, Purpose.Keys);
        Assert.That(_allocator.PeakUsedBytes, Is.EqualTo(2048));
    }

    [Test]
    public void Transfer_moves_the_count_to_the_purpose_that_the_block_is_freed_under()
    {
        var block = _allocator.Allocate(100, Purpose.ClientInput);
        _allocator.Transfer(100, Purpose.ClientInput, Purpose.Values);
        Assert.That(_allocator.UsedBytesOf(Purpose.ClientInput), Is.Zero);
        Assert.That(_allocator.UsedBytesOf(Purpose.Values), Is.EqualTo(104));
        Assert.That(_allocator.UsedBytes, Is.EqualTo(104));
        _allocator.Free(block, 100, Purpose.Values);
        Assert.That(_allocator.UsedBytesOf(Purpose.Values), Is.Zero);
    }

    [Test]
    public void Retired_blocks_keep_their_contents_and_count_until_they_are_released()
    {
        var blocks = new byte*[1000];
        for (var i = 0; i < blocks.Length; i++)
        {
            Fill(blocks[i] = _allocator.Allocate(40, Purpose.Values), 40, (byte)i);
            _allocator.Retire(blocks[i], 40, Purpose.Values);
        }

        for (var i = 0; i < blocks.Length; i++) Assert.That(new ReadOnlySpan<byte>(blocks[i], 40).IndexOfAnyExcept((byte)i), Is.EqualTo(-1));
        Assert.That(_allocator.UsedBytesOf(Purpose.Values), Is.EqualTo(40_000));
        _allocator.ReleaseRetired();
        Assert.That(_allocator.UsedBytesOf(Purpose.Values), Is.Zero);
        Assert.That(_allocator.LiveBlocks, Is.Zero);
        _allocator.ReleaseRetired();
        Assert.That(_allocator.LiveBlocks, Is.Zero);
    }

    [TestCase(0)]
    [TestCase(-1)]
    public void Sizes_below_1_are_a_broken_invariant(int size)
    {
        Assert.Throws<BrokenInvariantException>(() => _allocator.Allocate(size, Purpose.Keys));
        Assert.Throws<BrokenInvariantException>(() => _allocator.Free(null, size, Purpose.Keys));
    }

    [Test]
    public void A_size_that_no_system_grants_is_out_of_memory_and_changes_nothing()
    {
        Assert.Throws<OutOfMemoryException>(() => _allocator.Allocate((nint)1 << 60, Purpose.Values));
        Assert.That(_allocator.UsedBytes, Is.Zero);
        Assert.That(_allocator.MappedBytes, Is.Zero);
        Assert.That(_allocator.LiveBlocks, Is.Zero);
    }

    [Test]
    public void A_full_range_is_out_of_memory_until_something_is_freed()
    {
        using var allocator = new BlockAllocator(new AllocatorOptions { Checked = isChecked, RangeBytesMax = 64 << 20, QuarantineBlocks = 0 });
        var blocks = new Stack<nint>();
        Assert.Throws<OutOfMemoryException>(() =>
        {
            while (true) blocks.Push((nint)allocator.Allocate(12_000, Purpose.Values));
        });
        Assert.That(blocks, Has.Count.GreaterThan(4000));
        var used = allocator.UsedBytes;
        allocator.Free((byte*)blocks.Pop(), 12_000, Purpose.Values);
        blocks.Push((nint)allocator.Allocate(12_000, Purpose.Values));
        Assert.That(allocator.UsedBytes, Is.EqualTo(used));
        foreach (var block in blocks) allocator.Free((byte*)block, 12_000, Purpose.Values);
        Assert.That(allocator.UsedBytes, Is.Zero);
    }

    [Test]
    public void A_range_beyond_what_the_system_grants_is_halved()
    {
        using var allocator = new BlockAllocator(new AllocatorOptions { Checked = isChecked, RangeBytesMax = long.MaxValue });
        var block = allocator.Allocate(56, Purpose.Keys);
        Fill(block, 56, 1);
        allocator.Free(block, 56, Purpose.Keys);
    }

    [Test]
    public void Hundreds_of_allocators_live_side_by_side()
    {
        var options = new AllocatorOptions { Checked = isChecked, RangeBytesMax = 1L << 30 };
        var allocators = Enumerable.Range(0, 300).Select(_ => new BlockAllocator(options)).ToArray();
        var blocks = allocators.Select(a => (nint)a.Allocate(64, Purpose.Keys)).ToArray();
        Assert.That(blocks.Distinct().Count(), Is.EqualTo(300));
        for (var i = 0; i < allocators.Length; i++)
        {
            allocators[i].Free((byte*)blocks[i], 64, Purpose.Keys);
            allocators[i].Dispose();
        }
    }

    private static IEnumerable<nint> BoundarySizes()
    {
        nint size = 1;
        while (size <= 24_000)
        {
            yield return size;
            var usable = BlockAllocator.UsableSize(size);
            if (usable != size) yield return usable;
            size = usable + 1;
        }

        for (nint power = 64; power <= 4 << 20; power *= 2) yield return power;
    }

    private static void Fill(byte* block, nint length, byte value) => new Span<byte>(block, (int)length).Fill(value);
}
