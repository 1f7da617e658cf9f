namespace Carnelian.Tests;

/// <summary>Keys go from a server to another one of its kind.</summary>
internal sealed class MigrateTests(RespVersion version) : CommandFixture(version)
{
    private const string There = "10.0.0.2 6379";

    private RemoteServer _remote = null!;
    private AppendOnlyText _log = null!;

    [SetUp]
    public void StartRemote()
    {
        _remote = new RemoteServer(Server, Configure);
        _log = new AppendOnlyText();
        Server.Server.Keyspace.Changes.Attach(_log);
    }

    protected override void Configure(ServerOptions options) => options.DebugCommand = ProtectedAction.Yes;

    // Before the other server's world goes.
    [TearDown]
    public void StopRemote() => _remote.Dispose();

    [Test]
    public void A_key_leaves_here_and_arrives_there()
    {
        Run("SET k value");
        Assert.That(Run($"MIGRATE {There} k 9 1000"), Is.EqualTo("+OK"));
        Assert.That(Run("EXISTS k"), Is.EqualTo(":0"));
        _remote.Run("SELECT", "9");
        Assert.That(_remote.Run("GET", "k"), Is.EqualTo("\"value\""));
        Assert.That(_log.Lines, Is.EqualTo(new[] { "SELECT 0", "SET k value", "DEL k" }));
    }

    [Test]
    public void A_copy_stays_and_nothing_is_told_of_it()
    {
        Run("SET k value");
        Assert.That(Run($"MIGRATE {There} k 0 1000 COPY"), Is.EqualTo("+OK"));
        Assert.That(Run("GET k") + _remote.Run("GET", "k"), Is.EqualTo("\"value\"\"value\""));
        Assert.That(_log.Lines, Is.EqualTo(new[] { "SELECT 0", "SET k value" }));
    }

    [Test]
    public void What_is_there_already_is_replaced_only_when_that_is_asked_for()
    {
        Run("SET k here");
        _remote.Run("SET", "k", "there");
        Assert.That(Run($"MIGRATE {There} k 0 1000"), Is.EqualTo("-ERR Target instance replied with error: BUSYKEY Target key name already exists."));
        Assert.That(Run("GET k") + _remote.Run("GET", "k"), Is.EqualTo("\"here\"\"there\""));
        Assert.That(Run($"MIGRATE {There} k 0 1000 REPLACE"), Is.EqualTo("+OK"));
        Assert.That(Run("EXISTS k") + _remote.Run("GET", "k"), Is.EqualTo(":0\"here\""));
    }

    [Test]
    public void Of_several_keys_those_go_that_are_taken_and_they_are_deleted_together()
    {
        Run("MSET a 1 b 2 c 3");
        _remote.Run("SET", "b", "there");
        var before = _log.Lines.Length;
        Assert.That(Run("MIGRATE", "10.0.0.2", "6379", "", "0", "1000", "KEYS", "a", "b", "missing", "c"),
            Is.EqualTo("-ERR Target instance replied with error: BUSYKEY Target key name already exists."));
        Assert.That(Run("MGET a b c"), Is.EqualTo("[nil, \"2\", nil]"));
        Assert.That(_remote.Run("MGET", "a", "b", "c"), Is.EqualTo("[\"1\", \"there\", \"3\"]"));
        Assert.That(_log.Lines[before..], Is.EqualTo(new[] { "DEL a c" }));
    }

    [Test]
    public void Each_key_that_leaves_is_an_event()
    {
        Run("CONFIG SET notify-keyspace-events Eg");
        Run("MSET a 1 b 2");
        var listener = Server.Connect();
        listener.Run("SUBSCRIBE", "__keyevent@0__:del");
        Run("MIGRATE", "10.0.0.2", "6379", "", "0", "1000", "KEYS", "a", "b");
        Assert.That(listener.Read(2), Is.EqualTo(new[] { "[\"message\", \"__keyevent@0__:del\", \"a\"]", "[\"message\", \"__keyevent@0__:del\", \"b\"]" }));
    }

    [Test]
    public void The_time_that_a_key_has_left_goes_along()
    {
        Run("SET k v PX 100000");
        Server.AdvanceTime(40_000);
        Assert.That(Run($"MIGRATE {There} k 0 1000"), Is.EqualTo("+OK"));
        Assert.That(_remote.Run("PTTL", "k"), Does.Match("^:(59999|60000)$"));
    }

    [Test]
    public void Without_keys_nothing_is_done()
    {
        Assert.That(Run($"MIGRATE {There} missing 0 1000"), Is.EqualTo("+NOKEY"));
        Assert.That(Run("MIGRATE", "10.0.0.2", "6379", "", "0", "1000", "KEYS", "a", "b"), Is.EqualTo("+NOKEY"));
        Assert.That(Run("MIGRATE", "10.0.0.2", "6379", "", "0", "1000", "KEYS"), Is.EqualTo("+NOKEY"));
        Assert.That(Run("MIGRATE", "10.0.0.2", "6379", "", "0", "1000"), Is.EqualTo("+NOKEY"));
    }

    [TestCase("10.0.0.2 6379 k x 1000", "-ERR value is not an integer or out of range")]
    [TestCase("10.0.0.2 6379 k 0 x", "-ERR value is not an integer or out of range")]
    [TestCase("10.0.0.2 6379 k 0 1000 MOVE", "-ERR syntax error")]
    [TestCase("10.0.0.2 6379 k 0 1000 AUTH", "-ERR syntax error")]
    [TestCase("10.0.0.2 6379 k 0 1000 AUTH2 user", "-ERR syntax error")]
    [TestCase("10.0.0.2 6379 k 0 1000 KEYS a", "-ERR When using MIGRATE KEYS option, the key argument must be set to the empty string")]
    [TestCase("10.0.0.2 6379 k 99 1000", "-ERR Target instance replied with error: ERR DB index is out of range")]
    [TestCase("10.0.0.2 7000 k 0 1000", "-IOERR error or timeout writing to target instance")]
    [TestCase("10.0.0.2 -1 k 0 1000", "-IOERR error or timeout connecting to the client")]
    [TestCase("nobody 6379 k 0 1000", "-IOERR error or timeout connecting to the client")]
    public void What_goes_wrong_is_told_as_Redis_does(string request, string error)
    {
        Run("SET k v");
        Assert.That(Run($"MIGRATE {request}"), Is.EqualTo(error));
        Assert.That(Run("GET k"), Is.EqualTo("\"v\""));
        Assert.That(_remote.Run("DBSIZE"), Is.EqualTo(":0"));
    }

    [Test]
    public void A_password_opens_the_other_server()
    {
        _remote.Run("CONFIG", "SET", "requirepass", "secret");
        Run("SET k v");
        Assert.That(Run($"MIGRATE {There} k 0 1000"), Is.EqualTo("-ERR Target instance replied with error: NOAUTH Authentication required."));
        Assert.That(Run($"MIGRATE {There} k 0 1000 AUTH wrong"), Does.StartWith("-ERR Target instance replied with error: WRONGPASS"));
        Assert.That(Run($"MIGRATE {There} k 0 1000 AUTH2 nobody secret"), Does.StartWith("-ERR Target instance replied with error: WRONGPASS"));
        Assert.That(Run("GET k"), Is.EqualTo("\"v\""));
        Assert.That(Run($"MIGRATE {There} k 0 1000 COPY AUTH secret"), Is.EqualTo("+OK"));
        Assert.That(Run($"MIGRATE {There} k 0 1000 REPLACE AUTH2 default secret"), Is.EqualTo("+OK"));
        Assert.That(Run("EXISTS k") + _remote.Run("AUTH", "secret") + _remote.Run("GET", "k"), Is.EqualTo(":0+OK\"v\""));
    }

    [Test]
    public void A_password_is_shown_to_nobody()
    {
        Run("CONFIG SET slowlog-log-slower-than 0");
        Run("SET k v");
        Run($"MIGRATE {There} k 0 1000 COPY AUTH2 me secret");
        Run("CONFIG SET slowlog-log-slower-than -1");
        Assert.That(Run("SLOWLOG GET 1"), Does.Contain("\"AUTH2\", \"(redacted)\", \"(redacted)\"").And.Not.Contains("secret"));
    }

    [Test]
    public void Neither_a_transaction_nor_what_it_has_done_waits_for_another_server()
    {
        Run("SET k v");
        Run("MULTI");
        Run("INCR n");
        Run($"MIGRATE {There} k 0 1000");
        Run($"MIGRATE {There} missing 0 1000");
        Assert.That(Run("EXEC"),
            Is.EqualTo("[:1, -ERR MIGRATE has to wait for the other server, which a transaction or a script can't, +NOKEY]"));
        Assert.That(Run("GET k"), Is.EqualTo("\"v\""));
    }

    [Test]
    public void Many_keys_go_in_a_few_turns_of_a_bounded_time()
    {
        var words = new List<string> { "MIGRATE", "10.0.0.2", "6379", "", "0", "1000", "KEYS" };
        for (var i = 0; i < 2000; i++)
        {
            Run($"SET key:{i} {i}");
            words.Add($"key:{i}");
        }
        Assert.That(Run([.. words]), Is.EqualTo("+OK"));
        Assert.That(Run("DBSIZE") + _remote.Run("DBSIZE"), Is.EqualTo(":0:2000"));
        Assert.That(_remote.Run("GET", "key:1234"), Is.EqualTo("\"1234\""));
    }

    [Test]
    public void Large_values_are_made_in_slices_and_arrive_as_they_are([Values(1, 64)] int budgetSteps)
    {
        Server.World.Simulation.Conditions.BudgetStepsMax = budgetSteps;
        MakeLarge();
        foreach (var key in (string[])["string", "hash", "times", "set", "sorted", "list", "stream"])
        {
            var digest = Run($"DEBUG DIGEST-VALUE {key}");
            Assert.That(Run($"MIGRATE {There} {key} 0 100000"), Is.EqualTo("+OK"), key);
            Assert.That(Run($"EXISTS {key}") + _remote.Run("DEBUG", "DIGEST-VALUE", key), Is.EqualTo($":0{digest}"), key);
        }
    }

    private void MakeLarge()
    {
        Run("SET", "string", new string('s', 300_000));
        for (var i = 0; i < 40; i++)
        {
            var numbers = Enumerable.Range(100 * i, 100).ToArray();
            Run(["HSET", "hash", .. numbers.SelectMany(n => (string[])[$"field:{n}", $"value:{n}"])]);
            Run(["HSET", "times", .. numbers.SelectMany(n => (string[])[$"field:{n}", $"value:{n}"])]);
            Run(["SADD", "set", .. numbers.Select(n => $"member:{n}")]);
            Run(["ZADD", "sorted", .. numbers.SelectMany(n => (string[])[$"{n * 0.5}", $"member:{n}"])]);
            Run(["RPUSH", "list", .. numbers.Select(n => $"element:{n}:{new string('e', n % 50)}")]);
            foreach (var n in numbers) Run("XADD", "stream", $"{n + 1}-1", "field", $"value:{n}");
        }
        Run("HPEXPIREAT", "times", "4102444800000", "FIELDS", "2", "field:7", "field:1234");
        Run("RPUSH", "list", new string('p', 20_000));
    }

    [Test]
    public void A_flush_may_come_while_a_payload_is_made()
    {
        Server.World.Simulation.Conditions.BudgetStepsMax = 1;
        MakeLarge();
        var other = Server.Connect();
        other.Send("MIGRATE", "10.0.0.2", "6379", "hash", "0", "1000");
        Server.TurnUntil(() => other.Served?.Blocked is not null);
        Assert.That(Run("HGET hash field:7"), Is.EqualTo("\"value:7\""), "reading goes on");
        Assert.That(Run("FLUSHALL") + other.Read() + _remote.Run("DBSIZE"), Is.EqualTo("+OK+OK:0"));
    }

    [Test]
    public void Each_call_is_counted_once()
    {
        Run("SET k v");
        Run($"MIGRATE {There} k 0 1000");
        Run($"MIGRATE {There} k 0 1000");
        Assert.That(Run("INFO commandstats"), Does.Contain("cmdstat_migrate:calls=2,").And.Contains("rejected_calls=0,failed_calls=0"));
    }

    [Test]
    public void Links_are_kept_for_ten_seconds()
    {
        Run("MSET a 1 b 2");
        Run($"MIGRATE {There} a 0 1000");
        Run($"MIGRATE {There} b 0 1000");
        Assert.That(_remote.Server.Statistics.ConnectionsReceived, Is.EqualTo(2), "the test's own and one of MIGRATE's");
        Assert.That(Run("INFO stats"), Does.Contain("migrate_cached_sockets:1\r\n"));
        Server.AdvanceTime(10_000);
        Assert.That(Run("INFO stats"), Does.Contain("migrate_cached_sockets:1\r\n"));
        Server.AdvanceTime(1000);
        Assert.That(Run("INFO stats"), Does.Contain("migrate_cached_sockets:0\r\n"));
    }
}
