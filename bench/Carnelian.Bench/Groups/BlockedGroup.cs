namespace Carnelian;

/// <summary>What clients cost that wait in BLPOP: memory, waking one, and the work of others beside them.</summary>
internal sealed class BlockedGroup : IGroup
{
    private const string MemoryExplanation = "Resident bytes per client: idle, and what it takes more while it waits in BLPOP for one of 1,000 keys.";

    private const string WakingExplanation = """
        CPU of the server per RPUSH, in pipelines of 100: to a list that nobody waits for, and to one for which somebody does, who is served and waits again
        afterwards. User time alone, as the kernel's share is mostly the sending.
        """;

    private const string BesideExplanation = "CPU per SET of other keys with a pipeline of 16, without and with 1,000 clients that wait for lists; medians of pairs.";

    private const int AwaitedKeys = 1000, SettleMs = 3000, PushesPerBatch = 100, RoundsOfPushes = 20, Keys = 100_000;

    /// <summary>Nineteen thousand clients and these fit into the usual hard limit of 20,000.</summary>
    private const int ClientsBeyond = 100, OtherFiles = 900;

    /// <summary>Of proc(5).</summary>
    private const double MicrosecondsPerTick = 10_000;

    public string Name => "blocked";

    public IReadOnlyList<string> Members { get; } = ["blocked-memory", "blocked-waking", "blocked-beside"];

    public void Run(Lab lab, IReadOnlyList<string> members)
    {
        var clients = lab.Size(2_000, 19_000);
        OperatingSystemCalls.AllowOpenFiles(clients + OtherFiles);
        if (members.Contains(Members[0])) MeasureMemory(lab, clients);
        if (members.Contains(Members[1])) MeasureWaking(lab, lab.Size(1_000, 19_000));
        if (members.Contains(Members[2])) MeasureBeside(lab);
    }

    private static void Block(IReadOnlyList<RespConnection> connections)
    {
        for (var i = 0; i < connections.Count; i++) Block(connections[i], i);
    }

    private static void Block(RespConnection connection, int number)
    {
        connection.Append("BLPOP", $"waiting:{number % AwaitedKeys}", "0");
        connection.Flush();
    }

    private void MeasureMemory(Lab lab, int clients)
    {
        var table = lab.Report.Begin(new Table($"{clients:#,0} blocked clients", MemoryExplanation,
            ("server", 9), ("idle B", 9), ("blocked B more", 15), ("×", 6)));
        var candidate = double.NaN;
        lab.ForEachServer(Members[0], server =>
        {
            using (new ConnectionPool(server, 10)) Thread.Sleep(500);
            var empty = server.ResidentBytes();
            using var pool = new ConnectionPool(server, clients);
            Thread.Sleep(SettleMs);
            var idle = server.ResidentBytes();
            Block(pool.Connections);
            AwaitBlocked(server, clients);
            Thread.Sleep(SettleMs);
            var each = (double)(server.ResidentBytes() - idle) / clients;
            if (server.IsCandidate) candidate = each;
            table.Add(server.Name, Figure.Of((double)(idle - empty) / clients), Figure.Of(each), server.IsCandidate ? "" : Figure.Ratio(candidate, each));
        }, clients + ClientsBeyond);
    }

    private static void AwaitBlocked(ServerUnderTest server, int clients)
    {
        using var connection = server.Connect();
        for (var tries = 0; !connection.Call("INFO", "clients").Contains($"blocked_clients:{clients}\r\n"); tries++)
        {
            if (tries == 1000) throw new MeasurementFailed("the clients are not all blocked");
            Thread.Sleep(10);
        }
    }

    private static void MeasureWaking(Lab lab, int clients)
    {
        var table = lab.Report.Begin(new Table($"Waking one of {clients:#,0} blocked clients", WakingExplanation,
            ("server", 9), ("waiting", 9), ("push µs", 9), ("waking µs more", 15)));
        lab.ForEachServer("blocked-waking", server =>
        {
            foreach (var count in new[] { AwaitedKeys, clients }.Distinct())
            {
                using var pool = new ConnectionPool(server, count);
                using var pusher = server.Connect();
                Block(pool.Connections);
                AwaitBlocked(server, count);
                double unserved = 0, served = 0;
                for (var round = 0; round < lab.Options.Rounds * RoundsOfPushes; round++)
                {
                    unserved += Push(server, pusher, "other", afterBatch: null);
                    pusher.Call(["DEL", .. Enumerable.Range(0, AwaitedKeys).Select(i => $"other:{i}")]);
                    served += Push(server, pusher, "waiting", i =>
                    {
                        // The one that has waited longest for the key.
                        var client = round % (count / AwaitedKeys) * AwaitedKeys + i;
                        pool.Connections[client].SkipReplies(1);
                        Block(pool.Connections[client], i);
                    });
                }
                var pushes = (double)lab.Options.Rounds * RoundsOfPushes * AwaitedKeys;
                table.Add(server.Name, $"{count:#,0}", Figure.Of(unserved / pushes), Figure.Of((served - unserved) / pushes));
            }
        }, clients + ClientsBeyond);
    }

    /// <summary>Pushes once to each key.</summary>
    /// <returns>The server's user time, microseconds.</returns>
    private static double Push(ServerUnderTest server, RespConnection pusher, string prefix, Action<int>? afterBatch)
    {
        long ticks = 0;
        for (var first = 0; first < AwaitedKeys; first += PushesPerBatch)
        {
            var before = server.Cpu();
            for (var i = first; i < first + PushesPerBatch; i++) pusher.Append("RPUSH", $"{prefix}:{i}", "element");
            pusher.Flush();
            pusher.SkipReplies(PushesPerBatch);
            ticks += server.Cpu().Since(before).UserTicks;
            for (var i = first; afterBatch is not null && i < first + PushesPerBatch; i++) afterBatch(i);
        }
        return ticks * MicrosecondsPerTick;
    }

    private static void MeasureBeside(Lab lab)
    {
        var table = lab.Report.Begin(new Table("Beside 1,000 blocked clients", BesideExplanation, ("server", 9), ("alone µs", 9), ("beside µs", 9), ("×", 6)));
        var requests = lab.Size(100_000, 1_000_000);
        lab.ForEachServer("blocked-beside", server =>
        {
            List<double> alone = [], beside = [];
            var workload = new Workload("blocked-beside", "-t set -P 16 -d 32", Keys, requests, requests);
            for (var round = 0; round < lab.Options.Rounds; round++)
            {
                alone.Add(BenchmarkRun.Measure(lab.Children, lab.Benchmark, server, workload, requests).CpuMicroseconds);
                using var pool = new ConnectionPool(server, AwaitedKeys);
                Block(pool.Connections);
                AwaitBlocked(server, AwaitedKeys);
                beside.Add(BenchmarkRun.Measure(lab.Children, lab.Benchmark, server, workload, requests).CpuMicroseconds);
            }
            var ratio = Figure.Median(beside.Zip(alone, (with, without) => with / without));
            table.Add(server.Name, Figure.Of(Figure.Median(alone)), Figure.Of(Figure.Median(beside)), Figure.Of(ratio));
        }, AwaitedKeys + ClientsBeyond);
    }
}
