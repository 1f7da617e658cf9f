namespace Carnelian.Tests;

/// <summary>What persistence and replicas are told, request by request.</summary>
internal sealed class ChangeLogTests
{
    private AppendOnlyText _log = null!;
    private SimulatedServer _server = null!;

    [SetUp]
    public void Start()
    {
        _server = new SimulatedServer(commands: WaitingCommands.Table());
        _log = new AppendOnlyText();
        _server.Server.Keyspace.Changes.Attach(_log);
        _server.Server.Cron.ActiveExpiryEnabled = false;
    }

    [TearDown]
    public void Stop() => _server.Dispose();

    private string[] Told(params string[] requests)
    {
        var before = _log.Lines.Length;
        foreach (var request in requests) _server.Run(request.Split(' '));
        return _log.Lines[before..];
    }

    [Test]
    public void Writes_are_told_in_their_own_words_and_reads_are_not()
    {
        Assert.That(Told("set k v", "GET k", "incr n", "APPEND k w", "MSET a 1 b 2", "EXISTS a"),
            Is.EqualTo(new[] { "SELECT 0", "set k v", "incr n", "APPEND k w", "MSET a 1 b 2" }));
    }

    [Test]
    public void Bits_are_told_in_their_own_words_where_they_change_something()
    {
        Assert.That(Told("SETBIT k 9 0", "SETBIT k 9 0", "SETBIT k 9 1", "GETBIT k 9", "BITFIELD k SET u2 8 1 GET u8 0", "bitfield k set u2 8 2 incrby u8 0 0"),
            Is.EqualTo(new[] { "SELECT 0", "SETBIT k 9 0", "SETBIT k 9 1", "bitfield k set u2 8 2 incrby u8 0 0" }));
        Assert.That(Told("BITOP NOT to k", "BITOP OR missing gone", "BITOP OR to gone", "BITOP OR to gone"), Is.EqualTo(new[] { "BITOP NOT to k", "BITOP OR to gone" }));
    }

    [Test]
    public void What_is_claimed_is_told_before_what_is_new_and_with_it_what_is_deleted()
    {
        Told("XADD s 1 f v", "XADD s 2 f v", "XADD s 3 f v", "XGROUP CREATE s g 0", "XREADGROUP GROUP g a COUNT 2 STREAMS s >", "XDEL s 1");
        var readMs = _server.Server.NowMs;
        _server.AdvanceTime(100);
        var told = Told("XREADGROUP GROUP g b CLAIM 50 STREAMS s >");
        var nowMs = _server.Server.NowMs;
        Assert.That(told, Is.EqualTo(new[]
        {
            "MULTI", $"XCLAIM s g a 0 1-0 TIME {readMs} RETRYCOUNT 1 FORCE JUSTID LASTID 2-0", $"XCLAIM s g b 0 2-0 TIME {nowMs} RETRYCOUNT 2 FORCE JUSTID LASTID 2-0",
            $"XCLAIM s g b 0 3-0 TIME {nowMs} RETRYCOUNT 1 FORCE JUSTID LASTID 3-0", "XGROUP SETID s g 3-0 ENTRIESREAD 3", "EXEC",
        }));
        Assert.That(Told("XREADGROUP GROUP g b CLAIM 50 STREAMS s >"), Is.Empty);
    }

    /// <summary>As in Redis, which looks at no time there.</summary>
    [Test]
    public void A_destination_whose_time_is_over_is_deleted_where_nothing_comes_of_BITOP()
    {
        Told("SET to v PX 10");
        _server.AdvanceTime(20);
        Assert.That(Told("BITOP OR to missing"), Is.EqualTo(new[] { "BITOP OR to missing" }));
        Assert.That(Told("BITOP OR to missing"), Is.Empty);
    }

    /// <summary>Redis keeps it to itself, so that its replicas and its file lack the key.</summary>
    [Test]
    public void A_string_that_grew_for_operations_that_all_failed_is_told()
    {
        Assert.That(Told("BITFIELD k OVERFLOW FAIL INCRBY u8 0 256"), Is.EqualTo(new[] { "SELECT 0", "BITFIELD k OVERFLOW FAIL INCRBY u8 0 256" }));
        Assert.That(Told("BITFIELD k OVERFLOW FAIL INCRBY u8 0 256"), Is.Empty);
    }

    [Test]
    public void What_changes_nothing_is_not_told()
    {
        Assert.That(Told("SET k v XX", "DEL k", "PERSIST k", "EXPIRE k 10", "INCR k x", "SET k v NX EX"), Is.Empty);
        Assert.That(Told("FLUSHALL"), Is.EqualTo(new[] { "SELECT 0", "FLUSHALL" }), "but that is");
    }

    [Test]
    public void The_database_is_told_where_it_changes()
    {
        Assert.That(Told("SELECT 3", "SET k v", "SET k w", "SELECT 0", "GET k", "SELECT 3", "DEL k", "SELECT 1", "SET k v"),
            Is.EqualTo(new[] { "SELECT 3", "SET k v", "SET k w", "DEL k", "SELECT 1", "SET k v" }));
    }

    [Test]
    public void Times_are_told_as_moments()
    {
        var nowMs = _server.Server.NowMs;
        Assert.That(Told("SET k v EX 100"), Is.EqualTo(new[] { "SELECT 0", $"SET k v PXAT {nowMs + 100_000}" }));
        Assert.That(Told("PEXPIRE k 5000 LT"), Is.EqualTo(new[] { $"PEXPIREAT k {nowMs + 5000} LT" }));
        Assert.That(Told("EXPIRE k -1"), Is.EqualTo(new[] { "DEL k" }));
        Assert.That(Told("SET k v GET", "SET k w NX GET", "SET k x XX GET KEEPTTL"), Is.EqualTo(new[] { "SET k v", "SET k x XX KEEPTTL" }));
    }

    [Test]
    public void Deadlines_are_told_as_moments_of_milliseconds()
    {
        Told("SET k v");
        Assert.That(Told("EXPIREAT k 4102444800 NX"), Is.EqualTo(new[] { "PEXPIREAT k 4102444800000 NX" }));
        Assert.That(Told("pexpireat k 4102444800001 gt"), Is.EqualTo(new[] { "pexpireat k 4102444800001 gt" }), "it is one already");
        _server.Run("CONFIG", "SET", "lazyfree-lazy-expire", "yes");
        Assert.That(Told("PEXPIREAT k 1"), Is.EqualTo(new[] { "UNLINK k" }));
    }

    [Test]
    public void Keys_that_change_places_are_told_in_the_requests_words()
    {
        Told("SET a v", "SET b v");
        Assert.That(Told("unlink b missing", "RENAME a b", "RENAME b b", "RENAMENX b b", "COPY b c DB 3", "COPY b c DB 3", "MOVE b 2", "MOVE b 2", "swapdb 2 3", "SWAPDB 1 1"),
            Is.EqualTo(new[] { "unlink b missing", "RENAME a b", "COPY b c DB 3", "MOVE b 2", "swapdb 2 3", "SWAPDB 1 1" }));
        Assert.That(Told("FLUSHDB", "FLUSHALL ASYNC", "TOUCH a", "RANDOMKEY"), Is.EqualTo(new[] { "FLUSHDB", "FLUSHALL ASYNC" }));
    }

    [Test]
    public void What_reads_and_changes_is_told_as_what_it_changes()
    {
        var nowMs = _server.Server.NowMs;
        Told("SET k v");
        Assert.That(Told("GETEX k", "GETEX k EX 100", "GETEX k PERSIST", "GETEX k PERSIST"), Is.EqualTo(new[] { $"PEXPIREAT k {nowMs + 100_000}", "PERSIST k" }));
        Assert.That(Told("GETSET k w", "GETEX k PXAT 1", "GETDEL k", "GETSET k v", "GETDEL k"), Is.EqualTo(new[] { "SET k w", "DEL k", "SET k v", "DEL k" }));
        Assert.That(Told("INCRBYFLOAT k 1.50", "SETRANGE k 0 2", "msetnx k 1 a 2", "msetnx a 1 b 2"), Is.EqualTo(new[] { "SET k 1.5 KEEPTTL", "SETRANGE k 0 2", "msetnx a 1 b 2" }));
    }

    [Test]
    public void What_only_Valkey_has_is_told_as_it_tells_it()
    {
        var nowMs = _server.Server.NowMs;
        Told("SET k v");
        Assert.That(Told("SET k w IFEQ x", "set k w IFEQ v", "SET k get GET IFEQ w", "SET k x IFEQ get GET", "SET k y IFEQ x EX 100"),
            Is.EqualTo(new[] { "set k w IFEQ v", "SET k get IFEQ w", "SET k x IFEQ get", $"SET k y PXAT {nowMs + 100_000}" }));
        Assert.That(Told("DELIFEQ k x", "DELIFEQ k y"), Is.EqualTo(new[] { "DEL k" }));
        Assert.That(Told("msetex 2 a 1 b 2 nx", "MSETEX 1 a 1 NX", "MSETEX 1 a 1 EX 10 XX", "MSETEX 1 a 1 PXAT 9999999999999"),
            Is.EqualTo(new[] { "msetex 2 a 1 b 2 nx", $"MSETEX 1 a 1 PXAT {nowMs + 10_000} XX", "MSETEX 1 a 1 PXAT 9999999999999" }));
    }

    /// <summary>Valkey replaces the last time only, and what it writes is a syntax error to whoever reads it.</summary>
    [TestCase("MSETEX 1 ex px XX EX EX ex 10 XX", "MSETEX 1 ex px XX PXAT {0} XX"), TestCase("MSETEX 1 ex px PX 5 XX PX 7 PX 10000", "MSETEX 1 ex px XX PXAT {0}")]
    public void Of_several_times_only_the_last_is_propagated(string request, string effect)
    {
        effect = string.Format(effect, _server.Server.NowMs + 10_000);
        Told("SET ex a");
        Assert.That(Told(request), Is.EqualTo(new[] { effect }));
        Assert.That(_server.Run(effect.Split(' ')), Is.EqualTo(":1"), "it can be read again");
    }

    /// <summary>To whoever replays the deletion of the last field, the key and its expiry are gone.</summary>
    [Test]
    public void A_hash_whose_fields_were_all_over_keeps_its_expiry_behind_the_next_ones([Values("", " PXAT 4102444800000", " EX 100")] string expiry)
    {
        var nowMs = _server.Server.NowMs;
        Told("HSETEX h PX 10 FIELDS 2 a 1 b 1", "PEXPIREAT h 4102444800000", "HSETEX lasting PX 10 FIELDS 1 a 1");
        _server.AdvanceTime(20);
        var moment = expiry == " EX 100" ? $" PXAT {nowMs + 100_020}" : expiry;
        Assert.That(Told($"HSETEX h FNX{expiry} FIELDS 2 a 2 b 2"),
            Is.EqualTo(new[] { "MULTI", "HDEL h a", "HDEL h b", $"HSETEX h FNX{moment} FIELDS 2 a 2 b 2", "PEXPIREAT h 4102444800000", "EXEC" }));
        Assert.That(Told($"HSETEX lasting FNX{expiry} FIELDS 1 a 2"), Is.EqualTo(new[] { "MULTI", "HDEL lasting a", $"HSETEX lasting FNX{moment} FIELDS 1 a 2", "EXEC" }));
    }

    [Test]
    public void A_key_that_is_found_to_be_over_is_told_as_deleted_once()
    {
        Told("SET k v PX 10", "SET m v PX 10");
        _server.World.Advance(20);
        Assert.That(Told("GET k", "GET k", "TTL m"), Is.EqualTo(new[] { "DEL k", "DEL m" }));
    }

    [Test]
    public void Several_effects_of_one_call_stand_in_a_transaction()
    {
        Told("SET a v PX 10", "SET b v PX 10");
        _server.World.Advance(20);
        Assert.That(Told("SET a w"), Is.EqualTo(new[] { "MULTI", "DEL a", "SET a w", "EXEC" }));
        Told("SET a v PX 10", "SELECT 1");
        _server.World.Advance(20);
        Assert.That(Told("SET x y", "SELECT 0", "MGET a b"), Is.EqualTo(new[] { "SELECT 1", "SET x y", "MULTI", "SELECT 0", "DEL a", "DEL b", "EXEC" }));
    }

    [Test]
    public void Keys_that_a_walk_finds_to_be_over_are_told_one_by_one([Values("SCAN 0 COUNT 100", "SCAN 0 COUNT 100 TYPE string", "RANDOMKEY")] string request)
    {
        Told("SET a v PX 10", "SET b v PX 10", "SET c v PX 10");
        _server.World.Advance(20);
        Assert.That(Told(request), Is.EquivalentTo(new[] { "DEL a", "DEL b", "DEL c" }));
    }

    [Test]
    public void Keys_that_expire_by_themselves_are_told_one_by_one()
    {
        Told("SET a v PX 10", "SET b v PX 10");
        _server.Server.Cron.ActiveExpiryEnabled = true;
        var before = _log.Lines.Length;
        _server.AdvanceTime(200);
        _server.TurnUntil(() => _log.Lines.Length >= before + 2);
        Assert.That(_log.Lines[before..], Is.EquivalentTo(new[] { "DEL a", "DEL b" }));
    }

    [Test]
    public void What_serves_a_parked_client_is_a_unit_behind_the_one_that_served_it()
    {
        var waiting = _server.Connect();
        waiting.Send("WAITFORKEY", "k", "0");
        _server.TurnUntil(() => waiting.Served?.Blocked is not null);
        Told("PUT k v");
        Assert.That(waiting.Read(), Is.EqualTo("[\"k\", \"v\"]"));
        Assert.That(_log.Lines, Is.EqualTo(new[] { "SELECT 0", "PUT k v", "WAITFORKEY k 0" }), "no MULTI");
    }

    [Test]
    public void A_large_value_is_told_whole()
    {
        var value = new string('x', 3_000_000);
        _server.Run("SET", "k", value);
        _server.Run("SET", "k", "small");
        Assert.That(_log.Lines, Is.EqualTo(new[] { "SELECT 0", $"SET k {value}", "SET k small" }));
    }
}
