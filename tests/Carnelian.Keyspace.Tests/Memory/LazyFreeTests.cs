namespace Carnelian.Tests;

/// <summary>What is on its way back while something large is freed bit by bit.</summary>
public sealed class LazyFreeTests
{
    private KeyspaceRig _rig = null!;

    private LazyFree LazyFree => _rig.Keyspace.LazyFree;

    /// <summary>What is used but for that.</summary>
    private long Expected => _rig.Allocator.UsedBytes - LazyFree.PendingBytes;

    [SetUp]
    public void MakeRig() => _rig = new();

    [TearDown]
    public void DisposeRig() => _rig.Dispose();

    private void MakeHash(string key, int fields)
    {
        var hash = _rig.Edit(KeyspaceRig.Bytes(key)).Hash();
        for (var i = 0; i < fields; i++) hash.Set(KeyspaceRig.Bytes($"field:{i}"), KeyspaceRig.Bytes($"value:{i}"));
        hash.Changed(1, KeyspaceEvent.HashSet);
        _rig.Allocator.ReleaseRetired();
    }

    private void FreeStepByStep(long within)
    {
        var expected = Expected;
        for (var steps = 0; LazyFree.IsPending; steps++)
        {
            LazyFree.Run(new Budget(1));
            Assert.That(Expected, Is.EqualTo(expected).Within(within));
            Assert.That(LazyFree.PendingBytes, Is.Not.Negative);
        }
        Assert.That(LazyFree.PendingBytes, Is.Zero);
    }

    [Test]
    public void Of_a_hash_it_is_known_to_the_byte()
    {
        var empty = _rig.Allocator.UsedBytes;
        MakeHash("h", 10_000);
        var full = _rig.Allocator.UsedBytes - empty;
        _rig.Delete("h");
        Assert.That(LazyFree.PendingBytes, Is.GreaterThan(full * 0.95).And.LessThanOrEqualTo(full));
        FreeStepByStep(within: 0);
    }

    [Test]
    public void Of_a_list_nearly()
    {
        var before = _rig.Allocator.UsedBytes;
        for (var i = 0; i < 20_000; i++)
        {
            var edit = new ListEdit(_rig.Edit(KeyspaceRig.Bytes("l")));
            edit.Grow(bytes: 20);
            edit.Push(KeyspaceRig.Bytes($"element:{i}"), atHead: false);
            edit.Announce(1, KeyspaceEvent.PushTail);
            _rig.Allocator.ReleaseRetired();
        }
        var full = _rig.Allocator.UsedBytes - before;
        _rig.Delete("l");
        Assert.That(LazyFree.PendingBytes, Is.EqualTo(full).Within(full / 10));
        FreeStepByStep(within: full / 10);
    }

    [Test]
    public void Of_a_flushed_database_about_as_much_as_it_took_collections_included([Values] bool usesSlots)
    {
        if (usesSlots)
        {
            _rig.Dispose();
            _rig = new(databases: 1, usesSlots: true);
        }
        var empty = _rig.Allocator.UsedBytes;
        for (var i = 0; i < 5000; i++) _rig.Set($"k{i}", new string('v', i % 200));
        for (var i = 0; i < 500; i++) MakeHash($"h{i}", 600);
        var full = _rig.Allocator.UsedBytes - empty;
        _rig.Keyspace.Flush(null, background: true);
        Assert.That(LazyFree.PendingBytes, Is.EqualTo(full).Within(full / 2));
        while (LazyFree.IsPending) LazyFree.Run(new Budget(1));
        Assert.That(LazyFree.PendingBytes, Is.Zero);
        Assert.That(_rig.Allocator.UsedBytes, Is.EqualTo(empty).Within(4096));
    }
}
