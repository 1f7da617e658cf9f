namespace Carnelian.Tests;

internal sealed class SaveTests(RespVersion version) : CommandFixture(version)
{
    private const string Path = "./dump.rdb";

    protected override void Configure(ServerOptions options) => options.DebugCommand = ProtectedAction.Yes;

    private string Info(string field) => InfoOf(Server, field);

    public static string InfoOf(SimulatedServer server, string field)
    {
        var line = server.Client.RunValue("INFO", "persistence").Text!.Split("\r\n").Single(line => line.StartsWith(field + ":", StringComparison.Ordinal));
        return line[(field.Length + 1)..];
    }

    private void WaitForSave() => Server.TurnUntil(() => Server.Server.SnapshotFiles.Running is null);

    [Test]
    public void Save_writes_the_file_and_counts_changes_anew()
    {
        Run("SET a 1");
        Run("SET b 2");
        Assert.That((Info("rdb_changes_since_last_save"), Info("rdb_saves")), Is.EqualTo(("2", "0")));
        Server.AdvanceTime(5000);
        var before = Run("LASTSAVE");
        Assert.That(Run("SAVE"), Is.EqualTo("+OK"));
        Assert.That((Info("rdb_changes_since_last_save"), Info("rdb_saves")), Is.EqualTo(("0", "1")));
        Assert.That(Run("LASTSAVE"), Is.Not.EqualTo(before));
        Assert.That(Server.World.Disk.List(".").Value, Is.EqualTo(new[] { "dump.rdb" }));
    }

    [Test]
    public void A_save_in_the_background_shows_the_moment_of_its_beginning()
    {
        Run("SET k before");
        Assert.That(Run("BGSAVE"), Is.EqualTo("+Background saving started"));
        Assert.That(Run("BGSAVE"), Is.EqualTo("-ERR Background save already in progress"));
        Assert.That(Run("BGSAVE SCHEDULE"), Is.EqualTo("-ERR Background save already in progress"));
        Assert.That(Run("SAVE"), Is.EqualTo("-ERR Background save already in progress"));
        Assert.That((Info("rdb_bgsave_in_progress"), Info("current_save_keys_total")), Is.EqualTo(("1", "1")));
        Run("SET k after");
        Run("SET other v");
        WaitForSave();
        Assert.That((Info("rdb_bgsave_in_progress"), Info("rdb_last_bgsave_status")), Is.EqualTo(("0", "ok")));
        Assert.That(Info("rdb_changes_since_last_save"), Is.EqualTo("2"), "what came while it was written is not saved");
        using var next = Server.Restart();
        next.TurnUntil(() => !next.Server.Loading.IsOn);
        Assert.That((next.Run("GET", "k"), next.Run("EXISTS", "other")), Is.EqualTo(("\"before\"", ":0")));
    }

    [TestCase("BGSAVE NOW"), TestCase("BGSAVE SCHEDULE NOW"), TestCase("BGSAVE CANCEL NOW")]
    public void What_makes_no_sense_begins_nothing(string request)
    {
        Assert.That(Run(request), Is.EqualTo("-ERR syntax error"));
        Assert.That(Info("rdb_bgsave_in_progress"), Is.EqualTo("0"));
    }

    [Test]
    public void In_a_transaction_it_is_put_off_until_there_is_none()
    {
        Run("MULTI");
        Run("BGSAVE");
        Run("SET k v");
        Assert.That(Run("EXEC"), Is.EqualTo("[+Background saving scheduled, +OK]"));
        Server.TurnUntil(() => Server.Server.Saves.Count == 1);
        WaitForSave();
        Assert.That(Info("rdb_last_bgsave_status"), Is.EqualTo("ok"));
    }

    [Test]
    public void One_that_is_cancelled_leaves_nothing_and_is_no_failure()
    {
        Assert.That(Run("BGSAVE CANCEL"), Is.EqualTo("-ERR Background saving is currently not in progress or scheduled"));
        Run("CONFIG SET rdb-key-save-delay 1000000");
        Run("SET k v");
        Run("BGSAVE");
        Assert.That(Run("BGSAVE CANCEL"), Is.EqualTo("+Background saving cancelled"));
        Assert.That((Info("rdb_bgsave_in_progress"), Info("rdb_last_bgsave_status"), Info("rdb_changes_since_last_save")), Is.EqualTo(("0", "ok", "1")));
        Run("CONFIG SET rdb-key-save-delay 0");
        Assert.That(Run("BGSAVE"), Is.EqualTo("+Background saving started"), "nobody waits for what is left of the one before");
        WaitForSave();
        Server.AdvanceTime(100);
        Assert.That(Server.World.Disk.List(".").Value, Is.EqualTo(new[] { "dump.rdb" }));
    }

    [Test]
    public void While_saving_fails_nothing_is_changed_if_there_are_save_points()
    {
        const string refused = "-MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. Commands that may modify the data set are disabled, "
            + "because this instance is configured to report errors during writes if RDB snapshotting fails (stop-writes-on-bgsave-error option). Please check the Redis logs for details "
            + "about the RDB error.";
        Run("SET k v");
        Server.World.Disk.FreeBytes = 0;
        Run("BGSAVE");
        WaitForSave();
        Assert.That(Info("rdb_last_bgsave_status"), Is.EqualTo("err"));
        Assert.That(Run("SET k v"), Is.EqualTo("+OK"), "there are no save points");
        Server.Client.Run("CONFIG", "SET", "save", "3600 1");
        Assert.That(Run("SET k v"), Is.EqualTo(refused));
        Assert.That(Run("PING"), Is.EqualTo(refused));
        Assert.That(Run("GET k"), Is.EqualTo("\"v\""));
        Run("MULTI");
        Assert.That(Run("SET k v"), Is.EqualTo(refused));
        Assert.That(Run("EXEC"), Does.StartWith("-EXECABORT"));
        Run("CONFIG SET stop-writes-on-bgsave-error no");
        Assert.That(Run("SET k v"), Is.EqualTo("+OK"));
        Run("CONFIG SET stop-writes-on-bgsave-error yes");
        Server.World.Disk.FreeBytes = 1 << 20;
        Assert.That(Run("SAVE"), Is.EqualTo("+OK"));
        Assert.That(Run("SET k v"), Is.EqualTo("+OK"));
    }

    [Test]
    public void A_save_point_begins_one_when_enough_has_changed_and_long_enough_ago()
    {
        Server.Client.Run("CONFIG", "SET", "save", "10 2");
        Run("SET a 1");
        Server.AdvanceTime(20_000);
        Assert.That(Info("rdb_saves"), Is.EqualTo("0"));
        Run("SET b 1");
        Server.TurnUntil(() => Server.Server.Saves.Count == 1);
        WaitForSave();
        Assert.That(Info("rdb_changes_since_last_save"), Is.EqualTo("0"));
    }

    [Test]
    public void After_a_failure_a_save_point_waits_some_seconds()
    {
        Server.Client.Run("CONFIG", "SET", "save", "1 1");
        Run("SET a 1");
        Server.World.Disk.FreeBytes = 0;
        Server.TurnUntil(() => Server.Server.Saves.HasFailed);
        var failed = Server.World.Clock.UnixMilliseconds;
        Server.TurnUntil(() => Server.Server.Saves.Count == 2);
        Assert.That(Server.World.Clock.UnixMilliseconds - failed, Is.InRange(5000, 7000));
    }

    [Test]
    public void Flushing_all_empties_the_file_too_where_there_are_save_points()
    {
        Run("SET k v");
        Run("SAVE");
        Run("FLUSHALL");
        Server.AdvanceTime(100);
        var saved = Server.World.Disk.ReadAll(Path).Value;
        Run("SET k v");
        Run("SAVE");
        Server.Client.Run("CONFIG", "SET", "save", "3600 1");
        Run("BGSAVE");
        Run("FLUSHALL");
        Assert.That(Info("rdb_changes_since_last_save"), Is.EqualTo("0"));
        Server.AdvanceTime(100);
        Assert.That(Server.World.Disk.ReadAll(Path).Value, Has.Length.LessThan(saved!.Length));
        Run("SET other v");
        Run("FLUSHALL");
        Run("SET last v");
        Assert.That(Run("SAVE"), Is.EqualTo("+OK"));
        Server.AdvanceTime(100);
        using var next = Server.Restart();
        next.TurnUntil(() => !next.Server.Loading.IsOn);
        Assert.That(next.Run("KEYS", "*"), Is.EqualTo("[\"last\"]"), "the empty file does not come behind the one that was written after it");
    }

    [Test]
    public void A_flush_that_comes_when_a_save_is_as_good_as_over_leaves_no_changes()
    {
        Server.Client.Run("CONFIG", "SET", "save", "3600 1");
        Run("SET k v");
        Run("BGSAVE");
        Run("SET k v");
        Run("MULTI");
        // The worker comes to its end meanwhile, and nobody has heard of it when the flush comes.
        Run("DEBUG SLEEP 1");
        Run("FLUSHALL");
        Run("EXEC");
        Server.AdvanceTime(100);
        Assert.That(Info("rdb_changes_since_last_save"), Is.EqualTo("0"));
    }

    [Test]
    public void What_a_dead_run_left_behind_is_removed_at_the_next_start()
    {
        Run("SET k v");
        Run("CONFIG SET rdb-key-save-delay 1000000");
        Run("BGSAVE");
        Server.TurnUntil(() => Server.World.Disk.List(".").Value!.Length == 1);
        using var next = Server.Restart();
        Assert.That(next.World.Disk.List(".").Value, Is.Empty);
    }
}
