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
            "1+ All 0 SET k ", "1 Replicas 65535 DEL k", "2 AppendOnlyFile 3 PEXPIREAT -9223372036854775808",
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
        Assert.That(_allocator.UsedBytesOf(Purpose.ChangeLog), Is.LessThanOrEqualTo(1 << 20));
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
