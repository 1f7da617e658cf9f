namespace Carnelian.Tests;

/// <summary>How long an input buffer lives, and how large it is.</summary>
internal sealed class InputBufferTests
{
    private SimulatedServer _server = null!;

    [SetUp]
    public void Start()
    {
        _server = new SimulatedServer();
        _server.Run("PING");
    }

    [TearDown]
    public void Stop() => _server.Dispose();

    private Client Served => _server.Client.Served!;

    private void Send(string bytes)
    {
        var received = _server.Server.Statistics.NetInputBytes + bytes.Length;
        _server.Client.SendRaw(bytes);
        _server.TurnUntil(() => _server.Server.Statistics.NetInputBytes == received);
    }

    [Test]
    public void Whole_requests_need_none()
    {
        SimulatedServer.SkipUnlessInline("it has a buffer for each connection");
        _server.Run("SET", "k", new string('x', 10_000));
        Assert.That(Served.InputCapacity, Is.Zero);
    }

    [Test]
    public void It_is_kept_while_requests_come_in_pieces_and_given_back_when_they_no_longer_do()
    {
        Send("*2\r\n$4\r\nEC");
        Assert.That(Served.InputCapacity, Is.EqualTo(16 * 1024));
        Send("HO\r\n$1\r\na\r\n");
        Assert.That(Served.InputCapacity, Is.EqualTo(16 * 1024));
        Assert.That(Served.InputBytes, Is.Zero);
        _server.AdvanceTime(1500);
        Assert.That(Served.InputCapacity, Is.EqualTo(16 * 1024));
        _server.AdvanceTime(2500);
        Assert.That(Served.InputCapacity, Is.Zero);
    }

    [Test]
    public void An_announced_argument_has_its_room_from_the_first_byte_on()
    {
        Send("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1000000\r\n");
        Assert.That(Served.InputCapacity, Is.GreaterThan(1_000_000));
        _server.AdvanceTime(1000);
        Assert.That(Served.InputCapacity, Is.GreaterThan(1_000_000), "it may still come");
        _server.AdvanceTime(3000);
        Assert.That(Served.InputCapacity, Is.LessThan(100));
        Send(new string('x', 1_000_000) + "\r\n");
        Assert.That(_server.Client.Read(), Is.EqualTo("+OK"));
        Assert.That(_server.Run("STRLEN", "k"), Is.EqualTo(":1000000"));
    }

    [Test]
    public void A_large_one_shrinks_while_only_little_is_sent()
    {
        _server.Run(["DEL", .. Enumerable.Repeat(new string('x', 10_000), 40)]);
        Assert.That(Served.InputCapacity, Is.GreaterThan(32 * 1024));
        for (var i = 0; i < 5; i++)
        {
            _server.Run("SET", "k", "x");
            _server.AdvanceTime(500);
        }
        Assert.That(Served.InputCapacity, Is.EqualTo(16 * 1024));
    }

    [Test]
    public void The_largest_of_late_is_told()
    {
        Send("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1000000\r\n");
        for (var second = 0; second < 2; second++) _server.AdvanceTime(1000);
        Assert.That(Recent(), Is.GreaterThan(1_000_000));
        for (var second = 0; second < 15; second++) _server.AdvanceTime(1000);
        Assert.That(Recent(), Is.LessThan(1000));

        long Recent() => _server.Server.Statistics.ClientPeaks.InputBytes;
    }

    [Test]
    public void It_doubles_while_many_arguments_come()
    {
        var capacities = new HashSet<long>();
        Send("*401\r\n$3\r\nDEL\r\n");
        for (var i = 0; i < 400; i++)
        {
            Send($"$10000\r\n{new string('x', 10_000)}\r\n");
            capacities.Add(Served.InputCapacity);
        }
        Assert.That(_server.Client.Read(), Is.EqualTo(":0"));
        Assert.That(capacities, Has.Count.LessThan(12));
    }
}
