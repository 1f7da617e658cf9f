using System.Diagnostics;

namespace Carnelian.Tests;

/// <summary>What clients cost that wait: with CARNELIAN_MEASURE=1 a hundred thousand of them and their waking, otherwise the memory of some.</summary>
internal sealed class BlockedCostTests
{
    private const int Keys = 1000, BytesMax = 1500;

    [Test]
    public void A_client_that_waits_takes_little_more_than_an_idle_one()
    {
        SimulatedServer.SkipUnlessInline("each connection has a buffer of its own");
        using var server = new SimulatedServer(options => options.Memory = new AllocatorOptions { RangeBytesMax = 1L << 34 }, WaitingCommands.Table());
        var clients = Connect(server, 5000);
        var idle = Used(server);
        Block(server, clients, clients.Count);
        var each = (Used(server) - idle) / clients.Count;
        TestContext.Out.WriteLine($"{each} bytes more per blocked client");
        Assert.That(each, Is.LessThan(BytesMax));
    }

    [Test]
    public void A_hundred_thousand_wait_and_are_woken_as_fast_as_a_thousand()
    {
        Skip.UnlessMeasuring();
        foreach (var count in new[] { 1000, 100_000 })
        {
            using var server = new SimulatedServer(options =>
            {
                options.Memory = new AllocatorOptions { RangeBytesMax = 1L << 34 };
                options.MaxClients = 200_000;
            }, WaitingCommands.Table());
            var clients = Connect(server, count);
            var idle = Used(server);
            Block(server, clients, count);
            var each = (Used(server) - idle) / count;
            List<double> unserved = [], waking = [];
            for (var pass = 0; pass < 200; pass++)
            {
                unserved.Add(Push(server, "other"));
                waking.Add(Push(server, "k") - unserved[^1]);
                // Those who were served wait again, behind the others.
                Block(server, clients[(pass * Keys % count)..(pass * Keys % count + Keys)], count);
            }
            TestContext.Out.WriteLine($"{count} waiting: {each} bytes each, push {Median(unserved):F2} us, waking {Median(waking):F2} us more");
            Assert.That(each, Is.LessThan(BytesMax));
        }
    }

    private static List<TestClient> Connect(SimulatedServer server, int count)
    {
        var clients = new List<TestClient>(count);
        while (clients.Count < count)
        {
            for (var i = 0; i < 1000; i++) clients.Add(server.Connect());
            server.TurnUntil(() => server.Server.Clients.Count == clients.Count);
        }
        return clients;
    }

    private static double Median(List<double> figures) => figures.Order().ElementAt(figures.Count / 2);

    private static void Block(SimulatedServer server, List<TestClient> clients, int all)
    {
        var blocked = server.Server.Executor.BlockedClients;
        Assert.That(blocked.Count + clients.Count, Is.EqualTo(all));
        for (var first = 0; first < clients.Count; first += Keys)
        {
            for (var i = 0; i < Keys; i++) clients[first + i].Send("WAITFORKEY", $"k{i}", "0");
            server.TurnUntil(() => blocked.Count == all - clients.Count + first + Keys);
        }
    }

    private static long Used(SimulatedServer server)
    {
        // Input buffers of the moment are given back.
        server.AdvanceTime(5000);
        return GC.GetTotalMemory(forceFullCollection: true) + server.Server.Allocator.UsedBytes;
    }

    /// <returns>Microseconds per push.</returns>
    private static double Push(SimulatedServer server, string prefix)
    {
        var session = new LocalSession(server.Server);
        var requests = Enumerable.Range(0, Keys).Select(i => new LocalRequest(LocalRequest.Encode(["PUT", $"{prefix}{i}", "v"]))).ToArray();
        var started = Stopwatch.GetTimestamp();
        foreach (var request in requests) session.Run(request);
        return Stopwatch.GetElapsedTime(started).TotalMicroseconds / Keys;
    }
}
