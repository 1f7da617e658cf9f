using System.Diagnostics;
using System.Net;

namespace Carnelian.Tests;

/// <summary>Clocks, chance, budgets and workers of both worlds.</summary>
internal sealed class WorldTests
{
    private sealed class NoHandler : INetworkHandler
    {
        public void OnAccepted(Connection connection, Listener listener) { }

        public void OnReadable(Connection connection) { }

        public void OnWritable(Connection connection) { }
    }

    private sealed class Job(string name, List<string> log, Action? body = null) : WorkerJob
    {
        public int RanOnThread { get; private set; }

        public override void Run()
        {
            RanOnThread = Environment.CurrentManagedThreadId;
            body?.Invoke();
            lock (log) log.Add($"run {name}");
        }

        public override void Completed()
        {
            lock (log) log.Add($"done {name}");
        }
    }

    private static void Finish(World world)
    {
        Patience.Until(() =>
        {
            if (world.Workers.Pending == 0) return true;
            world.Network.Turn(new NoHandler(), 1000);
            world.Workers.DeliverCompleted();
            return false;
        }, "all jobs are done");
    }

    [Test]
    public void Jobs_of_a_queue_run_in_order_on_one_thread_and_complete_on_the_callers()
    {
        using var world = new RealWorld();
        var log = new List<string>();
        var jobs = Enumerable.Range(0, 50).Select(i => new Job($"{i}", log)).ToArray();
        foreach (var job in jobs) world.Workers.Post(WorkerQueue.SyncFile, job);
        Assert.That(world.Workers.Pending, Is.EqualTo(50));
        Finish(world);
        Assert.That(log.Where(l => l.StartsWith("run")), Is.EqualTo(jobs.Select((_, i) => $"run {i}")));
        Assert.That(log.Where(l => l.StartsWith("done")), Is.EqualTo(jobs.Select((_, i) => $"done {i}")));
        Assert.That(jobs.Select(j => j.RanOnThread).Distinct().Single(), Is.Not.EqualTo(Environment.CurrentManagedThreadId));
    }

    [Test]
    public void Queues_do_not_wait_for_each_other()
    {
        using var world = new RealWorld();
        using var gate = new ManualResetEventSlim();
        var wasFreed = false;
        world.Workers.Post(WorkerQueue.Save, new Job("slow", [], () => wasFreed = gate.Wait(Patience.OfPrograms)));
        world.Workers.Post(WorkerQueue.CloseFile, new Job("quick", [], gate.Set));
        Finish(world);
        Assert.That(wasFreed);
    }

    [Test]
    public void Disposing_runs_what_was_posted()
    {
        var log = new List<string>();
        var world = new RealWorld();
        for (var i = 0; i < 20; i++) world.Workers.Post(WorkerQueue.CloseFile, new Job($"{i}", log));
        world.Dispose();
        Assert.That(log, Has.Count.EqualTo(20));
    }

    [Test]
    public void A_job_that_throws_stops_the_command_thread_with_its_exception()
    {
        using var world = new RealWorld();
        world.Workers.Post(WorkerQueue.Save, new Job("bad", [], () => throw new BrokenInvariantException("the job's own")));
        Assert.That(() => Finish(world), Throws.InstanceOf<BrokenInvariantException>().With.Message.Contains("the job's own"));
    }

    [Test]
    public void Simulated_jobs_run_in_order_at_moments_of_the_seed_and_die_with_the_process()
    {
        var logs = new HashSet<string>();
        for (var seed = 0ul; seed < 40; seed++)
        {
            var log = RunJobs(seed);
            Assert.That(RunJobs(seed), Is.EqualTo(log));
            var first = log.Where(l => l is "run 0" or "run 1" or "run 2");
            Assert.That(first, Is.EqualTo(new[] { "run 0", "run 1", "run 2" }));
            logs.Add(string.Join(',', log));
        }
        Assert.That(logs, Has.Count.GreaterThan(5), "queues interleave differently");
        using var world = new SimulatedWorld(1);
        var lost = new List<string>();
        world.Workers.Post(WorkerQueue.Save, new Job("lost", lost));
        world.Crash();
        world.Advance(1000);
        world.Workers.DeliverCompleted();
        Assert.That(lost, Is.Empty);
        Assert.That(world.Workers.Pending, Is.Zero);
    }

    private static List<string> RunJobs(ulong seed)
    {
        using var world = new SimulatedWorld(seed);
        var log = new List<string>();
        for (var i = 0; i < 3; i++) world.Workers.Post(WorkerQueue.CloseFile, new Job($"{i}", log));
        for (var i = 3; i < 6; i++) world.Workers.Post(WorkerQueue.Save, new Job($"{i}", log));
        Assert.That(log, Is.Empty, "nothing runs before time passes");
        Finish(world);
        return log;
    }

    [Test]
    public void Real_clocks_go_on_and_agree_with_the_systems()
    {
        using var world = new RealWorld();
        const long toleranceMs = 1000;
        var (outer, before) = (Stopwatch.StartNew(), DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
        var (wall, monotonic) = (world.Clock.UnixMicroseconds, world.Clock.MonotonicNanoseconds);
        Assert.That(wall / 1000, Is.InRange(before - toleranceMs, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() + toleranceMs));
        var inner = Stopwatch.StartNew();
        Patience.Until(() => inner.ElapsedMilliseconds >= 20 && world.Clock.UnixMicroseconds - wall > 10_000, "time goes on");
        var least = (long)inner.Elapsed.TotalNanoseconds;
        Assert.That(world.Clock.MonotonicNanoseconds - monotonic, Is.InRange(least, (long)outer.Elapsed.TotalNanoseconds));
    }

    [Test]
    public void A_real_budget_is_spent_when_its_time_is_over()
    {
        using var world = new RealWorld();
        var start = world.Clock.MonotonicNanoseconds;
        var budget = world.StartBudget(5000);
        Patience.Until(() => budget.Spent, "the budget is spent");
        Assert.That(world.Clock.MonotonicNanoseconds - start, Is.GreaterThanOrEqualTo(5_000_000));
    }

    [Test]
    public void Simulated_clocks_move_by_hand_only_and_may_be_skewed()
    {
        using var world = new SimulatedWorld(1);
        var (wall, monotonic) = (world.Clock.UnixMicroseconds, world.Clock.MonotonicNanoseconds);
        world.Advance(1500);
        world.ClockSkewMicroseconds = -7;
        Assert.That(world.Clock.UnixMicroseconds - wall, Is.EqualTo(1_499_993));
        Assert.That(world.Clock.MonotonicNanoseconds - monotonic, Is.EqualTo(1_500_000_000));
    }

    [Test]
    public void Chance_differs_between_real_worlds_and_repeats_in_simulated_ones()
    {
        using var one = new RealWorld();
        using var two = new RealWorld();
        Assert.That(one.Randomness.Next(), Is.Not.EqualTo(two.Randomness.Next()));
        using var three = new SimulatedWorld(5);
        using var four = new SimulatedWorld(5);
        var (a, b) = (new byte[40], new byte[40]);
        three.Randomness.Fill(a);
        four.Randomness.Fill(b);
        Assert.That(a, Is.EqualTo(b));
        Assert.That(a.Distinct().Count(), Is.GreaterThan(10));
    }

    [Test]
    public void Below_reaches_all_values_about_equally([Values] bool simulated)
    {
        using World world = simulated ? new SimulatedWorld(2) : new RealWorld();
        var counts = new int[10];
        for (var i = 0; i < 100_000; i++) counts[world.Randomness.Below(10)]++;
        Assert.That(counts, Is.All.InRange(9_000, 11_000));
    }

    [Test]
    public void A_simulated_loop_that_never_waits_still_hears_of_its_jobs()
    {
        using var world = new SimulatedWorld(3);
        var log = new List<string>();
        world.Workers.Post(WorkerQueue.Save, new Job("polled", log));
        for (var i = 0; i < 63; i++) world.Network.Turn(new NoHandler(), 0);
        Assert.That(world.Clock.MonotonicNanoseconds, Is.Zero, "a few turns leave the clock alone");
        for (var i = 0; i < 2000 && world.Workers.Pending > 0; i++)
        {
            world.Network.Turn(new NoHandler(), 0);
            world.Workers.DeliverCompleted();
        }
        Assert.That(log, Is.EqualTo(new[] { "run polled", "done polled" }));
    }

    [Test]
    public void Hosts_are_found_by_address_and_by_name()
    {
        using var real = new RealWorld();
        Assert.That(real.Network.Resolve("127.0.0.1"), Is.EqualTo(new[] { IPAddress.Loopback }));
        Assert.That(real.Network.Resolve("localhost"), Is.Not.Empty.And.All.Matches<IPAddress>(a => a is not null && IPAddress.IsLoopback(a)));
        Assert.That(real.Network.Resolve(new string('x', 300)), Is.Empty);
        using var simulated = new SimulatedWorld(1);
        simulated.Simulation.HostNames["primary"] = [IPAddress.Parse("10.0.0.9")];
        Assert.That(simulated.Network.Resolve("::1"), Is.EqualTo(new[] { IPAddress.IPv6Loopback }));
        Assert.That(simulated.Network.Resolve("primary"), Is.EqualTo(new[] { IPAddress.Parse("10.0.0.9") }));
        Assert.That(simulated.Network.Resolve("nobody"), Is.Empty);
    }

    [Test]
    public void What_has_died_since_the_last_collection_is_no_managed_memory()
    {
        using var world = new RealWorld();
        GC.Collect();
        var before = world.Process.ManagedBytes;
        Assert.That(before, Is.Positive);
        var garbage = 0;
        for (var i = 0; i < 1000; i++) garbage += new byte[1000].Length;
        Assert.That(world.Process.ManagedBytes - before, Is.LessThan(garbage / 2));
    }

    [Test]
    public void Both_engines_serve_in_one_world_at_once()
    {
        if (!OperatingSystem.IsLinux()) Skip.Because("Only Linux has two engines.");
        using var net = new NetworkHarness(NetworkEngine.Default);
        foreach (var engine in NetworkHarness.Engines)
        {
            var listener = net.Network.Listen(new ListenOptions(NetworkHarness.Loopback) { Engine = engine }).Listener!;
            var (client, server) = net.Pair(listener);
            client.Send("hello"u8);
            client.Dispose();
            Assert.That(net.ReceiveAll(server), Is.EqualTo("hello"u8.ToArray()));
            server.Close();
        }
    }
}
