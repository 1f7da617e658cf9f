namespace Carnelian.Tests;

/// <summary>Calls within calls, as transactions and scripts will make them.</summary>
internal sealed class NestedCallTests
{
    private SimulatedServer _server = null!;

    [SetUp]
    public void Start() => _server = NewServer();

    [TearDown]
    public void Stop() => _server.Dispose();

    private static SimulatedServer NewServer()
    {
        var server = new SimulatedServer(commands: WaitingCommands.Table());
        server.Server.Cron.ActiveExpiryEnabled = false;
        return server;
    }

    /// <summary>The words of a request that runs others: each behind the number of its words.</summary>
    private static string[] Within(IEnumerable<string[]> requests) => ["WITHIN", .. requests.SelectMany(request => request.Prepend($"{request.Length}"))];

    /// <summary>Divides requests at random among calls that are nested up to three deep.</summary>
    private static string[] Nested(Random chance, ReadOnlySpan<string[]> requests, int depth)
    {
        var parts = new List<string[]>();
        while (!requests.IsEmpty)
        {
            var count = chance.Next(1, requests.Length + 1);
            if (depth > 1 && chance.Next(2) == 0) parts.Add(Nested(chance, requests[..count], depth - 1));
            else parts.AddRange(requests[..(count = 1)]);
            requests = requests[count..];
        }
        return Within(parts);
    }

    [Test]
    public void Three_deep_they_do_what_they_do_one_after_the_other([Range(1, 40)] int seed)
    {
        SimulatedServer.SkipUnlessInline("time passes between the batches of a pipeline");
        var chance = new Random(seed);
        var writes = new RandomWrites(chance);
        using var other = NewServer();
        var (log, otherLog) = (new AppendOnlyText(), new AppendOnlyText());
        var (events, otherEvents) = (new EventLines(), new EventLines());
        Attach(_server, log, events);
        Attach(other, otherLog, otherEvents);
        for (var batch = 0; batch < 10; batch++)
        {
            // Those that wait do so in one of the two only.
            var requests = Array.FindAll(writes.NextBatch(), request => !RandomWrites.MayWait(request));
            // Both at the same moment, early in a millisecond.
            var moment = Math.Max(_server.World.Clock.UnixMicroseconds, other.World.Clock.UnixMicroseconds) / 1000 * 1000 + 10_100;
            foreach (var server in new[] { _server, other })
            {
                server.World.ClockSkewMicroseconds += moment - server.World.Clock.UnixMicroseconds;
                server.AdvanceTime(0);
            }
            var before = log.Lines.Length;
            var outermost = Nested(chance, requests, 3);
            var reply = _server.Run(outermost);
            other.Client.SendRaw(requests.SelectMany(TestClient.Request).ToArray());
            other.Client.Read(requests.Length);
            var lines = log.Lines[before..];
            var records = lines.Where(line => line is not ("MULTI" or "EXEC")).ToArray();
            if (records.Count(line => !line.StartsWith("SELECT ", StringComparison.Ordinal)) > 1)
                Assert.That((lines[0], lines[^1], lines.Count(line => line is "MULTI" or "EXEC")), Is.EqualTo(("MULTI", "EXEC", 2)), "one unit");
            Assert.That(reply, Does.Not.Contain("unknown command"));
        }
        Assert.That(log.Lines.Where(line => line is not ("MULTI" or "EXEC")), Is.EqualTo(otherLog.Lines.Where(line => line is not ("MULTI" or "EXEC"))));
        Assert.That(events.Lines, Is.EqualTo(otherEvents.Lines));
        foreach (var command in _server.Server.Executor.Commands.All)
        {
            if (command.FullName is "within" or "info") continue;
            Assert.That(_server.Server.Executor.Statistics[command.Index].Calls, Is.EqualTo(other.Server.Executor.Statistics[command.Index].Calls), command.FullName);
        }
        Assert.That(_server.Server.Keyspace.DataBytes, Is.EqualTo(other.Server.Keyspace.DataBytes));
        Assert.That(_server.Server.Keyspace.Dirty, Is.EqualTo(other.Server.Keyspace.Dirty));
    }

    private static void Attach(SimulatedServer server, AppendOnlyText log, EventLines events)
    {
        server.Server.Keyspace.Changes.Attach(log);
        server.Server.Keyspace.Attach(events);
    }

    [Test]
    public void Replies_stand_in_order_behind_that_of_the_outer_call() =>
        Assert.That(_server.Run(Within([["SET", "k", "1"], Within([["INCR", "k"], ["NOSUCH"]]), ["GET", "k"]])),
            Does.StartWith("[+OK, [:2, -ERR unknown command 'NOSUCH'").And.EndsWith("], \"2\"]"));

    [Test]
    public void A_call_within_does_not_wait_but_answers_what_a_timeout_does()
    {
        Assert.That(_server.Run(Within([["WAITFORKEY", "k", "0"], ["PING"]])), Is.EqualTo("[nil, +PONG]"));
        Assert.That(_server.Server.Executor.BlockedClients.Count, Is.Zero);
    }

    [Test]
    public void Those_who_wait_are_served_when_the_outermost_call_is_over()
    {
        var waiter = _server.Connect();
        waiter.Send("WAITFORKEY", "k", "l", "0");
        _server.TurnUntil(() => waiter.Served?.Blocked is not null);
        _server.Run(Within([["SET", "k", "1"], ["DEL", "k"], ["SET", "l", "2"], ["SET", "m", "3"]]));
        Assert.That(waiter.Read(), Is.EqualTo("[\"l\", \"2\"]"));
        Assert.That(_server.Run("EXISTS", "l", "m"), Is.EqualTo(":1"));
    }

    [Test]
    public void Each_call_frees_what_it_gave_up_itself()
    {
        var value = new string('x', 1 << 20);
        _server.Run("SET", "k", value);
        var before = _server.Server.Allocator.UsedBytes;
        _server.Run("REPEAT", "1000", "SET", "k", value);
        Assert.That(_server.Server.Allocator.PeakUsedBytes - before, Is.LessThan(8 << 20));
    }

    [Test]
    public void Changes_of_any_size_are_delivered_as_they_come()
    {
        var sink = new Deliveries();
        _server.Server.Keyspace.Changes.Attach(sink);
        var value = new string('x', 1 << 20);
        _server.Run("SET", "k", value);
        var before = _server.Server.Allocator.UsedBytes;
        _server.Run("REPEAT", "3000", "SET", "k", value);
        TestContext.Out.WriteLine($"most above the start: {(_server.Server.Allocator.PeakUsedBytes - before) >> 20} MB");
        Assert.That(_server.Server.Allocator.PeakUsedBytes - before, Is.LessThan(64 << 20));
        Assert.That(sink.Records, Is.EqualTo(3001));
        Assert.That(sink.Units, Is.EqualTo(2));
        Assert.That(sink.Open, Is.EqualTo(0), "the unit is closed");
    }

    [Test]
    public void Who_keeps_scratch_across_a_call_is_stopped()
    {
        _server.Run("SET", "k", "v");
        var client = _server.Connect();
        client.Send("SCRATCH", "k", "PING");
        Assert.That(() => _server.TurnUntil(() => client.Arrived().Length > 0), Throws.TypeOf<BrokenInvariantException>());
    }

    [Test]
    public void A_session_knows_how_far_the_log_was_at_its_last_write()
    {
        _server.Server.Keyspace.Changes.Attach(new Deliveries());
        var other = _server.Connect();
        other.Run("PING");
        _server.Run(Within([["SET", "k", "1"], ["SET", "l", "2"]]));
        Assert.That(_server.Client.Served!.LastWriteOffset, Is.EqualTo(2));
        _server.Run("GET", "k");
        Assert.That(_server.Client.Served!.LastWriteOffset, Is.EqualTo(2));
        Assert.That(other.Served!.LastWriteOffset, Is.Zero);
        other.Run("DEL", "k");
        Assert.That((_server.Client.Served!.LastWriteOffset, other.Served!.LastWriteOffset), Is.EqualTo((2, 3)));
    }

    /// <summary>Counts records and units as they are delivered.</summary>
    private sealed class Deliveries : IChangeSink
    {
        public int Records, Units, Open;

        public ChangeTargets Targets => ChangeTargets.All;

        public void Take(ChangeReader changes, long offset)
        {
            while (changes.Next())
            {
                Records++;
                if (!changes.ContinuesUnit)
                {
                    Assert.That(Open, Is.Zero, "the unit before is over");
                    Units++;
                    Open = 1;
                }
                if (!changes.MoreOfUnit) Open = 0;
            }
        }
    }

    /// <summary>Writes keyspace events down.</summary>
    private sealed class EventLines : IKeyspaceListener
    {
        public List<string> Lines { get; } = [];

        public KeyspaceEventClass Wants => (KeyspaceEventClass)(-1);

        public bool WantsModified => true;

        public void OnModified(Author author, Database database, Key key) => Lines.Add($"touched {database.Number} {ByteText.FromBytes(key.Bytes)}");

        public void OnFlushing(Database? database) => Lines.Add($"flushed {database?.Number}");

        public void OnSwapping(Database one, Database other) => Lines.Add($"swapped {one.Number} {other.Number}");

        public void OnEvent(KeyspaceEventClass kind, ReadOnlySpan<byte> name, Database database, Key key) =>
            Lines.Add($"{kind} {ByteText.FromBytes(name)} {database.Number} {ByteText.FromBytes(key.Bytes)}");
    }
}
