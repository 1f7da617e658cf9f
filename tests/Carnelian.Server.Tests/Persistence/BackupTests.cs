namespace Carnelian.Tests;

/// <summary>BACKUP: a copy of the data while the server runs, with and without an append-only file, and servers that are started from it.</summary>
internal sealed class BackupTests
{
    private const string Folder = "./backupdir", Manifest = "backupdir/appendonly.aof.manifest";

    private static void Set(ServerOptions options, bool isOn, Action<PersistenceOptions>? configure = null)
    {
        options.DebugCommand = ProtectedAction.Yes;
        (options.Persistence.AppendOnly.IsOn, options.Persistence.AppendOnly.RewritePercent) = (isOn, 0);
        configure?.Invoke(options.Persistence);
    }

    private static SimulatedServer Start(bool isOn, Action<PersistenceOptions>? configure = null, SimulatedWorld? world = null, LogLines? log = null)
    {
        var server = new SimulatedServer(options => Set(options, isOn, configure), world: world, logger: log);
        server.TurnUntil(() => server.Server.Startup.IsOver || server.Server.Startup.Error is not null);
        return server;
    }

    private static string Status(SimulatedServer server, string field) =>
        TestReply.Show(server.Client.RunValue("BACKUP", "STATUS").Items.Chunk(2).Single(pair => pair[0].Text == field)[1]).Trim('"', ':');

    private static string[] List(SimulatedServer server) => [.. server.Client.RunValue("BACKUP", "LIST").Items.Select(item => item.Text!)];

    private static void Begin(SimulatedServer server)
    {
        Assert.That(server.Run("BACKUP", "START"), Is.EqualTo("+OK"));
        server.TurnUntil(() => server.Server.Backups.State == BackupState.Incrementing);
    }

    /// <summary>A server whose folder is a copy of the sealed backup, as docs/backup.md has it.</summary>
    private static SimulatedServer Restore(SimulatedServer server, bool isOn = true)
    {
        var world = new SimulatedWorld(2);
        DataFolder.Write(world.Disk, "restored/" + DataFolder.Append, DataFolder.Read(server.World.Disk, "backupdir"));
        var (status, output) = DataFolder.CheckAof(world, $"restored/{DataFolder.Manifest}");
        Assert.That(status, Is.Zero, output);
        return Start(isOn, options => options.Directory = "restored", world);
    }

    // ---- what it is

    [Test]
    public void It_has_all_changes_up_to_the_moment_at_which_it_is_sealed_and_none_after([Values] bool isOn, [Values] bool isRdb)
    {
        using var server = Start(isOn, options => options.AppendOnly.BaseIsRdb = isRdb);
        for (var i = 0; i < 50; i++) server.Run("SET", $"k{i}", "1");
        Assert.That((Status(server, "state"), Status(server, "start_time"), SaveTests.InfoOf(server, "backup_in_progress")), Is.EqualTo(("idle", "0", "0")));
        Begin(server);
        Assert.That((Status(server, "state"), SaveTests.InfoOf(server, "backup_in_progress")), Is.EqualTo(("incrementing", "1")));
        var number = isOn ? 2 : 1;
        var first = $"{Folder}/appendonly.aof.{number}.base.{(isRdb ? "rdb" : "aof")}";
        Assert.That(List(server), Is.EqualTo(new[] { first }));
        server.Run("SELECT", "3");
        server.Run("RPUSH", "list", "a", "b");
        server.Run("MULTI");
        server.Run("INCR", "n");
        server.Run("INCR", "n");
        server.Run("EXEC");
        server.Run("DEL", "k0");
        var digest = server.Run("DEBUG", "DIGEST");
        Assert.That(server.Run("BACKUP", "SEAL"), Is.EqualTo("+OK"));
        Assert.That((Status(server, "state"), Status(server, "error"), SaveTests.InfoOf(server, "backup_in_progress")), Is.EqualTo(("sealed", "", "0")));
        Assert.That(long.Parse(Status(server, "end_time"), System.Globalization.CultureInfo.InvariantCulture), Is.GreaterThan(1_700_000_000));
        Assert.That(List(server), Is.EqualTo(new[] { first, $"{Folder}/appendonly.aof.{number}.incr.aof", $"{Folder}/appendonly.aof.manifest" }));
        var files = DataFolder.Read(server.World.Disk, "backupdir");
        server.Run("SET", "after", "1");
        server.Run("FLUSHALL");
        server.Run("BGREWRITEAOF");
        server.TurnUntil(() => server.Server.AppendOnly.PendingBytes == 0 && !server.Server.AppendOnly.Rewrites.IsRunning);
        var later = DataFolder.Read(server.World.Disk, "backupdir");
        Assert.That(later.Keys, Is.EquivalentTo(files.Keys));
        foreach (var (name, bytes) in files) Assert.That(later[name], Is.EqualTo(bytes), name);
        using (var restored = Restore(server)) Assert.That(restored.Run("DEBUG", "DIGEST"), Is.EqualTo(digest));
        Assert.That(server.Run("BACKUP", "CLEANUP"), Is.EqualTo("+OK"));
        Assert.That((Status(server, "state"), server.World.Disk.List("backupdir").Value), Is.EqualTo(("idle", Array.Empty<string>())));
        Assert.That(List(server), Is.Empty);
        // Another one can be made.
        Begin(server);
        Assert.That(server.Run("BACKUP", "SEAL"), Is.EqualTo("+OK"));
    }

    [Test]
    public void Without_an_append_only_file_there_is_none_afterwards_either()
    {
        using var server = Start(isOn: false);
        server.Run("SET", "a", "1");
        Begin(server);
        Assert.That(server.World.Disk.DirectoryExists("appendonlydir"), Is.False);
        server.Run("BACKUP", "SEAL");
        Assert.That((SaveTests.InfoOf(server, "aof_enabled"), server.Run("CONFIG", "GET", "appendonly")), Is.EqualTo(("0", "[\"appendonly\", \"no\"]")));
        Assert.That(server.Server.Keyspace.Changes.Listening, Is.EqualTo(ChangeTargets.None), "nobody gathers changes any more");
        Assert.That(server.World.Disk.List(".").Value, Is.Empty);
    }

    [Test]
    public void The_append_only_file_goes_on_beside_it_and_has_everything()
    {
        using var server = Start(isOn: true);
        server.Run("SET", "a", "1");
        Begin(server);
        server.Run("SET", "b", "2");
        server.Run("BACKUP", "SEAL");
        server.Run("SET", "c", "3");
        server.Run("BACKUP", "CLEANUP");
        server.TurnUntil(() => server.Server.AppendOnly.PendingBytes == 0);
        using var next = server.Restart(options => Set(options, isOn: true));
        next.TurnUntil(() => next.Server.Startup.IsOver);
        Assert.That((next.Run("GET", "a"), next.Run("GET", "b"), next.Run("GET", "c")), Is.EqualTo(("\"1\"", "\"2\"", "\"3\"")));
    }

    [Test]
    public void Where_files_cannot_have_two_names_they_are_copied([Values("Operation not permitted", "Invalid cross-device link")] string error)
    {
        using var server = Start(isOn: true);
        server.Run("SET", "a", "1");
        server.World.Disk.LinkError = error;
        Begin(server);
        server.Run("SET", "b", "2");
        Assert.That(server.Run("BACKUP", "SEAL"), Is.EqualTo("+OK"));
        using var restored = Restore(server);
        Assert.That((restored.Run("GET", "a"), restored.Run("GET", "b")), Is.EqualTo(("\"1\"", "\"2\"")));
    }

    // ---- beside others

    [Test]
    public void It_waits_for_a_save_that_is_under_way()
    {
        using var server = Start(isOn: false);
        server.Run("SET", "a", "1");
        server.Run("CONFIG", "SET", "rdb-key-save-delay", "60000000");
        server.Run("BGSAVE");
        Assert.That(server.Run("BACKUP", "START"), Is.EqualTo("+OK"));
        Assert.That((Status(server, "state"), List(server).Length), Is.EqualTo(("pending", 0)));
        server.Run("CONFIG", "SET", "rdb-key-save-delay", "0");
        server.TurnUntil(() => server.Server.Backups.State == BackupState.Incrementing);
        Assert.That(server.World.Disk.FileExists("dump.rdb"));
    }

    [Test]
    public void It_takes_the_rewrite_that_is_under_way([Values] bool isOnlyScheduled)
    {
        using var server = Start(isOn: true);
        server.Run("SET", "a", "1");
        server.Run("CONFIG", "SET", "rdb-key-save-delay", "60000000");
        if (isOnlyScheduled) server.Run("BGSAVE");
        server.Run("BGREWRITEAOF");
        server.TurnUntil(() => server.Server.SnapshotFiles.Running is { KeysTotal: > 0 });
        Assert.That(server.Run("BACKUP", "START"), Is.EqualTo("+OK"));
        Assert.That(Status(server, "state"), Is.EqualTo(isOnlyScheduled ? "pending" : "snapshotting"));
        server.Run("CONFIG", "SET", "rdb-key-save-delay", "0");
        server.TurnUntil(() => server.Server.Backups.State == BackupState.Incrementing);
        Assert.That(SaveTests.InfoOf(server, "aof_rewrites"), Is.EqualTo("1"));
        server.Run("SET", "b", "2");
        Assert.That(server.Run("BACKUP", "SEAL"), Is.EqualTo("+OK"));
        using var restored = Restore(server);
        Assert.That((restored.Run("GET", "a"), restored.Run("GET", "b")), Is.EqualTo(("\"1\"", "\"2\"")));
    }

    [Test]
    public void A_rewrite_that_is_only_clearing_up_behind_itself_is_not_the_one_it_takes()
    {
        using var server = Start(isOn: true);
        server.Run("SET", "a", "1");
        server.World.Simulation.Conditions.JobMicrosecondsMax = 1_000_000;
        server.Run("BGREWRITEAOF");
        server.TurnUntil(() => server.Server.AppendOnly.Rewrites.IsRunning && !server.Server.AppendOnly.Rewrites.IsWriting);
        Begin(server);
        Assert.That(SaveTests.InfoOf(server, "aof_rewrites"), Is.EqualTo("2"));
        Assert.That(server.Run("BACKUP", "SEAL"), Is.EqualTo("+OK"));
    }

    [Test]
    public void No_rewrite_begins_until_it_is_sealed()
    {
        using var server = Start(isOn: true);
        Begin(server);
        server.TurnUntil(() => !server.Server.AppendOnly.Rewrites.IsRunning);
        Assert.That(server.Run("BGREWRITEAOF"), Is.EqualTo("+Background append only file rewriting scheduled"));
        server.AdvanceTime(1000);
        Assert.That((SaveTests.InfoOf(server, "aof_rewrite_scheduled"), SaveTests.InfoOf(server, "aof_rewrites")), Is.EqualTo(("1", "1")));
        server.Run("BACKUP", "SEAL");
        server.TurnUntil(() => server.Server.AppendOnly.Rewrites.Count == 2 && !server.Server.AppendOnly.Rewrites.IsRunning);
        Assert.That(server.World.Disk.List("backupdir").Value, Has.Length.EqualTo(3));
    }

    [Test]
    public void Turning_the_append_only_file_off_ends_it()
    {
        using var server = Start(isOn: true);
        Begin(server);
        server.Run("CONFIG", "SET", "appendonly", "no");
        Assert.That((Status(server, "state"), Status(server, "error")), Is.EqualTo(("failed", "appendonly is stopped")));
        Assert.That(server.Run("BACKUP", "SEAL"), Is.EqualTo("-ERR No backup ready to seal (must be in the incrementing state)"));
        server.Run("CONFIG", "SET", "appendonly", "yes");
        server.TurnUntil(() => server.Server.AppendOnly.State == AppendOnlyState.On);
        Begin(server);
    }

    [Test]
    public void Turning_it_on_meanwhile_changes_nothing_for_a_backup_without_one()
    {
        using var server = Start(isOn: false);
        server.Run("SET", "a", "1");
        Begin(server);
        server.Run("CONFIG", "SET", "appendonly", "yes");
        server.TurnUntil(() => server.Server.AppendOnly.State == AppendOnlyState.On);
        server.Run("SET", "b", "2");
        Assert.That(server.Run("BACKUP", "SEAL"), Is.EqualTo("+OK"));
        Assert.That(SaveTests.InfoOf(server, "aof_enabled"), Is.EqualTo("1"));
        using (var restored = Restore(server)) Assert.That(restored.Run("DBSIZE"), Is.EqualTo(":2"));
        server.Run("BACKUP", "CLEANUP");
        server.TurnUntil(() => server.Server.AppendOnly.PendingBytes == 0);
        using var next = server.Restart(options => Set(options, isOn: true));
        next.TurnUntil(() => next.Server.Startup.IsOver);
        Assert.That(next.Run("DBSIZE"), Is.EqualTo(":2"));
    }

    [Test]
    public void In_a_transaction_it_begins_and_ends_behind_it([Values] bool isOn)
    {
        using var server = Start(isOn);
        server.Run("MULTI");
        server.Run("SET", "before", "1");
        server.Run("BACKUP", "START");
        server.Run("SET", "behind", "1");
        Assert.That(server.Run("EXEC"), Is.EqualTo("[+OK, +OK, +OK]"));
        server.TurnUntil(() => server.Server.Backups.State == BackupState.Incrementing);
        server.Run("MULTI");
        server.Run("INCR", "n");
        server.Run("BACKUP", "SEAL");
        server.Run("INCR", "n");
        Assert.That(server.Run("EXEC"), Is.EqualTo("[:1, +OK, :2]"));
        server.TurnUntil(() => server.Server.Backups.State == BackupState.Sealed);
        using var restored = Restore(server);
        Assert.That((restored.Run("GET", "before"), restored.Run("GET", "behind"), restored.Run("GET", "n")), Is.EqualTo(("\"1\"", "\"1\"", "\"2\"")));
    }

    [Test]
    public void A_sealed_one_goes_after_its_time()
    {
        using var server = Start(isOn: true);
        Assert.That(server.Run("CONFIG", "GET", "backup-sealed-ttl"), Is.EqualTo("[\"backup-sealed-ttl\", \"0\"]"));
        server.Run("CONFIG", "SET", "backup-sealed-ttl", "10");
        Begin(server);
        server.Run("BACKUP", "SEAL");
        server.AdvanceTime(9000);
        Assert.That(Status(server, "state"), Is.EqualTo("sealed"));
        server.AdvanceTime(2000);
        server.TurnUntil(() => server.World.Disk.List("backupdir").Value!.Length == 0);
        Assert.That(Status(server, "state"), Is.EqualTo("idle"));
    }

    // ---- misuse and trouble

    [Test]
    public void Each_misuse_has_its_error()
    {
        using var server = Start(isOn: true);
        Assert.That(server.Run("BACKUP"), Is.EqualTo("-ERR wrong number of arguments for 'backup' command"));
        Assert.That(server.Run("BACKUP", "START", "now"), Is.EqualTo("-ERR wrong number of arguments for 'backup|start' command"));
        Assert.That(server.Run("BACKUP", "STOP"), Is.EqualTo("-ERR unknown subcommand 'STOP'. Try BACKUP HELP."));
        Assert.That(server.Run("BACKUP", "HELP"), Does.StartWith("[+BACKUP <subcommand> [<arg> [value] [opt] ...]. Subcommands are:, +START, "));
        Assert.That(server.Run("BACKUP", "ABORT"), Is.EqualTo("-ERR No backup in progress"));
        Assert.That(server.Run("BACKUP", "SEAL"), Is.EqualTo("-ERR No backup ready to seal (must be in the incrementing state)"));
        Assert.That(server.Run("BACKUP", "CLEANUP"), Is.EqualTo("+OK"));
        DataFolder.Write(server.World.Disk, "backupdir", new() { ["mine"] = [1] });
        Assert.That(server.Run("BACKUP", "START"), Is.EqualTo("-ERR Backup directory ./backupdir is not empty"));
        Assert.That((Status(server, "state"), server.World.Disk.FileExists("backupdir/mine")), Is.EqualTo(("idle", true)));
        server.World.Disk.Delete("backupdir/mine");
        Begin(server);
        Assert.That(server.Run("BACKUP", "START"), Is.EqualTo("-ERR A backup is already in progress, ABORT it first"));
        Assert.That(server.Run("BACKUP", "CLEANUP"), Is.EqualTo("-ERR Backup is in progress"));
        server.Run("BACKUP", "SEAL");
        Assert.That(server.Run("BACKUP", "START"), Is.EqualTo("-ERR A sealed backup exists, CLEANUP it first"));
        Assert.That(server.Run("BACKUP", "ABORT"), Is.EqualTo("-ERR No backup in progress"));
        Assert.That(server.Run("BACKUP", "SEAL"), Is.EqualTo("-ERR No backup ready to seal (must be in the incrementing state)"));
        Assert.That(server.Run("CONFIG", "SET", "backupdirname", "x"), Does.Contain("can't set immutable config"));
        server.Run("HELLO", "3");
        Assert.That(server.Run("BACKUP", "STATUS"), Does.Match("^{\"state\": \"sealed\", \"error\": \"\", \"start_time\": :[0-9]+, \"end_time\": :[0-9]+}$"));
    }

    [Test]
    public void None_begins_while_an_aborted_one_is_still_prepared([Values] bool isCleared)
    {
        using var server = Start(isOn: false);
        server.Run("MULTI");
        server.Run("BACKUP", "START");
        server.Run("BACKUP", "ABORT");
        if (isCleared) server.Run("BACKUP", "CLEANUP");
        server.Run("BACKUP", "START");
        Assert.That(server.Run("EXEC"), Does.Contain("-ERR The backup before is still being given up"));
        server.TurnUntil(() => server.World.Workers.Pending == 0);
        server.Run("BACKUP", "CLEANUP");
        Begin(server);
    }

    [Test]
    public void An_aborted_one_leaves_nothing([Values] bool isOn, [Values] bool isEarly)
    {
        using var server = Start(isOn);
        server.Run("SET", "a", "1");
        if (isEarly)
        {
            server.Run("CONFIG", "SET", "rdb-key-save-delay", "1000000");
            Assert.That(server.Run("BACKUP", "START"), Is.EqualTo("+OK"));
            server.TurnUntil(() => server.Server.SnapshotFiles.Running is { KeysTotal: > 0 });
        }
        else Begin(server);
        server.Run("SET", "b", "2");
        Assert.That(server.Run("BACKUP", "ABORT"), Is.EqualTo("+OK"));
        Assert.That((Status(server, "state"), Status(server, "error")), Is.EqualTo(("failed", "aborted by user")));
        Assert.That((server.World.Disk.List("backupdir").Value, List(server).Length), Is.EqualTo((Array.Empty<string>(), 0)));
        server.Run("CONFIG", "SET", "rdb-key-save-delay", "0");
        Begin(server);
        Assert.That(Status(server, "error"), Is.Empty);
        Assert.That(server.Run("BACKUP", "SEAL"), Is.EqualTo("+OK"));
        using var restored = Restore(server);
        Assert.That(restored.Run("DBSIZE"), Is.EqualTo(":2"));
    }

    [Test]
    public void A_disk_that_fails_ends_the_backup_and_nothing_else()
    {
        using var server = Start(isOn: false);
        server.Run("SET", "a", "1");
        Begin(server);
        server.World.Disk.FreeBytes = 5;
        server.Run("SET", "b", "2");
        server.TurnUntil(() => server.Server.Backups.State == BackupState.Failed);
        Assert.That(Status(server, "error"), Is.EqualTo("No space left on device"));
        Assert.That(server.Run("SET", "c", "3"), Is.EqualTo("+OK"));
        server.TurnUntil(() => server.World.Disk.List("backupdir").Value!.Length == 0);
        server.World.Disk.FreeBytes = long.MaxValue;
        Begin(server);
        server.World.Disk.SyncError = "Input/output error";
        Assert.That(server.Run("BACKUP", "SEAL"), Is.EqualTo("-ERR The backup failed: Input/output error"));
    }

    [Test]
    public void A_disk_that_does_not_keep_up_ends_the_backup_and_holds_nobody_up()
    {
        using var server = Start(isOn: false, options => options.AppendOnly.BufferBytesMax = 1 << 20);
        Begin(server);
        server.World.Disk.Pace.Stall(60_000);
        var value = new string('x', 100_000);
        for (var i = 0; i < 30; i++) Assert.That(server.Run("SET", $"k{i}", value), Is.EqualTo("+OK"));
        Assert.That((Status(server, "state"), Status(server, "error")), Is.EqualTo(("failed", "the disk does not take the changes as fast as they come")));
        Assert.That(server.World.Clock.MonotonicNanoseconds, Is.LessThan(30_000_000_000), "the disk stands still");
        Assert.That(server.Server.Allocator.UsedBytes, Is.LessThan(10 << 20));
        Assert.That(server.Run("BACKUP", "START"), Is.EqualTo("-ERR The backup before is still being given up"));
    }

    [Test]
    public void When_a_base_cannot_be_written_it_has_failed([Values] bool isOn)
    {
        using var server = Start(isOn);
        server.Run("SET", "a", "1");
        Assert.That(server.Run("BACKUP", "START"), Is.EqualTo("+OK"));
        server.World.Disk.RenameError = "Permission denied";
        server.TurnUntil(() => server.Server.Backups.State == BackupState.Failed);
        Assert.That(Status(server, "error"), Does.Contain("Permission denied"));
    }

    // ---- preload-file

    [Test]
    public void A_start_loads_what_preload_file_names_and_not_its_own_files([Values] bool isOn)
    {
        using var server = Start(isOn: true);
        server.Run("SET", "a", "1");
        Begin(server);
        server.Run("SET", "b", "2");
        server.Run("BACKUP", "SEAL");
        var world = new SimulatedWorld(3);
        DataFolder.Write(world.Disk, "/restore", DataFolder.Read(server.World.Disk, "backupdir"));
        using (var other = new SimulatedServer(options => Set(options, isOn), world: world))
        {
            other.TurnUntil(() => other.Server.Startup.IsOver);
            other.Run("SET", "own", "1");
            other.Run("SAVE");
            other.TurnUntil(() => other.Server.AppendOnly.PendingBytes == 0);
            var before = DataFolder.Read(world.Disk, "restore");
            using var restored = other.Restart(options => Set(options, isOn, o => o.PreloadFile = "aof:/restore/appendonly.aof.manifest"));
            restored.TurnUntil(() => restored.Server.Startup.IsOver);
            Assert.That((restored.Run("DBSIZE"), restored.Run("GET", "b")), Is.EqualTo((":2", "\"2\"")));
            restored.Run("SET", "late", "1");
            restored.TurnUntil(() => restored.Server.AppendOnly.PendingBytes == 0);
            Assert.That(DataFolder.Read(world.Disk, "restore"), Is.EqualTo(before));
            if (!isOn) return;
            Assert.That(world.Disk.FileExists("appendonlydir/appendonly.aof.1.incr.aof"), Is.False, "what there was is history");
            using var next = restored.Restart(options => Set(options, isOn));
            next.TurnUntil(() => next.Server.Startup.IsOver);
            Assert.That((next.Run("DBSIZE"), next.Run("GET", "late"), next.Run("EXISTS", "own")), Is.EqualTo((":3", "\"1\"", ":0")));
        }
    }

    [Test]
    public void It_takes_an_RDB_file_and_a_single_file_of_commands_too()
    {
        using var maker = Start(isOn: false);
        maker.Run("SET", "a", "1");
        maker.Run("SAVE");
        byte[] rdb = maker.World.Disk.ReadAll("dump.rdb").Value!, commands = "*3\r\n$3\r\nSET\r\n$1\r\nb\r\n$1\r\n2\r\n"u8.ToArray();
        foreach (var (value, bytes, keys) in new[] { ("rdb:/x/some.rdb", rdb, ":1"), ("aof:/x/one.aof", commands, ":1"), ("aof:/x/both.aof", [.. rdb, .. commands], ":2") })
        {
            var world = new SimulatedWorld(1);
            DataFolder.Write(world.Disk, "/x", new() { [value.Split('/')[^1]] = bytes });
            using var server = Start(isOn: true, options => options.PreloadFile = value, world);
            Assert.That(server.Run("DBSIZE"), Is.EqualTo(keys), value);
            using var next = server.Restart(options => Set(options, isOn: true));
            next.TurnUntil(() => next.Server.Startup.IsOver);
            Assert.That(next.Run("DBSIZE"), Is.EqualTo(keys), value);
        }
    }

    [TestCase("rdb:/x/none.rdb", "No such file or directory")]
    [TestCase("aof:/x/none.manifest", "The file /x/none.manifest that is to be loaded doesn't exist")]
    [TestCase("aof:/x/cut.aof", "Unexpected end of file reading the append only file cut.aof")]
    public void What_cannot_be_loaded_stops_the_start(string value, string line)
    {
        var log = new LogLines();
        using var world = new SimulatedWorld(1);
        DataFolder.Write(world.Disk, "/x", new() { ["cut.aof"] = "*3\r\n$3\r\nSET\r\n$1\r\nb\r\n$1\r\n"u8.ToArray() });
        var options = new ServerOptions { Bind = ["*"], Memory = new() { Checked = true, RangeBytesMax = 1L << 30 } };
        Set(options, isOn: true, o => o.PreloadFile = value);
        using var server = new Server(options, world, log);
        if (server.Start() is null)
        {
            for (var turns = 0; server.Startup.Error is null && turns < 10_000; turns++) server.Turn();
        }
        Assert.That(server.Startup.Error, Is.Not.Null);
        Assert.That(log.Text, Does.Contain(line));
        Assert.That(world.Disk.ReadAll("/x/cut.aof").Value, Has.Length.EqualTo(24));
    }

    [TestCase("aof:/tmp/foo", "preload-file must end with an extension")]
    [TestCase("rdb:/tmp/foo.", "preload-file must end with an extension")]
    [TestCase("invalid:/tmp/foo.rdb", "argument must be in the format '[aof|rdb]:[filename]'")]
    [TestCase("aof:foo.manifest", "argument must be in the format '[aof|rdb]:[filename]'")]
    [TestCase("aof:/a/../b.manifest", "preload-file path must be a normalized absolute file path")]
    [TestCase("aof:/a//b.manifest", "preload-file path must be a normalized absolute file path")]
    [TestCase("rdb:/a/b.rdb", null)]
    public void Its_value_is_checked(string value, string? error) => Assert.That(PreloadFile.Validate(value), Is.EqualTo(error));
}
