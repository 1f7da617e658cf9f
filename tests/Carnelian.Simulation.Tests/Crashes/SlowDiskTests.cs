using System.Net;
using Microsoft.Extensions.Logging.Abstractions;

namespace Carnelian.Tests;

/// <summary>A disk that does not keep up, or stands still: who writes waits for it, and nobody else does; memory stays within its bounds.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class SlowDiskTests
{
    private const int Port = 6379, ValueBytes = 10_000, BufferBytes = 1 << 20;

    /// <summary>What is read and run in a turn comes on top of the bound: some requests of each client.</summary>
    private const int TurnBytes = 3 << 20;

    /// <summary>Longer than anything is under way in this network.</summary>
    private const long FlightNanoseconds = 5000, AsksEveryNanoseconds = 5_000_000;

    private const long ReplyNanosecondsMax = 2_000_000;

    private readonly SimulatedWorld _world = new(1);
    private Server _server = null!;
    private SimulatedPeer _reader = null!;
    private bool _isAsked;
    private long _askedNanoseconds, _slowestNanoseconds, _answers;

    [SetUp]
    public void Open()
    {
        (_world.Simulation.Conditions.DelayMicrosecondsMin, _world.Simulation.Conditions.DelayMicrosecondsMax) = (1, 1);
        Start();
    }

    [TearDown]
    public void Close()
    {
        _server.Dispose();
        _world.Dispose();
    }

    private void Start()
    {
        var options = new ServerOptions { Bind = ["*"], Port = Port, Memory = new() { Checked = true, RangeBytesMax = 1L << 30 } };
        (options.Persistence.AppendOnly.IsOn, options.Persistence.AppendOnly.BufferBytesMax) = (true, BufferBytes);
        _server = new Server(options, _world, NullLogger.Instance);
        Assert.That(_server.Start(), Is.Null);
        while (!_server.Startup.IsOver) _server.Turn();
        _reader = Connect();
        Ask();
    }

    private SimulatedPeer Connect() => _world.Network.ConnectPeer(new IPEndPoint(IPAddress.Loopback, Port));

    private void Ask()
    {
        _reader.Send(RequestMaker.Encode(["GET", "other"]));
        _askedNanoseconds = _world.Clock.MonotonicNanoseconds;
        _isAsked = true;
    }

    private void Turn()
    {
        // What is under way arrives before the server waits for what it has to do next.
        if (!_isAsked && _world.Clock.MonotonicNanoseconds - _askedNanoseconds > AsksEveryNanoseconds) Ask();
        if (!_world.Simulation.RunNext(_world.Simulation.NowNanoseconds + FlightNanoseconds)) _server.Turn();
        if (_reader.TakeReceived().Length == 0) return;
        _slowestNanoseconds = Math.Max(_slowestNanoseconds, _world.Clock.MonotonicNanoseconds - _askedNanoseconds);
        _answers++;
        _isAsked = false;
    }

    private static int Replies(SimulatedPeer peer) => peer.TakeReceived().Count(b => b == '\n');

    [Test]
    public void A_disk_that_is_slower_than_its_clients_bounds_them_and_loses_nothing()
    {
        const int writers = 4, each = 300;
        _world.Disk.Pace.BytesPerSecond = 1_000_000;
        var peers = new SimulatedPeer[writers];
        for (var i = 0; i < writers; i++)
        {
            peers[i] = Connect();
            for (var n = 0; n < each; n++) peers[i].Send(RequestMaker.Encode(["SET", $"key:{i}:{n}", new string((char)('a' + n % 26), ValueBytes)]));
        }
        var saver = Connect();
        saver.Send(RequestMaker.Encode(["BGSAVE"]));
        long most = 0;
        for (int turns = 0, replies = 0; replies < writers * each; turns++)
        {
            Assert.That(turns, Is.LessThan(10_000_000));
            Turn();
            foreach (var peer in peers) replies += Replies(peer);
            most = Math.Max(most, _server.AppendOnly.PendingBytes);
        }
        Assert.That(most, Is.InRange(BufferBytes, BufferBytes + TurnBytes));
        Assert.That(_world.Clock.MonotonicNanoseconds / 1_000_000_000, Is.GreaterThan(5), "the disk was slow");
        AssertUnharmed();
        while (_server.AppendOnly.SafeOffset < _server.Keyspace.Changes.Offset) Turn();
        Restart();
        Assert.That(_server.Keyspace.Databases[0].Data.Count, Is.EqualTo(writers * each));
    }

    [Test]
    public void A_disk_that_stands_still_for_five_seconds_harms_no_reader_and_bounds_what_may_be_lost()
    {
        var writer = Connect();
        var (sent, acknowledged) = (0, 0);
        var times = new List<long>();
        var end = _world.Clock.MonotonicNanoseconds + 12_000_000_000;
        for (var stalled = false; _world.Clock.MonotonicNanoseconds < end;)
        {
            if (!stalled && end - _world.Clock.MonotonicNanoseconds < 9_000_000_000)
            {
                _world.Disk.Pace.Stall(5000);
                stalled = true;
            }
            if (sent == acknowledged) writer.Send(RequestMaker.Encode(["RPUSH", "log", $"{sent++}"]));
            Turn();
            if (Replies(writer) == 0) continue;
            acknowledged++;
            times.Add(_world.Clock.MonotonicNanoseconds / 1_000_000);
        }
        AssertUnharmed();
        var longestWaitMs = times.Zip(times.Skip(1), (one, next) => next - one).Max();
        Assert.That(longestWaitMs, Is.InRange(2000, 4500), "who writes waits once more than two seconds could be lost");
        Assert.That(times[^1], Is.GreaterThan(11_500), "and goes on afterwards");
    }

    [Test]
    public void A_save_to_a_disk_of_20_MB_a_second_stays_within_its_bounds_and_has_every_key()
    {
        const int writers = 4, each = 500, times = 3;
        _server.SnapshotFiles.Snapshots.Options.BufferBytesMax = BufferBytes;
        var peers = new SimulatedPeer[writers];
        for (var i = 0; i < writers; i++) peers[i] = Connect();
        Write(peers, each, 'a');
        for (var replies = 0; replies < writers * each; Turn()) replies += peers.Sum(Replies);
        _world.Disk.Pace.BytesPerSecond = 20_000_000;
        var saver = Connect();
        saver.Send(RequestMaker.Encode(["BGSAVE"]));
        while (Replies(saver) == 0) Turn();
        for (var letter = 'b'; letter < 'b' + times; letter++) Write(peers, each, letter);
        var allocator = _server.Keyspace.Allocator;
        long mostKept = 0, mostPending = 0;
        for (int turns = 0, replies = 0; replies < times * writers * each || _server.SnapshotFiles.IsBusy; turns++)
        {
            Assert.That(turns, Is.LessThan(10_000_000));
            Turn();
            replies += peers.Sum(Replies);
            mostKept = Math.Max(mostKept, allocator.UsedBytesOf(Purpose.Snapshot) + allocator.UsedBytesOf(Purpose.Held));
            mostPending = Math.Max(mostPending, _server.AppendOnly.PendingBytes);
        }
        TestContext.Out.WriteLine($"kept for the snapshot: {mostKept} bytes at most; on their way to the append-only file: {mostPending}");
        Assert.That(mostKept, Is.InRange(BufferBytes / 2, BufferBytes + TurnBytes));
        Assert.That(mostPending, Is.InRange(BufferBytes, BufferBytes + TurnBytes));
        AssertUnharmed();
        while (_server.AppendOnly.SafeOffset < _server.Keyspace.Changes.Offset) Turn();
        _world.Disk.Pace.BytesPerSecond = 0;
        using (var saved = new PlainKeyspace(_world, 16))
        {
            saved.Load(_world.Disk, "dump.rdb");
            Assert.That(saved.Count, Is.EqualTo(writers * each));
        }
        Restart();
        Assert.That(_server.Keyspace.Databases[0].Data.Count, Is.EqualTo(writers * each));
    }

    [Test]
    public void Two_seconds_are_lost_at_most_while_a_slow_disk_gets_new_files()
    {
        (_world.Disk.Pace.SyncMicrosecondsMin, _world.Disk.Pace.SyncMicrosecondsMax) = (1_500_000, 1_500_000);
        SimulatedPeer writer = Connect(), rewriter = Connect();
        var acknowledgedMs = new List<long>();
        var (before, sent, promised, missing) = (_server.Keyspace.Changes.Offset, 0, 0, 0L);
        for (long nowMs = 0, rewriteMs = 0; nowMs < 60_000; nowMs = _world.Clock.MonotonicNanoseconds / 1_000_000)
        {
            if (nowMs >= rewriteMs)
            {
                rewriter.Send(RequestMaker.Encode(["BGREWRITEAOF"]));
                rewriteMs = nowMs + 2300;
            }
            if (sent == acknowledgedMs.Count && (sent == 0 || nowMs >= acknowledgedMs[^1] + 50)) writer.Send(RequestMaker.Encode(["RPUSH", "log", $"{sent++}"]));
            Turn();
            Replies(rewriter);
            if (Replies(writer) == 0) continue;
            acknowledgedMs.Add(nowMs);
            while (acknowledgedMs[promised] < nowMs - 2000) promised++;
            missing = Math.Max(missing, promised - (_server.AppendOnly.SafeOffset - before));
        }
        // Nobody is to be left waiting for the disk.
        _world.Disk.Pace.SyncMicrosecondsMin = _world.Disk.Pace.SyncMicrosecondsMax = 0;
        while (_server.SnapshotFiles.IsBusy || _server.AppendOnly.SafeOffset < _server.Keyspace.Changes.Offset) Turn();
        Assert.That(missing, Is.Zero, "operations that were acknowledged more than two seconds before another one, and not safe when that was");
        Assert.That(_server.AppendOnly.Rewrites.Count, Is.GreaterThan(2));
    }

    private static void Write(SimulatedPeer[] peers, int each, char letter)
    {
        for (var i = 0; i < peers.Length; i++)
            for (var n = 0; n < each; n++) peers[i].Send(RequestMaker.Encode(["SET", $"key:{i}:{n}", new string(letter, ValueBytes)]));
    }

    private void AssertUnharmed()
    {
        Assert.That(_slowestNanoseconds, Is.LessThan(ReplyNanosecondsMax), "readers are answered as ever");
        Assert.That(_answers, Is.GreaterThan(100));
        Assert.That(_world.Disk.Pace.HeldMicroseconds, Is.Zero, "the command thread never waits for the disk");
    }

    private void Restart()
    {
        _world.Crash();
        _server.Dispose();
        _world.Disk.Pace.BytesPerSecond = 0;
        Start();
    }
}
