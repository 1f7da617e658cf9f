using System.Text;

namespace Carnelian.Tests;

/// <summary>The keyspace events of random sequences of requests, compared with the notifications that Redis publishes for them.</summary>
[NonParallelizable]
internal sealed class KeyspaceEventComparisonTests
{
    private const int BatchesPerSeed = 80;
    private const string Marker = "end of the batch";

    /// <summary>A seed alone, so that a failure is found again; key misses and new keys (m, n) are no part of A.</summary>
    private static IEnumerable<TestCaseData> Seeds => RandomWrites.Seeds(11).Select(seed => new TestCaseData(seed, seed % 5 == 1 ? "AKE" : "AKEmn"));

    [TestCaseSource(nameof(Seeds))]
    public void Redis_publishes_the_same(int seed, string classes)
    {
        using var pair = new ServerPair("--notify-keyspace-events", classes);
        using var subscriber = pair.Connect();
        subscriber.Send(TestClient.Request("PSUBSCRIBE", "__keyevent@*", Marker));
        subscriber.Read();
        subscriber.Read();
        Assert.That(KeyspaceNotifications.TryParse(classes, out var wanted));
        var heard = new Listener(wanted.Classes);
        pair.Carnelian.Server.Keyspace.Attach(heard);
        var requests = new RandomWrites(new Random(seed));
        long events = 0;
        for (var batch = 0; batch < BatchesPerSeed; batch++)
        {
            var requested = requests.NextBatch();
            pair.Run(requested);
            Assert.That(heard.Take(), Is.EqualTo(Published(pair.Redis, subscriber)), $"batch {batch}:\n{string.Join('\n', requested.Select(words => string.Join(' ', words)))}");
            events = heard.Total;
        }
        Assert.That(events, Is.GreaterThan(BatchesPerSeed * 5), "most requests change something");
    }

    /// <summary>What was published since the last time, as "database event key".</summary>
    private static List<string> Published(SocketClient redis, SocketClient subscriber)
    {
        const string prefix = "__keyevent@";
        redis.Run("PUBLISH", Marker, "");
        var published = new List<string>();
        while (true)
        {
            var message = subscriber.Read().Items;
            var channel = message[2].Text!;
            if (channel == Marker) return published;
            var parts = channel[prefix.Length..].Split("__:");
            published.Add($"{parts[0]} {parts[1]} {message[3].Text}");
        }
    }

    private sealed class Listener(KeyspaceEventClass wants) : IKeyspaceListener
    {
        private List<string> _events = [];

        public long Total { get; private set; }

        public KeyspaceEventClass Wants => wants;

        public bool WantsModified => false;

        public void OnModified(Author author, Database database, Key key)
        {
        }

        public void OnFlushing(Database? database)
        {
        }

        public void OnSwapping(Database one, Database other)
        {
        }

        public void OnEvent(KeyspaceEventClass kind, ReadOnlySpan<byte> name, Database database, Key key) =>
            _events.Add($"{database.Number} {Encoding.Latin1.GetString(name)} {Encoding.Latin1.GetString(key.Bytes)}");

        public List<string> Take()
        {
            var taken = _events;
            Total += taken.Count;
            _events = [];
            return taken;
        }
    }
}
