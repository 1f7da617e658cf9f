namespace Carnelian.Tests;

internal sealed class HyperLogLogCommandTests(RespVersion version) : CommandFixture(version)
{
    private void AddMany(string key, int from, int count)
    {
        for (var i = from; i < from + count; i += 100) Run(["PFADD", key, .. Enumerable.Range(i, 100).Select(n => $"element:{n}")]);
    }

    private long Count(params string[] keys) => long.Parse(Run(["PFCOUNT", .. keys]).AsSpan(1));

    [Test]
    public void Elements_count_once()
    {
        Assert.That(Run("PFADD h a b c"), Is.EqualTo(":1"));
        Assert.That(Run("PFADD h a b c"), Is.EqualTo(":0"));
        Assert.That(Run("PFCOUNT h"), Is.EqualTo(":3"));
        Assert.That(Run("PFCOUNT h"), Is.EqualTo(":3"), "from what was written down");
        Assert.That(Run("PFADD h d"), Is.EqualTo(":1"));
        Assert.That(Run("PFCOUNT h"), Is.EqualTo(":4"));
        Assert.That(Run("PFCOUNT missing"), Is.EqualTo(":0"));
        Assert.That(Run("EXISTS missing"), Is.EqualTo(":0"));
    }

    [Test]
    public void Without_elements_a_key_is_made_and_then_left_alone()
    {
        Assert.That(Run("PFADD h"), Is.EqualTo(":1"));
        Assert.That(Run("PFADD h"), Is.EqualTo(":0"));
        Assert.That(Run("PFDEBUG DECODE h"), Is.EqualTo("\"Z:16384\""));
        Assert.That(Run("PFCOUNT h"), Is.EqualTo(":0"));
        Assert.That(Run("STRLEN h"), Is.EqualTo(":18"));
    }

    [Test]
    public void It_becomes_dense_when_it_outgrows_the_limit_and_counts_on()
    {
        Run("CONFIG SET hll-sparse-max-bytes 500");
        AddMany("h", 0, 100);
        Assert.That(Run("PFDEBUG ENCODING h"), Is.EqualTo("+sparse"));
        AddMany("h", 100, 9900);
        Assert.That(Run("PFDEBUG ENCODING h"), Is.EqualTo("+dense"));
        Assert.That(Run("STRLEN h"), Is.EqualTo(":12304"));
        Assert.That(Count("h"), Is.EqualTo(10_000).Within(2).Percent);
        AddMany("h", 0, 10_000);
        Assert.That(Run("PFADD h element:5"), Is.EqualTo(":0"));
        Assert.That(Run("PFDEBUG DECODE h"), Is.EqualTo("-ERR HLL encoding is not sparse"));
    }

    [Test]
    public void The_expiry_stays()
    {
        Run("PFADD h a");
        Run("EXPIRE h 100");
        Run("PFADD h b");
        Assert.That(Run("PFCOUNT h"), Is.EqualTo(":2"));
        Assert.That(Run("PFMERGE h h"), Is.EqualTo("+OK"));
        Assert.That(Run("PFDEBUG TODENSE h"), Is.EqualTo(":1"));
        Assert.That(Run("PFDEBUG TODENSE h"), Is.EqualTo(":0"));
        Assert.That(Run("TTL h"), Is.EqualTo(":100"));
    }

    [Test]
    public void A_union_counts_what_is_in_any([Values("500", "100000")] string sparseMax)
    {
        Run($"CONFIG SET hll-sparse-max-bytes {sparseMax}");
        AddMany("a", 0, 3000);
        AddMany("b", 2000, 3000);
        var union = Count("a", "b", "missing");
        Assert.That(union, Is.EqualTo(5000).Within(3).Percent);
        Assert.That(Run("PFMERGE to a b missing"), Is.EqualTo("+OK"));
        Assert.That(Count("to"), Is.EqualTo(union));
        Assert.That(Run("PFMERGE a b"), Is.EqualTo("+OK"), "what is there counts too");
        Assert.That(Count("a"), Is.EqualTo(union));
        Assert.That(Run("PFMERGE alone"), Is.EqualTo("+OK"));
        Assert.That(Run("PFDEBUG DECODE alone"), Is.EqualTo("\"Z:16384\""));
        Assert.That(Run("PFDEBUG SIMD OFF"), Is.EqualTo("+disabled"));
        Assert.That(Count("a", "b"), Is.EqualTo(union));
    }

    [Test]
    public void One_dense_source_makes_the_union_dense()
    {
        Run("PFADD a x");
        Run("PFADD b y");
        Run("PFDEBUG TODENSE b");
        Run("PFMERGE a b");
        Assert.That(Run("PFDEBUG ENCODING a"), Is.EqualTo("+dense"));
        Assert.That(Count("a"), Is.EqualTo(2));
    }

    [Test]
    public void What_is_none_is_refused_and_stays([Values("PFADD k x", "PFCOUNT k", "PFCOUNT h k", "PFMERGE h k", "PFMERGE k h", "PFDEBUG ENCODING k")] string request)
    {
        Run("PFADD h a");
        foreach (var value in new[] { "HYLL", "hyll............", "HYLL\u0002...........", "HYLL\0...........", "12" })
        {
            Run("SET", "k", value);
            Assert.That(Run(request), Is.EqualTo("-WRONGTYPE Key is not a valid HyperLogLog string value."), value);
            Assert.That(Run("STRLEN k"), Is.EqualTo($":{value.Length}"));
        }
        Run("DEL k");
        Run("RPUSH k a");
        Assert.That(Run(request), Is.EqualTo("-WRONGTYPE Operation against a key holding the wrong kind of value"));
    }

    [Test]
    public void Corrupt_registers_are_told()
    {
        Run("PFADD h a b");
        Run("APPEND h x");
        foreach (var request in new[] { "PFCOUNT h", "PFCOUNT h h", "PFMERGE to h", "PFDEBUG GETREG h", "PFDEBUG TODENSE h" })
            Assert.That(Run(request), Is.EqualTo("-INVALIDOBJ Corrupted HLL object detected"));
        Assert.That(Run("EXISTS to"), Is.EqualTo(":0"));
    }

    [Test]
    public void Registers_are_shown()
    {
        Run("PFADD h a b c");
        var registers = Run("PFDEBUG GETREG h").Trim('[', ']').Split(", ");
        Assert.That(registers, Has.Length.EqualTo(16384));
        Assert.That(registers.Count(r => r != ":0"), Is.EqualTo(3));
        Assert.That(Run("PFDEBUG FOO h"), Is.EqualTo("-ERR Unknown PFDEBUG subcommand 'FOO'"));
        Assert.That(Run("PFDEBUG GETREG missing"), Is.EqualTo("-ERR The specified key does not exist"));
        Assert.That(Run("PFDEBUG SIMD maybe"), Is.EqualTo("-ERR Argument must be ON or OFF"));
    }

    [Test]
    public void The_self_test_finds_nothing_wrong() => Assert.That(Run("PFSELFTEST"), Is.EqualTo("+OK"));
}
