namespace Carnelian.Tests;

/// <summary>
/// Draws requests on few keys, for comparisons with a real server: of the change log, of keyspace events. Only a batch's last request gives a short life,
/// so that both servers see its end between batches. A family adds its requests to the list of <see cref="Request"/>.
/// </summary>
/// <param name="nowMs">The servers' clock; null: the real one.</param>
internal sealed class RandomWrites(Random chance, Func<long>? nowMs = null)
{
    /// <summary>Milliseconds that the longest of the short lives lasts.</summary>
    public const int ShortMs = 3;

    /// <summary>Databases that are used.</summary>
    private const int Databases = 3;

    private int _next;

    private long Now => nowMs?.Invoke() ?? NowMs;

    /// <summary>The seeds that a comparison is made with; CARNELIAN_COMPARISONS says how many.</summary>
    public static IEnumerable<int> Seeds(int first) => Enumerable.Range(first, TestSettings.Number("CARNELIAN_COMPARISONS", 5));

    public string[][] NextBatch()
    {
        var batch = new string[chance.Next(5, 40)][];
        for (var i = 0; i < batch.Length; i++) batch[i] = Request();
        // Spans, not moments: the servers get to it at different times.
        batch[^1] = chance.Next(5) switch
        {
            3 => ["HPEXPIRE", HashKey(), $"{ShortMs}", "FIELDS", "2", Field(), Field()],
            4 => ["HSETEX", HashKey(), "PX", $"{ShortMs}", "FIELDS", "1", Field(), Value()],
            0 => ["SET", Key(), Value(), "PX", $"{ShortMs}"],
            1 => ["PEXPIRE", Key(), $"{ShortMs}"],
            _ => ["set", Key(), Value(), "px", "1"],
        };
        return batch;
    }

    public static long NowMs => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();

    /// <summary>A reply that holds times differs between servers.</summary>
    public static bool TellsTime(string[] request) => request[0].ToUpperInvariant() is
        "TTL" or "PTTL" or "EXPIRETIME" or "PEXPIRETIME" or "HTTL" or "HPTTL" or "HEXPIRETIME" or "HPEXPIRETIME" || request[0].Equals("XINFO", StringComparison.OrdinalIgnoreCase) && request.Length > 3;

    /// <summary>It waits if there is nothing.</summary>
    public static bool MayWait(string[] request) => request[0].StartsWith("B", StringComparison.OrdinalIgnoreCase) && !request[0].Contains("bit", StringComparison.OrdinalIgnoreCase)
        || request.Contains("BLOCK", StringComparer.OrdinalIgnoreCase);

    /// <summary>A reply whose elements have no order.</summary>
    public static bool IsUnordered(string[] request) => request[0].ToUpperInvariant() is "SCAN" or "KEYS" or "HGETALL" or "HKEYS" or "HVALS" or "HSCAN" or
        "SMEMBERS" or "SINTER" or "SUNION" or "SDIFF" or "SSCAN" or "SPOP" or "SRANDMEMBER";

    private string[] Request() => chance.Next(25) switch
    {
        24 => PlaceRequest(),
        20 or 21 => StreamRequest(),
        22 or 23 => GroupRequest(),
        17 or 18 => ScoreRequest(),
        19 => ScoreRangeRequest(),
        15 or 16 => SetRequest(),
        8 or 9 => HashRequest(),
        10 => FieldExpiryRequest(),
        11 => FieldValueRequest(),
        12 => ListPushRequest(),
        13 or 14 => ListRequest(),
        < 2 => StringRequest(),
        2 => PartRequest(),
        3 => BitRequest(),
        4 or 5 => ExpiryRequest(),
        _ => KeyRequest(),
    };

    private string[] StringRequest() => chance.Next(29) switch
    {
        < 3 => [Word("SET"), Key(), Value()],
        < 7 => [Word("SET"), Key(), Value(), .. SetOptions()],
        < 9 => [Word("INCR"), Key()],
        9 => [Word("DECR"), Key()],
        < 12 => [Word("INCRBY"), Key(), $"{chance.Next(-9, 9)}"],
        < 14 => [Word("APPEND"), Key(), Value()],
        14 => [Word("MSET"), Key(), Value(), Key(), Value()],
        15 => [Word("GET"), Key()],
        16 => [Word("MGET"), Key(), Key(), Key()],
        17 => [Word("STRLEN"), Key()],
        18 => [Word("SETNX"), Key(), Value()],
        19 => [Word("SETEX"), Key(), Far(), Value()],
        20 => [Word("PSETEX"), Key(), Far() + "000", Value()],
        < 23 => [Word("GETEX"), Key(), .. NewTime()],
        23 => [Word("GETDEL"), Key()],
        24 => [Word("GETSET"), Key(), Value()],
        < 27 => [Word("MSETNX"), Key(), Value(), Key(), Value()],
        27 => [Word("DECRBY"), Key(), $"{chance.Next(-9, 9)}"],
        _ => [Word("SET"), Key(), Value()],
    };

    /// <summary>On parts of strings, and on what they mean.</summary>
    private string[] PartRequest() => chance.Next(8) switch
    {
        < 2 => [Word("SETRANGE"), Key(), $"{chance.Next(-1, 20)}", chance.Next(4) == 0 ? "" : Value()],
        2 => [Word("GETRANGE"), Key(), $"{chance.Next(-9, 9)}", $"{chance.Next(-9, 9)}"],
        3 => [Word("LCS"), Key(), Key(), .. Pick([], ["IDX"])],
        _ => [Word("INCRBYFLOAT"), Key(), Number()],
    };

    private string[] BitRequest() => chance.Next(10) switch
    {
        < 3 => [Word("SETBIT"), Key(), $"{chance.Next(100)}", $"{chance.Next(2)}"],
        3 => [Word("GETBIT"), Key(), $"{chance.Next(100)}"],
        4 => [Word("BITCOUNT"), Key()],
        5 => [Word("BITOP"), Word(Pick("AND", "OR", "XOR")), Key(), Key(), Key()],
        6 => [Word("BITOP"), Word("NOT"), Key(), Key()],
        _ => [Word("BITFIELD"), Key(), .. Fields()],
    };

    private string[] ListPushRequest() => chance.Next(6) switch
    {
        < 2 => [Word("RPUSH"), List(), .. Values()],
        2 => [Word("LPUSH"), List(), .. Values()],
        3 => [Word("LPUSHX"), List(), .. Values()],
        4 => [Word("RPUSHX"), List(), .. Values()],
        _ => [Word("LINSERT"), List(), Word(Pick("BEFORE", "AFTER")), Value(), Value()],
    };

    /// <summary>What chance decides in them is decided alike: all of a set, or one of one.</summary>
    private string[] SetRequest() => chance.Next(20) switch
    {
        < 5 => [Word("SADD"), Set(), .. Values()],
        < 7 => [Word("SREM"), Set(), .. Values()],
        7 => [Word("SPOP"), Set(), Pick("0", "1000")],
        8 => [Word("SRANDMEMBER"), Set(), Pick("0", "1000")],
        < 11 => [Word("SMOVE"), Set(), Set(), Value()],
        11 => [Word("SISMEMBER"), Set(), Value()],
        12 => [Word("SMEMBERS"), Set()],
        13 => [Word("SSCAN"), Set(), "0", "COUNT", "1000"],
        14 => [Word(Pick("SINTER", "SUNION", "SDIFF")), Set(), Set()],
        15 => [Word("SINTERCARD"), "2", Set(), Set()],
        16 => [Word("SMISMEMBER"), Set(), Value(), Value()],
        _ => [Word(Pick("SINTERSTORE", "SUNIONSTORE", "SDIFFSTORE")), Set(), Set(), Set()],
    };

    private string[] ScoreRequest() => chance.Next(16) switch
    {
        < 4 => [Word("ZADD"), Sorted(), .. Scores()],
        4 => [Word("ZADD"), Sorted(), .. Pick([], [Word("NX")], [Word("XX")], [Word("GT")], [Word("LT")]), Word("CH"), .. Scores()],
        5 => [Word("ZADD"), Sorted(), Word("INCR"), Number(), Member()],
        6 => [Word("ZINCRBY"), Sorted(), Pick(Number(), "inf", "-inf"), Member()],
        7 => [Word("ZREM"), Sorted(), Member(), Member()],
        8 => [Word("ZSCORE"), Sorted(), Member()],
        9 => [Word(Pick("ZRANK", "ZREVRANK")), Sorted(), Member(), .. Pick([], ["WITHSCORE"])],
        10 => [Word(Pick("ZPOPMIN", "ZPOPMAX")), Sorted(), .. Pick([], [$"{chance.Next(3)}"])],
        11 => [Word("ZMPOP"), "2", Sorted(), Sorted(), Word(Pick("MIN", "MAX")), Word("COUNT"), $"{chance.Next(1, 4)}"],
        12 => [Word(Pick("BZPOPMIN", "BZPOPMAX")), Sorted(), Sorted(), "0.001"],
        13 => [Word("BZMPOP"), "0.001", "1", Sorted(), Word(Pick("MIN", "MAX"))],
        14 => [Word(Pick("ZUNIONSTORE", "ZINTERSTORE")), Sorted(), "2", Sorted(), chance.Next(3) == 0 ? Set() : Sorted(), .. Pick([], ["WEIGHTS", "2", "0.5"]), .. Pick([], ["AGGREGATE", "MAX"])],
        _ => [Word("ZDIFFSTORE"), Sorted(), "2", Sorted(), Sorted()],
    };

    private string[] ScoreRangeRequest() => chance.Next(7) switch
    {
        0 => [Word("ZRANGE"), Sorted(), "0", "-1", "WITHSCORES"],
        1 => [Word("ZRANGEBYSCORE"), Sorted(), Pick("-inf", "(1", Number()), Pick("+inf", Number())],
        2 => [Word("ZREMRANGEBYRANK"), Sorted(), $"{chance.Next(-3, 3)}", $"{chance.Next(-3, 3)}"],
        3 => [Word("ZREMRANGEBYSCORE"), Sorted(), Number(), Pick("(10", Number())],
        4 => [Word("ZREMRANGEBYLEX"), Sorted(), "[m1", "(m3"],
        5 => [Word("ZRANGESTORE"), Sorted(), Sorted(), "1", "-2", .. Pick([], ["REV"])],
        _ => [Word("ZCOUNT"), Sorted(), Number(), "+inf"],
    };

    private string[] PlaceRequest() => chance.Next(8) switch
    {
        < 2 => [Word("GEOADD"), Sorted(), .. Pick([], [Word("NX")], [Word("XX")]), .. Pick([], [Word("ch")]), Number(), Number(), Member(), "15", "37.5", Member()],
        2 => [Word("GEOSEARCH"), Sorted(), "FROMMEMBER", Member(), "BYRADIUS", "5000", "km", "ASC"],
        3 => [Word("GEODIST"), Sorted(), Member(), Member()],
        4 => [Word("GEORADIUSBYMEMBER"), Sorted(), Member(), "5000", "km", .. Pick([], ["STORE", Sorted()], ["STOREDIST", Sorted()])],
        5 => [Word("GEORADIUS"), Sorted(), "15", "37", "5000", "km", Pick("STORE", "storedist"), Sorted()],
        _ => [Word("GEOSEARCHSTORE"), Sorted(), Sorted(), "FROMLONLAT", "15", "37", "BYBOX", "9000", "9000", "km", .. Pick([], ["COUNT", "2"]), .. Pick([], ["STOREDIST"])],
    };

    /// <summary>With IDs that are given in full, so that both servers have the same.</summary>
    private string[] StreamRequest() => chance.Next(16) switch
    {
        < 4 => [Word("XADD"), StreamKey(), Id(), .. Pairs()],
        4 => [Word("XADD"), StreamKey(), $"{_next++}-*", .. Pairs()],
        5 => [Word("XADD"), StreamKey(), .. Pick([], [Word("NOMKSTREAM")]), .. TrimOptions(), Id(), .. Pairs()],
        6 => [Word("XADD"), StreamKey(), Word("MINID"), "~", $"{Math.Max(0, _next - 5)}", Id(), .. Pairs()],
        7 => [Word("XTRIM"), StreamKey(), .. TrimOptions()],
        8 or 9 => [Word("XDEL"), StreamKey(), $"{Math.Max(0, _next - chance.Next(20))}", $"{Math.Max(0, _next - chance.Next(20))}-1"],
        10 => [Word("XSETID"), StreamKey(), Id(), .. Pick([], [Word("ENTRIESADDED"), "1000"])],
        11 => [Word("XRANGE"), StreamKey(), "-", "+"],
        12 => [Word("XREVRANGE"), StreamKey(), "+", "-", "COUNT", "3"],
        13 => [Word("XREAD"), "COUNT", "2", "BLOCK", "1", "STREAMS", StreamKey(), StreamKey(), "0", Pick("0", "+")],
        14 => [Word("XINFO"), "STREAM", StreamKey(), .. Pick([], ["FULL"])],
        _ => [Word("XLEN"), StreamKey()],
    };

    private string[] GroupRequest() => chance.Next(20) switch
    {
        0 or 1 => [Word("XGROUP"), Word("CREATE"), StreamKey(), Group(), Pick("0", "$", Earlier()), .. Pick([], [Word("MKSTREAM")]), .. EntriesRead()],
        2 => [Word("XGROUP"), Word("SETID"), StreamKey(), Group(), Pick("0", "$", Earlier()), .. EntriesRead()],
        3 => [Word("XGROUP"), Word(Pick("DESTROY", "CREATE")), StreamKey(), Group(), .. Pick([], ["0"])],
        4 => [Word("XGROUP"), Word(Pick("CREATECONSUMER", "DELCONSUMER")), StreamKey(), Group(), Consumer()],
        < 9 => [.. ReadGroup(), Word("STREAMS"), StreamKey(), Pick(">", ">", "0")],
        9 => [.. ReadGroup(), Word("STREAMS"), StreamKey(), StreamKey(), Pick(">", "0"), ">"],
        < 12 => [Word("XACK"), StreamKey(), Group(), Earlier(), Earlier()],
        12 => [Word("XPENDING"), StreamKey(), Group()],
        < 15 => [Word("XCLAIM"), StreamKey(), Group(), Consumer(), Pick("0", "0", "100000"), Earlier(), Earlier(), Earlier(), .. ClaimOptions()],
        < 17 => [Word("XAUTOCLAIM"), StreamKey(), Group(), Consumer(), "0", Pick("0", Earlier()), .. Pick([], [Word("COUNT"), "2"], [Word("JUSTID")])],
        17 => [Word("XINFO"), Word("GROUPS"), StreamKey()],
        18 => [Word("XINFO"), Word("CONSUMERS"), StreamKey(), Group()],
        _ => [Word("XINFO"), Word("STREAM"), StreamKey(), "FULL"],
    };

    private string[] ReadGroup() =>
        [Word("XREADGROUP"), "GROUP", Group(), Consumer(), .. Pick([], [Word("COUNT"), "2"]), .. Pick([], [], [Word("NOACK")], [Word("BLOCK"), "1"])];

    private string[] EntriesRead() => Pick([], [], [Word("ENTRIESREAD"), $"{chance.Next(-1, 5)}"]);

    private string[] ClaimOptions() => Pick(
        [], [], [Word("FORCE")], [Word("JUSTID"), Word("FORCE")], [Word("RETRYCOUNT"), "3"], [Word("IDLE"), "1000"], [Word("LASTID"), Earlier()]);

    private string Group() => $"g{chance.Next(2)}";

    private string Consumer() => $"c{chance.Next(3)}";

    private string Earlier() => $"{Math.Max(0, _next - chance.Next(20))}-{chance.Next(3)}";

    private string Id() => $"{_next++}-{chance.Next(3)}";

    private string[] TrimOptions() =>
    [
        Word(Pick("MAXLEN", "MINID")), .. Pick([], ["="], ["~"]), $"{chance.Next(10)}",
    ];

    private string[] ListRequest() => chance.Next(16) switch
    {
        0 => [Word("LPOP"), List()],
        1 => [Word("RPOP"), List(), $"{chance.Next(4)}"],
        2 => [Word("LMPOP"), "2", List(), List(), End(), Word("COUNT"), $"{chance.Next(1, 4)}"],
        3 => [Word(Pick("BLPOP", "BRPOP")), List(), List(), "0.001"],
        4 => [Word("BLMPOP"), "0.001", "1", List(), End()],
        < 7 => [Word("LMOVE"), List(), List(), End(), End()],
        7 => [Word("BLMOVE"), List(), List(), End(), End(), "0.001"],
        8 => [Word("RPOPLPUSH"), List(), List()],
        9 => [Word("BRPOPLPUSH"), List(), List(), "0.001"],
        10 => [Word("LSET"), List(), $"{chance.Next(-3, 3)}", Value()],
        11 => [Word("LREM"), List(), $"{chance.Next(-2, 3)}", Value()],
        12 => [Word("LTRIM"), List(), $"{chance.Next(-3, 3)}", $"{chance.Next(-3, 3)}"],
        13 => [Word("LRANGE"), List(), "0", "-1"],
        14 => [Word("LPOS"), List(), Value()],
        _ => [Word("LINDEX"), List(), $"{chance.Next(-3, 3)}"],
    };

    private string[] HashRequest() => chance.Next(24) switch
    {
        < 5 => [Word("HSET"), HashKey(), .. Pairs()],
        5 => [Word("HMSET"), HashKey(), .. Pairs()],
        6 => [Word("HSETNX"), HashKey(), Field(), Value()],
        7 => [Word("HGET"), HashKey(), Field()],
        8 => [Word("HMGET"), HashKey(), Field(), Field(), Field()],
        9 => [Word("HGETALL"), HashKey()],
        10 => [Word(Pick("HKEYS", "HVALS")), HashKey()],
        11 => [Word("HLEN"), HashKey()],
        12 => [Word("HSTRLEN"), HashKey(), Field()],
        13 => [Word("HEXISTS"), HashKey(), Field()],
        < 17 => [Word("HDEL"), HashKey(), Field(), Field()],
        < 20 => [Word("HINCRBY"), HashKey(), Field(), $"{chance.Next(-9, 9)}"],
        20 => [Word("HINCRBYFLOAT"), HashKey(), Field(), Number()],
        21 => [Word("HSCAN"), HashKey(), "0", .. Pick([], ["NOVALUES"])],
        22 => [Word("HSET"), HashKey(), Field(), new string('x', 70)],
        _ => [Word("OBJECT"), "ENCODING", HashKey()],
    };

    private string[] FieldExpiryRequest() => chance.Next(10) switch
    {
        < 2 => [Word("HEXPIRE"), HashKey(), chance.Next(6) == 0 ? "0" : Far(), .. Condition(), .. Fields(2)],
        < 4 => [Word("HPEXPIRE"), HashKey(), Far() + "000", .. Condition(), .. Fields(3)],
        4 => [Word("HEXPIREAT"), HashKey(), chance.Next(6) == 0 ? "1" : $"{Now / 1000 + chance.Next(1000, 2000)}", .. Condition(), .. Fields(2)],
        < 7 => [Word("HPEXPIREAT"), HashKey(), chance.Next(6) == 0 ? "1" : $"{Now + chance.Next(1000, 2000) * 1000}", .. Condition(), .. Fields(2)],
        7 => [Word("HPERSIST"), HashKey(), .. Fields(2)],
        8 => [Word(Pick("HTTL", "HPTTL")), HashKey(), .. Fields(2)],
        _ => [Word(Pick("HEXPIRETIME", "HPEXPIRETIME")), HashKey(), .. Fields(2)],
    };

    private string[] FieldValueRequest() => chance.Next(8) switch
    {
        < 3 => [Word("HGETEX"), HashKey(), .. NewTime(), .. Fields(2)],
        3 => [Word("HGETDEL"), HashKey(), .. Fields(2)],
        _ => [Word("HSETEX"), HashKey(), .. Pick([], [], [Word("FNX")], [Word("FXX")]), .. FieldTime(), "FIELDS", "2", Field(), Value(), Field(), Value()],
    };

    private string[] ExpiryRequest() => chance.Next(14) switch
    {
        < 3 => [Word("EXPIRE"), Key(), chance.Next(6) == 0 ? "-5" : Far(), .. Condition()],
        < 6 => [Word("PEXPIRE"), Key(), chance.Next(6) == 0 ? "0" : Far() + "000", .. Condition()],
        < 8 => [Word("EXPIREAT"), Key(), chance.Next(6) == 0 ? "1" : $"{Now / 1000 + chance.Next(1000, 2000)}", .. Condition()],
        < 10 => [Word("PEXPIREAT"), Key(), chance.Next(6) == 0 ? "-1" : $"{Now + chance.Next(1000, 2000) * 1000}", .. Condition()],
        10 => [Word("PERSIST"), Key()],
        11 => [Word("TTL"), Key()],
        12 => [Word("PEXPIRETIME"), Key()],
        _ => [Word("PERSIST"), Key()],
    };

    private string[] KeyRequest() => chance.Next(27) switch
    {
        < 2 => [Word("DEL"), Key(), Key()],
        < 4 => [Word("UNLINK"), Key(), Key()],
        < 7 => [Word("RENAME"), Key(), Key()],
        7 => [Word("RENAMENX"), Key(), Key()],
        < 12 => [Word("COPY"), Key(), Key(), .. CopyOptions()],
        < 15 => [Word("MOVE"), Key(), Database()],
        < 18 => [Word("SELECT"), Database()],
        18 => [Word("EXISTS"), Key(), Key()],
        19 => [Word("TYPE"), Key()],
        20 => [Word("TOUCH"), Key(), Key()],
        21 => [Word("OBJECT"), "ENCODING", Key()],
        // Of a single key: a scan deletes what is over, and servers meet keys in different orders.
        22 => [Word("SCAN"), "0", "COUNT", "1000", "MATCH", Key(), .. Pick([], ["TYPE", "string"])],
        23 => chance.Next(3) == 0 ? [Word("SWAPDB"), Database(), Database()] : [Word("DBSIZE")],
        24 => chance.Next(8) == 0 ? [Word(chance.Next(2) == 0 ? "FLUSHDB" : "FLUSHALL"), .. Pick([], ["SYNC"], ["ASYNC"])] : [Word("EXISTS"), Key()],
        25 => [Word("RESTORE"), Key(), .. RestoreOptions()],
        _ => [Word("KEYS"), "k*"],
    };

    /// <summary>A time and a payload, of an empty string: the only one whose bytes are text.</summary>
    private string[] RestoreOptions()
    {
        string[] options = chance.Next(3) == 0 ? [] : [Word("REPLACE")];
        var payload = new string('\0', 11);
        return chance.Next(4) switch
        {
            0 => [$"{Now + chance.Next(1000, 2000) * 1000}", payload, Word("ABSTTL"), .. options],
            1 => ["1", payload, .. options, Word("ABSTTL")],
            2 => [Far() + "000", payload, .. options],
            _ => ["0", payload, .. options],
        };
    }

    private string Key() => chance.Next(8) == 0 ? $"{Pick("h", "l", "s", "x", "z")}{chance.Next(4)}" : $"k{chance.Next(8)}";

    /// <summary>Some names are mostly those of lists.</summary>
    private string List() => chance.Next(8) == 0 ? Key() : $"l{chance.Next(4)}";

    private string StreamKey() => chance.Next(8) == 0 ? Key() : $"x{chance.Next(4)}";

    private string Set() => chance.Next(8) == 0 ? Key() : $"s{chance.Next(4)}";

    private string Sorted() => chance.Next(8) == 0 ? Key() : $"z{chance.Next(4)}";

    private string Member() => $"m{chance.Next(8)}";

    private string[] Scores() => [.. Enumerable.Range(0, chance.Next(1, 4)).SelectMany(_ => new[] { Number(), Member() })];

    private string End() => Word(Pick("LEFT", "RIGHT"));

    private string[] Values()
    {
        var values = new string[chance.Next(1, 5)];
        for (var i = 0; i < values.Length; i++) values[i] = Value();
        return values;
    }

    private string HashKey() => chance.Next(12) == 0 ? Key() : $"h{chance.Next(4)}";

    private string Field() => $"f{chance.Next(8)}";

    private string[] Fields(int count) => [Word("FIELDS"), $"{count}", .. Enumerable.Range(0, count).Select(_ => Field())];

    private string[] Pairs() => [.. Enumerable.Range(0, chance.Next(1, 4)).SelectMany(_ => new[] { Field(), Value() })];

    private string[] FieldTime() => chance.Next(3) == 0 ? [Word("KEEPTTL")] : [.. NewTime().Where(word => !word.Equals("PERSIST", StringComparison.OrdinalIgnoreCase))];

    private string Value() => chance.Next(2) == 0 ? $"{chance.Next(-50, 50)}" : $"value{_next++}";

    private string Word(string word) => chance.Next(3) == 0 ? word.ToLowerInvariant() : word;

    private string Far() => $"{chance.Next(1000, 2000)}";

    private string Database() => $"{chance.Next(Databases)}";

    private T Pick<T>(params T[] some) => some[chance.Next(some.Length)];

    private string[] Pick(params string[][] some) => Pick<string[]>(some);

    private string[] Condition() => chance.Next(2) == 0 ? [] : [Word(Pick("NX", "XX", "GT", "LT"))];

    private string[] CopyOptions()
    {
        string[] database = chance.Next(3) == 0 ? [Word("DB"), Database()] : [];
        string[] replace = chance.Next(2) == 0 ? [Word("REPLACE")] : [];
        return chance.Next(2) == 0 ? [.. database, .. replace] : [.. replace, .. database];
    }

    /// <summary>Not FAIL: a string that grows for operations that all fail is told otherwise than Redis does (docs/compatibility.md).</summary>
    private List<string> Fields()
    {
        var fields = new List<string>();
        for (var i = chance.Next(1, 4); i > 0; i--)
        {
            fields.AddRange([Word("OVERFLOW"), Word(Pick("WRAP", "SAT"))]);
            var kind = Pick("GET", "SET", "INCRBY");
            fields.AddRange([Word(kind), $"{Pick("i", "u")}{chance.Next(1, 60)}", $"{Pick("", "", "#")}{chance.Next(5)}"]);
            if (kind != "GET") fields.Add($"{chance.Next(-200, 200)}");
        }
        return fields;
    }

    private string Number() => chance.Next(4) == 0 ? $"{chance.Next(-9, 9)}e{chance.Next(-9, 9)}" : $"{chance.Next(-99, 99)}.{chance.Next(99)}";

    private string[] NewTime() => chance.Next(7) switch
    {
        0 => [Word("EX"), Far()],
        1 => [Word("PX"), Far() + "000"],
        2 => [Word("EXAT"), $"{Now / 1000 + chance.Next(-5, 5) * 1000}"],
        3 => [Word("PXAT"), $"{Now + chance.Next(-5, 5) * 1_000_000}"],
        4 or 5 => [Word("PERSIST")],
        _ => [],
    };

    private List<string> SetOptions()
    {
        var options = new List<string>();
        if (chance.Next(3) == 0) options.Add(Word(Pick("NX", "XX")));
        if (chance.Next(3) == 0) options.Add(Word("GET"));
        switch (chance.Next(6))
        {
            case 0: options.AddRange([Word("EX"), Far()]); break;
            case 1: options.AddRange([Word("PX"), Far() + "000"]); break;
            case 2: options.Add(Word("KEEPTTL")); break;
            case 3: options.AddRange([Word("EXAT"), $"{Now / 1000 + 5000}"]); break;
            case 4: options.AddRange([Word("PXAT"), $"{Now + 5_000_000}"]); break;
        }
        return options;
    }
}
