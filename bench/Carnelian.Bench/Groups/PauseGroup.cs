using System.Diagnostics;

namespace Carnelian;

/// <summary>How long one client waits while others load the server: the pauses that growing tables, big values and collectors make.</summary>
internal sealed class PauseGroup : IGroup
{
    private const string Explanation = """
        A probe sends PING and GET in turn every millisecond; a reply later than that stands for the probes it held up. Milliseconds, medians of the rounds
        (at most three, each with a fresh server); worst is the highest of all rounds. Idle: nothing else happens, the noise of this machine. Fill: one client
        pipelines SETs of new keys (16 + 32 bytes). Large: ten thousand clients are connected (small load: a thousand) and one SETs and GETs values
        of 1 MiB. Many: 200 clients of valkey-benchmark SET such values. The load is what the others got done: commands per second.
        """;

    private const string Idle = "pause-idle";
    private const string Fill = "pause-fill";
    private const string Large = "pause-large";
    private const string Many = "pause-many";
    private const int LargeBytes = 1 << 20;
    private const int RoundsMax = 3;

    public string Name => "pauses";

    public IReadOnlyList<string> Members { get; } = [Idle, Fill, Large, Many];

    public void Run(Lab lab, IReadOnlyList<string> members)
    {
        var table = lab.Report.Begin(new Table("Pauses", Explanation,
            ("while", 5), ("server", 9), ("load/s", 9), ("probes", 8), ("p50", 7), ("p99.9", 7), ("max", 7), ("worst", 7), ("p99.9 ×", 7), ("max ×", 6))
        { WordColumns = 2 });
        var connections = lab.Size(1_000, 10_000);
        ConnectionPool.AllowFor(connections);
        foreach (var member in members)
        {
            var rounds = new List<Round>();
            for (var round = 0; round < Math.Min(lab.Options.Rounds, RoundsMax); round++)
            {
                lab.ForEachServer(member, server => rounds.Add(member switch
                {
                    Idle => WhileIdle(server, TimeSpan.FromSeconds(lab.Size(2, 10))),
                    Fill => WhileFilling(server, lab.Size(1_000_000, 10_000_000)),
                    Many => WhileMany(lab, server),
                    _ => WhileLarge(server, connections, TimeSpan.FromSeconds(lab.Size(3, 15))),
                }), connections + ConnectionPool.ClientsBeyond, round);
            }
            AddRows(lab, table, member, rounds);
        }
    }

    private static Round WhileIdle(ServerUnderTest server, TimeSpan duration)
    {
        using var probe = LatencyProbe.Start(server);
        Thread.Sleep(duration);
        return new Round(server.Name, double.NaN, probe.Stop());
    }

    private static Round WhileFilling(ServerUnderTest server, int keys)
    {
        using var connection = server.Connect();
        using var probe = LatencyProbe.Start(server);
        var started = Stopwatch.GetTimestamp();
        RespLoader.Fill(connection, RespLoader.KeyPrefix, 0, keys, RespLoader.Value(32));
        var perSecond = keys / Stopwatch.GetElapsedTime(started).TotalSeconds;
        return new Round(server.Name, perSecond, probe.Stop());
    }

    private static Round WhileLarge(ServerUnderTest server, int connections, TimeSpan duration)
    {
        using var pool = new ConnectionPool(server, connections);
        using var connection = server.Connect();
        var value = RespLoader.Value(LargeBytes);
        var key = RespLoader.NewKey("large:");
        using var probe = LatencyProbe.Start(server);
        var started = Stopwatch.GetTimestamp();
        var commands = 0L;
        for (; Stopwatch.GetElapsedTime(started) < duration; commands += 2)
        {
            const int KeysInUse = 100;
            RespLoader.PutNumber(key, commands / 2 % KeysInUse);
            connection.AppendSet(key, value);
            connection.AppendGet(key);
            connection.Flush();
            connection.SkipReplies(2);
        }
        return new Round(server.Name, commands / Stopwatch.GetElapsedTime(started).TotalSeconds, probe.Stop());
    }

    private static Round WhileMany(Lab lab, ServerUnderTest server)
    {
        var requests = lab.Size(2_000, 10_000);
        var workload = new Workload(Many, $"-t set -c 200 -d {LargeBytes}", 100, requests, requests);
        using var probe = LatencyProbe.Start(server);
        var run = BenchmarkRun.Measure(lab.Children, lab.Benchmark, server, workload, requests);
        return new Round(server.Name, run.RequestsPerSecond, probe.Stop());
    }

    private static void AddRows(Lab lab, Table table, string member, List<Round> rounds)
    {
        var (candidateP999, candidateMax) = (double.NaN, double.NaN);
        foreach (var program in lab.Programs)
        {
            var own = rounds.Where(r => r.Server == program.Name).ToList();
            if (own.Count == 0)
                continue;
            var p999 = Figure.Median(own.Select(r => r.Latencies.P999));
            var max = Figure.Median(own.Select(r => r.Latencies.Max));
            if (program.IsCandidate)
                (candidateP999, candidateMax) = (p999, max);
            table.Add(
                member["pause-".Length..], program.Name, Figure.Of(Figure.Median(own.Select(r => r.LoadPerSecond))), Figure.Of(own.Sum(r => r.Latencies.Count)),
                Figure.Of(Figure.Median(own.Select(r => r.Latencies.P50))), Figure.Of(p999), Figure.Of(max), Figure.Of(own.Max(r => r.Latencies.Max)),
                program.IsCandidate ? "" : Figure.Ratio(candidateP999, p999), program.IsCandidate ? "" : Figure.Ratio(candidateMax, max));
        }
    }

    private sealed record Round(string Server, double LoadPerSecond, Latencies Latencies);
}
