namespace Carnelian.Tests;

/// <summary>What writing and loading of many small keys costs; CARNELIAN_MEASURE=1. The file stays where CARNELIAN_MEASURE_FILE says, for other servers to load.</summary>
[NonParallelizable]
internal sealed class RdbCostTests
{
    private const int Keys = 5_000_000;

    [Test]
    public void Five_million_small_keys()
    {
        Skip.UnlessMeasuring();
        var path = Environment.GetEnvironmentVariable("CARNELIAN_MEASURE_FILE") ?? Path.GetTempFileName();
        using var world = new RealWorld();
        using (var rig = new PersistenceRig(isChecked: false))
        {
            Fill(rig);
            using var file = world.Disk.Open(path, DiskOpenMode.Replace).Value!;
            Measure("written", () => Write(rig, file));
        }
        for (var round = 0; round < 3; round++)
        {
            // Another seed: keys do not come in the order of buckets.
            using var rig = new PersistenceRig((ulong)round + 2, isChecked: false);
            using var file = world.Disk.Open(path, DiskOpenMode.Read).Value!;
            Measure("loaded", () => Assert.That(new RdbFileReader(new RdbFileSource(file), new RdbLoader(rig.Keyspace)).ReadAll()));
            Assert.That(rig.Keyspace.Databases[0].Data.Count, Is.EqualTo(Keys));
        }
    }

    private static void Fill(PersistenceRig rig)
    {
        var random = new Random(1);
        Span<byte> key = stackalloc byte[16], value = stackalloc byte[32];
        var database = rig.Keyspace.Databases[0];
        for (var i = 0; i < Keys; i++)
        {
            i.TryFormat(key, out _, "d16");
            random.NextBytes(value);
            rig.Keyspace.Edit(database, rig.Keyspace.KeyOf(key)).Write(ValueType.String, ValueEncoding.Embstr, value, EntryView.NoExpiry, null);
        }
    }

    private static void Write(PersistenceRig rig, DiskFile file)
    {
        var data = rig.Keyspace.Databases[0].Data;
        var writer = new RdbFileWriter(new RdbFileOutput(file), RdbVersion.Least);
        writer.Begin();
        writer.Database(0, data.Count, data.Expiring);
        var found = new EntryList();
        ulong cursor = 0;
        do
        {
            found.Clear();
            do cursor = data.Scan(cursor, found);
            while (cursor != 0 && found.Count < 32);
            for (var i = 0; i < found.Count; i++) writer.Key(data, found[i]);
        }
        while (cursor != 0);
        writer.End();
    }

    private static void Measure(string what, Action run)
    {
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var cpu = Environment.CpuUsage.TotalTime;
        var start = TimeProvider.System.GetTimestamp();
        run();
        TestContext.Out.WriteLine($"{what}: {TimeProvider.System.GetElapsedTime(start).TotalSeconds:F2} s, CPU {(Environment.CpuUsage.TotalTime - cpu).TotalSeconds:F2} s, "
            + $"managed {GC.GetAllocatedBytesForCurrentThread() - allocated:N0} B");
    }
}
