using System.Globalization;

namespace Carnelian.Tests;

/// <summary>Makes values of every type and encoding by random commands.</summary>
internal sealed class RandomValues(PersistenceRig rig, Random random)
{
    public const int Kinds = 15;

    /// <summary>In 2100: nothing expires meanwhile.</summary>
    private const long FarMs = 4_102_444_800_000;

    /// <summary>Keys of every kind in several databases.</summary>
    public static PersistenceRig Filled(int seed, int keys)
    {
        var rig = new PersistenceRig((ulong)seed + 1);
        var random = new Random(seed);
        rig.Keyspace.Host.ListCompressDepth = seed % 2;
        var values = new RandomValues(rig, random);
        for (var i = 0; i < keys; i++)
        {
            values.Make($"key {i}".Replace(' ', '-'), i % RandomValues.Kinds);
            if (i % 5 == 0) rig.Run($"MOVE key-{i} {1 + random.Next(3)}");
        }
        return rig;
    }

    /// <summary>All keys, by database and name.</summary>
    public static string[] Shown(PersistenceRig rig)
    {
        var shown = new List<string>();
        for (var database = 0; database < 4; database++)
        {
            rig.Database = database;
            foreach (var key in rig.Run("KEYS *").Items) shown.Add($"{database} {key.Text} {rig.ShowKept(key.Text!)}");
        }
        rig.Database = 0;
        return [.. shown.Order(StringComparer.Ordinal)];
    }

    public void Make(string key, int kind)
    {
        switch (kind)
        {
            case 0: Run("SET", key, Word()); break;
            case 1: Run("SET", key, Number()); break;
            case 2: Many("RPUSH", key, 1 + random.Next(40), () => [Word()]); break;
            case 3:
                Many("RPUSH", key, 300, () => [Text(random.Next(1, 300))]);
                if (random.Next(2) == 0) Run("RPUSH", key, Text(20_000));
                break;
            case 4: Many("SADD", key, 1 + random.Next(60), () => [Number()]); break;
            case 5: Many("SADD", key, 1 + random.Next(60), () => [Word()]); break;
            case 6: Many("SADD", key, 130 + random.Next(100), () => [Text(random.Next(1, 90))]); break;
            case 7: Many("ZADD", key, 1 + random.Next(60), () => [Score(), Word()]); break;
            case 8: Many("ZADD", key, 130 + random.Next(100), () => [Score(), Text(random.Next(1, 90))]); break;
            case 9: Many("HSET", key, 1 + random.Next(60), () => [Word(), Word()]); break;
            case 10: Many("HSET", key, 20, () => [Word(), Text(random.Next(100))]); break;
            case 11 or 12:
                Many("HSET", key, 20, () => [Word(), kind == 12 ? Text(random.Next(100, 200)) : Word()]);
                foreach (var name in rig.Run($"HKEYS {key}").Items)
                {
                    if (random.Next(2) == 0) continue;
                    var time = PersistenceRig.Bytes((FarMs + random.Next(1_000_000)).ToString(CultureInfo.InvariantCulture));
                    rig.Run(Words("HPEXPIREAT"), Words(key), time, Words("FIELDS"), Words("1"), name.Bytes);
                }
                break;
            case 14: rig.Run(Words("RESTORE"), Words(key), Words("0"), VectorSet()); break;
            default: MakeStream(key); break;
        }
        if (random.Next(4) == 0) Run("PEXPIREAT", key, $"{FarMs + random.Next(1000)}");
    }

    /// <summary>Something that may be one: parts of every kind.</summary>
    private byte[] VectorSet() => Payload.Of(7, output =>
    {
        output.Length(ModuleName.IdOf("vectorset"u8, 1));
        for (var parts = random.Next(30); parts > 0; parts--)
        {
            var part = random.Next(1, 6);
            output.Length(part);
            if (part <= 2) output.Length((ulong)random.NextInt64() >> random.Next(64));
            else if (part == 3) output.Bytes(BitConverter.GetBytes(random.NextSingle()));
            else if (part == 4) output.Double(random.NextDouble());
            else output.Text(Text(random.Next(random.Next(2) == 0 ? 30 : 3000)));
        }
        output.Length(0);
    });

    private void MakeStream(string key)
    {
        var entries = random.Next(250);
        Run("XADD", key, "1-0", "first", "entry");
        for (var i = 0; i < entries; i++)
        {
            string[] fields = random.Next(3) == 0 ? [Word(), Word(), "b", Word()] : ["first", Word()];
            Run(["XADD", key, $"{i / 3 + 2}-{i % 3}", .. fields]);
        }
        for (var i = random.Next(10); i > 0; i--) Run("XDEL", key, $"{random.Next(2, 60)}-{random.Next(3)}");
        if (random.Next(4) == 0) Run("XTRIM", key, "MAXLEN", $"{random.Next(100)}");
        for (var g = random.Next(3); g > 0; g--)
        {
            var group = "g" + Text(g);
            Run("XGROUP", "CREATE", key, group, random.Next(2) == 0 ? "0" : "5-0");
            for (var c = random.Next(4); c > 0; c--)
            {
                var consumer = Word();
                if (random.Next(3) == 0) Run("XGROUP", "CREATECONSUMER", key, group, consumer);
                else Run("XREADGROUP", "GROUP", group, consumer, "COUNT", $"{random.Next(1, 30)}", "STREAMS", key, ">");
            }
        }
    }

    private void Many(string command, string key, int count, Func<string[]> element)
    {
        var words = new List<string> { command, key };
        for (; count > 0; count--) words.AddRange(element());
        Run([.. words]);
    }

    private string Score() => random.Next(5) switch
    {
        0 => "inf",
        1 => "-inf",
        2 => Number(),
        3 => (random.NextDouble() * Math.Pow(10, random.Next(-10, 25))).ToString("R", CultureInfo.InvariantCulture),
        _ => $"{random.Next(10)}",
    };

    private string Number() => (random.NextInt64() * (random.Next(2) * 2 - 1) >> random.Next(63)).ToString(CultureInfo.InvariantCulture);

    private string Word() => random.Next(4) == 0 ? Number() : Text(random.Next(20));

    private string Text(int length)
    {
        var letters = random.Next(2) == 0 ? 3 : 200;
        return string.Create(length, (random, letters), (span, state) =>
        {
            foreach (ref var letter in span) letter = (char)('0' + state.random.Next(state.letters));
        });
    }

    private static byte[] Words(string text) => PersistenceRig.Bytes(text);

    private void Run(params string[] words) => rig.Run(Array.ConvertAll(words, PersistenceRig.Bytes));
}
