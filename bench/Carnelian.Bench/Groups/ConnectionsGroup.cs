namespace Carnelian;

/// <summary>What ten thousand connections cost: memory when they idle, throughput and latency when all of them ask.</summary>
internal sealed class ConnectionsGroup : IGroup
{
    private const string IdleExplanation = "Resident bytes per connection, five seconds after each has been answered one PING.";

    private const string ActiveExplanation = """
        Clients of valkey-benchmark, each with one SET or GET under way; latencies in milliseconds, which at this number are mostly
        waiting for the others. CPU includes accepting the connections.
        """;

    private const int SettleMs = 5000;
    private const int Keys = 100_000;

    public string Name => "connections";

    public IReadOnlyList<string> Members { get; } = ["connections-idle", "connections-active"];

    public void Run(Lab lab, IReadOnlyList<string> members)
    {
        var connections = lab.Size(1_000, 10_000);
        ConnectionPool.AllowFor(connections);
        if (members.Contains(Members[0]))
            MeasureIdle(lab, connections);
        if (members.Contains(Members[1]))
            MeasureActive(lab, connections);
    }

    private void MeasureIdle(Lab lab, int connections)
    {
        var table = lab.Report.Begin(new Table($"{connections:#,0} idle connections", IdleExplanation,
            ("server", 9), ("empty MiB", 9), ("with connections MiB", 9), ("B/connection", 12), ("×", 6)));
        var candidate = double.NaN;
        lab.ForEachServer(Members[0], server =>
        {
            // What a server sets up with its first connections is no connection's cost.
            using (new ConnectionPool(server, 10))
                Thread.Sleep(500);
            var emptyBytes = server.ResidentBytes();
            using var pool = new ConnectionPool(server, connections);
            Thread.Sleep(SettleMs);
            var residentBytes = server.ResidentBytes();
            var each = (double)(residentBytes - emptyBytes) / connections;
            if (server.IsCandidate)
                candidate = each;
            table.Add(
                server.Name, Figure.Mebibytes(emptyBytes), Figure.Mebibytes(residentBytes), Figure.Of(each),
                server.IsCandidate ? "" : Figure.Ratio(candidate, each));
        }, connections + ConnectionPool.ClientsBeyond);
    }

    private void MeasureActive(Lab lab, int connections)
    {
        var table = lab.Report.Begin(new Table($"{connections:#,0} active connections", ActiveExplanation,
            ("command", 7), ("server", 9), ("req/s", 9), ("CPU µs", 7), ("p50", 7), ("p99", 7), ("p99.9", 7), ("max", 7), ("generator", 9),
            ("req/s ×", 7), ("CPU ×", 6), ("max ×", 6)) { WordColumns = 2 });
        var requests = lab.Size(50_000, 500_000);
        var candidate = new Dictionary<string, BenchmarkRun>();
        lab.ForEachServer(Members[1], server =>
        {
            using (var connection = server.Connect())
                RespLoader.Fill(connection, RespLoader.KeyPrefix, 0, Keys, RespLoader.Value(32));
            foreach (var command in new[] { "set", "get" })
            {
                var workload = new Workload(Members[1], $"-t {command} -c {connections} -d 32", Keys, requests, requests);
                var run = BenchmarkRun.Measure(lab.Children, lab.Benchmark, server, workload, requests);
                if (server.IsCandidate)
                    candidate[command] = run;
                var own = candidate.GetValueOrDefault(command);
                string[] ratios = own == null || server.IsCandidate
                    ? ["", "", ""]
                    :
                    [
                        Figure.Ratio(own.RequestsPerSecond, run.RequestsPerSecond), Figure.Ratio(own.CpuMicroseconds, run.CpuMicroseconds),
                        Figure.Ratio(own.Max, run.Max),
                    ];
                table.Add(
                [
                    command, server.Name, Figure.Of(run.RequestsPerSecond), Figure.Of(run.CpuMicroseconds), Figure.Of(run.P50), Figure.Of(run.P99),
                    Figure.Of(run.P999), Figure.Of(run.Max), Figure.Percent(run.GeneratorLoad), .. ratios,
                ]);
            }
        }, connections + ConnectionPool.ClientsBeyond);
    }
}
