using System.Diagnostics;
using System.Globalization;

namespace Carnelian;

/// <summary>What eviction costs: SETs of new keys into a full server, and a limit that is lowered at once.</summary>
internal sealed class EvictionLoadGroup : IGroup
{
    private const string Explanation = """
        Set: one client SETs random keys of ten times as many as fit (16-byte keys, 32-byte values, pipelines of 512, two under way: valkey-benchmark would be the limit) into a
        server that is full, so that nearly each evicts another; medians of the rounds (at most three). Shrink: maxmemory of a filled server is set to half of what is used, and a probe PINGs and
        GETs every millisecond until memory is within it; ready is when. Turn is the longest of the server's loop by its own account (`eventloop_duration_max`).
        """;

    private const string Set = "evict-set";
    private const string Shrink = "evict-shrink";
    private const int RoundsMax = 3;
    private const int FullBytes = 64 << 20;

    public string Name => "eviction";

    public IReadOnlyList<string> Members { get; } = [$"{Set}-lru", $"{Set}-lfu", $"{Set}-random", Shrink];

    public void Run(Lab lab, IReadOnlyList<string> members)
    {
        var table = lab.Report.Begin(new Table("Cost of eviction", Explanation,
            ("load", 6), ("server", 9), ("req/s", 9), ("CPU µs", 7), ("evicted", 9), ("turn ms", 7), ("probe max ms", 12), ("ready s", 7), ("req/s ×", 7))
        { WordColumns = 2 });
        foreach (var member in members)
        {
            var runs = new List<EvictionRun>();
            for (var round = 0; round < Math.Min(lab.Options.Rounds, RoundsMax); round++)
            {
                lab.ForEachServer(member, server =>
                {
                    if (server.Program.RedisOptions)
                        runs.Add(member == Shrink ? RunShrink(lab, server) : RunSet(lab, server, $"allkeys-{member[(Set.Length + 1)..]}"));
                }, first: round);
            }
            AddRows(lab, table, member, runs);
        }
    }

    private static EvictionRun RunSet(Lab lab, ServerUnderTest server, string policy)
    {
        var (keys, requests) = (lab.Size(5_000_000, 10_000_000), lab.Size(1_000_000, 4_000_000));
        using var connection = server.Connect();
        connection.Call("CONFIG", "SET", "maxmemory", FullBytes.ToString(CultureInfo.InvariantCulture));
        connection.Call("CONFIG", "SET", "maxmemory-policy", policy);
        RespLoader.Fill(connection, "filled:", 0, lab.Size(1_000_000, 2_000_000), RespLoader.Value(32));
        connection.Call("CONFIG", "RESETSTAT");
        var (random, key, value) = (new SeededRandom(1), RespLoader.NewKey(RespLoader.KeyPrefix), RespLoader.Value(32));
        var (started, cpu) = (Stopwatch.GetTimestamp(), server.Cpu());
        RespLoader.Run(connection, 0, requests, (to, _) =>
        {
            RespLoader.PutNumber(key, random.Below(keys));
            to.AppendSet(key, value);
        });
        var perSecond = requests / Stopwatch.GetElapsedTime(started).TotalSeconds;
        var microseconds = server.Cpu().Since(cpu).Nanoseconds / 1000.0 / requests;
        return new EvictionRun(server.Name, perSecond, microseconds, ServerInfo.Number(connection, "evicted_keys"), LongestTurnMs(connection), double.NaN, double.NaN);
    }

    private static EvictionRun RunShrink(Lab lab, ServerUnderTest server)
    {
        using var connection = server.Connect();
        RespLoader.Fill(connection, RespLoader.KeyPrefix, 0, lab.Size(1_000_000, 4_000_000), RespLoader.Value(32));
        connection.Call("CONFIG", "SET", "maxmemory-policy", "allkeys-lru");
        connection.Call("CONFIG", "RESETSTAT");
        using var probe = LatencyProbe.Start(server);
        var limit = (long)ServerInfo.Number(connection, "used_memory") / 2;
        var started = Stopwatch.GetTimestamp();
        connection.Call("CONFIG", "SET", "maxmemory", limit.ToString(CultureInfo.InvariantCulture));
        // Some buffers come and go.
        while (ServerInfo.Number(connection, "used_memory") > limit * 1.01 && Stopwatch.GetElapsedTime(started) < TimeSpan.FromMinutes(1))
            Thread.Sleep(10);
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        return new EvictionRun(server.Name, double.NaN, double.NaN, ServerInfo.Number(connection, "evicted_keys"), LongestTurnMs(connection), probe.Stop().Max, seconds);
    }

    private static double LongestTurnMs(RespConnection connection) => ServerInfo.Number(connection, "eventloop_duration_max") / 1000;

    private static void AddRows(Lab lab, Table table, string member, List<EvictionRun> runs)
    {
        var candidate = double.NaN;
        foreach (var program in lab.Programs)
        {
            var own = runs.Where(run => run.Server == program.Name).ToList();
            if (own.Count == 0)
                continue;
            var perSecond = Of(run => run.RequestsPerSecond);
            if (program.IsCandidate)
                candidate = perSecond;
            table.Add(
                member["evict-".Length..], program.Name, Figure.Of(perSecond), Figure.Of(Of(run => run.CpuMicroseconds)), Figure.Of(Of(run => run.Evicted)),
                Figure.Of(Of(run => run.LongestTurnMs)), Figure.Of(Of(run => run.ProbeMaxMs)), Figure.Of(Of(run => run.ReadySeconds)),
                program.IsCandidate ? "" : Figure.Ratio(candidate, perSecond));

            double Of(Func<EvictionRun, double> figure) => Figure.Median(own.Select(figure));
        }
    }

    private sealed record EvictionRun(
        string Server, double RequestsPerSecond, double CpuMicroseconds, double Evicted, double LongestTurnMs, double ProbeMaxMs, double ReadySeconds);
}
