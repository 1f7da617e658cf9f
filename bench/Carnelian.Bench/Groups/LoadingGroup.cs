namespace Carnelian;

/// <summary>How long a server takes to load its files.</summary>
internal sealed class LoadingGroup : IGroup
{
    private const string Explanation = """
        Seconds from exec to the first +PONG of a server that finds five million keys (small load: one) of 16 bytes with values of 32: in an RDB file that it has saved itself, or as
        as many SETs in an append-only file that was never rewritten. CPU is what the process took by then. Medians of the rounds, the servers in turn.
        """;

    private const string Rdb = "load-rdb", Aof = "load-aof";

    public string Name => "loading";

    public IReadOnlyList<string> Members { get; } = [Rdb, Aof];

    public void Run(Lab lab, IReadOnlyList<string> members)
    {
        var table = lab.Report.Begin(new Table("Loading", Explanation,
            ("file", 4), ("server", 9), ("median s", 8), ("lowest", 7), ("highest", 7), ("CPU s", 7), ("×", 6)) { WordColumns = 2 });
        foreach (var member in members) AddRows(lab, table, member);
    }

    private static void AddRows(Lab lab, Table table, string member)
    {
        var directory = Directory.CreateTempSubdirectory("carnelian-bench-").FullName;
        try
        {
            var able = lab.Programs.Where(program => program.RedisOptions && lab.Attempt(program.Name, member, () => MakeFiles(lab, program, member, DirectoryOf(program)))).ToList();
            var loads = able.ToDictionary(program => program, _ => new List<(double Seconds, double Cpu)>());
            for (var round = 0; round < lab.Options.Rounds; round++)
            {
                foreach (var program in Lab.Rotated(able, round))
                    lab.Attempt(program.Name, member, () => loads[program].Add(Load(lab, program, member, DirectoryOf(program))));
            }
            var candidate = double.NaN;
            foreach (var program in able.Where(program => loads[program].Count > 0))
            {
                var seconds = loads[program].Select(load => load.Seconds).ToList();
                var median = Figure.Median(seconds);
                if (program.IsCandidate) candidate = median;
                table.Add(member["load-".Length..], program.Name, Figure.Of(median), Figure.Of(seconds.Min()), Figure.Of(seconds.Max()),
                    Figure.Of(Figure.Median(loads[program].Select(load => load.Cpu))), program.IsCandidate ? "" : Figure.Ratio(candidate, median));
            }
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }

        string DirectoryOf(ServerProgram program) => Path.Combine(directory, program.Name);
    }

    private static int Keys(Lab lab) => lab.Size(1_000_000, 5_000_000);

    private static string[] OptionsOf(string member) =>
        member == Rdb ? [] : ["--appendonly", "yes", "--auto-aof-rewrite-percentage", "0"];

    private static void MakeFiles(Lab lab, ServerProgram program, string member, string directory)
    {
        Directory.CreateDirectory(directory);
        using var server = ServerUnderTest.StartIn(directory, program, lab.Children, OptionsOf(member));
        using var connection = server.Connect();
        RespLoader.Fill(connection, RespLoader.KeyPrefix, 0, Keys(lab), RespLoader.Value(32));
        if (member == Rdb) connection.Call("SAVE");
        // Else what is not synced yet would go with the process.
        else if (connection.Call("CONFIG", "SET", "appendfsync", "always") == "OK") connection.Call("SET", "last", "one");
    }

    private static (double Seconds, double Cpu) Load(Lab lab, ServerProgram program, string member, string directory)
    {
        using var server = ServerUnderTest.StartIn(directory, program, lab.Children, OptionsOf(member));
        var cpu = server.Cpu();
        using var connection = server.Connect();
        var keys = long.Parse(connection.Call("DBSIZE"), System.Globalization.CultureInfo.InvariantCulture);
        if (keys < Keys(lab)) throw new MeasurementFailed($"only {keys} keys are there");
        return (server.TimeToPong.TotalSeconds, cpu.Nanoseconds / 1e9);
    }
}
