using System.Net;

namespace Carnelian.Tests;

/// <summary>Values of every type and encoding travel to real servers and back, and are there what they are here.</summary>
[NonParallelizable]
internal sealed class DumpComparisonTests
{
    private const int FooterBytes = 10;

    /// <summary>CARNELIAN_COMPARISONS: so many seeds.</summary>
    private static int Seeds => TestSettings.Number("CARNELIAN_COMPARISONS", 3);

    /// <summary>Requests that make one value each; the last is made on both sides alike.</summary>
    private static readonly string[][] _limits = [[], ["list-compress-depth", "1"], ["hash-max-listpack-entries", "5"], ["set-max-intset-entries", "3"], ["rdbcompression", "no"]];

    [Test]
    public void Redis_and_Carnelian_exchange_values() => Compare("redis", "lowest");

    [Test]
    public void Valkey_and_Carnelian_exchange_values([Values("lowest", "valkey")] string format) => Compare("valkey", format);

    [Test]
    public void Redis_7_0_and_Carnelian_exchange_values() => Compare("redis-7.0", "redis-7.0");

    private static void Compare(string product, string format)
    {
        using var reference = ReferenceServer.Start(product, "--enable-debug-command", "yes");
        using var server = new SimulatedServer(options => options.DebugCommand = ProtectedAction.Yes);
        using var client = new SocketClient(new IPEndPoint(IPAddress.Loopback, reference.Port));
        Assert.That(server.Run("CONFIG", "SET", "rdb-format", format), Is.EqualTo("+OK"));
        for (var seed = 0; seed < Seeds; seed++)
        {
            var random = new Random(seed);
            var limit = _limits[seed % _limits.Length];
            if (limit.Length > 0) Assert.That(client.Run(["CONFIG", "SET", .. limit]) + server.Run(["CONFIG", "SET", .. limit]), Is.EqualTo("+OK+OK"));
            for (var kind = 0; kind < TravellingValues.Kinds; kind++)
            {
                if (product == "redis-7.0" && TravellingValues.HasFieldTimes(kind)) continue;
                var key = $"{seed} {kind}";
                foreach (var request in TravellingValues.Make(key, kind, random)) Assert.That(server.Run(request), Is.EqualTo(client.Run(request)), string.Join(' ', request));
                Exchange(server, client, key, kind, isRedis: product == "redis", takesOurs: !TravellingValues.HasFieldTimes(kind) || product == "redis" || format == "valkey");
            }
        }
    }

    private static void Exchange(SimulatedServer server, SocketClient client, string key, int kind, bool isRedis, bool takesOurs)
    {
        var shown = TravellingValues.Show(server.Run, key, kind);
        Assert.That(TravellingValues.Show(client.Run, key, kind), Is.EqualTo(shown), key);
        var ours = server.Client.RunValue("DUMP", key).Bytes;
        client.Send(TestClient.Request("DUMP", key));
        var theirs = client.Read().Bytes;
        var isTable = server.Run("OBJECT", "ENCODING", key) == "\"hashtable\"";
        // In front of packed times stands the earliest; Redis has one there that was the earliest once.
        var same = ours[0] == (byte)RdbType.HashListPackTimes ? 1 + sizeof(long) : 0;
        if (isRedis && !isTable) Assert.That(Convert.ToHexString(ours[same..^FooterBytes]), Is.EqualTo(Convert.ToHexString(theirs[same..^FooterBytes])), key);

        byte[] Restore(byte[] payload) => TestClient.Request("RESTORE"u8.ToArray(), "copy"u8.ToArray(), "0"u8.ToArray(), payload, "REPLACE"u8.ToArray());
        server.Client.SendRaw(Restore(theirs));
        Assert.That(server.Client.Read(), Is.EqualTo("+OK"), $"{key}: {Convert.ToHexString(theirs)}");
        Assert.That(TravellingValues.Show(server.Run, "copy", kind), Is.EqualTo(shown), key);
        if (isRedis) Assert.That(server.Run("OBJECT", "ENCODING", "copy"), Is.EqualTo(client.Run("OBJECT", "ENCODING", key)), key);
        // A hash with times is for one family.
        if (!takesOurs) return;
        client.Send(Restore(ours));
        Assert.That(TestReply.Show(client.Read()), Is.EqualTo("+OK"), $"{key}: {Convert.ToHexString(ours)}");
        Assert.That(TravellingValues.Show(client.Run, "copy", kind), Is.EqualTo(shown), key);
    }
}
