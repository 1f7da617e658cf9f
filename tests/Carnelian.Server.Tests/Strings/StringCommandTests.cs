namespace Carnelian.Tests;

internal sealed class StringCommandTests(RespVersion version) : CommandFixture(version)
{
    [Test]
    public void Get_answers_what_was_set_and_null_for_what_is_not_there()
    {
        Assert.That(Run("GET k"), Is.EqualTo("nil"));
        Assert.That(Run("SET k hello"), Is.EqualTo("+OK"));
        Assert.That(Run("GET k"), Is.EqualTo("\"hello\""));
        Assert.That(Run("SET k again"), Is.EqualTo("+OK"));
        Assert.That(Run("GET k"), Is.EqualTo("\"again\""));
        Assert.That(Run("SET", "", ""), Is.EqualTo("+OK"), "empty keys and values are keys and values");
        Assert.That(Run("GET", ""), Is.EqualTo("\"\""));
    }

    [Test]
    public void Null_is_written_as_the_version_says()
    {
        Server.Client.SendRaw(TestClient.Request("GET", "missing"));
        var expected = IsResp3 ? "_\r\n" : "$-1\r\n";
        Assert.That(Server.Client.ReadRaw(expected.Length), Is.EqualTo(expected));
    }

    [TestCase("NX", "+OK", "nil"), TestCase("XX", "nil", "+OK")]
    public void Set_with_a_condition_writes_only_where_it_holds(string condition, string missing, string existing)
    {
        Assert.That(Run($"SET a new {condition}"), Is.EqualTo(missing));
        Run("SET b old");
        Assert.That(Run($"SET b new {condition}"), Is.EqualTo(existing));
        Assert.That(Run("GET b"), Is.EqualTo(existing == "+OK" ? "\"new\"" : "\"old\""));
    }

    [Test]
    public void Set_with_GET_answers_the_old_value()
    {
        Assert.That(Run("SET k one GET"), Is.EqualTo("nil"));
        Assert.That(Run("SET k two GET"), Is.EqualTo("\"one\""));
        Assert.That(Run("SET k three NX GET"), Is.EqualTo("\"two\""), "the condition fails, the value is answered");
        Assert.That(Run("GET k"), Is.EqualTo("\"two\""));
        Assert.That(Run("SET m x XX GET"), Is.EqualTo("nil"));
        Assert.That(Run("EXISTS m"), Is.EqualTo(":0"));
    }

    [TestCase("SET k v NX XX"), TestCase("SET k v EX"), TestCase("SET k v EX 1 PX 1"), TestCase("SET k v KEEPTTL EX 1"), TestCase("SET k v WHAT")]
    public void Set_refuses_options_that_make_no_sense(string request)
    {
        Assert.That(Run(request), Is.EqualTo("-ERR syntax error"));
        Assert.That(Run("EXISTS k"), Is.EqualTo(":0"));
    }

    [TestCase("SET k v EX 0", "-ERR invalid expire time in 'set' command")]
    [TestCase("SET k v PX -1", "-ERR invalid expire time in 'set' command")]
    [TestCase("SET k v EX 9223372036854775807", "-ERR invalid expire time in 'set' command")]
    [TestCase("SET k v EX 1.5", "-ERR value is not an integer or out of range")]
    public void Set_refuses_times_that_are_none(string request, string error) => Assert.That(Run(request), Is.EqualTo(error));

    [Test]
    public void Setting_takes_the_expiry_off_unless_it_is_to_be_kept()
    {
        Run("SET k v PX 100000");
        Run("SET k w KEEPTTL");
        Assert.That(Run("TTL k"), Is.EqualTo(":100"));
        Run("SET k x");
        Assert.That(Run("TTL k"), Is.EqualTo(":-1"));
    }

    [Test]
    public void The_older_ways_to_set_do_as_SET_with_an_option()
    {
        Assert.That(Run("SETNX k v"), Is.EqualTo(":1"));
        Assert.That(Run("SETNX k w"), Is.EqualTo(":0"));
        Assert.That(Run("GET k"), Is.EqualTo("\"v\""));
        Assert.That(Run("SETEX k 100 x"), Is.EqualTo("+OK"));
        Assert.That(Run("TTL k"), Is.EqualTo(":100"));
        Assert.That(Run("PSETEX k 50000 y"), Is.EqualTo("+OK"));
        Assert.That(Run("TTL k"), Is.EqualTo(":50"));
        Assert.That(Run("GET k"), Is.EqualTo("\"y\""));
        Assert.That(Run("SETEX k 0 z"), Is.EqualTo("-ERR invalid expire time in 'setex' command"));
        Assert.That(Run("PSETEX k x z"), Is.EqualTo("-ERR value is not an integer or out of range"));
        Assert.That(Run("GET k"), Is.EqualTo("\"y\""));
    }

    [Test]
    public void Several_keys_are_set_and_read_at_once()
    {
        Assert.That(Run("MSET a 1 b 2 a 3"), Is.EqualTo("+OK"));
        Assert.That(Run("MGET a b c a"), Is.EqualTo("[\"3\", \"2\", nil, \"3\"]"));
        Assert.That(Run("MSET a"), Is.EqualTo("-ERR wrong number of arguments for 'mset' command"));
        Assert.That(Run("MSET a 1 b"), Is.EqualTo("-ERR wrong number of arguments for 'mset' command"));
    }

    [Test]
    public void Numbers_are_counted_up_and_down()
    {
        Assert.That(Run("INCR n"), Is.EqualTo(":1"));
        Assert.That(Run("INCRBY n 41"), Is.EqualTo(":42"));
        Assert.That(Run("DECR n"), Is.EqualTo(":41"));
        Assert.That(Run("GET n"), Is.EqualTo("\"41\""));
        Assert.That(Run("INCRBY n -9223372036854775808"), Is.EqualTo(":-9223372036854775767"));
    }

    [Test]
    public void Counting_refuses_what_is_no_number_or_becomes_too_large()
    {
        Run("MSET text abc big 9223372036854775807 zero 007");
        Assert.That(Run("INCR text"), Is.EqualTo("-ERR value is not an integer or out of range"));
        Assert.That(Run("INCR zero"), Is.EqualTo("-ERR value is not an integer or out of range"));
        Assert.That(Run("INCR big"), Is.EqualTo("-ERR increment or decrement would overflow"));
        Assert.That(Run("INCRBY big 1.0"), Is.EqualTo("-ERR value is not an integer or out of range"));
        Assert.That(Run("GET big"), Is.EqualTo("\"9223372036854775807\""));
    }

    [Test]
    public void Counting_keeps_the_expiry()
    {
        Run("SET n 1 EX 100");
        Run("INCR n");
        Assert.That(Run("TTL n"), Is.EqualTo(":100"));
    }

    [Test]
    public void Append_makes_a_value_longer()
    {
        Assert.That(Run("APPEND k ab"), Is.EqualTo(":2"));
        Assert.That(Run("APPEND k cd"), Is.EqualTo(":4"));
        Assert.That(Run("GET k"), Is.EqualTo("\"abcd\""));
        Assert.That(Run("STRLEN k"), Is.EqualTo(":4"));
        Assert.That(Run("STRLEN missing"), Is.EqualTo(":0"));
    }

    [Test]
    public void A_value_appended_to_grows_through_all_its_encodings()
    {
        var expected = "";
        for (var i = 0; i < 400; i++)
        {
            var piece = new string((char)('a' + i % 26), i);
            expected += piece;
            Assert.That(Run("APPEND", "k", piece), Is.EqualTo($":{expected.Length}"));
        }
        Assert.That(Run("GET k"), Is.EqualTo($"\"{expected}\""));
    }

    [Test]
    public void No_string_grows_beyond_what_is_allowed()
    {
        Run("CONFIG SET proto-max-bulk-len 1mb");
        Run("SET", "k", new string('x', 1024 * 1024));
        Assert.That(Run("APPEND k y"), Is.EqualTo("-ERR string exceeds maximum allowed size (proto-max-bulk-len)"));
        Assert.That(Run("STRLEN k"), Is.EqualTo(":1048576"));
    }
}
