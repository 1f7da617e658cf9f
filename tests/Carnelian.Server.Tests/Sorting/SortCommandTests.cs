namespace Carnelian.Tests;

internal sealed class SortCommandTests(RespVersion version) : CommandFixture(version)
{
    private const string Null = "nil";

    [Test]
    public void Numbers_are_sorted_by_value_and_texts_by_bytes()
    {
        Run("RPUSH l 10 9 -1.5 1e2 inf");
        Assert.That(Run("SORT l"), Is.EqualTo("[\"-1.5\", \"9\", \"10\", \"1e2\", \"inf\"]"));
        Assert.That(Run("SORT l DESC"), Is.EqualTo("[\"inf\", \"1e2\", \"10\", \"9\", \"-1.5\"]"));
        Assert.That(Run("SORT_RO l ALPHA"), Is.EqualTo("[\"-1.5\", \"10\", \"1e2\", \"9\", \"inf\"]"));
        Assert.That(Run("SORT missing"), Is.EqualTo("[]"));
        Assert.That(Run("SORT l LIMIT 1 2"), Is.EqualTo("[\"9\", \"10\"]"));
        Assert.That(Run("SORT l LIMIT -5 1"), Is.EqualTo("[\"-1.5\"]"));
        Assert.That(Run("SORT l LIMIT 9 1"), Is.EqualTo("[]"));
        Assert.That(Run("SORT l LIMIT 3 -1"), Is.EqualTo("[\"1e2\", \"inf\"]"));
    }

    [TestCase("x"), TestCase("nan"), TestCase("1 "), TestCase("0x10")]
    public void What_is_no_number_is_told(string text)
    {
        Run("RPUSH", "l", "1", text);
        Assert.That(Run("SORT l"), Is.EqualTo("-ERR One or more scores can't be converted into double"));
        Assert.That(Run("SORT l STORE to"), Is.EqualTo("-ERR One or more scores can't be converted into double"));
        Assert.That(Run("EXISTS to"), Is.EqualTo(":0"));
    }

    [Test]
    public void A_number_ends_at_a_nul()
    {
        Run("RPUSH", "l", "5\0x", "4", "\0");
        Assert.That(Run("SORT l"), Is.EqualTo("[\"\0\", \"4\", \"5\0x\"]"));
    }

    [Test]
    public void Weights_and_values_come_from_keys_named_after_the_elements()
    {
        Run("RPUSH l 1 2 3 4");
        Run("MSET w1 3 w2 1 w3 2 name1 a name2 b");
        Run("HSET h3 f 7 g 123456");
        Assert.That(Run("SORT l BY w*"), Is.EqualTo("[\"4\", \"2\", \"3\", \"1\"]"), "4 has none, which is 0");
        Assert.That(Run("SORT l BY w* GET # GET name* GET h*->f"),
            Is.EqualTo($"[\"4\", {Null}, {Null}, \"2\", \"b\", {Null}, \"3\", {Null}, \"7\", \"1\", \"a\", {Null}]"));
        Assert.That(Run("SORT l BY w* LIMIT 2 1 GET h*->g GET h*->"), Is.EqualTo($"[\"123456\", {Null}]"));
        Assert.That(Run("SORT l BY nothing DESC"), Is.EqualTo("[\"4\", \"3\", \"2\", \"1\"]"));
        Assert.That(Run("SORT l BY nothing LIMIT 1 2"), Is.EqualTo("[\"2\", \"3\"]"));
        Assert.That(Run("SORT l GET name"), Is.EqualTo($"[{Null}, {Null}, {Null}, {Null}]"), "a pattern without an asterisk finds nothing");
        Assert.That(Run("SORT l ALPHA BY name*"), Is.EqualTo("[\"3\", \"4\", \"1\", \"2\"]"), "those without come first, in their order");
    }

    [Test]
    public void The_result_is_stored_as_a_list_even_in_place_of_the_source()
    {
        Run("RPUSH l 3 1 2");
        Run("EXPIRE l 100");
        Assert.That(Run("SORT l STORE l"), Is.EqualTo(":3"));
        Assert.That(Run("LRANGE l 0 -1"), Is.EqualTo("[\"1\", \"2\", \"3\"]"));
        Assert.That(Run("TTL l"), Is.EqualTo(":-1"));
        Run("SET to x");
        Assert.That(Run("SORT l DESC GET # GET none* STORE to"), Is.EqualTo(":6"));
        Assert.That(Run("LRANGE to 0 -1"), Is.EqualTo("[\"3\", \"\", \"2\", \"\", \"1\", \"\"]"));
        Assert.That(Run("SORT missing STORE to"), Is.EqualTo(":0"));
        Assert.That(Run("EXISTS to"), Is.EqualTo(":0"));
    }

    [Test]
    public void Sets_are_sorted_too_and_by_text_where_an_unsorted_one_would_be_stored()
    {
        Run("SADD s c a b");
        Assert.That(Run("SORT s ALPHA DESC"), Is.EqualTo("[\"c\", \"b\", \"a\"]"));
        Assert.That(Run("SORT s BY nosort STORE to"), Is.EqualTo(":3"));
        Assert.That(Run("LRANGE to 0 -1"), Is.EqualTo("[\"a\", \"b\", \"c\"]"));
    }

    [Test]
    public void Errors_are_those_of_Redis()
    {
        Run("SET k x");
        Assert.That(Run("SORT k"), Is.EqualTo("-WRONGTYPE Operation against a key holding the wrong kind of value"));
        Assert.That(Run("SORT l LIMIT 1"), Is.EqualTo("-ERR syntax error"));
        Assert.That(Run("SORT l LIMIT a 1"), Is.EqualTo("-ERR value is not an integer or out of range"));
        Assert.That(Run("SORT l GET"), Is.EqualTo("-ERR syntax error"));
        Assert.That(Run("SORT_RO l STORE to"), Is.EqualTo("-ERR syntax error"));
    }

    [Test]
    public void Ten_thousand_elements_agree_with_a_model([Values] bool alpha, [Values] bool descending)
    {
        var random = new Random(7);
        var values = Enumerable.Range(0, 10_000).Select(_ => random.Next(-5000, 5000)).ToArray();
        foreach (var chunk in values.Chunk(500)) Run(["RPUSH", "l", .. chunk.Select(v => v.ToString())]);
        var words = values.Select(v => v.ToString());
        var expected = alpha ? words.Order(StringComparer.Ordinal) : words.OrderBy(int.Parse);
        if (descending) expected = alpha ? words.OrderDescending(StringComparer.Ordinal) : words.OrderByDescending(int.Parse);
        var request = $"SORT l{(alpha ? " ALPHA" : "")}{(descending ? " DESC" : "")}";
        Assert.That(Run(request), Is.EqualTo($"[{string.Join(", ", expected.Select(w => $"\"{w}\""))}]"));
    }
}
