using System.Diagnostics;
using System.Globalization;

namespace Carnelian;

/// <summary>How often a cache that is full has what is asked for, by the same trace on every server.</summary>
internal sealed class EvictionHitsGroup : IGroup
{
    private const string Explanation = """
        A client GETs keys of a Zipf trace (exponent 0.99, over ten times as many keys as fit) and SETs what it misses (16-byte keys, 32-byte values), at the same
        pace on every server, because what LRU sees is time. Hits are counted in the second half. With scan, every second request reads the next of keys that are
        never asked for again; only the others count. "Keys": maxmemory is set so that a tenth of the keys is resident; "memory": to the same bytes for all. Points
        are over the reference's hits, medians of the rounds, each with a trace of its own (at most three).
        """;

    private const string Lru = "evict-lru";
    private const string Lfu = "evict-lfu";
    private const string Scan = "evict-scan";
    private const int RoundsMax = 3;

    public string Name => "eviction";

    public IReadOnlyList<string> Members { get; } = [Lru, Lfu, Scan];

    public void Run(Lab lab, IReadOnlyList<string> members)
    {
        var table = lab.Report.Begin(new Table("Hits of a full cache", Explanation,
            ("trace", 6), ("equal", 6), ("server", 9), ("hits %", 7), ("least", 6), ("most", 6), ("keys", 8), ("used MiB", 8), ("points", 7))
        { WordColumns = 3 });
        foreach (var member in members)
        {
            foreach (var byMemory in new[] { false, true })
            {
                var runs = new List<CacheRun>();
                for (var round = 0; round < Math.Min(lab.Options.Rounds, RoundsMax); round++)
                {
                    var seed = (ulong)round + 1;
                    lab.ForEachServer(member, server =>
                    {
                        if (server.Program.RedisOptions)
                            runs.Add(new Cache(lab.Size(20_000, 100_000), lab.Size(400_000, 2_000_000), member == Scan, seed).Run(server, member == Lfu ? "allkeys-lfu" : "allkeys-lru", byMemory));
                    }, first: round);
                }
                AddRows(lab, table, member, byMemory, runs);
            }
        }
    }

    private static void AddRows(Lab lab, Table table, string member, bool byMemory, List<CacheRun> runs)
    {
        var candidate = double.NaN;
        foreach (var program in lab.Programs)
        {
            var own = runs.Where(run => run.Server == program.Name).ToList();
            if (own.Count == 0)
                continue;
            var hits = Figure.Median(own.Select(run => run.HitPercent));
            if (program.IsCandidate)
                candidate = hits;
            table.Add(
                member["evict-".Length..], byMemory ? "memory" : "keys", program.Name, hits.ToString("0.00", CultureInfo.InvariantCulture),
                own.Min(run => run.HitPercent).ToString("0.00", CultureInfo.InvariantCulture), own.Max(run => run.HitPercent).ToString("0.00", CultureInfo.InvariantCulture),
                Figure.Of(Figure.Median(own.Select(run => (double)run.Keys))), Figure.Mebibytes(Figure.Median(own.Select(run => run.UsedBytes))),
                program.IsCandidate ? "" : (candidate - hits).ToString("+0.00;-0.00", CultureInfo.InvariantCulture));
        }
    }
}

/// <param name="Keys">Resident at the end.</param>
internal sealed record CacheRun(string Server, double HitPercent, long Keys, double UsedBytes);

/// <summary>A client that keeps a cache in a server: asks, and stores what was not there.</summary>
/// <param name="residentKeys">What is to fit.</param>
/// <param name="scans">Every second request asks for something that is never asked for again.</param>
internal sealed class Cache(int residentKeys, int requests, bool scans, ulong seed)
{
    private const int KeysPerResident = 10;
    private const int BytesPerKey = 150;

    /// <summary>As little as a key takes anywhere, so that the limit comes nearer to its aim with each adjustment.</summary>
    private const int BytesPerKeyMin = 60;
    private const int RequestsPerSecond = 100_000;
    private const int BatchRequests = 50;
    private const int Adjustments = 20;

    private readonly ZipfNumbers _zipf = new(residentKeys * KeysPerResident, 0.99, seed);
    private readonly byte[] _value = RespLoader.Value(32);
    private readonly byte[][] _keys = [.. Enumerable.Range(0, BatchRequests).Select(_ => RespLoader.NewKey(RespLoader.KeyPrefix))];
    private readonly long _started = Stopwatch.GetTimestamp();
    private long _asked, _hot, _hits, _limit;

    public CacheRun Run(ServerUnderTest server, string policy, bool byMemory)
    {
        using var connection = server.Connect();
        connection.Call("CONFIG", "SET", "maxmemory-policy", policy);
        if (byMemory)
            Limit(connection, (long)residentKeys * BytesPerKey);
        else
            Fill(connection);
        var half = _asked + requests / 2;
        for (var adjustment = 1; adjustment <= Adjustments; adjustment++)
        {
            Ask(connection, half - (Adjustments - adjustment) * (requests / 2 / Adjustments));
            if (!byMemory)
                Limit(connection, _limit + (residentKeys - Keys(connection)) * BytesPerKeyMin);
        }
        (_hot, _hits) = (0, 0);
        Ask(connection, half + requests / 2);
        return new CacheRun(server.Name, 100.0 * _hits / _hot, Keys(connection), ServerInfo.Number(connection, "used_memory"));
    }

    private void Fill(RespConnection connection)
    {
        while (Keys(connection) < residentKeys)
            Ask(connection, _asked + residentKeys / 10);
        Limit(connection, (long)ServerInfo.Number(connection, "used_memory"));
    }

    private void Limit(RespConnection connection, long bytes)
    {
        _limit = bytes;
        connection.Call("CONFIG", "SET", "maxmemory", bytes.ToString(CultureInfo.InvariantCulture));
    }

    private static long Keys(RespConnection connection) => long.Parse(connection.Call("DBSIZE"), CultureInfo.InvariantCulture);

    /// <summary>Goes on until so many requests were made.</summary>
    private void Ask(RespConnection connection, long end)
    {
        while (_asked < end)
        {
            AskBatch(connection);
            while (Stopwatch.GetElapsedTime(_started).TotalSeconds * RequestsPerSecond < _asked)
                Thread.Sleep(0);
        }
    }

    private void AskBatch(RespConnection connection)
    {
        for (var i = 0; i < BatchRequests; i++)
        {
            var isCold = scans && i % 2 == 1;
            RespLoader.PutNumber(_keys[i], isCold ? residentKeys * KeysPerResident + _asked + i : _zipf.Next());
            connection.AppendGet(_keys[i]);
        }
        connection.Flush();
        var missed = 0;
        for (var i = 0; i < BatchRequests; i++)
        {
            var isHit = connection.ReadReply().Length > 0;
            if (!scans || i % 2 == 0)
            {
                _hot++;
                _hits += isHit ? 1 : 0;
            }
            if (isHit)
                continue;
            missed++;
            connection.AppendSet(_keys[i], _value);
        }
        connection.Flush();
        connection.SkipReplies(missed);
        _asked += BatchRequests;
    }
}

/// <summary>Numbers from 0 on, of which number n comes as often as 1 / (n + 1)^exponent says.</summary>
internal sealed class ZipfNumbers
{
    private readonly double[] _sums;
    private SeededRandom _random;

    public ZipfNumbers(int count, double exponent, ulong seed)
    {
        _random = new SeededRandom(seed);
        _sums = new double[count];
        double sum = 0;
        for (var i = 0; i < count; i++)
            _sums[i] = sum += Math.Pow(i + 1, -exponent);
    }

    public int Next()
    {
        var drawn = _random.Below(int.MaxValue) / (double)int.MaxValue * _sums[^1];
        var found = Array.BinarySearch(_sums, drawn);
        return Math.Min(found < 0 ? ~found : found + 1, _sums.Length - 1);
    }
}
