namespace Carnelian;

/// <summary>How long it takes from exec to the first +PONG.</summary>
internal sealed class StartUpGroup : IGroup
{
    private const string Explanation = """
        Milliseconds from just before exec to the first +PONG, of twenty starts without data, the servers in turn; the first start of each warms the disk cache
        and is not counted.
        """;

    private const int Starts = 20;

    public string Name => "startup";

    public IReadOnlyList<string> Members { get; } = ["startup"];

    public void Run(Lab lab, IReadOnlyList<string> members)
    {
        var table = lab.Report.Begin(new Table("Start-up", Explanation, ("server", 9), ("median", 7), ("lowest", 7), ("highest", 7), ("×", 6)));
        var times = lab.Programs.ToDictionary(p => p.Name, _ => new List<double>());
        for (var round = 0; round <= Starts; round++)
        {
            lab.ForEachServer(Name, server =>
            {
                if (round > 0)
                    times[server.Name].Add(server.TimeToPong.TotalMilliseconds);
            }, first: round);
        }
        var candidate = double.NaN;
        foreach (var program in lab.Programs)
        {
            var own = times[program.Name];
            if (own.Count == 0)
                continue;
            var median = Figure.Median(own);
            if (program.IsCandidate)
                candidate = median;
            table.Add(program.Name, Figure.Of(median), Figure.Of(own.Min()), Figure.Of(own.Max()), program.IsCandidate ? "" : Figure.Ratio(candidate, median));
        }
    }
}
