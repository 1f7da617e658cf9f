namespace Carnelian.Tests;

/// <summary>A disk that takes its time: who works for somebody else waits for it, and everything else goes on.</summary>
internal sealed class SimulatedPaceTests
{
    private const long NanosecondsPerMillisecond = 1_000_000;

    private sealed class Job(Action run, Action? completed = null) : WorkerJob
    {
        public override void Run() => run();

        public override void Completed() => completed?.Invoke();
    }

    private static DiskFile Open(SimulatedWorld world, string path) => world.Disk.Open(path, DiskOpenMode.Append).Value!;

    private static void WaitFor(SimulatedWorld world, Func<bool> condition)
    {
        for (var i = 0; i < 10_000 && !condition(); i++)
        {
            world.Advance(1);
            world.Workers.DeliverCompleted();
        }
        Assert.That(condition());
    }

    [Test]
    public void A_job_takes_as_long_as_its_bytes_and_others_go_on_meanwhile()
    {
        using var world = new SimulatedWorld(1);
        world.Disk.Pace.BytesPerSecond = 20_000_000;
        var (saved, other) = (false, 0L);
        var file = Open(world, "a");
        world.Workers.Post(WorkerQueue.Save, new Job(() => Assert.That(file.Append(new byte[10_000_000]).Ok), () => saved = true));
        world.Workers.Post(WorkerQueue.Memory, new Job(() => { }, () => other = world.Clock.MonotonicNanoseconds));
        world.Advance(250);
        Assert.That(file.Length, Is.InRange(4_000_000, 6_000_000), "halfway");
        WaitFor(world, () => saved);
        Assert.That(world.Clock.MonotonicNanoseconds / NanosecondsPerMillisecond, Is.InRange(500, 520));
        Assert.That(other, Is.Not.Zero.And.LessThan(255 * NanosecondsPerMillisecond));
        Assert.That(world.Disk.Pace.HeldMicroseconds, Is.Zero);
    }

    [Test]
    public void Jobs_of_one_queue_wait_for_each_other_and_of_two_share_the_disk()
    {
        using var world = new SimulatedWorld(1);
        world.Disk.Pace.BytesPerSecond = 1_000_000;
        var ends = new List<string>();
        foreach (var (queue, name) in new[] { (WorkerQueue.Save, "a"), (WorkerQueue.Save, "b"), (WorkerQueue.SyncFile, "c") })
        {
            var file = Open(world, name);
            world.Workers.Post(queue, new Job(() => file.Append(new byte[100_000]), () => ends.Add($"{name}{world.Clock.MonotonicNanoseconds / NanosecondsPerMillisecond / 50 * 50}")));
        }
        WaitFor(world, () => ends.Count == 3);
        Assert.That(ends, Is.EquivalentTo(new[] { "a200", "c200", "b300" }));
    }

    [Test]
    public void A_stall_holds_what_is_under_way_and_what_begins()
    {
        using var world = new SimulatedWorld(1);
        world.Disk.Pace.SyncMicrosecondsMin = world.Disk.Pace.SyncMicrosecondsMax = 1000;
        var file = Open(world, "a");
        file.Append("x"u8);
        long synced = 0;
        world.Workers.Post(WorkerQueue.SyncFile, new Job(() => Assert.That(file.Sync().Ok), () => synced = world.Clock.MonotonicNanoseconds));
        world.Disk.Pace.Stall(5000);
        WaitFor(world, () => synced > 0);
        Assert.That(synced / NanosecondsPerMillisecond, Is.InRange(5000, 5020));
    }

    [Test]
    public void The_command_thread_is_held_by_what_it_does_itself()
    {
        using var world = new SimulatedWorld(1);
        world.Disk.Pace.SyncMicrosecondsMin = world.Disk.Pace.SyncMicrosecondsMax = 7000;
        var file = Open(world, "a");
        Assert.That(file.Sync().Ok);
        Assert.That(world.Clock.MonotonicNanoseconds, Is.EqualTo(7 * NanosecondsPerMillisecond));
        Assert.That(world.Disk.Pace.HeldMicroseconds, Is.EqualTo(7000));
    }

    [Test]
    public void A_crash_in_the_midst_of_a_job_ends_it_and_leaves_what_it_had_done()
    {
        var found = new HashSet<string>();
        for (var seed = 0ul; seed < 300; seed++)
        {
            using var world = new SimulatedWorld(seed);
            world.Disk.Pace.OperationMicrosecondsMax = world.Disk.Pace.SyncMicrosecondsMax = 1000;
            var ended = false;
            world.Workers.Post(WorkerQueue.Save, new Job(() =>
            {
                using (var file = world.Disk.Open("new", DiskOpenMode.Replace).Value)
                {
                    file?.Append("whole"u8);
                    file?.Sync();
                }
                world.Disk.Rename("new", "file");
                world.Disk.SyncDirectory("");
                ended = true;
            }, () => Assert.Fail("nobody is there any more who could hear of it")));
            for (var steps = seed % 12; steps > 0; steps--) world.Simulation.RunNext();
            var began = world.Disk.Operations > 0 || world.Simulation.NowNanoseconds > 0 && world.Simulation.RunNext();
            world.Crash();
            if (began) Assert.That(ended, "the job comes to its end, and the disk refuses it everything");
            var operations = world.Disk.Operations;
            world.Advance(1000);
            world.Workers.DeliverCompleted();
            Assert.That(world.Disk.Operations, Is.EqualTo(operations));
            found.Add(string.Join(' ', world.Disk.List("").Value!));
        }
        Assert.That(found, Is.EquivalentTo(new[] { "", "new", "file" }));
    }

    [Test]
    public void A_seed_repeats_exactly_though_jobs_run_on_threads()
    {
        Assert.That(Trace(7), Is.EqualTo(Trace(7)).And.Not.EqualTo(Trace(8)));
    }

    private static ulong Trace(ulong seed)
    {
        using var world = new SimulatedWorld(seed);
        world.Disk.Pace.BytesPerSecond = 1_000_000;
        world.Disk.Pace.SyncMicrosecondsMax = 5000;
        world.Disk.Pace.StallsPerMillion = 100_000;
        world.Disk.Pace.StallMicrosecondsMax = 100_000;
        var done = 0;
        for (var i = 0; i < 20; i++)
        {
            var file = Open(world, $"file{i % 3}");
            world.Workers.Post(i % 2 == 0 ? WorkerQueue.Save : WorkerQueue.SyncFile, new Job(() =>
            {
                file.Append(new byte[1000]);
                file.Sync();
            }, () => done++));
        }
        WaitFor(world, () => done == 20);
        return world.Simulation.Trace;
    }
}
