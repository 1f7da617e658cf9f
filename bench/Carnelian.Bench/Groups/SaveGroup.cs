using System.Diagnostics;

namespace Carnelian;

/// <summary>What a save in the background costs those who go on: BGSAVE, and the rewrite of an append-only file.</summary>
internal sealed class SaveGroup : IGroup
{
    private const string Explanation = """
        Five million keys (small load: one) of 16 bytes with values of 32. Idle: how long a save takes while nothing else happens. Then valkey-benchmark SETs random ones of them (-P 16 -c 50) while
        a probe PINGs and GETs: for some seconds without a save (control), while one goes on, and without one again. Loss is what throughput falls by while it goes on, against the mean of
        both controls. Memory is what the process takes at most, a forked child included and what they share counted once, above the control's, as a share of used memory before. Turn is the
        longest of the server's loop while it saves, by its own account. Medians of the rounds (at most three).
        """;

    private const string Rdb = "save-rdb", Rewrite = "save-aof";
    private const int RoundsMax = 3;
    private static readonly TimeSpan SaveMax = TimeSpan.FromMinutes(3);

    public string Name => "saves";

    public IReadOnlyList<string> Members { get; } = [Rdb, Rewrite];

    public void Run(Lab lab, IReadOnlyList<string> members)
    {
        var table = lab.Report.Begin(new Table("Saves in the background", Explanation,
            ("save", 4), ("server", 9), ("idle s", 7), ("loaded s", 8), ("control/s", 10), ("saving/s", 9), ("loss", 5), ("p99.9", 7), ("saving", 7), ("max", 7),
            ("memory", 7), ("turn ms", 7), ("idle ×", 7), ("loaded ×", 8)) { WordColumns = 2 });
        foreach (var member in members)
        {
            var runs = new List<SaveRun>();
            for (var round = 0; round < Math.Min(lab.Options.Rounds, RoundsMax); round++)
            {
                lab.ForEachServer(member, server =>
                {
                    if (server.Program.RedisOptions) runs.Add(Measure(lab, server, member == Rdb ? "BGSAVE" : "BGREWRITEAOF"));
                }, first: round);
            }
            AddRows(lab, table, member, runs);
        }
    }

    private static SaveRun Measure(Lab lab, ServerUnderTest server, string command)
    {
        var keys = lab.Size(1_000_000, 5_000_000);
        using var connection = server.Connect();
        RespLoader.Fill(connection, RespLoader.KeyPrefix, 0, keys, RespLoader.Value(32));
        if (command == "BGREWRITEAOF")
        {
            connection.Call("CONFIG", "SET", "auto-aof-rewrite-percentage", "0");
            connection.Call("CONFIG", "SET", "appendonly", "yes");
            AwaitEnd(connection);
        }
        var used = ServerInfo.Number(connection, "used_memory");
        var idle = Save(connection, command);

        var load = new Workload(command, $"-t set -c 50 -P 16 -d 32", keys, int.MaxValue, int.MaxValue);
        using var running = BenchmarkRun.Begin(lab.Children, lab.Benchmark, server, load);
        Thread.Sleep(TimeSpan.FromSeconds(1));
        var span = TimeSpan.FromSeconds(lab.Size(2, 5));
        var before = Window(server, connection, () => Thread.Sleep(span));
        connection.Call("CONFIG", "RESETSTAT");
        var saving = Window(server, connection, () => Save(connection, command));
        var turn = ServerInfo.Number(connection, "eventloop_duration_max") / 1000;
        var after = Window(server, connection, () => Thread.Sleep(span));
        var control = (before.PerSecond + after.PerSecond) / 2;
        return new SaveRun(server.Name, idle, saving.Seconds, control, saving.PerSecond, 1 - saving.PerSecond / control, before.Latencies.P999, saving.Latencies.P999,
            saving.Latencies.Max, (saving.BytesMax - before.BytesMax) / used, turn);
    }

    /// <summary>Seconds from the command until nothing is saved any more.</summary>
    private static double Save(RespConnection connection, string command)
    {
        var started = Stopwatch.GetTimestamp();
        connection.Call(command);
        AwaitEnd(connection);
        return Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private static void AwaitEnd(RespConnection connection)
    {
        var started = Stopwatch.GetTimestamp();
        while (ServerInfo.Number(connection, "rdb_bgsave_in_progress") + ServerInfo.Number(connection, "aof_rewrite_in_progress")
            + ServerInfo.Number(connection, "aof_rewrite_scheduled") > 0)
        {
            if (Stopwatch.GetElapsedTime(started) > SaveMax) throw new MeasurementFailed("the save does not end");
            Thread.Sleep(20);
        }
    }

    private static LoadedWindow Window(ServerUnderTest server, RespConnection connection, Action during)
    {
        using var probe = LatencyProbe.Start(server);
        using var memory = new MemoryPeak(server);
        var (commands, started) = (ServerInfo.Number(connection, "total_commands_processed"), Stopwatch.GetTimestamp());
        during();
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var done = ServerInfo.Number(connection, "total_commands_processed");
        // CONFIG RESETSTAT stands before the window, not within it.
        return new LoadedWindow(seconds, (done - commands) / seconds, probe.Stop(), memory.Stop());
    }

    private static void AddRows(Lab lab, Table table, string member, List<SaveRun> runs)
    {
        var (candidateIdle, candidateLoaded) = (double.NaN, double.NaN);
        foreach (var program in lab.Programs)
        {
            var own = runs.Where(run => run.Server == program.Name).ToList();
            if (own.Count == 0)
                continue;
            var (idle, loaded) = (Of(run => run.IdleSeconds), Of(run => run.LoadedSeconds));
            if (program.IsCandidate)
                (candidateIdle, candidateLoaded) = (idle, loaded);
            table.Add(
                member["save-".Length..], program.Name, Figure.Of(idle), Figure.Of(loaded), Figure.Of(Of(run => run.ControlPerSecond)), Figure.Of(Of(run => run.SavingPerSecond)),
                Figure.Percent(Of(run => run.Loss)), Figure.Of(Of(run => run.ControlP999)), Figure.Of(Of(run => run.SavingP999)), Figure.Of(Of(run => run.SavingMax)),
                Figure.Percent(Of(run => run.MemoryShare)), Figure.Of(Of(run => run.LongestTurnMs)),
                program.IsCandidate ? "" : Figure.Ratio(candidateIdle, idle), program.IsCandidate ? "" : Figure.Ratio(candidateLoaded, loaded));

            double Of(Func<SaveRun, double> figure) => Figure.Median(own.Select(figure));
        }
    }

    private sealed record LoadedWindow(double Seconds, double PerSecond, Latencies Latencies, long BytesMax);

    private sealed record SaveRun(
        string Server, double IdleSeconds, double LoadedSeconds, double ControlPerSecond, double SavingPerSecond, double Loss, double ControlP999, double SavingP999,
        double SavingMax, double MemoryShare, double LongestTurnMs);
}
