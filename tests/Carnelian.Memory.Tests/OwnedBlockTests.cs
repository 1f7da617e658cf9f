namespace Carnelian.Tests;

public sealed class OwnedBlockTests
{
    private BlockAllocator _allocator = null!;

    [SetUp]
    public void Create() => _allocator = new BlockAllocator(new AllocatorOptions { Checked = true });

    [TearDown]
    public void Dispose() => _allocator.Dispose();

    [Test]
    public void It_counts_under_its_purpose_until_it_is_disposed()
    {
        var block = new OwnedBlock(_allocator, 100, Purpose.ClientInput);
        Assert.That(block.Length, Is.EqualTo(100));
        Assert.That(block.Span.Length, Is.EqualTo(100));
        Assert.That(_allocator.UsedBytesOf(Purpose.ClientInput), Is.EqualTo(104));
        block.Dispose();
        block.Dispose();
        Assert.That(block.Length, Is.Zero);
        Assert.That(block.Span.IsEmpty);
        Assert.That(_allocator.UsedBytes, Is.Zero);
    }

    [TestCase(100, 40_000, 100)]
    [TestCase(100, 101, 60)]
    [TestCase(40_000, 10, 10)]
    [TestCase(100, 100, 3)]
    [TestCase(0, 100, 0)]
    [TestCase(100, 0, 0)]
    public void Resize_keeps_what_it_is_told_to(int length, int newLength, int keepBytes)
    {
        using var block = new OwnedBlock(_allocator, length, Purpose.ClientOutput);
        for (var i = 0; i < length; i++) block.Span[i] = (byte)i;
        block.Resize(newLength, keepBytes);
        Assert.That(block.Length, Is.EqualTo(newLength));
        Assert.That(block.Span.Length, Is.EqualTo(newLength));
        for (var i = 0; i < keepBytes; i++) Assert.That(block.Span[i], Is.EqualTo((byte)i));
        var used = newLength == 0 ? 0 : (long)BlockAllocator.UsableSize(newLength);
        Assert.That(_allocator.UsedBytesOf(Purpose.ClientOutput), Is.EqualTo(used));
    }

    [Test]
    public void An_index_beyond_its_length_throws()
    {
        using var block = new OwnedBlock(_allocator, 10, Purpose.Other);
        Assert.Throws<IndexOutOfRangeException>(() => block.Span[10] = 1);
    }

    [Test]
    public void Keeping_more_than_there_is_or_will_be_is_a_broken_invariant()
    {
        using var block = new OwnedBlock(_allocator, 10, Purpose.Other);
        Assert.Throws<BrokenInvariantException>(() => block.Resize(20, 11));
        Assert.Throws<BrokenInvariantException>(() => block.Resize(5, 6));
        Assert.Throws<BrokenInvariantException>(() => block.Resize(-1, 0));
        Assert.That(block.Length, Is.EqualTo(10));
    }
}
