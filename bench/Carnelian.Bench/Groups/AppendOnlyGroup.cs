namespace Carnelian;

/// <summary>What each policy of appendfsync costs, beside no append-only file at all.</summary>
internal sealed class AppendOnlyGroup : IGroup
{
    private const string Explanation = """
        valkey-benchmark SETs random ones of a million keys (32-byte values, 50 clients), pipelines of 16 or none, with appendonly no (off) and with each policy of appendfsync. Medians of the rounds;
        of off is the share of the throughput without a file. CPU is that of all threads per request.
        """;

    private const int Keys = 1_000_000;
    private static readonly string[] Policies = ["off", "no", "everysec", "always"];

    public string Name => "appendonly";

    public IReadOnlyList<string> Members { get; } = ["aof-set-p16", "aof-set"];

    public void Run(Lab lab, IReadOnlyList<string> members)
    {
        var table = lab.Report.Begin(new Table("The append-only file", Explanation,
            ("load", 7), ("policy", 8), ("server", 9), ("req/s", 9), ("CPU µs", 7), ("p50", 7), ("p99", 7), ("p99.9", 7), ("of off", 6), ("req/s ×", 7), ("CPU ×", 6))
        { WordColumns = 3 });
        foreach (var member in members) AddRows(lab, table, member);
    }

    private static void AddRows(Lab lab, Table table, string member)
    {
        var runs = new List<(string Server, string Policy, BenchmarkRun Run)>();
        lab.ForEachServer(member, server =>
        {
            if (!server.Program.RedisOptions) return;
            using var connection = server.Connect();
            RespLoader.Fill(connection, RespLoader.KeyPrefix, 0, Keys, RespLoader.Value(32));
            for (var round = 0; round < lab.Options.Rounds; round++)
            {
                foreach (var policy in Lab.Rotated(Policies, round))
                {
                    Choose(connection, policy);
                    runs.Add((server.Name, policy, Measure(lab, server, member, policy)));
                }
            }
        });
        foreach (var policy in Policies)
        {
            var candidate = Of(ServerProgram.Candidate, policy);
            foreach (var program in lab.Programs.Where(program => runs.Any(run => run.Server == program.Name)))
            {
                var (own, off) = (Of(program.Name, policy), Of(program.Name, "off"));
                table.Add(member["aof-".Length..], policy, program.Name, Figure.Of(own(run => run.RequestsPerSecond)), Figure.Of(own(run => run.CpuMicroseconds)),
                    Figure.Of(own(run => run.P50)), Figure.Of(own(run => run.P99)), Figure.Of(own(run => run.P999)),
                    Figure.Percent(own(run => run.RequestsPerSecond) / off(run => run.RequestsPerSecond)),
                    program.IsCandidate ? "" : Figure.Ratio(candidate(run => run.RequestsPerSecond), own(run => run.RequestsPerSecond)),
                    program.IsCandidate ? "" : Figure.Ratio(candidate(run => run.CpuMicroseconds), own(run => run.CpuMicroseconds)));
            }
        }

        Func<Func<BenchmarkRun, double>, double> Of(string server, string policy) =>
            figure => Figure.Median(runs.Where(run => run.Server == server && run.Policy == policy).Select(run => figure(run.Run)));
    }

    private static BenchmarkRun Measure(Lab lab, ServerUnderTest server, string member, string policy)
    {
        var pipelined = member.EndsWith("p16", StringComparison.Ordinal);
        var workload = new Workload(member, $"-t set -c 50 {(pipelined ? "-P 16 " : "")}-d 32", Keys, 0, 0);
        // Each sync takes as long as the disk does, whatever the server.
        var share = policy == "always" ? 10 : 1;
        var requests = (pipelined ? lab.Size(1_000_000, 4_000_000) : lab.Size(100_000, 400_000)) / share;
        return BenchmarkRun.Measure(lab.Children, lab.Benchmark, server, workload, requests);
    }

    private static void Choose(RespConnection connection, string policy)
    {
        connection.Call("CONFIG", "SET", "auto-aof-rewrite-percentage", "0");
        if (policy != "off") connection.Call("CONFIG", "SET", "appendfsync", policy);
        connection.Call("CONFIG", "SET", "appendonly", policy == "off" ? "no" : "yes");
        while (ServerInfo.Number(connection, "aof_rewrite_in_progress") + ServerInfo.Number(connection, "aof_rewrite_scheduled") > 0) Thread.Sleep(20);
    }
}
