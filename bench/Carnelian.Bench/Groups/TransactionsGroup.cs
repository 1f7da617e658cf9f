namespace Carnelian;

/// <summary>What MULTI and EXEC cost around ten SETs of 50 clients, each of which sends a transaction at once.</summary>
internal sealed class TransactionsGroup : IGroup
{
    private const string Explanation = "The server's CPU per transaction of ten SETs, and per ten SETs sent alike without MULTI and EXEC; medians of the rounds.";

    private const int Clients = 50, Commands = 10, Keys = 100_000;

    public string Name => "transactions";

    public IReadOnlyList<string> Members { get; } = ["multi-exec"];

    public void Run(Lab lab, IReadOnlyList<string> members)
    {
        var table = lab.Report.Begin(new Table("Transactions", Explanation, ("server", 9), ("CPU µs", 9), ("alone µs", 9), ("×", 6)));
        var transactions = lab.Size(1_000, 10_000);
        var candidate = double.NaN;
        lab.ForEachServer(Members[0], server =>
        {
            using var pool = new ConnectionPool(server, Clients, 4096);
            List<double> within = [], alone = [];
            Measure(server, pool, transactions, inTransaction: true);
            for (var round = 0; round < lab.Options.Rounds; round++)
            {
                within.Add(Measure(server, pool, transactions, inTransaction: true));
                alone.Add(Measure(server, pool, transactions, inTransaction: false));
            }
            var median = Figure.Median(within);
            if (server.IsCandidate) candidate = median;
            table.Add(server.Name, Figure.Of(median), Figure.Of(Figure.Median(alone)), server.IsCandidate ? "" : Figure.Ratio(candidate, median));
        });
    }

    /// <summary>So many of each client. Returns microseconds of CPU for each.</summary>
    private static double Measure(ServerUnderTest server, ConnectionPool pool, int transactions, bool inTransaction)
    {
        var random = new SeededRandom(0x7A45);
        var value = RespLoader.Value(32);
        var key = RespLoader.NewKey(RespLoader.KeyPrefix);
        var before = server.Cpu();
        for (var i = 0; i < transactions; i++)
        {
            foreach (var client in pool.Connections)
            {
                if (inTransaction) client.Append("MULTI");
                for (var command = 0; command < Commands; command++)
                {
                    RespLoader.PutNumber(key, random.Below(Keys));
                    client.AppendSet(key, value);
                }
                if (inTransaction) client.Append("EXEC");
                client.Flush();
            }
            foreach (var client in pool.Connections) client.SkipReplies(inTransaction ? Commands + 2 : Commands);
        }
        return server.Cpu().Since(before).Nanoseconds / 1000.0 / transactions / Clients;
    }
}
