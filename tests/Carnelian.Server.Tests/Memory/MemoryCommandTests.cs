namespace Carnelian.Tests;

internal sealed class MemoryCommandTests(RespVersion version) : CommandFixture(version)
{
    protected override void Configure(ServerOptions options) => options.DebugCommand = ProtectedAction.Yes;

    [TestCase(3), TestCase(300), TestCase(5000), TestCase(100_000)]
    public void Usage_is_what_deleting_the_key_gives_back(int length)
    {
        // The table has its first bucket before the measurement and no second one behind it.
        Run("SET other v");
        Run("SET", "key", new string('x', length));
        var usage = long.Parse(Run("MEMORY USAGE key")[1..]);
        var before = UsedByData();
        Run("DEL key");
        Assert.That(before - UsedByData(), Is.EqualTo(usage));
        Assert.That(usage, Is.GreaterThanOrEqualTo(length + 3));
        Assert.That(Run("MEMORY USAGE key"), Is.EqualTo("nil"));
    }

    private long UsedByData() => Server.Server.Allocator.UsedBytesOf(Purpose.Keys) + Server.Server.Allocator.UsedBytesOf(Purpose.Values);

    [Test]
    public void Statistics_agree_with_the_allocator()
    {
        Run("DEBUG POPULATE 1000 key 100");
        Run("SELECT 5");
        Run("SET k v EX 100");
        var stats = Server.Client.RunValue("MEMORY", "STATS").Items;
        var values = stats.Chunk(2).ToDictionary(pair => pair[0].Text!, pair => pair[1]);
        Assert.That(stats, Has.Length.EqualTo(2 * (33 + 2)));
        Assert.That(values["keys.count"].Text, Is.EqualTo("1001"));
        // The reply itself is in a chunk that was taken after the look at the allocator.
        Assert.That(Server.Server.Allocator.MappedBytes - long.Parse(values["allocator.active"].Text!), Is.InRange(0, 2 * OutputChunks.MediumBytes));
        Assert.That(long.Parse(values["dataset.bytes"].Text!), Is.EqualTo(UsedByData()));
        Assert.That(long.Parse(values["overhead.total"].Text!) + long.Parse(values["dataset.bytes"].Text!), Is.EqualTo(long.Parse(values["total.allocated"].Text!)));
        var database = values["db.5"].Items;
        Assert.That(database.Select(item => item.Text).Where((_, i) => i % 2 == 0), Is.EqualTo(new[] { "overhead.hashtable.main", "overhead.hashtable.expires" }));
        Assert.That(long.Parse(database[1].Text!), Is.EqualTo(64));
        Assert.That(values["peak.percentage"].Kind, Is.EqualTo(IsResp3 ? RespKind.Double : RespKind.Bulk));
    }

    [Test]
    public void Statistics_tell_a_database_from_its_first_key_until_it_is_flushed()
    {
        Assert.That(Databases(), Is.Empty);
        Run("SET a b");
        Run("SELECT 3");
        Run("SET a b");
        Run("DEL a");
        Assert.That(Databases(), Is.EqualTo(new[] { "db.0", "db.3" }));
        Assert.That(Tables(), Is.Positive);
        Run("FLUSHALL");
        Assert.That(Databases(), Is.Empty);
        Assert.That(Tables(), Is.Zero);

        IEnumerable<string> Databases() => Names().Where(name => name.Length < 6 && name.StartsWith("db.", StringComparison.Ordinal));
        IEnumerable<string> Names() => Server.Client.RunValue("MEMORY", "STATS").Items.Where((_, i) => i % 2 == 0).Select(item => item.Text!);
        long Tables() => long.Parse(Server.Client.RunValue("MEMORY", "STATS").Items.SkipWhile(item => item.Text != "overhead.db.hashtable.lut").ElementAt(1).Text!);
    }

    [Test]
    public void Doctor_needs_data_and_sees_a_peak()
    {
        Assert.That(Run("MEMORY DOCTOR"), Does.Contain("Hi Sam, this instance is empty or is using very little memory"));
        Run("DEBUG POPULATE 20 a 500000");
        Assert.That(Run("MEMORY DOCTOR"), Does.Contain("Hi Sam, I can't find any memory issue in your instance."));
        Run("DEBUG POPULATE 20 b 500000");
        for (var i = 0; i < 20; i++) Run("DEL", $"b:{i}");
        Assert.That(Run("MEMORY DOCTOR"), Does.Contain("Sam, I detected a few issues").And.Contain(" * Peak memory: ").And.Contain("I'm here to keep you safe, Sam."));
    }

    [Test]
    public void Purge_gives_caches_back()
    {
        Run("DEBUG POPULATE 20000");
        Run("FLUSHALL");
        Assert.That(Server.Server.Allocator.CachedBytes, Is.Positive);
        Assert.That(Run("MEMORY PURGE"), Is.EqualTo("+OK"));
        Assert.That(Server.Server.Allocator.CachedBytes, Is.LessThanOrEqualTo(64 << 10), "but for the slab of the reply itself");
    }

    [Test]
    public void The_allocator_s_report_adds_up()
    {
        Run("DEBUG POPULATE 1000");
        var report = Run("MEMORY MALLOC-STATS");
        Assert.That(report, Does.Contain("carnelian-slabs statistics").And.Contain($"{"Keys",16}: {Server.Server.Allocator.UsedBytesOf(Purpose.Keys)}\n"));
    }

    [Test]
    public void Info_tells_sizes_of_values_by_powers_of_two()
    {
        Assert.That(Run("INFO keysizes"), Does.EndWith("# Keysizes\r\n\"").Or.EndWith("# Keysizes\r\n"));
        Run("MSET a 1 b 12 c 123 d 1234");
        Run("SETRANGE e 1500 x");
        Run("SET empty ");
        Assert.That(Run("INFO keysizes"), Does.Contain("db0_distrib_strings_sizes:0=1,1=1,2=2,4=1,1K=1\r\n"));
        Run("SELECT 3");
        Run("SETRANGE big 3000000 x");
        Assert.That(Run("INFO keysizes"), Does.Contain("db3_distrib_strings_sizes:2M=1\r\n"));
        Run("FLUSHALL");
        Assert.That(Run("INFO keysizes"), Does.Not.Contain("distrib"));
    }
}
