namespace Carnelian.Tests;

/// <summary>Clients that wait for elements of lists.</summary>
internal sealed class BlockingListTests(RespVersion version) : CommandFixture(version)
{
    private TestClient Waiting(string words)
    {
        var client = Server.Connect();
        if (IsResp3) client.Run("HELLO", "3");
        client.Send(words.Split(' '));
        Server.TurnUntil(() => client.Served?.Blocked is not null);
        return client;
    }

    [Test]
    public void Who_came_first_is_served_first_by_whatever_is_pushed()
    {
        var first = Waiting("BLPOP l 0");
        var second = Waiting("BRPOP other l 0");
        Assert.That(Run("CLIENT LIST"), Does.Contain(" flags=b "));
        Assert.That(Run("INFO clients"), Does.Contain("blocked_clients:2"));
        Assert.That(Run("RPUSH l a b c"), Is.EqualTo(":3"));
        Assert.That(first.Read(), Is.EqualTo("[\"l\", \"a\"]"));
        Assert.That(second.Read(), Is.EqualTo("[\"l\", \"c\"]"));
        Assert.That(Run("LRANGE l 0 -1"), Is.EqualTo("[\"b\"]"));
        Assert.That(Run("INFO commandstats"), Does.Contain("cmdstat_blpop:calls=1,"));
    }

    [TestCase("RENAME other l"), TestCase("COPY other l"), TestCase("LMOVE other l LEFT RIGHT"), TestCase("RPOPLPUSH other l")]
    public void A_list_may_come_to_be_in_any_way(string request)
    {
        Run("RPUSH other a");
        var client = Waiting("BLPOP l 0");
        Run(request.Split(' '));
        Assert.That(client.Read(), Is.EqualTo("[\"l\", \"a\"]"));
    }

    /// <summary>As in Redis, whoever else waits for other keys.</summary>
    [TestCase(false), TestCase(true)]
    public void What_overwrites_a_key_of_another_type_wakes_nobody(bool somebodyReads)
    {
        var client = Waiting("BLPOP l 0");
        if (somebodyReads) Waiting("XREAD BLOCK 0 STREAMS x $");
        Run("SADD set b a");
        Run("RENAME set l");
        Run("SADD other d c");
        Run("SORT other ALPHA STORE l");
        Assert.That(client.Served!.Blocked, Is.Not.Null);
        Run("DEL l");
        Run("RPUSH l e");
        Assert.That(client.Read(), Is.EqualTo("[\"l\", \"e\"]"));
    }

    [Test]
    public void Several_elements_are_taken_at_once()
    {
        var client = Waiting("BLMPOP 0 2 k l RIGHT COUNT 2");
        Run("RPUSH l a b c");
        Assert.That(client.Read(), Is.EqualTo("[\"l\", [\"c\", \"b\"]]"));
    }

    [Test]
    public void A_move_hands_its_element_on_to_who_waits_for_it()
    {
        var mover = Waiting("BLMOVE a b LEFT RIGHT 0");
        var last = Waiting("BRPOPLPUSH b c 0");
        Run("RPUSH a x");
        Assert.That(mover.Read(), Is.EqualTo("\"x\""));
        Assert.That(last.Read(), Is.EqualTo("\"x\""));
        Assert.That(Run("LRANGE c 0 -1"), Is.EqualTo("[\"x\"]"));
        Assert.That(Run("EXISTS a b"), Is.EqualTo(":0"));
    }

    [Test]
    public void A_move_to_another_type_fails_and_leaves_the_element()
    {
        Run("SET s v");
        var mover = Waiting("BLMOVE a s LEFT RIGHT 0");
        Run("RPUSH a x");
        Assert.That(mover.Read(), Does.StartWith("-WRONGTYPE"));
        Assert.That(Run("LRANGE a 0 -1"), Is.EqualTo("[\"x\"]"));
    }

    [Test]
    public void A_key_that_has_another_type_by_then_is_an_error()
    {
        var client = Waiting("BLPOP l m 0");
        Run("SET l v");
        Assert.That(client.Arrived(), Is.Empty);
        Run("RPUSH m x");
        Assert.That(client.Read(), Does.StartWith("-WRONGTYPE"));
        Assert.That(Run("LRANGE m 0 -1"), Is.EqualTo("[\"x\"]"));
    }

    [TestCase("BLPOP l 1.5"), TestCase("BRPOP l m 1.5"), TestCase("BLMOVE l m LEFT LEFT 1.5"), TestCase("BRPOPLPUSH l m 1.5"), TestCase("BLMPOP 1.5 1 l LEFT")]
    public void Waiting_ends_when_the_time_is_over(string request)
    {
        var client = Waiting(request);
        Server.AdvanceTime(1499);
        Assert.That(client.Arrived(), Is.Empty);
        Server.AdvanceTime(2);
        Assert.That(client.ReadRaw(IsResp3 ? 3 : 5), Is.EqualTo(IsResp3 ? "_\r\n" : "*-1\r\n"));
    }

    [Test]
    public void Client_unblock_ends_it()
    {
        var client = Waiting("BLPOP l 0");
        Assert.That(Run("CLIENT", "UNBLOCK", $"{client.Served!.Id}", "ERROR"), Is.EqualTo(":1"));
        Assert.That(client.Read(), Does.StartWith("-UNBLOCKED"));
    }

    [TestCase("x", "-ERR timeout is not a float or out of range"), TestCase("nan", "-ERR timeout is not a float or out of range"), TestCase("-1", "-ERR timeout is negative")]
    [TestCase("-inf", "-ERR timeout is negative"), TestCase("inf", "-ERR timeout is out of range"), TestCase("1e18", "-ERR timeout is out of range")]
    [TestCase("9223372036854775", "-ERR timeout is out of range")]
    public void A_timeout_is_a_number_of_seconds(string timeout, string error)
    {
        Assert.That(Run($"BLPOP l {timeout}"), Is.EqualTo(error));
        Assert.That(Run($"BLMOVE l m LEFT LEFT {timeout}"), Is.EqualTo(error));
        Assert.That(Run($"BLMPOP {timeout} 1 l LEFT"), Is.EqualTo(error));
    }

    [TestCase("-0.0001"), TestCase("9223372036"), TestCase("0x1p4")]
    public void Odd_timeouts_are_waited_for(string timeout) => Waiting($"BLPOP l {timeout}");
}

/// <summary>Blocking commands and pushes within another call, as in a transaction.</summary>
internal sealed class BlockingListWithinCallTests
{
    private SimulatedServer _server = null!;

    [SetUp]
    public void Start() => _server = new SimulatedServer(commands: WaitingCommands.Table());

    [TearDown]
    public void Stop() => _server.Dispose();

    private TestClient Waiting(params string[] request) => _server.Blocked(request);

    private string Within(params string[] requests) =>
        _server.Run(["WITHIN", .. requests.SelectMany(request => request.Split(' ') is var words ? words.Prepend($"{words.Length}") : [])]);

    [Test]
    public void Who_waits_is_served_when_the_outer_call_is_over_from_its_first_key_on()
    {
        var client = Waiting("BLPOP", "l", "m", "0");
        Assert.That(Within("RPUSH m x", "RPUSH l y", "BLPOP none 0", "BLMOVE none l LEFT LEFT 0", "BLMPOP 0 1 none LEFT"), Is.EqualTo("[:1, :1, nil, nil, nil]"));
        Assert.That(client.Read(), Is.EqualTo("[\"l\", \"y\"]"));
        Assert.That(_server.Run("LRANGE", "m", "0", "-1"), Is.EqualTo("[\"x\"]"));
    }

    [Test]
    public void What_is_gone_by_then_wakes_nobody()
    {
        var client = Waiting("BLPOP", "l", "0");
        Within("RPUSH l x", "DEL l", "SET l string");
        Assert.That(client.Arrived(), Is.Empty);
        _server.Run("DEL", "l");
        _server.Run("RPUSH", "l", "y");
        Assert.That(client.Read(), Is.EqualTo("[\"l\", \"y\"]"));
    }
}
