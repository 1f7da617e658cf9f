namespace Carnelian;

/// <summary>Resident memory per key: 16-byte keys with 32-byte values, plain and with an expiry, at every size a table passes through.</summary>
internal sealed class MemoryGroup : IGroup
{
    private const string Explanation = """
        Resident bytes over those of the empty server, per key: 16-byte keys, 32-byte values, filled one after the other into a fresh server. The worst point
        is the highest of the sizes sampled on the way, where tables have just grown. `used_memory` is what INFO says of itself at the same size, per key.
        """;

    private const string Plain = "memory-plain";
    private const string Expiring = "memory-expiry";
    private const int ValueBytes = 32;
    private const int SettleMs = 250;

    public string Name => "memory";

    public IReadOnlyList<string> Members { get; } = [Plain, Expiring];

    public void Run(Lab lab, IReadOnlyList<string> members)
    {
        // Sampled at every 250 thousand from 4 to 8 million keys, so that every server doubles its table once within.
        var step = lab.Size(50_000, 250_000);
        var sizes = Enumerable.Range(16, 17).Select(i => i * step).ToArray();
        var mainSize = 20 * step;
        var table = lab.Report.Begin(new Table("Memory per key", Explanation,
            ("keys", 14), ("server", 9), ("empty MiB", 9), ($"B/key at {mainSize / 1e6} M", 12), ("×", 6),
            ("used_memory/key", 9), ("worst B/key", 9), ("at M keys", 9), ("worst ×", 7))
        { WordColumns = 2 });
        foreach (var member in members)
        {
            var (candidate, candidateWorst) = (double.NaN, double.NaN);
            lab.ForEachServer(member, server =>
            {
                var samples = Sample(server, sizes, mainSize, member == Expiring);
                var worst = samples.PerKey.MaxBy(pair => pair.Value);
                var main = samples.PerKey[mainSize];
                if (server.IsCandidate)
                    (candidate, candidateWorst) = (main, worst.Value);
                table.Add(
                    member == Plain ? "plain" : "with expiry", server.Name, Figure.Mebibytes(samples.EmptyBytes), Figure.Of(main),
                    server.IsCandidate ? "" : Figure.Ratio(candidate, main), Figure.Of(samples.UsedPerKey), Figure.Of(worst.Value),
                    $"{worst.Key / 1e6:0.00}", server.IsCandidate ? "" : Figure.Ratio(candidateWorst, worst.Value));
            });
        }
    }

    private static (long EmptyBytes, Dictionary<int, double> PerKey, double UsedPerKey) Sample(ServerUnderTest server, int[] sizes, int mainSize, bool expiring)
    {
        using var connection = server.Connect();
        Thread.Sleep(SettleMs);
        var emptyBytes = server.ResidentBytes();
        var perKey = new Dictionary<int, double>();
        var (filled, usedPerKey) = (0, double.NaN);
        foreach (var size in sizes)
        {
            RespLoader.Fill(connection, RespLoader.KeyPrefix, filled, size, RespLoader.Value(ValueBytes), expiring);
            filled = size;
            Thread.Sleep(SettleMs);
            perKey[size] = (double)(server.ResidentBytes() - emptyBytes) / size;
            if (size == mainSize)
                usedPerKey = ServerInfo.Number(connection, "used_memory") / size;
        }
        // Keys that were evicted or overwritten would flatter the figure.
        if (connection.Call("DBSIZE") is var held && held != $"{filled}")
            throw new MeasurementFailed($"{filled} keys were written, DBSIZE says {held}");
        return (emptyBytes, perKey, usedPerKey);
    }
}
