using System.Text;

namespace Carnelian.Tests;

/// <summary>
/// Every directive of Redis and Valkey: its name, its standard value, and what CONFIG SET says to values good and bad, as
/// recorded (Directives/*.txt, anew with CARNELIAN_RECORD=1) and as Carnelian says it.
/// </summary>
public class DirectiveComparisonTests
{
    private const string Redis = "redis-8.0.6", Valkey = "valkey-9.1.2";

    private static readonly string[] _values =
    [
        "", "abc", "-1", "0", "1", "yes", "1%", "-99999999999999999999", "99999999999999999999", "9223372036854775807", "-9223372036854775808",
        "18446744073709551615", "a/b", "1 2", "1kb", " 1", "01",
    ];

    /// <summary>CONFIG GET * does not show them.</summary>
    private static readonly string[] _hidden =
    [
        "aof-disable-auto-gc", "cluster-message-gossip-perc", "cluster-ping-interval", "debug-context", "enable-debug-assert", "io-threads-always-active",
        "key-load-delay", "loading-process-events-interval-bytes", "lua-enable-deprecated-api", "lua-enable-insecure-api", "min-io-threads-avoid-copy-reply",
        "min-string-size-avoid-copy-reply", "min-string-size-avoid-copy-reply-threaded", "rdb-key-save-delay", "repl-rdb-channel", "use-exit-on-panic", "watchdog-period",
    ];

    /// <summary>How the two servers are started, or what would cut the connection: only what is no number is tried.</summary>
    private static readonly string[] _ofTheTest = ["port", "bind", "dir", "maxclients", "save", "loglevel", "logfile"];

    /// <summary>What is different for good, and why.</summary>
    private static readonly Dictionary<string, string> _differences = new()
    {
        ["activedefrag"] = "moving entries costs little here and is on; Debian's Redis can't do it at all",
        ["active-defrag-cycle-min"] = "slices are short, so that a round may begin with more of them",
        ["active-defrag-ignore-bytes"] = "what is waste to memory that is used exactly begins earlier",
        ["maxmemory-policy"] = "the two of Redis 8.6 are there too",
        ["enable-debug-command"] = "the test's own servers differ in it",
        ["enable-protected-configs"] = "the recorded servers had to allow setting everything",
        ["dbfilename"] = "the candidate does not allow it: see enable-protected-configs",
        ["repl-backlog-size"] = "there is no backlog yet whose least size the value could be raised to",
        ["oom-score-adj"] = "the process of the test is not the server's own",
        ["oom-score-adj-values"] = "the process of the test is not the server's own",
        ["rdma-bind"] = "Valkey refuses even what it has already",
        ["slot-migration-max-failover-repl-bytes"] = "what exceeds 64 bits is cut as Redis cuts it, not refused as Valkey does",
    };

    [TestCase("redis", Redis), TestCase("valkey", Valkey)]
    public void The_reference_knows_what_is_recorded(string product, string version)
    {
        using var server = ReferenceServer.Start(product, "--enable-protected-configs", "yes");
        if (server.Name != version) Skip.Because($"recorded of {version}, but Debian has {server.Name} now");
        using var target = new TcpTarget("127.0.0.1", server.Port);
        // Of Valkey only what Redis does not have: where they disagree Carnelian follows Redis.
        var now = Describe(target, [.. Names(target).Except(version == Redis ? [] : Recorded(Redis).Keys)]);
        if (Environment.GetEnvironmentVariable("CARNELIAN_RECORD") == "1") File.WriteAllText(PathOf(version), string.Concat(now.Values));
        Assert.That(now, Is.EqualTo(Recorded(version)));
    }

    [Test]
    public void Carnelian_knows_every_directive_of_Redis_with_its_standard_value_and_its_errors() => Compare(Recorded(Redis));

    [Test]
    public void Carnelian_knows_every_directive_that_Valkey_alone_has() => Compare(Recorded(Valkey));

    private static void Compare(Dictionary<string, string> recorded)
    {
        using var candidate = Candidate.Open();
        var own = Describe(candidate, [.. recorded.Keys]);
        var expected = recorded.Where(entry => !_differences.ContainsKey(entry.Key) && !_ofTheTest.Contains(entry.Key)).Select(entry => entry.Value);
        var actual = own.Where(entry => !_differences.ContainsKey(entry.Key) && !_ofTheTest.Contains(entry.Key)).Select(entry => entry.Value);
        Assert.That(actual.Except(expected), Is.Empty);
        Assert.That(actual.Count(), Is.EqualTo(expected.Count()));
        Assert.That(own.Keys, Is.EquivalentTo(recorded.Keys), "even where the values differ");
    }

    private static string[] Names(IScenarioTarget target)
    {
        var shown = Run(target, "CONFIG", "GET", "*").Items!.Where((_, i) => i % 2 == 0).Select(item => Encoding.Latin1.GetString(item.Text!));
        var hidden = _hidden.Where(name => Run(target, "CONFIG", "GET", name).Items!.Length > 0);
        return [.. shown.Concat(hidden).Order(StringComparer.Ordinal)];
    }

    /// <summary>A paragraph for each directive that the server knows.</summary>
    private static Dictionary<string, string> Describe(IScenarioTarget target, string[] names)
    {
        var described = new Dictionary<string, string>();
        foreach (var name in names)
        {
            if (Value(target, name) is not { } standard) continue;
            var text = new StringBuilder($"{name} \"{(_ofTheTest.Contains(name) ? "..." : standard)}\"\n");
            var tried = _ofTheTest.Contains(name) ? ["abc"] : _values;
            foreach (var group in tried.Select(value => (Value: value, Outcome: Try(target, name, value, standard))).GroupBy(pair => pair.Outcome))
                text.Append($"    {group.Key}: {string.Join(" ", group.Select(pair => $"\"{pair.Value}\""))}\n");
            described.Add(name, text.ToString());
        }
        return described;
    }

    private static string Try(IScenarioTarget target, string name, string value, string standard)
    {
        if (name == "bind") return "not tried";
        var reply = Run(target, "CONFIG", "SET", name, value);
        if (!reply.ToString().StartsWith('+')) return reply.ToString().TrimEnd().Replace($"-ERR CONFIG SET failed (possibly related to argument '{name}') - ", "");
        var got = Value(target, name);
        Assert.That(Run(target, "CONFIG", "SET", name, standard).ToString(), Is.EqualTo("+OK\n"), name);
        return got == value ? "taken" : $"taken as \"{got}\"";
    }

    private static string? Value(IScenarioTarget target, string name) =>
        Run(target, "CONFIG", "GET", name).Items is [_, var value] ? Encoding.Latin1.GetString(value.Text!) : null;

    private static Reply Run(IScenarioTarget target, params string[] words)
    {
        var request = new StringBuilder($"*{words.Length}\r\n");
        foreach (var word in words) request.Append($"${word.Length}\r\n{word}\r\n");
        return Reply.Read(target.Exchange(0, Encoding.Latin1.GetBytes(request.ToString()), 1).Replies, out _)!;
    }

    private static Dictionary<string, string> Recorded(string version)
    {
        var recorded = new Dictionary<string, string>();
        var name = "";
        foreach (var line in File.ReadLines(PathOf(version)))
        {
            if (line[0] != ' ') recorded.Add(name = line[..line.IndexOf(' ')], "");
            recorded[name] += line + "\n";
        }
        return recorded;
    }

    private static string PathOf(string version) =>
        SourceTree.PathOf("tests", "Carnelian.Compatibility.Tests", "Directives", $"{version}.txt");
}
