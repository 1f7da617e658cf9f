using System.Globalization;

namespace Carnelian.Tests;

/// <summary>What docs/backup.md says of going back to a moment: copy the folder, check-aof --truncate-to-timestamp, start a server on the copy. It has the data of that moment, or the tool refuses.</summary>
internal sealed class PointInTimeRestoreTests
{
    private const string Copy = "copy";

    /// <summary>A moment, seconds since 1970, and the data at its end.</summary>
    private sealed record Moment(long Seconds, string Digest, string Shown);

    private static void Set(ServerOptions options)
    {
        options.DebugCommand = ProtectedAction.Yes;
        options.Persistence.AppendOnly.IsOn = true;
        options.Persistence.AppendOnly.RewritePercent = 0;
        options.Persistence.AppendOnly.WritesTimestamps = true;
    }

    private static SimulatedServer Start(bool isRdb = true, bool hasChecksums = false, ulong seed = 1) => new(options =>
    {
        Set(options);
        (options.Persistence.AppendOnly.BaseIsRdb, options.Persistence.AppendOnly.WritesChecksums) = (isRdb, hasChecksums);
    }, seed: seed);

    private static long NowSeconds(SimulatedServer server) => server.World.Clock.UnixMilliseconds / 1000;

    private static void WaitForWrites(SimulatedServer server) => server.TurnUntil(() => server.Server.AppendOnly.PendingBytes == 0);

    /// <summary>Notes what there is shortly before the second is over, and goes on into the next one.</summary>
    private static Moment EndSecond(SimulatedServer server)
    {
        server.AdvanceTime(Math.Max(0, 900 - server.World.Clock.UnixMilliseconds % 1000));
        var moment = new Moment(NowSeconds(server), server.Run("DEBUG", "DIGEST"), Show(server));
        server.AdvanceTime(1000 - server.World.Clock.UnixMilliseconds % 1000);
        return moment;
    }

    /// <summary>What the digest does not tell: when keys expire.</summary>
    private static string Show(SimulatedServer server) =>
        string.Join(' ', server.Client.RunValue("KEYS", "*").Items.Select(key => key.Text!).Order(StringComparer.Ordinal).Select(key => $"{key} {server.Run("PEXPIRETIME", key)}"));

    /// <summary>A world whose disk has a copy of the set.</summary>
    private static SimulatedWorld CopyOf(SimulatedServer server)
    {
        var world = new SimulatedWorld(2);
        DataFolder.Write(world.Disk, $"{Copy}/{DataFolder.Append}", DataFolder.Read(server.World.Disk, DataFolder.Append));
        return world;
    }

    private static (int Status, string Output) Truncate(SimulatedWorld world, long seconds) =>
        DataFolder.CheckAof(world, "--truncate-to-timestamp", seconds.ToString(CultureInfo.InvariantCulture), $"{Copy}/{DataFolder.Manifest}");

    private static SimulatedServer StartCopy(SimulatedWorld world)
    {
        var server = new SimulatedServer(options =>
        {
            Set(options);
            options.Persistence.Directory = Copy;
        }, world: world);
        server.TurnUntil(() => server.Server.Startup.IsOver || server.Server.Startup.Error is not null);
        Assert.That(server.Server.Startup.Error, Is.Null);
        return server;
    }

    private static void AssertRestores(SimulatedServer server, Moment moment)
    {
        var world = CopyOf(server);
        var (status, output) = Truncate(world, moment.Seconds);
        Assert.That(status, Is.Zero, output);
        using var restored = StartCopy(world);
        Assert.That((restored.Run("DEBUG", "DIGEST"), Show(restored)), Is.EqualTo((moment.Digest, moment.Shown)), $"second {moment.Seconds}");
    }

    [Test]
    public void The_data_before_somebody_emptied_the_database_come_back()
    {
        using var server = Start();
        for (var i = 0; i < 100; i++) server.Run("SET", $"key {i}", $"{i}", "EX", "100000");
        server.Run("MULTI");
        server.Run("RPUSH", "list", "a", "b");
        server.Run("HSET", "hash", "f", "v");
        server.Run("EXEC");
        var before = EndSecond(server);
        server.Run("FLUSHALL");
        server.Run("SET", "after", "1");
        var behind = EndSecond(server);
        WaitForWrites(server);
        AssertRestores(server, before);
        AssertRestores(server, behind);
        Assert.That(before.Shown, Does.Contain("key 99 ").And.Contain("list"));
        Assert.That(behind.Shown, Is.EqualTo("after :-1"));
    }

    [Test]
    public void Each_of_many_moments_comes_back_exactly([Range(1, 8)] int seed)
    {
        var random = new Random(seed);
        using var server = Start(isRdb: seed % 2 == 0, hasChecksums: seed % 3 == 0, seed: (ulong)seed);
        // Never in a copy, which is started as early as this one was.
        server.World.Advance(10_000);
        for (var i = random.Next(30); i > 0; i--) Change(server, random);
        server.AdvanceTime(3000);
        server.Run("BGREWRITEAOF");
        server.TurnUntil(() => !server.Server.AppendOnly.Rewrites.IsRunning);
        server.AdvanceTime(1000 - server.World.Clock.UnixMilliseconds % 1000);
        var moments = new List<Moment> { EndSecond(server) };
        for (var seconds = 0; seconds < 12; seconds++)
        {
            for (var i = random.Next(12); i > 0; i--)
            {
                Change(server, random);
                // Within the second still.
                if (server.World.Clock.UnixMilliseconds % 1000 < 800) server.World.Advance(random.Next(10));
            }
            moments.Add(EndSecond(server));
            if (random.Next(3) == 0) server.AdvanceTime(1000 * random.Next(5));
        }
        WaitForWrites(server);
        foreach (var moment in moments) AssertRestores(server, moment);
    }

    private static void Change(SimulatedServer server, Random random)
    {
        var (key, value) = ($"{random.Next(6)}", $"{random.Next(1000)}");
        // In the midst of a second, so that it is over, and has been deleted, by the end of that one.
        var dueMs = $"{(NowSeconds(server) + random.Next(1, 5)) * 1000 + 500}";
        string[][] requests = random.Next(11) switch
        {
            0 => [["SET", key, value]],
            1 => [["SET", key, value, "PXAT", dueMs]],
            2 => [["DEL", key]],
            3 => [["RPUSH", $"list {key}", value, "x"]],
            4 => [["SADD", $"set {key}", value, "1", "2"], ["SPOP", $"set {key}"]],
            5 => [["ZADD", $"scores {key}", value, "a", "2.5", "b"], ["ZPOPMIN", $"scores {key}"]],
            6 => [["HSET", $"hash {key}", "f", value], ["HPEXPIREAT", $"hash {key}", dueMs, "FIELDS", "1", "f"]],
            7 => [["MULTI"], ["INCR", "n"], ["APPEND", "text", value], ["XADD", "stream", "*", "n", value], ["EXEC"]],
            8 => [["RENAME", $"list {key}", "renamed"]],
            9 when random.Next(10) == 0 => [["FLUSHALL"]],
            _ => [["PERSIST", key]],
        };
        foreach (var request in requests) server.Run(request);
    }

    [Test]
    public void A_moment_before_the_base_is_refused_and_nothing_is_changed([Values] bool isRdb, [Values] bool isWrittenAfterwards)
    {
        using var server = Start(isRdb);
        server.Run("SET", "k", "1");
        var before = EndSecond(server);
        server.Run("SET", "k", "2");
        server.Run("BGREWRITEAOF");
        server.TurnUntil(() => !server.Server.AppendOnly.Rewrites.IsRunning);
        // In the second of the rewrite: the new increment has no moment of its own but that at its head.
        if (isWrittenAfterwards) server.Run("SET", "k", "3");
        var behind = EndSecond(server);
        server.Run("SET", "k", "4");
        WaitForWrites(server);
        using var world = CopyOf(server);
        var files = DataFolder.Read(world.Disk, $"{Copy}/{DataFolder.Append}");
        var (status, output) = Truncate(world, before.Seconds);
        Assert.That(status, Is.EqualTo(1), output);
        Assert.That(output, Does.Contain($"has nothing before timestamp {before.Seconds}, aborting..."));
        foreach (var (name, bytes) in DataFolder.Read(world.Disk, $"{Copy}/{DataFolder.Append}")) Assert.That(bytes, Is.EqualTo(files[name]), name);
        AssertRestores(server, behind);
    }

    [Test]
    public void A_moment_in_an_earlier_increment_is_refused_until_the_later_ones_are_taken_away()
    {
        using var server = Start();
        server.Run("SET", "k", "1");
        var before = EndSecond(server);
        server.Run("SET", "k", "2");
        EndSecond(server);
        // A rewrite that comes to nothing leaves another increment.
        server.Run("CONFIG", "SET", "rdb-key-save-delay", "60000000");
        server.Run("BGREWRITEAOF");
        server.TurnUntil(() => DataFolder.Text(server.World.Disk, DataFolder.Manifest).Contains("appendonly.aof.2.incr.aof", StringComparison.Ordinal));
        Assert.That(server.Server.SnapshotFiles.TryAbort(), Is.True);
        server.Run("SET", "k", "3");
        WaitForWrites(server);
        var world = CopyOf(server);
        var manifest = $"{Copy}/{DataFolder.Manifest}";
        var lines = DataFolder.Text(world.Disk, manifest).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.That(lines, Has.Length.EqualTo(3));
        var (status, output) = Truncate(world, before.Seconds);
        Assert.That(status, Is.EqualTo(1), output);
        Assert.That(output, Does.Contain("because it is not the last file.").And.Contain("please delete all files after this file"));
        // As it says: the base and the first increment stay.
        DataFolder.WriteFile(world.Disk, manifest, ByteText.ToBytes(string.Join('\n', lines[..2]) + "\n"));
        foreach (var line in lines[2..]) Assert.That(world.Disk.Delete($"{Copy}/{DataFolder.Append}/{line.Split(' ')[1]}").Ok);
        (status, output) = Truncate(world, before.Seconds);
        Assert.That(status, Is.Zero, output);
        using var restored = StartCopy(world);
        Assert.That(restored.Run("GET", "k"), Is.EqualTo("\"1\""));
    }
}
