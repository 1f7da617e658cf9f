namespace Carnelian;

/// <summary>One load of valkey-benchmark, and the keys that are there before it.</summary>
/// <param name="Arguments">For valkey-benchmark, split at spaces.</param>
/// <param name="Keys">How many keys are filled before and drawn from at random.</param>
internal sealed record Workload(string Name, string Arguments, int Keys, int RequestsSmall, int RequestsFull)
{
    private const int ValueBytes = 32;
    private const int LargeValueBytes = 4096;
    private const int Elements = 1_000_000, Pops = 6_000_000;

    public string KeyPrefix { get; init; } = RespLoader.KeyPrefix;

    public byte[] FilledValue { get; init; } = RespLoader.Value(ValueBytes);

    /// <summary>A key beside the filled ones: "other".</summary>
    public byte[] OtherValue { get; init; } = [];

    public bool FillsKeys { get; init; } = true;

    /// <summary>Adds a collection to the filled keys.</summary>
    public Action<RespConnection>? Prepare { get; init; }

    public int Requests(bool full) => full ? RequestsFull : RequestsSmall;

    public static IReadOnlyList<Workload> All { get; } = [.. Pipelined(), .. Unpipelined(), .. Others(), .. OnLongValues(), .. OnCollections(), .. OnSets(), .. OnSortedSets(), .. OnStreams(), .. OnOtherTypes()];

    private static IEnumerable<Workload> Pipelined()
    {
        const int Keys = 1_000_000;
        foreach (var command in new[] { "set", "get" })
            yield return new Workload($"{command}-p16", $"-t {command} -c 50 -P 16 -d {ValueBytes}", Keys, 1_000_000, 4_000_000);
        // The benchmark's INCR has names of its own, and needs numbers.
        yield return new Workload("incr-p16", "-t incr -c 50 -P 16", Keys, 1_000_000, 4_000_000) { KeyPrefix = "counter:", FilledValue = "0"u8.ToArray() };
    }

    private static IEnumerable<Workload> Unpipelined()
    {
        foreach (var clients in new[] { 50, 500 })
        {
            foreach (var command in new[] { "set", "get" })
            {
                yield return new Workload($"{command}-c{clients}-32", $"-t {command} -c {clients} -d {ValueBytes}", 100_000, 60_000, 400_000);
                yield return new Workload($"{command}-c{clients}-4k", $"-t {command} -c {clients} -d {LargeValueBytes}", 20_000, 60_000, 400_000)
                {
                    FilledValue = RespLoader.Value(LargeValueBytes),
                };
            }
        }
    }

    private static IEnumerable<Workload> Others()
    {
        yield return new Workload("get-c1", $"-t get -c 1 -d {ValueBytes}", 100_000, 20_000, 100_000);
        yield return new Workload("mset", $"-t mset -c 50 -d {ValueBytes}", 1_000_000, 40_000, 200_000);
        yield return new Workload("mset-p16", $"-t mset -c 50 -P 16 -d {ValueBytes}", 1_000_000, 100_000, 400_000);
        yield return new Workload("mset-100k", "-t mset -c 10 -d 100000", 100, 1_000, 4_000) { FilledValue = RespLoader.Value(100_000) };
    }

    private static IEnumerable<Workload> OnLongValues()
    {
        const int Megabyte = 1 << 20;
        yield return Long("bitcount-1m", "-c 10 BITCOUNT key:__rand_int__", Megabyte, 20_000);
        yield return Long("bitcount-1m-p16", "-c 10 -P 16 BITCOUNT key:__rand_int__", Megabyte, 20_000);
        yield return Long("bitop-1m", "-c 10 BITOP XOR result key:000000000000 other", Megabyte, 4_000, Megabyte);
        yield return Long("getrange-4k", "-c 50 GETRANGE key:__rand_int__ 100000 104095", Megabyte, 60_000);
        yield return Long("getrange-32k", "-c 50 GETRANGE key:__rand_int__ 100000 132767", Megabyte, 20_000);
        yield return Long("getrange-100k", "-c 20 GETRANGE key:__rand_int__ 100000 199999", Megabyte, 10_000);
        yield return Long("get-1m", "-c 50 GET key:__rand_int__", Megabyte, 4_000);
        yield return Long("getrange-1m", "-c 10 GETRANGE key:__rand_int__ 1 -2", Megabyte, 4_000);
        // The table of Redis' LCS takes four bytes per pair of characters and has to fit into 512 MB: two values of 1 MB are refused.
        yield return Long("lcs-2k", "-c 10 LCS key:000000000000 other", 2048, 400, 2048);
        yield return Long("lcs-2k-len", "-c 10 LCS key:000000000000 other LEN", 2048, 400, 2048);
        yield return Long("lcs-1m", "-c 4 LCS key:000000000000 other LEN", Megabyte, 20, 100);
    }

    private static IEnumerable<Workload> OnCollections()
    {
        yield return Collection("hset-p16", "-c 50 -P 16 HSET hash field:__rand_int__ value", 400_000, null);
        yield return Collection("hget-1m-p16", "-c 50 -P 16 HGET hash field:__rand_int__", 400_000, connection => RespLoader.FillHash(connection, "hash", Elements));
        yield return Collection("hset-small-p16", "-c 50 -P 16 HSET user:__rand_int__ name value age 42 city somewhere", 400_000, null);
        foreach (var push in new[] { "lpush", "rpush" }) yield return Collection($"{push}-p16", $"-c 50 -P 16 {push.ToUpperInvariant()} list element", 400_000, null);
        foreach (var pop in new[] { "lpop", "rpop" })
            yield return Collection($"{pop}-p16", $"-c 50 -P 16 {pop.ToUpperInvariant()} list", 400_000, connection => RespLoader.FillList(connection, "list", Pops));
        foreach (var length in new[] { 100, 600 })
            yield return Collection($"lrange-{length}", $"-c 50 LRANGE list 0 {length - 1}", 20_000, connection => RespLoader.FillList(connection, "list", 2000));
        yield return Collection("lindex-1m", "-c 50 -P 16 LINDEX list 400000", 100_000, connection => RespLoader.FillList(connection, "list", Elements));
    }

    private static IEnumerable<Workload> OnSets()
    {
        yield return Collection("sadd-p16", "-c 50 -P 16 SADD set member:__rand_int__", 400_000, null);
        yield return Collection("spop-p16", "-c 50 -P 16 SPOP set", 400_000, to => Fill(to, Pops, i => ["SADD", "set", Member(i)]));
        yield return Collection("sinter-100k", "-c 4 SINTER set other", 40, to =>
        {
            Fill(to, 100_000, i => ["SADD", "set", Member(i)]);
            Fill(to, 100_000, i => ["SADD", "other", Member(i + 50_000)]);
        });
    }

    private static IEnumerable<Workload> OnSortedSets()
    {
        var random = new SeededRandom(0x5C03);
        void FillScores(RespConnection to, int members) => Fill(to, members, i => ["ZADD", "zset", $"{random.Below(members)}", Member(i)]);
        void FillMillion(RespConnection to) => FillScores(to, Elements);
        yield return Collection("zadd-1m-p16", "-c 50 -P 16 ZADD zset __rand_int__ member:__rand_int__", 400_000, FillMillion);
        yield return Collection("zpopmin-p16", "-c 50 -P 16 ZPOPMIN zset", 400_000, to => FillScores(to, Pops));
        yield return Collection("zrank-1m-p16", "-c 50 -P 16 ZRANK zset member:__rand_int__", 400_000, FillMillion);
        yield return Collection("zrange-rank-1m-p16", "-c 50 -P 16 ZRANGE zset 400000 400009", 200_000, FillMillion);
        yield return Collection("zrange-score-1m-p16", "-c 50 -P 16 ZRANGE zset __rand_int__ +inf BYSCORE LIMIT 0 10", 200_000, FillMillion);
        yield return Collection("geosearch-100km", "-c 50 GEOSEARCH places FROMLONLAT 13.5 48.5 BYRADIUS 100 km", 4_000,
            to => Fill(to, 100_000, i => ["GEOADD", "places", $"{5 + random.Below(15_000) / 1000.0}", $"{40 + random.Below(15_000) / 1000.0}", Member(i)]));
    }

    private static IEnumerable<Workload> OnStreams()
    {
        yield return Collection("xadd-p16", "-c 50 -P 16 XADD stream * field value", 400_000, null);
        yield return Collection("xrange-100", "-c 50 XRANGE stream - + COUNT 100", 20_000, to => Fill(to, Elements, _ => ["XADD", "stream", "*", "field", "value"]));
        yield return Collection("xreadgroup-p16", "-c 50 -P 16 XREADGROUP GROUP group consumer COUNT 1 STREAMS stream >", 200_000, to =>
        {
            Fill(to, 2 * Elements, _ => ["XADD", "stream", "*", "field", "value"]);
            to.Call("XGROUP", "CREATE", "stream", "group", "0");
        });
    }

    private static IEnumerable<Workload> OnOtherTypes()
    {
        yield return Collection("pfadd-p16", "-c 50 -P 16 PFADD hll __rand_int__", 400_000, null);
        yield return Collection("pfadd-many-p16", "-c 50 -P 16 PFADD hll:__rand_int__ element", 400_000, null);
        yield return Collection("pfcount-10", "-c 50 PFCOUNT 0 1 2 3 4 5 6 7 8 9", 20_000, to => Fill(to, Elements / 2, i => ["PFADD", $"{i % 10}", Member(i)]));
    }

    private static string Member(long number) => $"member:{number:D12}";

    private static void Fill(RespConnection connection, int commands, Func<long, string[]> command) =>
        RespLoader.Run(connection, 0, commands, (to, index) => to.Append(command(index)));

    private static Workload Collection(string name, string arguments, int requests, Action<RespConnection>? prepare) =>
        new(name, arguments, 1_000_000, requests, requests * 4) { Prepare = prepare, FillsKeys = false };

    private static Workload Long(string name, string arguments, int valueBytes, int requests, int otherBytes = 0) =>
        new(name, arguments, 4, requests, requests * 4) { FilledValue = RespLoader.Value(valueBytes), OtherValue = RespLoader.Value(otherBytes, seed: 0x07E5) };
}
