using System.Text.RegularExpressions;

namespace Carnelian.Tests;

/// <summary>MONITOR: what is shown, in which form and order, and who pays for it.</summary>
internal sealed partial class MonitorTests(RespVersion version) : CommandFixture(version)
{
    [GeneratedRegex(@"^\+\d{10}\.\d{6} \[(\d+) [^\]]+\] (.*)$", RegexOptions.Singleline)]
    private static partial Regex Line();

    /// <summary>"database arguments" of a line.</summary>
    private static string Shown(string line)
    {
        var match = Line().Match(line);
        Assert.That(match.Success, line);
        return $"{match.Groups[1].Value} {match.Groups[2].Value}";
    }

    private TestClient Monitor()
    {
        var client = Server.Connect();
        if (IsResp3) client.Run("HELLO", "3");
        Assert.That(client.Run("MONITOR"), Is.EqualTo("+OK"));
        return client;
    }

    private string[] Seen(TestClient monitor)
    {
        Server.Settle();
        return Array.ConvertAll(monitor.Arrived(), Shown);
    }

    [Test]
    public void Calls_are_shown_with_their_time_database_and_client()
    {
        var monitor = Monitor();
        Run("SET k v");
        Assert.That(monitor.Read(), Does.Match($@"^\+{Server.Server.NowMs / 1000}\.\d{{6}} \[0 {Server.Client.Peer.LocalAddress}\] ""SET"" ""k"" ""v""$"));
        Run("SELECT 3");
        Run("get k");
        Assert.That(Seen(monitor), Is.EqualTo(new[] { "3 \"SELECT\" \"3\"", "3 \"get\" \"k\"" }));
    }

    [Test]
    public void What_is_no_printable_ASCII_is_escaped()
    {
        var monitor = Monitor();
        Server.Client.SendRaw("*2\r\n$4\r\nECHO\r\n$16\r\na\"\\\n\r\t\a\b\0\x1f\x7f\xff ~'z\r\n");
        Server.Client.Read();
        Assert.That(Seen(monitor), Is.EqualTo(new[] { @"0 ""ECHO"" ""a\""\\\n\r\t\a\b\x00\x1f\x7f\xff ~'z""" }));
    }

    [TestCase(1), TestCase(900), TestCase(1024), TestCase(100_000)]
    public void Lines_of_any_length_come_whole_to_all(int length)
    {
        var monitors = new[] { Monitor(), Monitor() };
        Seen(monitors[0]);
        Run("ECHO", new string('\n', length));
        foreach (var monitor in monitors) Assert.That(Shown(monitor.Read()), Is.EqualTo($"0 \"ECHO\" \"{string.Concat(Enumerable.Repeat("\\n", length))}\""));
    }

    [Test]
    public void A_transaction_is_shown_as_it_is_executed()
    {
        var monitor = Monitor();
        foreach (var request in new[] { "WATCH w", "MULTI", "SET a 1", "NOPE", "GET a", "SET b", "EXEC", "MULTI", "SET a 1", "SELECT 2", "PING", "EXEC", "MULTI", "PING", "DISCARD" }) Run(request);
        Assert.That(Seen(monitor), Is.EqualTo(new[]
        {
            "0 \"WATCH\" \"w\"", "0 \"MULTI\"", "0 \"EXEC\"",
            "0 \"MULTI\"", "0 \"SET\" \"a\" \"1\"", "2 \"SELECT\" \"2\"", "2 \"PING\"", "2 \"EXEC\"", "2 \"MULTI\"", "2 \"DISCARD\"",
        }));
    }

    [Test]
    public void What_is_refused_or_for_administrators_is_not_shown()
    {
        var monitor = Monitor();
        foreach (var request in new[] { "NOPE", "GET", "CONFIG GET port", "CLIENT LIST", "MONITOR2", "SLOWLOG LEN", "DEBUG SLEEP 0", "CLIENT NOPE" }) Run(request);
        Run("CLIENT ID");
        Assert.That(Seen(monitor), Is.EqualTo(new[] { "0 \"CLIENT\" \"ID\"" }));
    }

    [Test]
    public void Secrets_are_not_shown()
    {
        var monitor = Monitor();
        Run("AUTH secret");
        Run("AUTH me secret");
        Run("HELLO 3 AUTH me secret SETNAME x");
        Assert.That(Seen(monitor), Is.EqualTo(new[]
        {
            "0 \"AUTH\" \"(redacted)\"", "0 \"AUTH\" \"(redacted)\" \"(redacted)\"", "0 \"HELLO\" \"3\" \"AUTH\" \"(redacted)\" \"(redacted)\" \"SETNAME\" \"x\"",
        }));
    }

    [Test]
    public void Who_waits_is_shown_once_and_as_it_was_asked()
    {
        var monitor = Monitor();
        var (popper, reader) = (Server.Blocked("BLPOP", "l", "0"), Server.Blocked("XREAD", "BLOCK", "0", "STREAMS", "s", "$"));
        Run("RPUSH l a");
        Run("XADD s 1-1 f v");
        popper.Read();
        reader.Read();
        Assert.That(Seen(monitor), Is.EqualTo(new[]
        {
            "0 \"BLPOP\" \"l\" \"0\"", "0 \"XREAD\" \"BLOCK\" \"0\" \"STREAMS\" \"s\" \"$\"", "0 \"RPUSH\" \"l\" \"a\"", "0 \"XADD\" \"s\" \"1-1\" \"f\" \"v\"",
        }));
    }

    [Test]
    public void A_script_is_shown_before_its_calls_and_these_as_its_own()
    {
        using var server = new SimulatedServer(commands: WaitingCommands.Table());
        var monitor = server.Connect();
        monitor.Run("MONITOR");
        server.Run("BYSCRIPT", "SET", "k", "v");
        Assert.That(Shown(monitor.Read()), Is.EqualTo("0 \"BYSCRIPT\" \"SET\" \"k\" \"v\""));
        Assert.That(monitor.Read(), Does.EndWith(" [0 lua] \"SET\" \"k\" \"v\""));
    }

    [Test]
    public void What_a_pause_held_up_is_shown_when_it_runs()
    {
        var monitor = Monitor();
        Run("CLIENT PAUSE 1000 WRITE");
        var client = Server.Blocked("SET", "k", "v");
        Assert.That(Seen(monitor), Is.Empty);
        Assert.That(client.Read(), Is.EqualTo("+OK"));
        Assert.That(Seen(monitor), Is.EqualTo(new[] { "0 \"SET\" \"k\" \"v\"" }));
    }

    [Test]
    public void A_monitor_sees_its_own_calls_behind_their_replies()
    {
        var monitor = Monitor();
        monitor.SendRaw("PING\r\nMULTI\r\nPING\r\nECHO x\r\nEXEC\r\n");
        var replies = monitor.Read(10);
        Assert.That(replies[0], Is.EqualTo("+PONG"));
        Assert.That(Shown(replies[1]), Is.EqualTo("0 \"PING\""));
        Assert.That((replies[2], Shown(replies[3]), replies[4], replies[5]), Is.EqualTo(("+OK", "0 \"MULTI\"", "+QUEUED", "+QUEUED")));
        Assert.That(replies[6], Is.EqualTo("[+PONG, \"x\"]"));
        Assert.That(replies[7..].Select(Shown), Is.EqualTo(new[] { "0 \"PING\"", "0 \"ECHO\" \"x\"", "0 \"EXEC\"" }));
    }

    [Test]
    public void Once_more_is_not_answered_and_in_a_transaction_it_is_refused()
    {
        var monitor = Monitor();
        monitor.SendRaw("MONITOR\r\nPING\r\n");
        Assert.That(monitor.Read(), Is.EqualTo("+PONG"));
        Run("MULTI");
        Run("MONITOR");
        Assert.That(Run("EXEC"), Is.EqualTo("[-ERR MONITOR isn't allowed for DENY BLOCKING client]"));
    }

    [Test]
    public void Reset_ends_it()
    {
        var monitor = Monitor();
        Assert.That(Run("CLIENT", "LIST", "ID", $"{monitor.Served!.Id}"), Does.Contain(" flags=O "));
        Assert.That(monitor.Run("RESET"), Is.EqualTo("+RESET"));
        Assert.That(Run("CLIENT", "LIST", "ID", $"{monitor.Served!.Id}"), Does.Contain(" flags=N "));
        Assert.That(monitor.Run("GET", "k"), Is.EqualTo("nil"));
        Assert.That(Server.Server.Executor.ClosedGates, Is.EqualTo(Gates.None));
    }

    [Test]
    public void Nobody_is_left_when_they_have_gone()
    {
        Run("PING");
        var monitors = new[] { Monitor(), Monitor() };
        monitors[0].Peer.Close();
        monitors[1].Run("QUIT");
        Server.TurnUntil(() => Server.Server.Clients.Count == 1);
        Assert.That(Server.Server.Executor.ClosedGates, Is.EqualTo(Gates.None));
    }

    [Test]
    public void It_is_a_normal_client_to_lists_and_kills()
    {
        var monitor = Monitor();
        Assert.That(Run("CLIENT", "LIST", "TYPE", "normal"), Does.Contain($"id={monitor.Served!.Id} "));
        Assert.That(Run("CLIENT", "KILL", "TYPE", "normal"), Is.EqualTo(":1"));
        Server.TurnUntil(() => monitor.IsClosed);
    }

    [Test]
    public void Replies_that_are_off_leave_the_lines_out()
    {
        var monitor = Monitor();
        monitor.SendRaw("CLIENT REPLY OFF\r\n");
        Server.TurnUntil(() => (monitor.Served!.Modes & ClientModes.RepliesOff) != 0);
        Run("PING");
        monitor.SendRaw("CLIENT REPLY ON\r\n");
        Assert.That(monitor.Read(), Is.EqualTo("+OK"));
        Run("ECHO x");
        Assert.That(Seen(monitor), Is.EqualTo(new[] { "0 \"CLIENT\" \"REPLY\" \"ON\"", "0 \"ECHO\" \"x\"" }));
    }

    [Test]
    public void The_reply_that_is_skipped_is_the_next_one()
    {
        var monitor = Monitor();
        monitor.SendRaw("CLIENT REPLY SKIP\r\nECHO a\r\nECHO b\r\n");
        Assert.That(Shown(monitor.Read()), Is.EqualTo("0 \"CLIENT\" \"REPLY\" \"SKIP\""));
        Assert.That(monitor.Read(), Is.EqualTo("\"b\""));
        Assert.That(Shown(monitor.Read()), Is.EqualTo("0 \"ECHO\" \"b\""));
    }

    [Test]
    public void A_transaction_that_is_refused_is_seen_to_be_over()
    {
        var monitor = Monitor();
        foreach (var request in new[] { "MULTI", "PING", "EXEC x" }) Run(request);
        Assert.That(Seen(monitor), Is.EqualTo(new[] { "0 \"MULTI\"", "0 \"EXEC\" \"x\"" }));
    }

    [Test]
    public void Who_does_not_read_is_cut_off_by_its_limit()
    {
        Run("CONFIG", "SET", "client-output-buffer-limit", "normal 1mb 0 0");
        var (slow, quick) = (Monitor(), Monitor());
        slow.Peer.Paused = true;
        long most = 0;
        for (var i = 0; i < 100_000 && slow.Served is not null; i++)
        {
            Run("ECHO", new string('x', 5000));
            most = Math.Max(most, slow.Served?.Output.MemoryBytes ?? 0);
            quick.ReadValue();
        }
        Assert.That(slow.Served, Is.Null);
        Assert.That(most, Is.LessThan((1 << 20) + 100_000));
        Assert.That(Run("PING"), Is.EqualTo("+PONG"));
    }
}
