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

    /// <summary>Whatever came, went, changed its time or was carried over by a rehash: what is due is found, and only that, and the times left are right.</summary>
    [Test]
    public void Due_entries_are_all_found_and_no_others([Range(1, 8)] int seed, [Values(1, 7, 1000)] int groupsMax)
    {
        using var rig = new TableRig(seed);
        for (var nowMs = 0L; nowMs <= TableRig.DueMsMax; nowMs += 100)
        {
            var insertPercent = nowMs < 400 ? 80 : 30;
            for (var i = 0; i < 500; i++)
            {
                rig.Table.Step();
                var dice = rig.Random.Next(100);
                if (dice < insertPercent) rig.Insert((ulong)rig.Random.NextInt64(), rig.Random.Next(3) == 0);
                else if (rig.Keys.Count > 0 && dice < 90) rig.RemoveAt(rig.Random.Next(rig.Keys.Count));
                else if (rig.Keys.Count > 0) rig.Touch(rig.Keys[rig.Random.Next(rig.Keys.Count)]);
            }
            var due = rig.Model.Where(e => e.Value.Expires && e.Value.DueMs < nowMs).Select(e => e.Key).ToArray();
            var found = new List<ulong>();
            long cursor = 0;
            do cursor = rig.ScanDue(cursor, nowMs, groupsMax, found);
            while (cursor != 0);
            Assert.That(found, Is.EquivalentTo(due));
            foreach (var key in due) rig.Remove(key);
            rig.Verify();
            Assert.That(rig.Table.ExpiryWalk.NextDueMs, Is.GreaterThanOrEqualTo(nowMs), "what is not due is found only once");
        }
    }

    [Test]
    public void Due_entries_that_a_visitor_leaves_are_offered_again()
    {
        using var rig = new TableRig(4);
        for (ulong key = 0; key < 300; key++) Insert(rig);
        var due = rig.Model.Count(e => e.Value.Expires && e.Value.DueMs < 500);
        var rounds = 0;
        for (var all = new List<ulong>(); all.Count < due; rounds++)
        {
            var found = new List<ulong>();
            long cursor = 0;
            do cursor = rig.ScanDue(cursor, 500, 1, found, countMax: 7);
            while (cursor != 0);
            Assert.That(found, Has.Count.EqualTo(Math.Min(7, due - all.Count)));
            foreach (var key in found) rig.Remove(key);
            all.AddRange(found);
            rig.Verify();
        }
        Assert.That(rounds, Is.GreaterThan(10));
    }

    [Test]
    public void Least_due_time_is_known_through_a_rehash([Values(1, 30, 5000)] int count)
    {
        using var rig = new TableRig(count);
        Assert.That(rig.Table.ExpiryWalk.NextDueMs, Is.EqualTo(DueTimes.Never));
        for (var i = 0; i < count; i++)
        {
            rig.Table.Step();
            rig.Insert((ulong)rig.Random.NextInt64(), true, 1_000_000 - i);
            Assert.That(rig.Table.ExpiryWalk.NextDueMs, Is.EqualTo(1_000_000 - i));
        }
        rig.Insert(ulong.MaxValue, true, long.MaxValue);
        Assert.That(rig.Table.ExpiryWalk.NextDueMs, Is.EqualTo(1_000_001 - count));
    }

    [Test]
    public void Looking_for_due_entries_passes_by_the_groups_that_have_none()
    {
        using var rig = new TableRig(9, isChecked: false);
        for (var i = 0; i < 40_000; i++)
        {
            rig.Table.Step();
            rig.Insert((ulong)rig.Random.NextInt64(), true, 2000);
        }
        rig.StepToEnd();
        rig.Insert(ulong.MaxValue, true, 999);
        var found = new List<ulong>();
        var looks = 0;
        for (long cursor = 0; looks++ == 0 || cursor != 0;) cursor = rig.ScanDue(cursor, 1000, 1, found);
        Assert.That(found, Is.EqualTo(new[] { ulong.MaxValue }));
        Assert.That(looks, Is.LessThanOrEqualTo(4), "two arrays, and what was found");
        Assert.That(rig.Root.DueBytes, Is.LessThanOrEqualTo(rig.Root.Buckets));
    }

    [Test]
    public void Entries_that_expire_are_drawn_with_some_fairness([Values(1, 4, 100)] int everyOne, [Values(false, true)] bool duringRehash)
    {
        using var rig = new TableRig(13, isChecked: false);
        while (rig.Keys.Count < 6000 || rig.Table.IsRehashing != duringRehash || (duringRehash && rig.Root.RehashIndex < rig.Root.Main.Size / 2))
        {
            rig.Table.Step();
            rig.Insert((ulong)rig.Random.NextInt64(), rig.Keys.Count % everyOne == 0);
        }
        var drawn = rig.Model.Where(e => e.Value.Expires).ToDictionary(e => e.Key, _ => 0);
        const int DrawsPerEntry = 300;
        for (var i = 0; i < drawn.Count * DrawsPerEntry; i++) drawn[TableRig.KeyOf(rig.Table.ExpiryWalk.SampleExpiring((ulong)rig.Random.NextInt64() << 1))]++;
        Assert.That(drawn.Values.Min(), Is.Positive, "each is drawn now and then");
        if (everyOne == 1 && !duringRehash) Assert.That(drawn.Values.Max(), Is.LessThan(DrawsPerEntry * 2.5));
    }

    [Test]
    public void None_is_drawn_where_nothing_expires_any_more()
    {
        using var rig = new TableRig(14);
        Assert.That(rig.Table.ExpiryWalk.SampleExpiring(1) == null);
        for (ulong i = 0; i < 500; i++)
        {
            rig.Table.Step();
            rig.Insert(i, i % 5 == 0);
        }
        foreach (var key in rig.Model.Where(e => e.Value.Expires && e.Key != 40).Select(e => e.Key).ToArray()) rig.Remove(key);
        ulong chance = 1;
        byte* last;
        do last = rig.Table.ExpiryWalk.SampleExpiring(chance++ * 0x9e3779b97f4a7c15UL);
        while (last == null);
        Assert.That(TableRig.KeyOf(last), Is.EqualTo(40));
        rig.Remove(40);
        Assert.That(rig.Table.ExpiryWalk.SampleExpiring(1) == null);
        rig.Verify();
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

    private static List<ulong> Draw(TableRig rig, int wanted, bool expiring = false)
    {
        var found = new FieldList();
        var collector = new FoundList.DrawCollector(found);
        var chance = (ulong)rig.Random.NextInt64() << 1;
        if (expiring) rig.Table.ExpiryWalk.Draw(chance, rig.Table.Walk.BucketsPerDraw(wanted, Math.Max(1, rig.Table.Due)), ref collector);
        else rig.Table.Walk.Draw(chance, wanted, ref collector);
        var keys = new List<ulong>();
        for (var i = 0; i < found.Count; i++) keys.Add(TableRig.KeyOf(found[i].Address));
        return keys;
    }

    [Test]
    public void Draw_finds_several_entries_each_as_often_as_the_others([Values(1, 4, 30, 400)] int count, [Values("", "growing", "shrinking")] string rehash)
    {
        if (rehash.Length > 0 && count < 30) count += 20;
        using var rig = new TableRig(count);
        while (rig.Model.Count < count * (rehash == "shrinking" ? 20 : 1) || (rehash == "growing" && !rig.Table.IsRehashing)) Insert(rig);
        if (rehash != "growing") rig.StepToEnd();
        while (rehash == "shrinking" && !rig.Table.IsRehashing) rig.RemoveAt(rig.Random.Next(rig.Keys.Count));
        if (rehash.Length > 0) while (rig.Root.RehashIndex < Math.Min(rig.Root.Main.Size, rig.Root.Target.Size) / 2) rig.Table.Step();

        const int Wanted = 5, DrawsPerEntry = 1000;
        var drawn = rig.Keys.ToDictionary(key => key, _ => 0);
        var draws = DrawsPerEntry * rig.Keys.Count / Wanted;
        for (var i = 0; i < draws; i++)
        {
            var keys = Draw(rig, Wanted);
            Assert.That(keys, Is.Unique.And.Not.Empty);
            foreach (var key in keys) drawn[key]++;
        }
        Assert.That((double)drawn.Values.Sum() / draws, Is.InRange(Math.Min(Wanted, rig.Keys.Count), 4 * Wanted));
        // In a table that shrinks most buckets are empty: who stands behind many of them is found when nothing else is.
        Assert.That(drawn.Values.Max(), Is.LessThan(drawn.Values.Average() * (rehash == "shrinking" ? 2 : 1.3)));
        Assert.That(drawn.Values.Min(), Is.GreaterThan(drawn.Values.Average() * 0.7));
    }

    [Test]
    public void Draw_of_what_expires_finds_nothing_else([Values(1, 3, 50)] int everyOne, [Values] bool duringRehash)
    {
        using var rig = new TableRig(everyOne);
        for (ulong i = 0; i < 400 || (duringRehash && !rig.Table.IsRehashing); i++) rig.Insert(i, i % (ulong)everyOne == 0);
        if (duringRehash) while (rig.Root.RehashIndex < rig.Root.Main.Size / 2) rig.Table.Step();
        else rig.StepToEnd();
        var seen = new HashSet<ulong>();
        for (var i = 0; i < 3000; i++)
        {
            var keys = Draw(rig, 5, expiring: true);
            Assert.That(keys, Is.Unique.And.All.Matches<ulong>(key => rig.Model[key].Expires));
            seen.UnionWith(keys);
        }
        Assert.That(seen, Is.EquivalentTo(rig.Model.Where(e => e.Value.Expires).Select(e => e.Key)));
    }

    [Test]
    public void Draw_finds_nothing_in_an_empty_table()
    {
        using var rig = new TableRig(1);
        Assert.That(Draw(rig, 5), Is.Empty);
        Insert(rig);
        rig.RemoveAll();
        Assert.That(Draw(rig, 5), Is.Empty);
        Assert.That(Draw(rig, 5, expiring: true), Is.Empty);
    }
}
