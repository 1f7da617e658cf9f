using System.Net;

namespace Carnelian.Tests;

/// <summary>Values of every type and encoding go to real servers by our MIGRATE, and come back by theirs as they were.</summary>
[NonParallelizable]
internal sealed class MigrateComparisonTests
{
    /// <summary>CARNELIAN_COMPARISONS: so many seeds.</summary>
    private static int Seeds => TestSettings.Number("CARNELIAN_COMPARISONS", 3);

    [Test]
    public void Keys_go_to_Redis_and_back([Values] RespVersion version) => Compare("redis", version);

    [Test]
    public void Keys_go_to_Valkey_and_back([Values] RespVersion version) => Compare("valkey", version);

    private static void Compare(string product, RespVersion version)
    {
        using var reference = ReferenceServer.Start(product, "--enable-debug-command", "yes");
        using var server = EmbeddedServer.Start(new ServerOptions { Bind = ["127.0.0.1"], AnyPort = true, DebugCommand = ProtectedAction.Yes });
        using var theirs = new SocketClient(new IPEndPoint(IPAddress.Loopback, reference.Port));
        using var ours = new SocketClient(new IPEndPoint(IPAddress.Loopback, server.Port));
        ours.Run("HELLO", $"{(int)version}");
        theirs.Run("HELLO", $"{(int)version}");
        for (var seed = 0; seed < Seeds; seed++)
        {
            var random = new Random(seed);
            for (var kind = 0; kind < TravellingValues.Kinds; kind++)
            {
                // A hash with times is understood by one family, as we write it.
                if (TravellingValues.HasFieldTimes(kind) && product != "redis") continue;
                foreach (var request in TravellingValues.Make($"{seed} {kind}", kind, random)) ours.Run(request);
                GoAndReturn(ours, server.Port, theirs, reference.Port, $"{seed} {kind}", kind);
            }
        }
    }

    private static void GoAndReturn(SocketClient ours, int ourPort, SocketClient theirs, int theirPort, string key, int kind)
    {
        var shown = TravellingValues.Show(ours.Run, key, kind);
        Assert.That(ours.Run("MIGRATE", "127.0.0.1", $"{theirPort}", key, "0", "5000"), Is.EqualTo("+OK"), key);
        Assert.That(ours.Run("EXISTS", key), Is.EqualTo(":0"));
        Assert.That(TravellingValues.Show(theirs.Run, key, kind), Is.EqualTo(shown), key);
        Assert.That(theirs.Run("PEXPIREAT", key, "4102444800000"), Is.EqualTo(":1"));
        Assert.That(theirs.Run("MIGRATE", "127.0.0.1", $"{ourPort}", key, "0", "5000"), Is.EqualTo("+OK"), key);
        Assert.That(long.Parse(ours.Run("PEXPIRETIME", key)[1..]), Is.EqualTo(4102444800000).Within(10_000));
        Assert.That(ours.Run("PERSIST", key), Is.EqualTo(":1"));
        Assert.That(TravellingValues.Show(ours.Run, key, kind), Is.EqualTo(shown), key);
        ours.Run("DEL", key);
    }
}
