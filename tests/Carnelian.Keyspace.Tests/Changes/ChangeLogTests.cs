namespace Carnelian.Tests;

public sealed class ChangeLogTests
{
    private BlockAllocator _allocator = null!;
    private ChangeLog _log = null!;

    [SetUp]
    public void MakeLog()
    {
        _allocator = new(new() { Checked = true, RangeBytesMax = 1 << 30 });
        _log = new(_allocator);
    }

    [TearDown]
    public void DisposeLog()
    {
        _log.Dispose();
        _allocator.Dispose();
    }

    private void Record(ChangeTargets targets, int database, params string[] words)
    {
        _log.Begin(targets, database, words.Length);
        foreach (var word in words) _log.Append(KeyspaceRig.Bytes(word));
    }

    [Test]
    public void Records_reach_the_sinks_as_they_were_appended()
    {
        var sink = new KeyspaceRig.Sink(ChangeTargets.All);
        _log.Attach(sink);
        _log.BeginUnit();
        Record(ChangeTargets.All, 0, "SET", "k", "");
        Record(ChangeTargets.Replicas, 65535, "DEL", "k");
        _log.BeginUnit();
        _log.Begin(ChangeTargets.AppendOnlyFile, 3, 2);
        _log.Append("PEXPIREAT"u8);
        _log.Append(long.MinValue);
        Assert.That(_log.IsEmpty, Is.False);
        _log.Deliver();
        Assert.That(_log.IsEmpty);
        Assert.That(sink.Lines, Is.EqualTo(new[]
        {
            "1+ All 0 SET k ", "+1 Replicas 65535 DEL k", "2 AppendOnlyFile 3 PEXPIREAT -9223372036854775808",
        }));
        Assert.That(sink.Offsets, Is.EqualTo(new[] { 3L }));
        _log.Deliver();
        Assert.That(sink.Offsets, Has.Count.EqualTo(1), "an empty log is not delivered");
        Record(ChangeTargets.All, 1, "PING");
        _log.Deliver();
        Assert.That(sink.Offsets, Is.EqualTo(new[] { 3L, 4L }));
        Assert.That(sink.Lines[^1], Is.EqualTo("2 All 1 PING"));
    }

    [Test]
    public void Listening_is_what_the_sinks_together_want()
    {
        Assert.That(_log.Listening, Is.EqualTo(ChangeTargets.None));
        var file = new KeyspaceRig.Sink(ChangeTargets.AppendOnlyFile);
        var replicas = new KeyspaceRig.Sink(ChangeTargets.Replicas);
        _log.Attach(file);
        _log.Attach(replicas);
        Assert.That(_log.Listening, Is.EqualTo(ChangeTargets.All));
        _log.Detach(file);
        Assert.That(_log.Listening, Is.EqualTo(ChangeTargets.Replicas));
        _log.Detach(replicas);
        Assert.That(_log.Listening, Is.EqualTo(ChangeTargets.None));
    }

    [Test]
    public void Records_of_all_sizes_survive_the_buffers_growth([Range(1, 4)] int seed)
    {
        var random = new Random(seed);
        var sink = new KeyspaceRig.Sink(ChangeTargets.All);
        _log.Attach(sink);
        for (var turn = 0; turn < 5; turn++)
        {
            var expected = new List<string>();
            for (var i = 0; i < 200; i++)
            {
                _log.BeginUnit();
                var words = Enumerable.Range(0, 1 + random.Next(5)).Select(_ => new string('a', random.Next(50) == 0 ? random.Next(100_000) : random.Next(40))).ToArray();
                Record(ChangeTargets.All, random.Next(16), words);
                expected.Add(string.Join(' ', words));
            }
            _log.Deliver();
            Assert.That(sink.Lines.Select(line => line.Split(' ', 4)[3]), Is.EqualTo(expected));
            sink.Lines.Clear();
        }
        Assert.That(_allocator.UsedBytesOf(Purpose.ChangeLog), Is.LessThanOrEqualTo(2 << 20));
    }

    [Test]
    public void Units_longer_than_a_delivery_go_on_in_the_next()
    {
        var sink = new KeyspaceRig.Sink(ChangeTargets.All);
        _log.Attach(sink);
        var half = new string('x', 600_000);
        _log.BeginUnit();
        for (var i = 0; i < 5; i++) Record(ChangeTargets.All, 0, $"{i}", half);
        _log.BeginUnit();
        for (var i = 0; i < 2; i++) Record(ChangeTargets.All, 0, "a", half);
        _log.BeginUnit();
        Record(ChangeTargets.All, 0, "b");
        Assert.That(sink.Offsets, Is.EqualTo(new[] { 2, 4, 6 }), "delivered before there is too much of it");
        _log.Deliver();
        Assert.That(sink.Lines.Select(line => line.Split(' ')[0]), Is.EqualTo(new[] { "1+", "+1+", "+1+", "+1+", "+1", "2+", "+2", "3" }));
        Assert.That(_allocator.PeakUsedBytes, Is.LessThan(8 << 20));
    }

    [Test]
    public void In_the_midst_of_a_unit_only_those_before_it_are_delivered()
    {
        var sink = new KeyspaceRig.Sink(ChangeTargets.All);
        _log.Attach(sink);
        _log.BeginUnit();
        Record(ChangeTargets.All, 0, "a");
        _log.BeginUnit();
        Record(ChangeTargets.All, 0, "b");
        _log.DeliverClosed();
        Assert.That(sink.Lines, Is.EqualTo(new[] { "1 All 0 a" }));
        Assert.That(sink.Offsets, Is.EqualTo(new[] { 1 }));
        Record(ChangeTargets.All, 0, "c");
        _log.DeliverClosed();
        _log.Deliver();
        Assert.That(sink.Lines, Is.EqualTo(new[] { "1 All 0 a", "2+ All 0 b", "+2 All 0 c" }));
        Assert.That(sink.Offsets, Is.EqualTo(new[] { 1, 3 }));
    }

    [Test]
    public void A_record_with_much_in_it_keeps_its_arguments_in_order()
    {
        var sink = new KeyspaceRig.Sink(ChangeTargets.All);
        _log.Attach(sink);
        var words = Enumerable.Range(0, 60).Select(i => new string((char)('a' + i % 26), i % 3 == 0 ? 1_000_000 : 10)).Append(new string('z', 20_000_000)).ToArray();
        _log.BeginUnit();
        Record(ChangeTargets.All, 0, words);
        _log.Deliver();
        Assert.That(sink.Lines.Single() == "1 All 0 " + string.Join(' ', words));
        Assert.That(_allocator.UsedBytesOf(Purpose.ChangeLog), Is.LessThanOrEqualTo(2 << 20));
    }

    [Test]
    public void Unfinished_record_stops_the_next_and_the_delivery()
    {
        _log.Begin(ChangeTargets.All, 0, 2);
        _log.Append("DEL"u8);
        Assert.That(() => _log.Begin(ChangeTargets.All, 0, 1), Throws.TypeOf<BrokenInvariantException>());
        Assert.That(_log.Deliver, Throws.TypeOf<BrokenInvariantException>());
        _log.Append("k"u8);
        Assert.That(() => _log.Append("more"u8), Throws.TypeOf<BrokenInvariantException>());
    }
}
