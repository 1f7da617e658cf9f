namespace Carnelian.Tests;

internal sealed class DebugCommandTests(RespVersion version) : CommandFixture(version)
{
    private const string Refusal =
        "-ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", you can run it from a local connection, "
        + "otherwise you need to set this option in the configuration file, and then restart the server.";

    protected override void Configure(ServerOptions options) => options.DebugCommand = ProtectedAction.Yes;

    [Test]
    public void Debug_is_refused_unless_it_is_enabled()
    {
        using var server = new SimulatedServer();
        Assert.That(server.Run("DEBUG", "SLEEP", "0"), Is.EqualTo(Refusal));
        Assert.That(server.Run("CONFIG", "SET", "enable-debug-command", "yes"), Does.EndWith("can't set immutable config"));
        Assert.That(server.Run("CONFIG", "GET", "enable-debug-command"), Is.EqualTo("[\"enable-debug-command\", \"no\"]"));
    }

    [Test]
    public void Local_debug_is_for_clients_of_this_machine()
    {
        using var server = new SimulatedServer(options =>
        {
            options.DebugCommand = ProtectedAction.Local;
            options.ProtectedMode = false;
        });
        Assert.That(server.Run("DEBUG", "SLEEP", "0"), Is.EqualTo("+OK"));
        var far = server.Connect(from: System.Net.IPAddress.Parse("10.0.0.9"));
        Assert.That(far.Run("DEBUG", "SLEEP", "0"), Is.EqualTo(Refusal));
    }

    [Test]
    public void A_subcommand_ends_at_a_NUL_and_an_unknown_one_is_shown_up_to_128_bytes()
    {
        Assert.That(Run("DEBUG", "SLEEP\0x", "0"), Is.EqualTo("+OK"));
        Assert.That(Run("DEBUG", new string('x', 200)),
            Is.EqualTo($"-ERR unknown subcommand or wrong number of arguments for '{new string('x', 128)}'. Try DEBUG HELP."));
    }

    [Test]
    public void Sleep_holds_the_server()
    {
        var before = Server.World.Clock.UnixMilliseconds;
        Assert.That(Run("DEBUG SLEEP 1.5"), Is.EqualTo("+OK"));
        Assert.That(Server.World.Clock.UnixMilliseconds - before, Is.InRange(1500, 1510));
        Assert.That(Run("PING"), Is.EqualTo("+PONG"));
    }

    [Test]
    public void Object_tells_what_the_key_is_without_using_it()
    {
        Run("SET k 12345");
        Server.AdvanceTime(7000);
        Assert.That(Run("DEBUG OBJECT k"), Does.Match(@"^\+Value at:0x[0-9a-f]+ refcount:1 encoding:int serializedlength:3 lru:\d+ lru_seconds_idle:7$"));
        Run("SET k 99");
        Assert.That(Run("DEBUG OBJECT k"), Does.Contain(" refcount:2147483647 encoding:int serializedlength:2 "));
        Run("SET k text");
        Assert.That(Run("DEBUG OBJECT k"), Does.Contain(" refcount:1 encoding:embstr serializedlength:5 "));
        Run("SET", "k", new string('x', 1000));
        Assert.That(Run("DEBUG OBJECT k"), Does.Contain(" refcount:1 encoding:raw serializedlength:22 "));
        Run("CONFIG SET rdbcompression no");
        Assert.That(Run("DEBUG OBJECT k"), Does.Contain(" serializedlength:1002 "));
    }

    [Test]
    public void Populated_keys_are_told_to_nobody()
    {
        var changes = Server.Server.Keyspace.Changes.Offset;
        var dirty = Server.Server.Keyspace.Dirty;
        Assert.That(Run("DEBUG POPULATE 1000 key 100"), Is.EqualTo("+OK"));
        Assert.That(Run("DBSIZE"), Is.EqualTo(":1000"));
        Assert.That(Run("STRLEN key:999"), Is.EqualTo(":100"));
        Assert.That((Server.Server.Keyspace.Changes.Offset, Server.Server.Keyspace.Dirty), Is.EqualTo((changes, dirty)));
    }

    [Test]
    public void Digest_depends_on_data_alone()
    {
        Run("MSET a 1 b 2 c 3");
        var digest = Run("DEBUG DIGEST");
        Run("FLUSHALL");
        Assert.That(Run("DEBUG DIGEST"), Is.EqualTo("+0000000000000000000000000000000000000000"));
        Run("MSET c 3 b 2 a 1");
        Assert.That(Run("DEBUG DIGEST"), Is.EqualTo(digest));
        Run("EXPIRE a 100");
        Assert.That(Run("DEBUG DIGEST"), Is.Not.EqualTo(digest));
    }

    [Test]
    public void Active_expiry_stops_and_goes_on()
    {
        Run("DEBUG SET-ACTIVE-EXPIRE 0");
        Run("SET k v PX 10");
        Server.AdvanceTime(5000);
        Assert.That(Run("DBSIZE"), Is.EqualTo(":1"));
        Run("DEBUG SET-ACTIVE-EXPIRE 1");
        Server.AdvanceTime(1000);
        Assert.That(Run("DBSIZE"), Is.EqualTo(":0"));
    }

    [Test]
    public void Paused_chores_go_on()
    {
        Run("DEBUG PAUSE-CRON 1");
        Run("SET k v PX 10");
        Server.AdvanceTime(5000);
        Assert.That(Run("DBSIZE"), Is.EqualTo(":1"));
        Run("DEBUG PAUSE-CRON 0");
        Server.AdvanceTime(1000);
        Assert.That(Run("DBSIZE"), Is.EqualTo(":0"));
    }

    [Test]
    public void Tables_shrink_unless_told_not_to()
    {
        Run("DEBUG DICT-RESIZING 0");
        Run("DEBUG POPULATE 5000");
        var full = TableSize();
        for (var i = 0; i < 5000; i++) Run("DEL", $"key:{i}");
        Run("SET last key");
        Server.AdvanceTime(1000);
        Assert.That(TableSize(), Is.EqualTo(full));
        Run("DEBUG DICT-RESIZING 1");
        Run("DEL last");
        Run("SET last key");
        Server.AdvanceTime(1000);
        Assert.That(TableSize(), Is.LessThan(full / 100));
    }

    private int TableSize()
    {
        var stats = Run("DEBUG HTSTATS 0");
        var lines = stats.Split('\n').Where(line => line.StartsWith(" table size: ", StringComparison.Ordinal)).ToList();
        return int.Parse(lines[^1].Split(": ")[1]);
    }

    [Test]
    public void Table_statistics_add_up()
    {
        Run("DEBUG POPULATE 700");
        Run("EXPIRE key:1 100");
        var stats = Run("DEBUG HTSTATS 0 full");
        Assert.That(stats, Does.Contain("[Dictionary HT]\nHash table 0 stats (main hash table):\n table size: "));
        Assert.That(stats, Does.Contain(" number of elements: 700\n").Or.Contain("(rehashing target)"));
        Assert.That(stats, Does.Contain("[Expires HT]\n").And.Contain(" number of elements: 1\n"));
    }

    [Test]
    public void Help_lists_what_there_is()
    {
        Assert.That(Run("DEBUG HELP"), Does.Contain("+SEGFAULT").And.Contain("+DIGEST-VALUE").And.Not.Contain("RELOAD").And.Not.Contain("MALLCTL"));
    }

    [TestCase("SEGFAULT", "SIGSEGV", "crashed by signal: 11, si_code: 2")]
    [TestCase("ASSERT", null, "=== ASSERTION FAILED ===")]
    [TestCase("PANIC", null, "Guru Meditation: DEBUG PANIC called at Unix time ")]
    [TestCase("OOM", null, "Guru Meditation: Redis aborting for OUT OF MEMORY. Allocating 9223372036854775807 bytes!")]
    public void A_crash_is_reported_with_stack_and_request(string subcommand, string? endedBy, string cause)
    {
        var log = new LogLines();
        using var server = new SimulatedServer(Configure, logger: log);
        server.Run("SET", "secret", "value");
        Exception? defect = Assert.Catch(() => server.Run("DEBUG", subcommand));
        if (endedBy is null)
        {
            defect = Assert.Throws<ProcessEndedException>(() => server.Server.Die(defect!));
            endedBy = "SIGABRT";
        }
        Assert.That((defect as ProcessEndedException)?.By, Is.EqualTo(endedBy));
        Assert.That(log.Text, Does.Contain("=== REDIS BUG REPORT START").And.Contain(cause).And.Contain("------ STACK TRACE ------").And.Contain("Carnelian.Executor.Run"));
        Assert.That(log.Text, Does.Contain("------ INFO OUTPUT ------").And.Contain("cmdstat_set:calls=1").And.Contain("------ CLIENT LIST OUTPUT ------"));
        Assert.That(log.Text, Does.Contain("------ CURRENT CLIENT INFO ------").And.Contain("argv[0]: '\"DEBUG\"'").And.Contain($"argv[1]: '\"{subcommand}\"'"));
        Assert.That(log.Text, Does.Contain("=== REDIS BUG REPORT END"));
        Assert.That(log.Text, Does.Contain("\nproto-max-bulk-len 536870912\n").And.Not.Contain("\nlogfile "), "no paths and addresses in what people post");
    }

    [Test]
    public void User_data_stays_out_of_the_report_when_that_is_asked_for()
    {
        var log = new LogLines();
        using var server = new SimulatedServer(options =>
        {
            Configure(options);
            options.HideUserData = true;
        }, logger: log);
        Assert.Catch(() => server.Run("DEBUG", "SEGFAULT", "private"));
        Assert.That(log.Text, Does.Contain("argv[0]: '\"DEBUG\"'").And.Contain("argv[1]: '*redacted*'").And.Not.Contain("private"));
        Assert.That(log.Text, Does.Contain("hide-user-data-from-log is on, skip logging stack content to avoid spilling PII."));
    }

    [Test]
    public void Without_a_crash_log_only_the_cause_is_told()
    {
        var log = new LogLines();
        using var server = new SimulatedServer(Configure, logger: log);
        server.Run("CONFIG", "SET", "crash-log-enabled", "no");
        var defect = Assert.Catch(() => server.Run("DEBUG", "ASSERT"));
        server.Server.Options.ExitsOnPanic = true;
        Assert.That(Assert.Throws<ProcessEndedException>(() => server.Server.Die(defect!))!.By, Is.EqualTo("status 1"));
        Assert.That(log.Text, Does.Contain("=== ASSERTION FAILED ===").And.Not.Contain("STACK TRACE").And.Not.Contain("INFO OUTPUT"));
    }
}
