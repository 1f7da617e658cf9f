using System.Diagnostics;
using System.Text;

namespace Carnelian.Tests;

/// <summary>
/// redis-cli of Redis 7 and 8. Not here, for the commands it needs come later: --rdb and --functions-rdb (SYNC), --lru-test, subscribed and MULTI modes.
/// </summary>
[TestFixture("7")]
[TestFixture("8")]
public class RedisCliTests(string version)
{
    private string _cli = "";
    private CarnelianServer _server = null!;

    [OneTimeSetUp]
    public void Start()
    {
        _cli = version == "7" ? ClientPrograms.RedisCli() : ClientPrograms.Reference("redis-cli");
        _server = new();
    }

    [OneTimeTearDown]
    public void Stop() => _server?.Dispose();

    [SetUp]
    public void Empty() => Says("OK", "FLUSHALL");

    [Test]
    public void It_sets_and_gets()
    {
        Says("OK", "SET", "k", "one");
        Says("one", "GET", "k");
        Says("", "GET", "none");
        Says("", "SET", "k", "two", "NX");
        Says("one", "SET", "k", "two", "XX", "GET");
        Says("OK", "SET", "k", "three", "EX", "10000");
        Says("OK", "SET", "k", "four", "KEEPTTL");
        Assert.That(int.Parse(Cli(["TTL", "k"]).Output), Is.InRange(9000, 10000));
        Says("OK", "SET", "k", "five");
        Says("-1", "TTL", "k");
        Says("1", "EXPIRE", "k", "10000");
        Assert.That(int.Parse(Cli(["TTL", "k"]).Output), Is.InRange(9000, 10000));
        Says("OK", "MSET", "a", "1", "b", "2");
        Says("1\n\n2", "MGET", "a", "none", "b");
        Says("8", "APPEND", "k", "-six");
        Says("string", "TYPE", "k");
        Says("3", "EXISTS", "k", "a", "b");
        Says("3", "DBSIZE");
        Says("2", "DEL", "a", "b", "none");
        Says("OK", "FLUSHALL");
        Says("0", "DBSIZE");
    }

    [Test]
    public void It_reads_commands_from_standard_input_as_a_person_types_them()
    {
        var outcome = Cli([], """
            set greeting "two words\x00"
            get greeting
            client setname session
            client getname
            select 3
            set here only
            dbsize
            select 0
            exists here
            config get databases
            incr greeting

            """);
        string[] wanted = ["OK", "two words\0", "OK", "session", "OK", "OK", "1", "OK", "0", "databases", "16", "ERR value is not an integer or out of range"];
        Assert.That(outcome.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries), Is.EqualTo(wanted));
    }

    [Test]
    public void It_explains_commands_from_what_the_server_documents() =>
        Assert.That(Cli([], "help set\n").Output, Does.Contain("Sets the string value of a key").And.Contain("since:"));

    [Test]
    public void It_speaks_RESP3_when_asked()
    {
        Assert.That(Cli(["-3", "CLIENT", "INFO"]).Output, Does.Contain(" resp=3 "));
        Assert.That(Cli(["-3", "--no-raw", "CONFIG", "GET", "databases"]).Output.Trim(), Is.EqualTo("1# \"databases\" => \"16\""));
        Assert.That(Cli(["-3", "--no-raw", "GET", "none"]).Output.Trim(), Is.EqualTo("(nil)"));
        Assert.That(Cli(["CLIENT", "INFO"]).Output, Does.Contain(" resp=2 "));
    }

    [Test]
    public void It_connects_to_a_unix_socket_and_to_an_address_in_a_URI()
    {
        Says("OK", "-n", "2", "SET", "k", "two");
        Assert.That(Run(["-s", _server.Socket, "-n", "2", "GET", "k"]).Output, Is.EqualTo("two\n"));
        Assert.That(Run(["-u", $"redis://127.0.0.1:{_server.Port}/2", "GET", "k"]).Output, Is.EqualTo("two\n"));
    }

    [Test]
    public void It_sends_its_last_argument_from_standard_input()
    {
        var value = new byte[1 << 20];
        new Random(1).NextBytes(value);
        Assert.That(ChildProcess.Run(_cli, ["-p", $"{_server.Port}", "-x", "SET", "large"], stream => stream.Write(value)).Output, Is.EqualTo("OK\n"));
        Says($"{1 << 20}", "STRLEN", "large");
    }

    [Test]
    public void It_ends_with_an_error_status_when_asked_to()
    {
        Says("OK", "SET", "k", "word");
        var outcome = Cli(["-e", "INCR", "k"]);
        Assert.That((outcome.Status, outcome.Error), Is.EqualTo((1, "ERR value is not an integer or out of range\n")));
    }

    [Test]
    public void It_scans_all_keys()
    {
        Fill(1000);
        var keys = Cli(["--scan"]).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.That(keys, Is.EquivalentTo(Enumerable.Range(0, 1000).Select(i => $"key:{i}")));
        keys = Cli(["--scan", "--pattern", "key:99?"]).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.That(keys, Is.EquivalentTo(Enumerable.Range(990, 10).Select(i => $"key:{i}")));
    }

    [Test]
    public void It_finds_the_biggest_key()
    {
        Fill(100);
        Says("OK", "SET", "big", new string('x', 500));
        var outcome = Cli(["--bigkeys"]);
        Assert.That(outcome.Output, Does.Contain("Sampled 101 keys in the keyspace!").And.Match("Biggest string found '?\"big\"'? has 500 bytes"));
    }

    [Test]
    public void It_finds_the_key_that_takes_most_memory()
    {
        Fill(100);
        Says("OK", "SET", "big", new string('x', 5000));
        Assert.That(Cli(["--memkeys"]).Output, Does.Contain("Sampled 101 keys in the keyspace!").And.Match("Biggest string found '?\"big\"'? has 5[0-9]{3} bytes"));
    }

    [Test]
    public void It_finds_the_keys_that_are_used_most()
    {
        Says("OK", "CONFIG", "SET", "maxmemory-policy", "allkeys-lfu");
        Says("OK", "SET", "hot", "x");
        Says("OK", "SET", "cold", "x");
        Says("x", "GET", "hot");
        Assert.That(Cli(["--hotkeys"]).Output, Does.Match("summary(.|\n)*counter: 6\tkeyname: \"?hot\"?\n.*counter: 5\tkeyname: \"?cold"));
        Says("OK", "CONFIG", "SET", "maxmemory-policy", "noeviction");
    }

    [Test]
    public void It_prints_statistics_of_the_running_server()
    {
        Fill(10);
        using var cli = new ChildProcess(new(_cli, ["-p", $"{_server.Port}", "--stat", "-i", "0.01"]));
        cli.WaitForOutput("keys       mem      clients");
        cli.WaitForOutput("\n10 ");
    }

    [Test]
    public void It_measures_latency()
    {
        using var samples = new ChildProcess(new(_cli, ["-p", $"{_server.Port}", "--latency", "-i", "0.2", "--raw"]));
        // Smallest, largest and mean in milliseconds, and how many there were.
        var fields = samples.WaitForExit().Output.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        Assert.That(fields, Has.Length.EqualTo(4));
        Assert.That(int.Parse(fields[3]), Is.Positive);
    }

    [Test]
    public void It_shows_latencies_as_a_spectrum()
    {
        using var spectrum = new ChildProcess(new(_cli, ["-p", $"{_server.Port}", "--latency-dist", "-i", "0.1"]));
        // A line of the spectrum begins in black on black.
        spectrum.WaitForOutput("\u001b[38;5;0m\u001b[48;5;");
    }

    [Test]
    public void It_helps_with_groups_of_commands_that_the_server_documents() =>
        Assert.That(Cli([], "help client kill\nhelp @connection\n").Output,
            Does.Contain("CLIENT KILL").And.Contain("Terminates open connections").And.Contain("CLIENT REPLY").And.Contain("ON|OFF|SKIP").And.Contain("Resets the connection"));

    /// <summary>On a terminal, which script (of Debian's essential bsdutils) makes.</summary>
    [Test]
    public void It_hints_at_arguments_while_a_person_types()
    {
        if (!File.Exists("/usr/bin/script")) Skip.ForLackOf("/usr/bin/script");
        var start = new ProcessStartInfo("/usr/bin/script", ["-qec", $"stty cols 100 rows 30; exec {_cli} -p {_server.Port}", "/dev/null"])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true,
        };
        start.Environment["TERM"] = "xterm";
        using var terminal = Process.Start(start)!;
        try
        {
            var prompt = $":{_server.Port}> ";
            SeeUntil(prompt);
            Type("getrange k ");
            SeeUntil("start end");
            Type("0 -1\r");
            SeeUntil("\"\"");
            // The prompt comes once the terminal takes keys again: what is typed before is thrown away.
            SeeUntil(prompt);
            Type("quit\r");
            Assert.That(terminal.WaitForExit(Patience.OfPrograms), "it quits");

            void Type(string keys)
            {
                terminal.StandardInput.Write(keys);
                terminal.StandardInput.Flush();
            }

            // Reads on from where the last one ended.
            void SeeUntil(string text)
            {
                var seen = new StringBuilder();
                var reading = Task.Run(() =>
                {
                    for (int next; !seen.ToString().Contains(text, StringComparison.Ordinal) && (next = terminal.StandardOutput.Read()) >= 0;) seen.Append((char)next);
                });
                Assert.That(reading.Wait(Patience.OfPrograms) && seen.ToString().Contains(text, StringComparison.Ordinal), () => $"'{text}' did not come: {seen}");
            }
        }
        finally
        {
            if (!terminal.HasExited) terminal.Kill(entireProcessTree: true);
        }
    }

    [Test]
    public void It_debugs_a_script_while_the_server_waits()
    {
        var outcome = Debug("--ldb-sync-mode", "step\nprint\nstep\nredis get k\neval 1 + 1\nabort\n");
        string[] wanted = ["-> 1   local a = 1", "* Stopped at 2, stop reason = step over", "<value> a = 1", "<redis> set k v", "<reply> \"+OK\"", "<reply> \"v\"", "<retval> 2",
            "ERR script aborted for user request script: ", "(Lua debugging session ended)"];
        foreach (var line in wanted) Assert.That(outcome.Output, Does.Contain(line));
        Says("v", "GET", "k");
    }

    [Test]
    public void It_does_not_run_a_script_whose_changes_would_have_to_be_undone()
    {
        var outcome = Debug("--ldb", "continue\n");
        Assert.That(outcome.Output, Does.Contain("Eval debugging session can't start:").And.Contain("Use SCRIPT DEBUG SYNC (redis-cli --ldb-sync-mode)"));
        Says("0", "EXISTS", "k");
    }

    private Outcome Debug(string mode, string input)
    {
        var script = Path.GetTempFileName();
        try
        {
            File.WriteAllText(script, "local a = 1\nredis.call('set', KEYS[1], ARGV[1])\nreturn a\n");
            return Cli([mode, "--eval", script, "k", ",", "v"], input);
        }
        finally
        {
            File.Delete(script);
        }
    }

    private void Fill(int keys)
    {
        var commands = new StringBuilder();
        for (var i = 0; i < keys; i++) commands.Append($"SET key:{i} {i}\n");
        var outcome = Cli(["--pipe"], commands.ToString());
        Assert.That(outcome.Output, Does.Contain($"errors: 0, replies: {keys}"), outcome.Everything);
    }

    private void Says(string reply, params string[] arguments)
    {
        var outcome = Cli(arguments);
        Assert.That(outcome.Output, Is.EqualTo(reply + "\n"), () => $"{string.Join(' ', arguments)}: {outcome.Everything}");
    }

    private Outcome Cli(string[] arguments, string input = "") => Run(["-p", $"{_server.Port}", .. arguments], input);

    private Outcome Run(string[] arguments, string input = "") =>
        ChildProcess.Run(_cli, arguments, stream => stream.Write(Encoding.ASCII.GetBytes(input)));
}
