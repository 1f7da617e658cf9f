using System.Net;

namespace Carnelian.Tests;

/// <summary>INFO's fields are those of Redis 8.0.6 in its order, but for what is named here.</summary>
internal sealed class InfoFieldTests
{
    private static readonly string _recording = SourceTree.PathOf("tests", "Carnelian.Server.Tests", "Recorded", "info-fields-redis-8.0.6.txt");

    private static readonly Dictionary<string, string> _missing = new()
    {
        ["atomicvar_api"] = "there is one thread that counts",
        ["gcc_version"] = "no C compiler was at work",
    };

    private static readonly Dictionary<string, string> _added = new()
    {
        ["server_name"] = "who answers, where redis_version says as whom; Valkey has it too",
        ["carnelian_version"] = "the version of that",
        ["paused_reason"] = "CLIENT PAUSE, as Valkey tells it",
        ["paused_actions"] = "whom it stops",
        ["paused_timeout_milliseconds"] = "for how long yet",
        ["backup_in_progress"] = "BACKUP, as Redis 8.10 tells it",
        ["mem_managed"] = "the .NET heap's part of used_memory",
    };

    /// <summary>Who reads these reads fields by names that commands, errors, modules and keys make.</summary>
    private static readonly string[] _lists = ["cmdstat_", "errorstat_", "latency_percentiles_", "db"];

    [Test]
    public void Fields_are_those_of_Redis_in_its_order()
    {
        using var server = new SimulatedServer(options => options.UnixSocket = "/s");
        var shown = Names(server, "everything").Concat(Names(server, "debug"));
        Assert.That(shown.Where(name => !_added.ContainsKey(name)), Is.EqualTo(Recorded().Where(name => !_missing.ContainsKey(name))));
    }

    /// <summary>Recorded anew with CARNELIAN_RECORD=1.</summary>
    [Test]
    public void Redis_has_the_fields_that_are_recorded()
    {
        using var redis = ReferenceServer.Start("redis", "--unixsocket", "s");
        if (redis.Name != "redis-8.0.6") Skip.Because($"recorded of redis-8.0.6, but Debian has {redis.Name} now");
        using var client = new SocketClient(new IPEndPoint(IPAddress.Loopback, redis.Port));
        client.Send(TestClient.Request("INFO", "everything"));
        client.Send(TestClient.Request("INFO", "debug"));
        string[] now = [.. Names(client.Read()), .. Names(client.Read())];
        if (Environment.GetEnvironmentVariable("CARNELIAN_RECORD") == "1") File.WriteAllLines(_recording, [.. File.ReadLines(_recording).Take(1), .. now]);
        Assert.That(now, Is.EqualTo(Recorded()));
    }

    [Test]
    public void What_differs_is_still_so()
    {
        using var server = new SimulatedServer();
        var shown = Names(server, "everything");
        Assert.That(_added.Keys, Is.SubsetOf(shown));
        Assert.That(_missing.Keys.Intersect(shown), Is.Empty);
    }

    [Test]
    public void Sections_are_shown_by_default_or_with_all_or_when_named()
    {
        using var server = new SimulatedServer();
        string[] always = ["# Server", "# Clients", "# Memory", "# Persistence", "# Threads", "# Stats", "# Replication", "# CPU", "# Modules", "# Errorstats", "# Cluster", "# Keyspace", "# Keysizes"];
        Assert.That(Names(server).Where(IsTitle), Is.EqualTo(always));
        Assert.That(Names(server, "default").Where(IsTitle), Is.EqualTo(always));
        Assert.That(Names(server, "cpu", "default", "commandstats").Where(IsTitle), Is.EqualTo([.. always[..9], "# Commandstats", .. always[9..]]));
        string[] all = [.. always[..9], "# Commandstats", "# Errorstats", "# Latencystats", .. always[10..]];
        Assert.That(Names(server, "ALL").Where(IsTitle), Is.EqualTo(all));
        Assert.That(Names(server, "everything", "nonsense").Where(IsTitle), Is.EqualTo(all));
        Assert.That(Names(server, "module_list", "debug").Where(IsTitle), Is.EqualTo(new[] { "# Modules", "# Debug" }));
    }

    private static bool IsTitle(string name) => name.StartsWith('#');

    private static string[] Names(SimulatedServer server, params string[] sections) => Names(server.Client.RunValue(["INFO", .. sections]));

    private static string[] Names(RespValue info) =>
        [.. info.Text!.Split("\r\n")
            .Select(line => line.Split(':')[0]).Where(name => name.Length > 0 && name != "module" && !Array.Exists(_lists, list => name.StartsWith(list, StringComparison.Ordinal)))];

    private static IEnumerable<string> Recorded() => File.ReadLines(_recording).Skip(1);
}
