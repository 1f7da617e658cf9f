namespace Carnelian.Tests;

/// <summary>What is pushed, popped, moved, set and found in lists, packed ones and lists of nodes.</summary>
[TestFixture(RespVersion.Resp2, 100), TestFixture(RespVersion.Resp3, 100), TestFixture(RespVersion.Resp2, 2), TestFixture(RespVersion.Resp3, 2)]
internal sealed class ListCommandTests(RespVersion version, int elementsMax) : CommandFixture(version)
{
    private string Null => IsResp3 ? "null" : "nil";

    [SetUp]
    public void Limit() => Run($"CONFIG SET list-max-listpack-size {elementsMax}");

    private string Elements(string key = "l") => Run($"LRANGE {key} 0 -1");

    [Test]
    public void Pushed_elements_stand_each_beyond_the_one_before()
    {
        Assert.That(Run("RPUSH l c d 5"), Is.EqualTo(":3"));
        Assert.That(Run("LPUSH l b a"), Is.EqualTo(":5"));
        Assert.That(Elements(), Is.EqualTo("[\"a\", \"b\", \"c\", \"d\", \"5\"]"));
        Assert.That(Run("LPUSHX none a"), Is.EqualTo(":0"));
        Assert.That(Run("RPUSHX l e"), Is.EqualTo(":6"));
        Assert.That(Run("EXISTS none"), Is.EqualTo(":0"));
    }

    [Test]
    public void The_last_element_takes_the_key_with_it()
    {
        Run("RPUSH l a b c");
        Assert.That(Run("LPOP l"), Is.EqualTo("\"a\""));
        Assert.That(Run("RPOP l 5"), Is.EqualTo("[\"c\", \"b\"]"));
        Assert.That(Run("EXISTS l"), Is.EqualTo(":0"));
        Assert.That(Run("LPOP l 0"), Is.EqualTo(Run("LPOP l 1")), "no list, no array");
    }

    [Test]
    public void A_list_keeps_its_expiry_whatever_its_encoding()
    {
        Run("RPUSH l a");
        Run("EXPIRE l 100");
        Run("RPUSH l b c d");
        Run("LPOP l 3");
        Assert.That(Run("TTL l"), Is.EqualTo(":100"));
    }

    [Test]
    public void Elements_of_every_length_come_back_as_they_were([Values(0, 1, 63, 64, 511, 4095, 4096, 20_000, 300_000)] int length)
    {
        var value = new string('x', length);
        Run("RPUSH", "l", "1", value, "2");
        Assert.That(Run("LINDEX l 1"), Is.EqualTo($"\"{value}\""));
        Assert.That(Run("LMOVE l l LEFT RIGHT"), Is.EqualTo("\"1\""));
        Assert.That(Run("LMOVE l l LEFT RIGHT"), Is.EqualTo($"\"{value}\""));
        Assert.That(Run("LMOVE l other RIGHT LEFT"), Is.EqualTo($"\"{value}\""));
        Assert.That(Run("LPOS", "other", value), Is.EqualTo(":0"));
        Assert.That(Elements(), Is.EqualTo("[\"2\", \"1\"]"));
        Assert.That(Run("LREM", "other", "0", value), Is.EqualTo(":1"));
        Assert.That(Run("EXISTS other"), Is.EqualTo(":0"));
    }

    [Test]
    public void A_list_turns_within_itself()
    {
        Run("RPUSH l a b c");
        Assert.That(Run("RPOPLPUSH l l"), Is.EqualTo("\"c\""));
        Assert.That(Elements(), Is.EqualTo("[\"c\", \"a\", \"b\"]"));
        Assert.That(Run("LMOVE l l LEFT LEFT"), Is.EqualTo("\"c\""));
        Assert.That(Elements(), Is.EqualTo("[\"c\", \"a\", \"b\"]"));
    }

    [Test]
    public void A_move_that_is_refused_leaves_the_element()
    {
        Run("RPUSH l a");
        Run("SET s v");
        Assert.That(Run("LMOVE l s LEFT LEFT"), Does.StartWith("-WRONGTYPE"));
        Assert.That(Run("LMOVE none s LEFT LEFT"), Is.EqualTo(Run("GET none")));
        Assert.That(Elements(), Is.EqualTo("[\"a\"]"));
    }

    [TestCase("LREM l 2 a", ":2", "b a c"), TestCase("LREM l -2 a", ":2", "a b c"), TestCase("LREM l 0 a", ":3", "b c"), TestCase("LREM l 0 x", ":0", "a b a a c")]
    [TestCase("LTRIM l 1 -2", "+OK", "b a a"), TestCase("LTRIM l -2 9", "+OK", "a c"), TestCase("LTRIM l 0 -1", "+OK", "a b a a c"), TestCase("LTRIM l 3 1", "+OK", "")]
    [TestCase("LSET l -1 z", "+OK", "a b a a z"), TestCase("LSET l 5 z", "-ERR index out of range", "a b a a c"), TestCase("LSET l 4294967296 z", "-ERR index out of range", "a b a a c")]
    [TestCase("LINSERT l BEFORE a x", ":6", "x a b a a c"), TestCase("LINSERT l AFTER c x", ":6", "a b a a c x"), TestCase("LINSERT l AFTER x y", ":-1", "a b a a c")]
    public void Elements_in_the_midst_change(string request, string reply, string expected)
    {
        Run("RPUSH l a b a a c");
        Assert.That(Run(request), Is.EqualTo(reply));
        Assert.That(Elements(), Is.EqualTo(expected.Length == 0 ? "[]" : $"[{string.Join(", ", expected.Split(' ').Select(element => $"\"{element}\""))}]"));
    }

    [TestCase("LPOS l a", ":0"), TestCase("LPOS l a RANK 2", ":2"), TestCase("LPOS l a RANK -1", ":3"), TestCase("LPOS l a COUNT 0", "[:0, :2, :3]")]
    [TestCase("LPOS l a RANK -2 COUNT 2", "[:2, :0]"), TestCase("LPOS l a COUNT 0 MAXLEN 3", "[:0, :2]"), TestCase("LPOS l c RANK -1 MAXLEN 2", ":4"), TestCase("LPOS l c RANK -1 MAXLEN 1", null)]
    [TestCase("LPOS l x COUNT 1", "[]"), TestCase("LPOS l 1", ":5"), TestCase("LPOS l 01", null)]
    public void Positions_count_from_the_head_from_wherever_they_are_searched(string request, string? expected)
    {
        Run("RPUSH l a b a a c 1");
        Assert.That(Run(request), Is.EqualTo(expected ?? Run("GET none")));
    }

    [Test]
    public void Several_lists_give_from_the_first_that_exists()
    {
        Run("RPUSH b 1 2 3");
        Run("RPUSH c 4");
        Assert.That(Run("LMPOP 3 a b c RIGHT COUNT 2"), Is.EqualTo("[\"b\", [\"3\", \"2\"]]"));
        Assert.That(Run("LMPOP 3 a b c LEFT"), Is.EqualTo("[\"b\", [\"1\"]]"));
        Assert.That(Run("LMPOP 3 a b c LEFT"), Is.EqualTo("[\"c\", [\"4\"]]"));
        Run("SET a v");
        Assert.That(Run("LMPOP 2 a b LEFT"), Does.StartWith("-WRONGTYPE"));
    }

    [Test]
    public void What_was_pushed_or_trimmed_counts_as_so_many_changes()
    {
        var keyspace = Server.Server.Keyspace;
        var before = keyspace.Dirty;
        Run("RPUSH l a b c d");
        Run("LTRIM l 1 2");
        Run("LTRIM l 0 -1");
        Run("LMOVE l l LEFT RIGHT");
        Run("LPOP l 9");
        Assert.That(keyspace.Dirty - before, Is.EqualTo(4 + 2 + 0 + 1 + 2));
    }
}
