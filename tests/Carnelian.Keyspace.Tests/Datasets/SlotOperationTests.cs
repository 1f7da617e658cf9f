namespace Carnelian.Tests;

/// <summary>Slots that go and come as a whole.</summary>
public sealed class SlotOperationTests
{
    private static readonly int _slot = KeySlot.Of("a"u8);

    private KeyspaceRig _rig = null!;

    private Keyspace Keyspace => _rig.Keyspace;

    private Dataset Data => _rig[0].Data;

    [SetUp]
    public void MakeRig()
    {
        _rig = new(usesSlots: true);
        for (var i = 0; i < 1000; i++) _rig.Set($"other{i}", expiryMs: i % 2 == 0 ? 9000 : EntryView.NoExpiry);
    }

    [TearDown]
    public void DisposeRig() => _rig.Dispose();

    private void Fill(int keys)
    {
        for (var i = 0; i < keys; i++) _rig.Set($"k{i}{{a}}", expiryMs: 9000);
        _rig.Heard.Take();
    }

    private void Arrive(SlotImport import, int keys)
    {
        for (var i = 0; i < keys; i++)
        {
            Keyspace.Edit(import.Arriving, _rig.Key($"k{i}{{a}}")).Write(ValueType.String, ValueEncoding.Raw, "arrived"u8, 9000, KeyspaceEvent.Set);
            _rig.Allocator.ReleaseRetired();
        }
    }

    /// <summary>A power of two up to which all strings of these tests are counted together.</summary>
    private long CountedSizes() => Data.Sizes.Of(ValueType.String).ToArray().Sum();

    [Test]
    public void Flushing_a_slot_takes_its_keys_at_once_and_frees_them_later()
    {
        Fill(5000);
        var blocks = _rig.Allocator.LiveBlocks;
        Assert.That(Keyspace.FlushSlot(_rig[0], _slot, background: true), Is.EqualTo(5000));
        Assert.That(_rig.Heard.Take(), Is.EqualTo(new[] { "flushed 0" }), "unless a listener tells slots apart");
        Assert.That((Data.Count, Data.Expiring, Data.CountInSlot(_slot)), Is.EqualTo((1000L, 500L, 0L)));
        Assert.That(_rig.Find("k1{a}").Exists, Is.False);
        Assert.That(_rig.Allocator.LiveBlocks, Is.EqualTo(blocks + 1));
        Assert.That(Keyspace.LazyFree.PendingObjects, Is.EqualTo(5000));
        Assert.That(CountedSizes(), Is.EqualTo(6000), "those to be freed too");
        while (Keyspace.LazyFree.IsPending) Keyspace.LazyFree.Run(new Budget(10));
        Assert.That(CountedSizes(), Is.EqualTo(1000));
        Assert.That(_rig.Allocator.LiveBlocks, Is.LessThan(blocks - 5000));
        _rig.Set("k1{a}");
        Assert.That(Data.CountInSlot(_slot), Is.EqualTo(1));
    }

    [Test]
    public void Flushing_a_slot_in_the_foreground_gives_the_memory_back_at_once()
    {
        Fill(1);
        Keyspace.FlushSlot(_rig[0], _slot, background: false);
        var blocks = _rig.Allocator.LiveBlocks;
        Fill(1000);
        Assert.That(Keyspace.FlushSlot(_rig[0], _slot, background: false), Is.EqualTo(1000));
        Assert.That(_rig.Allocator.LiveBlocks, Is.EqualTo(blocks));
        Assert.That(Keyspace.FlushSlot(_rig[0], _slot, background: false), Is.Zero);
    }

    [Test]
    public void What_is_arriving_nobody_meets_until_it_is_attached()
    {
        _rig.Heard.Take();
        var import = Keyspace.BeginImport(_rig[0], _slot);
        Arrive(import, 2000);
        Assert.That(_rig.Heard.Take(), Is.Empty);
        Assert.That((Data.Count, Data.Expiring, Data.CountInSlot(_slot)), Is.EqualTo((1000L, 500L, 0L)));
        Assert.That(_rig.Kept("k1{a}").Exists, Is.False);
        Assert.That(CountedSizes(), Is.EqualTo(1000));
        Keyspace.NowMs = 9999;
        new ActiveExpiry(Keyspace).Run(new Budget(int.MaxValue));
        Keyspace.NowMs = 1000;
        Assert.That(import.Arriving.Data.Count, Is.EqualTo(2000));
        _rig.Heard.Take();

        Assert.That(Keyspace.TryAttach(import), Is.True);
        Assert.That((Data.Count, Data.Expiring, Data.CountInSlot(_slot)), Is.EqualTo((2500L, 2000L, 2000L)));
        Assert.That(_rig.Find("k1{a}").Value.SequenceEqual("arrived"u8));
        Assert.That(CountedSizes(), Is.EqualTo(2500));
        Assert.That(_rig.Heard.Take(), Is.EqualTo(new[] { "flushed 0" }));
        for (var rounds = 0; Data.RehashSome(16); rounds++) Assert.That(rounds, Is.LessThan(1000));
    }

    [Test]
    public void An_import_is_not_attached_to_a_slot_that_has_keys()
    {
        Fill(1);
        var import = Keyspace.BeginImport(_rig[0], _slot);
        Arrive(import, 10);
        Assert.That(Keyspace.TryAttach(import), Is.False);
        Keyspace.FlushSlot(_rig[0], _slot, background: true);
        Assert.That(Keyspace.TryAttach(import), Is.True);
        Assert.That(Data.CountInSlot(_slot), Is.EqualTo(10));
    }

    [Test]
    public void An_import_into_a_database_without_any_key_makes_it_the_first()
    {
        var import = Keyspace.BeginImport(_rig[1], _slot);
        Arrive(import, 10);
        Assert.That(Keyspace.TryAttach(import), Is.True);
        Assert.That(_rig[1].Data.CountInSlot(_slot), Is.EqualTo(10));
        Assert.That(_rig.Find("k1{a}", 1).Exists);
    }

    [Test]
    public void An_import_that_is_given_up_leaves_nothing()
    {
        var blocks = _rig.Allocator.LiveBlocks;
        var import = Keyspace.BeginImport(_rig[0], _slot);
        Arrive(import, 1000);
        Keyspace.Abandon(import);
        while (Keyspace.LazyFree.IsPending) Keyspace.LazyFree.Run(new Budget(10));
        Assert.That(_rig.Allocator.LiveBlocks, Is.EqualTo(blocks));
    }
}
