using System.Diagnostics;
using System.Globalization;
using static Carnelian.Tests.TravellingKeys;

namespace Carnelian.Tests;

/// <summary>
/// Append-only folders travel from Redis 7.0, Redis 8.0 and Valkey 9.1 to Carnelian, and from there to them: a base as RDB or as commands, an increment behind it that changes what the base has, with and without
/// annotations. What is loaded is what was there, and the tools of both call the files whole.
/// </summary>
[NonParallelizable]
internal sealed class AofTravelTests
{
    /// <summary>Keys of all kinds in the base, then changes of some of them and keys of all kinds in the increment.</summary>
    /// <param name="rewrite">Has a new base written, and waits for it.</param>
    /// <param name="nextSecond">Lets that pass, so that there is a new timestamp.</param>
    /// <param name="inBase">How many keys the base has, by database.</param>
    private static List<(string Database, string Key, int Kind)> Fill(Func<string[], string> run, string product, int seed, Action rewrite, Action nextSecond, out Dictionary<string, int> inBase)
    {
        var made = Make(run, product, seed, "first");
        inBase = made.CountBy(key => key.Database).ToDictionary();
        rewrite();
        nextSecond();
        for (var i = 0; i < made.Count; i += 5)
        {
            var (database, key, kind) = made[i];
            run(["SELECT", database]);
            if (i % 2 == 0) Assert.That(run(["DEL", key]), Is.EqualTo(":1"));
            else
            {
                Assert.That(run(["RENAME", key, key + " renamed"]), Is.EqualTo("+OK"));
                made[i] = (database, key + " renamed", kind);
            }
        }
        // What is random and what depends on the moment must be there as it came out.
        foreach (var (database, key, _) in made.Where(key => key.Kind == 7))
        {
            run(["SELECT", database]);
            run(["SPOP", key, "3"]);
            run(["EXPIRE", key, "1000000000"]);
        }
        run(["MULTI"]);
        run(["SELECT", "3"]);
        run(["INCRBYFLOAT", "float", "0.1"]);
        run(["SET", "both", "of them", "EX", "1000000000"]);
        run(["EXEC"]);
        made.Add(("3", "float", 0));
        made.Add(("3", "both", 0));
        made.AddRange(Make(run, product, seed + 1, "second"));
        return made;
    }

    private static string[] AppendOptions(bool isRdb, bool hasTimestamps) =>
        ["--appendonly", "yes", "--appendfsync", "always", "--auto-aof-rewrite-percentage", "0", "--aof-use-rdb-preamble", isRdb ? "yes" : "no", "--aof-timestamp-enabled", hasTimestamps ? "yes" : "no"];

    private static void Rewrite(SocketClient client)
    {
        Assert.That(client.Run("BGREWRITEAOF"), Does.StartWith("+"));
        Patience.Until(() => client.Run("INFO", "persistence") is var info && info.Contains("aof_rewrite_in_progress:0", StringComparison.Ordinal) && info.Contains("aof_rewrite_scheduled:0", StringComparison.Ordinal), "the rewrite ends");
        Assert.That(client.Run("INFO", "persistence"), Does.Contain("aof_last_bgrewrite_status:ok"));
    }

    private static void Set(ServerOptions options, Action<AppendOnlyOptions>? configure = null)
    {
        options.DebugCommand = ProtectedAction.Yes;
        options.Persistence.AppendOnly.IsOn = true;
        options.Persistence.AppendOnly.RewritePercent = 0;
        configure?.Invoke(options.Persistence.AppendOnly);
    }

    /// <summary>Where it is as late as where the real servers are: what was delivered later than now would be delivered now.</summary>
    private static SimulatedWorld NewWorld()
    {
        var world = new SimulatedWorld(1);
        world.Advance(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() + 1000 - world.Clock.UnixMilliseconds);
        return world;
    }

    /// <summary>As long as a real server's clock needs to be a second later.</summary>
    private static void WaitForNextSecond(bool isWanted)
    {
        if (!isWanted) return;
        var second = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        Patience.Until(() => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() > (second + 1) * 1000 + 200, "a second passes");
    }

    private static SimulatedServer StartWith(Dictionary<string, byte[]> files, int limits)
    {
        var world = NewWorld();
        DataFolder.Write(world.Disk, DataFolder.Append, files);
        var log = new LogLines();
        var server = new SimulatedServer(options => Set(options), logger: log, world: world);
        foreach (var limit in Limits[limits].Chunk(2)) Assert.That(server.Run(["CONFIG", "SET", .. limit]), Is.EqualTo("+OK"));
        server.TurnUntil(() => server.Server.Startup.IsOver || server.Server.Startup.Error is not null);
        Assert.That(server.Server.Startup.Error, Is.Null, log.Text);
        return server;
    }

    /// <summary>check-aof calls the set whole, and counts what is in its base.</summary>
    private static void AssertWhole(Dictionary<string, byte[]> files, bool isRdb, bool hasTimestamps, Dictionary<string, int> inBase)
    {
        using var world = new SimulatedWorld(1);
        DataFolder.Write(world.Disk, DataFolder.Append, files);
        var (status, output) = DataFolder.CheckAof(world, DataFolder.Manifest);
        Assert.That(status, Is.Zero, output);
        Assert.That(output, Does.Contain("All AOF files and manifest are valid"));
        Assert.That(output, hasTimestamps ? Does.Contain("[summary] timestamps from") : Does.Not.Contain("[summary] timestamps from"));
        if (!isRdb) return;
        foreach (var (database, keys) in inBase) Assert.That(output, Does.Contain($"[summary] database {database}: {keys} keys, "));
        var first = files.Keys.Single(name => name.EndsWith(".base.rdb", StringComparison.Ordinal));
        (status, output) = DataFolder.CheckRdb(world, $"{DataFolder.Append}/{first}");
        Assert.That(status, Is.Zero, output);
        Assert.That(output, Does.Contain($"[info] {inBase.Values.Sum()} keys read\n"));
    }

    [Test]
    public void What_a_server_appended_is_loaded_here([ValueSource(typeof(TravellingKeys), nameof(Products))] string product, [Values] bool isRdb, [Values] bool hasTimestamps)
    {
        var limits = isRdb ? 1 : hasTimestamps ? 2 : 0;
        using var reference = ReferenceServer.Start(product, [.. Options(limits), .. AppendOptions(isRdb, hasTimestamps)]);
        using var client = ClientOf(reference);
        var made = Fill(client.Run, product, 1000 + limits, () => Rewrite(client), () => WaitForNextSecond(hasTimestamps), out var inBase);
        var files = DataFolder.Read(Path.Combine(reference.Folder, DataFolder.Append));
        Assert.That(files.Keys.Order(StringComparer.Ordinal), Is.EqualTo(new[] { $"appendonly.aof.2.base.{(isRdb ? "rdb" : "aof")}", "appendonly.aof.2.incr.aof", "appendonly.aof.manifest" }));
        AssertWhole(files, isRdb, hasTimestamps, inBase);
        using var server = StartWith(files, (limits + 1) % Limits.Length);
        AssertSame(client.Run, server.Run, made, hasOneDigest: product == Redis, isReplayed: true);
        // What was loaded goes on as a set of our own, and a start loads it again.
        server.Run("SELECT", "0");
        server.Run("SET", "late", "1");
        var digest = server.Run("DEBUG", "DIGEST");
        server.TurnUntil(() => server.Server.AppendOnly.PendingBytes == 0);
        using var again = server.Restart(options => Set(options));
        again.TurnUntil(() => again.Server.Startup.IsOver);
        Assert.That(again.Run("DEBUG", "DIGEST"), Is.EqualTo(digest));
    }

    [Test]
    public void What_was_appended_here_is_loaded_by_a_server([ValueSource(typeof(TravellingKeys), nameof(Products))] string product, [Values] bool isRdb, [Values] bool hasAnnotations)
    {
        var limits = isRdb ? 2 : hasAnnotations ? 1 : 0;
        using var server = new SimulatedServer(options => Set(options, o => (o.BaseIsRdb, o.WritesTimestamps, o.WritesChecksums) = (isRdb, hasAnnotations, hasAnnotations)));
        foreach (var limit in Limits[limits].Chunk(2)) Assert.That(server.Run(["CONFIG", "SET", .. limit]), Is.EqualTo("+OK"));
        Assert.That(server.Run("CONFIG", "SET", "rdb-format", product == Valkey ? "valkey" : "lowest"), Is.EqualTo("+OK"));
        var rewrites = server.Server.AppendOnly.Rewrites;
        var made = Fill(server.Run, product, 2000 + limits, () =>
        {
            Assert.That(server.Run("BGREWRITEAOF"), Does.StartWith("+"));
            server.TurnUntil(() => !rewrites.IsRunning && !rewrites.IsScheduled);
            Assert.That(rewrites.HasFailed, Is.False);
        }, () => server.AdvanceTime(1000), out var inBase);
        server.TurnUntil(() => server.Server.AppendOnly.PendingBytes == 0);
        var files = DataFolder.Read(server.World.Disk, DataFolder.Append);
        AssertWhole(files, isRdb, hasAnnotations, inBase);
        using var reference = ReferenceServer.StartWith(folder =>
        {
            DataFolder.Write(Path.Combine(folder, DataFolder.Append), files);
            // Valkey's own tool takes its own RDB files, whose magic is VALKEY, for commands.
            if (product != Valkey || !isRdb) AssertWholeThere(product, Path.Combine(folder, DataFolder.Manifest));
        }, product, [.. Options((limits + 1) % Limits.Length), .. AppendOptions(isRdb, hasAnnotations)]);
        using var client = ClientOf(reference);
        AssertSame(server.Run, client.Run, made, hasOneDigest: product == Redis, isReplayed: true);
    }

    /// <summary>Its own tool calls it whole.</summary>
    private static void AssertWholeThere(string product, string manifest)
    {
        var program = Path.Combine(ReferenceServer.Programs(), product == Redis70 ? "redis-check-aof-7.0" : $"{product}-check-aof");
        using var process = Process.Start(new ProcessStartInfo(program, [manifest]) { RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.That(process.ExitCode, Is.Zero, output);
        Assert.That(output, Does.Contain("All AOF files and manifest are valid"));
    }

    [Test]
    public void A_single_file_of_an_older_server_with_RDB_in_front_becomes_the_base([Values(Redis70, Redis)] string product)
    {
        using var reference = ReferenceServer.Start(product, [.. Options(0), .. AppendOptions(isRdb: true, hasTimestamps: false)]);
        using var client = ClientOf(reference);
        var made = Fill(client.Run, product, 3000, () => Rewrite(client), () => { }, out _);
        var files = DataFolder.Read(Path.Combine(reference.Folder, DataFolder.Append));
        // So servers before Redis 7 wrote it: the RDB file, and commands right behind it.
        byte[] single = [.. files["appendonly.aof.2.base.rdb"], .. files["appendonly.aof.2.incr.aof"]];
        var world = NewWorld();
        DataFolder.WriteFile(world.Disk, "appendonly.aof", single);
        var (status, output) = DataFolder.CheckAof(world, "appendonly.aof");
        Assert.That(status, Is.Zero, output);
        using var server = new SimulatedServer(options => Set(options), world: world);
        server.TurnUntil(() => server.Server.Startup.IsOver || server.Server.Startup.Error is not null);
        Assert.That(server.Server.Startup.Error, Is.Null);
        AssertSame(client.Run, server.Run, made, hasOneDigest: product == Redis, isReplayed: true);
    }

    [Test]
    public void Keys_whose_time_is_over_are_dropped_from_a_plain_file_and_kept_in_a_base_until_all_is_loaded()
    {
        using var reference = ReferenceServer.Start(Redis, [.. Options(0), .. AppendOptions(isRdb: true, hasTimestamps: false)]);
        using var client = ClientOf(reference);
        client.Run("DEBUG", "SET-ACTIVE-EXPIRE", "0");
        client.Run("RPUSH", "list", "1");
        client.Run("PEXPIREAT", "list", (DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() + 60_000).ToString(CultureInfo.InvariantCulture));
        Rewrite(client);
        // Later commands rely on it, whenever they are repeated.
        client.Run("RENAME", "list", "other");
        client.Run("PERSIST", "other");
        var files = DataFolder.Read(Path.Combine(reference.Folder, DataFolder.Append));
        using (var plain = new SimulatedServer(world: InLaterTimes("", new() { ["dump.rdb"] = files["appendonly.aof.2.base.rdb"] })))
        {
            plain.TurnUntil(() => plain.Server.Startup.IsOver);
            Assert.That(plain.Run("DBSIZE"), Is.EqualTo(":0"));
        }
        using var server = new SimulatedServer(options => Set(options), world: InLaterTimes(DataFolder.Append, files));
        server.TurnUntil(() => server.Server.Startup.IsOver);
        Assert.That(server.Run("LRANGE", "other", "0", "-1"), Is.EqualTo("[\"1\"]"));
    }

    /// <summary>A world in 2100 whose disk has these files.</summary>
    private static SimulatedWorld InLaterTimes(string folder, Dictionary<string, byte[]> files)
    {
        var world = new SimulatedWorld(1);
        world.Advance(4_102_444_800_000 - world.Clock.UnixMilliseconds);
        DataFolder.Write(world.Disk, folder.Length == 0 ? "." : folder, files);
        return world;
    }
}
