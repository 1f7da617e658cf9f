using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Carnelian.Tests;

/// <summary>Prometheus itself, its tool that looks for mistakes, and the exporter whose names we use.</summary>
public partial class PrometheusTests
{
    /// <summary>Names that redis_exporter gave and dashboards know, so that they stay: promtool would have units in full.</summary>
    private static readonly string[] _abbreviated =
    [
        "redis_rdb_last_bgsave_duration_sec", "redis_rdb_current_bgsave_duration_sec", "redis_aof_last_rewrite_duration_sec", "redis_aof_current_rewrite_duration_sec",
        "redis_expire_cycle_cpu_time_ms_total", "redis_eviction_exceeded_time_ms_total", "redis_current_eviction_exceeded_time_ms", "redis_instantaneous_eventloop_cycles_per_sec",
    ];

    /// <summary>What redis_exporter tells and we do not.</summary>
    private static readonly Dictionary<string, string> _missing = new()
    {
        ["redis_exporter_build_info"] = "of the exporter",
        ["redis_exporter_last_scrape_connect_time_seconds"] = "nobody has to connect",
        ["redis_exporter_scrape_duration_seconds"] = "of the exporter",
        ["redis_target_scrape_request_errors_total"] = "of the exporter",
        ["redis_last_key_groups_scrape_duration_milliseconds"] = "groups of keys would have to be looked for, which takes long",
        ["redis_db_keys_cached"] = "what KeyDB has fourth in a line of INFO keyspace, where Redis has fields that expire",
        ["redis_db0_distrib_strings_sizes"] = "takes INFO keysizes for databases and cannot read them",
    };

    private int _port;
    private CarnelianServer _server = null!;

    [OneTimeSetUp]
    public void Start()
    {
        _port = LoopbackPort.Claim();
        _server = new("--metrics-port", $"{_port}");
        ChildProcess.Run(ClientPrograms.RedisCli(), ["-p", $"{_server.Port}"], input => input.Write("SET k v EX 1000\nGET k\nGET\nINCR k\nCONFIG SET slowlog-log-slower-than 0\n"u8));
    }

    [OneTimeTearDown]
    public void Stop() => _server?.Dispose();

    [Test]
    public void Prometheus_scrapes_the_program()
    {
        var program = ClientPrograms.Prometheus();
        var folder = Directory.CreateTempSubdirectory("carnelian-prometheus-");
        try
        {
            var configuration = Path.Combine(folder.FullName, "prometheus.yml");
            // What docs/metrics.md tells operators to write, but for the port and the pace.
            File.WriteAllText(configuration, Block("scrape_configs:").Replace("9121", $"{_port}").Replace("15s", "1s"));
            var port = LoopbackPort.Claim();
            var start = new ProcessStartInfo(program,
                [$"--config.file={configuration}", $"--storage.tsdb.path={folder.FullName}/data", $"--web.listen-address=127.0.0.1:{port}", "--log.level=warn"]);
            using var prometheus = new ChildProcess(start);
            Patience.Until(() => Query(port, "redis_up") == "1", $"Prometheus has a scrape; its output:\n{prometheus.Output}");
            Assert.That(Query(port, "redis_db_keys{db=\"db0\"}"), Is.EqualTo("1"));
            Assert.That(Query(port, "redis_commands_total{cmd=\"get\"}"), Is.EqualTo("1"));
            Assert.That(Query(port, "up{job=\"carnelian\"}"), Is.EqualTo("1"));
            Assert.That(Query(port, "histogram_quantile(0.5, redis_commands_latencies_usec_bucket{cmd=\"get\"})"), Is.Not.Null);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Test]
    public void Promtool_complains_of_nothing_but_units_in_names_that_are_given()
    {
        var text = HttpText.Get(_port, "/metrics");
        var outcome = ChildProcess.Run(ClientPrograms.Promtool(), ["check", "metrics"], input => input.Write(Encoding.UTF8.GetBytes(text)));
        var complaints = outcome.Everything.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.That(complaints, Is.EquivalentTo(_abbreviated.Select(name => $"{name} metric names should not contain abbreviated units")));
    }

    [Test]
    public void The_alerts_of_the_document_are_rules_of_Prometheus()
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, Block("groups:"));
            var outcome = ChildProcess.Run(ClientPrograms.Promtool(), ["check", "rules", file]);
            Assert.That((outcome.Status, outcome.Everything.Contains("SUCCESS")), Is.EqualTo((0, true)), outcome.Everything);
            var names = MetricName().Matches(File.ReadAllText(file)).Select(match => match.Value).Distinct().ToArray();
            Assert.That(names, Is.Not.Empty);
            var told = Families(HttpText.Get(_port, "/metrics"));
            Assert.That(names.Select(name => name.Replace("_bucket", "")), Is.SubsetOf(told.Keys), "alerts on what is told");
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>Who replaces redis_exporter by the endpoint finds the names, kinds and labels again.</summary>
    [Test]
    public void What_redis_exporter_tells_of_the_server_the_endpoint_tells_too()
    {
        var port = LoopbackPort.Claim();
        var start = new ProcessStartInfo(ClientPrograms.RedisExporter(), [$"--redis.addr=redis://127.0.0.1:{_server.Port}", $"--web.listen-address=127.0.0.1:{port}"]);
        using var exporter = new ChildProcess(start);
        string? text = null;
        Patience.Until(() => (text = HttpText.TryGet(port, "/metrics"))?.Contains("redis_up 1") == true, "redis_exporter reaches the server");
        var (exported, own) = (Families(text!), Families(HttpText.Get(_port, "/metrics")));
        Assert.That(exported.Keys.Except(own.Keys).Except(_missing.Keys), Is.Empty);
        Assert.Multiple(() =>
        {
            foreach (var (name, family) in exported.Where(each => own.ContainsKey(each.Key)))
            {
                Assert.That(own[name].Labels, Is.SupersetOf(family.Labels), $"labels of {name}");
                // Later exporters than Debian's call all of these counters, too.
                if (own[name].Kind != "untyped" && !name.EndsWith("_total")) Assert.That(own[name].Kind, Is.EqualTo(family.Kind), $"kind of {name}");
            }
        });
        var (theirs, ours) = (HttpText.Samples(text!), HttpText.Samples(HttpText.Get(_port, "/metrics")));
        foreach (var name in (string[])["redis_db_keys{db=\"db0\"}", "redis_db_keys_expiring{db=\"db0\"}", "redis_commands_total{cmd=\"set\"}", "redis_config_maxclients"])
            Assert.That(ours[name], Is.EqualTo(theirs[name]), name);
    }

    private sealed record Family(string Kind, HashSet<string> Labels);

    private static Dictionary<string, Family> Families(string text)
    {
        var families = new Dictionary<string, Family>();
        Family? family = null;
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var words = line.Split(' ');
            if (line.StartsWith("# TYPE ")) families[words[2]] = family = new(words[3], []);
            else if (line[0] != '#') family!.Labels.UnionWith(Label().Matches(line).Select(label => label.Groups[1].Value));
        }
        // Of the exporter's own program.
        return families.Where(each => each.Key.StartsWith("redis_")).ToDictionary(each => each.Key, each => each.Value);
    }

    /// <summary>The value of a query's only result; null: there is none yet.</summary>
    private static string? Query(int port, string query)
    {
        if (HttpText.TryGet(port, "/api/v1/query?query=" + Uri.EscapeDataString(query)) is not { Length: > 0 } answer || answer[0] != '{') return null;
        using var json = JsonDocument.Parse(answer);
        if (!json.RootElement.TryGetProperty("data", out var data)) return null;
        var results = data.GetProperty("result");
        return results.GetArrayLength() == 1 ? results[0].GetProperty("value")[1].GetString() : null;
    }

    /// <summary>The block of docs/metrics.md that begins so.</summary>
    private static string Block(string beginning)
    {
        var document = File.ReadAllText(SourceTree.PathOf("docs", "metrics.md"));
        return Regex.Matches(document, "^```yaml\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)
            .Select(match => match.Groups[1].Value).Single(block => block.Contains(beginning));
    }

    [GeneratedRegex("""([a-z_]+)="(?:[^"\\]|\\.)*"[,}]""")]
    private static partial Regex Label();

    [GeneratedRegex(@"\b(?:redis|carnelian)_\w+")]
    private static partial Regex MetricName();
}
