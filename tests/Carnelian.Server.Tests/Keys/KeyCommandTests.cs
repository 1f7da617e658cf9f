namespace Carnelian.Tests;

internal sealed class KeyCommandTests(RespVersion version) : CommandFixture(version)
{
    [Test]
    public void Keys_are_deleted_and_counted()
    {
        Run("MSET a 1 b 2 c 3");
        Assert.That(Run("EXISTS a b a d"), Is.EqualTo(":3"), "a key named twice counts twice");
        Assert.That(Run("DEL a a d"), Is.EqualTo(":1"));
        Assert.That(Run("DBSIZE"), Is.EqualTo(":2"));
        Assert.That(Run("EXISTS a"), Is.EqualTo(":0"));
    }

    [Test]
    public void A_type_is_a_simple_string()
    {
        Run("SET k v");
        Assert.That(Run("TYPE k"), Is.EqualTo("+string"));
        Assert.That(Run("TYPE missing"), Is.EqualTo("+none"));
    }

    [Test]
    public void Keys_are_found_by_pattern()
    {
        Run("MSET one 1 two 2 three 3");
        Assert.That(Sorted(Run("KEYS *")), Is.EqualTo(new[] { "one", "three", "two" }));
        Assert.That(Sorted(Run("KEYS t*")), Is.EqualTo(new[] { "three", "two" }));
        Assert.That(Run("KEYS nothing*"), Is.EqualTo("[]"));
        Run("PEXPIRE one 10");
        Server.World.Advance(11);
        Assert.That(Sorted(Run("KEYS *")), Is.EqualTo(new[] { "three", "two" }), "what is over is not shown");
    }

    [Test]
    public void Keys_that_do_not_match_are_not_gathered()
    {
        Run("KEYS nosuch*");
        Run("MSET" + string.Concat(Enumerable.Range(0, 20_000).Select(i => $" key:{i} v")));
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.That(Run("KEYS nosuch*"), Is.EqualTo("[]"));
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(20_000), "of 20,000 keys");
        Assert.That(Sorted(Run("KEYS key:1999*")), Has.Length.EqualTo(11));
    }

    [TestCase("FLUSHALL"), TestCase("FLUSHALL SYNC"), TestCase("FLUSHALL ASYNC")]
    public void Flushing_empties_all_databases(string request)
    {
        for (var i = 0; i < 300; i++) Run($"SET key:{i} {i}");
        Run("SELECT 5");
        Run("SET other 1");
        Assert.That(Run(request), Is.EqualTo("+OK"));
        Assert.That(Run("DBSIZE"), Is.EqualTo(":0"));
        Run("SELECT 0");
        Assert.That(Run("DBSIZE"), Is.EqualTo(":0"));
        Run("SET after 1");
        Assert.That(Run("GET after"), Is.EqualTo("\"1\""));
        Server.TurnUntil(() => !Server.Server.Keyspace.LazyFree.IsPending);
    }

    [Test]
    public void Scan_visits_every_key_that_is_there_all_the_time_though_the_table_grows_and_shrinks()
    {
        for (var seed = 0; seed < 5; seed++) ScanWhileChanging(seed);
    }

    private void ScanWhileChanging(int seed)
    {
        Run("FLUSHALL");
        var chance = new Random(seed);
        const int lasting = 500;
        for (var i = 0; i < lasting; i++) Run($"SET lasting:{i} x");
        var seen = new HashSet<string>();
        var cursor = "0";
        var added = 0;
        do
        {
            var reply = Server.Client.RunValue("SCAN", cursor, "COUNT", "20");
            cursor = reply.Items[0].Text!;
            foreach (var key in reply.Items[1].Items) seen.Add(key.Text!);
            // Grows to several times its size in the first half of the walk, shrinks again in the second.
            for (var i = chance.Next(200); i > 0; i--)
            {
                if (seen.Count(key => key.StartsWith("lasting:", StringComparison.Ordinal)) < lasting / 2) Run($"SET passing:{added++} x");
                else if (added > 0) Run($"DEL passing:{--added}");
            }
        }
        while (cursor != "0");
        Assert.That(seen.Where(key => key.StartsWith("lasting:", StringComparison.Ordinal)), Has.Exactly(lasting).Items, $"seed {seed}");
    }

    [Test]
    public void Scan_filters_by_pattern_and_type()
    {
        for (var i = 0; i < 50; i++) Run($"MSET a:{i} 1 b:{i} 1");
        Assert.That(ScanAll("MATCH", "a:*"), Has.Count.EqualTo(50).And.All.StartsWith("a:"));
        Assert.That(ScanAll("TYPE", "string"), Has.Count.EqualTo(100));
        Assert.That(ScanAll("TYPE", "zset"), Is.Empty);
        Assert.That(ScanAll("COUNT", "1000"), Has.Count.EqualTo(100));
    }

    [TestCase("SCAN x", "-ERR invalid cursor"), TestCase("SCAN 0 COUNT 0", "-ERR syntax error"), TestCase("SCAN 0 COUNT x", "-ERR value is not an integer or out of range")]
    [TestCase("SCAN 0 MATCH", "-ERR syntax error"), TestCase("SCAN 0 WHAT 1", "-ERR syntax error"), TestCase("SCAN -1", "-ERR invalid cursor")]
    public void Scan_refuses_what_it_does_not_understand(string request, string error) => Assert.That(Run(request), Is.EqualTo(error));

    [Test]
    public void Scan_of_a_cursor_never_given_ends_nevertheless()
    {
        for (var i = 0; i < 100; i++) Run($"SET {i} x");
        foreach (var cursor in new[] { "18446744073709551615", "123456789", "4611686018427387904" })
        {
            var next = cursor;
            for (var steps = 0; next != "0"; steps++)
            {
                Assert.That(steps, Is.LessThan(1000));
                next = Server.Client.RunValue("SCAN", next).Items[0].Text!;
            }
        }
    }

    [Test]
    public void Scan_deletes_what_it_meets_that_is_over()
    {
        Server.Server.Cron.ActiveExpiryEnabled = false;
        for (var i = 0; i < 30; i++) Run($"SET k{i} v PX 5");
        Run("SET stays v");
        Server.World.Advance(10);
        Assert.That(ScanAll("COUNT", "100"), Is.EqualTo(new[] { "stays" }));
        Assert.That(Run("DBSIZE"), Is.EqualTo(":1"));
    }

    [Test]
    public void Scan_deletes_only_what_it_would_have_shown()
    {
        Server.Server.Cron.ActiveExpiryEnabled = false;
        Run("SET a v PX 5");
        Run("SET b v PX 5");
        Server.World.Advance(10);
        Assert.That(ScanAll("MATCH", "a*"), Is.Empty);
        Assert.That(Run("DBSIZE"), Is.EqualTo(":1"));
        Assert.That(Run("SCAN 0 NOVALUES"), Is.EqualTo("-ERR NOVALUES option can only be used in HSCAN"));
        Assert.That(ScanAll("TYPE", "string"), Is.Empty);
        Assert.That(Run("DBSIZE"), Is.EqualTo(":0"));
    }

    [Test]
    public void Scan_with_a_type_looks_at_keys_which_counts()
    {
        Run("MSET a 1 b 2");
        var statistics = Server.Server.Keyspace.Statistics;
        var before = statistics.Hits;
        Assert.That(ScanAll("TYPE", "nope"), Is.Empty);
        Assert.That(statistics.Hits - before, Is.EqualTo(2));
        Assert.That(ScanAll(), Has.Count.EqualTo(2));
        Assert.That(statistics.Hits - before, Is.EqualTo(2));
    }

    private HashSet<string> ScanAll(params string[] options)
    {
        var seen = new HashSet<string>();
        var cursor = "0";
        do
        {
            var reply = Server.Client.RunValue(["SCAN", cursor, .. options]);
            cursor = reply.Items[0].Text!;
            seen.UnionWith(reply.Items[1].Items.Select(key => key.Text!));
        }
        while (cursor != "0");
        return seen;
    }

    private static string[] Sorted(string array) =>
        [.. array.Trim('[', ']').Split(", ").Select(item => item.Trim('"')).Order(StringComparer.Ordinal)];
}
