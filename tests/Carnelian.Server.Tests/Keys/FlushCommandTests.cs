namespace Carnelian.Tests;

internal sealed class FlushCommandTests(RespVersion version) : CommandFixture(version)
{
    private const int Many = 20_000;

    private void Fill(int keys)
    {
        for (var i = 0; i < keys; i++) Server.Client.Send("SET", $"key:{i}", "value");
        Server.Client.Read(keys);
    }

    private string Field(string name) => Server.Run("INFO", "everything").Split("\r\n").Single(line => line.StartsWith(name + ":", StringComparison.Ordinal))[(name.Length + 1)..];

    [Test]
    public void Flushdb_empties_one_database_alone([Values("", " SYNC", " ASYNC", " sync")] string mode)
    {
        Run("SET a 1");
        Run("SELECT 1");
        Run("SET b 1");
        Assert.That(Run("FLUSHDB" + mode), Is.EqualTo("+OK"));
        Assert.That(Run("DBSIZE"), Is.EqualTo(":0"));
        Run("SELECT 0");
        Assert.That(Run("DBSIZE"), Is.EqualTo(":1"));
    }

    [Test]
    public void A_large_flush_is_answered_when_the_memory_is_free_and_others_are_served_meanwhile([Values("FLUSHALL", "FLUSHDB SYNC")] string request)
    {
        Fill(Many);
        var other = Server.Connect();
        other.Run("PING");
        Server.Client.Send([.. request.Split(' ')]);
        Server.Client.Send("DBSIZE");
        Server.TurnUntil(() => Server.Client.Served!.Blocked is not null);
        Assert.That(other.Run("DBSIZE"), Is.EqualTo(":0"));
        Assert.That(Server.Client.Arrived(), Is.Empty);
        Assert.That(Server.Server.Keyspace.LazyFree.PendingObjects, Is.Positive);
        Assert.That(Server.Client.Read(2), Is.EqualTo(new[] { "+OK", ":0" }));
        Assert.That(Server.Server.Keyspace.LazyFree.PendingObjects, Is.Zero);
        Assert.That(Field("lazyfreed_objects"), Is.EqualTo($"{Many}"));
    }

    [Test]
    public void A_flush_of_fewer_keys_with_large_values_is_a_large_one()
    {
        const int few = 4000;
        var value = new string('x', 4000);
        for (var i = 0; i < few; i++) Server.Client.Send("SET", $"key:{i}", value);
        Server.Client.Read(few);
        Server.Client.Send("FLUSHALL");
        Server.TurnUntil(() => Server.Client.Served!.Blocked is not null);
        Assert.That(Server.Client.Read(), Is.EqualTo("+OK"));
        Assert.That(Server.Server.Keyspace.DataBytes, Is.Zero);
    }

    [Test]
    public void A_wall_clock_that_is_set_back_by_an_hour_delays_neither_a_flush_nor_expiry()
    {
        Fill(Many);
        Server.Run("INFO");
        Server.World.ClockSkewMicroseconds = -3_600_000_000;
        Server.AdvanceTime(10);
        var began = Server.World.Clock.MonotonicNanoseconds;
        Server.Client.Send("FLUSHALL", "SYNC");
        Server.Client.Send("SET", "short", "1", "PX", "5");
        Assert.That(Server.Client.Read(2), Is.EqualTo(new[] { "+OK", "+OK" }));
        Server.TurnUntil(() => Server.Server.Keyspace.Databases[0].Data.Count == 0);
        Assert.That(Server.World.Clock.MonotonicNanoseconds - began, Is.LessThan(1_000_000_000));
    }

    [Test]
    public void An_asynchronous_flush_is_answered_at_once()
    {
        Fill(Many);
        Assert.That(Run("FLUSHALL ASYNC"), Is.EqualTo("+OK"));
        Assert.That(long.Parse(Field("lazyfree_pending_objects")), Is.GreaterThan(Many / 2));
        Server.TurnUntil(() => !Server.Server.Keyspace.LazyFree.IsPending);
        Assert.That(Field("lazyfree_pending_objects"), Is.EqualTo("0"));
        Assert.That(Field("lazyfreed_objects"), Is.EqualTo($"{Many}"));
        Run("CONFIG RESETSTAT");
        Assert.That(Field("lazyfreed_objects"), Is.EqualTo("0"));
    }

    [Test]
    public void Keys_of_a_small_flush_count_as_lazily_freed_when_it_is_answered([Values("FLUSHALL", "FLUSHDB SYNC")] string request)
    {
        Fill(10);
        Assert.That(Run(request), Is.EqualTo("+OK"));
        Assert.That(Run(request), Is.EqualTo("+OK"));
        Assert.That(Field("lazyfree_pending_objects"), Is.EqualTo("0"));
        Assert.That(Field("lazyfreed_objects"), Is.EqualTo("10"));
    }

    [Test]
    public void A_flush_in_a_transaction_is_answered_in_its_place_and_its_keys_do_not_count_as_lazily_freed()
    {
        Fill(10);
        Run("MULTI");
        Run("FLUSHALL");
        Assert.That(Run("EXEC"), Is.EqualTo("[+OK]"));
        Assert.That(Field("lazyfreed_objects"), Is.EqualTo("0"));
        Fill(Many);
        Run("MULTI");
        Run("FLUSHALL");
        Run("PING");
        Assert.That(Run("EXEC"), Is.EqualTo("[+OK, +PONG]"));
    }

    [Test]
    public void A_removed_group_and_a_small_stream_are_no_lazily_freed_objects()
    {
        Run("XADD s 1 f v");
        Run("XGROUP CREATE s g 0");
        Run("XGROUP DESTROY s g");
        Run("UNLINK s");
        Server.TurnUntil(() => !Server.Server.Keyspace.LazyFree.IsPending);
        Assert.That(Field("lazyfreed_objects"), Is.EqualTo("0"));
    }

    [Test]
    public void The_mode_that_is_not_given_is_the_configured_one()
    {
        Run("CONFIG SET lazyfree-lazy-user-flush yes");
        Fill(Many);
        Assert.That(Run("FLUSHDB"), Is.EqualTo("+OK"));
        Assert.That(Server.Server.Keyspace.LazyFree.IsPending, "answered before all is freed");
    }

    [Test]
    public void Who_leaves_amid_a_large_flush_harms_nobody()
    {
        Fill(Many);
        var other = Server.Connect();
        other.Send("FLUSHALL", "SYNC");
        Server.TurnUntil(() => other.Served?.Blocked is not null);
        other.Peer.Close();
        Server.TurnUntil(() => !Server.Server.Keyspace.LazyFree.IsPending);
        Assert.That(Run("PING"), Is.EqualTo("+PONG"));
        Assert.That(Server.Server.Executor.BlockedClients.Count, Is.Zero);
    }

    [TestCase("FLUSHDB NOW"), TestCase("FLUSHDB SYNC ASYNC"), TestCase("FLUSHALL NOW")]
    public void Flushing_knows_two_ways(string request)
    {
        Run("SET k v");
        Assert.That(Run(request), Is.EqualTo("-ERR syntax error"));
        Assert.That(Run("DBSIZE"), Is.EqualTo(":1"));
    }
}
