namespace Carnelian.Tests;

/// <summary>Commands that read and change at once, or change under a condition.</summary>
internal sealed class StringUpdateTests(RespVersion version) : CommandFixture(version)
{
    [TestCase(1), TestCase(16), TestCase(17), TestCase(31), TestCase(32), TestCase(33), TestCase(200)]
    public void Each_of_many_keys_of_one_request_is_found(int keys)
    {
        var names = string.Join(' ', Enumerable.Range(0, keys).Select(i => $"key{i}"));
        Assert.That(Run("MSET " + string.Join(' ', Enumerable.Range(0, keys).Select(i => $"key{i} value{i}"))), Is.EqualTo("+OK"));
        var values = string.Join(", ", Enumerable.Range(0, keys).Select(i => $"\"value{i}\""));
        Assert.That(Run("MGET " + names), Is.EqualTo($"[{values}]"));
        Assert.That(Run("EXISTS missing " + names), Is.EqualTo($":{keys}"));
        Assert.That(Run("TOUCH missing " + names), Is.EqualTo($":{keys}"));
        Assert.That(Run("DEL missing " + names), Is.EqualTo($":{keys}"));
        Assert.That(Run("DBSIZE"), Is.EqualTo(":0"));
    }

    [Test]
    public void Getex_answers_the_value_and_sets_or_takes_off_its_time()
    {
        Assert.That(Run("GETEX k"), Is.EqualTo("nil"));
        Assert.That(Run("GETEX k EX 0"), Is.EqualTo("nil"), "without a key no time is wrong");
        Run("SET k v");
        Assert.That(Run("GETEX k EX 100"), Is.EqualTo("\"v\""));
        Assert.That(Run("TTL k"), Is.EqualTo(":100"));
        Assert.That(Run("GETEX k"), Is.EqualTo("\"v\""));
        Assert.That(Run("TTL k"), Is.EqualTo(":100"));
        Assert.That(Run("GETEX k EX 0"), Is.EqualTo("-ERR invalid expire time in 'getex' command"));
        Assert.That(Run("GETEX k PERSIST"), Is.EqualTo("\"v\""));
        Assert.That(Run("TTL k"), Is.EqualTo(":-1"));
        Assert.That(Run("GETEX k EXAT 1"), Is.EqualTo("\"v\""), "the last that is seen of it");
        Assert.That(Run("EXISTS k"), Is.EqualTo(":0"));
    }

    [TestCase("PERSIST EX 1"), TestCase("EX 1 PERSIST"), TestCase("EX 1 PX 1"), TestCase("EX"), TestCase("NX"), TestCase("KEEPTTL"), TestCase("GET")]
    public void Getex_refuses_options_that_make_no_sense(string options)
    {
        Run("SET k v");
        Assert.That(Run("GETEX k " + options), Is.EqualTo("-ERR syntax error"));
    }

    [Test]
    public void Getdel_answers_the_value_and_deletes_it()
    {
        Run("SET", "k", new string('x', 100_000));
        Assert.That(Run("GETDEL k"), Is.EqualTo($"\"{new string('x', 100_000)}\""));
        Assert.That(Run("GETDEL k"), Is.EqualTo("nil"));
    }

    [Test]
    public void Getset_answers_the_old_value_and_takes_off_its_time()
    {
        Assert.That(Run("GETSET k one"), Is.EqualTo("nil"));
        Run("GETEX k EX 100");
        Assert.That(Run("GETSET k two"), Is.EqualTo("\"one\""));
        Assert.That(Run("TTL k"), Is.EqualTo(":-1"));
        Assert.That(Run("GET k"), Is.EqualTo("\"two\""));
    }

    [Test]
    public void A_long_value_is_replaced_by_another_while_it_is_answered()
    {
        var (old, young) = (new string('x', 200_000), new string('y', 300_000));
        Run("SET", "k", old);
        Assert.That(Run("GETSET", "k", young), Is.EqualTo($"\"{old}\""));
        Assert.That(Run("SET", "k", "z", "GET"), Is.EqualTo($"\"{young}\""));
    }

    [Test]
    public void Msetnx_sets_all_or_none()
    {
        Assert.That(Run("MSETNX a 1 b 2 a 3"), Is.EqualTo(":1"), "a key may be named twice");
        Assert.That(Run("MSETNX c 1 b 2"), Is.EqualTo(":0"));
        Assert.That(Run("MGET a b c"), Is.EqualTo("[\"3\", \"2\", nil]"));
        Assert.That(Run("MSETNX a 1 b"), Is.EqualTo("-ERR wrong number of arguments for 'msetnx' command"));
    }

    [Test]
    public void Set_with_IFEQ_writes_only_over_that_value()
    {
        Assert.That(Run("SET k b IFEQ a"), Is.EqualTo("nil"));
        Run("SET k a EX 100");
        Assert.That(Run("SET k b IFEQ A"), Is.EqualTo("nil"));
        Assert.That(Run("SET k b IFEQ a KEEPTTL"), Is.EqualTo("+OK"));
        Assert.That(Run("TTL k"), Is.EqualTo(":100"));
        Assert.That(Run("SET k c IFEQ x GET"), Is.EqualTo("\"b\""));
        Assert.That(Run("SET k c GET IFEQ b"), Is.EqualTo("\"b\""));
        Assert.That(Run("GET k"), Is.EqualTo("\"c\""));
    }

    [TestCase("IFEQ"), TestCase("IFEQ v NX"), TestCase("NX IFEQ v"), TestCase("XX IFEQ v"), TestCase("IFEQ v IFEQ v")]
    public void Set_takes_one_condition(string options) => Assert.That(Run("SET k w " + options), Is.EqualTo("-ERR syntax error"));

    [Test]
    public void Delifeq_deletes_only_that_value()
    {
        Assert.That(Run("DELIFEQ k v"), Is.EqualTo(":0"));
        Run("SET k 10");
        Assert.That(Run("DELIFEQ k 010"), Is.EqualTo(":0"));
        Assert.That(Run("DELIFEQ k 10"), Is.EqualTo(":1"));
        Assert.That(Run("EXISTS k"), Is.EqualTo(":0"));
    }

    [Test]
    public void Msetex_sets_values_and_their_time_under_a_condition()
    {
        Assert.That(Run("MSETEX 2 a 1 b 2 XX"), Is.EqualTo(":0"));
        Assert.That(Run("MSETEX 2 a 1 b 2 EX 100 NX"), Is.EqualTo(":1"));
        Assert.That(Run("TTL b"), Is.EqualTo(":100"));
        Assert.That(Run("MSETEX 2 b 3 c 4 NX"), Is.EqualTo(":0"));
        Assert.That(Run("MSETEX 2 a 5 b 6 XX KEEPTTL"), Is.EqualTo(":1"));
        Assert.That(Run("MGET a b c"), Is.EqualTo("[\"5\", \"6\", nil]"));
        Assert.That(Run("TTL a"), Is.EqualTo(":100"));
        Assert.That(Run("MSETEX 2 a EX b 9"), Is.EqualTo(":1"), "a value may look like an option");
        Assert.That(Run("TTL a"), Is.EqualTo(":-1"));
    }

    [TestCase("MSETEX 0 a 1", "-ERR invalid numkeys value or out of range")]
    [TestCase("MSETEX 9223372036854775807 a 1", "-ERR invalid numkeys value or out of range")]
    [TestCase("MSETEX 2147483647 a 1", "-ERR syntax error")]
    [TestCase("MSETEX 2 a 1", "-ERR syntax error")]
    [TestCase("MSETEX 1 a 1 b 2", "-ERR syntax error")]
    [TestCase("MSETEX 1 a 1 EX 0", "-ERR invalid expire time in 'msetex' command")]
    public void Msetex_refuses_what_makes_no_sense(string request, string error)
    {
        Assert.That(Run(request), Is.EqualTo(error));
        Assert.That(Run("EXISTS a"), Is.EqualTo(":0"));
    }
}
