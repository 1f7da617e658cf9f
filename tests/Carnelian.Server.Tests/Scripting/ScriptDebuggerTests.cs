namespace Carnelian.Tests;

/// <summary>SCRIPT DEBUG SYNC: a session of the debugger, what its commands answer, and what becomes of others meanwhile.</summary>
internal sealed class ScriptDebuggerTests(RespVersion version) : CommandFixture(version)
{
    private const string Ended = "[+<endsession>]";

    /// <summary>Time passes within it.</summary>
    private const string Endless = "while true do redis.call('DEBUG', 'SLEEP', '0.01') for i = 1, 1000 do end end";

    private TestClient _user = null!;
    private Action<int> _turn = null!;

    protected override void Configure(ServerOptions options)
    {
        options.DebugCommand = ProtectedAction.Yes;
        options.Scripting.BusyReplyThresholdMs = 10;
    }

    [SetUp]
    public void Connect()
    {
        SimulatedServer.SkipUnlessInline("a session lasts for as long as a request runs");
        Run("DEBUG SET-DISABLE-DENY-SCRIPTS 1");
        _turn = Server.Server.Executor.InnerTurn!;
        _user = Server.Connect();
        if (IsResp3) _user.Run("HELLO", "3");
    }

    /// <summary>What EVAL answers in a session of the debugger, up to the end of the connection.</summary>
    /// <param name="commands">Sent one by one, whenever the script stands; then the client goes.</param>
    private string[] Debug(string script, params string[] commands)
    {
        Assert.That(_user.Run("SCRIPT", "DEBUG", "SYNC"), Is.EqualTo("+OK"));
        WhileItStands([.. commands.Select(command => (Action)(() => _user.Send(command.Split(' ')))), _user.Peer.CloseWrite]);
        _user.Send("EVAL", script, "0");
        Server.TurnUntil(() => _user.IsClosed);
        return _user.Arrived();
    }

    /// <summary>Has something happen each time the loop is turned from inside.</summary>
    private void WhileItStands(params Action[] actions)
    {
        var (executor, simulation) = (Server.Server.Executor, Server.World.Simulation);
        var waiting = new Queue<Action>(actions);
        executor.InnerTurn = waitMs =>
        {
            if (waiting.TryDequeue(out var action)) action();
            while (simulation.RunNext(simulation.NowNanoseconds + 2000)) { }
            _turn(waitMs);
        };
    }

    private static string Stopped(int line, string text, string reason = "step over", string before = "") =>
        $"[{before}+* Stopped at {line}, stop reason = {reason}, +->{(reason == "break point" ? '#' : ' ')}{line,-3} {text}]";

    [Test]
    public void It_steps_from_line_to_line_and_shows_what_commands_answer()
    {
        Assert.That(Debug("local v = redis.call('SET', 'k', 5)\nlocal e = redis.pcall('LPUSH', 'k', 1)\nreturn redis.call('GET', 'k')", "step", "s", "n"), Is.EqualTo(new[]
        {
            Stopped(1, "local v = redis.call('SET', 'k', 5)"),
            Stopped(2, "local e = redis.pcall('LPUSH', 'k', 1)", before: "+<redis> SET k 5, +<reply> \"+OK\", "),
            Stopped(3, "return redis.call('GET', 'k')", before: "+<redis> LPUSH k 1, +<error> -WRONGTYPE Operation against a key holding the wrong kind of value, "
                + "+<reply> \"-WRONGTYPE Operation against a key holding the wrong kind of value\", "),
            "[+<redis> GET k, +<reply> \"5\", +<endsession>]",
            "\"5\"",
        }));
        Assert.That(Run("GET k"), Is.EqualTo("\"5\""), "changes stay");
    }

    [Test]
    public void A_loop_stops_in_each_round_and_a_function_where_it_begins()
    {
        var lines = Debug("local function f(n)\n  return n\nend\nfor i = 1, 2 do f(i) end\nreturn 1", "s", "s", "s", "trace", "s", "s", "s", "s");
        Assert.That(lines, Is.EqualTo(new[]
        {
            Stopped(3, "end"),
            Stopped(4, "for i = 1, 2 do f(i) end"),
            Stopped(4, "for i = 1, 2 do f(i) end"),
            Stopped(2, "  return n"),
            "[+In f:, +-> 2     return n, +From top level:, +   4   for i = 1, 2 do f(i) end]",
            Stopped(4, "for i = 1, 2 do f(i) end"),
            Stopped(2, "  return n"),
            Stopped(5, "return 1"),
            Ended,
            ":1",
        }));
    }

    [Test]
    public void It_runs_to_breakpoints()
    {
        Assert.That(Debug("local a = 1\nlocal b = 2\nlocal c = 3\nreturn c", "break 2 4 5", "b", "c", "b -2", "b -2", "b 4", "b 0", "b x", "b", "c"), Is.EqualTo(new[]
        {
            Stopped(1, "local a = 1"),
            "[+-> 1   local a = 1, +  #2   local b = 2, +   3   local c = 3, +   3   local c = 3, +  #4   return c, +Wrong line number.]",
            "[+2 breakpoints set:, +  #2   local b = 2, +  #4   return c]",
            Stopped(2, "local b = 2", "break point"),
            "[+Breakpoint removed.]",
            "[+No breakpoint in the specified line.]",
            "[+Wrong line number.]",
            "[+All breakpoints removed.]",
            "[+Invalid argument:'x']",
            "[+No breakpoints set. Use 'b <line>' to add one.]",
            Ended,
            ":3",
        }));
    }

    [Test]
    public void Sixty_four_breakpoints_are_enough()
    {
        var script = string.Concat(Enumerable.Repeat("\n", 70)) + "return 1";
        var answers = Debug(script, "b " + string.Join(' ', Enumerable.Range(1, 65)), "b", "b 0", "c");
        Assert.That(answers[1], Does.EndWith("+Too many breakpoints set.]"));
        Assert.That(answers[2], Does.StartWith("[+64 breakpoints set:"));
    }

    [Test]
    public void It_prints_variables_of_the_function_or_of_who_called_it()
    {
        Assert.That(Debug("local t, s, n = {1, {true}}, 'a\\n\"', 1/3\nlocal function f(x)\n  return x\nend\nreturn f({a = 2})", "p", "s", "s", "p", "p x", "p t", "p n", "p KEYS", "p none", "c"),
            Is.EqualTo(new[]
            {
                Stopped(1, "local t, s, n = {1, {true}}, 'a\\n\"', 1/3"),
                "[+No local variables in the current context.]",
                Stopped(4, "end"),
                Stopped(5, "return f({a = 2})"),
                "[+<value> t = {1; {true}}, +<value> s = \"a\\n\\\"\", +<value> n = 0.333333, +<value> f = \"function@0x550000000020\"]",
                "[+No such variable.]",
                "[+<value> {1; {true}}]",
                "[+<value> 0.333333]",
                "[+<value> {}]",
                "[+No such variable.]",
                Ended,
                ":2",
            }.Select(line => line == ":2" ? "[]" : line)));
    }

    [Test]
    public void It_lists_lines_around_one()
    {
        Assert.That(Debug("-- 1\n-- 2\n-- 3\nreturn 4\r\n-- 5", "list", "l 2 0", "l 5 1", "l 0 0", "whole", "c"), Is.EqualTo(new[]
        {
            Stopped(4, "return 4 "),
            "[+   1   -- 1, +   2   -- 2, +   3   -- 3, +-> 4   return 4 , +   5   -- 5]",
            "[+   2   -- 2]",
            "[+-> 4   return 4 , +   5   -- 5]",
            "[+-> 4   return 4 ]",
            "[+   1   -- 1, +   2   -- 2, +   3   -- 3, +-> 4   return 4 , +   5   -- 5]",
            Ended,
            ":4",
        }));
    }

    [Test]
    public void Code_is_evaluated_with_globals_only_and_commands_are_called()
    {
        Assert.That(Debug("local x = 1\nreturn x", "s", "e 1 + 1", "eval local y = 2 return y", "e x", "e ==", "e redis.call('NOPE')", "e redis.call('SET','k','v')", "r GET k", "redis NOPE", "r", "c"), Is.EqualTo(new[]
        {
            Stopped(1, "local x = 1"),
            Stopped(2, "return x"),
            "[+<retval> 2]",
            "[+<retval> 2]",
            "[+<error> ldb_eval:1: Script attempted to access nonexistent global variable 'x']",
            "[+<error> ldb_eval:1: unexpected symbol near '==']",
            "[+<error> ERR Unknown Redis command called from script]",
            "[+<retval> {[\"ok\"]=\"OK\"}]",
            "[+<redis> GET k, +<reply> \"v\"]",
            "[+<redis> NOPE, +<error> Unknown Redis command called from script]",
            "[+<error> Unknown Redis Lua debugger command or wrong number of arguments.]",
            Ended,
            ":1",
        }));
    }

    [Test]
    public void Long_values_are_trimmed_once_with_a_hint()
    {
        var trimmed = new string('x', 60 - "<value> \"".Length);
        Assert.That(Debug("local s = string.rep('x', 70)\nreturn 1", "s", "p s", "m 1", "p s", "m 0", "p s", "m", "c"), Is.EqualTo(new[]
        {
            Stopped(1, "local s = string.rep('x', 70)"),
            Stopped(2, "return 1"),
            $"[+<value> \"{new string('x', 70)}\"]",
            "[+<value> replies are truncated at 60 bytes.]",
            $"[+<value> \"{trimmed} ...]",
            "[+<value> replies are unlimited.]",
            $"[+<value> \"{new string('x', 70)}\"]",
            "[+<value> replies are unlimited.]",
            Ended,
            ":1",
        }));
        _user = Server.Connect();
        var hinted = Debug("local s = string.rep('x', 300)\nreturn 1", "s", "p s", "p s", "c");
        Assert.That(hinted[2], Does.EndWith(" ..., +<hint> The above reply was trimmed. Use 'maxlen 0' to disable trimming.]"));
        Assert.That(hinted[3], Does.EndWith("x ...]"));
    }

    [Test]
    public void A_table_that_holds_itself_many_times_is_shown_up_to_a_length()
    {
        var answers = Debug("local t = {}\nfor i = 1, 100 do t[i] = t end\nreturn 1", "b 3", "c", "m 0", "p t", "c");
        Assert.That(answers[4], Does.StartWith("[+<value> {{{{").And.Contain("<max recursion level reached! Nested table?>"));
        Assert.That(answers[^1], Is.EqualTo(":1"));
    }

    [Test]
    public void Scripts_speak_to_the_debugger()
    {
        Assert.That(Debug("redis.debug('a', {1}, nil)\nlocal b = redis.breakpoint()\nreturn tostring(b)", "c", "c"), Is.EqualTo(new[]
        {
            Stopped(1, "redis.debug('a', {1}, nil)"),
            Stopped(3, "return tostring(b)", "redis.breakpoint() called", "+<debug> line 1: \"a\", {1}, nil, "),
            Ended,
            "\"true\"",
        }));
        Assert.That(Run("EVAL", "return {tostring(redis.breakpoint()), select('#', redis.debug('a'))}", "0"), Is.EqualTo("[\"false\", :0]"), "where nothing is debugged");
    }

    [Test]
    public void A_script_is_aborted_by_an_error()
    {
        Assert.That(Debug("local a = 1\nreturn a", "s", "abort")[^1], Does.StartWith("-ERR script aborted for user request script: ").And.EndsWith(", on @user_script:2."));
        _user = Server.Connect();
        Assert.That(Debug("local ok, e = pcall(function()\n  return 1\nend)\nreturn e", "b 2", "c", "a", "c")[^1], Is.EqualTo("\"ERR script aborted for user request\""), "which a script may catch");
    }

    [TestCase("*0\r\n"), TestCase("x\r\n"), TestCase("*1025\r\n"), TestCase("*1\r\n$0\r\n\r\n"), TestCase("*1\r\n$1025\r\n"), TestCase("*1\r\n+s\r\n"), TestCase("*1\r\n$1\r\nsss")]
    public void What_is_no_command_ends_the_script(string bytes)
    {
        _user.Run("SCRIPT", "DEBUG", "SYNC");
        WhileItStands(() => _user.SendRaw(bytes));
        _user.Send("EVAL", "return 1", "0");
        Assert.That(_user.ReadToEnd(), Does.Contain("-ERR protocol error script: "));
    }

    [Test]
    public void A_command_may_come_in_pieces_and_several_at_once()
    {
        _user.Run("SCRIPT", "DEBUG", "SYNC");
        WhileItStands(() => _user.SendRaw("*1\r\n$"), () => _user.SendRaw("4\r\nst"), () => _user.SendRaw("ep\r\n*1\r\n$1\r\nc\r\n"));
        _user.Send("EVAL", "local a = 1\nreturn a", "0");
        Assert.That(_user.Read(4), Is.EqualTo(new[] { Stopped(1, "local a = 1"), Stopped(2, "return a"), Ended, ":1" }));
    }

    [Test]
    public void Who_goes_leaves_the_script_to_run_to_its_end()
    {
        Debug("redis.call('SET', 'k', 1)\nredis.breakpoint()\nredis.call('SET', 'k', 2)\nreturn 1");
        Assert.That(Run("GET k"), Is.EqualTo("\"2\""));
    }

    [Test]
    public void Who_goes_does_not_leave_an_endless_one()
    {
        Debug($"redis.call('SET', 'k', 1)\n{Endless}");
        Assert.That(Run("GET k"), Is.EqualTo("\"1\""), "it has ended");
        Assert.That(Run("INFO errorstats"), Does.Contain("errorstat_ERR:count=1"));
    }

    [Test]
    public void One_that_runs_for_long_stops()
    {
        Assert.That(Debug(Endless, "c", "a")[1], Does.StartWith("[+* Stopped at 1, stop reason = timeout reached, infinite loop?"));
    }

    [Test]
    public void What_has_no_lines_can_be_ended()
    {
        var other = Server.Connect();
        other.Run("PING");
        WhileItStands(() => _user.Send("c"), () => other.Send("SCRIPT", "KILL"));
        _user.Run("SCRIPT", "DEBUG", "SYNC");
        _user.Send("EVAL", $"return loadstring(\"{Endless}\", '@other')()", "0");
        Assert.That(other.Read(), Is.EqualTo("+OK"));
        Assert.That(_user.ReadToEnd(), Does.Contain("-ERR Script killed by user with SCRIPT KILL..."));
    }

    [Test]
    public void What_is_evaluated_without_end_ends_when_its_client_goes()
    {
        _user.Run("SCRIPT", "DEBUG", "SYNC");
        WhileItStands(() => _user.Send("e", Endless), _user.Peer.CloseWrite);
        _user.Send("EVAL", "return 1", "0");
        Server.TurnUntil(() => _user.IsClosed);
        Assert.That(Run("PING"), Is.EqualTo("+PONG"));
    }

    [Test]
    public void Places_that_are_shown_are_bounded()
    {
        var shown = Debug("local t, u = {}, {} for i = 1, 1e6 do t[i] = 1 end for i = 1, 1e6 do t[i] = nil end for i = 1, 1000 do u[i] = t end\nredis.debug(u)", "c");
        Assert.That(shown[1], Does.StartWith("[+<debug> line 2: {{}; {}").And.EndWith("{...}; {...}}, +<endsession>]"));
    }

    [Test]
    public void Lines_that_are_shown_are_bounded()
    {
        var script = "local function f(n) if n == 0 then\nredis.breakpoint()\nreturn 1 end return 1 + f(n - 1) end return f(2000) --" + new string('x', 200_000);
        Assert.That(Debug(script, "c", "t")[2], Has.Length.InRange(60 << 20, 70 << 20).And.EndWith("<hint> What follows is left out.]"));
    }

    [Test]
    public void One_for_which_there_is_no_room_is_an_error()
    {
        Run("EVAL", "return 1", "0", new string('x', 3_000_000));
        Run("CONFIG SET lua-memory-limit 1mb");
        Assert.That(Debug("return 1"), Is.EqualTo(new[] { Ended, "-ERR not enough memory" }));
    }

    [Test]
    public void Others_wait_until_it_has_ended()
    {
        var other = Server.Connect();
        other.Run("PING");
        WhileItStands(() => other.Send("GET", "k"), () => other.Send("INCR", "k"), () => Assert.That(other.Arrived(), Is.Empty), () => _user.Send("c"));
        _user.Run("SCRIPT", "DEBUG", "SYNC");
        _user.Send("EVAL", "redis.call('SET', 'k', 1)", "0");
        Assert.That(other.Read(2), Is.EqualTo(new[] { "\"1\"", ":2" }));
        Assert.That(_user.ReadToEnd(), Does.Contain("+<endsession>"));
    }

    [Test]
    public void Others_may_end_it_while_it_stands()
    {
        var other = Server.Connect();
        other.Run("PING");
        WhileItStands(() => other.Send("SCRIPT", "KILL"));
        _user.Run("SCRIPT", "DEBUG", "SYNC");
        _user.Send("EVAL", "return 1", "0");
        Assert.That(other.Read(), Is.EqualTo("+OK"));
        Assert.That(_user.ReadToEnd(), Does.Contain("-ERR Script killed by user with SCRIPT KILL..."));
    }

    [Test]
    public void A_server_that_is_to_end_does_not_wait_for_the_user()
    {
        WhileItStands(() => Server.Server.RequestShutdown(_ => ShutdownFlags.NoSave, () => { }));
        _user.Run("SCRIPT", "DEBUG", "SYNC");
        _user.Send("EVAL", "return 1", "0");
        Server.TurnUntil(() => Server.Server.StopRequested);
    }

    [Test]
    public void What_a_script_evaluates_without_end_can_be_ended()
    {
        var other = Server.Connect();
        other.Run("PING");
        _user.Run("SCRIPT", "DEBUG", "SYNC");
        WhileItStands(() => _user.Send("eval", "while true do end"), () => other.Send("SCRIPT", "KILL"));
        _user.Send("EVAL", "return 1", "0");
        Assert.That(_user.ReadToEnd(), Does.Contain("-ERR Script killed by user with SCRIPT KILL..."));
    }

    [Test]
    public void A_session_that_cannot_begin_ends_at_once()
    {
        Assert.That(Debug("return =="), Is.EqualTo(new[] { Ended, "-ERR Error compiling script (new function): user_script:1: unexpected symbol near '=='" }));
    }

    [Test]
    public void Forked_sessions_are_refused_and_nothing_is_run_in_their_place()
    {
        Assert.That(_user.Run("SCRIPT", "DEBUG", "YES"), Does.StartWith("-ERR A debugged script can't be run in a process of its own here").And.Contain("SCRIPT DEBUG SYNC"));
        _user.Send("EVAL", "return redis.call('SET', 'k', 1)", "0");
        Assert.That(_user.Read(2), Has.ItemAt(0).EqualTo(Ended).And.ItemAt(1).StartsWith("-ERR A debugged script can't be run"));
        Server.TurnUntil(() => _user.IsClosed);
        Assert.That(Run("EXISTS k"), Is.EqualTo(":0"));
    }

    [Test]
    public void It_is_turned_on_and_off()
    {
        Assert.That(Run("SCRIPT DEBUG sync"), Is.EqualTo("+OK"));
        Assert.That(Run("EVALSHA", new string('a', 40), "0"), Is.EqualTo("-ERR Please use EVAL instead of EVALSHA for debugging"));
        Assert.That(Run("SCRIPT DEBUG no"), Is.EqualTo("+OK"));
        Assert.That(Run("EVAL", "return 1", "0"), Is.EqualTo(":1"));
        Assert.That(Run("SCRIPT DEBUG maybe"), Is.EqualTo("-ERR Use SCRIPT DEBUG YES/SYNC/NO"));
        Server.Client.SendRaw([.. TestClient.Request("PING"), .. TestClient.Request("SCRIPT", "DEBUG", "SYNC")]);
        Assert.That(Server.Client.Read(2)[1], Is.EqualTo("-ERR SCRIPT DEBUG must be called outside a pipeline"));
    }

    [Test]
    public void In_a_transaction_what_is_told_stands_before_the_replies()
    {
        _user.Run("SCRIPT", "DEBUG", "SYNC");
        _user.Run("MULTI");
        _user.Run("EVAL", "return 1", "0");
        _user.Run("SET", "k", "v");
        WhileItStands(() => _user.Send("c"));
        _user.Send("EXEC");
        Assert.That(_user.Read(3), Is.EqualTo(new[] { Stopped(1, "return 1"), Ended, "[:1, +OK]" }));
    }
}
