using System.Text.RegularExpressions;

namespace Carnelian.Tests;

/// <summary>maxmemory-clients: who is closed when all clients together take too much memory.</summary>
internal sealed class ClientEvictionTests
{
    private const int Limit = 1_000_000;

    private readonly LogLines _log = new();
    private SimulatedServer _server = null!;

    [SetUp]
    public void Start()
    {
        _server = new(options =>
        {
            options.DebugCommand = ProtectedAction.Yes;
            options.ClientMemoryMax = Limit;
        }, logger: _log);
        _server.Run("CLIENT", "NO-EVICT", "on");
    }

    [TearDown]
    public void Stop() => _server.Dispose();

    /// <summary>A client that has sent the beginning of a request.</summary>
    private TestClient Incomplete(int bytes)
    {
        var client = _server.Connect();
        client.Run("PING");
        client.SendRaw($"*2\r\n$3\r\nGET\r\n${bytes}\r\n");
        client.SendRaw(new byte[bytes - 100]);
        _server.TurnUntil(() => client.IsClosed || client.Served?.InputBytes >= bytes - 100);
        return client;
    }

    private long Evicted => _server.Server.Statistics.ClientsEvicted;

    [Test]
    public void One_whose_request_is_too_large_is_closed_and_logged()
    {
        var client = Incomplete(2 * Limit);
        Assert.That(client.IsClosed);
        Assert.That(_log.Text, Does.Match(@"(?m)^Evicting client: id=\d+ addr=\S+ .* tot-mem=\d{7} "));
        Assert.That(_server.Run("INFO", "stats"), Does.Contain("evicted_clients:1\r\n"));
        _server.Run("CONFIG", "RESETSTAT");
        Assert.That(Evicted, Is.Zero);
    }

    [Test]
    public void The_largest_go_first_and_no_more_than_needed()
    {
        var small = Enumerable.Range(0, 3).Select(_ => Incomplete(60_000)).ToArray();
        var large = Enumerable.Range(0, 2).Select(_ => Incomplete(200_000)).ToArray();
        Assert.That(Evicted, Is.Zero);
        var last = Incomplete(500_000);
        _server.TurnUntil(() => Evicted > 0);
        Assert.That(large.Count(client => client.IsClosed) + (last.IsClosed ? 1 : 0), Is.EqualTo(1));
        Assert.That(small, Has.All.Property(nameof(TestClient.IsClosed)).False);
    }

    [Test]
    public void Who_asked_for_it_is_spared_until_that_is_taken_back()
    {
        var client = _server.Connect();
        client.Run("CLIENT", "NO-EVICT", "on");
        client.SendRaw($"*2\r\n$3\r\nGET\r\n${2 * Limit}\r\n");
        client.SendRaw(new byte[2 * Limit]);
        _server.TurnUntil(() => client.Served?.InputBytes >= 2 * Limit);
        Assert.That(_log.Text, Does.Contain("Over client maxmemory after evicting all evictable clients"));
        client.SendRaw("\r\n");
        Assert.That(client.Read(), Is.EqualTo("nil"));
        client.Run("MULTI");
        client.Send("GET", new string('k', 2 * Limit));
        client.Read();
        client.Send("CLIENT", "NO-EVICT", "off");
        _server.TurnUntil(() => _server.Run("PING") == "+PONG" && client.Served is { Transaction.Count: 2 });
        client.Send("DISCARD");
        client.Send("CLIENT", "NO-EVICT", "off");
        client.Send("MULTI");
        client.Send("GET", new string('k', 2 * Limit));
        _server.TurnUntil(() => client.IsClosed);
    }

    [Test]
    public void Queued_requests_count()
    {
        var client = _server.Connect();
        client.Run("MULTI");
        for (var i = 0; i < 40 && !client.IsClosed; i++)
        {
            client.Send("SET", "k", new string('v', 30_000));
            _server.TurnUntil(() => client.IsClosed || client.Arrived().Length > 0);
        }
        Assert.That(client.IsClosed);
        Assert.That(Evicted, Is.EqualTo(1));
    }

    [TestCase("WATCH"), TestCase("SUBSCRIBE"), TestCase("PSUBSCRIBE"), TestCase("SSUBSCRIBE")]
    public void Watched_keys_and_subscriptions_count(string command)
    {
        _server.Run("CONFIG", "SET", "maxmemory-clients", "200000");
        var client = _server.Connect();
        for (var i = 0; i < 6000 && !client.IsClosed; i++)
        {
            client.Send(command, $"name:{i}");
            _server.TurnUntil(() => client.IsClosed || client.Arrived().Length > 0);
        }
        Assert.That(client.IsClosed);
    }

    [Test]
    public void What_is_not_read_counts()
    {
        _server.Run("SETRANGE", "k", "200000", "v");
        var client = _server.Connect();
        for (var i = 0; i < 20; i++) client.Send("GET", "k");
        _server.TurnUntil(() => client.IsClosed);
        Assert.That(Evicted, Is.EqualTo(1));
    }

    [Test]
    public void A_lower_limit_closes_at_once_and_none_turns_it_off()
    {
        var clients = Enumerable.Range(0, 6).Select(_ => Incomplete(120_000)).ToArray();
        _server.Run("CONFIG", "SET", "maxmemory-clients", "0");
        var large = Incomplete(4 * Limit);
        Assert.That(large.IsClosed, Is.False);
        Assert.That(_server.Run("DEBUG", "CLIENT-EVICTION"), Is.EqualTo("-ERR maxmemory-clients is disabled."));
        large.Peer.Close();
        _server.TurnUntil(() => _server.Server.Clients.Count == 7);
        _server.Run("CONFIG", "SET", "maxmemory-clients", "500000");
        Assert.That(_server.Run("PING"), Is.EqualTo("+PONG"));
        Assert.That(clients.Count(client => client.IsClosed), Is.InRange(1, 4));
    }

    [Test]
    public void A_percentage_is_one_of_maxmemory()
    {
        _server.Run("CONFIG", "SET", "maxmemory-clients", "10%");
        Assert.That(_server.Run("CONFIG", "GET", "maxmemory-clients"), Is.EqualTo("[\"maxmemory-clients\", \"10%\"]"));
        var first = Incomplete(2 * Limit);
        Assert.That(first.IsClosed, Is.False, "of no limit there is no part");
        _server.Run("CONFIG", "SET", "maxmemory", "30mb");
        Assert.That(first.IsClosed, Is.False);
        Assert.That(Incomplete(2 * Limit).IsClosed || first.IsClosed);
    }

    [Test]
    public void Who_is_closed_for_its_output_leaves_the_others_be()
    {
        _server.Run("SETRANGE", "k", "600000", "v");
        _server.Run("CONFIG", "SET", "client-output-buffer-limit", "normal 500000 0 0");
        var quiet = Incomplete(600_000);
        var greedy = _server.Connect();
        greedy.Send("GET", "k");
        _server.TurnUntil(() => greedy.IsClosed);
        Assert.That(quiet.IsClosed, Is.False);
        Assert.That(Evicted, Is.Zero);
    }

    [Test]
    public void The_classes_hold_what_the_clients_have()
    {
        foreach (var bytes in new[] { 50_000, 70_000, 140_000 }) Incomplete(bytes);
        var text = _server.Run("DEBUG", "CLIENT-EVICTION");
        Assert.That(text, Does.Contain("bucket          0 -      32767: tot-mem: ").And.Contain("bucket 4294967296+            : tot-mem:          0, clients: 0\n"));
        var rows = Regex.Matches(text, @"bucket +(\d+).*tot-mem: +(\d+), clients: (\d+)\n").ToArray();
        Assert.That(rows, Has.Length.EqualTo(19));
        Assert.That(rows.Sum(row => int.Parse(row.Groups[3].Value)), Is.EqualTo(3), "the one that asks is spared");
        var spared = _server.Client.Served!.CountedMemory;
        Assert.That(rows.Sum(row => long.Parse(row.Groups[2].Value)), Is.EqualTo(_server.Server.Clients.Sum(client => client.CountedMemory) - spared));
    }
}
