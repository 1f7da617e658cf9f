namespace Carnelian.Tests;

/// <summary>Scripts that run for too long, and those who meet them.</summary>
internal sealed class LongScriptTests
{
    private const string Endless = "while true do redis.call('DEBUG', 'SLEEP', '0.01') for i = 1, 1000 do end end";

    private const string Some = "for i = 1, 300 do redis.call('DEBUG', 'SLEEP', '0.01') for i = 1, 1000 do end end";

    private LogLines _log = null!;
    private SimulatedServer _server = null!;

    [SetUp]
    public void Start()
    {
        SimulatedServer.SkipUnlessInline("what is handed over arrives between turns, not within one");
        _log = new LogLines();
        _server = new SimulatedServer(options =>
        {
            options.DebugCommand = ProtectedAction.Yes;
            options.Scripting.BusyReplyThresholdMs = 10;
        }, logger: _log);
        _server.Run("DEBUG", "SET-DISABLE-DENY-SCRIPTS", "1");
    }

    [TearDown]
    public void Stop() => _server?.Dispose();

    /// <summary>Requests of others that arrive while a script of the first client runs.</summary>
    private (string Script, string[] Replies) Meanwhile(string[] script, params string[] requests)
    {
        var other = _server.Connect();
        other.Run("PING");
        SendWithin(other, requests);
        return (_server.Run(script), other.Read(requests.Length));
    }

    /// <summary>Has requests arrive when the loop is first turned from inside.</summary>
    private void SendWithin(TestClient client, string[] requests)
    {
        var (executor, simulation) = (_server.Server.Executor, _server.World.Simulation);
        var turn = executor.InnerTurn!;
        executor.InnerTurn = waitMs =>
        {
            executor.InnerTurn = turn;
            foreach (var request in requests) client.Send(request.Split(' '));
            while (simulation.RunNext(simulation.NowNanoseconds + 2000)) { }
            turn(waitMs);
        };
    }

    [Test]
    public void Others_are_told_that_it_is_busy_until_it_is_killed()
    {
        var (script, replies) = Meanwhile(["EVAL", Endless, "0"], "GET k", "FUNCTION KILL", "SHUTDOWN", "SCRIPT KILL");
        const string busy = "-BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.";
        Assert.That(replies, Is.EqualTo(new[] { busy, busy, busy, "+OK" }));
        Assert.That(script, Does.StartWith("-ERR Script killed by user with SCRIPT KILL... script: ").And.EndsWith(", on @user_script:1."));
        Assert.That(_log.Text, Does.Contain("Slow script detected: still in execution after ").And.Contain("Lua script killed by user with SCRIPT KILL."));
        Assert.That(_server.Run("PING"), Is.EqualTo("+PONG"));
        Assert.That(_server.Run("SCRIPT", "KILL"), Is.EqualTo("-NOTBUSY No scripts in execution right now."));
    }

    [Test]
    public void Who_catches_errors_is_killed_all_the_same()
    {
        var (script, _) = Meanwhile(["EVAL", $"while true do pcall(function() {Endless} end) end", "0"], "SCRIPT KILL");
        Assert.That(script, Does.StartWith("-ERR Script killed by user"));
    }

    [Test]
    public void One_that_has_written_is_not_killed()
    {
        var (script, replies) = Meanwhile(["EVAL", $"redis.call('SET', 'k', 'v') {Some} return 'done'", "0"], "SCRIPT KILL");
        Assert.That(replies[0], Does.StartWith("-UNKILLABLE Sorry the script already executed write commands against the dataset."));
        Assert.That(script, Is.EqualTo("\"done\""));
    }

    [Test]
    public void Functions_have_their_own_words()
    {
        _server.Run("FUNCTION", "LOAD", $"#!lua name=lib\nredis.register_function('long', function() {Endless} end)");
        var (_, replies) = Meanwhile(["FCALL", "long", "0"], "GET k", "FUNCTION STATS", "SCRIPT KILL", "FUNCTION KILL");
        const string busy = "-BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE.";
        Assert.That(replies[0], Is.EqualTo(busy));
        Assert.That(replies[1], Does.Contain("\"name\", \"long\", \"command\", [\"FCALL\", \"long\", \"0\"]"));
        Assert.That(replies[2..], Is.EqualTo(new[] { busy, "+OK" }));
    }

    [Test]
    public void A_library_that_takes_long_is_refused_wherever_it_comes_from()
    {
        const string slow = "#!lua name=lib\nfor i = 1, 1000 do redis.log(redis.LOG_NOTICE, 'slow') for i = 1, 1000 do end end redis.register_function('f', function() end)";
        _server.Run("FUNCTION", "LOAD", slow);
        var payload = _server.Client.RunValue("FUNCTION", "DUMP").Bytes!;
        _log.Heard = () => _server.World.Advance(1);
        const string refusal = "-ERR Error registering functions: ERR FUNCTION LOAD timeout";
        Assert.That(_server.Run("FUNCTION", "LOAD", "REPLACE", slow), Is.EqualTo(refusal));
        _server.Client.SendRaw(TestClient.Request(["FUNCTION"u8.ToArray(), "RESTORE"u8.ToArray(), payload, "FLUSH"u8.ToArray()]));
        Assert.That(_server.Client.Read(), Is.EqualTo(refusal));
        Assert.That(_server.Run("FCALL", "f", "0"), Is.EqualTo("nil"), "the old one stays");
    }

    [Test]
    public void While_one_of_a_file_runs_others_are_told_of_the_loading()
    {
        var script = $"redis.call('SET', 'k', 'v') {Some}";
        DataFolder.Write(_server.World.Disk, DataFolder.Append, new()
        {
            ["appendonly.aof.manifest"] = "file appendonly.aof.1.incr.aof seq 1 type i\n"u8.ToArray(),
            ["appendonly.aof.1.incr.aof"] = TestClient.Request("EVAL", script, "0"),
        });
        var (loaded, replies) = Meanwhile(["DEBUG", "LOADAOF"], "PING");
        Assert.That((loaded, replies[0]), Is.EqualTo(("+OK", "-LOADING Redis is loading the dataset in memory")));
        Assert.That(_log.Text, Does.Contain("Slow script detected"));
        Assert.That(_server.Run("GET", "k"), Is.EqualTo("\"v\""));
    }

    [Test]
    public void The_server_can_be_ended_meanwhile()
    {
        var other = _server.Connect();
        other.Run("PING");
        SendWithin(other, ["SHUTDOWN NOSAVE"]);
        _server.Client.Send("EVAL", Endless, "0");
        _server.TurnUntil(() => _server.Server.StopRequested);
    }

    [Test]
    public void The_server_can_be_ended_while_a_library_of_a_file_is_loaded()
    {
        DataFolder.Write(_server.World.Disk, DataFolder.Append, new()
        {
            ["appendonly.aof.manifest"] = "file appendonly.aof.1.incr.aof seq 1 type i\n"u8.ToArray(),
            ["appendonly.aof.1.incr.aof"] = TestClient.Request("FUNCTION", "LOAD", "#!lua name=lib\nwhile true do redis.log(redis.LOG_NOTICE, 'slow') for i = 1, 1000 do end end"),
        });
        _log.Heard = () => _server.World.Advance(1);
        var other = _server.Connect();
        other.Run("PING");
        SendWithin(other, ["INFO memory", "MEMORY STATS", "SHUTDOWN NOSAVE"]);
        _server.Client.Send("DEBUG", "LOADAOF");
        _server.TurnUntil(() => _server.Server.StopRequested);
    }

    [Test]
    public void One_that_changes_nothing_is_ended_where_there_is_a_limit()
    {
        _server.Run("CONFIG", "SET", "script-readonly-time-limit", "50");
        Assert.That(_server.Run("EVAL", Endless, "0"), Does.StartWith("-ERR Script ended because it has run for more than 50 milliseconds (script-readonly-time-limit) script: "));
    }
}
