using System.Text;

namespace Carnelian.Tests;

/// <summary>The append-only file, from the outside: what stands in it, what a start makes of it, what clients notice.</summary>
internal sealed class AppendOnlyTests
{
    private const string Folder = "appendonlydir/", Manifest = Folder + "appendonly.aof.manifest", Increment = Folder + "appendonly.aof.1.incr.aof";

    private static SimulatedServer Start(Action<AppendOnlyOptions>? configure = null, LogLines? log = null, SimulatedWorld? world = null) => new(options => Set(options, configure), logger: log, world: world);

    private static void Set(ServerOptions options, Action<AppendOnlyOptions>? configure)
    {
        options.DebugCommand = ProtectedAction.Yes;
        options.Persistence.AppendOnly.IsOn = true;
        configure?.Invoke(options.Persistence.AppendOnly);
    }

    private static SimulatedServer Restart(SimulatedServer server, Action<AppendOnlyOptions>? configure = null, LogLines? log = null)
    {
        var next = server.Restart(options => Set(options, configure), log);
        next.TurnUntil(() => !next.Server.Loading.IsOn);
        return next;
    }

    private static string Read(SimulatedServer server, string path) => Encoding.Latin1.GetString(server.World.Disk.ReadAll(path).Value!);

    /// <summary>The commands of a file, a line each.</summary>
    private static string Commands(SimulatedServer server, string path)
    {
        using var file = server.World.Disk.Open(path, DiskOpenMode.Read).Value!;
        using var reader = new AppendOnlyReader(file, server.Server.Allocator);
        var text = new StringBuilder();
        for (AppendOnlyItem item; (item = reader.Next()) is AppendOnlyItem.Command or AppendOnlyItem.Annotation;)
        {
            if (item == AppendOnlyItem.Annotation) text.Append(ByteText.FromBytes(reader.Annotation));
            else for (var i = 0; i < reader.Arguments.Count; i++) text.Append(i > 0 ? " " : "").Append(ByteText.FromBytes(reader.Arguments[i]));
            text.Append('\n');
        }
        return text.ToString();
    }

    private static void Append(SimulatedServer server, string path, string text)
    {
        using var file = server.World.Disk.Open(path, DiskOpenMode.Append).Value!;
        file.Append(Encoding.Latin1.GetBytes(text));
    }

    /// <summary>All that was changed so far is in the file.</summary>
    private static void WaitForWrites(SimulatedServer server) => server.TurnUntil(() => server.Server.AppendOnly.PendingBytes == 0);

    private static void WaitForRewrite(SimulatedServer server) => server.TurnUntil(() => !server.Server.AppendOnly.Rewrites.IsRunning && !server.Server.AppendOnly.Rewrites.IsScheduled);

    [Test]
    public void Changes_stand_in_it_as_Redis_writes_them_and_a_start_repeats_them()
    {
        using var first = Start();
        first.Run("SET", "a", "1");
        first.Run("SELECT", "3");
        first.Run("SET", "b", "2", "EX", "100");
        first.Run("MULTI");
        first.Run("INCR", "c");
        first.Run("SPOP", "nothing");
        first.Run("RPUSH", "l", "x", "y");
        first.Run("EXEC");
        WaitForWrites(first);
        Assert.That(Commands(first, Increment), Does.Match(
            "^SELECT 0\nSET a 1\nSELECT 3\nSET b 2 PXAT [0-9]+\nMULTI\nINCR c\nRPUSH l x y\nEXEC\n$"));
        using var second = Restart(first);
        Assert.That(second.Run("GET", "a"), Is.EqualTo("\"1\""));
        second.Run("SELECT", "3");
        Assert.That((second.Run("GET", "c"), second.Run("LRANGE", "l", "0", "-1")), Is.EqualTo(("\"1\"", "[\"x\", \"y\"]")));
        second.Run("SET", "a", "3");
        WaitForWrites(second);
        Assert.That(Commands(second, Increment), Does.EndWith("EXEC\nSELECT 3\nSET a 3\n"), "the file goes on, and says its database anew");
    }

    [Test]
    public void The_manifest_names_a_base_and_an_increment_from_the_start()
    {
        using var server = Start();
        Assert.That(Read(server, Manifest), Is.EqualTo("file appendonly.aof.1.base.rdb seq 1 type b\nfile appendonly.aof.1.incr.aof seq 1 type i\n"));
    }

    [Test]
    public void Always_a_reply_waits_for_what_it_changed_or_read_and_nobody_else_does()
    {
        using var server = Start(o => o.Policy = SyncPolicy.Always);
        server.Run("SET", "other", "1");
        var (reader, bystander) = (server.Connect(), server.Connect());
        reader.Run("PING");
        bystander.Run("PING");
        server.World.Simulation.Conditions.JobMicrosecondsMax = 1_000_000;
        for (var round = 0; round < 20; round++)
        {
            server.Client.Send("SET", "k", $"{round}");
            server.TurnUntil(() => server.Server.Keyspace.Changes.Offset > server.Server.AppendOnly.SafeOffset);
            reader.Send("GET", "k");
            var before = server.World.Clock.MonotonicNanoseconds;
            Assert.That(bystander.Run("GET", "other"), Is.EqualTo("\"1\""));
            var isSafe = server.Server.AppendOnly.SafeOffset == server.Server.Keyspace.Changes.Offset;
            if (!isSafe) Assert.That((server.Client.Arrived(), reader.Arrived()), Is.EqualTo((Array.Empty<string>(), Array.Empty<string>())), $"round {round}");
            Assert.That((server.World.Clock.MonotonicNanoseconds - before) / 1000, Is.LessThan(1_000_000));
            Assert.That((server.Client.Read(), reader.Read()), Is.EqualTo(("+OK", $"\"{round}\"")));
            Assert.That(server.Server.AppendOnly.SafeOffset, Is.EqualTo(server.Server.Keyspace.Changes.Offset));
        }
    }

    [Test]
    public void Always_clients_who_write_by_turns_come_together_and_one_sync_serves_them_all()
    {
        const int syncMs = 10, rounds = 40;
        using var server = Start(o => o.Policy = SyncPolicy.Always);
        var (first, second) = (server.Connect(), server.Connect());
        server.World.Disk.Pace.SyncMicrosecondsMin = server.World.Disk.Pace.SyncMicrosecondsMax = syncMs * 1000;
        server.World.Simulation.Conditions.JobMicrosecondsMax = 100;
        first.Send("SET", "first", "0");
        server.TurnUntil(() => server.Server.AppendOnly.IsSyncing);
        second.Send("SET", "second", "0");
        var began = server.World.Clock.MonotonicNanoseconds;
        var (left, firstHas, secondHas) = (2 * rounds, 0, 0);
        server.TurnUntil(() =>
        {
            GoOn(first, "first", ref firstHas);
            GoOn(second, "second", ref secondHas);
            return left <= 0;
        });
        var ms = (server.World.Clock.MonotonicNanoseconds - began) / 1_000_000;
        Assert.That(ms, Is.InRange(rounds * syncMs - syncMs, rounds * syncMs * 3 / 2), "each would wait for the other's sync, and it would take twice as long");

        void GoOn(TestClient client, string key, ref int has)
        {
            var replies = client.Arrived().Length;
            if (replies == 0) return;
            left -= replies;
            client.Send("SET", key, $"{++has}");
        }
    }

    [Test]
    public void Always_nothing_acknowledged_is_lost_when_the_power_fails([Range(1, 20)] int seed)
    {
        var server = new SimulatedServer(options => Set(options, o => o.Policy = SyncPolicy.Always), seed: (ulong)seed);
        var acknowledged = 0;
        var random = new Random(seed);
        for (var i = 1; i <= random.Next(1, 40); i++)
        {
            server.Client.Send("SET", "n", $"{i}");
            if (random.Next(6) == 0) break;
            Assert.That(server.Client.Read(), Is.EqualTo("+OK"));
            acknowledged = i;
        }
        server.World.Crash();
        server.Server.Dispose();
        using var next = new SimulatedServer(options => Set(options, null), world: server.World);
        next.TurnUntil(() => !next.Server.Loading.IsOn);
        Assert.That(next.Server.Startup.Error, Is.Null);
        var value = next.Run("GET", "n");
        Assert.That(value == "nil" ? 0 : int.Parse(value.Trim('"'), System.Globalization.CultureInfo.InvariantCulture), Is.GreaterThanOrEqualTo(acknowledged));
    }

    [Test]
    public void A_full_disk_refuses_writes_until_there_is_room_again()
    {
        var log = new LogLines();
        using var server = Start(log: log);
        server.Run("SET", "a", "1");
        WaitForWrites(server);
        server.World.Disk.FreeBytes = 5;
        server.Run("SET", "a", "2");
        server.TurnUntil(() => server.Server.AppendOnly.Error is not null);
        Assert.That(server.Run("SET", "a", "3"), Is.EqualTo("-MISCONF Errors writing to the AOF file: No space left on device"));
        Assert.That(server.Run("GET", "a"), Is.EqualTo("\"2\""));
        Assert.That(SaveTests.InfoOf(server, "aof_last_write_status"), Is.EqualTo("err"));
        Assert.That(SaveTests.InfoOf(server, "aof_last_write_error"), Is.EqualTo("No space left on device"));
        Assert.That(log.Text, Does.Contain($"Error writing to the AOF file: No space left on device"));
        Assert.That(Commands(server, Increment), Is.EqualTo("SELECT 0\nSET a 1\n"), "no part of what did not fit is left");
        server.World.Disk.FreeBytes = long.MaxValue;
        server.TurnUntil(() => server.Server.AppendOnly.Error is null);
        Assert.That(server.Run("SET", "a", "4"), Is.EqualTo("+OK"));
        WaitForWrites(server);
        Assert.That(Commands(server, Increment), Is.EqualTo("SELECT 0\nSET a 1\nSET a 2\nSET a 4\n"));
        Assert.That(log.Text, Does.Contain("AOF write error looks solved, Redis can write again."));
    }

    [Test]
    public void Always_a_disk_that_fails_ends_the_process()
    {
        var log = new LogLines();
        using var server = Start(o => o.Policy = SyncPolicy.Always, log);
        server.World.Disk.SyncError = "Input/output error";
        server.Client.Send("SET", "a", "1");
        Assert.That(() => server.TurnUntil(() => false), Throws.TypeOf<ProcessEndedException>().With.Message.Contains("status 1"));
        Assert.That(log.Text, Does.Contain("Can't persist AOF for fsync error when the AOF fsync policy is 'always': Input/output error. Exiting..."));
    }

    [Test]
    public void Trimming_with_a_limit_is_repeated_as_far_as_it_went()
    {
        using var server = Start();
        server.Run("CONFIG", "SET", "stream-node-max-entries", "10");
        for (var i = 1; i <= 100; i++) server.Run("XADD", "added", $"{i}-1", "f", "v");
        server.Run("COPY", "added", "trimmed");
        server.Run("XADD", "added", "MAXLEN", "~", "55", "LIMIT", "30", "101-1", "f", "v");
        server.Run("XTRIM", "trimmed", "MINID", "~", "55", "LIMIT", "30");
        Assert.That((server.Run("XLEN", "added"), server.Run("XLEN", "trimmed")), Is.EqualTo((":71", ":70")));
        WaitForWrites(server);
        // As Redis writes it, with an option that no client may give there.
        Assert.That(Commands(server, Increment), Does.Contain("\nXADD added MAXLEN = 71 LIMIT 30 101-1 f v\nXTRIM trimmed MINID = 31-1 LIMIT 30\n"));
        using var next = Restart(server);
        Assert.That((next.Run("XLEN", "added"), next.Run("XLEN", "trimmed")), Is.EqualTo((":71", ":70")));
        Assert.That(next.Run("XADD", "added", "MAXLEN", "=", "5", "LIMIT", "30", "*", "f", "v"), Does.StartWith("-ERR syntax error"));
    }

    [Test]
    public void A_rewrite_leaves_a_base_and_one_increment([Values] bool isRdb)
    {
        using var server = Start(o => o.BaseIsRdb = isRdb);
        for (var i = 0; i < 200; i++) server.Run("SET", $"k{i}", $"{i}");
        Assert.That(server.Run("BGREWRITEAOF"), Is.EqualTo("+Background append only file rewriting started"));
        server.Run("SET", "late", "1");
        WaitForRewrite(server);
        WaitForWrites(server);
        server.TurnUntil(() => !Read(server, Manifest).Contains("type h", StringComparison.Ordinal));
        var suffix = isRdb ? "rdb" : "aof";
        Assert.That(Read(server, Manifest), Is.EqualTo($"file appendonly.aof.2.base.{suffix} seq 2 type b\nfile appendonly.aof.2.incr.aof seq 2 type i\n"));
        Assert.That(server.World.Disk.List("appendonlydir").Value, Is.EqualTo(new[] { $"appendonly.aof.2.base.{suffix}", "appendonly.aof.2.incr.aof", "appendonly.aof.manifest" }));
        var digest = server.Run("DEBUG", "DIGEST");
        using var next = Restart(server);
        Assert.That((next.Run("DBSIZE"), next.Run("DEBUG", "DIGEST")), Is.EqualTo((":201", digest)));
    }

    [Test]
    public void An_increment_is_synced_before_the_manifest_names_the_next_one()
    {
        using var server = Start();
        for (var i = 0; i < 200; i++) server.Run("SET", $"k{i}", new string('x', 300));
        server.Run("BGREWRITEAOF");
        server.TurnUntil(() => Read(server, Manifest).Contains("seq 2 type i", StringComparison.Ordinal));
        var length = Read(server, Increment).Length;
        server.World.Crash();
        Assert.That(Read(server, Increment), Has.Length.EqualTo(length).And.EndsWith("x\r\n"));
    }

    [Test]
    public void A_rewrite_that_fails_leaves_an_increment_more_and_nothing_is_lost()
    {
        using var server = Start();
        server.Run("SET", "a", "1");
        server.World.Disk.RenameError = "Permission denied";
        server.Run("BGREWRITEAOF");
        WaitForRewrite(server);
        server.World.Disk.RenameError = null;
        Assert.That(SaveTests.InfoOf(server, "aof_last_bgrewrite_status"), Is.EqualTo("err"));
        server.Run("SET", "b", "2");
        WaitForWrites(server);
        using var next = Restart(server);
        Assert.That((next.Run("GET", "a"), next.Run("GET", "b")), Is.EqualTo(("\"1\"", "\"2\"")));
        Assert.That(next.World.Disk.List("appendonlydir").Value!.Where(name => name.StartsWith("temp-", StringComparison.Ordinal)), Is.Empty);
    }

    [Test]
    public void Turned_on_in_a_transaction_it_begins_behind_it()
    {
        var log = new LogLines();
        using var server = new SimulatedServer(options => options.DebugCommand = ProtectedAction.Yes, logger: log);
        server.Run("MULTI");
        foreach (var request in new[] { "SET k 1", "CONFIG SET appendonly yes", "SET k 2" }) server.Run(request.Split(' '));
        Assert.That(server.Run("EXEC"), Is.EqualTo("[+OK, +OK, +OK]"));
        Assert.That(log.Text, Does.Contain("AOF was enabled during a transaction. An AOF background was scheduled to start when possible."));
        server.TurnUntil(() => server.Server.AppendOnly.State == AppendOnlyState.On);
        Assert.That(Commands(server, Increment), Is.Empty, "the base has all of it");
        using var next = Restart(server);
        Assert.That(next.Run("GET", "k"), Is.EqualTo("\"2\""));
    }

    [Test]
    public void Turned_on_while_running_it_begins_with_what_there_is_and_turned_off_it_ends()
    {
        using var server = new SimulatedServer(options => options.DebugCommand = ProtectedAction.Yes);
        server.Run("SET", "a", "1");
        Assert.That(server.Run("CONFIG", "SET", "appendonly", "yes"), Is.EqualTo("+OK"));
        server.Run("SET", "b", "2");
        server.TurnUntil(() => server.Server.AppendOnly.State == AppendOnlyState.On);
        Assert.That(server.Run("WAITAOF", "1", "0", "0"), Is.EqualTo("[:1, :0]"));
        Assert.That(server.Run("CONFIG", "SET", "appendonly", "no"), Is.EqualTo("+OK"));
        server.Run("SET", "c", "3");
        server.AdvanceTime(2000);
        Assert.That(SaveTests.InfoOf(server, "aof_enabled"), Is.EqualTo("0"));
        using var next = Restart(server);
        Assert.That((next.Run("GET", "a"), next.Run("GET", "b"), next.Run("GET", "c")), Is.EqualTo(("\"1\"", "\"2\"", "nil")));
    }

    [Test]
    public void In_a_folder_that_is_gone_nothing_is_begun()
    {
        using var server = new SimulatedServer(options => options.Persistence.Directory = "gone");
        server.Run("SET", "k", "v");
        Assert.That(server.Run("CONFIG", "SET", "appendonly", "yes"), Does.StartWith("-ERR CONFIG SET failed (possibly related to argument 'appendonly') - "));
        Assert.That(server.Run("BGREWRITEAOF"), Does.StartWith("-ERR Can't execute an AOF background rewriting."));
        Assert.That(server.World.Disk.DirectoryExists("gone"), Is.False);
        server.World.Disk.CreateDirectory("gone");
        Assert.That(server.Run("CONFIG", "SET", "appendonly", "yes"), Is.EqualTo("+OK"));
    }

    [Test]
    public void WAITAOF_waits_for_the_sync_of_the_second()
    {
        using var server = Start();
        server.Run("SET", "a", "1");
        server.Client.Send("WAITAOF", "1", "0", "0");
        Assert.That(server.Client.Read(), Is.EqualTo("[:1, :0]"));
        Assert.That(server.Server.AppendOnly.SafeOffset, Is.EqualTo(server.Server.Keyspace.Changes.Offset));
        server.World.Disk.SyncError = "Input/output error";
        server.Run("SET", "a", "2");
        Assert.That(server.Run("WAITAOF", "1", "0", "100"), Is.EqualTo("[:0, :0]"));
    }

    [Test]
    public void An_end_in_the_midst_of_a_command_is_cut_off_and_of_a_transaction_with_its_beginning()
    {
        foreach (var tail in new[] { "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n", "*1\r\n$5\r\nMULTI\r\n*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n2\r\n" })
        {
            using var server = Start();
            server.Run("SET", "a", "1");
            WaitForWrites(server);
            var whole = Read(server, Increment).Length;
            Append(server, Increment, tail);
            var log = new LogLines();
            using var next = Restart(server, log: log);
            Assert.That(next.Run("GET", "a"), Is.EqualTo("\"1\""));
            Assert.That(Read(next, Increment), Has.Length.EqualTo(whole));
            Assert.That(log.Text, Does.Contain($"!!! Truncating the AOF appendonly.aof.1.incr.aof at offset {whole} !!!\nAOF appendonly.aof.1.incr.aof loaded anyway because aof-load-truncated is enabled\n"));
        }
    }

    [Test]
    public void A_damaged_middle_stops_the_start_with_file_and_offset_and_a_damaged_end_may_be_cut_off()
    {
        using var server = Start(o => o.WritesChecksums = true);
        for (var i = 0; i < 10; i++) server.Run("SET", "a", $"{i}{i}{i}{i}");
        WaitForWrites(server);
        var path = Increment;
        var bytes = Encoding.Latin1.GetBytes(Read(server, path).Replace("7777", "7707", StringComparison.Ordinal));
        server.World.Disk.Delete(path);
        Append(server, path, Encoding.Latin1.GetString(bytes));
        var log = new LogLines();
        server.World.Kill();
        server.Server.Dispose();
        var offset = Encoding.Latin1.GetString(bytes).LastIndexOf("#CRC", Encoding.Latin1.GetString(bytes).IndexOf("7707", StringComparison.Ordinal), StringComparison.Ordinal);
        using (var failing = new SimulatedServer(options => Set(options, null), logger: log, world: server.World)) failing.TurnUntil(() => !failing.Server.Loading.IsOn);
        Assert.That(log.Text, Does.Contain($"appendonly.aof.1.incr.aof, at byte {offset}: Wrong checksum"));
        using var lenient = new SimulatedServer(options => Set(options, o => o.CorruptTailBytesMax = 10_000), logger: log, world: server.World);
        lenient.TurnUntil(() => !lenient.Server.Loading.IsOn);
        Assert.That(lenient.Run("GET", "a"), Is.EqualTo("\"6666\""));
    }

    [Test]
    public void An_RDB_file_without_an_append_only_one_is_loaded_and_becomes_its_base()
    {
        using var server = new SimulatedServer();
        server.Run("SET", "a", "1");
        server.Run("SAVE");
        using var next = Restart(server);
        Assert.That(next.Run("GET", "a"), Is.EqualTo("\"1\""));
        next.World.Disk.Delete("dump.rdb");
        using var third = Restart(next);
        Assert.That(third.Run("GET", "a"), Is.EqualTo("\"1\""));
    }

    [Test]
    public void Files_without_their_manifest_stop_the_start_and_say_what_to_do()
    {
        using var server = Start();
        server.Run("SET", "a", "1");
        WaitForWrites(server);
        server.World.Disk.Delete(Manifest);
        server.World.Kill();
        server.Server.Dispose();
        var log = new LogLines();
        var options = new ServerOptions { Bind = ["*"], Memory = new() { Checked = true, RangeBytesMax = 1L << 30 } };
        Set(options, null);
        using var failing = new Server(options, server.World, log);
        Assert.That(failing.Start(), Does.Contain("can't be loaded"));
        Assert.That(log.Text, Does.Contain("no manifest appendonly.aof.manifest").And.Contain("You can: 1)"));
        Assert.That(server.World.Disk.List("appendonlydir").Value, Is.EqualTo(new[] { "appendonly.aof.1.base.rdb", "appendonly.aof.1.incr.aof" }));
    }

    [Test]
    public void The_single_file_of_an_older_server_becomes_the_base()
    {
        using var server = new SimulatedServer();
        Append(server, "appendonly.aof", "*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n");
        using var next = Restart(server);
        Assert.That(next.Run("GET", "a"), Is.EqualTo("\"1\""));
        Assert.That(Read(next, Manifest), Is.EqualTo("file appendonly.aof seq 1 type b\nfile appendonly.aof.1.incr.aof seq 1 type i\n"));
        Assert.That(next.World.Disk.FileExists("appendonly.aof"), Is.False);
    }

    [Test]
    public void Timestamps_and_checksums_are_annotations_that_a_load_passes_over()
    {
        using var server = Start(o => (o.WritesTimestamps, o.WritesChecksums) = (true, true));
        server.Run("SET", "a", "1");
        WaitForWrites(server);
        Assert.That(Commands(server, Increment), Does.Match("^#TS:[0-9]+\n#CRC:[0-9a-f]{8} [0-9]{10}\nSELECT 0\nSET a 1\n$"));
        using var next = Restart(server);
        Assert.That(next.Run("GET", "a"), Is.EqualTo("\"1\""));
    }

    [Test]
    public void When_too_much_waits_for_the_disk_who_writes_waits_and_nobody_else()
    {
        using var server = Start(o => o.BufferBytesMax = 1 << 20);
        server.Run("SET", "small", "1");
        WaitForWrites(server);
        server.World.Simulation.Conditions.JobMicrosecondsMax = 5_000_000;
        var value = new string('x', 400_000);
        for (var i = 0; i < 4; i++) server.Client.Send("SET", "large", value);
        server.TurnUntil(() => server.Server.AppendOnly.IsFull);
        var (writer, reader) = (server.Connect(), server.Connect());
        writer.Send("SET", "small", "2");
        Assert.That(reader.Run("GET", "small"), Is.EqualTo("\"1\""));
        if (server.Server.AppendOnly.IsFull) Assert.That(writer.Arrived(), Is.Empty);
        Assert.That(writer.Read(), Is.EqualTo("+OK"));
        Assert.That(server.Server.AppendOnly.IsFull, Is.False);
    }
}
