namespace Carnelian.Tests;

public sealed class DefragmentationTests
{
    [Test]
    public void After_random_deletes_memory_comes_down_and_the_work_ends([Values(40, 70, 90)] int deletedPercent)
    {
        using var rig = new KeyspaceRig(isChecked: false);
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
        TestContext.Out.WriteLine($"mapped/used {before:f3} to {(double)rig.Allocator.MappedBytes / rig.Allocator.UsedBytes:f3} in {slices} slices, {defragmentation.Moved} moves");
        Assert.That(slices, Is.GreaterThan(20));
        Assert.That((double)rig.Allocator.MappedBytes / rig.Allocator.UsedBytes, Is.LessThanOrEqualTo(1.25));
        foreach (var (key, length) in expected)
        {
            var view = rig.Read(key, int.Parse(key.AsSpan(4)) % 3 == 0 ? 1 : 0);
            if (!view.Exists || view.Value.Length != length || view.Value.IndexOfAnyExcept((byte)'x') >= 0) Assert.Fail($"{key} is damaged");
        }
    }

    [Test]
    public void Full_keyspace_is_left_alone()
    {
        using var rig = new KeyspaceRig(isChecked: false);
        for (var i = 0; i < 30_000; i++) rig.Set($"key:{i}", "value");
        var defragmentation = new Defragmentation(rig.Keyspace);
        Assert.That(defragmentation.Run(new Budget(int.MaxValue)), Is.False);
        Assert.That(defragmentation.Moved, Is.Zero);
    }
}
