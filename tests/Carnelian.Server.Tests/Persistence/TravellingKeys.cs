using System.Net;
using System.Text.RegularExpressions;

namespace Carnelian.Tests;

/// <summary>Keys of every type and encoding that are to be the same on two servers, and the servers between which they travel.</summary>
internal static partial class TravellingKeys
{
    public const string Redis70 = "redis-7.0", Redis = "redis", Valkey = "valkey";

    public static readonly string[] Products = [Redis70, Redis, Valkey];

    /// <summary>What the servers are started with: values are kept otherwise than where they were made, strings compressed or not, times of use told or not.</summary>
    public static readonly string[][] Limits =
    [
        [],
        ["hash-max-listpack-entries", "3", "zset-max-listpack-entries", "3", "set-max-intset-entries", "3", "list-max-listpack-size", "2", "rdbcompression", "no"],
        ["hash-max-listpack-entries", "5000", "hash-max-listpack-value", "5000", "zset-max-listpack-entries", "5000", "zset-max-listpack-value", "5000", "list-compress-depth", "1",
            "set-max-intset-entries", "5000", "stream-node-max-entries", "3", "maxmemory", "1gb", "maxmemory-policy", "allkeys-lru"],
    ];

    /// <summary>CARNELIAN_COMPARISONS: so many keys of each kind.</summary>
    private static int KeysOfEach => TestSettings.Number("CARNELIAN_COMPARISONS", 3);

    public static string[] Options(int limits) => [.. Limits[limits].Chunk(2).SelectMany(pair => new[] { "--" + pair[0], pair[1] }), "--enable-debug-command", "yes", "--sanitize-dump-payload", "yes"];

    private static bool Knows(string product, int kind) => product != Redis70 || !TravellingValues.HasFieldTimes(kind);

    public static SocketClient ClientOf(ReferenceServer reference) => new(new IPEndPoint(IPAddress.Loopback, reference.Port));

    /// <summary>Keys of all kinds that a server knows, in two databases, some of which expire. Returns what is to be compared.</summary>
    public static List<(string Database, string Key, int Kind)> Make(Func<string[], string> run, string product, int seed, string prefix = "key")
    {
        var random = new Random(seed);
        var made = new List<(string, string, int)>();
        for (var i = 0; i < KeysOfEach * TravellingValues.Kinds; i++)
        {
            var kind = i % TravellingValues.Kinds;
            if (!Knows(product, kind)) continue;
            var database = i % 3 == 0 ? "5" : "0";
            var key = $"{prefix} {i}";
            run(["SELECT", database]);
            foreach (var request in TravellingValues.Make(key, kind, random)) Assert.That(run(request), Does.Not.StartWith("-"), string.Join(' ', request));
            if (kind == 15) Read(run, key, random);
            if (i % 4 == 0) run(["PEXPIREAT", key, "4102444800000"]);
            made.Add((database, key, kind));
        }
        return made;
    }

    /// <summary>Consumers get something of a stream's groups, and nothing.</summary>
    private static void Read(Func<string[], string> run, string key, Random random)
    {
        for (var i = 0; i < 4; i++) run(["XREADGROUP", "GROUP", "group 1", $"consumer {i}", "COUNT", $"{1 + random.Next(20)}", "STREAMS", key, ">"]);
        run(["XGROUP", "CREATECONSUMER", key, "group 1", "idle one"]);
    }

    /// <param name="isReplayed">It was made anew by commands.</param>
    private static string Show(Func<string[], string> run, (string Database, string Key, int Kind) made, bool isReplayed)
    {
        run(["SELECT", made.Database]);
        var expiry = run(["PEXPIRETIME", made.Key]);
        var shown = TravellingValues.Show(run, made.Key, made.Kind) + expiry;
        if (made.Kind != 15) return shown;
        var stream = run(["XINFO", "STREAM", made.Key, "FULL"]);
        return shown + (isReplayed ? WithIdleConsumers().Replace(Unreplayed().Replace(stream, ""), "").Replace(", ]", "]", StringComparison.Ordinal) : Untold().Replace(stream, ""));
    }

    /// <summary>Redis 7.0 does not tell when a consumer got something last, and in its files it is not; the lag is an estimate, which Valkey makes otherwise.</summary>
    [GeneratedRegex(@"""(active-time|lag)"", (:-?\d+|nil)(, )?")]
    private static partial Regex Untold();

    /// <summary>What the commands do not tell by which Redis and Valkey propagate XREADGROUP: they lose it themselves when they load their own files. Nodes are as long as they become anew.</summary>
    [GeneratedRegex(@"""(active-time|seen-time|lag|entries-read|radix-tree-keys|radix-tree-nodes)"", (:-?\d+|nil)(, )?")]
    private static partial Regex Unreplayed();

    /// <summary>Those that XREADGROUP has made and that got nothing: likewise.</summary>
    [GeneratedRegex(@"\[""name"", ""consumer \d"", ""pel-count"", :0, ""(pel|pending)"", \[\]\](, )?")]
    private static partial Regex WithIdleConsumers();

    public static void AssertSame(Func<string[], string> run, Func<string[], string> other, List<(string Database, string Key, int Kind)> made, bool hasOneDigest, bool isReplayed = false)
    {
        foreach (var key in made) Assert.That(Show(other, key, isReplayed), Is.EqualTo(Show(run, key, isReplayed)), key.ToString());
        Assert.That(made, Is.Not.Empty);
        if (hasOneDigest) Assert.That(other(["DEBUG", "DIGEST"]), Is.EqualTo(run(["DEBUG", "DIGEST"])));
    }
}
