namespace Carnelian.Tests;

/// <summary>Every misuse that the checked mode promises to find, by its name.</summary>
public sealed unsafe class CheckedModeTests
{
    private BlockAllocator _allocator = null!;

    [SetUp]
    public void Create() => _allocator = new BlockAllocator(new AllocatorOptions { Checked = true, QuarantineBlocks = 4 });

    [TearDown]
    public void Dispose()
    {
        // These tests leave damage behind; what Dispose says about it has tests of its own.
        try
        {
            _allocator.Dispose();
        }
        catch (BrokenInvariantException)
        {
        }
    }

    [Test]
    public void An_overrun_is_found_at_free([Values(1, 8, 61, 64, 1000, 16384, 50_000)] int size, [Values(0, 7, 15)] int distance)
    {
        var block = _allocator.Allocate(size, Purpose.Values);
        block[size + distance] ^= 1;
        Fails("overrun", () => _allocator.Free(block, size, Purpose.Values));
    }

    [Test]
    public void An_underrun_is_found_at_free([Values(1, 8, 61, 64, 1000, 16384, 50_000)] int size, [Values(1, 8, 16)] int distance)
    {
        var block = _allocator.Allocate(size, Purpose.Values);
        block[-distance] ^= 1;
        Fails("underrun", () => _allocator.Free(block, size, Purpose.Values));
    }

    [Test]
    public void A_block_copied_over_another_with_its_canaries_is_found()
    {
        var first = _allocator.Allocate(48, Purpose.Values);
        var second = _allocator.Allocate(48, Purpose.Values);
        Buffer.MemoryCopy(first - 16, second - 16, 80, 80);
        Fails("underrun", () => _allocator.Free(second, 48, Purpose.Values));
    }

    [Test]
    public void A_free_with_another_size_is_found()
    {
        var block = _allocator.Allocate(40, Purpose.Values);
        Fails("size mismatch", () => _allocator.Free(block, 39, Purpose.Values));
    }

    [Test]
    public void A_free_under_another_purpose_is_found()
    {
        var block = _allocator.Allocate(40, Purpose.Values);
        Fails("purpose mismatch", () => _allocator.Free(block, 40, Purpose.Keys));
    }

    [Test]
    public void A_transfer_excuses_one_block_of_its_size_and_purpose()
    {
        var first = _allocator.Allocate(40, Purpose.Values);
        var second = _allocator.Allocate(40, Purpose.Values);
        _allocator.Transfer(40, Purpose.Values, Purpose.Keys);
        _allocator.Free(first, 40, Purpose.Keys);
        Fails("purpose mismatch", () => _allocator.Free(second, 40, Purpose.Keys));
    }

    [Test]
    public void A_transfer_of_more_than_the_purpose_holds_is_found()
    {
        Fails("_usedOf", () => _allocator.Transfer(40, Purpose.Values, Purpose.Keys));
    }

    [Test]
    public void A_double_free_is_found()
    {
        var block = _allocator.Allocate(40, Purpose.Values);
        _allocator.Free(block, 40, Purpose.Values);
        Fails("double free", () => _allocator.Free(block, 40, Purpose.Values));
    }

    [Test]
    public void A_free_of_a_retired_block_is_a_double_free()
    {
        var block = _allocator.Allocate(40, Purpose.Values);
        _allocator.Retire(block, 40, Purpose.Values);
        Fails("double free", () => _allocator.Free(block, 40, Purpose.Values));
    }

    [Test]
    public void Retiring_twice_is_a_double_free()
    {
        var block = _allocator.Allocate(40, Purpose.Values);
        _allocator.Retire(block, 40, Purpose.Values);
        Fails("double free", () => _allocator.Retire(block, 40, Purpose.Values));
    }

    [Test]
    public void A_foreign_pointer_is_found()
    {
        var local = stackalloc byte[64];
        Fails("foreign pointer", () => _allocator.Free(local, 40, Purpose.Values));
    }

    [Test]
    public void A_pointer_into_a_block_is_foreign()
    {
        var block = _allocator.Allocate(40, Purpose.Values);
        Fails("foreign pointer", () => _allocator.Free(block + 8, 32, Purpose.Values));
    }

    [Test]
    public void A_write_after_free_is_found_when_the_block_leaves_quarantine()
    {
        var block = _allocator.Allocate(40, Purpose.Values);
        _allocator.Free(block, 40, Purpose.Values);
        block[17] = 1;
        for (var i = 0; i < 3; i++) Churn();
        Fails("write after free: byte 17", Churn);

        void Churn() => _allocator.Free(_allocator.Allocate(8, Purpose.Other), 8, Purpose.Other);
    }

    [Test]
    public void A_write_after_free_is_found_at_dispose()
    {
        var block = _allocator.Allocate(64, Purpose.Values);
        _allocator.Free(block, 64, Purpose.Values);
        block[0] = 1;
        Fails("write after free", _allocator.Dispose);
    }

    [Test]
    public void Freed_blocks_are_poisoned_and_not_handed_out_while_in_quarantine()
    {
        var block = _allocator.Allocate(40, Purpose.Values);
        new Span<byte>(block, 40).Fill(1);
        _allocator.Free(block, 40, Purpose.Values);
        Assert.That(new ReadOnlySpan<byte>(block, 40).IndexOfAnyExcept((byte)0xDD), Is.EqualTo(-1));
        var next = _allocator.Allocate(40, Purpose.Values);
        Assert.That((nint)next, Is.Not.EqualTo((nint)block));
        _allocator.Free(next, 40, Purpose.Values);
    }

    [Test]
    public void Undefined_contents_are_not_zero()
    {
        var block = _allocator.Allocate(40, Purpose.Values);
        Assert.That(new ReadOnlySpan<byte>(block, 40).Contains((byte)0), Is.False);
        _allocator.Free(block, 40, Purpose.Values);
    }

    [Test]
    public void Released_pages_must_lie_inside_a_live_large_block()
    {
        var small = _allocator.Allocate(8192, Purpose.Tables);
        var large = _allocator.Allocate(100_000, Purpose.Tables);
        Fails("BlockBytesMax", () => _allocator.ReleasePages(small, 0, 4096));
        Fails("offset", () => _allocator.ReleasePages(large, 4096, 96_000));
        Fails("not live", () => _allocator.ReleasePages(large + 4096, 0, 4096));
    }

    [Test]
    public void Dispose_lists_what_is_still_alive_by_purpose()
    {
        _allocator.Allocate(40, Purpose.Values);
        _allocator.Allocate(30, Purpose.Values);
        _allocator.Allocate(16, Purpose.Snapshot);
        var failure = Assert.Throws<BrokenInvariantException>(_allocator.Dispose)!;
        Assert.That(failure.Message, Does.Contain("Values 2 (70 bytes)").And.Contain("Snapshot 1 (16 bytes)").And.Not.Contain("Keys"));
        Assert.DoesNotThrow(_allocator.Dispose);
    }

    [Test]
    public void Dispose_releases_what_is_retired()
    {
        _allocator.Retire(_allocator.Allocate(40, Purpose.Values), 40, Purpose.Values);
        Assert.DoesNotThrow(_allocator.Dispose);
    }

    [Test]
    public void Without_checks_live_blocks_go_with_the_allocator()
    {
        var allocator = new BlockAllocator();
        allocator.Allocate(40, Purpose.Values);
        allocator.Allocate(2 << 20, Purpose.Values);
        Assert.DoesNotThrow(allocator.Dispose);
    }

    private static void Fails(string text, Action act)
    {
        var failure = Assert.Throws<BrokenInvariantException>(act)!;
        Assert.That(failure.Message, Does.Contain(text));
    }
}
