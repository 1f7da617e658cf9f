using System.Text;
using System.Text.RegularExpressions;

namespace Carnelian.Tests;

/// <summary>What cluster-enabled changes for the keys of one server, as in Redis 8.0.6.</summary>
internal sealed partial class ClusterModeTests(RespVersion version) : CommandFixture(version)
{
    [SetUp]
    public void Enable() =>
        Assert.That(new ConfigurationLoader(Server.Server.Directives, Server.World.Disk).Load(null, Encoding.Latin1.GetBytes("cluster-enabled yes\ndatabases 9\nenable-debug-command yes\n")), Is.Null);

    [Test]
    public void There_is_one_database()
    {
        Assert.That(Run("CONFIG GET databases"), Is.EqualTo(Map("\"databases\"", "\"1\"")));
        Assert.That(Run("SELECT 0"), Is.EqualTo("+OK"));
        Assert.That(Run("SELECT 1"), Is.EqualTo("-ERR SELECT is not allowed in cluster mode"));
        Assert.That(Run("SELECT 99"), Is.EqualTo("-ERR SELECT is not allowed in cluster mode"));
        Assert.That(Run("SELECT x"), Is.EqualTo("-ERR value is not an integer or out of range"));
        Assert.That(Run("MOVE k 0"), Is.EqualTo("-ERR MOVE is not allowed in cluster mode"));
        Assert.That(Run("SWAPDB 0 0"), Is.EqualTo("-ERR SWAPDB is not allowed in cluster mode"));
        Assert.That(Run("COPY k {k}2 DB 1"), Is.EqualTo("-ERR DB index is out of range"));
        Assert.That(Run("COPY k {k}2 DB 0"), Is.EqualTo(":0"));
    }

    [Test]
    public void Info_tells_of_it()
    {
        Assert.That(Run("INFO"), Does.Contain("redis_mode:cluster\r\n").And.Contain("cluster_enabled:1\r\n"));
    }

    [Test]
    public void Keys_of_all_slots_are_served_walked_and_flushed()
    {
        for (var i = 0; i < 300; i++) Server.Client.Send("SET", i % 3 == 0 ? $"k{i}{{a}}" : $"k{i}", "v");
        Server.Client.Read(300);
        Assert.That(Run("DBSIZE"), Is.EqualTo(":300"));
        Assert.That(Run("MGET k1 k3{a} k2"), Is.EqualTo("""["v", "v", "v"]"""));
        Assert.That(Run("RENAME k1 k1{a}"), Is.EqualTo("+OK"));
        Assert.That(Run("RANDOMKEY"), Does.StartWith("\"k"));
        var met = new HashSet<string>();
        var cursor = "0";
        do
        {
            var reply = Run($"SCAN {cursor} COUNT 7").Trim('[', ']').Split(", ");
            cursor = reply[0].Trim('"');
            met.UnionWith(reply[1..].Select(key => key.Trim('[', ']')).Where(key => key != ""));
        }
        while (cursor != "0");
        Assert.That(met, Has.Count.EqualTo(300));
        // Of the tables, and of the targets of those that rehash.
        Assert.That(Elements().Matches(Run("DEBUG HTSTATS 0")).Sum(match => int.Parse(match.Groups[1].Value)), Is.EqualTo(300));
        Assert.That(Run("MEMORY STATS"), Does.Contain("db.0"));
        Assert.That(Run("FLUSHALL"), Is.EqualTo("+OK"));
        Assert.That(Run("DBSIZE"), Is.EqualTo(":0"));
    }

    [GeneratedRegex("number of elements: ([0-9]+)")]
    private static partial Regex Elements();

    [Test]
    public void A_pattern_with_a_tag_looks_through_one_slot()
    {
        for (var i = 0; i < 200; i++) Server.Client.Send("SET", i < 5 ? $"k{{a}}{i}" : $"k{i}", "v");
        Server.Client.Read(200);
        Assert.That(Run("KEYS k{a}*").Split(", "), Has.Length.EqualTo(5));
        // One slot's table ends the walk; COUNT would end it a hundred times in all tables.
        Assert.That(Run("SCAN 0 MATCH k{a}* COUNT 100"), Does.StartWith("[\"0\", ["));
        Assert.That(Run("KEYS k{a}3"), Is.EqualTo("""["k{a}3"]"""));
        Assert.That(Run("KEYS *3").Split(", "), Has.Length.EqualTo(20));
    }
}
