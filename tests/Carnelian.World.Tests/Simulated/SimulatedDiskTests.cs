using System.Text;

namespace Carnelian.Tests;

/// <summary>What a crash leaves, and the faults that a test can ask for.</summary>
internal sealed class SimulatedDiskTests
{
    private const int Seeds = 300;

    private static DiskFile Append(SimulatedWorld world, string path, string text)
    {
        var file = world.Disk.Open(path, DiskOpenMode.Append).Value!;
        Assert.That(file.Append(Encoding.ASCII.GetBytes(text)).Ok);
        return file;
    }

    private static string? Read(SimulatedWorld world, string path) => world.Disk.ReadAll(path).Value is { } bytes ? Encoding.ASCII.GetString(bytes) : null;

    [Test]
    public void Synced_bytes_survive_and_of_the_others_some_part_does()
    {
        var lengths = new HashSet<int>();
        var zeros = 0;
        for (var seed = 0ul; seed < Seeds; seed++)
        {
            using var world = new SimulatedWorld(seed);
            var file = Append(world, "a", "safe");
            Assert.That(file.Sync().Ok && world.Disk.SyncDirectory("").Ok);
            file.Append("perhaps"u8);
            world.Crash();
            var left = Read(world, "a")!;
            Assert.That(left, Does.StartWith("safe"));
            Assert.That("safeperhaps", Does.StartWith(left.TrimEnd('\0')));
            lengths.Add(left.Length);
            if (left.EndsWith('\0')) zeros++;
        }
        Assert.That(lengths, Is.EquivalentTo(Enumerable.Range(4, 8)));
        Assert.That(zeros, Is.InRange(1, Seeds / 2));
    }

    [Test]
    public void An_unsynced_creation_may_be_lost_though_its_bytes_were_synced()
    {
        Assert.That(Outcomes(world => Append(world, "a", "x").Sync()), Is.EquivalentTo(new[] { "", "a=x" }));
    }

    [Test]
    public void A_rename_shows_the_old_file_or_the_new_one_whole()
    {
        var outcomes = Outcomes(world =>
        {
            Append(world, "a", "old").Sync();
            Append(world, "a.new", "new").Sync();
            world.Disk.SyncDirectory("/");
            world.Disk.Rename("a.new", "a");
        });
        Assert.That(outcomes, Is.EquivalentTo(new[] { "a=old a.new=new", "a=new" }));
    }

    [Test]
    public void A_rename_and_a_deletion_that_were_synced_stay()
    {
        var outcomes = Outcomes(world =>
        {
            Append(world, "a", "old").Sync();
            Append(world, "b", "new").Sync();
            Append(world, "c", "gone").Sync();
            world.Disk.Rename("b", "a");
            world.Disk.Delete("c");
            world.Disk.SyncDirectory(".");
        });
        Assert.That(outcomes, Is.EquivalentTo(new[] { "a=new" }));
    }

    [Test]
    public void A_link_is_lost_or_not_until_its_directory_is_synced_whatever_becomes_of_the_first_name()
    {
        void Link(SimulatedWorld world)
        {
            Append(world, "a", "x").Sync();
            world.Disk.SyncDirectory("");
            world.Disk.Link("a", "b");
        }

        Assert.That(Outcomes(Link), Is.EquivalentTo(new[] { "a=x", "a=x b=x" }));
        Assert.That(Outcomes(world =>
        {
            Link(world);
            world.Disk.SyncDirectory("");
            world.Disk.Delete("a");
        }), Is.EquivalentTo(new[] { "a=x b=x", "b=x" }));
    }

    [Test]
    public void A_full_disk_gets_room_when_a_file_loses_its_last_name()
    {
        using var world = new SimulatedWorld(1);
        world.Disk.FreeBytes = 4;
        Append(world, "a", "1234");
        world.Disk.Link("a", "b");
        world.Disk.Delete("a");
        Assert.That(world.Disk.FreeBytes, Is.Zero);
        world.Disk.Delete("b");
        Assert.That(world.Disk.FreeBytes, Is.EqualTo(4));
    }

    [Test]
    public void An_unsynced_truncation_may_be_undone()
    {
        var outcomes = Outcomes(world =>
        {
            var file = Append(world, "a", "12345");
            file.Sync();
            world.Disk.SyncDirectory("");
            file.Truncate(2);
        });
        Assert.That(outcomes, Is.EquivalentTo(new[] { "a=12345", "a=12" }));
    }

    private static HashSet<string> Outcomes(Action<SimulatedWorld> work)
    {
        var outcomes = new HashSet<string>();
        for (var seed = 0ul; seed < Seeds; seed++)
        {
            using var world = new SimulatedWorld(seed);
            work(world);
            world.Crash();
            outcomes.Add(string.Join(' ', world.Disk.List("").Value!.Select(name => $"{name}={Read(world, name)}")));
        }
        return outcomes;
    }

    [Test]
    public void Writes_fail_or_tear_when_asked_to()
    {
        using var world = new SimulatedWorld(1);
        var file = Append(world, "a", "x");
        world.Disk.FailNextWrite();
        Assert.That(file.Append("yyy"u8).Error, Is.EqualTo("Input/output error"));
        Assert.That(file.Length, Is.EqualTo(1));
        var lengths = new HashSet<long>();
        for (var i = 0; i < 50; i++)
        {
            var before = file.Length;
            world.Disk.TearNextWrite("No space left on device");
            Assert.That(file.Append("zzz"u8).Error, Is.EqualTo("No space left on device"));
            lengths.Add(file.Length - before);
        }
        Assert.That(lengths, Is.SubsetOf(new long[] { 0, 1, 2, 3 }).And.Count.GreaterThan(2));
        Assert.That(file.Append("ok"u8).Ok);
    }

    [Test]
    public void A_failing_sync_makes_nothing_durable()
    {
        var outcomes = Outcomes(world =>
        {
            var file = Append(world, "a", "");
            world.Disk.SyncDirectory("");
            world.Disk.SyncError = "Input/output error";
            file.Append("x"u8);
            Assert.That(file.Sync().Error, Is.EqualTo("Input/output error"));
        });
        Assert.That(outcomes, Does.Contain("a="));
    }

    [Test]
    public void Other_refusals_are_told_and_a_full_disk_gets_room_by_deleting()
    {
        using var world = new SimulatedWorld(1);
        world.Disk.FreeBytes = 3;
        using (var file = world.Disk.Open("a", DiskOpenMode.Append).Value!) Assert.That(file.Append("1234"u8).Error, Is.EqualTo("No space left on device"));
        Assert.That(Read(world, "a"), Is.EqualTo("123"));
        world.Disk.RenameError = "Permission denied";
        Assert.That(world.Disk.Rename("a", "b").Error, Is.EqualTo("Permission denied"));
        world.Disk.OpenError = "Too many open files";
        Assert.That(world.Disk.Open("c", DiskOpenMode.Replace).Status.Error, Is.EqualTo("Too many open files"));
        Assert.That(world.Disk.Delete("a").Ok);
        Assert.That(world.Disk.FreeBytes, Is.EqualTo(3));
    }

    [Test]
    public void A_dead_process_leaves_its_files_as_they_are_and_its_handles_useless()
    {
        using var world = new SimulatedWorld(1);
        var file = Append(world, "a", "unsynced");
        world.Kill();
        Assert.That(Read(world, "a"), Is.EqualTo("unsynced"));
        Assert.That(file.Append("x"u8).Error, Is.EqualTo("Bad file descriptor"));
    }
}
