using System.Net;

namespace Carnelian.Tests;

/// <summary>A real Redis and a simulated Carnelian that run the same requests, without active expiry. Every reply is compared.</summary>
internal sealed class ServerPair : IDisposable
{
    private readonly ReferenceServer _redis;

    public ServerPair(params string[] options)
    {
        _redis = ReferenceServer.Start("redis", [.. options, "--enable-debug-command", "yes"]);
        Redis = Connect();
        Assert.That(Redis.Run("DEBUG", "SET-ACTIVE-EXPIRE", "0"), Is.EqualTo("+OK"));
        Carnelian.Server.Cron.ActiveExpiryEnabled = false;
    }

    public SocketClient Redis { get; }

    public SimulatedServer Carnelian { get; } = new();

    public SocketClient Connect() => new(new IPEndPoint(IPAddress.Loopback, _redis.Port));

    /// <summary>Runs the same on both. The last request may give a key a short life; then its end is awaited.</summary>
    public void Run(string[][] batch)
    {
        Carnelian.World.ClockSkewMicroseconds += (RandomWrites.NowMs - Carnelian.Server.NowMs) * 1000;
        // The clock was set: the server looks at it once a turn.
        Carnelian.AdvanceTime(0);
        var replies = new List<string>();
        foreach (var request in batch) Redis.Send(TestClient.Request(request));
        foreach (var request in batch) replies.Add(Shown(Carnelian.Client.RunValue(request), request));
        for (var i = 0; i < batch.Length; i++)
        {
            var expected = Shown(Redis.Read(), batch[i]);
            if (!RandomWrites.TellsTime(batch[i])) Assert.That(replies[i], Is.EqualTo(expected), string.Join(' ', batch[i]));
        }
        // Simulated time may have run ahead meanwhile.
        for (var end = Math.Max(RandomWrites.NowMs, Carnelian.Server.NowMs) + RandomWrites.ShortMs + 3; RedisMs() < end;) { }
    }

    private long RedisMs()
    {
        Redis.Send(TestClient.Request("TIME"));
        var time = Redis.Read().Items;
        return long.Parse(time[0].Text!) * 1000 + long.Parse(time[1].Text!) / 1000;
    }

    private static string Shown(RespValue reply, string[] request)
    {
        if (!RandomWrites.IsUnordered(request) || reply.IsError) return TestReply.Show(reply);
        var elements = reply.Items.Length == 2 && reply.Items[1].Kind == RespKind.Array ? reply.Items[1].Items : reply.Items;
        return string.Join(' ', elements.Select(TestReply.Show).Order(StringComparer.Ordinal));
    }

    public void Dispose()
    {
        Redis.Dispose();
        _redis.Dispose();
        Carnelian.Dispose();
    }
}
