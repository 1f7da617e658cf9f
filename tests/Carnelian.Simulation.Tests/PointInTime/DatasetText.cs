using System.Globalization;
using System.Text;

namespace Carnelian.Tests;

/// <summary>
/// All that a keyspace holds, as text that is equal for equal data however it is kept: also what DEBUG DIGEST leaves out, the times at which keys and fields
/// expire and the groups of streams.
/// </summary>
internal static class DatasetText
{
    /// <summary>What depends on how a stream is kept, and when somebody was last seen, which no log and no file tells.</summary>
    private static readonly HashSet<string> _left = ["radix-tree-keys", "radix-tree-nodes", "seen-time", "active-time"];

    /// <summary>A line for each key, in order.</summary>
    public static List<string> Of(DirectSession session, Keyspace keyspace)
    {
        var lines = new List<string>();
        foreach (var database in keyspace.Databases)
        {
            session.Database = database;
            foreach (var key in session.Run("KEYS *").Items.Select(item => item.Bytes)) lines.Add($"{database.Number} {Encoding.Latin1.GetString(key)} {Value(session, key)}");
        }
        lines.Sort(StringComparer.Ordinal);
        return lines;
    }

    private static string Value(DirectSession session, byte[] key)
    {
        var type = session.Run("TYPE"u8.ToArray(), key).Text!;
        var text = type switch
        {
            "string" => Text(session.Run("GET"u8.ToArray(), key)),
            "list" => Text(session.Run("LRANGE"u8.ToArray(), key, "0"u8.ToArray(), "-1"u8.ToArray())),
            "set" => Sorted(session.Run("SMEMBERS"u8.ToArray(), key).Items.Select(Text)),
            "zset" => Text(session.Run("ZRANGE"u8.ToArray(), key, "0"u8.ToArray(), "-1"u8.ToArray(), "WITHSCORES"u8.ToArray())),
            "hash" => Fields(session, key),
            "stream" => Text(session.Run("XINFO"u8.ToArray(), "STREAM"u8.ToArray(), key, "FULL"u8.ToArray(), "COUNT"u8.ToArray(), "0"u8.ToArray())),
            _ => throw new InvalidOperationException(type),
        };
        return $"{type} {session.Run("PEXPIRETIME"u8.ToArray(), key).Integer} {text}";
    }

    private static string Fields(DirectSession session, byte[] key)
    {
        var pairs = session.Run("HGETALL"u8.ToArray(), key).Items;
        byte[][] names = [.. pairs.Where((_, i) => i % 2 == 0).Select(name => name.Bytes)];
        var times = session.Run(["HPEXPIRETIME"u8.ToArray(), key, "FIELDS"u8.ToArray(), Encoding.ASCII.GetBytes($"{names.Length}"), .. names]).Items;
        return Sorted(names.Select((name, i) => $"{Encoding.Latin1.GetString(name)}={Text(pairs[2 * i + 1])}@{times[i].Integer}"));
    }

    private static string Sorted(IEnumerable<string> lines) => string.Join(' ', lines.Order(StringComparer.Ordinal));

    private static string Text(RespValue value) => value.Kind switch
    {
        RespKind.Integer => value.Integer.ToString(CultureInfo.InvariantCulture),
        RespKind.Array => $"[{string.Join(' ', Kept(value.Items).Select(Text))}]",
        RespKind.Null => "nil",
        _ => Encoding.Latin1.GetString(value.Bytes),
    };

    private static IEnumerable<RespValue> Kept(RespValue[] items)
    {
        for (var i = 0; i < items.Length; i++)
        {
            if (IsIdleConsumer(items[i].Items)) continue;
            if (items[i].Kind == RespKind.Bulk && _left.Contains(items[i].Text!)) i++;
            else yield return items[i];
        }
    }

    /// <summary>It has read and got nothing: Redis' log does not tell that it was made, and ours neither.</summary>
    private static bool IsIdleConsumer(RespValue[] items) =>
        items.Length > 3 && items[0].Kind == RespKind.Bulk && items[0].Text == "name" && items[2].Text == "seen-time" && items[Array.FindIndex(items, item => item.Text == "pel-count") + 1].Integer == 0;
}
