namespace Carnelian.Tests;

public sealed unsafe class HashTableWalkTests
{
    /// <summary>
    /// The guarantee of SCAN: what is there from the first call to the last is returned, whatever comes and goes, and however often the
    /// table grows and shrinks between the calls.
    /// </summary>
    [Test]
    public void Scan_returns_every_entry_that_stays([Values] bool mostlyGrowing, [Values(20, 200, 1000)] int staying)
    {
        var rehashesSeen = 0;
        for (var seed = 1; seed <= (staying > 200 ? 4 : 40); seed++)
        {
            using var rig = new TableRig(seed, isChecked: seed % 5 == 0);
            for (var i = 0; i < staying; i++) Insert(rig);
            var stayed = rig.Keys.ToHashSet();
            if (!mostlyGrowing)
            {
                for (var i = 0; i < staying * 30; i++) Insert(rig);
            }
            for (var steps = rig.Random.Next(staying); steps > 0; steps--) rig.Table.Step();
            var found = new List<ulong>();
            ulong cursor = 0;
            var calls = 0;
            do
            {
                cursor = rig.Scan(cursor, found);
                Assert.That(++calls, Is.LessThan(1_000_000));
                if (rig.Table.IsRehashing) rehashesSeen++;
                Disturb(rig, stayed, mostlyGrowing, staying * 40);
            }
            while (cursor != 0);
            Assert.That(stayed.IsSubsetOf(found), $"seed {seed}");
            rig.Verify();
        }
        Assert.That(rehashesSeen, Is.Positive);
    }

    private static void Insert(TableRig rig)
    {
        rig.Table.Step();
        rig.Insert((ulong)rig.Random.NextInt64(), rig.Random.Next(2) == 0);
    }

    private static void Disturb(TableRig rig, HashSet<ulong> stayed, bool mostlyGrowing, int countMax)
    {
        var changes = rig.Random.Next(4) == 0 ? rig.Random.Next(60) : rig.Random.Next(3);
        for (; changes > 0; changes--)
        {
            rig.Table.Step();
            if (rig.Random.Next(100) < (mostlyGrowing ? 80 : 8) && rig.Model.Count < countMax)
            {
                rig.Insert((ulong)rig.Random.NextInt64(), false);
                continue;
            }
            var place = rig.Random.Next(rig.Keys.Count);
            if (!stayed.Contains(rig.Keys[place])) rig.RemoveAt(place);
        }
    }

    [Test]
    public void Scan_of_a_table_at_rest_returns_each_entry_once([Values(0, 1, 5, 6, 1000)] int count)
    {
        using var rig = new TableRig(2);
        for (var i = 0; i < count; i++) Insert(rig);
        var found = new List<ulong>();
        ulong cursor = 0;
        do cursor = rig.Scan(cursor, found);
        while (cursor != 0);
        Assert.That(found, Is.EquivalentTo(rig.Keys));
    }

    [Test]
    public void Scan_takes_any_cursor()
    {
        using var rig = new TableRig(3);
        for (var i = 0; i < 3000; i++) Insert(rig);
        while (!rig.Table.IsRehashing) Insert(rig);
        for (var i = 0; i < 1000; i++) rig.Scan((ulong)rig.Random.NextInt64() << (i % 2), []);
        rig.Scan(ulong.MaxValue, []);
        rig.Verify();
    }

    [Test]
    public void Expiring_entries_are_all_visited_and_no_others([Values(1, 3, 16, 1000)] int bucketsMax, [Values] bool duringRehash, [Values(0, 1, 50, 100)] int percent)
    {
        using var rig = new TableRig(bucketsMax + percent);
        for (var i = 0; i < 3000 || rig.Table.IsRehashing != duringRehash; i++)
        {
            rig.Table.Step();
            rig.Insert((ulong)rig.Random.NextInt64(), rig.Random.Next(100) < percent);
        }
        for (var round = 0; round < 2; round++)
        {
            var found = new List<ulong>();
            long cursor = 0, calls = 0;
            do
            {
                cursor = rig.ScanExpiring(cursor, bucketsMax, found);
                Assert.That(++calls, Is.LessThanOrEqualTo(rig.Root.Buckets / bucketsMax + 1));
            }
            while (cursor != 0);
            Assert.That(found, Is.EquivalentTo(rig.Model.Where(e => e.Value.Expires).Select(e => e.Key)));
        }
    }

    [Test]
    public void Buckets_without_expiring_entries_are_passed_by_in_groups()
    {
        using var rig = new TableRig(9, isChecked: false);
        for (var i = 0; i < 40_000; i++) Insert(rig, false);
        rig.StepToEnd();
        rig.Insert(ulong.MaxValue, true);
        var found = new List<ulong>();
        var calls = 0;
        for (long cursor = 0; calls++ == 0 || cursor != 0;) cursor = rig.ScanExpiring(cursor, 1, found);
        Assert.That(found, Is.EqualTo(new[] { ulong.MaxValue }));
        Assert.That(calls, Is.LessThan(rig.Root.Buckets / BucketArray.GroupBuckets + 2 * BucketArray.GroupBuckets));

        static void Insert(TableRig rig, bool expires)
        {
            rig.Table.Step();
            rig.Insert((ulong)rig.Random.NextInt64(), expires);
        }
    }

    [Test]
    public void Sample_draws_all_entries_alike([Values(1, 2, 6, 30, 400)] int count, [Values] bool duringRehash)
    {
        if (duringRehash && count < 30) count += 20;
        using var rig = new TableRig(count);
        while (rig.Model.Count < count || (duringRehash && !rig.Table.IsRehashing)) Insert(rig);
        if (duringRehash) while (rig.Root.RehashIndex < rig.Root.Main.Size / 2) rig.Table.Step();
        else rig.StepToEnd();
        Assert.That(rig.Table.IsRehashing, Is.EqualTo(duringRehash));

        const int DrawsPerEntry = 1000;
        var drawn = rig.Keys.ToDictionary(key => key, _ => 0);
        for (var i = 0; i < drawn.Count * DrawsPerEntry; i++) drawn[TableRig.KeyOf(rig.Table.Walk.Sample((ulong)rig.Random.NextInt64() << 1))]++;
        // The deviation of a fair draw is 3% here; long chains may take a third away.
        Assert.That(drawn.Values.Max(), Is.LessThan(DrawsPerEntry * 1.3));
        Assert.That(drawn.Values.Min(), Is.GreaterThan(DrawsPerEntry * 0.5));
    }

    [Test]
    public void Sample_finds_the_last_entries_of_a_table_that_was_large()
    {
        using var rig = new TableRig(11);
        for (var i = 0; i < 20_000; i++) Insert(rig);
        rig.StepToEnd();
        rig.Host.ShrinksTables = false;
        while (rig.Keys.Count > 2) rig.RemoveAt(rig.Random.Next(rig.Keys.Count));
        var drawn = new HashSet<ulong>();
        for (var i = 0; i < 40; i++) drawn.Add(TableRig.KeyOf(rig.Table.Walk.Sample((ulong)rig.Random.NextInt64())));
        Assert.That(drawn, Is.EquivalentTo(rig.Keys));
        rig.RemoveAll();
        Assert.That(rig.Table.Walk.Sample(1) == null);
    }
}
