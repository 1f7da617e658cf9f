namespace Carnelian.Tests;

internal sealed class SnapshotFileTests
{
    private const string TemporaryPath = "temp-1.rdb", Path = "dump.rdb";

    private static SnapshotFiles FilesOf(PersistenceRig rig, long keyDelayMicroseconds = 0) => new(rig.World, rig.Keyspace, new() { KeySaveDelayMicroseconds = keyDelayMicroseconds });

    private static SnapshotFile Start(PersistenceRig rig, SnapshotFiles files, Action<SnapshotFile>? ended = null, Action<SnapshotCut>? cut = null)
    {
        var facts = new RdbFacts { Version = RdbVersion.Redis, Release = "8.0.6"u8.ToArray(), UnixSeconds = 1_700_000_000, UsedMemory = rig.Allocator.UsedBytes };
        var file = new SnapshotFile(SnapshotKind.Rdb, new(rig.World.Disk, TemporaryPath, Path) { SyncsEveryBytes = 4096 }, new RdbSnapshotEncoder(() => facts))
        {
            Ended = ended ?? (_ => { }), Cut = cut,
        };
        files.Start(file);
        return file;
    }

    /// <summary>Goes on until it is over; what happens between slices is the caller's.</summary>
    private static void RunToEnd(PersistenceRig rig, SnapshotFiles files, Action? between = null)
    {
        for (var turns = 0; files.IsBusy; turns++)
        {
            Assert.That(turns, Is.LessThan(100_000));
            files.Run(rig.World.StartBudget(100));
            between?.Invoke();
            rig.World.Advance(1);
            rig.World.Workers.DeliverCompleted();
        }
    }

    private static PersistenceRig Loaded(PersistenceRig from)
    {
        using var file = from.World.Disk.Open(Path, DiskOpenMode.Read).Value!;
        var to = new PersistenceRig(9);
        var reader = new RdbFileReader(new RdbFileSource(file), new RdbLoader(to.Keyspace));
        Assert.That(reader.ReadAll(), reader.Error);
        return to;
    }

    [Test]
    public void The_file_holds_what_was_there_at_the_cut([Range(1, 8)] int seed)
    {
        var random = new Random(seed);
        using var rig = RandomValues.Filled(seed, 80);
        using var files = FilesOf(rig);
        string[]? atCut = null;
        var file = Start(rig, files, cut: _ => atCut = RandomValues.Shown(rig));
        var values = new RandomValues(rig, random);
        RunToEnd(rig, files, () =>
        {
            if (random.Next(4) == 0) rig.Run($"DEL key-{random.Next(80)}");
            if (random.Next(4) == 0) rig.Run($"RENAME key-{random.Next(80)} key-{random.Next(80)}");
            if (random.Next(50) == 0) rig.Run("SWAPDB 0 1");
            rig.Run($"DEL new-{random.Next(80)}");
            values.Make($"new-{random.Next(80)}", random.Next(RandomValues.Kinds));
        });
        Assert.That(file.Succeeded, file.File.Error);
        Assert.That((file.KeysTotal, file.Encoder.KeysWritten), Is.EqualTo((80L, 80L)));
        Assert.That(rig.World.Disk.FileExists(TemporaryPath), Is.False);
        using var to = Loaded(rig);
        Assert.That(RandomValues.Shown(to), Is.EqualTo(atCut));
    }

    [Test]
    public void A_disk_that_is_full_ends_it_and_leaves_the_file_that_there_is()
    {
        using var rig = RandomValues.Filled(3, 60);
        using var files = FilesOf(rig);
        Start(rig, files);
        RunToEnd(rig, files);
        var before = rig.World.Disk.ReadAll(Path).Value!;
        rig.World.Disk.FreeBytes = 5000;
        var ends = 0;
        var file = Start(rig, files, _ => ends++);
        RunToEnd(rig, files);
        Assert.That((file.Succeeded, file.File.FailedAt, file.File.Error, ends), Is.EqualTo((false, FileStep.Write, "No space left on device", 1)));
        Assert.That(rig.World.Disk.ReadAll(Path).Value, Is.EqualTo(before));
        Assert.That(rig.World.Disk.FileExists(TemporaryPath), Is.False);
    }

    [Test]
    public void One_that_is_given_up_leaves_nothing([Range(0, 6)] int turns)
    {
        using var rig = RandomValues.Filled(4, 60);
        using var files = FilesOf(rig);
        var file = Start(rig, files);
        for (; turns > 0; turns--)
        {
            files.Run(rig.World.StartBudget(100));
            rig.World.Advance(3);
            rig.World.Workers.DeliverCompleted();
        }
        var isInTime = files.TryAbort();
        RunToEnd(rig, files);
        Assert.That(file.IsAborted, Is.EqualTo(isInTime));
        Assert.That(rig.World.Disk.FileExists(Path), Is.Not.EqualTo(isInTime));
        Assert.That(rig.World.Disk.FileExists(TemporaryPath), Is.False);
        Assert.That(files.Running, Is.Null);
    }

    [Test]
    public void A_delay_for_each_key_holds_up_the_end()
    {
        using var rig = new PersistenceRig();
        for (var i = 0; i < 10; i++) rig.Run($"SET k{i} v");
        using var files = FilesOf(rig, 100_000);
        var file = Start(rig, files);
        RunToEnd(rig, files);
        Assert.That(file.Succeeded);
        Assert.That(rig.World.Clock.MonotonicNanoseconds / 1_000_000, Is.InRange(1000, 1100));
    }

    [Test]
    public void The_end_of_the_server_takes_everything_back_from_the_worker([Range(0, 4)] int turns)
    {
        using var rig = RandomValues.Filled(5, 60);
        using (var files = FilesOf(rig))
        {
            Start(rig, files);
            for (; turns > 0; turns--)
            {
                files.Run(rig.World.StartBudget(100));
                rig.World.Advance(1);
                rig.World.Workers.DeliverCompleted();
            }
        }
        rig.World.Advance(1000);
        rig.World.Workers.DeliverCompleted();
        Assert.That(rig.World.Disk.FileExists(TemporaryPath), Is.False);
    }
}
