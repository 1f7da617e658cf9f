namespace Carnelian.Tests;

/// <summary>A dataset with a table per slot: counts, walks, draws.</summary>
public sealed class SlotTests
{
    private KeyspaceRig _rig = null!;

    private Dataset Data => _rig[0].Data;

    [SetUp]
    public void MakeRig() => _rig = new(usesSlots: true);

    [TearDown]
    public void DisposeRig() => _rig.Dispose();

    private List<string> KeysOf(int slot)
    {
        var found = new EntryList();
        ulong cursor = 0;
        do cursor = Data.Scan(cursor, found, slot);
        while (cursor != 0);
        var keys = new List<string>();
        for (var i = 0; i < found.Count; i++) keys.Add(KeyspaceRig.Text(found[i].Key));
        return keys;
    }

    [Test]
    public void An_empty_dataset_takes_no_memory_and_the_first_key_no_more_than_the_roots()
    {
        var before = _rig.Allocator.UsedBytesOf(Purpose.Tables);
        Assert.That(before, Is.LessThan(1024));
        _rig.Set("k");
        Assert.That(_rig.Allocator.UsedBytesOf(Purpose.Tables), Is.LessThan((3 << 19) + 4096));
        Assert.That(Data.MeasureMemory().BucketBytes, Is.EqualTo(_rig.Allocator.UsedBytesOf(Purpose.Tables) - before).Within(1024));
    }

    [Test]
    public void Counts_follow_every_change([Range(1, 5)] int seed)
    {
        var random = new Random(seed);
        var model = new Dictionary<string, bool>();
        for (var step = 0; step < 6000; step++)
        {
            var number = random.Next(3000);
            var key = number % 3 == 0 ? $"k{number}" : $"k{number}{{{number % 20}}}";
            switch (random.Next(5))
            {
                case 0: _rig.Delete(key); model.Remove(key); break;
                case 1: _rig.Set(key, expiryMs: 9000); model[key] = true; break;
                case 2 when model.ContainsKey(key):
                    _rig.Edit(KeyspaceRig.Bytes(key)).SetExpiry(model[key] ? EntryView.NoExpiry : 9000, null);
                    model[key] = !model[key];
                    break;
                case 3: Move(model, key, $"k{number + 1}"); break;
                default: _rig.Set(key, new string('v', random.Next(2000))); model[key] = false; break;
            }
            if (random.Next(1000) == 0)
            {
                _rig.Keyspace.Flush(_rig[0], background: true);
                model.Clear();
            }
            if (step % 500 == 0) Verify(model);
        }
        Verify(model);
    }

    private void Move(Dictionary<string, bool> model, string key, string newKey)
    {
        var result = _rig.Keyspace.Move(_rig[0], _rig.Key(key), _rig[0], _rig.Key(newKey), true, KeyspaceEvent.RenameFrom, KeyspaceEvent.RenameTo);
        _rig.Allocator.ReleaseRetired();
        Assert.That(result == TransferResult.Done, Is.EqualTo(model.Remove(key, out var expires)));
        if (result == TransferResult.Done) model[newKey] = expires;
    }

    private void Verify(Dictionary<string, bool> model)
    {
        Assert.That((Data.Count, Data.Expiring), Is.EqualTo(((long)model.Count, (long)model.Values.Count(expires => expires))));
        Assert.That(KeysOf(Dataset.AllSlots), Is.EquivalentTo(model.Keys));
        foreach (var slot in model.Keys.GroupBy(key => KeySlot.Of(KeyspaceRig.Bytes(key))).Take(50))
        {
            Assert.That(Data.CountInSlot(slot.Key), Is.EqualTo(slot.Count()));
            Assert.That(KeysOf(slot.Key), Is.EquivalentTo(slot));
        }
    }

    [Test]
    public void A_walk_meets_every_key_that_stays_while_others_come_and_go([Range(1, 5)] int seed)
    {
        var random = new Random(seed);
        for (var i = 0; i < 2000; i++) _rig.Set(i % 2 == 0 ? $"stays{i}" : $"stays{i}{{{i % 5}}}");
        var met = new HashSet<string>();
        var found = new EntryList();
        ulong cursor = 0;
        do
        {
            found.Clear();
            cursor = Data.Scan(cursor, found);
            for (var i = 0; i < found.Count; i++) met.Add(KeyspaceRig.Text(found[i].Key));
            for (var i = 0; i < 5; i++) _rig.Set($"other{random.Next(5000)}{{{random.Next(5)}}}");
            if (random.Next(100) == 0)
            {
                foreach (var key in KeysOf(KeySlot.Of("0"u8)).Where(key => key.StartsWith('o'))) _rig.Delete(key);
            }
        }
        while (cursor != 0);
        Assert.That(met.Count(key => key.StartsWith('s')), Is.EqualTo(2000));
    }

    [Test]
    public void A_cursor_that_a_client_made_up_ends_somewhere()
    {
        for (var i = 0; i < 100; i++) _rig.Set($"k{i}");
        var random = new Random(1);
        var found = new EntryList();
        for (var i = 0; i < 1000; i++)
        {
            var cursor = (ulong)random.NextInt64() * 2 >> random.Next(64);
            for (var steps = 0; cursor != 0; steps++)
            {
                Assert.That(steps, Is.LessThan(300));
                cursor = Data.Scan(cursor, found, random.Next(2) == 0 ? Dataset.AllSlots : random.Next(KeySlot.Count));
            }
        }
    }

    [Test]
    public void Every_key_is_as_likely_to_be_drawn_whatever_its_slot()
    {
        const int Keys = 100, Draws = 30_000;
        // One slot has most of them, many have one; every second one expires, and in the crowded slot only few do.
        for (var i = 0; i < Keys; i++) _rig.Set(i < 60 ? $"k{i}{{a}}" : $"k{i}", expiryMs: i % 2 == 0 && (i >= 60 || i < 4) ? 9000 : EntryView.NoExpiry);
        var random = new Random(1);
        var drawn = new Dictionary<string, int>();
        var expiring = new Dictionary<string, int>();
        for (var i = 0; i < Draws; i++)
        {
            Count(drawn, Data.Sample((ulong)random.NextInt64(long.MinValue, long.MaxValue)));
            Count(expiring, Data.SampleExpiring((ulong)random.NextInt64(long.MinValue, long.MaxValue)));
        }
        Assert.That(drawn, Has.Count.EqualTo(Keys));
        Assert.That(drawn.Values, Is.All.InRange(Draws / Keys / 2, Draws / Keys * 2));
        Assert.That(expiring, Has.Count.EqualTo(22));
        Assert.That(expiring.Values, Is.All.InRange(Draws / 22 / 2, Draws / 22 * 2));

        static void Count(Dictionary<string, int> draws, EntryView entry)
        {
            var key = KeyspaceRig.Text(entry.Key);
            draws[key] = draws.GetValueOrDefault(key) + 1;
        }
    }

    [Test]
    public void A_rare_key_that_expires_is_drawn_among_many_that_do_not([Values] bool usesSlots)
    {
        using var rig = new KeyspaceRig(isChecked: false, usesSlots: usesSlots);
        for (var i = 0; i < 50_000; i++) rig.Set($"k{i}{{a}}");
        rig.Set("rare{a}", expiryMs: 9000);
        for (ulong i = 0; i < 20; i++) Assert.That(rig[0].Data.SampleExpiring(i << 60).Key.SequenceEqual("rare{a}"u8));
    }

    [Test]
    public void Tables_that_rehash_are_found_and_end()
    {
        for (var i = 0; i < 3000 || !Data.IsRehashBehind; i++) _rig.Set($"k{i}{{{i % 7}}}");
        for (var rounds = 0; Data.RehashSome(4); rounds++) Assert.That(rounds, Is.LessThan(3000));
        Assert.That(Data.IsRehashBehind, Is.False);
        Assert.That(Data.MeasureMemory().RehashingTables, Is.Zero);
    }
}
