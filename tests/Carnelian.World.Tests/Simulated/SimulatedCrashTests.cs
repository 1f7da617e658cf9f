using System.Text;

namespace Carnelian.Tests;

/// <summary>What a power failure does to sectors, names and directories that nobody synced.</summary>
internal sealed class SimulatedCrashTests
{
    private const int Seeds = 400, SectorBytes = 512;

    private static void Write(SimulatedWorld world, string path, string text, bool syncs = true)
    {
        using var file = world.Disk.Open(path, DiskOpenMode.Append).Value!;
        Assert.That(file.Append(Encoding.ASCII.GetBytes(text)).Ok);
        if (syncs) Assert.That(file.Sync().Ok);
    }

    private static string Read(SimulatedWorld world, string path) => Encoding.ASCII.GetString(world.Disk.ReadAll(path).Value!);

    /// <summary>What there may be after a crash: names and contents of the root's and of d's files.</summary>
    private static HashSet<string> Outcomes(Action<SimulatedWorld> work)
    {
        var outcomes = new HashSet<string>();
        for (var seed = 0ul; seed < Seeds; seed++)
        {
            using var world = new SimulatedWorld(seed);
            work(world);
            world.Crash();
            var files = world.Disk.List("").Value!.Select(name => $"{name}={Read(world, name)}");
            if (world.Disk.DirectoryExists("d")) files = [.. files, "d:", .. world.Disk.List("d").Value!.Select(name => $"{name}={Read(world, "d/" + name)}")];
            outcomes.Add(string.Join(' ', files));
        }
        return outcomes;
    }

    [Test]
    public void Sectors_reach_the_disk_in_any_order_and_synced_bytes_stay()
    {
        var patterns = new HashSet<string>();
        for (var seed = 0ul; seed < Seeds; seed++)
        {
            using var world = new SimulatedWorld(seed);
            Write(world, "a", new string('s', SectorBytes + 100));
            world.Disk.SyncDirectory("");
            Write(world, "a", new string('u', 3 * SectorBytes), syncs: false);
            world.Crash();
            var left = Read(world, "a");
            Assert.That(left, Does.StartWith(new string('s', SectorBytes + 100)));
            // Of each sector behind it: there or zeros, the whole part that was not synced.
            var rest = left[(SectorBytes + 100)..].PadRight(3 * SectorBytes, '.');
            int[] ends = [SectorBytes - 100, 2 * SectorBytes - 100, 3 * SectorBytes - 100];
            var from = 0;
            var pattern = "";
            foreach (var end in ends)
            {
                pattern += rest[from];
                from = end;
            }
            patterns.Add(pattern);
        }
        Assert.That(patterns, Does.Contain("uuu").And.Contain("\0uu").And.Contain("u\0u").And.Contain("\0.."));
    }

    [Test]
    public void Changes_of_different_names_survive_each_for_itself_and_those_of_one_in_order()
    {
        var outcomes = Outcomes(world =>
        {
            Write(world, "one", "1");
            Write(world, "two", "2");
        });
        Assert.That(outcomes, Is.EquivalentTo(new[] { "", "one=1", "two=2", "one=1 two=2" }));
        outcomes = Outcomes(world =>
        {
            Write(world, "old", "1");
            world.Disk.SyncDirectory("");
            world.Disk.Rename("old", "kept");
            Write(world, "old", "2");
        });
        // A new file of the old name cannot overtake the rename that made room for it.
        Assert.That(outcomes, Is.EquivalentTo(new[] { "old=1", "kept=1", "kept=1 old=2" }));
    }

    [Test]
    public void A_rename_to_a_new_name_is_never_seen_at_both_or_at_none()
    {
        var outcomes = Outcomes(world =>
        {
            Write(world, "file", "1");
            world.Disk.SyncDirectory("");
            world.Disk.Rename("file", "other");
            world.Disk.Rename("other", "third");
        });
        Assert.That(outcomes, Is.EquivalentTo(new[] { "file=1", "other=1", "third=1" }));
    }

    [Test]
    public void A_directory_that_was_not_synced_may_go_with_all_that_was_synced_in_it()
    {
        var outcomes = Outcomes(world =>
        {
            world.Disk.CreateDirectory("d");
            Write(world, "d/a", "1");
            world.Disk.SyncDirectory("d");
        });
        Assert.That(outcomes, Is.EquivalentTo(new[] { "", "d: a=1" }));
        outcomes = Outcomes(world =>
        {
            world.Disk.CreateDirectory("d");
            world.Disk.SyncDirectory(".");
            Write(world, "d/a", "1");
            world.Disk.SyncDirectory("d");
        });
        Assert.That(outcomes, Is.EquivalentTo(new[] { "d: a=1" }));
    }

    [Test]
    public void What_a_failed_sync_gave_up_does_not_become_durable_by_the_next()
    {
        var outcomes = Outcomes(world =>
        {
            world.Disk.FailedSyncGivesUp = true;
            using var file = world.Disk.Open("a", DiskOpenMode.Append).Value!;
            world.Disk.SyncDirectory("");
            file.Append("lost"u8);
            world.Disk.SyncError = DiskErrors.InputOutput;
            Assert.That(file.Sync().Name, Is.EqualTo("EIO"));
            world.Disk.SyncError = null;
            file.Append("kept"u8);
            Assert.That(file.Sync().Ok);
            Assert.That(Read(world, "a"), Is.EqualTo("lostkept"));
        });
        Assert.That(outcomes, Is.EquivalentTo(new[] { "a=\0\0\0\0kept" }));
    }

    [Test]
    public void Room_comes_back_with_what_a_crash_lost_and_a_rename_replaced()
    {
        using var world = new SimulatedWorld(1);
        world.Disk.FreeBytes = 100;
        Write(world, "a", "12345");
        Write(world, "b", "123");
        world.Disk.Rename("b", "a");
        Assert.That(world.Disk.FreeBytes, Is.EqualTo(97));
        world.Crash();
        var left = world.Disk.List("").Value!.Sum(name => Read(world, name).Length);
        Assert.That(world.Disk.FreeBytes, Is.EqualTo(100 - left));
    }

    [Test]
    public void Trouble_comes_and_goes()
    {
        using var world = new SimulatedWorld(1);
        world.Disk.TroublePerMillion = 300_000;
        var seen = new HashSet<string>();
        for (var i = 0; i < 200; i++)
        {
            var opened = world.Disk.Open("a", DiskOpenMode.Append);
            seen.Add("open " + opened.Status.Name);
            if (opened.Value is not { } file) continue;
            seen.Add("append " + file.Append("xx"u8).Name);
            seen.Add("sync " + file.Sync().Name);
            seen.Add("names " + world.Disk.SyncDirectory("").Name);
        }
        string[] kinds = ["open", "append", "sync", "names"];
        Assert.That(seen, Is.EquivalentTo(kinds.SelectMany(kind => new[] { $"{kind} ", $"{kind} EIO", $"{kind} ENOSPC" })));
        world.Disk.TroublePerMillion = 0;
        world.Disk.WriteError = DiskErrors.NoSpace;
        using var last = world.Disk.Open("a", DiskOpenMode.Append).Value!;
        Assert.That(last.Append("x"u8), Is.EqualTo(new DiskStatus("No space left on device", "ENOSPC", "a")));
        world.Disk.WriteError = null;
        Assert.That(last.Append("x"u8).Ok);
    }
}
