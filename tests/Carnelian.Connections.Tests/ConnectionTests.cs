using System.Text;

namespace Carnelian.Tests;

/// <summary>What every kind of connection does, with a lane on the command thread and with one that is apart.</summary>
[TestFixture(false)]
[TestFixture(true)]
internal sealed class ConnectionTests(bool isApart)
{
    private TestHost _host = null!;

    [SetUp]
    public void Start() => _host = new(isApart, configure: conditions => conditions.PipeBytesMin = conditions.PipeBytesMax = 64 * 1024);

    [TearDown]
    public void Stop() => _host.Dispose();

    [Test]
    public void Requests_are_answered_in_order_however_they_come()
    {
        var peer = new TestPeer(_host);
        var stream = Enumerable.Range(0, 200).SelectMany(i => TestPeer.Request("INCR", "n")).ToArray();
        for (var at = 0; at < stream.Length; at += 7) peer.Peer.Send(stream.AsSpan(at, Math.Min(7, stream.Length - at)));
        for (var i = 1; i <= 200; i++) Assert.That(peer.Read().Integer, Is.EqualTo(i));
    }

    [Test]
    public void A_session_may_look_at_requests_as_they_came()
    {
        _host.Taps = true;
        var peer = new TestPeer(_host);
        byte[][] requests = [TestPeer.Request("SET", "k", "v"), "\r\n"u8.ToArray(), TestPeer.Request("SET", "k", new string('x', 300_000)), "GET k\r\n"u8.ToArray(), TestPeer.Request("STRLEN", "k")];
        foreach (var request in requests) peer.Peer.Send(request);
        for (var i = 0; i < 3; i++) peer.Read();
        Assert.That(peer.Read().Integer, Is.EqualTo(300_000));
        var tapped = _host.Sessions[0].Tapped;
        var stream = requests.SelectMany(request => request).ToArray();
        Assert.That(tapped, Has.Count.EqualTo(4));
        Assert.That(tapped[^1].Offset, Is.EqualTo(stream.Length));
        foreach (var (request, offset) in tapped)
            Assert.That(stream.AsSpan((int)(offset - request.Length), request.Length).SequenceEqual(request), "the offset is behind what was seen");
    }

    [Test]
    public void A_push_in_the_midst_of_a_call_of_ones_own_stands_behind_the_reply()
    {
        var (one, other) = (new TestPeer(_host), new TestPeer(_host));
        other.Run("LOOK");
        one.Send("TELL", "k");
        one.Send("LOOK");
        RespKind[] own = [one.Read().Kind, one.Read().Kind, one.Read().Kind];
        Assert.That(own, Is.EqualTo(new[] { RespKind.Integer, RespKind.Push, RespKind.Integer }));
        Assert.That(other.Read().Kind, Is.EqualTo(RespKind.Push));
    }

    [Test]
    public void A_push_comes_although_replies_are_not_wanted()
    {
        var peer = new TestPeer(_host);
        peer.Run("LOOK");
        _host.Sessions[0].Output.IsMuted = true;
        peer.Send("TELL", "k");
        Assert.That(peer.Read().Kind, Is.EqualTo(RespKind.Push));
    }

    [Test]
    public void A_message_to_a_thousand_is_stored_once()
    {
        const int count = 1000, bytes = 100_000;
        var peers = Enumerable.Range(0, count).Select(_ => new TestPeer(_host)).ToArray();
        foreach (var peer in peers) peer.Peer.Paused = true;
        _host.TurnUntil(() => _host.Sessions.Count == count);
        var before = _host.Store.UsedBytesOf(Purpose.ClientOutput);
        var message = _host.OutputChunks.Share(Encoding.ASCII.GetBytes($">1\r\n${bytes}\r\n{new string('x', bytes)}\r\n"));
        foreach (var session in _host.Sessions) session.Push(message);
        message.Release();
        _host.Turn();
        TestContext.Out.WriteLine($"{_host.Store.UsedBytesOf(Purpose.ClientOutput) - before} bytes of output for {count} messages of {bytes}");
        Assert.That(_host.Store.UsedBytesOf(Purpose.ClientOutput) - before, Is.LessThan(2 * bytes));
        Assert.That(_host.MemoryByClass[(int)ClientClass.PubSub], Is.EqualTo(_host.Sessions.Sum(session => session.MemoryBytes)));
        Assert.That(_host.Sessions.Sum(session => session.Output.MemoryBytes), Is.GreaterThanOrEqualTo((long)count * bytes), "it counts as each one's");
        foreach (var peer in peers) peer.Peer.Paused = false;
        foreach (var peer in peers) Assert.That(peer.Read().Items[0].Bytes, Has.Length.EqualTo(bytes));
        _host.TurnUntil(() => _host.Store.UsedBytesOf(Purpose.ClientOutput) - before < bytes);
    }

    [Test]
    public void A_long_value_on_its_way_is_stored_once_and_stays_as_it_was_read()
    {
        const int count = 20;
        var writer = new TestPeer(_host);
        var value = new string('a', 1 << 20);
        writer.Run("SET", "k", value);
        var readers = Enumerable.Range(0, count).Select(_ => new TestPeer(_host)).ToArray();
        foreach (var reader in readers)
        {
            reader.Peer.Paused = true;
            reader.Send("GET", "k");
            reader.Send("GETRANGE", "k", "100000", "299999");
        }
        var calls = _host.Executor.CallsProcessed;
        _host.TurnUntil(() => _host.Executor.CallsProcessed == calls + 2 * count);
        writer.Run("SETRANGE", "k", "500000", "b");
        writer.Run("DEL", "k");
        Assert.That(_host.Store.UsedBytes, Is.LessThan(3 << 20), "the values of all the readers are one");
        foreach (var reader in readers) reader.Peer.Paused = false;
        foreach (var reader in readers)
        {
            Assert.That(reader.Read().Text == value);
            Assert.That(reader.Read().Text == value[..200_000]);
        }
        _host.TurnUntil(() => _host.Store.UsedBytesOf(Purpose.Held) == 0);
        Assert.That(_host.Store.UsedBytesOf(Purpose.Values), Is.Zero);
    }

    [Test]
    public void What_a_reader_that_leaves_was_to_get_is_let_go()
    {
        var peer = new TestPeer(_host);
        peer.Run("SET", "k", new string('a', 1 << 20));
        peer.Peer.Paused = true;
        peer.Send("GET", "k");
        peer.Send("DEL", "k");
        _host.TurnUntil(() => _host.Store.UsedBytesOf(Purpose.Held) > 0);
        peer.Peer.Reset();
        _host.TurnUntil(() => _host.Sessions.Count == 0 && _host.Store.UsedBytesOf(Purpose.Held) == 0);
    }

    [Test]
    public void What_stands_behind_a_blocked_call_waits_in_order()
    {
        var (waiter, maker) = (new TestPeer(_host), new TestPeer(_host));
        waiter.Send("INCR", "n");
        waiter.Send("TAKE", "k");
        waiter.Send("INCR", "n");
        Assert.That(waiter.Read().Integer, Is.EqualTo(1));
        waiter.Send("INCR", "n");
        Assert.That(maker.Run("GET", "n").Text, Is.EqualTo("1"));
        maker.Run("CHANGE", "k", "1");
        _host.TurnUntil(() => _host.Executor.BlockedClients.Count == 0);
        long[] replies = [waiter.Read().Integer, waiter.Read().Integer, waiter.Read().Integer];
        Assert.That(replies[1..], Is.EqualTo(new[] { 2, 3 }));
    }

    [Test]
    public void The_sums_of_memory_are_those_of_the_sessions()
    {
        var chance = new Random(5);
        var peers = Enumerable.Range(0, 20).Select(_ => new TestPeer(_host)).ToList();
        for (var step = 0; step < 300; step++)
        {
            var peer = peers[chance.Next(peers.Count)];
            switch (chance.Next(6))
            {
                case 0: peer.Peer.Paused = !peer.Peer.Paused; break;
                case 1: peer.Send("SET", "k", new string('x', chance.Next(200_000))); break;
                case 2: peer.Send("GET", "k"); break;
                case 3: peer.Peer.Send(Encoding.ASCII.GetBytes($"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$100000\r\n{new string('y', 100_000)}\r\n").AsSpan(0, 50_000 + chance.Next(50_000))); peers.Remove(peer); break;
                default: _host.Turn(); break;
            }
            if (peers.Count < 10) peers.Add(new TestPeer(_host));
            Assert.That(_host.MemoryByClass[(int)ClientClass.PubSub], Is.EqualTo(_host.Sessions.Sum(session => session.MemoryBytes)));
        }
    }

    [Test]
    public void A_long_argument_is_received_into_the_block_that_becomes_its_value([Values] bool isLast)
    {
        var peer = new TestPeer(_host);
        peer.Run("SET", "a", "b");
        var before = _host.Store.UsedBytes;
        var value = new string('x', 3_000_000);
        if (isLast) peer.Run("SET", "k", value);
        else peer.Run("MSET", "k", value, "l", "m");
        Assert.That(_host.Store.PeakUsedBytes - before, Is.LessThan(3_500_000), "it was never there twice");
        Assert.That(peer.Run("GET", "k").Text == value);
    }
}
