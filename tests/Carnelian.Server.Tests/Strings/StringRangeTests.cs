namespace Carnelian.Tests;

/// <summary>Parts of strings, sums of floats, and what two strings have in common.</summary>
internal sealed class StringRangeTests(RespVersion version) : CommandFixture(version)
{
    private ValueEncoding EncodingOf(string key)
    {
        var keyspace = Server.Server.Keyspace;
        var bytes = System.Text.Encoding.UTF8.GetBytes(key);
        return keyspace.Find(keyspace.Databases[0], keyspace.KeyOf(bytes), LookupFlags.NoTouch).Encoding;
    }

    [Test]
    public void Setrange_overwrites_a_part_and_fills_up_with_zeros()
    {
        Assert.That(Run("SETRANGE k 3 abc"), Is.EqualTo(":6"));
        Assert.That(Run("GET k"), Is.EqualTo("\"\0\0\0abc\""));
        Assert.That(Run("SETRANGE k 1 xyz"), Is.EqualTo(":6"));
        Assert.That(Run("GET k"), Is.EqualTo("\"\0xyzbc\""));
        Assert.That(Run("SETRANGE", "k", "9", ""), Is.EqualTo(":6"), "nothing is written");
        Assert.That(Run("SETRANGE", "missing", "9", ""), Is.EqualTo(":0"));
        Assert.That(Run("EXISTS missing"), Is.EqualTo(":0"));
    }

    [TestCase(10), TestCase(1000), TestCase(2000), TestCase(100_000)]
    public void Setrange_writes_into_values_of_every_size(int length)
    {
        var expected = new string('x', length);
        Run("SET", "k", expected);
        Run("GETEX k EX 100");
        foreach (var offset in new[] { 0, length / 2, length - 1, length + 3000 })
        {
            expected = expected.PadRight(offset + 2, '\0').Remove(offset, 2).Insert(offset, "ab");
            Assert.That(Run("SETRANGE", "k", $"{offset}", "ab"), Is.EqualTo($":{expected.Length}"));
            Assert.That(Run("GET k"), Is.EqualTo($"\"{expected}\""));
        }
        Assert.That(Run("TTL k"), Is.EqualTo(":100"));
    }

    [TestCase("SETRANGE k -1 x", "-ERR offset is out of range")]
    [TestCase("SETRANGE k 9223372036854775808 x", "-ERR value is not an integer or out of range")]
    [TestCase("SETRANGE k 9223372036854775807 x", "-ERR string exceeds maximum allowed size (proto-max-bulk-len)")]
    [TestCase("SETRANGE k 536870912 x", "-ERR string exceeds maximum allowed size (proto-max-bulk-len)")]
    [TestCase("SETRANGE k 536870911 xy", "-ERR string exceeds maximum allowed size (proto-max-bulk-len)")]
    public void Setrange_refuses_offsets_beyond_what_a_string_may_have(string request, string error)
    {
        Assert.That(Run(request), Is.EqualTo(error));
        Assert.That(Run("EXISTS k"), Is.EqualTo(":0"), "a command that fails leaves nothing behind");
    }

    [TestCase("0 3", "This"), TestCase("-3 -1", "ing"), TestCase("10 100", "string"), TestCase("5 4", ""), TestCase("-1 -5", "")]
    [TestCase("-100 0", "T"), TestCase("0 -100", "T"), TestCase("16 20", ""), TestCase("-9223372036854775808 9223372036854775807", "This is a string")]
    public void Getrange_answers_a_part(string range, string expected)
    {
        Run("SET", "k", "This is a string");
        Assert.That(Run("GETRANGE k " + range), Is.EqualTo($"\"{expected}\""));
        Assert.That(Run("SUBSTR k " + range), Is.EqualTo($"\"{expected}\""));
        Assert.That(Run("GETRANGE missing " + range), Is.EqualTo("\"\""));
    }

    [Test]
    public void Encodings_are_those_of_Redis_after_every_command()
    {
        Run("MSET n 12 s short l 123456789012345678901234567890123456789012345");
        Assert.That(EncodingOf("n"), Is.EqualTo(ValueEncoding.Int));
        Assert.That(EncodingOf("s"), Is.EqualTo(ValueEncoding.Embstr));
        Assert.That(EncodingOf("l"), Is.EqualTo(ValueEncoding.Raw));
        Run("SETRANGE n 0 3");
        Assert.That(EncodingOf("n"), Is.EqualTo(ValueEncoding.Raw));
        Run("INCR n");
        Assert.That(EncodingOf("n"), Is.EqualTo(ValueEncoding.Int));
        Run("INCRBYFLOAT n 1");
        Assert.That(EncodingOf("n"), Is.EqualTo(ValueEncoding.Embstr), "the sum is text, not looked at for an integer");
        Run("INCRBYFLOAT n 1e50");
        Assert.That(EncodingOf("n"), Is.EqualTo(ValueEncoding.Raw));
        Run("GETSET n 5");
        Assert.That(EncodingOf("n"), Is.EqualTo(ValueEncoding.Int));
        Run("SETRANGE fresh 0 5");
        Assert.That(EncodingOf("fresh"), Is.EqualTo(ValueEncoding.Raw));
        Run("APPEND new 5");
        Assert.That(EncodingOf("new"), Is.EqualTo(ValueEncoding.Int));
        Run("APPEND", "new", "");
        Assert.That(EncodingOf("new"), Is.EqualTo(ValueEncoding.Raw));
    }

    [Test]
    public void Floats_are_added_as_C_adds_long_doubles()
    {
        Assert.That(Run("INCRBYFLOAT n 10.50"), Is.EqualTo("\"10.5\""));
        Assert.That(Run("INCRBYFLOAT n 0.25"), Is.EqualTo("\"10.75\""));
        Assert.That(Run("INCRBYFLOAT n -5"), Is.EqualTo("\"5.75\""));
        Assert.That(Run("INCRBYFLOAT n 5.0e3"), Is.EqualTo("\"5005.75\""));
        Assert.That(Run("GETEX n EX 100"), Is.EqualTo("\"5005.75\""));
        Assert.That(Run("INCRBYFLOAT n 1"), Is.EqualTo("\"5006.75\""));
        Assert.That(Run("TTL n"), Is.EqualTo(":100"));
        Assert.That(Run("INCRBYFLOAT n x"), Is.EqualTo("-ERR value is not a valid float"));
        Assert.That(Run("INCRBYFLOAT n inf"), Is.EqualTo("-ERR increment would produce NaN or Infinity"));
        Assert.That(Run("GET n"), Is.EqualTo("\"5006.75\""));
        Run("SET n 1e4932");
        Assert.That(Run("INCRBYFLOAT n 5e4931"), Is.EqualTo("-ERR increment would produce NaN or Infinity"));
    }

    [Test]
    public void Decrby_refuses_the_number_that_has_no_opposite()
    {
        Assert.That(Run("DECRBY n 5"), Is.EqualTo(":-5"));
        Assert.That(Run("DECRBY n -9223372036854775808"), Is.EqualTo("-ERR decrement would overflow"));
        Assert.That(Run("DECRBY n 9223372036854775807"), Is.EqualTo("-ERR increment or decrement would overflow"));
        Assert.That(Run("GET n"), Is.EqualTo("\"-5\""));
    }

    [Test]
    public void Lcs_answers_text_length_or_positions()
    {
        Run("MSET a ohmytext b mynewtext");
        Assert.That(Run("LCS a b"), Is.EqualTo("\"mytext\""));
        Assert.That(Run("LCS a b LEN"), Is.EqualTo(":6"));
        Assert.That(Run("LCS a b IDX"), Is.EqualTo(Map("\"matches\"", "[[[:4, :7], [:5, :8]], [[:2, :3], [:0, :1]]]", "\"len\"", ":6")));
        Assert.That(Run("LCS a b IDX MINMATCHLEN 3 WITHMATCHLEN"), Is.EqualTo(Map("\"matches\"", "[[[:4, :7], [:5, :8], :4]]", "\"len\"", ":6")));
        Assert.That(Run("LCS a a"), Is.EqualTo("\"ohmytext\""));
        Assert.That(Run("LCS a missing"), Is.EqualTo("\"\""));
        Assert.That(Run("LCS a b LEN IDX"), Is.EqualTo("-ERR If you want both the length and indexes, please just use IDX."));
        Assert.That(Run("LCS a b MINMATCHLEN"), Is.EqualTo("-ERR syntax error"));
        Assert.That(Run("LCS a b MINMATCHLEN x"), Is.EqualTo("-ERR value is not an integer or out of range"));
    }

    [Test]
    public void Lcs_refuses_strings_for_which_Redis_would_need_more_memory_than_a_string_may_have()
    {
        Run("CONFIG SET proto-max-bulk-len 1mb");
        Run("SETRANGE a 1022 x");
        Run("SETRANGE b 254 x");
        Assert.That(Run("LCS a b LEN"), Is.EqualTo(":255"), "1024 × 256 cells of 4 bytes");
        Run("APPEND b x");
        Assert.That(Run("LCS a b LEN"), Is.EqualTo("-ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len"));
    }
}
