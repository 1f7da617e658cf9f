namespace Carnelian.Tests;

/// <summary>
/// Draws what a server is to go through: the requests of <see cref="RandomWrites"/>, values of many nodes and tables, transactions, and whatever turns the keyspace
/// upside down.
/// </summary>
internal sealed class WriteMaker(Random chance, Func<long> nowMs)
{
    private const int LongBytes = 64 * 1024, CrowdKeys = 4000;

    private readonly RandomWrites _writes = new(chance, nowMs);
    private long _nextId = 1_000_000;

    public string[][] NextBatch() => chance.Next(8) switch
    {
        0 => [["MULTI"], .. Small(), Large(), ["EXEC"]],
        1 => [Upheaval()],
        2 or 3 => [Large(), Large()],
        _ => Small(),
    };

    /// <summary>
    /// Without that of which no log tells, here as in Redis: how a sorted set is kept, by which ZREMRANGEBYLEX removes other members of a table than of a listpack where scores differ; and that a consumer
    /// has read what it had before once more.
    /// </summary>
    private string[][] Small() => [.. _writes.NextBatch().Where(request => !Is(request, "ZREMRANGEBYLEX") && !(Is(request, "XREADGROUP") && request.Contains("0")))];

    private static bool Is(string[] request, string command) => request[0].Equals(command, StringComparison.OrdinalIgnoreCase);

    /// <summary>So many keys that slabs become sparse when they go.</summary>
    public IEnumerable<string[]> Crowd()
    {
        for (var i = 0; i < CrowdKeys; i += 100) yield return ["MSET", .. Enumerable.Range(i, 100).SelectMany(n => new[] { $"many{n}", Text(30) })];
        for (var i = 0; i < CrowdKeys; i += 200) yield return ["DEL", .. Exactly(150, n => $"many{i + n}")];
    }

    /// <summary>Something of every type that takes a while to save.</summary>
    public IEnumerable<string[]> Fill()
    {
        for (var i = 0; i < 400; i += 50) yield return ["MSET", .. Enumerable.Range(i, 50).SelectMany(n => new[] { $"many{n}", Text(30) })];
        for (var i = 0; i < 40; i++) yield return Large();
    }

    /// <summary>On many elements at once, and on names that the small requests know too.</summary>
    private string[] Large() => chance.Next(19) switch
    {
        0 => ["RPUSH", List(), .. Many(60, _ => Text(200))],
        1 => ["LPUSH", List(), .. Many(200, i => $"{i}")],
        2 => ["LTRIM", List(), $"{chance.Next(20)}", $"{-1 - chance.Next(20)}"],
        3 => ["LREM", List(), "0", $"{chance.Next(200)}"],
        4 => ["HSET", $"h{chance.Next(4)}", .. Many(120, _ => $"f{chance.Next(300)}").SelectMany(field => new[] { field, Text(40) })],
        5 => ["HDEL", $"h{chance.Next(4)}", .. Many(100, _ => $"f{chance.Next(300)}")],
        6 => ["HPEXPIRE", $"h{chance.Next(4)}", $"{chance.Next(1, 2000)}", "FIELDS", "40", .. Exactly(40, i => $"f{i * 5 + chance.Next(5)}")],
        7 => ["SADD", $"s{chance.Next(4)}", .. Many(200, _ => $"{chance.Next(1000)}")],
        8 => ["SADD", $"s{chance.Next(4)}", .. Many(150, _ => $"m{chance.Next(400)}")],
        9 => ["SREM", $"s{chance.Next(4)}", .. Many(150, _ => $"m{chance.Next(400)}")],
        10 => ["ZADD", $"z{chance.Next(4)}", .. Many(150, _ => $"{chance.Next(99)}").SelectMany(score => new[] { score, $"m{chance.Next(400)}" })],
        11 => ["ZREMRANGEBYRANK", $"z{chance.Next(4)}", $"{chance.Next(5)}", $"{chance.Next(100)}"],
        12 => ["MSET", .. Many(120, _ => $"many{chance.Next(1500)}").SelectMany(key => new[] { key, Text(30) })],
        13 => ["DEL", .. Exactly(150, _ => $"many{chance.Next(1500)}")],
        14 when chance.Next(3) == 0 => ["SETRANGE", $"k{chance.Next(8)}", $"{LongBytes + chance.Next(200)}", Text(100)],
        15 when chance.Next(3) == 0 => ["SETRANGE", $"k{chance.Next(8)}", $"{chance.Next(LongBytes)}", Text(100)],
        16 when chance.Next(6) == 0 => ["HSET", $"h{chance.Next(4)}", $"f{chance.Next(300)}", new string('l', LongBytes + chance.Next(3))],
        17 => ["XADD", $"x{chance.Next(4)}", $"{_nextId++}-1", .. Exactly(60, i => i % 2 == 0 ? $"n{i}" : Text(60))],
        _ => ["SPOP", $"s{chance.Next(4)}", $"{chance.Next(1, 60)}"],
    };

    private string[] Upheaval() => chance.Next(18) switch
    {
        0 => ["FLUSHDB", chance.Next(2) == 0 ? "SYNC" : "ASYNC"],
        1 => ["FLUSHALL", chance.Next(2) == 0 ? "SYNC" : "ASYNC"],
        < 5 => ["SWAPDB", $"{chance.Next(3)}", $"{chance.Next(3)}"],
        < 8 => ["SELECT", $"{chance.Next(3)}"],
        8 => ["SET", $"k{chance.Next(8)}", Text(300), "PX", $"{chance.Next(1, 500)}"],
        9 => ["COPY", $"{Pick("h", "l", "s", "z", "x")}{chance.Next(4)}", $"k{chance.Next(8)}", "REPLACE", "DB", $"{chance.Next(3)}"],
        10 => ["CONFIG", "SET", "hash-max-listpack-entries", Pick("0", "8", "512")],
        11 => ["CONFIG", "SET", "list-max-listpack-size", Pick("-2", "-1", "5", "100")],
        12 => ["CONFIG", "SET", "list-compress-depth", Pick("0", "1", "3")],
        13 => ["CONFIG", "SET", Pick("set-max-intset-entries", "set-max-listpack-entries", "zset-max-listpack-entries"), Pick("0", "10", "512")],
        14 => ["CONFIG", "SET", "stream-node-max-entries", Pick("3", "100")],
        15 => ["CONFIG", "SET", "lazyfree-lazy-user-del", Pick("no", "yes")],
        16 => ["RENAME", $"{Pick("h", "l", "s", "z", "x", "k")}{chance.Next(4)}", $"{Pick("h", "l", "s", "z", "x", "k")}{chance.Next(4)}"],
        _ => ["PEXPIRE", $"{Pick("h", "l", "s", "z", "x")}{chance.Next(4)}", $"{chance.Next(1, 1000)}"],
    };

    /// <summary>A collection that is packed becomes a table, or what becomes of the next one is decided anew.</summary>
    public string[][] NextConversion() => chance.Next(6) switch
    {
        0 => [["CONFIG", "SET", "hash-max-listpack-entries", "0"], ["HSET", $"h{chance.Next(4)}", $"f{chance.Next(300)}", Text(40)], ["CONFIG", "SET", "hash-max-listpack-entries", "512"]],
        1 => [["CONFIG", "SET", "set-max-listpack-entries", "0", "set-max-intset-entries", "0"], ["SADD", $"s{chance.Next(4)}", $"{chance.Next(1000)}", Text(20)],
            ["CONFIG", "SET", "set-max-listpack-entries", "512", "set-max-intset-entries", "512"]],
        2 => [["CONFIG", "SET", "zset-max-listpack-entries", "0"], ["ZADD", $"z{chance.Next(4)}", $"{chance.Next(99)}", $"m{chance.Next(400)}"], ["CONFIG", "SET", "zset-max-listpack-entries", "512"]],
        3 => [["CONFIG", "SET", "list-max-listpack-size", Pick("2", "-5")], ["RPUSH", List(), Text(200), Text(200)], ["LINSERT", List(), "BEFORE", Text(9), "x"]],
        4 => [["HPEXPIRE", $"h{chance.Next(4)}", $"{chance.Next(1, 5000)}", "FIELDS", "1", $"f{chance.Next(300)}"]],
        _ => [["SET", $"k{chance.Next(8)}", $"{chance.Next(1000)}"], ["APPEND", $"k{chance.Next(8)}", Text(100)]],
    };

    /// <summary>So much at once that a table is moved to a larger or smaller array.</summary>
    public string[] NextRehash() => chance.Next(6) switch
    {
        0 => ["MSET", .. Exactly(400, _ => $"many{chance.Next(3000)}").SelectMany(key => new[] { key, Text(30) })],
        1 => ["DEL", .. Exactly(600, _ => $"many{chance.Next(3000)}")],
        2 => ["HSET", $"h{chance.Next(4)}", .. Exactly(200, _ => $"f{chance.Next(300)}").SelectMany(field => new[] { field, Text(40) })],
        3 => ["HDEL", $"h{chance.Next(4)}", .. Exactly(150, _ => $"f{chance.Next(300)}")],
        4 => ["SADD", $"s{chance.Next(4)}", .. Exactly(200, _ => $"m{chance.Next(400)}")],
        _ => ["SREM", $"s{chance.Next(4)}", .. Exactly(200, _ => $"m{chance.Next(400)}")],
    };

    private string List() => $"l{chance.Next(4)}";

    private string Pick(params string[] some) => some[chance.Next(some.Length)];

    private string Text(int bytesMax) => chance.Next(3) == 0 ? $"{chance.Next(100_000)}" : new string((char)('a' + chance.Next(26)), chance.Next(bytesMax));

    private string[] Many(int max, Func<int, string> each) => Exactly(chance.Next(1, max), each);

    private static string[] Exactly(int count, Func<int, string> each) => [.. Enumerable.Range(0, count).Select(each)];
}
