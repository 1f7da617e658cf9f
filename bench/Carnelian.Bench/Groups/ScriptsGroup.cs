namespace Carnelian;

/// <summary>What scripts cost: short ones that many clients call, and computations.</summary>
internal sealed class ScriptsGroup : IGroup
{
    private const string CallsExplanation = """
        The server's CPU per EVALSHA of 50 clients, in pipelines of 16; what the scripts work on is made between the measurements. release deletes a lock if it is its owner's, bucket takes
        from a token bucket that is a hash, job adds a job to a queue as BullMQ does: a number, a hash, a list or sorted set, a stream of events. Medians of the rounds.
        """;

    private const string ComputationsExplanation = """
        The server's CPU per EVALSHA of one client, milliseconds. Strings of 20,000 parts put together; 3,000 letters appended to a string one by one; 20,000 numbers sorted; gsub in 24 KB
        of a letter and of words by a function; cjson of 10 KB there and back; fib(27); sieves of 200,000 numbers and ten of 8,192; 20,000 fields set in a table; 5,000 small tables. Medians of the rounds.
        """;

    private const int Clients = 50, Pipeline = 16, LongestReply = 4096;

    private sealed record Script(string Name, string Text);

    private static readonly Script[] Calls =
    [
        new("script-release", """
            if redis.call('GET', KEYS[1]) == ARGV[1] then
              return redis.call('DEL', KEYS[1])
            end
            return 0
            """),
        new("script-bucket", """
            local rate, capacity, now, asked = 10, 1000, tonumber(ARGV[1]), 1
            local bucket = redis.call('HMGET', KEYS[1], 'tokens', 'at')
            local tokens, at = tonumber(bucket[1]) or capacity, tonumber(bucket[2]) or now
            tokens = math.min(capacity, tokens + math.max(0, now - at) * rate)
            local allowed = tokens >= asked
            if allowed then tokens = tokens - asked end
            redis.call('HSET', KEYS[1], 'tokens', tokens, 'at', now)
            redis.call('PEXPIRE', KEYS[1], math.ceil(capacity / rate * 2000))
            return { allowed and 1 or 0, math.floor(tokens) }
            """),
        new("script-job", """
            local queue, options = KEYS[1], cjson.decode(ARGV[3])
            local function event(name, id, more)
              redis.call('XADD', queue .. ':events', 'MAXLEN', '~', 1000, '*', 'event', name, 'jobId', id, 'state', more)
            end
            local id = options.id
            if not id or id == '' then
              id = redis.call('INCR', queue .. ':id')
            end
            local key = queue .. ':' .. id
            if redis.call('EXISTS', key) == 1 then
              event('duplicated', id, '')
              return id
            end
            local delay, priority = tonumber(options.delay) or 0, tonumber(options.priority) or 0
            redis.call('HSET', key, 'name', ARGV[1], 'data', ARGV[2], 'timestamp', ARGV[4], 'delay', delay, 'priority', priority)
            event('added', id, ARGV[1])
            if delay > 0 then
              redis.call('ZADD', queue .. ':delayed', (tonumber(ARGV[4]) + delay) * 4096, id)
              event('delayed', id, delay)
            elseif redis.call('HEXISTS', queue .. ':meta', 'paused') == 1 then
              redis.call('LPUSH', queue .. ':paused', id)
            elseif priority > 0 then
              redis.call('ZADD', queue .. ':prioritized', priority * 4294967296 + redis.call('INCR', queue .. ':pc') % 4294967296, id)
              event('waiting', id, 'prioritized')
            else
              redis.call('LPUSH', queue .. ':wait', id)
              event('waiting', id, 'wait')
            end
            return id
            """),
    ];

    private static readonly Script[] Computations =
    [
        new("compute-concat", "local parts = {} for i = 1, 20000 do parts[i] = 'item ' .. i end return #table.concat(parts, ',')"),
        new("compute-append", "local text = '' for i = 1, 3000 do text = text .. 'x' end return #text"),
        new("compute-sort", "local numbers, x = {}, 42 for i = 1, 20000 do x = (x * 16807) % 2147483647 numbers[i] = x end table.sort(numbers) return numbers[1]"),
        new("compute-gsub", "local text, count = string.rep('hello world ', 2000), 0 for i = 1, 5 do count = count + select(2, text:gsub('o', '0')) end return count"),
        new("compute-gsub-words", "return select(2, string.rep('hello world ', 2000):gsub('%w+', function(word) return word:upper() end))"),
        new("compute-cjson", """
            local users = {} for i = 1, 160 do users[i] = { id = i, name = 'user ' .. i, tags = { 'a', 'b', 'c' }, score = i * 1.5 } end
            local count = 0 for i = 1, 5 do local text = cjson.encode(users) count = count + #text users = cjson.decode(text) end return count
            """),
        new("compute-fib", "local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end return fib(27)"),
        new("compute-sieve-200k", Sieve(repeats: 1, numbers: 200_000)),
        new("compute-sieve-8k", Sieve(repeats: 10, numbers: 8192)),
        new("compute-fields", "local t = {} for i = 1, 20000 do t['field ' .. i] = i end return 1"),
        new("compute-tables", "local t = {} for i = 1, 5000 do t[i] = { i, tostring(i) } end return #t"),
    ];

    private static string Sieve(int repeats, int numbers) => $"""
        local count = 0
        for k = 1, {repeats} do
          local n, prime = {numbers}, {"{}"} for i = 2, n do prime[i] = true end
          for i = 2, n do if prime[i] then count = count + 1 for j = i * i, n, i do prime[j] = false end end end
        end
        return count
        """;

    public string Name => "scripts";

    public IReadOnlyList<string> Members { get; } = [.. Calls.Concat(Computations).Select(script => script.Name)];

    public void Run(Lab lab, IReadOnlyList<string> members)
    {
        Compare(lab, "Calls of scripts", CallsExplanation, "CPU µs", Calls.Where(script => members.Contains(script.Name)), MeasureCalls);
        Compare(lab, "Computations in scripts", ComputationsExplanation, "CPU ms", Computations.Where(script => members.Contains(script.Name)), MeasureComputation);
    }

    private static void Compare(Lab lab, string title, string explanation, string unit, IEnumerable<Script> scripts, Func<Lab, ServerUnderTest, Script, double> measure)
    {
        var table = lab.Report.Begin(new Table(title, explanation, ("script", 18), ("server", 9), (unit, 9), ("×", 6)) { WordColumns = 2 });
        foreach (var script in scripts)
        {
            var found = lab.Programs.ToDictionary(program => program.Name, _ => new List<double>());
            for (var round = 0; round < lab.Options.Rounds; round++)
                lab.ForEachServer(script.Name, server => found[server.Name].Add(measure(lab, server, script)), first: round);
            var candidate = lab.Programs.Find(program => program.IsCandidate) is { } judged ? Figure.Median(found[judged.Name]) : double.NaN;
            foreach (var program in lab.Programs)
            {
                var median = Figure.Median(found[program.Name]);
                if (!double.IsNaN(median)) table.Add(script.Name, program.Name, Figure.Of(median), program.IsCandidate ? "" : Figure.Ratio(candidate, median));
            }
        }
    }

    /// <returns>Microseconds of the server's CPU for each call.</returns>
    private static double MeasureCalls(Lab lab, ServerUnderTest server, Script script)
    {
        using var pool = new ConnectionPool(server, Clients, LongestReply);
        var digest = pool.Connections[0].Call("SCRIPT", "LOAD", script.Text);
        var batches = lab.Size(20, 200);
        long nanoseconds = 0;
        for (var batch = -batches / 4; batch < batches; batch++)
        {
            if (script == Calls[0]) Send(pool, (to, lockNumber) => to.Append("SET", $"lock:{lockNumber}", "owner"));
            var before = server.Cpu();
            Send(pool, (to, number) => AppendCall(to, script, digest, number, batch));
            if (batch >= 0) nanoseconds += server.Cpu().Since(before).Nanoseconds;
        }
        return nanoseconds / 1000.0 / batches / Clients / Pipeline;
    }

    private static void AppendCall(RespConnection to, Script script, string digest, int number, int batch)
    {
        if (script == Calls[0]) to.Append("EVALSHA", digest, "1", $"lock:{number}", "owner");
        else if (script == Calls[1]) to.Append("EVALSHA", digest, "1", $"bucket:{number}", $"{1_700_000_000 + batch}");
        else to.Append("EVALSHA", digest, "1", "queue", "mail", """{"to":"somebody@example.com","subject":"hello"}""", """{"attempts":3,"priority":0}""", $"{1_700_000_000_000 + number}");
    }

    private static void Send(ConnectionPool pool, Action<RespConnection, int> append)
    {
        for (var client = 0; client < Clients; client++)
        {
            for (var i = 0; i < Pipeline; i++) append(pool.Connections[client], client * Pipeline + i);
            pool.Connections[client].Flush();
        }
        foreach (var connection in pool.Connections) connection.SkipReplies(Pipeline);
    }

    /// <returns>Milliseconds of the server's CPU for each call.</returns>
    private static double MeasureComputation(Lab lab, ServerUnderTest server, Script script)
    {
        using var client = server.Connect();
        var digest = client.Call("SCRIPT", "LOAD", script.Text);
        var calls = lab.Size(10, 50);
        for (var i = 0; i < calls / 2; i++) client.Call("EVALSHA", digest, "0");
        var before = server.Cpu();
        for (var i = 0; i < calls; i++) client.Call("EVALSHA", digest, "0");
        return server.Cpu().Since(before).Nanoseconds / 1e6 / calls;
    }
}
