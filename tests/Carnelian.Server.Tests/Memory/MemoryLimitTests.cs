namespace Carnelian.Tests;

/// <summary>maxmemory: what is evicted, when requests are refused, and how long that may take.</summary>
internal sealed class MemoryLimitTests(RespVersion version) : CommandFixture(version)
{
    private const string Refused = "-OOM command not allowed when used memory > 'maxmemory'.";

    private readonly LogLines _log = new();

    protected override void Configure(ServerOptions options) => options.DebugCommand = ProtectedAction.Yes;

    private long Used => Server.Server.Allocator.UsedBytes + Server.World.Process.ManagedBytes;

    private void Limit(long bytes) => Assert.That(Run($"CONFIG SET maxmemory {bytes}"), Is.EqualTo("+OK"));

    private void Policy(string name) => Assert.That(Run($"CONFIG SET maxmemory-policy {name}"), Is.EqualTo("+OK"));

    private long Info(string field)
    {
        var text = Run("INFO all");
        var from = text.IndexOf($"\n{field}:", StringComparison.Ordinal) + field.Length + 2;
        return long.Parse(text[from..text.IndexOfAny(['\r', ','], from)]);
    }

    // ---- refusing

    [Test]
    public void Without_room_what_may_need_memory_is_refused()
    {
        Run("SET k v");
        Limit(1);
        Assert.That(Run("SET k w"), Is.EqualTo(Refused));
        Assert.That(Run("GET k"), Is.EqualTo("\"v\""));
        Assert.That(Run("EXPIRE k 100"), Is.EqualTo(":1"), "a write that needs no memory");
        Assert.That(Run("DEL k"), Is.EqualTo(":1"));
        Assert.That(Run("INFO errorstats"), Does.Contain("errorstat_OOM:count=1"));
        Assert.That(Run("INFO commandstats"), Does.Match(@"cmdstat_set:calls=1,.*rejected_calls=1,failed_calls=0"));
        Limit(0);
        Assert.That(Run("SET k w"), Is.EqualTo("+OK"));
    }

    [Test]
    public void A_request_that_is_refused_while_queueing_spoils_the_transaction()
    {
        Limit(1);
        Run("MULTI");
        Assert.That(Run("SET k v"), Is.EqualTo(Refused));
        Assert.That(Run("GET k"), Is.EqualTo("+QUEUED"));
        Assert.That(Run("EXEC"), Is.EqualTo("-EXECABORT Transaction discarded because of previous errors."));
        Run("MULTI");
        Run("SET k v");
        Assert.That(Run("DISCARD"), Is.EqualTo("+OK"));
        Assert.That(Run("PING"), Is.EqualTo("+PONG"));
    }

    [Test]
    public void EXEC_is_refused_whole_when_something_in_it_may_need_memory()
    {
        var other = Server.Connect();
        Run("MULTI");
        Run("DEL k");
        Run("SET k v");
        other.Run("CONFIG", "SET", "maxmemory", "1");
        Assert.That(Run("EXEC"), Is.EqualTo("-EXECABORT Transaction discarded because of: OOM command not allowed when used memory > 'maxmemory'."));
        Assert.That(Run("EXEC"), Is.EqualTo("-ERR EXEC without MULTI"));
        Run("MULTI");
        Run("GET k");
        Run("PING");
        Assert.That(Run("EXEC"), Is.EqualTo("[nil, +PONG]"));
    }

    [Test]
    public void What_a_transaction_does_after_it_was_admitted_is_not_refused()
    {
        Run("MULTI");
        Run("INCR x");
        Run("CONFIG SET maxmemory 1");
        Run("INCR x");
        Assert.That(Run("EXEC"), Is.EqualTo("[:1, +OK, :2]"));
    }

    [Test]
    public void Who_waits_is_refused_when_what_was_waited_for_comes()
    {
        var blocked = Server.Blocked("BLMOVE", "from", "to", "LEFT", "LEFT", "0");
        // The push is admitted in the transaction that lowers the limit.
        Run("MULTI");
        Run("RPUSH from a");
        Run("CONFIG SET maxmemory 1");
        Run("EXEC");
        Assert.That(blocked.Read(), Is.EqualTo(Refused));
        Assert.That(Run("LRANGE from 0 -1"), Is.EqualTo("[\"a\"]"));
    }

    [Test]
    public void Subscribers_hear_of_want_of_memory_first_as_in_Redis()
    {
        if (IsResp3) Skip.Because("in RESP3 subscribers may send anything");
        Run("SUBSCRIBE c");
        Assert.That(Run("SET k v"), Does.StartWith("-ERR Can't execute 'set'"));
        var other = Server.Connect();
        other.Run("CONFIG", "SET", "maxmemory", "1");
        Assert.That(Run("SET k v"), Is.EqualTo(Refused));
    }

    [Test]
    public void Within_a_call_that_lasts_long_nothing_is_refused()
    {
        SimulatedServer.SkipUnlessInline("another's request comes within the call at once");
        using var server = new SimulatedServer(commands: WaitingCommands.Table());
        var other = server.Connect();
        other.Run("PING");
        server.Client.Run("PING");
        server.Client.Send("TURNINSIDE", "k", "50");
        other.SendRaw([.. TestClient.Request("CONFIG", "SET", "maxmemory", "1"), .. TestClient.Request("SET", "new", "v")]);
        Assert.That(other.Read(2), Is.EqualTo(new[] { "+OK", "+OK" }));
        Assert.That(server.Client.Read(), Is.EqualTo("\"done\""));
        Assert.That(other.Run("SET", "new", "v"), Is.EqualTo(Refused));
    }

    [Test]
    public void A_limit_may_be_there_from_the_start()
    {
        using var server = new SimulatedServer(options => options.Keyspace.MaxMemory = 1);
        Assert.That(server.Run("SET", "k", "v"), Is.EqualTo(Refused));
        Assert.That(server.Run("CONFIG", "GET", "maxmemory"), Is.EqualTo("[\"maxmemory\", \"1\"]"));
    }

    // ---- evicting

    [TestCase("allkeys-lru"), TestCase("allkeys-lfu"), TestCase("allkeys-lrm"), TestCase("allkeys-random"), TestCase("volatile-ttl"), TestCase("volatile-random")]
    public void The_limit_is_kept_by_evicting_no_more_than_needed(string policy)
    {
        Policy(policy);
        for (var i = 0; i < 200; i++) Run($"SET before:{i} v EX 1000");
        var limit = Used + 20_000;
        Limit(limit);
        for (var i = 0; i < 1000; i++) Assert.That(Run($"SET k:{i} {new string('v', 50)} EX 1000"), Is.EqualTo("+OK"));
        Assert.That(Used, Is.InRange(limit - 5000, limit + 500));
        Assert.That(Info("evicted_keys"), Is.EqualTo(1200 - Server.Server.Keyspace.Databases[0].Data.Count));
    }

    [Test]
    public void A_lower_limit_evicts_soon_also_when_nobody_asks()
    {
        Policy("allkeys-lru");
        Run("DEBUG POPULATE 5000 key 100");
        var limit = Used - 300_000;
        Limit(limit);
        for (var i = 0; i < 2000 && Used > limit; i++) Server.AdvanceTime(1);
        Assert.That(Used, Is.InRange(limit - 20_000, limit));
        Assert.That(Server.Server.MemoryLimit.IsEvicting, Is.False);
    }

    [Test]
    public void Setting_a_limit_below_what_is_used_is_logged()
    {
        using var server = new SimulatedServer(logger: _log);
        server.Run("CONFIG", "SET", "maxmemory", "100mb");
        Assert.That(_log.Text, Does.Not.Contain("WARNING"));
        server.Run("CONFIG", "SET", "maxmemory", "1000");
        Assert.That(_log.Text, Does.Match(@"WARNING: the new maxmemory value set via CONFIG SET \(1000\) is smaller than the current memory usage \(\d+\)\. This will result in key eviction and/or the inability to accept new write commands depending on the maxmemory-policy\."));
    }

    [Test]
    public void A_large_hash_goes_alone_and_nothing_is_refused_until_its_memory_is_there()
    {
        Policy("allkeys-lru");
        var hash = new List<string> { "HSET", "hash" };
        for (var i = 0; i < 20_000; i++) hash.AddRange([$"field:{i}", $"value:{i}"]);
        Run([.. hash]);
        Server.AdvanceTime(5000);
        for (var i = 0; i < 50; i++) Run($"SET k:{i} {new string('v', 100)}");
        // The hash is the oldest key.
        Run("CONFIG SET maxmemory-samples 64");
        Limit(Used - 10_000);
        Assert.That(Run("SET one more"), Is.EqualTo("+OK"));
        Assert.That(Run("EXISTS hash"), Is.EqualTo(":0"));
        Assert.That(Server.Server.Keyspace.LazyFree.IsPending, "it is not all freed at once");
        for (var i = 0; i < 200; i++) Assert.That(Run($"SET more:{i} v"), Is.EqualTo("+OK"));
        Server.TurnUntil(() => !Server.Server.Keyspace.LazyFree.IsPending);
        Assert.That(Info("evicted_keys"), Is.EqualTo(1));
        Assert.That(Info("current_eviction_exceeded_time"), Is.Zero);
    }

    [Test]
    public void The_last_key_s_memory_is_waited_for_instead_of_refusing()
    {
        Policy("allkeys-lru");
        var hash = new List<string> { "HSET", "hash" };
        for (var i = 0; i < 20_000; i++) hash.AddRange([$"field:{i}", $"value:{i}"]);
        Run([.. hash]);
        // The request's own memory goes first.
        Server.AdvanceTime(5000);
        Limit(Used - 100_000);
        Assert.That(Run("SET k v"), Is.EqualTo("+OK"));
        Server.TurnUntil(() => !Server.Server.Keyspace.LazyFree.IsPending);
        Assert.That(Run("EXISTS k"), Is.EqualTo(":1"));
    }

    [Test]
    public void Without_tenacity_a_request_evicts_few_keys_and_the_next_turns_the_rest()
    {
        Policy("allkeys-random");
        Run("DEBUG POPULATE 5000 key 100");
        Run("CONFIG SET maxmemory-eviction-tenacity 0");
        var limit = Used - 300_000;
        Limit(limit);
        var before = Info("evicted_keys");
        Assert.That(before, Is.LessThan(1500));
        Server.TurnUntil(() => !Server.Server.MemoryLimit.IsEvicting);
        Assert.That(Used, Is.LessThanOrEqualTo(limit));
        Assert.That(Info("evicted_keys"), Is.GreaterThan(before));
    }

    [Test]
    public void While_writes_are_paused_nothing_is_evicted_or_refused()
    {
        Policy("allkeys-lru");
        Run("DEBUG POPULATE 100");
        Server.Server.Keyspace.IsPaused = true;
        Limit(1);
        Assert.That(Run("SET k v"), Is.EqualTo("+OK"));
        Server.AdvanceTime(1000);
        Assert.That(Run("DBSIZE"), Is.EqualTo(":101"));
        Server.Server.Keyspace.IsPaused = false;
        Server.TurnUntil(() => Server.Server.Keyspace.Databases[0].Data.Count == 0);
    }

    [Test]
    public void An_evicted_key_that_is_watched_overtakes()
    {
        Policy("allkeys-lru");
        Run("SET watched v");
        Run("WATCH watched");
        Server.Connect().Run("CONFIG", "SET", "maxmemory", "1");
        Server.TurnUntil(() => Server.Server.Keyspace.Databases[0].Data.Count == 0);
        Server.Connect().Run("CONFIG", "SET", "maxmemory", "0");
        Run("MULTI");
        Run("PING");
        Assert.That(Server.Client.RunValue("EXEC").Kind, Is.EqualTo(RespKind.Null));
    }

    [Test]
    public void How_long_the_limit_is_exceeded_is_counted()
    {
        Limit(1);
        Run("PING");
        Server.AdvanceTime(5000);
        Assert.That(Info("current_eviction_exceeded_time"), Is.InRange(5000, 6000));
        Limit(0);
        Assert.That(Info("current_eviction_exceeded_time"), Is.Zero);
        Assert.That(Info("total_eviction_exceeded_time"), Is.InRange(5000, 6000));
        Run("CONFIG RESETSTAT");
        Assert.That(Info("total_eviction_exceeded_time"), Is.Zero);
    }

    [Test]
    public void Numbers_are_not_shared_where_each_key_notes_its_use()
    {
        Run("SET k 1");
        Limit(1 << 30);
        Policy("allkeys-random");
        Assert.That(Run("OBJECT REFCOUNT k"), Is.EqualTo(":2147483647"));
        Policy("allkeys-lru");
        Assert.That(Run("OBJECT REFCOUNT k"), Is.EqualTo(":1"));
        Limit(0);
        Assert.That(Run("OBJECT REFCOUNT k"), Is.EqualTo(":2147483647"));
    }

    [Test]
    public void Only_changes_make_a_key_fresh_where_the_least_recently_modified_goes()
    {
        Policy("allkeys-lrm");
        Run("HSET h f v");
        Server.AdvanceTime(10_000);
        Run("HGET h f");
        Run("HSETNX h f v");
        Assert.That(Run("OBJECT IDLETIME h"), Is.EqualTo(":10"));
        Run("EXPIRE h 1000");
        Assert.That(Run("OBJECT IDLETIME h"), Is.EqualTo(":0"));
        Assert.That(Run("OBJECT FREQ h"), Does.StartWith("-ERR An LFU maxmemory policy is not selected"));
    }
}
