using System.Net;

namespace Carnelian.Tests;

/// <summary>Files of real servers are read here, and those that are written here are read there.</summary>
[NonParallelizable]
internal sealed class RdbFileComparisonTests
{
    private const int Rounds = 4;

    private static string KeyOf(int kind, int round) => $"{kind} of {round}";

    private static void ForEachKey(string product, bool writes, Action<string, bool> visit)
    {
        for (var kind = 0; kind < TravellingValues.Kinds; kind++)
        {
            // Hashes with times have a form of their own in either family.
            if (writes && product == "valkey" && TravellingValues.HasFieldTimes(kind)) continue;
            for (var round = 0; round < Rounds; round++) visit(KeyOf(kind, round), TravellingValues.HasFieldTimes(kind));
        }
    }

    private static void Fill(Func<string[], string> run, string product, bool writes)
    {
        var random = new Random(5);
        ForEachKey(product, writes, (key, _) =>
        {
            foreach (var request in TravellingValues.Make(key, int.Parse(key.Split(' ')[0]), random)) run(request);
            if (random.Next(4) == 0) run(["PEXPIREAT", key, "4102444800000"]);
        });
    }

    private static void AssertSame(Func<string[], string> one, Func<string[], string> other, string product, bool writes) => ForEachKey(product, writes, (key, hasFieldTimes) =>
    {
        Assert.That(TravellingValues.Show(one, key, hasFieldTimes), Is.EqualTo(TravellingValues.Show(other, key, hasFieldTimes)), key);
        Assert.That(one(["PEXPIRETIME", key]), Is.EqualTo(other(["PEXPIRETIME", key])), key);
    });

    [Test]
    public void Their_files_are_read([Values("redis", "valkey")] string product, [Values("yes", "no")] string compression)
    {
        using var reference = ReferenceServer.Start(product, "--enable-debug-command", "yes", "--rdbcompression", compression, "--maxmemory-policy", "allkeys-lru", "--maxmemory", "1gb");
        using var client = new SocketClient(new IPEndPoint(IPAddress.Loopback, reference.Port));
        Fill(client.Run, product, writes: false);
        Assert.That(client.Run("SAVE"), Is.EqualTo("+OK"));
        client.Send(TestClient.Request("CONFIG", "GET", "dir"));
        var file = File.ReadAllBytes(Path.Combine(client.Read().Items[1].Text!, "dump.rdb"));

        using var server = new SimulatedServer(options => options.DebugCommand = ProtectedAction.Yes);
        using (var copy = server.World.Disk.Open("theirs", DiskOpenMode.Replace).Value!) copy.Append(file);
        using var opened = server.World.Disk.Open("theirs", DiskOpenMode.Read).Value!;
        var loader = new RdbLoader(server.Server.Keyspace);
        var reader = new RdbFileReader(new RdbFileSource(opened), loader);
        Assert.That(reader.ReadAll(), $"{reader.Error} at {reader.ErrorOffset}");
        Assert.That(loader.KeysLoaded, Is.EqualTo(TravellingValues.Kinds * Rounds));
        Assert.That(loader.Aux.Keys, Does.Contain(product == "redis" ? "redis-ver" : "valkey-ver"));
        AssertSame(server.Run, client.Run, product, writes: false);
    }

    [Test]
    public void Our_files_are_read_by_them([Values("redis", "valkey")] string product, [Values("yes", "no")] string compression)
    {
        using var server = new SimulatedServer(options => options.DebugCommand = ProtectedAction.Yes);
        Fill(server.Run, product, writes: true);
        using var file = server.World.Disk.Open("ours", DiskOpenMode.Replace).Value!;
        var output = new RdbFileOutput(file) { Compresses = compression == "yes" };
        Write(server.Server.Keyspace.Databases[0].Data, output, product == "redis" ? 12 : 11);
        Assert.That(output.Status.Ok);

        var folder = Directory.CreateTempSubdirectory("carnelian-rdb-").FullName;
        try
        {
            File.WriteAllBytes(Path.Combine(folder, "dump.rdb"), server.World.Disk.ReadAll("ours").Value!);
            using var reference = ReferenceServer.Start(product, "--enable-debug-command", "yes", "--dir", folder, "--sanitize-dump-payload", "yes");
            using var client = new SocketClient(new IPEndPoint(IPAddress.Loopback, reference.Port));
            AssertSame(server.Run, client.Run, product, writes: true);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Write(Dataset data, RdbFileOutput output, int version)
    {
        var writer = new RdbFileWriter(output, version);
        writer.Begin();
        writer.UsualAux("8.0.6"u8, 1_700_000_000, 1_000_000, isAppendOnlyBase: false);
        writer.Database(0, data.Count, data.Expiring);
        var found = new EntryList();
        ulong cursor = 0;
        do
        {
            found.Clear();
            cursor = data.Scan(cursor, found);
            for (var i = 0; i < found.Count; i++) writer.Key(data, found[i]);
        }
        while (cursor != 0);
        writer.End();
    }
}
