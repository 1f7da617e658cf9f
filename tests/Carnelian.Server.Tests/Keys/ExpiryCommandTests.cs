namespace Carnelian.Tests;

internal sealed class ExpiryCommandTests(RespVersion version) : CommandFixture(version)
{
    [Test]
    public void A_key_is_gone_when_its_time_is_over()
    {
        Run("SET k v PX 100");
        Assert.That(Run("GET k"), Is.EqualTo("\"v\""));
        Server.World.Advance(102);
        Assert.That(Run("GET k"), Is.EqualTo("nil"));
        Assert.That(Run("TTL k"), Is.EqualTo(":-2"));
    }

    [Test]
    public void A_key_lives_through_its_last_millisecond()
    {
        var lastMs = Server.Server.NowMs + 50;
        Run($"SET k v PXAT {lastMs}");
        Server.AdvanceTime(lastMs - Server.Server.NowMs);
        Assert.That(Server.Server.NowMs, Is.EqualTo(lastMs));
        Assert.That(Run("PTTL k"), Is.EqualTo(":0"));
        Assert.That(Run("GET k"), Is.EqualTo("\"v\""));
        Server.AdvanceTime(1);
        Assert.That(Run("GET k"), Is.EqualTo("nil"));
    }

    [Test]
    public void The_time_left_is_told_in_seconds_and_milliseconds()
    {
        Run("SET k v EX 10");
        Assert.That(Run("TTL k"), Is.EqualTo(":10"));
        Assert.That(Run("PTTL k"), Is.AnyOf(":10000", ":9999"));
        Run("SET k v");
        Assert.That(Run("TTL k"), Is.EqualTo(":-1"));
        Assert.That(Run("PTTL k"), Is.EqualTo(":-1"));
        Assert.That(Run("TTL missing"), Is.EqualTo(":-2"));
    }

    [Test]
    public void Expire_sets_the_time_of_what_is_there()
    {
        Assert.That(Run("EXPIRE k 10"), Is.EqualTo(":0"));
        Run("SET k v");
        Assert.That(Run("EXPIRE k 10"), Is.EqualTo(":1"));
        Assert.That(Run("TTL k"), Is.EqualTo(":10"));
        Assert.That(Run("PEXPIRE k 20000"), Is.EqualTo(":1"));
        Assert.That(Run("TTL k"), Is.EqualTo(":20"));
        Assert.That(Run("PERSIST k"), Is.EqualTo(":1"));
        Assert.That(Run("PERSIST k"), Is.EqualTo(":0"));
        Assert.That(Run("TTL k"), Is.EqualTo(":-1"));
    }

    [Test]
    public void A_time_in_the_past_deletes_at_once()
    {
        Run("SET k v");
        Assert.That(Run("EXPIRE k -1"), Is.EqualTo(":1"));
        Assert.That(Run("EXISTS k"), Is.EqualTo(":0"));
    }

    [TestCase("NX", null, 1), TestCase("NX", 10, 0), TestCase("XX", null, 0), TestCase("XX", 10, 1)]
    [TestCase("GT", null, 0), TestCase("GT", 10, 1), TestCase("GT", 1000, 0), TestCase("LT", null, 1), TestCase("LT", 10, 0), TestCase("LT", 1000, 1)]
    public void Expire_with_a_condition_keeps_or_replaces_the_deadline(string condition, int? present, int expected)
    {
        Run("SET k v");
        if (present is not null) Run($"EXPIRE k {present}");
        Assert.That(Run($"EXPIRE k 100 {condition}"), Is.EqualTo($":{expected}"));
        Assert.That(Run("TTL k"), Is.EqualTo($":{(expected == 1 ? 100 : present ?? -1)}"));
    }

    [TestCase("EXPIRE k 1 NX XX", "-ERR NX and XX, GT or LT options at the same time are not compatible")]
    [TestCase("EXPIRE k 1 GT LT", "-ERR GT and LT options at the same time are not compatible")]
    [TestCase("EXPIRE k 1 NO", "-ERR Unsupported option NO")]
    [TestCase("EXPIRE k x", "-ERR value is not an integer or out of range")]
    [TestCase("EXPIRE k 9223372036854775807", "-ERR invalid expire time in 'expire' command")]
    [TestCase("PEXPIRE k 9223372036854775807", "-ERR invalid expire time in 'pexpire' command")]
    public void Expire_refuses_what_it_does_not_understand(string request, string error)
    {
        Run("SET k v");
        Assert.That(Run(request), Is.EqualTo(error));
        Assert.That(Run("TTL k"), Is.EqualTo(":-1"));
    }

    [Test]
    public void Moments_are_set_and_told_as_they_are()
    {
        Run("SET k v");
        Assert.That(Run("EXPIRETIME k"), Is.EqualTo(":-1"));
        Assert.That(Run("PEXPIRETIME missing"), Is.EqualTo(":-2"));
        Assert.That(Run("PEXPIREAT k 4102444800499"), Is.EqualTo(":1"));
        Assert.That(Run("EXPIRETIME k"), Is.EqualTo(":4102444800"), "rounded to the nearest second");
        Assert.That(Run("PEXPIRETIME k"), Is.EqualTo(":4102444800499"));
        Assert.That(Run("EXPIREAT k 4102444801 LT"), Is.EqualTo(":0"));
        Assert.That(Run("EXPIREAT k 4102444801 GT"), Is.EqualTo(":1"));
        Assert.That(Run("PEXPIRETIME k"), Is.EqualTo(":4102444801000"));
        Assert.That(Run("PEXPIREAT k 9223372036854775807"), Is.EqualTo(":1"));
        Assert.That(Run("EXPIRETIME k"), Is.EqualTo(":9223372036854776"));
        Assert.That(Run("EXPIREAT k 1"), Is.EqualTo(":1"));
        Assert.That(Run("EXISTS k"), Is.EqualTo(":0"));
    }

    [TestCase("EXPIREAT k 9223372036854776", "-ERR invalid expire time in 'expireat' command")]
    [TestCase("PEXPIREAT k x", "-ERR value is not an integer or out of range"), TestCase("PEXPIREAT k 1 NX LT", "-ERR NX and XX, GT or LT options at the same time are not compatible")]
    public void Moments_that_are_none_are_refused(string request, string error)
    {
        Run("SET k v");
        Assert.That(Run(request), Is.EqualTo(error));
        Assert.That(Run("TTL k"), Is.EqualTo(":-1"));
    }

    [Test]
    public void Keys_that_nobody_asks_for_are_deleted_too()
    {
        for (var i = 0; i < 5000; i++) Server.Client.Send("SET", $"k{i}", "v", "PX", "1000");
        Server.Client.Read(5000);
        Run("SET stays v");
        Server.AdvanceTime(1100);
        Server.TurnUntil(() => Server.Server.Keyspace.Databases[0].Data.Count == 1);
        Assert.That(Server.Server.Keyspace.Statistics.Expired, Is.EqualTo(5000));
    }

    [Test]
    public void Times_are_absolute_when_they_are_given_so()
    {
        var nowMs = Server.Server.NowMs;
        Run($"SET k v PXAT {nowMs + 50_000}");
        Assert.That(Run("TTL k"), Is.EqualTo(":50"));
        Run($"SET k v EXAT {nowMs / 1000 + 100}");
        Assert.That(Run("TTL k"), Is.AnyOf(":100", ":99"));
        Assert.That(Run("SET past v PXAT 1"), Is.EqualTo("+OK"));
        Assert.That(Run("GET past"), Is.EqualTo("nil"));
    }
}
