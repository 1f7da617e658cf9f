using System.Text;

namespace Carnelian.Tests;

/// <summary>
/// What Carnelian parses as Redis does, it must parse the same for input nobody thought of: seeded random patterns, lines
/// and configuration values, given to both.
/// </summary>
public class ParsingComparisonTests
{
    private const int Seed = 20, Rounds = 3000;

    private readonly Random _random = new(Seed);
    private ReferenceServer? _reference;
    private TcpTarget? _redis;

    [OneTimeSetUp]
    public void StartReference()
    {
        _reference = ReferenceServer.Start("redis");
        _redis = new TcpTarget("127.0.0.1", _reference.Port);
    }

    [OneTimeTearDown]
    public void StopReference()
    {
        _redis?.Dispose();
        _reference?.Dispose();
    }

    [Test]
    public void Random_patterns_match_the_same_keys()
    {
        var keys = Enumerable.Range(0, 150).Select(_ => Text("ab-]^\\*\xff", 4)).Append("").Distinct().Order(StringComparer.Ordinal).ToArray();
        Send(["MSET", .. keys.SelectMany(key => new[] { key, "v" })]);
        for (var i = 0; i < Rounds; i++)
        {
            var pattern = Text("ab-]^\\*?[[]*-\xff", 7);
            // KEYS itself takes a lone star for all keys; as a pattern it does not match the empty one.
            if (pattern == "*") continue;
            var theirs = Send(["KEYS", pattern]).Items!.Select(item => Encoding.Latin1.GetString(item.Text!)).Order(StringComparer.Ordinal);
            var ours = keys.Where(key => GlobPattern.Matches(Encoding.Latin1.GetBytes(pattern), Encoding.Latin1.GetBytes(key)));
            Assert.That(ours, Is.EqualTo(theirs), $"pattern {pattern}");
        }
    }

    [Test]
    public void Random_lines_split_into_the_same_arguments()
    {
        for (var i = 0; i < Rounds; i++)
        {
            var line = Text("ab \t\v\f\r\"'\"' \\\\xnrtA4\xff", 12);
            var ours = ArgumentSplitter.Split(Encoding.Latin1.GetBytes(line));
            // A protocol error closes the connection; one that only we see ends in a timeout.
            var replies = ours is null ? Scenario.UntilClosed : 1;
            var reply = Reply.Read(_redis!.Exchange(0, Encoding.Latin1.GetBytes($"EVAL \"return ARGV\" 0 {line}\n"), replies).Replies, out _)!;
            Assert.That(ours, Is.EqualTo(reply.Items?.Select(item => item.Text!)), $"line {line}");
            if (ours is null) Assert.That(reply.ToString(), Is.EqualTo("-ERR Protocol error: unbalanced quotes in request\n"), $"line {line}");
        }
    }

    [Test]
    public void Random_values_are_accepted_shown_and_refused_alike()
    {
        var registry = Declare();
        foreach (var directive in registry.Directives)
        {
            for (var i = 0; i < 400; i++)
            {
                var value = Value();
                var theirs = Send(["CONFIG", "SET", directive.Name, value]);
                var ours = registry.Set([directive.Name, value]);
                Assert.That(ours is null ? "+OK\n" : $"-{ours}\n", Is.EqualTo(theirs.ToString()), $"{directive.Name} {value}");
                var shown = Send(["CONFIG", "GET", directive.Name]).Items![1].Text!;
                // Redis forgets its percentiles when new ones are wrong; we keep them.
                if (ours is not null && directive.Name.Contains("percentiles")) continue;
                Assert.That(directive.Get(), Is.EqualTo(Encoding.Latin1.GetString(shown)), $"{directive.Name} {value}");
            }
        }
    }

    private static DirectiveRegistry Declare()
    {
        var registry = new DirectiveRegistry();
        long timeout = 0, clients = 0, threshold = 0;
        ulong memory = 0, bulk = 0;
        var policy = DayOfWeek.Sunday;
        var lazy = false;
        SavePoint[] points = [];
        OutputBufferLimit[] limits = [];
        double[] percentiles = [];
        registry.Integer("timeout", 0, 0, int.MaxValue, () => timeout, v => timeout = v);
        registry.Integer("slowlog-log-slower-than", 10000, -1, long.MaxValue, () => threshold, v => threshold = v);
        registry.Memory("maxmemory", 0, 0, ulong.MaxValue, () => memory, v => memory = v);
        registry.Memory("proto-max-bulk-len", 512 << 20, 1 << 20, long.MaxValue, () => bulk, v => bulk = v);
        registry.MemoryOrPercent("maxmemory-clients", 0, () => clients, v => clients = v);
        registry.Flag("lazyfree-lazy-expire", false, () => lazy, v => lazy = v);
        registry.Enum("appendfsync", DayOfWeek.Sunday,
            [("everysec", DayOfWeek.Sunday), ("always", DayOfWeek.Monday), ("no", DayOfWeek.Tuesday)], () => policy, v => policy = v);
        registry.SavePoints("save", [], () => points, v => points = v);
        registry.OutputBufferLimits("client-output-buffer-limit", [default, new(256 << 20, 64 << 20, 60), new(32 << 20, 8 << 20, 60)],
            () => limits, v => limits = v);
        registry.Percentiles("latency-tracking-info-percentiles", [50, 99, 99.9], () => percentiles, v => percentiles = v);
        return registry;
    }

    private Reply Send(string[] words)
    {
        var request = new StringBuilder($"*{words.Length}\r\n");
        foreach (var word in words) request.Append($"${word.Length}\r\n{word}\r\n");
        return Reply.Read(_redis!.Exchange(0, Encoding.Latin1.GetBytes(request.ToString()), 1).Replies, out _)!;
    }

    private string Value()
    {
        string[] words = ["yes", "NO", "everysec", "Always", "normal", "replica", "slave", "pubsub", "master", "normal 0 0 0", "60 1", ""];
        string[] units = ["", "", "", "b", "k", "kb", "m", "MB", "g", "gB", "%", "t", " "];
        return _random.Next(4) switch
        {
            0 => words[_random.Next(words.Length)],
            1 => string.Join(' ', Enumerable.Range(0, 1 + _random.Next(4)).Select(_ => Text("0123456789", 3))),
            2 => Text("-+0123456789.e %", 5),
            _ => _random.NextInt64(1L << _random.Next(1, 63)).ToString() + units[_random.Next(units.Length)],
        };
    }

    private string Text(string alphabet, int lengthMax) =>
        string.Concat(Enumerable.Range(0, _random.Next(lengthMax + 1)).Select(_ => alphabet[_random.Next(alphabet.Length)]));
}
