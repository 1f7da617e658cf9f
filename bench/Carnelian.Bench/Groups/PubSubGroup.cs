namespace Carnelian;

/// <summary>What a message to a thousand subscribers costs.</summary>
internal sealed class PubSubGroup : IGroup
{
    private const string Explanation = """
        Messages that reach their subscriber per second of the server's CPU, in thousands: PUBLISH to 1,000 subscribers of one channel, one by one and in pipelines of 16;
        medians of the rounds.
        """;

    private const int Subscribers = 1000;

    private static readonly (string Name, int Pipeline, int Bytes)[] Loads =
        [("publish-64", 1, 64), ("publish-64-p16", 16, 64), ("publish-1000", 1, 1000), ("publish-1000-p16", 16, 1000)];

    public string Name => "pubsub";

    public IReadOnlyList<string> Members { get; } = [.. Loads.Select(load => load.Name)];

    public void Run(Lab lab, IReadOnlyList<string> members)
    {
        var table = lab.Report.Begin(new Table("Messages to 1,000 subscribers", Explanation, ("load", 17), ("server", 9), ("1,000/CPU s", 12), ("×", 6)) { WordColumns = 2 });
        ConnectionPool.AllowFor(Subscribers);
        foreach (var (name, pipeline, bytes) in Loads.Where(load => members.Contains(load.Name)))
        {
            var candidate = double.NaN;
            lab.ForEachServer(name, server =>
            {
                using var pool = new ConnectionPool(server, Subscribers, 2048);
                using var publisher = server.Connect();
                foreach (var subscriber in pool.Connections)
                {
                    subscriber.Append("SUBSCRIBE", "channel");
                    subscriber.Flush();
                    subscriber.SkipReplies(1);
                }
                List<double> rates = [];
                Measure(server, pool, publisher, lab.Size(100, 1000), pipeline, bytes);
                for (var round = 0; round < lab.Options.Rounds; round++) rates.Add(Measure(server, pool, publisher, lab.Size(400, 4000), pipeline, bytes));
                var median = Figure.Median(rates);
                if (server.IsCandidate) candidate = median;
                table.Add(name, server.Name, Figure.Of(median), server.IsCandidate ? "" : Figure.Ratio(candidate, median));
            }, Subscribers + ConnectionPool.ClientsBeyond);
        }
    }

    /// <returns>Messages that arrived per millisecond of the server's CPU.</returns>
    private static double Measure(ServerUnderTest server, ConnectionPool pool, RespConnection publisher, int messages, int pipeline, int bytes)
    {
        var message = RespLoader.Value(bytes);
        var before = server.Cpu();
        var sent = 0;
        for (; sent < messages; sent += pipeline)
        {
            for (var i = 0; i < pipeline; i++)
            {
                publisher.AppendHeader(3);
                publisher.AppendBulk("PUBLISH"u8);
                publisher.AppendBulk("channel"u8);
                publisher.AppendBulk(message);
            }
            publisher.Flush();
            publisher.SkipReplies(pipeline);
            foreach (var subscriber in pool.Connections) subscriber.SkipReplies(pipeline);
        }
        return (double)sent * Subscribers / (server.Cpu().Since(before).Nanoseconds / 1e6);
    }
}
