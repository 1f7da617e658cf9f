namespace Carnelian.Tests;

/// <summary>What persistence and replicas are told of scripts: their effects, as one unit.</summary>
internal sealed class ScriptEffectsTests
{
    private AppendOnlyText _log = null!;
    private SimulatedServer _server = null!;

    [SetUp]
    public void Start()
    {
        _server = new SimulatedServer();
        _log = new AppendOnlyText();
        _server.Server.Keyspace.Changes.Attach(_log);
    }

    [TearDown]
    public void Stop() => _server.Dispose();

    private string[] Told(params string[] request)
    {
        var before = _log.Lines.Length;
        _server.Run(request);
        return _log.Lines[before..];
    }

    [Test]
    public void Effects_are_told_and_not_the_script()
    {
        Assert.That(Told("EVAL", "redis.call('SET', KEYS[1], 'v') redis.call('INCR', 'n') redis.call('GET', 'n')", "1", "k"),
            Is.EqualTo(new[] { "MULTI", "SELECT 0", "SET k v", "INCR n", "EXEC" }));
        Assert.That(Told("EVAL", "return redis.call('GET', 'n')", "0"), Is.Empty);
        Assert.That(Told("EVAL", "redis.call('SADD', 's', 'one') redis.call('SPOP', 's')", "0"), Is.EqualTo(new[] { "MULTI", "SADD s one", "SREM s one", "EXEC" }));
    }

    [Test]
    public void What_is_done_before_an_error_is_told() =>
        Assert.That(Told("EVAL", "redis.call('SET', 'k', 'v') error('then')", "0"), Is.EqualTo(new[] { "SELECT 0", "SET k v" }));

    [Test]
    public void A_script_in_a_transaction_is_part_of_its_unit()
    {
        _server.Run("MULTI");
        _server.Run("SET", "a", "1");
        _server.Run("EVAL", "redis.call('SET', 'b', '2')", "0");
        Assert.That(Told("EXEC"), Is.EqualTo(new[] { "MULTI", "SELECT 0", "SET a 1", "SET b 2", "EXEC" }));
    }

    [Test]
    public void A_script_chooses_who_is_told() =>
        Assert.That(
            Told("EVAL", "redis.set_repl(redis.REPL_NONE) redis.call('SET', 'a', '1') redis.set_repl(redis.REPL_ALL) redis.call('SET', 'b', '2')", "0"),
            Is.EqualTo(new[] { "SELECT 0", "SET b 2" }));

    [Test]
    public void Libraries_are_told_in_the_words_of_the_request()
    {
        var told = Told("FUNCTION", "LOAD", "#!lua name=lib\nredis.register_function('f', function() return 1 end)");
        Assert.That(told, Has.Length.EqualTo(2));
        Assert.That(told[1], Does.StartWith("FUNCTION LOAD #!lua name=lib"));
        Assert.That(Told("FUNCTION", "DELETE", "lib"), Is.EqualTo(new[] { "FUNCTION DELETE lib" }));
        Assert.That(Told("FUNCTION", "FLUSH"), Is.EqualTo(new[] { "FUNCTION FLUSH" }));
    }

    [Test]
    public void Who_waits_for_a_key_is_served_when_the_script_is_over()
    {
        var waiter = _server.Blocked("BLPOP", "list", "0");
        Assert.That(_server.Run("EVAL", "redis.call('RPUSH', 'list', 'a') redis.call('DEL', 'list') return 1", "0"), Is.EqualTo(":1"));
        Assert.That(waiter.Served!.Blocked, Is.Not.Null);
        _server.Run("EVAL", "redis.call('RPUSH', 'list', 'b')", "0");
        Assert.That(waiter.Read(), Is.EqualTo("[\"list\", \"b\"]"));
    }
}
