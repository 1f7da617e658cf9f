namespace Carnelian.Tests;

/// <summary>What others may do while keys are on their way, and what becomes of the keys when that goes wrong.</summary>
internal sealed class KeysUnderwayTests(RespVersion version) : CommandFixture(version)
{
    private const string Migrate = "MIGRATE 10.0.0.2 6379 k 0 1000";

    private ScriptedServer _remote = null!;
    private TestClient _migrating = null!, _other = null!;

    [SetUp]
    public void StartRemote()
    {
        _remote = new ScriptedServer(Server) { Answer = words => words.StartsWith("SELECT") ? "+OK\r\n" : null };
        _migrating = Server.Connect();
        _other = Server.Connect();
    }

    [TearDown]
    public void StopRemote() => _remote.Dispose();

    /// <summary>The key is with the other server, which has not answered.</summary>
    private void SetOut(string request = Migrate, int requests = 2)
    {
        _migrating.Send(request.Split(' '));
        Server.TurnUntil(() => _remote.Requests.Count >= requests);
    }

    private void Answer(string key = "+OK\r\n") => _remote.Send(key);

    private void Expect(TestClient client, string nothingFor = "") => Assert.That(client.Arrived(), Is.Empty, nothingFor);

    [Test]
    public void Who_would_change_such_a_key_waits_and_others_do_not()
    {
        Run("MSET k 1 other 1");
        SetOut();
        _other.Send("INCR", "k");
        Assert.That(Run("GET k"), Is.EqualTo("\"1\""), "reading goes on");
        Assert.That(Run("INCR other"), Is.EqualTo(":2"));
        Run("SELECT 1");
        Assert.That(Run("INCR k"), Is.EqualTo(":1"), "another database's key of that name is another key");
        Expect(_other, "INCR waits");
        Answer();
        Assert.That(_migrating.Read(), Is.EqualTo("+OK"));
        Assert.That(_other.Read(), Is.EqualTo(":1"), "a new key");
    }

    [Test]
    public void Who_waited_finds_the_key_again_when_it_was_refused()
    {
        Run("SET k 1");
        SetOut();
        _other.Send("INCR", "k");
        Answer("-ERR no\r\n");
        Assert.That(_migrating.Read(), Is.EqualTo("-ERR Target instance replied with error: ERR no"));
        Assert.That(_other.Read(), Is.EqualTo(":2"));
    }

    [TestCase("RENAME source k")]
    [TestCase("RENAME k other")]
    [TestCase("DEL k")]
    [TestCase("MSET a 1 k 2")]
    [TestCase("MOVE k 1")]
    [TestCase("COPY source k REPLACE")]
    [TestCase("SWAPDB 0 1")]
    [TestCase("SWAPDB 2 3")]
    [TestCase("PERSIST k")]
    [TestCase("BLPOP k 0")]
    [TestCase(Migrate)]
    public void It_waits(string request)
    {
        Run("SET k v");
        Run("SET source v");
        SetOut();
        _other.Send(request.Split(' '));
        for (var i = 0; i < 3; i++) Server.AdvanceTime(100);
        Expect(_other, request);
        Assert.That(Run("GET k"), Is.EqualTo("\"v\""));
        Answer();
        Assert.That(_migrating.Read(), Is.EqualTo("+OK"));
        if (request.StartsWith("BLPOP")) return;
        Assert.That(_other.Read(), Is.Not.Empty);
    }

    [Test]
    public void What_moves_a_key_into_the_database_waits_too()
    {
        Run("SET k v");
        Run("SELECT 1");
        Run("SET k there");
        SetOut();
        _other.Run("SELECT", "1");
        _other.Send("COPY", "k", "k", "DB", "0", "REPLACE");
        Server.AdvanceTime(100);
        Expect(_other);
        Answer();
        Assert.That(_other.Read(), Is.EqualTo(":1"));
    }

    [Test]
    public void A_transaction_waits_as_a_whole()
    {
        Run("SET k 1");
        SetOut();
        _other.Run("MULTI");
        _other.Run("INCR", "n");
        _other.Run("INCR", "k");
        _other.Send("EXEC");
        Server.AdvanceTime(100);
        Expect(_other);
        Assert.That(Run("EXISTS n"), Is.EqualTo(":0"));
        Run("MULTI");
        Run("GET k");
        Run("INCR m");
        Assert.That(Run("EXEC"), Is.EqualTo("[\"1\", :1]"), "one that only reads it does not wait");
        Answer();
        Assert.That(_other.Read(), Is.EqualTo("[:1, :1]"));
    }

    [Test]
    public void A_flush_takes_such_keys_too()
    {
        Run("SET k 1");
        SetOut();
        Assert.That(Run("FLUSHALL"), Is.EqualTo("+OK"));
        _other.Send("SET", "k", "new");
        Server.AdvanceTime(100);
        Expect(_other, "until it is known what became of the old one");
        Answer();
        Assert.That(_migrating.Read() + _other.Read() + Run("GET k"), Is.EqualTo("+OK+OK\"new\""));
    }

    [Test]
    public void Its_time_deletes_such_a_key_only_when_it_stays()
    {
        var log = new AppendOnlyText();
        Run("SET k v PX 100");
        Server.Server.Keyspace.Changes.Attach(log);
        SetOut();
        Server.AdvanceTime(500);
        Assert.That(Run("GET k"), Is.EqualTo("nil"));
        Assert.That(Run("DBSIZE"), Is.EqualTo(":1"));
        Answer("-ERR no\r\n");
        Assert.That(_migrating.Read(), Is.EqualTo("-ERR Target instance replied with error: ERR no"));
        Server.AdvanceTime(500);
        Assert.That(Run("DBSIZE"), Is.EqualTo(":0"));
        Assert.That(log.Lines, Is.EqualTo(new[] { "SELECT 0", "DEL k" }));
    }

    [Test]
    public void Its_time_deletes_no_field_of_such_a_hash()
    {
        Run("HSET k a 1 b 2");
        Run("HPEXPIRE k 100 FIELDS 1 a");
        SetOut();
        Server.AdvanceTime(500);
        Assert.That(Run("HLEN k"), Is.EqualTo(":2"));
        Answer("-ERR no\r\n");
        _migrating.Read();
        Server.AdvanceTime(500);
        Assert.That(Run("HLEN k"), Is.EqualTo(":1"));
    }

    [Test]
    public void Want_of_memory_evicts_others()
    {
        Run("CONFIG SET maxmemory-policy allkeys-random");
        Run("SET k v");
        for (var i = 0; i < 200; i++) Run("SET", $"x{i}", new string('x', 10_000));
        SetOut();
        Run("CONFIG SET maxmemory 1");
        Server.TurnUntil(() => Server.Server.Keyspace.Databases[0].Data.Count == 1);
        Server.AdvanceTime(100);
        Assert.That(Run("EXISTS k"), Is.EqualTo(":1"));
        Run("CONFIG SET maxmemory 0");
    }

    [Test]
    public void A_silent_server_is_waited_for_as_long_as_was_said()
    {
        Run("SET k v");
        SetOut();
        Server.AdvanceTime(800);
        Expect(_migrating);
        Server.AdvanceTime(300);
        Assert.That(_migrating.Read(), Is.EqualTo("-IOERR error or timeout reading to target instance"));
        Assert.That(Run("GET k") + _remote.Connections, Is.EqualTo("\"v\"1"), "and is not asked again");
    }

    [Test]
    public void Each_reply_gives_more_time()
    {
        SimulatedServer.SkipUnlessInline("handing over takes some of the time that is counted");
        Run("MSET k 1 l 2");
        SetOut("MIGRATE 10.0.0.2 6379  0 1000 KEYS k l", requests: 3);
        Server.AdvanceTime(700);
        Answer();
        Server.AdvanceTime(700);
        Expect(_migrating);
        Server.AdvanceTime(400);
        Assert.That(_migrating.Read(), Is.EqualTo("-IOERR error or timeout reading to target instance"));
        Assert.That(Run("MGET k l"), Is.EqualTo("[nil, \"2\"]"), "what was taken is gone");
    }

    [Test]
    public void A_server_that_reads_nothing_is_told_as_one_that_cannot_be_written_to()
    {
        _remote.Answer = _ =>
        {
            _remote.IsDeaf = true;
            return "+OK\r\n";
        };
        Run("SET", "k", new string('v', 1_000_000));
        Run("CONFIG SET rdbcompression no");
        _migrating.Send(Migrate.Split(' '));
        Server.TurnUntil(() => _remote.Connections == 1);
        for (var i = 0; i < 15; i++) Server.AdvanceTime(100);
        Assert.That(_migrating.Read(), Is.EqualTo("-IOERR error or timeout writing to target instance"));
        Assert.That(Run("STRLEN k"), Is.EqualTo(":1000000"));
    }

    [Test]
    public void A_link_that_the_other_server_has_closed_is_opened_again_once()
    {
        Run("MSET k 1 l 2 m 3");
        SetOut();
        Answer();
        Assert.That(_migrating.Read(), Is.EqualTo("+OK"));
        // It ends this one and the next before it answers.
        _remote.Answer = words =>
        {
            if (words.StartsWith("RESTORE l")) _remote.Close();
            return "+OK\r\n";
        };
        Assert.That(_migrating.Run("MIGRATE", "10.0.0.2", "6379", "l", "0", "1000"), Is.EqualTo("-IOERR error or timeout reading to target instance"));
        Assert.That(_remote.Connections, Is.EqualTo(2));
        Assert.That(_remote.Requests.Count(words => words.StartsWith("RESTORE l")), Is.EqualTo(2));
        _remote.Answer = _ => "+OK\r\n";
        Assert.That(_migrating.Run("MIGRATE", "10.0.0.2", "6379", "m", "0", "1000"), Is.EqualTo("+OK"));
        Assert.That(Run("MGET k l m"), Is.EqualTo("[nil, \"2\", nil]"));
    }

    [Test]
    public void What_was_answered_before_the_link_went_counts()
    {
        Run("MSET k 1 l 2");
        SetOut("MIGRATE 10.0.0.2 6379  0 1000 KEYS k l", requests: 3);
        Answer();
        _remote.Close();
        Assert.That(_migrating.Read(), Is.EqualTo("-IOERR error or timeout reading to target instance"));
        Assert.That(Run("MGET k l"), Is.EqualTo("[nil, \"2\"]"));
        Assert.That(_remote.Connections, Is.EqualTo(1));
    }

    [TestCase("HTTP/1.1 400 Bad Request\r\n")]
    [TestCase("$99999999\r\n")]
    public void Nonsense_ends_the_link_and_leaves_the_key(string nonsense)
    {
        Run("SET k v");
        _remote.Answer = words => words.StartsWith("RESTORE") ? nonsense : "+OK\r\n";
        Assert.That(_migrating.Run(Migrate.Split(' ')), Is.EqualTo("-IOERR error or timeout reading to target instance"));
        Assert.That(Run("GET k"), Is.EqualTo("\"v\""));
    }

    [Test]
    public void What_nobody_asked_for_ends_an_idle_link()
    {
        Run("MSET k 1 l 2");
        SetOut();
        Answer();
        _migrating.Read();
        _remote.Send("+OK\r\n");
        Server.AdvanceTime(100);
        Assert.That(Run("INFO stats"), Does.Contain("migrate_cached_sockets:0\r\n"));
        _remote.Answer = _ => "+OK\r\n";
        Assert.That(_migrating.Run("MIGRATE", "10.0.0.2", "6379", "l", "0", "1000") + _remote.Connections, Is.EqualTo("+OK2"));
    }

    [Test]
    public void A_key_goes_on_without_the_client_that_sent_it()
    {
        Run("SET k v");
        SetOut();
        _migrating.Peer.Close();
        Server.AdvanceTime(10);
        Assert.That(Run("EXISTS k"), Is.EqualTo(":1"));
        Answer();
        Server.AdvanceTime(10);
        Assert.That(Run("EXISTS k"), Is.EqualTo(":0"));
    }

    [Test]
    public void It_cannot_be_unblocked()
    {
        Run("SET k v");
        SetOut();
        Assert.That(Run("CLIENT", "UNBLOCK", $"{_migrating.Served!.Id}"), Is.EqualTo(":0"));
        Answer();
        Assert.That(_migrating.Read(), Is.EqualTo("+OK"));
    }

    [Test]
    public void While_clients_are_paused_nothing_is_deleted()
    {
        Run("SET k v");
        SetOut();
        Run("CLIENT PAUSE 500 WRITE");
        Answer();
        Server.AdvanceTime(200);
        Assert.That(Run("EXISTS k"), Is.EqualTo(":1"));
        Server.AdvanceTime(400);
        Assert.That(_migrating.Read() + Run("EXISTS k"), Is.EqualTo("+OK:0"));
    }

    [Test]
    public void Several_keys_go_to_the_same_server_at_a_time()
    {
        Run("MSET k 1 l 2");
        SetOut();
        _other.Send("MIGRATE", "10.0.0.2", "6379", "l", "0", "1000");
        Server.TurnUntil(() => _remote.Requests.Count == 4);
        Assert.That(_remote.Connections, Is.EqualTo(2));
        Answer();
        Assert.That(_migrating.Read() + _other.Read() + Run("DBSIZE"), Is.EqualTo("+OK+OK:0"));
    }

    [Test]
    public void The_server_may_end_meanwhile()
    {
        Run("SET k v");
        SetOut();
        _other.Send("INCR", "k");
        Server.AdvanceTime(10);
        // Disposing fails when memory is left.
    }
}
