namespace Carnelian.Tests;

/// <summary>Replies leave only when the changes that they tell of are as safe as was asked for.</summary>
internal sealed class OutputReleaseTests
{
    /// <summary>Stands for the append-only file: hears of changes, and releases them when the test says so.</summary>
    private sealed class Listener : IChangeSink
    {
        public ChangeTargets Targets => ChangeTargets.AppendOnlyFile;

        public long Offset { get; private set; }

        public void Take(ChangeReader changes, long offset) => Offset = offset;
    }

    private readonly Listener _listener = new();
    private SimulatedServer _server = null!;

    [SetUp]
    public void Start()
    {
        _server = new SimulatedServer();
        _server.Run("PING");
        _server.Server.Keyspace.Changes.Attach(_listener);
        _server.Server.Clients.Outbox.IsGated = true;
        _server.Server.Clients.Outbox.ReleasedOffset = _server.Server.Keyspace.Changes.Offset;
    }

    [TearDown]
    public void Stop() => _server.Dispose();

    private void Release() => _server.Server.Clients.Outbox.ReleasedOffset = _listener.Offset;

    [Test]
    public void A_write_is_answered_when_it_is_released()
    {
        _server.Client.Send("SET", "k", "v");
        _server.AdvanceTime(1000);
        Assert.That(_server.Client.Arrived(), Is.Empty);
        Release();
        Assert.That(_server.Client.Read(), Is.EqualTo("+OK"));
    }

    [Test]
    public void Who_reads_what_is_not_yet_safe_waits_as_well()
    {
        var reader = _server.Connect();
        Assert.That(reader.Run("GET", "k"), Is.EqualTo("nil"), "there is nothing to wait for");
        _server.Client.Send("SET", "k", "v");
        _server.AdvanceTime(10);
        reader.Send("GET", "k");
        _server.AdvanceTime(1000);
        Assert.That(reader.Arrived(), Is.Empty);
        Release();
        Assert.That(reader.Read(), Is.EqualTo("\"v\""));
        Assert.That(_server.Client.Read(), Is.EqualTo("+OK"));
    }

    [Test]
    public void Replies_leave_up_to_the_offset_that_is_released_and_in_order()
    {
        var start = _server.Server.Keyspace.Changes.Offset;
        for (var i = 0; i < 10; i++)
        {
            _server.Client.Send("INCR", "n");
            _server.AdvanceTime(1);
        }
        Assert.That(_listener.Offset, Is.EqualTo(start + 10));
        for (var i = 1; i <= 10; i++)
        {
            _server.Server.Clients.Outbox.ReleasedOffset = start + i;
            _server.AdvanceTime(1);
            Assert.That(_server.Client.Arrived(), Is.EqualTo(new[] { $":{i}" }));
        }
    }

    [Test]
    public void The_server_goes_on_while_replies_wait()
    {
        _server.Client.Send("SET", "k", "1");
        _server.AdvanceTime(10);
        for (var i = 0; i < 100; i++) _server.Client.Send("INCR", "k");
        _server.AdvanceTime(10);
        Assert.That(_listener.Offset - _server.Server.Clients.Outbox.ReleasedOffset, Is.EqualTo(101), "they are run");
        Assert.That(_server.Client.Arrived(), Is.Empty);
        Release();
        Assert.That(_server.Client.Read(101)[^1], Is.EqualTo(":101"));
    }

    [Test]
    public void Who_leaves_while_its_reply_waits_is_forgotten()
    {
        var impatient = _server.Connect();
        impatient.Send("SET", "k", "v");
        _server.AdvanceTime(10);
        impatient.Peer.Reset();
        _server.TurnUntil(() => _server.Server.Clients.Count == 1);
        Release();
        Assert.That(_server.Run("PING"), Is.EqualTo("+PONG"));
    }

    [Test]
    public void QUIT_closes_when_what_it_waits_for_is_released()
    {
        _server.Client.SendRaw([.. TestClient.Request("SET", "k", "v"), .. TestClient.Request("QUIT")]);
        _server.AdvanceTime(100);
        Assert.That(_server.Client.IsClosed, Is.False);
        Release();
        Assert.That(_server.Client.ReadToEnd(), Is.EqualTo("+OK\r\n+OK\r\n"));
    }

    [Test]
    public void When_nothing_is_gated_any_more_all_leaves()
    {
        _server.Client.Send("SET", "k", "v");
        _server.AdvanceTime(10);
        _server.Server.Clients.Outbox.IsGated = false;
        _server.Server.Clients.Outbox.ReleasedOffset = long.MaxValue;
        Assert.That(_server.Client.Read(), Is.EqualTo("+OK"));
        Assert.That(_server.Run("SET", "k", "w"), Is.EqualTo("+OK"));
    }
}
