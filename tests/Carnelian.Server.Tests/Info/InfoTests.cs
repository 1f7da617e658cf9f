namespace Carnelian.Tests;

internal sealed class InfoTests(RespVersion version) : CommandFixture(version)
{
    /// <summary>What monitoring programs look for.</summary>
    private static readonly string[] _fields =
    [
        "redis_version", "run_id", "tcp_port", "uptime_in_seconds", "process_id", "connected_clients", "maxclients", "blocked_clients", "used_memory",
        "used_memory_human", "used_memory_rss", "used_memory_peak", "mem_fragmentation_ratio", "total_connections_received", "total_commands_processed",
        "instantaneous_ops_per_sec", "total_net_input_bytes", "total_net_output_bytes", "rejected_connections", "expired_keys", "evicted_keys",
        "keyspace_hits", "keyspace_misses", "used_cpu_sys", "used_cpu_user",
    ];

    [Test]
    public void Every_line_is_a_headline_or_a_field()
    {
        var info = Server.Client.RunValue("INFO", "everything");
        Assert.That(info.Kind, Is.EqualTo(IsResp3 ? RespKind.Verbatim : RespKind.Bulk));
        var text = IsResp3 ? info.Text![4..] : info.Text!;
        Assert.That(text.Split("\r\n"), Is.All.Match("^(# [A-Z][a-z]+|[a-z0-9_|]+:.*|)$").IgnoreCase);
        foreach (var field in _fields) Assert.That(text, Does.Match($"(?m)^{field}:"));
    }

    [Test]
    public void Sections_are_chosen_by_name()
    {
        Assert.That(Run("INFO clients"), Does.Contain("# Clients\r\n").And.Not.Contain("# Memory"));
        Assert.That(Run("INFO CLIENTS memory"), Does.Contain("# Clients\r\n").And.Contain("# Memory\r\n"));
        Assert.That(Run("INFO"), Does.Contain("# Server\r\n").And.Not.Contain("# Commandstats"));
        Assert.That(Run("INFO nonsense"), Is.AnyOf("\"\"", "=txt:"));
        Assert.That(Run("INFO", "clients\0x"), Does.Contain("# Clients\r\n"), "a C string ends at a NUL");
    }

    [Test]
    public void Fields_follow_what_happens()
    {
        Run("MSET a 1 b 2");
        Run("SET c 3 PX 100000");
        Run("GET a");
        Run("GET missing");
        Run("SELECT 2");
        Run("SET d 4");
        var other = Server.Connect();
        other.Run("PING");
        var info = Run("INFO everything");
        Assert.That(info, Does.Contain("db0:keys=3,expires=1,").And.Contain("db2:keys=1,expires=0,"));
        Assert.That(info, Does.Contain("\r\nkeyspace_hits:1\r\n").And.Contain("\r\nkeyspace_misses:1\r\n"));
        Assert.That(info, Does.Contain("\r\nconnected_clients:2\r\n").And.Contain("\r\ntotal_connections_received:2\r\n").And.Contain("\r\ntcp_port:6379\r\n"));
        Assert.That(info, Does.Contain("cmdstat_set:calls=2,"));
        other.Peer.Close();
        Server.TurnUntil(() => Server.Server.Clients.Count == 1);
        Server.World.Advance(86_400_000);
        Assert.That(Run("INFO server clients"), Does.Contain("uptime_in_days:1\r\n").And.Contain("connected_clients:1\r\n"));
    }

    [Test]
    public void Used_memory_follows_the_data()
    {
        var before = Server.Server.Allocator.UsedBytes;
        for (var i = 0; i < 200; i++) Run("SET", $"key:{i}", new string('x', 1000));
        Assert.That(Server.Server.Allocator.UsedBytes - before, Is.InRange(200_000, 260_000));
        Run("FLUSHALL");
        Assert.That(Server.Server.Allocator.UsedBytes - before, Is.LessThan(20_000));
    }
}
