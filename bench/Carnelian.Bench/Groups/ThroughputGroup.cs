namespace Carnelian;

/// <summary>
/// Throughput, latency and CPU per request under valkey-benchmark. All servers run side by side and take turns within each round,
/// so that what else the machine does hits all of them alike.
/// </summary>
internal sealed class ThroughputGroup : IGroup
{
    private const string Explanation = """
        Medians of the rounds. CPU is the server's, all threads, per request (MSET: of ten keys), from the scheduler's nanoseconds of the process; user is
        how much of it was not the kernel's, from the ticks of /proc. Spread is (highest − lowest) / median of the requests per second. Generator is the load of
        valkey-benchmark's one thread: with `!` it is at its limit, and requests per second say nothing about a faster server, CPU does. Latencies in
        milliseconds, p99.9 at the distribution's step 99.902%. The last column counts the rounds in which the candidate's p99 was not above the row's.
        """;

    private const int WarmUpShare = 4;

    public string Name => "throughput";

    public IReadOnlyList<string> Members { get; } = [.. Workload.All.Select(w => w.Name)];

    public void Run(Lab lab, IReadOnlyList<string> members)
    {
        var table = lab.Report.Begin(new Table("Throughput", Explanation,
            ("workload", 15), ("server", 9), ("req/s", 10), ("spread", 6), ("CPU µs", 7), ("user", 5), ("p50", 7), ("p99", 7), ("p99.9", 7),
            ("generator", 9), ("req/s ×", 7), ("CPU ×", 7), ("p99 ≤", 7)) { WordColumns = 2 });
        var servers = new List<ServerUnderTest>();
        try
        {
            foreach (var workload in Workload.All.Where(w => members.Contains(w.Name)))
            {
                StartWhatIsMissing(lab, servers);
                AddRows(table, workload, Measure(lab, workload, servers));
            }
        }
        finally
        {
            foreach (var server in servers)
                server.Dispose();
        }
    }

    /// <summary>All servers at first; later those that did not survive the workload before.</summary>
    private static void StartWhatIsMissing(Lab lab, List<ServerUnderTest> servers)
    {
        foreach (var ended in servers.Where(server => server.HasEnded).ToList())
        {
            servers.Remove(ended);
            ended.Dispose();
        }
        foreach (var program in lab.Programs.Where(program => servers.All(server => server.Program != program)))
            lab.Attempt(program.Name, "start", () => servers.Add(ServerUnderTest.Start(program, lab.Children)));
        // In the order of the programs, the candidate first.
        servers.Sort((a, b) => lab.Programs.IndexOf(a.Program) - lab.Programs.IndexOf(b.Program));
    }

    /// <summary>The rounds of each server; a server that failed in one of them is left out.</summary>
    private static Dictionary<ServerUnderTest, List<BenchmarkRun>> Measure(Lab lab, Workload workload, List<ServerUnderTest> servers)
    {
        var requests = workload.Requests(lab.Options.Full);
        var able = servers.Where(started => lab.Attempt(started, workload.Name, server =>
        {
            using (var connection = server.Connect())
            {
                connection.Call("FLUSHALL");
                if (workload.FillsKeys) RespLoader.Fill(connection, workload.KeyPrefix, 0, workload.Keys, workload.FilledValue);
                workload.Prepare?.Invoke(connection);
                if (workload.OtherValue.Length > 0)
                {
                    connection.AppendSet("other"u8.ToArray(), workload.OtherValue);
                    connection.Flush();
                    connection.SkipReplies(1);
                }
            }
            BenchmarkRun.Measure(lab.Children, lab.Benchmark, server, workload, requests / WarmUpShare);
        })).ToList();

        var runs = able.ToDictionary(server => server, _ => new List<BenchmarkRun>());
        for (var round = 0; round < lab.Options.Rounds; round++)
        {
            foreach (var server in Lab.Rotated(able, round))
            {
                if (runs.TryGetValue(server, out var list)
                    && !lab.Attempt(server, workload.Name, running => list.Add(BenchmarkRun.Measure(lab.Children, lab.Benchmark, running, workload, requests))))
                    runs.Remove(server);
            }
        }
        return runs;
    }

    private static void AddRows(Table table, Workload workload, Dictionary<ServerUnderTest, List<BenchmarkRun>> runsOf)
    {
        var candidateRuns = runsOf.FirstOrDefault(pair => pair.Key.IsCandidate).Value;
        foreach (var (server, runs) in runsOf)
        {
            double Median(Func<BenchmarkRun, double> figure) => Figure.Median(runs.Select(figure));
            var throughput = Median(r => r.RequestsPerSecond);
            var generator = Median(r => r.GeneratorLoad);
            var spread = (runs.Max(r => r.RequestsPerSecond) - runs.Min(r => r.RequestsPerSecond)) / throughput;
            string[] ratios = server.IsCandidate || candidateRuns == null
                ? ["", "", ""]
                :
                [
                    Figure.Ratio(Figure.Median(candidateRuns.Select(r => r.RequestsPerSecond)), throughput),
                    Figure.Ratio(Figure.Median(candidateRuns.Select(r => r.CpuMicroseconds)), Median(r => r.CpuMicroseconds)),
                    $"{candidateRuns.Zip(runs).Count(pair => pair.First.P99 <= pair.Second.P99)} of {runs.Count}",
                ];
            table.Add(
            [
                workload.Name, server.Name, Figure.Of(throughput), Figure.Percent(spread), Figure.Of(Median(r => r.CpuMicroseconds)),
                Figure.Percent(Median(r => r.UserShare)), Figure.Of(Median(r => r.P50)), Figure.Of(Median(r => r.P99)), Figure.Of(Median(r => r.P999)),
                Figure.Percent(generator) + (generator >= BenchmarkRun.GeneratorIsSaturated ? "!" : ""), .. ratios,
            ]);
        }
    }
}
