namespace Carnelian.Tests;

[TestFixture(false)]
[TestFixture(true)]
public sealed class DefragmentationTests(bool usesSlots)
{
    [Test]
    public void After_random_deletes_memory_comes_down_and_the_work_ends([Values(40, 70, 90)] int deletedPercent)
    {
        using var rig = new KeyspaceRig(isChecked: false, usesSlots: usesSlots);
        rig.Keyspace.Detach(rig.Heard);
        var random = new Random(deletedPercent);
        int[] lengths = [10, 100, 300, 1100];
        var value = new string('x', 1100);
        var expected = new Dictionary<string, int>();
        for (var i = 0; i < 120_000; i++)
        {
            var length = lengths[random.Next(lengths.Length)];
            rig.Set($"key:{i}", value[..length], database: i % 3 == 0 ? 1 : 0);
            expected[$"key:{i}"] = length;
        }
        for (var i = 0; i < 120_000; i++)
        {
            if (random.Next(100) >= deletedPercent) continue;
            rig.Delete($"key:{i}", i % 3 == 0 ? 1 : 0);
            expected.Remove($"key:{i}");
        }
        var before = (double)rig.Allocator.MappedBytes / rig.Allocator.UsedBytes;
        var defragmentation = new Defragmentation(rig.Keyspace);
        var slices = 0;
        for (var idle = 0; idle < 3; idle = defragmentation.Run(new Budget(20)) ? 0 : idle + 1) Assert.That(++slices, Is.LessThan(100_000));
        TestContext.Out.WriteLine($"mapped/used {before:f3} to {(double)rig.Allocator.MappedBytes / rig.Allocator.UsedBytes:f3} in {slices} slices, {defragmentation.Counts.BlocksMoved} moves");
        Assert.That(slices, Is.GreaterThan(20));
        Assert.That((double)rig.Allocator.MappedBytes / rig.Allocator.UsedBytes, Is.LessThanOrEqualTo(1.25));
        foreach (var (key, length) in expected)
        {
            var view = rig.Find(key, int.Parse(key.AsSpan(4)) % 3 == 0 ? 1 : 0);
            if (!view.Exists || view.Value.Length != length || view.Value.IndexOfAnyExcept((byte)'x') >= 0) Assert.Fail($"{key} is damaged");
        }
    }

    [Test]
    public void Limits_decide_when_a_round_begins_and_how_much_time_it_takes()
    {
        using var rig = new KeyspaceRig(isChecked: false, usesSlots: usesSlots);
        rig.Keyspace.Detach(rig.Heard);
        for (var i = 0; i < 120_000; i++) rig.Set($"key:{i}", "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789");
        for (var i = 0; i < 120_000; i++)
        {
            if (i % 3 != 0) rig.Delete($"key:{i}");
        }
        var limits = rig.Keyspace.Options.Defragmentation;
        var defragmentation = new Defragmentation(rig.Keyspace);
        limits.IgnoreBytes = 1UL << 30;
        Assert.That(defragmentation.IsDue(), Is.False, "less waste than is to be ignored");
        limits.IgnoreBytes = 1 << 20;
        limits.ThresholdLowerPercent = 500;
        Assert.That(defragmentation.IsDue(), Is.False, "below the threshold");
        Assert.That(defragmentation.CyclePercent, Is.Zero);
        limits.ThresholdLowerPercent = 10;
        limits.CycleMinPercent = 20;
        limits.CycleMaxPercent = 60;
        Assert.That(defragmentation.IsDue(), Is.True);
        Assert.That(defragmentation.CyclePercent, Is.EqualTo(60), "waste is above the upper threshold");
        limits.ThresholdUpperPercent = 400;
        Assert.That(defragmentation.CyclePercent, Is.InRange(30, 50), "waste is between the thresholds");
        rig.Keyspace.NowMs -= 3_600_000;
        rig.Keyspace.MonotonicMs += 70;
        Assert.That((defragmentation.CurrentMs, defragmentation.TotalMs), Is.EqualTo((70L, 70L)));
        while (defragmentation.Run(new Budget(100))) { }
        Assert.That(defragmentation.CyclePercent, Is.Zero);
        Assert.That((defragmentation.CurrentMs, defragmentation.TotalMs), Is.EqualTo((0L, 70L)));
        var counts = defragmentation.Counts;
        Assert.That(counts.BlocksMoved, Is.Positive);
        Assert.That(counts.KeysMoved, Is.EqualTo(counts.BlocksMoved), "each of these keys is one block");
        Assert.That(counts.KeysMoved + counts.KeysKept, Is.GreaterThanOrEqualTo(40_000));
        defragmentation.ResetStatistics();
        Assert.That((defragmentation.Counts.BlocksMoved, defragmentation.TotalMs), Is.EqualTo((0L, 0L)));
    }

    [Test]
    public void Full_keyspace_is_left_alone()
    {
        using var rig = new KeyspaceRig(isChecked: false, usesSlots: usesSlots);
        for (var i = 0; i < 30_000; i++) rig.Set($"key:{i}", "value");
        var defragmentation = new Defragmentation(rig.Keyspace);
        Assert.That(defragmentation.Run(new Budget(int.MaxValue)), Is.False);
        Assert.That(defragmentation.Counts.BlocksMoved, Is.Zero);
    }
}
