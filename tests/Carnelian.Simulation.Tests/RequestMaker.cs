namespace Carnelian.Tests;

/// <summary>
/// A request as a simulated client sends it. Reply: what comes without the command being run (an error that precedes it);
/// null: what the model says of <see cref="Arguments"/>.
/// </summary>
internal sealed record MadeRequest(byte[] Bytes, string[] Arguments, string? Reply = null, bool EndsConnection = false);

/// <summary>Draws requests, most of them valid, on few keys so that they meet.</summary>
internal sealed class RequestMaker(Random chance, int valueBytesMax)
{
    private const string Wrong = "-ERR wrong number of arguments for '{0}' command\r\n";

    public MadeRequest Next()
    {
        var key = Key();
        switch (chance.Next(64))
        {
            case < 10: return Valid("GET", key);
            case < 12: return Valid("SET", key, Value());
            case 12: return Valid("SETNX", key, Value());
            case 13: return Valid("PSETEX", key, $"{chance.Next(1, 2000)}", Value());
            case < 20: return Valid(["SET", key, Value(), .. SetOptions()]);
            case < 24: return Valid("INCR", key);
            case < 26: return Valid("DECR", key);
            case < 28: return Valid("INCRBY", key, chance.Next(4) switch { 0 => "9223372036854775807", 1 => "x", _ => $"{chance.Next(-100, 100)}" });
            case < 31: return Valid("APPEND", key, Value());
            case 31: return Valid("STRLEN", key);
            case < 34: return Valid(["DEL", .. Keys()]);
            case 34: return Valid(["EXISTS", .. Keys()]);
            case < 37: return Valid(["MGET", .. Keys()]);
            case 37: return Valid(["MSET", .. Keys().SelectMany(each => new[] { each, Value() })]);
            case < 41: return Valid(["EXPIRE", key, $"{chance.Next(-1, 5)}", .. Condition()]);
            case < 44: return Valid(["PEXPIRE", key, $"{chance.Next(-10, 2000)}", .. Condition()]);
            case < 46: return Valid("TTL", key);
            case < 48: return Valid("PTTL", key);
            case 48: return Valid("PERSIST", key);
            case 49: return Valid("TYPE", key);
            case 50: return Valid("SELECT", $"{chance.Next(4)}");
            case 51: return Valid("PING", Value());
            case 52: return Valid("HELLO", chance.Next(2) == 0 ? "2" : "3");
            case 53: return chance.Next(2) == 0 ? Valid("CLIENT", "GETNAME") : Valid("CLIENT", "SETNAME", key);
            case 54: return Valid(chance.Next(6) switch { 0 => ["FLUSHALL"], 1 => ["FLUSHALL", "ASYNC"], 2 => ["INFO", "all"], 3 => ["COMMAND", "INFO", "get", "set"], 4 => ["DBSIZE"], _ => ["SCAN", "0"] });
            case 55: return Valid("KEYS", "*");
            case 56: return Valid(Configuration());
            case 57: return Plain("PING \r\n", ["PING"]);
            case 58: return Plain("\r\n*0\r\nECHO \"a\\x20b\"\r\n", ["ECHO", "a b"]);
            case 59: return Rejected("GET", Wrong.Replace("{0}", "get"));
            case 60: return Rejected("NONSENSE", "-ERR unknown command 'NONSENSE', with args beginning with: \r\n");
            case 61: return chance.Next(2) == 0 ? Rejected("CLIENT", Wrong.Replace("{0}", "client")) : Valid("CLIENT", "PAUSE", $"{chance.Next(200)}", chance.Next(3) == 0 ? "ALL" : "WRITE");
            case 62: return chance.Next(4) > 0 ? Valid("ECHO", new string('e', chance.Next(4 * valueBytesMax))) : Valid("QUIT") with { EndsConnection = true };
            default: return chance.Next(8) > 0 ? Valid("GET", key) : Broken();
        }
    }

    public MadeRequest Valid(params string[] arguments) => new(Encode(arguments), arguments);

    private static MadeRequest Rejected(string word, string reply) => new(Encode([word]), [word], reply);

    private static MadeRequest Plain(string bytes, string[] arguments) => new(System.Text.Encoding.Latin1.GetBytes(bytes), arguments);

    private MadeRequest Broken() => chance.Next(3) switch
    {
        0 => new("*1\r\n!4\r\nPING\r\n"u8.ToArray(), [], "-ERR Protocol error: expected '$', got '!'\r\n", true),
        1 => new("*1\r\n$-7\r\n"u8.ToArray(), [], "-ERR Protocol error: invalid bulk length\r\n", true),
        _ => new("ECHO 'open\r\n"u8.ToArray(), [], "-ERR Protocol error: unbalanced quotes in request\r\n", true),
    };

    private string Key() => $"k{chance.Next(12)}";

    private string[] Keys() => [.. Enumerable.Range(0, chance.Next(1, 5)).Select(_ => Key())];

    private string Value() => chance.Next(8) switch
    {
        < 3 => $"{chance.Next(-1000, 1000)}",
        3 => "",
        4 => "007",
        5 => new string((char)('a' + chance.Next(26)), chance.Next(100)),
        6 => new string('v', chance.Next(valueBytesMax)),
        _ => "\r\n\0ÿ$*",
    };

    private string[] Condition() => chance.Next(2) == 0 ? [] : [chance.Next(4) switch { 0 => "NX", 1 => "XX", 2 => "GT", _ => "LT" }];

    private List<string> SetOptions()
    {
        var options = new List<string>();
        if (chance.Next(3) == 0) options.Add(chance.Next(2) == 0 ? "NX" : "XX");
        if (chance.Next(4) == 0) options.Add("GET");
        if (chance.Next(6) == 0) options.Add("KEEPTTL");
        if (chance.Next(2) == 0) options.AddRange(["PX", $"{chance.Next(1, 2000)}"]);
        else if (chance.Next(4) == 0) options.AddRange(["EX", $"{chance.Next(1, 5)}"]);
        return options;
    }

    private string[] Configuration() => chance.Next(8) switch
    {
        0 => ["CONFIG", "SET", "hz", $"{chance.Next(1, 100)}"],
        1 => ["CONFIG", "SET", "activedefrag", chance.Next(2) == 0 ? "no" : "yes"],
        2 => ["CONFIG", "SET", "active-expire-effort", $"{chance.Next(1, 11)}"],
        3 => ["CONFIG", "SET", "lazyfree-lazy-user-flush", chance.Next(2) == 0 ? "no" : "yes"],
        4 => ["CONFIG", "SET", "slowlog-log-slower-than", "0"],
        5 => ["CONFIG", "RESETSTAT"],
        6 => ["CONFIG", "SET", "timeout", $"{chance.Next(0, 3) * 30}"],
        _ => ["CONFIG", "SET", "latency-tracking", chance.Next(2) == 0 ? "no" : "yes"],
    };

    public static byte[] Encode(ReadOnlySpan<string> arguments)
    {
        var bytes = new MemoryStream();
        Write(bytes, $"*{arguments.Length}\r\n");
        foreach (var argument in arguments) Write(bytes, $"${argument.Length}\r\n{argument}\r\n");
        return bytes.ToArray();
    }

    private static void Write(MemoryStream bytes, string text) => bytes.Write(System.Text.Encoding.Latin1.GetBytes(text));
}
