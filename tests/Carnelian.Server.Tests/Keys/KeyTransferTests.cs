namespace Carnelian.Tests;

/// <summary>Keys that get another name or another database.</summary>
internal sealed class KeyTransferTests(RespVersion version) : CommandFixture(version)
{
    private const string NoSuchKey = "-ERR no such key", SameObject = "-ERR source and destination objects are the same";

    [Test]
    public void Rename_takes_value_and_deadline_along_and_leaves_nothing()
    {
        Run("SET a value EX 100");
        Run("SET b old");
        Assert.That(Run("RENAME a b"), Is.EqualTo("+OK"));
        Assert.That(Run("MGET a b"), Is.EqualTo("[nil, \"value\"]"));
        Assert.That(Run("TTL b"), Is.EqualTo(":100"));
        Run("SET c lasting");
        Run("RENAME c b");
        Assert.That(Run("TTL b"), Is.EqualTo(":-1"), "the deadline is the source's, also where it has none");
    }

    [Test]
    public void Rename_needs_a_key_even_to_its_own_name()
    {
        Assert.That(Run("RENAME a a"), Is.EqualTo(NoSuchKey));
        Assert.That(Run("RENAME a b"), Is.EqualTo(NoSuchKey));
        Assert.That(Run("RENAMENX a b"), Is.EqualTo(NoSuchKey));
        Run("SET a v");
        Assert.That(Run("RENAME a a"), Is.EqualTo("+OK"));
        Assert.That(Run("RENAMENX a a"), Is.EqualTo(":0"));
        Assert.That(Run("GET a"), Is.EqualTo("\"v\""));
    }

    [Test]
    public void Renamenx_spares_what_is_there()
    {
        Run("MSET a 1 b 2");
        Assert.That(Run("RENAMENX a b"), Is.EqualTo(":0"));
        Assert.That(Run("RENAMENX a c"), Is.EqualTo(":1"));
        Assert.That(Run("MGET a b c"), Is.EqualTo("[nil, \"2\", \"1\"]"));
    }

    [Test]
    public void What_is_over_is_no_obstacle_and_no_source()
    {
        Run("SET a 1");
        Run("SET b 2 PX 10");
        Run("SET c 3 PX 10");
        Server.World.Advance(20);
        Assert.That(Run("RENAME c x"), Is.EqualTo(NoSuchKey));
        Assert.That(Run("RENAMENX a b"), Is.EqualTo(":1"));
        Assert.That(Run("TTL b"), Is.EqualTo(":-1"));
    }

    [Test]
    public void A_large_value_is_moved_and_not_copied()
    {
        var value = new string('x', 5_000_000);
        Server.Run("SET", "a", value);
        var before = Server.Server.Allocator.UsedBytes;
        Run("RENAME a b");
        Run("MOVE b 4");
        Assert.That(Server.Server.Allocator.UsedBytes, Is.LessThan(before + 100_000));
        Run("SELECT 4");
        Assert.That(Server.Run("GET", "b"), Is.EqualTo($"\"{value}\""));
    }

    [Test]
    public void Move_carries_a_key_to_another_database_where_it_is_not_there_yet()
    {
        Run("SET k v PX 100000");
        Assert.That(Run("MOVE k 5"), Is.EqualTo(":1"));
        Assert.That(Run("EXISTS k"), Is.EqualTo(":0"));
        Assert.That(Run("MOVE k 5"), Is.EqualTo(":0"), "nothing to move");
        Run("SET k w");
        Assert.That(Run("MOVE k 5"), Is.EqualTo(":0"), "it is there");
        Assert.That(Run("GET k"), Is.EqualTo("\"w\""));
        Run("SELECT 5");
        Assert.That(Run("GET k"), Is.EqualTo("\"v\""));
        Assert.That(Run("TTL k"), Is.EqualTo(":100"));
    }

    [TestCase("MOVE k 0", SameObject), TestCase("MOVE k 16", "-ERR DB index is out of range"), TestCase("MOVE k -1", "-ERR DB index is out of range")]
    [TestCase("MOVE k x", "-ERR value is not an integer or out of range")]
    [TestCase("MOVE k 9999999999", "-ERR value is out of range, value must between -2147483648 and 2147483647")]
    [TestCase("SELECT 9999999999", "-ERR value is out of range, value must between -2147483648 and 2147483647")]
    [TestCase("COPY k k", SameObject), TestCase("COPY k k REPLACE DB 0", SameObject), TestCase("COPY k x DB", "-ERR syntax error"), TestCase("COPY k x NX", "-ERR syntax error")]
    [TestCase("COPY k x DB 16", "-ERR DB index is out of range"), TestCase("COPY k x DB a", "-ERR value is not an integer or out of range")]
    [TestCase("SWAPDB a 0", "-ERR invalid first DB index"), TestCase("SWAPDB 0 9999999999", "-ERR invalid second DB index")]
    [TestCase("SWAPDB 0 16", "-ERR DB index is out of range"), TestCase("SWAPDB -1 0", "-ERR DB index is out of range")]
    public void What_cannot_be_done_is_refused(string request, string error)
    {
        Run("SET k v");
        Assert.That(Run(request), Is.EqualTo(error));
        Assert.That(Run("GET k"), Is.EqualTo("\"v\""));
    }

    [Test]
    public void Copy_makes_a_second_value_of_its_own()
    {
        Run("SET a value EX 100");
        Assert.That(Run("COPY a b"), Is.EqualTo(":1"));
        Run("APPEND b 2");
        Assert.That(Run("MGET a b"), Is.EqualTo("[\"value\", \"value2\"]"));
        Assert.That(Run("TTL b"), Is.EqualTo(":100"));
        Assert.That(Run("COPY a b"), Is.EqualTo(":0"));
        Assert.That(Run("COPY a b REPLACE"), Is.EqualTo(":1"));
        Assert.That(Run("GET b"), Is.EqualTo("\"value\""));
        Assert.That(Run("COPY missing b REPLACE"), Is.EqualTo(":0"));
        Assert.That(Run("GET b"), Is.EqualTo("\"value\""));
    }

    [Test]
    public void Copy_reaches_other_databases_also_under_the_same_name()
    {
        Run("SET a 12");
        Assert.That(Run("COPY a a DB 3"), Is.EqualTo(":1"));
        Run("SELECT 3");
        Assert.That(Run("GET a"), Is.EqualTo("\"12\""));
        Assert.That(Run("OBJECT ENCODING a"), Is.EqualTo("\"int\""));
    }

    [Test]
    public void Swapped_databases_keep_their_sessions()
    {
        var other = Server.Connect();
        other.Run("SELECT", "1");
        other.Run("SET", "one", "1");
        Run("SET zero 0 EX 100");
        Assert.That(Run("SWAPDB 0 1"), Is.EqualTo("+OK"));
        Assert.That(Run("MGET zero one"), Is.EqualTo("[nil, \"1\"]"));
        Assert.That(other.Run("TTL", "zero"), Is.EqualTo(":100"));
        Assert.That(Run("SWAPDB 0 0"), Is.EqualTo("+OK"));
        Assert.That(Run("GET one"), Is.EqualTo("\"1\""));
    }

    [Test]
    public void A_random_key_is_one_that_is_there()
    {
        Assert.That(Run("RANDOMKEY"), Is.EqualTo("nil"));
        for (var i = 0; i < 20; i++) Run($"SET k{i} v");
        var seen = new HashSet<string>();
        for (var i = 0; i < 2000 && seen.Count < 20; i++) seen.Add(Run("RANDOMKEY"));
        Assert.That(seen, Has.Count.EqualTo(20));
        Run("FLUSHDB");
        Run("SET stays v");
        for (var i = 0; i < 10; i++) Run($"SET k{i} v PX 10");
        Server.Server.Cron.ActiveExpiryEnabled = false;
        Server.World.Advance(20);
        for (var i = 0; i < 20; i++) Assert.That(Run("RANDOMKEY"), Is.EqualTo("\"stays\""));
        Run("PEXPIRE stays 10");
        Server.World.Advance(20);
        Assert.That(Run("RANDOMKEY"), Is.EqualTo("nil"));
    }
}
