namespace Carnelian.Tests;

/// <summary>Requests with several long arguments, each of which is received into its own block.</summary>
internal sealed class LongArgumentTests
{
    private static string Value(int seed, int length) => string.Concat(Enumerable.Range(0, length / 8 + 1).Select(i => $"{seed * 10_000_000 + i:x8}"))[..length];

    [TestCase(70_000, 70_000, 70_000)]
    [TestCase(65_536, 65_537, 65_535, 65_537)]
    [TestCase(10, 200_000, 10, 300_000, 10)]
    [TestCase(100_000, 10, 10, 30_000)]
    [TestCase(30_000, 40_000, 50_000, 60_000, 500_000, 0, 80_000)]
    [TestCase(1_000_000, 1_000_000, 1_000_000)]
    public void All_values_arrive_whatever_their_lengths(params int[] lengths)
    {
        using var server = new SimulatedServer();
        for (var round = 0; round < 3; round++)
        {
            var request = new List<string> { "MSET" };
            for (var i = 0; i < lengths.Length; i++) request.AddRange([$"key{i}", Value(i + round, lengths[i])]);
            server.Client.Send([.. request]);
            server.Client.Send("PING");
            Assert.That(server.Client.Read(), Is.EqualTo("+OK"));
            Assert.That(server.Client.Read(), Is.EqualTo("+PONG"), "what follows in the pipeline is understood");
            for (var i = 0; i < lengths.Length; i++) Assert.That(server.Run("GET", $"key{i}"), Is.EqualTo($"\"{Value(i + round, lengths[i])}\""));
        }
        Assert.That(server.Client.Served!.InputBytes, Is.Zero);
        AssertGivesAllBack(server);
    }

    /// <summary>An input buffer is kept for a while.</summary>
    private static void AssertGivesAllBack(SimulatedServer server)
    {
        server.AdvanceTime(5000);
        server.TurnUntil(() => server.Client.Served!.InputCapacity == 0);
    }

    [Test]
    public void What_is_set_is_told_although_its_block_became_the_value()
    {
        using var server = new SimulatedServer();
        var log = new AppendOnlyText();
        server.Server.Keyspace.Changes.Attach(log);
        var (one, two) = (Value(1, 100_000), Value(2, 150_000));
        server.Run("MSET", "k", one, "k", two, "l", one);
        Assert.That(log.Lines, Is.EqualTo(new[] { "SELECT 0", $"MSET k {one} k {two} l {one}" }));
        Assert.That(server.Run("GET", "k"), Is.EqualTo($"\"{two}\""));
    }

    [Test]
    public void Values_keep_the_blocks_they_were_received_in()
    {
        using var server = new SimulatedServer();
        server.Run("PING");
        var before = server.Server.Allocator.UsedBytes;
        server.Run("MSET", "a", Value(1, 1_000_000), "b", Value(2, 1_000_000), "c", Value(3, 1_000_000));
        Assert.That(server.Server.Allocator.PeakUsedBytes - before, Is.LessThan(3_500_000), "they were never there twice");
    }

    [Test]
    public void A_command_that_fails_leaves_none_of_them_behind()
    {
        using var server = new SimulatedServer();
        Assert.That(server.Run("MSET", "a", Value(1, 100_000), "b", Value(2, 100_000), "c"), Is.EqualTo("-ERR wrong number of arguments for 'mset' command"));
        Assert.That(server.Run("NOPE", Value(1, 100_000), Value(2, 100_000)), Does.StartWith("-ERR unknown command 'NOPE', with args beginning with: '00989680"));
        Assert.That(server.Server.Allocator.UsedBytesOf(Purpose.Values), Is.Zero);
        AssertGivesAllBack(server);
    }

    [Test]
    public void A_client_that_vanishes_in_the_midst_of_them_leaves_nothing()
    {
        using var server = new SimulatedServer();
        server.Run("PING");
        var before = server.Server.Allocator.UsedBytesOf(Purpose.ClientInput);
        var leaver = server.Connect();
        leaver.SendRaw($"*7\r\n$4\r\nMSET\r\n$1\r\na\r\n$100000\r\n{Value(1, 100_000)}\r\n$1\r\nb\r\n$100000\r\n{Value(2, 50_000)}");
        server.TurnUntil(() => leaver.Served?.InputBytes == 50_000);
        leaver.Peer.Reset();
        server.TurnUntil(() => server.Server.Clients.Count == 1 && server.Server.Allocator.UsedBytesOf(Purpose.ClientInput) == before);
    }

    [Test]
    public void All_of_them_count_against_what_a_request_may_have()
    {
        using var server = new SimulatedServer();
        server.Run("CONFIG", "SET", "client-query-buffer-limit", "1mb");
        var greedy = server.Connect();
        greedy.SendRaw("*9\r\n$4\r\nMSET\r\n");
        for (var i = 0; i < 4; i++) greedy.SendRaw($"$1\r\na\r\n$400000\r\n{Value(i, 400_000)}\r\n");
        Assert.That(greedy.ReadToEnd(), Is.Empty);
    }

    [Test]
    public void A_broken_line_behind_one_of_them_ends_the_stream()
    {
        using var server = new SimulatedServer();
        var client = server.Connect();
        client.SendRaw($"*5\r\n$4\r\nMSET\r\n$1\r\na\r\n$100000\r\n{Value(1, 100_000)}\r\nx1\r\nb\r\n$1\r\nc\r\n");
        Assert.That(client.ReadToEnd(), Is.EqualTo("-ERR Protocol error: expected '$', got 'x'\r\n"));
    }
}
