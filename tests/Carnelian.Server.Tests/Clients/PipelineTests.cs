using System.Text;

namespace Carnelian.Tests;

/// <summary>How requests come in: many at once, in pieces, large, inline, broken.</summary>
internal sealed class PipelineTests
{
    [TestCase(1), TestCase(2), TestCase(31), TestCase(32), TestCase(33), TestCase(64), TestCase(1000), TestCase(20_000)]
    public void A_pipeline_of_any_length_is_answered_in_order(int requests)
    {
        using var server = new SimulatedServer();
        var pipeline = new List<byte>();
        for (var i = 0; i < requests; i++) pipeline.AddRange(TestClient.Request(i % 2 == 0 ? ["ECHO", $"{i}"] : ["INCR", "n"]));
        server.Client.SendRaw([.. pipeline]);
        for (var i = 0; i < requests; i++) Assert.That(server.Client.Read(), Is.EqualTo(i % 2 == 0 ? $"\"{i}\"" : $":{(i + 1) / 2}"));
        Assert.That(server.Client.Arrived(), Is.Empty);
    }

    [TestCase(64 * 1024 - 100), TestCase(64 * 1024), TestCase(64 * 1024 + 1), TestCase(1 << 20), TestCase(64 << 20)]
    public void Arguments_longer_than_the_read_buffer_arrive_whole(int length)
    {
        SimulatedServer.SkipUnlessInline("it has a buffer for each connection");
        using var server = new SimulatedServer();
        var value = new byte[length];
        new Random(length).NextBytes(value);
        server.Client.SendRaw(TestClient.Request("PING"u8.ToArray()));
        server.Client.SendRaw(TestClient.Request("SET"u8.ToArray(), "k"u8.ToArray(), value));
        server.Client.SendRaw(TestClient.Request("GET", "k"));
        Assert.That(server.Client.Read(), Is.EqualTo("+PONG"));
        Assert.That(server.Client.Read(), Is.EqualTo("+OK"));
        Assert.That(server.Client.ReadValue().Bytes.AsSpan().SequenceEqual(value));
        server.AdvanceTime(4000);
        Assert.That(server.Client.Served!.InputCapacity, Is.Zero, "the buffer is given back");
        Assert.That(server.Client.Served!.Output.MemoryBytes, Is.Zero);
    }

    /// <summary>All kinds of requests: empty ones, inline ones, quotes, bulks that contain line ends.</summary>
    private static readonly byte[] _mixture = Encoding.Latin1.GetBytes(
        "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$4\r\na\r\nb\r\n" + "\r\n" + "*0\r\n" + "*-1\r\n" + "GET k\r\n" + "*2\r\n$4\r\nECHO\r\n$0\r\n\r\n"
        + "ECHO \"q\\x41\\n\" \r\n" + "PING\n" + "  ECHO   'it\\'s'  \r\n" + "*2\r\n$4\r\nECHO\r\n$12\r\n*1\r\n$4\r\nPING\r\n" + "*1\r\n$4\r\nPING\r\n");

    private const string MixtureReplies = "+OK\r\n$4\r\na\r\nb\r\n$0\r\n\r\n$3\r\nqA\n\r\n+PONG\r\n$4\r\nit's\r\n$12\r\n*1\r\n$4\r\nPING\r\n+PONG\r\n";

    [Test]
    public void A_pipeline_split_at_any_byte_is_answered_the_same()
    {
        for (var at = 0; at <= _mixture.Length; at++)
        {
            using var server = new SimulatedServer();
            server.Client.SendRaw(_mixture.AsSpan(0, at));
            server.AdvanceTime(1);
            server.Client.SendRaw(_mixture.AsSpan(at));
            Assert.That(server.Client.ReadRaw(MixtureReplies.Length), Is.EqualTo(MixtureReplies), $"split at {at}");
        }
    }

    [Test]
    public void A_pipeline_that_comes_byte_by_byte_is_answered_the_same()
    {
        using var server = new SimulatedServer();
        foreach (var b in _mixture)
        {
            server.Client.SendRaw([b]);
            server.AdvanceTime(1);
        }
        Assert.That(server.Client.ReadRaw(MixtureReplies.Length), Is.EqualTo(MixtureReplies));
    }

    [TestCase("*1\r\n:3\r\nPING\r\n", "expected '$', got ':'"), TestCase("*x\r\n", "invalid multibulk length"), TestCase("*1\r\n$-5\r\n", "invalid bulk length")]
    [TestCase("*1\r\n$99999999999\r\n", "invalid bulk length"), TestCase("*2147483648\r\n", "invalid multibulk length")]
    [TestCase("ECHO \"open\r\n", "unbalanced quotes in request"), TestCase("*1\r\n$03\r\n", "invalid bulk length")]
    public void What_came_before_a_protocol_error_is_kept_and_answered(string broken, string error)
    {
        using var server = new SimulatedServer();
        var other = server.Connect();
        server.Client.SendRaw([.. TestClient.Request("SET", "k", "v"), .. TestClient.Request("GET", "k"), .. Encoding.Latin1.GetBytes(broken), .. TestClient.Request("SET", "k", "w")]);
        Assert.That(server.Client.ReadToEnd(), Is.EqualTo($"+OK\r\n$1\r\nv\r\n-ERR Protocol error: {error}\r\n"));
        Assert.That(other.Run("GET", "k"), Is.EqualTo("\"v\""), "what came behind it is not run");
        Assert.That(server.Server.Clients, Has.Count.EqualTo(1));
    }

    [Test]
    public void Who_is_still_sending_when_a_stream_fails_is_heard_out_until_silent()
    {
        using var server = new SimulatedServer();
        server.Client.SendRaw("*1\r\n:3\r\n" + new string('x', 1_000_000));
        Assert.That(server.Client.ReadRaw(43), Is.EqualTo("-ERR Protocol error: expected '$', got ':'\r"));
        Assert.That(server.Client.IsClosed, Is.False, "closing now would reset the connection under what is on its way");
        Assert.That(server.Client.ReadToEnd(), Is.EqualTo("\n"));
        Assert.That(server.Server.Clients, Is.Empty);
    }

    [Test]
    public void A_line_without_end_is_refused_at_64_KiB()
    {
        using var server = new SimulatedServer();
        server.Client.SendRaw(new string('x', 70_000));
        Assert.That(server.Client.ReadToEnd(), Is.EqualTo("-ERR Protocol error: too big inline request\r\n"));
        var counter = server.Connect();
        counter.SendRaw("*" + new string('1', 70_000));
        Assert.That(counter.ReadToEnd(), Is.EqualTo("-ERR Protocol error: too big mbulk count string\r\n"));
        var bulk = server.Connect();
        bulk.SendRaw("*1\r\n$" + new string('1', 70_000));
        Assert.That(bulk.ReadToEnd(), Is.EqualTo("-ERR Protocol error: too big bulk count string\r\n"));
    }

    [Test]
    public void Nothing_behind_QUIT_is_run()
    {
        using var server = new SimulatedServer();
        var other = server.Connect();
        server.Client.SendRaw([.. TestClient.Request("SET", "k", "v"), .. TestClient.Request("QUIT"), .. TestClient.Request("SET", "k", "w"), .. TestClient.Request("PING")]);
        Assert.That(server.Client.ReadToEnd(), Is.EqualTo("+OK\r\n+OK\r\n"));
        Assert.That(other.Run("GET", "k"), Is.EqualTo("\"v\""));
    }

    [Test]
    public void HELLO_changes_the_version_for_what_follows_it_in_the_pipeline()
    {
        using var server = new SimulatedServer();
        server.Client.SendRaw([
            .. TestClient.Request("GET", "x"), .. TestClient.Request("HELLO", "3"), .. TestClient.Request("GET", "x"), .. TestClient.Request("HELLO", "2"),
            .. TestClient.Request("GET", "x")]);
        Assert.That(server.Client.ReadRaw(5), Is.EqualTo("$-1\r\n"));
        Assert.That(server.Client.ReadValue().Kind, Is.EqualTo(RespKind.Map));
        Assert.That(server.Client.ReadRaw(3), Is.EqualTo("_\r\n"));
        Assert.That(server.Client.ReadValue().Kind, Is.EqualTo(RespKind.Array));
        Assert.That(server.Client.ReadRaw(5), Is.EqualTo("$-1\r\n"));
    }

    [Test]
    public void SELECT_holds_for_what_follows_it_in_the_pipeline()
    {
        using var server = new SimulatedServer();
        server.Client.SendRaw([
            .. TestClient.Request("SET", "k", "zero"), .. TestClient.Request("SELECT", "1"), .. TestClient.Request("SET", "k", "one"),
            .. TestClient.Request("SELECT", "0"), .. TestClient.Request("GET", "k"), .. TestClient.Request("SELECT", "1"), .. TestClient.Request("GET", "k")]);
        Assert.That(server.Client.Read(7), Is.EqualTo(new[] { "+OK", "+OK", "+OK", "+OK", "\"zero\"", "+OK", "\"one\"" }));
    }

    [Test]
    public void A_flush_in_a_pipeline_forgets_what_was_looked_up_ahead()
    {
        using var server = new SimulatedServer();
        server.Client.SendRaw([
            .. TestClient.Request("SET", "k", "v"), .. TestClient.Request("FLUSHALL"), .. TestClient.Request("GET", "k"), .. TestClient.Request("APPEND", "k", "w"),
            .. TestClient.Request("FLUSHALL", "ASYNC"), .. TestClient.Request("STRLEN", "k")]);
        Assert.That(server.Client.Read(6), Is.EqualTo(new[] { "+OK", "+OK", "nil", ":1", "+OK", ":0" }));
    }

    [Test]
    public void Elements_of_large_collections_are_looked_up_ahead_of_what_changes_them()
    {
        using var server = new SimulatedServer();
        const int elements = 3000;
        string[][] adding = [["SADD", "set"], ["HSET", "hash"], ["ZADD", "sorted"]];
        for (var i = 0; i < elements; i++)
        {
            adding[0] = [.. adding[0], $"m{i}"];
            adding[1] = [.. adding[1], $"m{i}", $"{i}"];
            adding[2] = [.. adding[2], $"{i}", $"m{i}"];
        }
        foreach (var request in adding) Assert.That(server.Run(request), Is.EqualTo($":{elements}"));
        string[][] pipeline =
            [["HGET", "hash", "m7"], ["HGET", "hash"], ["HGET", "set", "m7"], ["ZINCRBY", "sorted", "1", "m7"], ["ZSCORE", "sorted", "m7"], ["ZADD", "sorted", "5"],
                ["SISMEMBER", "set", "m7"], ["HGET", "none", "m7"], ["DEL", "set", "hash"], ["SISMEMBER", "set", "m7"], ["HSET", "hash", "m7", "new"], ["HGET", "hash", "m7"],
                ["SADD", "set", "m7"], ["FLUSHALL"], ["ZSCORE", "sorted", "m7"]];
        for (var round = 0; round < 2; round++)
        {
            // The first round finds large tables and the second none.
            server.Client.SendRaw([.. pipeline.SelectMany(request => TestClient.Request(request))]);
            var replies = server.Client.Read(pipeline.Length);
            if (round > 0) continue;
            Assert.That(replies[0], Is.EqualTo("\"7\""));
            Assert.That(replies[2], Does.StartWith("-WRONGTYPE"));
            Assert.That(replies[3..5], Is.EqualTo(new[] { "\"8\"", "\"8\"" }));
            Assert.That(replies[6..], Is.EqualTo(new[] { ":1", "nil", ":2", ":0", ":1", "\"new\"", ":1", "+OK", "nil" }));
        }
    }

    [Test]
    public void A_half_closed_peer_is_answered_what_it_asked()
    {
        using var server = new SimulatedServer();
        server.Client.SendRaw([.. TestClient.Request("SET", "k", "v"), .. TestClient.Request("GET", "k")]);
        server.Client.Peer.CloseWrite();
        Assert.That(server.Client.ReadToEnd(), Is.EqualTo("+OK\r\n$1\r\nv\r\n"));
        server.TurnUntil(() => server.Server.Clients.Count == 0);
    }

    [Test]
    public void A_request_with_many_arguments_is_one_request()
    {
        SimulatedServer.SkipUnlessInline("it has a buffer for each connection");
        using var server = new SimulatedServer();
        const int pairs = 50_000;
        var request = new List<string> { "MSET" };
        for (var i = 0; i < pairs; i++)
        {
            request.Add($"k{i}");
            request.Add("v");
        }
        Assert.That(server.Run([.. request]), Is.EqualTo("+OK"));
        Assert.That(server.Run("DBSIZE"), Is.EqualTo($":{pairs}"));
        server.AdvanceTime(4000);
        Assert.That(server.Client.Served!.InputCapacity, Is.Zero);
    }
}
