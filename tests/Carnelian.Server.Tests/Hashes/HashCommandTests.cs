namespace Carnelian.Tests;

internal sealed class HashCommandTests(RespVersion version) : CommandFixture(version)
{
    protected override void Configure(ServerOptions options) => options.DebugCommand = ProtectedAction.Yes;

    [TestCase("HSET h a 9"), TestCase("HINCRBY h a 1"), TestCase("HSETNX h e 1")]
    public void A_hash_over_a_limit_that_was_lowered_becomes_a_table_with_the_next_field_set(string request)
    {
        Run("HSET h a 1 b 2 c 3");
        Run("CONFIG SET hash-max-listpack-entries 2");
        Run("HDEL h none");
        Run("HSETNX h a 2");
        Assert.That(Run("OBJECT ENCODING h"), Is.EqualTo("\"listpack\""));
        Run(request);
        Assert.That(Run("OBJECT ENCODING h"), Is.EqualTo("\"hashtable\""));
    }

    [Test]
    public void Hset_counts_the_fields_that_are_new()
    {
        Assert.That(Run("HSET h a 1 b 2"), Is.EqualTo(":2"));
        Assert.That(Run("HSET h a 3 c 4"), Is.EqualTo(":1"));
        Assert.That(Run("HMSET h d 5"), Is.EqualTo("+OK"));
        Assert.That(Run("HGETALL h"), Is.EqualTo(Map("\"a\"", "\"3\"", "\"b\"", "\"2\"", "\"c\"", "\"4\"", "\"d\"", "\"5\"")));
    }

    [Test]
    public void A_new_hash_is_made_of_many_fields_some_of_them_twice()
    {
        Run("CONFIG SET hash-max-listpack-entries 4");
        Assert.That(Run("HSET h a 1 b 2 a 3 c 4"), Is.EqualTo(":3"));
        Assert.That(Run("HGETALL h"), Is.EqualTo(Map("\"a\"", "\"3\"", "\"b\"", "\"2\"", "\"c\"", "\"4\"")));
        Assert.That(Run("OBJECT ENCODING h"), Is.EqualTo("\"listpack\""));
        Assert.That(Run("HLEN h"), Is.EqualTo(":3"));
    }

    /// <summary>What Redis 8.0.6 says: 1584, and 8240 for five times as many.</summary>
    [TestCase(100, 1584)]
    [TestCase(500, 8240)]
    public void A_packed_hash_that_grew_field_by_field_takes_no_more_memory_than_in_Redis(int fields, int reference)
    {
        for (var i = 0; i < fields; i++) Run($"HSET h f{i} value{i}");
        Assert.That(long.Parse(Run("MEMORY USAGE h")[1..]), Is.LessThanOrEqualTo(reference));
    }

    [Test]
    public void The_last_field_takes_the_key_with_it()
    {
        Run("HSET h a 1 b 2");
        Assert.That(Run("HDEL h a missing b"), Is.EqualTo(":2"));
        Assert.That(Run("EXISTS h"), Is.EqualTo(":0"));
    }

    [Test]
    public void A_hash_becomes_a_table_with_the_first_field_too_many_and_stays_one()
    {
        Run("CONFIG SET hash-max-listpack-entries 3");
        Run("HSET h a 1 b 2 c 3");
        Assert.That(Run("OBJECT ENCODING h"), Is.EqualTo("\"listpack\""));
        Run("HSET h d 4");
        Assert.That(Run("OBJECT ENCODING h"), Is.EqualTo("\"hashtable\""));
        Run("HDEL h d");
        Assert.That(Run("OBJECT ENCODING h"), Is.EqualTo("\"hashtable\""));
        Assert.That(Run("HMGET h a b c d"), Is.EqualTo("[\"1\", \"2\", \"3\", nil]"));
    }

    [Test]
    public void A_long_name_or_value_makes_it_a_table()
    {
        Run("HSET", "names", new string('x', 65), "v");
        Run("HSET", "values", "f", new string('x', 65));
        Run("HSET", "short", new string('x', 64), new string('y', 64));
        Run("HSET f f 1");
        Run("HINCRBYFLOAT f g 1e100");
        Assert.That(Run("OBJECT ENCODING names"), Is.EqualTo("\"hashtable\""));
        Assert.That(Run("OBJECT ENCODING values"), Is.EqualTo("\"hashtable\""));
        Assert.That(Run("OBJECT ENCODING short"), Is.EqualTo("\"listpack\""));
        Assert.That(Run("OBJECT ENCODING f"), Is.EqualTo("\"hashtable\""));
    }

    [Test]
    public void A_refused_hsetnx_leaves_the_hash_packed()
    {
        Run("HSET h f v");
        Assert.That(Run("HSETNX", "h", "f", new string('x', 65)), Is.EqualTo(":0"));
        Assert.That(Run("OBJECT ENCODING h"), Is.EqualTo("\"listpack\""));
    }

    [Test]
    public void Counters_refuse_what_is_no_number_and_what_overflows()
    {
        Run("HSET h text x max 9223372036854775807");
        Assert.That(Run("HINCRBY h text 1"), Is.EqualTo("-ERR hash value is not an integer"));
        Assert.That(Run("HINCRBY h max 1"), Is.EqualTo("-ERR increment or decrement would overflow"));
        Assert.That(Run("HINCRBYFLOAT h text 1"), Is.EqualTo("-ERR hash value is not a float"));
        Assert.That(Run("HINCRBY h new 5"), Is.EqualTo(":5"));
        Assert.That(Run("HINCRBYFLOAT h new 0.25"), Is.EqualTo("\"5.25\""));
    }

    [Test]
    public void A_large_hash_is_walked_whole_by_hgetall_and_hscan()
    {
        const int Fields = 5000;
        for (var i = 0; i < Fields; i += 100) Run(["HSET", "h", .. Enumerable.Range(i, 100).SelectMany(n => new[] { $"field {n}", $"{n}" })]);
        Assert.That(Run("HLEN h"), Is.EqualTo($":{Fields}"));
        Assert.That(Server.Client.RunValue(["HGETALL", "h"]).Items.Length, Is.EqualTo(Fields * 2));
        var names = new HashSet<string>();
        var cursor = "0";
        do
        {
            var page = Server.Client.RunValue(["HSCAN", "h", cursor, "NOVALUES", "COUNT", "100"]).Items;
            cursor = page[0].Text!;
            foreach (var name in page[1].Items) names.Add(name.Text!);
        }
        while (cursor != "0");
        Assert.That(names, Has.Count.EqualTo(Fields));
    }

    [Test]
    public void Hrandfield_draws_different_fields_or_any([Values("2", "3", "512")] string limit)
    {
        Run($"CONFIG SET hash-max-listpack-entries {limit}");
        Run("HSET h a 1 b 2 c 3 d 4");
        for (var count = 1; count <= 6; count++)
        {
            var drawn = Server.Client.RunValue(["HRANDFIELD", "h", $"{count}"]).Items.Select(name => name.Text).ToArray();
            Assert.That(drawn, Is.Unique.And.SubsetOf(new[] { "a", "b", "c", "d" }).And.Length.EqualTo(Math.Min(count, 4)));
        }
        var seen = new HashSet<string>();
        for (var i = 0; i < 50; i++) seen.UnionWith(Server.Client.RunValue(["HRANDFIELD", "h", "-3"]).Items.Select(name => name.Text!));
        Assert.That(seen, Has.Count.EqualTo(4));
    }

    [Test]
    public void A_copy_has_its_own_fields([Values("1", "512")] string limit)
    {
        Run($"CONFIG SET hash-max-listpack-entries {limit}");
        Run("HSET h a 1 b 2");
        Run("HEXPIRE h 100 FIELDS 1 a");
        Run("COPY h copy");
        Run("HSET h a 5");
        Run("HDEL copy b");
        Assert.That(Run("HMGET h a b"), Is.EqualTo("[\"5\", \"2\"]"));
        Assert.That(Run("HMGET copy a b"), Is.EqualTo("[\"1\", nil]"));
        Assert.That(Run("HTTL copy FIELDS 1 a"), Is.EqualTo("[:100]"));
    }

    [Test]
    public void Debug_object_tells_what_a_file_would_take()
    {
        Run("CONFIG SET hash-max-listpack-entries 1");
        Run("HSET", "packed", "f", "value");
        Run("HSET", "h", new string('x', 100), "abc", "12", "345");
        Assert.That(Run("DEBUG OBJECT packed"), Does.Contain("encoding:listpack serializedlength:18"));
        Assert.That(Run("DEBUG OBJECT h"), Does.Contain("encoding:hashtable serializedlength:23"));
        Run("HPEXPIREAT h 4000000000000 FIELDS 1 12");
        Assert.That(Run("DEBUG OBJECT h"), Does.Contain("encoding:hashtable serializedlength:25"));
    }

    [Test]
    public void The_digest_tells_fields_and_that_they_expire_but_not_their_form()
    {
        Run("HSET h a 1 b 2");
        var packed = Run("DEBUG DIGEST-VALUE h");
        Run("CONFIG SET hash-max-listpack-entries 1");
        Run("HSET h c 3");
        Run("HDEL h c");
        Assert.That(Run("OBJECT ENCODING h"), Is.EqualTo("\"hashtable\""));
        Assert.That(Run("DEBUG DIGEST-VALUE h"), Is.EqualTo(packed));
        Run("HEXPIRE h 100 FIELDS 1 a");
        Assert.That(Run("DEBUG DIGEST-VALUE h"), Is.Not.EqualTo(packed));
    }
}
