namespace Carnelian;

/// <summary>One load of valkey-benchmark, and the keys that are there before it.</summary>
/// <param name="Arguments">For valkey-benchmark, split at spaces.</param>
/// <param name="Keys">How many keys are filled before and drawn from at random.</param>
internal sealed record Workload(string Name, string Arguments, int Keys, int RequestsSmall, int RequestsFull)
{
    private const int ValueBytes = 32;
    private const int LargeValueBytes = 4096;

    public string KeyPrefix { get; init; } = RespLoader.KeyPrefix;

    public byte[] FilledValue { get; init; } = RespLoader.Value(ValueBytes);

    public int Requests(bool full) => full ? RequestsFull : RequestsSmall;

    public static IReadOnlyList<Workload> All { get; } = [.. Pipelined(), .. Unpipelined(), .. Others()];

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
        yield return new Workload("mset", $"-t mset -c 50 -d {ValueBytes}", 100_000, 40_000, 200_000);
    }
}
