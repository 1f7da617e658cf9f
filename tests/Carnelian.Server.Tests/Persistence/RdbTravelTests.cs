using static Carnelian.Tests.TravellingKeys;

namespace Carnelian.Tests;

/// <summary>Files of every type and encoding travel from Redis 7.0, Redis 8.0 and Valkey 9.1 to Carnelian, and from there to them: what is loaded is what was saved.</summary>
[NonParallelizable]
internal sealed class RdbTravelTests
{
    private static SimulatedServer NewServer() => new(options => options.DebugCommand = ProtectedAction.Yes);

    // ---- files

    private static string Magic(int version) => version >= 80 ? $"VALKEY{version:d3}" : $"REDIS{version:d4}";

    private static void Load(SimulatedServer server, byte[] file, int version)
    {
        Assert.That(ByteText.FromBytes(file.AsSpan(0, 9)), Is.EqualTo(Magic(version)));
        using (var written = server.World.Disk.Open("dump.rdb", DiskOpenMode.Replace).Value!) written.Append(file);
        Assert.That(server.Run("DEBUG", "RELOAD", "NOSAVE"), Is.EqualTo("+OK"));
    }

    private static byte[] Save(SimulatedServer server, string format, bool inBackground = false)
    {
        Assert.That(server.Run("CONFIG", "SET", "rdb-format", format), Is.EqualTo("+OK"));
        Assert.That(server.Run(inBackground ? "BGSAVE" : "SAVE"), Does.StartWith("+"));
        server.TurnUntil(() => server.Server.SnapshotFiles.Running is null);
        return server.World.Disk.ReadAll("dump.rdb").Value!;
    }

    private static byte[] SaveOf(ReferenceServer reference, SocketClient client)
    {
        Assert.That(client.Run("SAVE"), Is.EqualTo("+OK"));
        return File.ReadAllBytes(Path.Combine(reference.Folder, "dump.rdb"));
    }

    // ---- journeys

    [Test]
    public void What_a_server_saved_is_loaded_here([ValueSource(typeof(TravellingKeys), nameof(Products))] string product, [Values(0, 1, 2)] int madeWith)
    {
        var loadedWith = (madeWith + 1) % Limits.Length;
        using var reference = ReferenceServer.Start(product, Options(madeWith));
        using var client = ClientOf(reference);
        var made = Make(client.Run, product, 10 * madeWith + loadedWith);
        using var server = NewServer();
        foreach (var limit in Limits[loadedWith].Chunk(2)) Assert.That(server.Run(["CONFIG", "SET", .. limit]), Is.EqualTo("+OK"));
        Load(server, SaveOf(reference, client), product == Redis70 ? 10 : product == Redis ? 12 : 80);
        AssertSame(client.Run, server.Run, made, hasOneDigest: product == Redis);
    }

    [Test]
    public void What_was_saved_here_is_loaded_by_a_server([ValueSource(typeof(TravellingKeys), nameof(Products))] string product, [Values(0, 1, 2)] int madeWith)
    {
        var loadedWith = (madeWith + 1) % Limits.Length;
        using var server = NewServer();
        foreach (var limit in Limits[madeWith].Chunk(2)) Assert.That(server.Run(["CONFIG", "SET", .. limit]), Is.EqualTo("+OK"));
        var made = Make(server.Run, product, 100 + 10 * madeWith + loadedWith);
        var file = Save(server, product == Valkey ? "valkey" : "lowest", inBackground: madeWith > 0);
        using var reference = ReferenceServer.StartWith(folder => File.WriteAllBytes(Path.Combine(folder, "dump.rdb"), file), product, Options(loadedWith));
        using var client = ClientOf(reference);
        AssertSame(server.Run, client.Run, made, hasOneDigest: product == Redis);
        // And back again.
        using var back = NewServer();
        Load(back, SaveOf(reference, client), product == Redis70 ? 10 : product == Redis ? 12 : 80);
        AssertSame(server.Run, back.Run, made, hasOneDigest: true);
    }

    [Test]
    public void Without_times_of_fields_one_file_is_for_all()
    {
        using var server = NewServer();
        var made = Make(server.Run, Redis70, 7);
        var file = Save(server, "lowest");
        Assert.That(file.AsSpan(0, 9).SequenceEqual("REDIS0010"u8));
        foreach (var product in Products)
        {
            using var reference = ReferenceServer.StartWith(folder => File.WriteAllBytes(Path.Combine(folder, "dump.rdb"), file), product, Options(0));
            using var client = ClientOf(reference);
            AssertSame(server.Run, client.Run, made, hasOneDigest: product != Redis70);
        }
    }

    [Test]
    public void A_file_for_Redis_8_tells_when_consumers_got_something()
    {
        using var server = NewServer();
        server.Run("XGROUP", "CREATE", "k", "g", "$", "MKSTREAM");
        server.Run("XADD", "k", "1-1", "a", "b");
        server.Run("XREADGROUP", "GROUP", "g", "c", "STREAMS", "k", ">");
        server.AdvanceTime(5000);
        server.Run("XREADGROUP", "GROUP", "g", "c", "STREAMS", "k", ">");
        var file = Save(server, "redis-8", inBackground: true);
        using var reference = ReferenceServer.StartWith(folder => File.WriteAllBytes(Path.Combine(folder, "dump.rdb"), file), Redis, Options(0));
        using var client = ClientOf(reference);
        Assert.That(client.Run("XINFO", "STREAM", "k", "FULL"), Is.EqualTo(server.Run("XINFO", "STREAM", "k", "FULL")));
    }

    [Test]
    public void Functions_that_came_in_a_file_go_into_the_next_one()
    {
        using var reference = ReferenceServer.Start(Redis, Options(0));
        using var client = ClientOf(reference);
        Assert.That(client.Run("FUNCTION", "LOAD", "#!lua name=lib\nredis.register_function('f', function() return 'f says so' end)"), Is.EqualTo("\"lib\""));
        client.Run("SET", "k", "v");
        using var server = NewServer();
        Load(server, SaveOf(reference, client), 12);
        var file = Save(server, "redis-8", inBackground: true);
        using var second = ReferenceServer.StartWith(folder => File.WriteAllBytes(Path.Combine(folder, "dump.rdb"), file), Redis, Options(0));
        using var secondClient = ClientOf(second);
        Assert.That(secondClient.Run("FCALL", "f", "0"), Is.EqualTo("\"f says so\""));
        Assert.That(secondClient.Run("GET", "k"), Is.EqualTo("\"v\""));
    }

    // ---- vector sets

    [Test]
    public void Vector_sets_of_Redis_8_come_and_go_byte_for_byte()
    {
        using var reference = ReferenceServer.Start(Redis, Options(0));
        using var client = ClientOf(reference);
        var random = new Random(1);
        for (var i = 0; i < 500; i++) client.Run("VADD", "vectors", "VALUES", "4", $"{random.Next(100)}", $"{random.Next(100)}", "0.5", $"{i}", $"element {i}", "SETATTR", "{\"year\":1950}");
        client.Send(TestClient.Request("DUMP", "vectors"));
        var dumped = client.Read().Bytes;
        using var server = NewServer();
        Load(server, SaveOf(reference, client), 12);
        Assert.That(server.Run("TYPE", "vectors"), Is.EqualTo("+vectorset"));
        Assert.That(server.Client.RunValue("DUMP", "vectors").Bytes[..^10], Is.EqualTo(dumped[..^10]));
        var file = Save(server, "redis-8", inBackground: true);
        using var second = ReferenceServer.StartWith(folder => File.WriteAllBytes(Path.Combine(folder, "dump.rdb"), file), Redis, Options(0));
        using var secondClient = ClientOf(second);
        string[] question = ["VSIM", "vectors", "ELE", "element 7", "WITHSCORES"];
        Assert.That(secondClient.Run(question), Is.EqualTo(client.Run(question)));
        Assert.That(secondClient.Run("VCARD", "vectors"), Is.EqualTo(":500"));
        client.Run("DEL", "vectors");
        client.Send(TestClient.Request("RESTORE"u8.ToArray(), "vectors"u8.ToArray(), "0"u8.ToArray(), server.Client.RunValue("DUMP", "vectors").Bytes));
        Assert.That(TestReply.Show(client.Read()), Is.EqualTo("+OK"));
    }
}
