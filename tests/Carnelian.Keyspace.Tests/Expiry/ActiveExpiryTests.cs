namespace Carnelian.Tests;

[TestFixture(false)]
[TestFixture(true)]
public sealed class ActiveExpiryTests(bool usesSlots)
{
    private const int Keys = 20_000;

    private KeyspaceRig Filled(int expiredPercent, int databases = 1)
    {
        var rig = new KeyspaceRig(isChecked: false, usesSlots: usesSlots);
        rig.Keyspace.Detach(rig.Heard);
        var random = new Random(1);
        for (var i = 0; i < Keys; i++) rig.Set($"k{i}", expiryMs: random.Next(100) < expiredPercent ? 1500 : 1_000_000, database: i % databases);
        rig.Keyspace.NowMs = 2000;
        return rig;
    }

    private static long Stale(KeyspaceRig rig)
    {
        long stale = 0;
        var found = new EntryList();
        foreach (var database in rig.Keyspace.Databases)
        {
            found.Clear();
            ulong cursor = 0;
            do cursor = database.Data.Scan(cursor, found);
            while (cursor != 0);
            for (var i = 0; i < found.Count; i++)
            {
                if (!rig.Keyspace.IsAlive(found[i])) stale++;
            }
        }
        return stale;
    }

    [Test]
    public void Everything_expired_goes_within_few_generous_turns()
    {
        using var rig = Filled(100);
        var expiry = new ActiveExpiry(rig.Keyspace);
        for (var turn = 0; turn < 3; turn++) expiry.Run(new Budget(int.MaxValue));
        Assert.That(rig[0].Data.Count, Is.Zero);
        Assert.That(rig.Keyspace.Statistics.Expired, Is.EqualTo(Keys));
    }

    [Test]
    public void Run_finds_all_that_is_over_however_much_else_expires([Values(1, 10, 100)] int percent)
    {
        using var rig = Filled(percent);
        Assert.That(Stale(rig), Is.Positive);
        Assert.That(new ActiveExpiry(rig.Keyspace).Run(new Budget(int.MaxValue)), Is.False);
        Assert.That(Stale(rig), Is.Zero);
        Assert.That(rig[0].Data.Count, Is.EqualTo(Keys - rig.Keyspace.Statistics.Expired));
    }

    /// <summary>However a key came by its time: new, written over, in place, by another expiry, renamed or through a growing table.</summary>
    [Test]
    public void No_key_outlives_its_time_whatever_happened_to_it([Range(1, 6)] int seed)
    {
        using var rig = new KeyspaceRig(isChecked: false);
        rig.Keyspace.Detach(rig.Heard);
        var random = new Random(seed);
        var expiry = new ActiveExpiry(rig.Keyspace);
        for (var round = 0; round < 40; round++)
        {
            rig.Keyspace.NowMs += 100;
            for (var i = 0; i < 300; i++)
            {
                var key = $"k{random.Next(1 << random.Next(14))}";
                var expiryMs = random.Next(4) == 0 ? EntryView.NoExpiry : rig.Keyspace.NowMs + random.Next(1000);
                var edit = rig.Edit(KeyspaceRig.Bytes(key));
                if (edit.Exists && random.Next(2) == 0) edit.SetExpiry(expiryMs, KeyspaceEvent.Expire);
                else if (edit.Exists && random.Next(5) == 0) edit.Delete(KeyspaceEvent.Delete);
                else rig.Set(key, new string('v', random.Next(40)), expiryMs);
                rig.Keyspace.Allocator.ReleaseRetired();
            }
            for (var runs = 0; expiry.Run(new Budget(1 + random.Next(20))); runs++) Assert.That(runs, Is.LessThan(1000));
            expiry.Run(new Budget(int.MaxValue));
            Assert.That(Stale(rig), Is.Zero);
        }
        Assert.That(rig.Keyspace.Statistics.Expired, Is.GreaterThan(1000));
    }

    [Test]
    public void Budget_bounds_a_turn_and_the_rest_is_announced()
    {
        using var rig = Filled(100);
        var expiry = new ActiveExpiry(rig.Keyspace);
        var turns = 0;
        for (; rig[0].Data.Count > 0; turns++)
        {
            var before = rig[0].Data.Count;
            var more = expiry.Run(new Budget(2));
            Assert.That(before - rig[0].Data.Count, Is.LessThanOrEqualTo(2 * 16 * 20));
            Assert.That(more || before - rig[0].Data.Count < 2 * 16 * 20, "only at the end of a round");
        }
        Assert.That(turns, Is.GreaterThan(Keys / (2 * 16 * 20)));
    }

    [Test]
    public void Database_that_uses_up_every_budget_does_not_starve_the_next()
    {
        using var rig = Filled(100, databases: 2);
        var expiry = new ActiveExpiry(rig.Keyspace);
        for (var turn = 0; turn < 4; turn++) expiry.Run(new Budget(2));
        Assert.That(rig[0].Data.Count, Is.LessThan(Keys / 2));
        Assert.That(rig[1].Data.Count, Is.LessThan(Keys / 2));
    }

    [Test]
    public void Table_shrinks_while_its_keys_expire()
    {
        if (usesSlots) Skip.Because("with a key or two in each slot no table has anything to give back");
        using var rig = Filled(100);
        var bytes = rig[0].Data.MeasureMemory().BucketBytes;
        var expiry = new ActiveExpiry(rig.Keyspace);
        for (var turn = 0; turn < 3; turn++) expiry.Run(new Budget(int.MaxValue));
        Assert.That(rig[0].Data.MeasureMemory().BucketBytes, Is.LessThan(bytes / 4));
    }

    [Test]
    public void A_few_expired_keys_of_a_large_table_are_found_soon()
    {
        const int many = 400_000, few = 20;
        using var rig = new KeyspaceRig(isChecked: false, usesSlots: usesSlots);
        rig.Keyspace.Detach(rig.Heard);
        for (var i = 0; i < many; i++) rig.Set($"k{i}", expiryMs: i % (many / few) == 0 ? 1500 : EntryView.NoExpiry);
        rig.Keyspace.NowMs = 2000;
        var expiry = new ActiveExpiry(rig.Keyspace);
        var turns = 0;
        for (; rig[0].Data.Expiring > 0; turns++) expiry.Run(new Budget(50));
        Assert.That(turns, Is.EqualTo(1));
        Assert.That(rig[0].Data.Count, Is.EqualTo(many - few));
    }

    [Test]
    public void Keys_that_are_not_due_cost_a_look_at_their_groups_only()
    {
        using var rig = new KeyspaceRig(isChecked: false, usesSlots: usesSlots);
        rig.Keyspace.Detach(rig.Heard);
        for (var i = 0; i < 400_000; i++) rig.Set($"k{i}", expiryMs: 1_000_000);
        rig.Set("expires", expiryMs: 1500);
        var found = new EntryList();
        int looks = 1;
        for (; !rig[0].Data.ScanDue(2000, 1, found); looks++)
        {
        }
        Assert.That(found.Count, Is.EqualTo(1));
        Assert.That(looks, Is.LessThanOrEqualTo(usesSlots ? KeySlot.Count / 64 + 3 : 2 * (1 << 17) / 8 / 4096 + 3), "4,096 groups at once, or 64 slots");
    }

    [Test]
    public void Effort_gives_more_time([Values(1, 10)] int effort)
    {
        using var rig = new KeyspaceRig();
        rig.Keyspace.Options.ActiveExpireEffort = effort;
        Assert.That(new ActiveExpiry(rig.Keyspace).BudgetMicroseconds(100), Is.EqualTo(effort == 1 ? 25_000 : 43_000), "Redis' share of the time");
    }

    [Test]
    public void What_is_left_to_live_is_known_on_average()
    {
        using var rig = new KeyspaceRig(usesSlots: usesSlots);
        for (var i = 0; i < 100; i++) rig.Set($"k{i}", expiryMs: 11_000);
        rig.Set("lasting");
        var expiry = new ActiveExpiry(rig.Keyspace);
        expiry.Run(new Budget(1000));
        Assert.That(rig[0].Data.AverageTtlMs, Is.EqualTo(10_000));
        rig.Keyspace.NowMs = 12_000;
        expiry.Run(new Budget(1000));
        Assert.That(rig.Keyspace.Statistics.StaleRatio, Is.EqualTo(0.05).Within(1e-9), "a running average");
        while (rig[0].Data.Expiring > 0) expiry.Run(new Budget(1000));
        expiry.Run(new Budget(1000));
        Assert.That(rig[0].Data.AverageTtlMs, Is.Zero);
    }

    [Test]
    public void Each_expired_key_is_a_unit_of_its_own()
    {
        using var rig = new KeyspaceRig(usesSlots: usesSlots);
        var sink = new KeyspaceRig.Sink(ChangeTargets.All);
        rig.Keyspace.Changes.Attach(sink);
        rig.Set("a", expiryMs: 1500);
        rig.Set("b", expiryMs: 1500);
        rig.Set("c");
        rig.Keyspace.NowMs = 2000;
        rig.Heard.Take();
        new ActiveExpiry(rig.Keyspace).Run(new Budget(1000));
        rig.Keyspace.Changes.Deliver();
        Assert.That(sink.Lines.Order(), Is.EqualTo(new[] { "1 All 0 DEL a", "2 All 0 DEL b" }).Or.EqualTo(new[] { "1 All 0 DEL b", "2 All 0 DEL a" }));
        Assert.That(rig.Heard.Take(), Is.EquivalentTo(new[] { "expired/Expired 0 a", "modified 0 a", "expired/Expired 0 b", "modified 0 b" }));
        Assert.That(rig.Find("c").Exists);
    }
}
