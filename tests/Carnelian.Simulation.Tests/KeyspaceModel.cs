using System.Globalization;
using System.Text;

namespace Carnelian.Tests;

/// <summary>
/// What a server should answer, written down as simply as possible: dictionaries of strings. Knows the requests that
/// <see cref="RequestMaker"/> makes; replies are RESP bytes, or null where any reply is right.
/// </summary>
internal sealed class KeyspaceModel(int databases)
{
    private sealed record Entry(string Value, long? ExpiryMs);

    private readonly Dictionary<string, Entry>[] _databases = [.. Enumerable.Range(0, databases).Select(_ => new Dictionary<string, Entry>())];

    private const string Ok = "+OK\r\n", Syntax = "-ERR syntax error\r\n", NotInteger = "-ERR value is not an integer or out of range\r\n";

    /// <summary>What lasts for one client.</summary>
    public sealed class ClientState
    {
        public int Database { get; set; }

        public bool IsResp3 { get; set; }

        public string Name { get; set; } = "";
    }

    public string? Run(ClientState client, string[] args, long nowMs)
    {
        var keys = _databases[client.Database];
        var nil = client.IsResp3 ? "_\r\n" : "$-1\r\n";
        switch (args[0])
        {
            case "PING": return args.Length == 2 ? Bulk(args[1]) : "+PONG\r\n";
            case "ECHO": return Bulk(args[1]);
            case "QUIT": return Ok;
            case "SELECT":
                if (int.Parse(args[1], CultureInfo.InvariantCulture) >= databases) return "-ERR DB index is out of range\r\n";
                client.Database = int.Parse(args[1], CultureInfo.InvariantCulture);
                return Ok;
            case "HELLO":
                client.IsResp3 = args[1] == "3";
                return null;
            case "CLIENT" when args[1] == "SETNAME":
                client.Name = args[2];
                return Ok;
            case "CLIENT" when args[1] == "PAUSE": return Ok;
            case "CLIENT" when args[1] == "GETNAME": return client.Name.Length > 0 ? Bulk(client.Name) : nil;
            case "AUTH" or "CONFIG" when args[^1] != "wrong": return Ok;
            case "GET": return Find(keys, args[1], nowMs) is { } got ? Bulk(got.Value) : nil;
            case "MGET": return $"*{args.Length - 1}\r\n" + string.Concat(args[1..].Select(key => Find(keys, key, nowMs) is { } one ? Bulk(one.Value) : nil));
            case "STRLEN": return Integer(Find(keys, args[1], nowMs)?.Value.Length ?? 0);
            case "EXISTS": return Integer(args[1..].Count(key => Find(keys, key, nowMs) is not null));
            case "TYPE": return Find(keys, args[1], nowMs) is null ? "+none\r\n" : "+string\r\n";
            case "DEL": return Integer(args[1..].Count(key => Remove(keys, key, nowMs)));
            case "MSET":
                for (var i = 1; i < args.Length; i += 2) keys[args[i]] = new(args[i + 1], null);
                return Ok;
            case "APPEND":
                var old = Find(keys, args[1], nowMs);
                keys[args[1]] = new((old?.Value ?? "") + args[2], old?.ExpiryMs);
                return Integer(keys[args[1]].Value.Length);
            case "SETNX":
                if (Find(keys, args[1], nowMs) is not null) return Integer(0);
                keys[args[1]] = new(args[2], null);
                return Integer(1);
            case "PSETEX":
                keys[args[1]] = new(args[3], nowMs + long.Parse(args[2], CultureInfo.InvariantCulture));
                return Ok;
            case "SET": return Set(keys, args, nowMs, nil);
            case "INCR": return Add(keys, args[1], 1, nowMs);
            case "DECR": return Add(keys, args[1], -1, nowMs);
            case "INCRBY": return long.TryParse(args[2], CultureInfo.InvariantCulture, out var by) ? Add(keys, args[1], by, nowMs) : NotInteger;
            case "EXPIRE": return Expire(keys, args, 1000, nowMs);
            case "PEXPIRE": return Expire(keys, args, 1, nowMs);
            case "TTL": return TimeToLive(keys, args[1], nowMs, left => (left + 500) / 1000);
            case "PTTL": return TimeToLive(keys, args[1], nowMs, left => left);
            case "PERSIST":
                if (Find(keys, args[1], nowMs) is not { ExpiryMs: not null } expiring) return Integer(0);
                keys[args[1]] = expiring with { ExpiryMs = null };
                return Integer(1);
            case "FLUSHALL":
                foreach (var database in _databases) database.Clear();
                return Ok;
            default: return null;
        }
    }

    /// <summary>A key that is alive; one whose time is over is gone from here on.</summary>
    private static Entry? Find(Dictionary<string, Entry> keys, string key, long nowMs)
    {
        if (!keys.TryGetValue(key, out var entry)) return null;
        // What is over may come back, where it is only hidden and the clock is set back: OnExpired tells when it is gone.
        return entry.ExpiryMs is null || nowMs <= entry.ExpiryMs ? entry : null;
    }

    private static bool Remove(Dictionary<string, Entry> keys, string key, long nowMs)
    {
        var isThere = Find(keys, key, nowMs) is not null;
        keys.Remove(key);
        return isThere;
    }

    /// <summary>The next moment at which the time of a key is over; null when none is.</summary>
    public long? NextExpiryMs(long nowMs) => _databases.SelectMany(keys => keys.Values).Min(entry => entry.ExpiryMs >= nowMs ? entry.ExpiryMs : null);

    /// <summary>The server has deleted a key because its time was over: it stays gone, even if the clock is set back.</summary>
    public void OnExpired(int database, string key, long nowMs)
    {
        if (Find(_databases[database], key, nowMs) is null) _databases[database].Remove(key);
    }

    private static string Set(Dictionary<string, Entry> keys, string[] args, long nowMs, string nil)
    {
        long? expiryMs = null;
        bool nx = false, xx = false, get = false, keep = false;
        for (var i = 3; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "NX": nx = true; break;
                case "XX": xx = true; break;
                case "GET": get = true; break;
                case "KEEPTTL": keep = true; break;
                case "PX": expiryMs = nowMs + long.Parse(args[++i], CultureInfo.InvariantCulture); break;
                case "EX": expiryMs = nowMs + 1000 * long.Parse(args[++i], CultureInfo.InvariantCulture); break;
                default: return Syntax;
            }
        }
        if (nx && xx || keep && expiryMs is not null) return Syntax;
        var old = Find(keys, args[1], nowMs);
        var reply = get ? old is null ? nil : Bulk(old.Value) : Ok;
        if (nx && old is not null || xx && old is null) return get ? reply : nil;
        keys[args[1]] = new(args[2], keep ? old?.ExpiryMs : expiryMs);
        return reply;
    }

    private static string Add(Dictionary<string, Entry> keys, string key, long by, long nowMs)
    {
        var old = Find(keys, key, nowMs);
        long value = 0;
        if (old is not null && (!long.TryParse(old.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value) || Text(value) != old.Value)) return NotInteger;
        if (value + (Int128)by is var sum && (sum > long.MaxValue || sum < long.MinValue)) return "-ERR increment or decrement would overflow\r\n";
        keys[key] = new(Text((long)sum), old?.ExpiryMs);
        return Integer((long)sum);
    }

    private static string Expire(Dictionary<string, Entry> keys, string[] args, long unitMs, long nowMs)
    {
        var expiryMs = nowMs + unitMs * long.Parse(args[2], CultureInfo.InvariantCulture);
        if (Find(keys, args[1], nowMs) is not { } old) return Integer(0);
        var allowed = args.Length == 3 || args[3] switch
        {
            "NX" => old.ExpiryMs is null,
            "XX" => old.ExpiryMs is not null,
            "GT" => old.ExpiryMs is not null && expiryMs > old.ExpiryMs,
            _ => old.ExpiryMs is null || expiryMs < old.ExpiryMs,
        };
        if (!allowed) return Integer(0);
        if (expiryMs <= nowMs) keys.Remove(args[1]);
        else keys[args[1]] = old with { ExpiryMs = expiryMs };
        return Integer(1);
    }

    private static string TimeToLive(Dictionary<string, Entry> keys, string key, long nowMs, Func<long, long> unit) =>
        Find(keys, key, nowMs) is not { } entry ? Integer(-2) : entry.ExpiryMs is { } expiryMs ? Integer(unit(expiryMs - nowMs)) : Integer(-1);

    private static string Bulk(string value) => $"${Encoding.Latin1.GetByteCount(value)}\r\n{value}\r\n";

    private static string Integer(long value) => $":{Text(value)}\r\n";

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
