namespace Carnelian.Tests;

internal sealed class SnapshotBoundTests
{
    private const int Keys = 300;

    private static SimulatedServer Saving()
    {
        var server = new SimulatedServer();
        for (var i = 0; i < Keys; i++) server.Run("SETRANGE", $"key-{i}", "50000", "end");
        Assert.That(server.Run("CONFIG", "SET", "snapshot-buffer-max", "6mb"), Is.EqualTo("+OK"));
        // Nothing more is taken by the disk once the first keys are written.
        server.Run("CONFIG", "SET", "rdb-key-save-delay", "100000000");
        server.Run("BGSAVE");
        return server;
    }

    /// <summary>Changes keys until one has to wait; returns its client and its number.</summary>
    private static (TestClient Client, int Key) FillUp(SimulatedServer server)
    {
        for (var i = 0; i < Keys; i++)
        {
            var client = server.Connect();
            client.Send("APPEND", $"key-{i}", "x");
            server.TurnUntil(() => client.Served?.Blocked is not null || client.Arrived().Length > 0);
            if (client.Served?.Blocked is not null) return (client, i);
        }
        Assert.Fail("nobody had to wait");
        return default;
    }

    [Test]
    public void Who_changes_what_is_not_saved_waits_when_the_memory_is_full_and_nobody_else()
    {
        using var server = Saving();
        var (waiting, key) = FillUp(server);
        Assert.That(server.Server.SnapshotFiles.Bytes, Is.InRange(6 << 20, 9 << 20), "a step of the walk itself may add 2 MB");
        Assert.That(server.Run("STRLEN", $"key-{key}"), Is.EqualTo(":50003"), "readers go on");
        Assert.That(server.Run("SET", "new", "v"), Is.EqualTo("+OK"));
        Assert.That(server.Run("APPEND", $"key-{key - 1}", "y"), Is.EqualTo(":50005"), "it was saved before its first change");
        Assert.That(waiting.Served?.Blocked, Is.Not.Null);
        server.Run("CONFIG", "SET", "rdb-key-save-delay", "0");
        Assert.That(waiting.Read(), Is.EqualTo(":50004"));
        server.TurnUntil(() => server.Server.SnapshotFiles.Running is null);
        Assert.That(server.Server.Saves.HasFailed, Is.False);
    }

    [Test]
    public void A_transaction_waits_as_a_whole()
    {
        using var server = Saving();
        var (_, key) = FillUp(server);
        var client = server.Connect();
        client.Run("MULTI");
        client.Run("SET", "new", "v");
        client.Run("APPEND", $"key-{key}", "x");
        client.Send("EXEC");
        server.TurnUntil(() => client.Served?.Blocked is not null);
        Assert.That(server.Run("EXISTS", "new"), Is.EqualTo(":0"));
        server.Run("BGSAVE", "CANCEL");
        Assert.That(client.Read(), Does.StartWith("[+OK, :5000"));
    }
}
