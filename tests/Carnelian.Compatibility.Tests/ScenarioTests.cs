using System.Text;

namespace Carnelian.Tests;

/// <summary>The comparison itself: a suite that reads replies wrongly would find no difference anywhere.</summary>
public class ScenarioTests
{
    [TestCase("+OK\r\n", "+OK")]
    [TestCase("-ERR no\r\n", "-ERR no")]
    [TestCase(":-5\r\n", ":-5")]
    [TestCase("$3\r\na\"\n\r\n", "\"a\\\"\\n\"")]
    [TestCase("$-1\r\n", "$null")]
    [TestCase("*-1\r\n", "*null")]
    [TestCase("$0\r\n\r\n", "\"\"")]
    [TestCase("_\r\n", "_")]
    [TestCase("#t\r\n", "#t")]
    [TestCase(",1.5\r\n", ",1.5")]
    [TestCase("=7\r\ntxt:abc\r\n", "=txt:\"abc\"")]
    [TestCase("*2\r\n:1\r\n%1\r\n+a\r\n*0\r\n", "*2|  :1|  %1|    +a|    *0")]
    [TestCase("~1\r\n$1\r\nx\r\n", "~1|  \"x\"")]
    [TestCase(">2\r\n+a\r\n:1\r\n", ">2|  +a|  :1")]
    public void Replies_become_text(string bytes, string text)
    {
        var reply = Reply.Read(Encoding.Latin1.GetBytes(bytes + "rest"), out var length);
        Assert.That(reply!.ToString(), Is.EqualTo(text.Replace('|', '\n') + "\n"));
        Assert.That(length, Is.EqualTo(bytes.Length));
    }

    [Test]
    public void A_torn_reply_waits_for_more()
    {
        var bytes = "*2\r\n$3\r\nabc\r\n%1\r\n+k\r\n:1\r\n"u8.ToArray();
        for (var i = 0; i < bytes.Length; i++) Assert.That(Reply.Read(bytes.AsSpan(0, i), out _), Is.Null, $"{i} bytes");
        Assert.That(Reply.Read(bytes, out _), Is.Not.Null);
    }

    [TestCase("@unordered", "*2\r\n:1\r\n:2\r\n", "*2\r\n:2\r\n:1\r\n", true)]
    [TestCase("", "*2\r\n:1\r\n:2\r\n", "*2\r\n:2\r\n:1\r\n", false)]
    [TestCase("@unordered pairs", "*4\r\n:1\r\n:2\r\n:3\r\n:0\r\n", "*4\r\n:3\r\n:0\r\n:1\r\n:2\r\n", true)]
    [TestCase("@unordered pairs", "*4\r\n:1\r\n:2\r\n:3\r\n:0\r\n", "*4\r\n:3\r\n:2\r\n:1\r\n:0\r\n", false)]
    [TestCase("@ignore-value", ":1\r\n", ":2\r\n", true)]
    [TestCase("@ignore-value", ":1\r\n", "+2\r\n", false)]
    [TestCase("@ignore-value", "$1\r\na\r\n", "$-1\r\n", false, Description = "a missing value is of another type")]
    [TestCase("@ignore-value 1", "*2\r\n:1\r\n:2\r\n", "*2\r\n:1\r\n:3\r\n", true)]
    [TestCase("@ignore-value 1", "*2\r\n:1\r\n:2\r\n", "*2\r\n:0\r\n:2\r\n", false)]
    [TestCase("@within 5", ":100\r\n", ":95\r\n", true)]
    [TestCase("@within 5", ":100\r\n", ":94\r\n", false)]
    public void Instructions_say_what_may_differ(string instruction, string recorded, string reply, bool same)
    {
        var scenario = Scenario.Parse("test", [instruction, "GET k"]);
        var first = Recording.Play(scenario, new FixedTarget(recorded), "a");
        var second = Recording.Play(scenario, new FixedTarget(reply), "b");
        Assert.That(first.DifferencesTo(second, scenario), same ? Is.Empty : Has.Count.EqualTo(1));
    }

    [Test]
    public void An_instruction_is_for_the_next_command_only()
    {
        var scenario = Scenario.Parse("test", ["@connection 3", "@replies 2", "@wait 7", "@raw 3 ab", "# comment", "SET k \"a b\"", "@resp 3", "@replies close", "@raw \"a\\r\" \"\\n\""]);
        Assert.That(scenario.Steps.Select(step => (step.Connection, step.Replies, step.WaitMs, Encoding.ASCII.GetString(step.Request))), Is.EqualTo(new[]
        {
            (3, 2, 7, "ababab"),
            (3, 1, 0, "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$3\r\na b\r\n"),
            (3, 1, 0, "*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n"),
            (3, Scenario.UntilClosed, 0, "a\r\n"),
        }));
    }

    [Test]
    public void Each_block_begins_with_an_empty_server_and_new_connections()
    {
        var target = new FixedTarget("+OK\r\n");
        Recording.Play(Scenario.Parse("test", ["# comment", "", "@connection 2", "SET a 1", "", "", "GET a", "# comment", "GET b"]), target, "a");
        Assert.That(target.Log, Is.EqualTo(new[] { "new", "-1 FLUSHALL", "2 SET a 1", "new", "-1 FLUSHALL", "0 GET a", "0 GET b" }));
    }

    [TestCase("ECHO a", "$1\r\na\r\n", "")]
    [TestCase("LPUSH a b", ":1\r\n", "LPUSH")]
    [TestCase("LPUSH a b", "-ERR unknown command 'LPUSH'\r\n", "", Description = "the recorded server has it neither")]
    [TestCase("config get x", "*0\r\n", "")]
    [TestCase("CONFIG NOPE", "-ERR unknown subcommand 'NOPE'\r\n", "")]
    [TestCase("CONFIG", "-ERR wrong number of arguments\r\n", "")]
    [TestCase("config rewrite", "+OK\r\n", "CONFIG REWRITE")]
    [TestCase("OBJECT NOPE", "-ERR unknown subcommand 'NOPE'\r\n", "OBJECT")]
    [TestCase("CONFIG GET *", "*4\r\n$4\r\nport\r\n$1\r\n1\r\n$4\r\nsave\r\n$0\r\n\r\n", "save")]
    [TestCase("CONFIG SET PORT 1 save 2", "+OK\r\n", "save")]
    [TestCase("CONFIG SET port save", "+OK\r\n", "")]
    [TestCase("COMMAND INFO echo", "*1\r\n*1\r\n$4\r\necho\r\n", "")]
    [TestCase("COMMAND INFO lpush", "*1\r\n*1\r\n$5\r\nlpush\r\n", "LPUSH")]
    [TestCase("COMMAND INFO nope", "*1\r\n*-1\r\n", "")]
    [TestCase("COMMAND GETKEYS lpush a", "*1\r\n$1\r\na\r\n", "LPUSH")]
    [TestCase("CONFIG SET nope 1", "-ERR Unknown option or number of arguments\r\n", "")]
    public void A_block_waits_for_what_the_server_lacks(string line, string recorded, string missing)
    {
        var scenario = Scenario.Parse("test", ["ECHO first", "", line, "ECHO second"]);
        var recording = Recording.Play(scenario, new FixedTarget(recorded), "a");
        var abilities = new Abilities(new FixedTarget("*3\r\n"
            + Command("command", $"*2\r\n{Command("command|info", "*0\r\n")}{Command("command|getkeys", "*0\r\n")}")
            + Command("echo", "*0\r\n")
            + Command("config", $"*2\r\n{Command("config|get", "*0\r\n")}{Command("config|set", "*0\r\n")}"), "*2\r\n$4\r\nport\r\n$1\r\n1\r\n"));
        var part = abilities.Select(scenario, recording, out var waiting);
        Assert.That(part.Steps.Select(step => step.Line), Is.EqualTo(missing == "" ? ["ECHO first", line, "ECHO second"] : new[] { "ECHO first" }));
        Assert.That(waiting, Is.EqualTo(missing == "" ? [] : new[] { $"test.txt, line 3, 2 steps wait for {missing}" }));
        Assert.That(recording.Of(scenario, part).Entries.Select(entry => entry.Line), Is.EqualTo(part.Steps.Select(step => step.Line)));
    }

    private static string Command(string name, string subcommands) =>
        $"*10\r\n${name.Length}\r\n{name}\r\n{string.Concat(Enumerable.Repeat(":0\r\n", 8))}{subcommands}";

    [Test]
    public void A_recording_survives_its_file()
    {
        var path = Path.Combine(Path.GetTempPath(), $"scenario-{Environment.ProcessId}.redis-8.0.6.replies");
        try
        {
            Recording.Entry[] entries = [new("GET k", "\"> a\"\n"), new("KEYS *", "*1\n  \"b\"\n(closed)\n")];
            new Recording("redis-8.0.6", [.. entries]).Save(path);
            var loaded = Recording.Load(path);
            Assert.That(loaded.Entries, Is.EqualTo(entries));
            Assert.That(loaded.Server, Is.EqualTo("redis-8.0.6"));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Test]
    public void A_scenario_that_changed_asks_for_a_new_recording()
    {
        var recorded = Recording.Play(Scenario.Parse("test", ["GET k"]), new FixedTarget("+OK\r\n"), "a");
        var scenario = Scenario.Parse("test", ["GET other"]);
        Assert.That(recorded.DifferencesTo(Recording.Play(scenario, new FixedTarget("+OK\r\n"), "b"), scenario).Single(), Does.Contain("record again"));
    }

    /// <summary>Always gives the same reply; another one to CONFIG GET.</summary>
    private sealed class FixedTarget(string reply, string? directives = null) : IScenarioTarget
    {
        /// <summary>"new" for Disconnect, otherwise connection and words.</summary>
        public List<string> Log { get; } = [];

        public (byte[] Replies, bool Closed) Exchange(int connection, ReadOnlySpan<byte> request, int replies)
        {
            var words = Reply.Read(request, out _)!.Items!.Select(item => Encoding.Latin1.GetString(item.Text!)).ToList();
            Log.Add($"{connection} {string.Join(' ', words)}");
            return (Encoding.Latin1.GetBytes(words is ["CONFIG", "GET", "*"] && directives is not null ? directives : reply), false);
        }

        public void Disconnect() => Log.Add("new");

        public void Wait(int milliseconds) { }

        public void Dispose() { }
    }
}
