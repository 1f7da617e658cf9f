using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Carnelian.Tests;

/// <summary>What a scrape says of a server.</summary>
internal sealed partial class MetricsTextTests
{
    private SimulatedServer _server = null!;

    [SetUp]
    public void Start() => _server = new();

    [TearDown]
    public void Stop() => _server.Dispose();

    [Test]
    public void Every_family_has_help_and_type_before_its_values()
    {
        Use();
        MetricFamily? family = null;
        foreach (var line in Scrape().Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.StartsWith("# HELP "))
            {
                family = MetricFamilies.All.Single(each => each.Name == line.Split(' ')[2]);
                Assert.That(line, Is.EqualTo($"# HELP {family.Name} {family.Help}"));
            }
            else if (line.StartsWith("# TYPE "))
            {
                Assert.That(line, Is.EqualTo($"# TYPE {family!.Name} {family.KindName}"));
            }
            else
            {
                var sample = Sample().Match(line);
                Assert.That(sample.Success, line);
                var suffix = sample.Groups["name"].Value[family!.Name.Length..];
                Assert.That(suffix, Is.AnyOf(family.Kind is MetricKind.Summary or MetricKind.Histogram ? ["", "_sum", "_count", "_bucket"] : [""]), line);
                var labels = Label().Matches(sample.Groups["labels"].Value).Select(label => label.Groups[1].Value);
                Assert.That(labels, Is.SubsetOf(family.Labels), line);
                Assert.That(double.TryParse(sample.Groups["value"].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out _), line);
            }
        }
    }

    [Test]
    public void Every_name_is_told_of_a_server_that_was_used_and_none_twice()
    {
        Use();
        var told = Scrape().Split('\n').Where(line => line.StartsWith("# TYPE ")).Select(line => line.Split(' ')[2]);
        Assert.That(told, Is.EquivalentTo(MetricFamilies.All.Select(family => family.Name)));
        var values = Values(Scrape()).Select(sample => sample.Key).ToArray();
        Assert.That(values, Is.Unique);
    }

    [Test]
    public void Numbers_are_those_of_the_server()
    {
        _server.Run("SET", "k", "v");
        _server.Run("SET", "e", "v", "PX", "100000");
        _server.Run("GET", "k");
        _server.Run("GET", "none");
        _server.Run("INCR", "k");
        _server.Run("GET");
        _server.Run("SELECT", "3");
        _server.Run("SET", "k", "v");
        var values = Values(Scrape());
        Assert.Multiple(() =>
        {
            Assert.That(values["redis_up"], Is.EqualTo(1));
            Assert.That(values["redis_connected_clients"], Is.EqualTo(1));
            Assert.That(values["redis_db_keys{db=\"db0\"}"], Is.EqualTo(2));
            Assert.That(values["redis_db_keys_expiring{db=\"db0\"}"], Is.EqualTo(1));
            Assert.That(values["redis_db_keys{db=\"db3\"}"], Is.EqualTo(1));
            Assert.That(values["redis_commands_total{cmd=\"set\"}"], Is.EqualTo(3));
            Assert.That(values["redis_commands_total{cmd=\"get\"}"], Is.EqualTo(2));
            Assert.That(values["redis_commands_rejected_calls_total{cmd=\"get\"}"], Is.EqualTo(1));
            Assert.That(values["redis_commands_failed_calls_total{cmd=\"incr\"}"], Is.EqualTo(1));
            Assert.That(values["redis_commands_duration_seconds_total{cmd=\"get\"}"], Is.GreaterThanOrEqualTo(0));
            Assert.That(values["redis_keyspace_hits_total"], Is.EqualTo(1));
            Assert.That(values["redis_keyspace_misses_total"], Is.EqualTo(1));
            Assert.That(values["redis_errors_total{err=\"ERR\"}"], Is.EqualTo(2));
            Assert.That(values["redis_total_error_replies"], Is.EqualTo(2));
            Assert.That(values["redis_memory_used_bytes"], Is.GreaterThan(0));
            Assert.That(values["redis_rdb_last_bgsave_status"], Is.EqualTo(1), "ok");
            Assert.That(values["redis_config_maxclients"], Is.EqualTo(10000));
            Assert.That(values["redis_config_client_output_buffer_limit_bytes{class=\"pubsub\",limit=\"soft\"}"], Is.EqualTo(8 << 20));
            Assert.That(values["redis_config_client_output_buffer_limit_overcome_seconds{class=\"pubsub\",limit=\"soft\"}"], Is.EqualTo(60));
            Assert.That(values["carnelian_memory_bytes{purpose=\"Keys\"}"], Is.GreaterThan(0));
        });
    }

    [Test]
    public void The_instance_is_told_by_its_labels()
    {
        var line = Scrape().Split('\n').Single(line => line.StartsWith("redis_instance_info{"));
        Assert.That(line, Does.StartWith($"redis_instance_info{{role=\"master\",redis_version=\"{Release.RedisVersion}\",redis_build_id=\""));
        Assert.That(line, Does.Contain($"tcp_port=\"6379\",run_id=\"{_server.Server.RunId}\"").And.EndsWith($"carnelian_version=\"{Release.Version}\"}} 1"));
    }

    [Test]
    public void A_histogram_adds_up()
    {
        for (var i = 0; i < 100; i++) _server.Run("SET", "k", "v");
        var statistics = _server.Server.Executor.Statistics[_server.Server.Executor.Commands.Find("set"u8)!.Index];
        foreach (var microseconds in (long[])[3, 3, 100, 5_000_000])
        {
            statistics.Latencies.Record(microseconds * 1000);
            statistics.Calls++;
        }
        var values = Values(Scrape());
        var buckets = values.Where(sample => sample.Key.StartsWith("redis_commands_latencies_usec_bucket{cmd=\"set\",")).Select(sample => sample.Value).ToArray();
        Assert.That(buckets, Has.Length.EqualTo(MetricsSnapshot.Doublings + 1).And.Ordered);
        double Below(string le) => values[$"redis_commands_latencies_usec_bucket{{cmd=\"set\",le=\"{le}\"}}"];
        Assert.Multiple(() =>
        {
            Assert.That(Below("4") - Below("2"), Is.GreaterThanOrEqualTo(2));
            Assert.That(Below("132") - Below("66"), Is.GreaterThanOrEqualTo(1));
            Assert.That(Below("+Inf") - Below("1082130"), Is.EqualTo(1), "beyond a second");
            Assert.That(Below("+Inf"), Is.EqualTo(values["redis_commands_latencies_usec_count{cmd=\"set\"}"]).And.EqualTo(104));
            Assert.That(values["redis_latency_percentiles_usec{cmd=\"set\",quantile=\"99.9\"}"], Is.GreaterThan(4_900_000));
            Assert.That(values["redis_latency_percentiles_usec_count{cmd=\"set\"}"], Is.EqualTo(104));
        });
    }

    /// <summary>As LATENCY HISTOGRAM of Redis 8 names them.</summary>
    [Test]
    public void Boundaries_are_those_of_Redis()
    {
        var boundaries = Enumerable.Range(MetricsSnapshot.FirstDoubling, 12).Select(MetricsText.Boundary);
        Assert.That(boundaries, Is.EqualTo(new[] { "1", "2", "4", "8", "16", "33", "66", "132", "264", "528", "1056", "2113" }));
    }

    [Test]
    public void Without_latency_tracking_there_are_no_latencies()
    {
        _server.Run("CONFIG", "SET", "latency-tracking", "no");
        _server.Run("SET", "k", "v");
        Assert.That(Scrape(), Does.Not.Contain("redis_latency_percentiles_usec{").And.Not.Contain("redis_commands_latencies_usec_bucket{"));
    }

    /// <summary>A script may answer any code of error: none may spoil the text, and two never become one. A line break ends a code.</summary>
    [Test]
    public void Labels_are_escaped()
    {
        foreach (var code in (string[])["A\"B", "A\\B", "A\nB", "\u00e9", "\u00ff"]) _server.Server.Executor.Errors.Count($"{code} text");
        var lines = Scrape().Split('\n').Where(line => line.StartsWith("redis_errors_total{"));
        Assert.That(lines, Is.EquivalentTo(new[]
        {
            """redis_errors_total{err="A\"B"} 1""", """redis_errors_total{err="A\\B"} 1""", """redis_errors_total{err="A"} 1""",
            "redis_errors_total{err=\"\u00e9\"} 1", "redis_errors_total{err=\"\u00ff\"} 1",
        }));
    }

    [Test]
    public void A_server_that_does_not_answer_is_down()
    {
        var text = Text(MetricsText.Write(null, new(7, 5, "the command thread did not answer within 5 s")));
        Assert.That(text, Does.Contain("\nredis_up 0\n").And.Contain("\nredis_exporter_last_scrape_error{err=\"the command thread did not answer within 5 s\"} 1\n"));
        Assert.That(text, Does.Contain("\nredis_exporter_scrapes_total 7\n").And.Contain("\nredis_exporter_last_scrape_duration_seconds 5\n"));
        Assert.That(text, Does.Not.Contain("redis_connected_clients"));
    }

    [Test]
    public void Names_of_fields_are_INFOs()
    {
        var shown = MetricsSnapshot.Collect(_server.Server).ReadInfo();
        Assert.That(InfoFields.All.Select(field => field.Name), Is.SubsetOf(shown.Keys));
    }

    /// <summary>docs/metrics.md names what there is, with kind, labels and help, in order.</summary>
    [Test]
    public void The_document_is_true()
    {
        var document = File.ReadAllText(SourceTree.PathOf("docs", "metrics.md"));
        var rows = MetricFamilies.All.Select(family => $"| `{family.Name}` | {family.KindName} | {string.Join(", ", family.Labels)} | {family.Help} |");
        var missing = rows.Where(row => !document.Contains(row + "\n")).ToArray();
        Assert.That(missing, Is.Empty, () => "docs/metrics.md lacks:\n" + string.Join('\n', missing));
        var named = DocumentRow().Matches(document).Select(match => match.Groups[1].Value);
        Assert.That(named, Is.EquivalentTo(MetricFamilies.All.Select(family => family.Name)));
    }

    [Test]
    public void The_latest_spike_of_each_kind_of_event_is_told()
    {
        var latency = _server.Server.Executor.Logs.Latency;
        latency.ThresholdMs = 10;
        latency.Note(LatencyEvents.Command, 20_000_000);
        latency.Note(LatencyEvents.ExpireCycle, 1_500_000_000);
        var values = Values(Scrape());
        Assert.That(values["redis_latency_spike_duration_seconds{event_name=\"command\"}"], Is.EqualTo(0.02).Within(1e-9));
        Assert.That(values["redis_latency_spike_duration_seconds{event_name=\"expire-cycle\"}"], Is.EqualTo(1.5).Within(1e-9));
        Assert.That(values["redis_latency_spike_last{event_name=\"command\"}"], Is.EqualTo(_server.World.Clock.UnixMicroseconds / 1_000_000));
    }

    private void Use()
    {
        _server.Run("SET", "k", "v", "EX", "100");
        _server.Run("INCR", "k");
        _server.Run("CONFIG", "SET", "slowlog-log-slower-than", "0");
        _server.Run("GET", "k");
    }

    private string Scrape() => Text(MetricsText.Write(MetricsSnapshot.Collect(_server.Server), new(1, 0.001)));

    public static string Text(ReadOnlyMemory<byte>[] parts) => Encoding.UTF8.GetString([.. parts.SelectMany(part => part.ToArray())]);

    /// <summary>By name and labels.</summary>
    private static Dictionary<string, double> Values(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => line[0] != '#')
        .ToDictionary(line => line[..line.LastIndexOf(' ')], line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));

    [GeneratedRegex("""^(?<name>[a-z_]+)(\{(?<labels>([a-z_]+="([^"\\\n]|\\["\\n])*",?)+)\})? (?<value>\S+)$""")]
    private static partial Regex Sample();

    [GeneratedRegex("([a-z_]+)=\"(?:[^\"\\\\]|\\\\.)*\"")]
    private static partial Regex Label();

    [GeneratedRegex(@"^\| `((?:redis|carnelian)_\w+)` \|", RegexOptions.Multiline)]
    private static partial Regex DocumentRow();
}
