using System.Globalization;
using System.Text.RegularExpressions;

namespace Carnelian.Tests;

/// <summary>Requests that make values of every type and encoding, the same on any server.</summary>
internal static partial class TravellingValues
{
    public const int Kinds = 16;

    /// <summary>In 2100.</summary>
    private const long FarMs = 4_102_444_800_000;

    /// <summary>Of those that have times.</summary>
    public static readonly string[] FieldNames = [.. Enumerable.Range(0, 12).Select(i => $"f{i}")];

    public static bool HasFieldTimes(int kind) => kind is 11 or 12;

    /// <summary>
    /// What a server has of such a key, as far as all tell it alike: Valkey's digest of a hash with times is another one, and Redis 7.0 writes scores otherwise, in replies and in what it sums up.
    /// </summary>
    public static string Show(Func<string[], string> run, string key, int kind)
    {
        if (kind is 8 or 9) return Score().Replace(run(["ZRANGE", key, "0", "-1", "WITHSCORES"]), score => Shortest(score.Value));
        if (!HasFieldTimes(kind)) return run(["DEBUG", "DIGEST-VALUE", key]);
        return run(["HLEN", key]) + run(["HMGET", key, .. FieldNames]) + run(["HPEXPIRETIME", key, "FIELDS", "12", .. FieldNames]);
    }

    private static string Shortest(string score) => double.Parse(score, CultureInfo.InvariantCulture).ToString("R", CultureInfo.InvariantCulture);

    [GeneratedRegex(@"(?<="")-?\d[\d.e+-]*(?="")")]
    private static partial Regex Score();

    public static List<string[]> Make(string key, int kind, Random random)
    {
        var requests = new List<string[]>();
        void Many(string command, int count, Func<string[]> element)
        {
            var words = new List<string> { command, key };
            for (; count > 0; count--) words.AddRange(element());
            requests.Add([.. words]);
        }
        switch (kind)
        {
            case 0: requests.Add(["SET", key, Word(random)]); break;
            case 1: requests.Add(["SET", key, Number(random)]); break;
            case 2: requests.Add(["SET", key, Text(random, random.Next(3000))]); break;
            case 3: Many("RPUSH", 1 + random.Next(40), () => [Word(random)]); break;
            case 4:
                Many("RPUSH", 300, () => [Text(random, random.Next(1, 300))]);
                requests.Add(["RPUSH", key, Text(random, 20_000)]);
                break;
            case 5: Many("SADD", 1 + random.Next(60), () => [Number(random)]); break;
            case 6: Many("SADD", 1 + random.Next(60), () => [Word(random)]); break;
            case 7: Many("SADD", 130 + random.Next(100), () => [Text(random, random.Next(1, 90))]); break;
            case 8: Many("ZADD", 1 + random.Next(60), () => [ScoreOf(random), Word(random)]); break;
            case 9: Many("ZADD", 130 + random.Next(100), () => [ScoreOf(random), Text(random, random.Next(1, 90))]); break;
            case 10: Many("HSET", 1 + random.Next(60), () => [Word(random), Word(random)]); break;
            case 11 or 12:
                foreach (var name in FieldNames) requests.Add(["HSET", key, name, kind == 12 ? Text(random, 100) : Word(random)]);
                for (var i = 0; i < 12; i += 1 + random.Next(3)) requests.Add(["HPEXPIREAT", key, $"{FarMs + random.Next(100_000)}", "FIELDS", "1", FieldNames[i]]);
                break;
            case 13: Many("PFADD", 1 + random.Next(2000), () => [Number(random)]); break;
            default: MakeStream(key, requests, random, hasGroups: kind == 15); break;
        }
        return requests;
    }

    private static void MakeStream(string key, List<string[]> requests, Random random, bool hasGroups)
    {
        var entries = random.Next(1, 250);
        for (var i = 0; i < entries; i++)
        {
            string[] fields = random.Next(3) == 0 ? [Word(random), Word(random), "b", Word(random)] : ["first", Word(random)];
            requests.Add(["XADD", key, $"{i / 3 + 2}-{i % 3}", .. fields]);
        }
        for (var i = random.Next(10); i > 0; i--) requests.Add(["XDEL", key, $"{random.Next(2, 60)}-{random.Next(3)}"]);
        if (random.Next(4) == 0) requests.Add(["XTRIM", key, "MAXLEN", $"{random.Next(100)}"]);
        if (!hasGroups) return;
        // Consumers have times, which no two servers share.
        for (var g = random.Next(1, 4); g > 0; g--) requests.Add(["XGROUP", "CREATE", key, $"group {g}", random.Next(2) == 0 ? "0" : "5-0"]);
    }

    private static string ScoreOf(Random random) => random.Next(5) switch
    {
        0 => "inf",
        1 => "-inf",
        2 => Number(random),
        3 => (random.NextDouble() * Math.Pow(10, random.Next(-10, 25))).ToString("R", CultureInfo.InvariantCulture),
        _ => $"{random.Next(10)}",
    };

    private static string Number(Random random) => ((random.NextInt64() >> random.Next(63)) * (random.Next(2) * 2 - 1)).ToString(CultureInfo.InvariantCulture);

    private static string Word(Random random) => random.Next(4) == 0 ? Number(random) : Text(random, random.Next(20));

    private static string Text(Random random, int length)
    {
        var letters = random.Next(2) == 0 ? 3 : 70;
        return string.Create(length, (random, letters), (span, state) =>
        {
            foreach (ref var letter in span) letter = (char)('0' + state.random.Next(state.letters));
        });
    }
}
