namespace Carnelian.Tests;

/// <summary>Messages on their way: order, those who do not read, those who go, and many.</summary>
internal sealed class DeliveryTests
{
    private const int Megabyte = 1 << 20;

    private static TestClient Subscriber(SimulatedServer server, string channel = "c", bool resp3 = true)
    {
        var client = server.Connect();
        if (resp3) client.Run("HELLO", "3");
        client.Run("SUBSCRIBE", channel);
        return client;
    }

    [Test]
    public void Messages_to_oneself_stand_behind_the_reply_of_the_request_that_sent_them()
    {
        using var server = new SimulatedServer();
        var client = Subscriber(server);
        client.SendRaw("PUBLISH c 1\r\nPING\r\nMULTI\r\nPUBLISH c 2\r\nPUBLISH c 3\r\nEXEC\r\nPING\r\n");
        Assert.That(client.Read(10), Is.EqualTo(new[]
        {
            ":1", ">[\"message\", \"c\", \"1\"]", "+PONG", "+OK", "+QUEUED", "+QUEUED", "[:1, :1]", ">[\"message\", \"c\", \"2\"]", ">[\"message\", \"c\", \"3\"]", "+PONG",
        }));
    }

    [Test]
    public void A_message_comes_also_to_who_waits_for_a_key()
    {
        using var server = new SimulatedServer();
        var client = Subscriber(server);
        client.Send("BLPOP", "k", "0");
        server.TurnUntil(() => client.Served?.Blocked is not null);
        server.Client.SendRaw("PUBLISH c 1\r\nRPUSH k v\r\nPUBLISH c 2\r\n");
        Assert.That(client.Read(3), Is.EqualTo(new[] { ">[\"message\", \"c\", \"1\"]", "[\"k\", \"v\"]", ">[\"message\", \"c\", \"2\"]" }));
    }

    [Test]
    public void Behind_the_last_reply_there_are_no_messages()
    {
        using var server = new SimulatedServer();
        var client = Subscriber(server);
        client.Peer.Paused = true;
        client.Send("QUIT");
        server.TurnUntil(() => client.Served is not { IsEnding: false });
        server.Run("PUBLISH", "c", "late");
        client.Peer.Paused = false;
        Assert.That(client.ReadToEnd(), Is.EqualTo("+OK\r\n"));
    }

    [TestCase(100), TestCase(100_000)]
    public void Who_does_not_read_is_cut_off_by_its_limit_and_hurts_nobody(int bytes)
    {
        using var server = new SimulatedServer(options => options.OutputBufferLimits[(int)ClientClass.PubSub] = new(Megabyte, 0, 0));
        var (slow, quick) = (Subscriber(server), Subscriber(server, resp3: false));
        slow.Peer.Paused = true;
        var text = new string('x', bytes);
        var sent = 0;
        long most = 0;
        for (; slow.Served is not null; sent++)
        {
            Assert.That(sent * bytes, Is.LessThan(4 * Megabyte));
            server.Run("PUBLISH", "c", text);
            Assert.That(quick.Read(), Is.EqualTo($"[\"message\", \"c\", \"{text}\"]"));
            most = Math.Max(most, slow.Served?.MemoryBytes ?? 0);
        }
        Assert.That(most, Is.LessThan(Megabyte + 2 * bytes + 32 * 1024));
        Assert.That(server.Run("PUBLISH", "c", "on"), Is.EqualTo(":1"));
        Assert.That(quick.Read(), Is.EqualTo("[\"message\", \"c\", \"on\"]"));
        Assert.That(server.Run("INFO", "stats"), Does.Contain("client_output_buffer_limit_disconnections:1"));
    }

    [Test]
    public void A_pipeline_of_messages_stops_at_the_limit_in_the_midst_of_a_turn()
    {
        using var server = new SimulatedServer(options => options.OutputBufferLimits[(int)ClientClass.PubSub] = new(100_000, 0, 0));
        var slow = Subscriber(server);
        slow.Peer.Paused = true;
        server.Run("MULTI");
        for (var i = 0; i < 100; i++) server.Run("PUBLISH", "c", new string('x', 10_000));
        var client = slow.Served!;
        server.Run("EXEC");
        Assert.That(client.ClosesSoon || client.IsClosed);
        Assert.That(client.Output.MemoryBytes, Is.LessThan(200_000));
    }

    [Test]
    public void A_raised_limit_holds_for_who_is_idle()
    {
        using var server = new SimulatedServer(options => options.OutputBufferLimits[(int)ClientClass.PubSub] = new(100_000, 0, 0));
        var client = Subscriber(server);
        server.Run("CONFIG", "SET", "client-output-buffer-limit", "pubsub 1mb 0 0");
        client.Peer.Paused = true;
        server.Run("PUBLISH", "c", new string('x', 200_000));
        client.Peer.Paused = false;
        Assert.That(client.Read(), Has.Length.GreaterThan(200_000));
    }

    [Test]
    public void A_subscriber_that_goes_in_the_midst_takes_nothing_along()
    {
        using var server = new SimulatedServer();
        var clients = Enumerable.Range(0, 3).Select(_ => Subscriber(server)).ToArray();
        foreach (var client in clients) client.Peer.Paused = true;
        server.Client.SendRaw($"PUBLISH c 1\r\nPUBLISH c {new string('x', 100_000)}\r\nCLIENT KILL ID {clients[1].Served!.Id}\r\nPUBLISH c 2\r\n");
        Assert.That(server.Client.Read(4), Is.EqualTo(new[] { ":3", ":3", ":1", ":2" }));
        foreach (var client in clients) client.Peer.Paused = false;
        foreach (var client in new[] { clients[0], clients[2] })
            Assert.That(client.Read(3).Select(message => message.Length), Is.EqualTo(new[] { 22, 100_021, 22 }));
        server.TurnUntil(() => server.Server.Allocator.UsedBytesOf(Purpose.ClientOutput) < 100_000);
    }

    [TestCase(20), TestCase(50_000)]
    public void A_thousand_subscribers_get_each_message(int bytes)
    {
        const int count = 1000;
        using var server = new SimulatedServer();
        var clients = Enumerable.Range(0, count).Select(i => Subscriber(server, resp3: i % 2 == 0)).ToArray();
        foreach (var client in clients) client.Peer.Paused = true;
        var text = new string('x', bytes);
        for (var i = 0; i < 3; i++) Assert.That(server.Run("PUBLISH", "c", text + i), Is.EqualTo($":{count}"));
        Assert.That(server.Server.Allocator.UsedBytesOf(Purpose.ClientOutput), Is.LessThan((count + 100) * 1024 + 6 * (bytes + 100)), "a long one is stored once for each version");
        foreach (var client in clients) client.Peer.Paused = false;
        for (var i = 0; i < count; i++)
        {
            var prefix = i % 2 == 0 ? ">" : "";
            Assert.That(clients[i].Read(3), Is.EqualTo(Enumerable.Range(0, 3).Select(n => $"{prefix}[\"message\", \"c\", \"{text}{n}\"]")));
        }
    }

    [Test]
    public void Who_goes_with_many_subscriptions_is_forgotten_bit_by_bit()
    {
        const int count = 20_000;
        using var server = new SimulatedServer();
        var leaving = server.Connect();
        leaving.Send(["SUBSCRIBE", .. Enumerable.Range(0, count).Select(i => $"c{i}")]);
        leaving.Read(count);
        Subscriber(server, "c5");
        Assert.That(leaving.Served!.MemoryBytes, Is.GreaterThan(count * 48));
        leaving.Peer.Close();
        server.TurnUntil(() => server.Server.Clients.Count == 1);
        Assert.That(server.Server.Subscriptions.HasToForget);
        Assert.That(server.Server.Subscriptions.Subscribers, Is.EqualTo(1));
        Assert.That(server.Server.Subscriptions.Publish(SubscriptionKind.Channel, "c7"u8, "x"u8), Is.Zero);
        Assert.That(server.Server.Subscriptions.CountOf(SubscriptionKind.Channel, "c5"u8), Is.EqualTo(1));
        Assert.That(server.Server.Subscriptions.Find(SubscriptionKind.Channel, all: true).Count, Is.EqualTo(1));
        for (var i = 0; i < 100; i++) server.AdvanceTime(10);
        Assert.That(server.Server.Subscriptions.HasToForget, Is.False);
        Assert.That(server.Server.Subscriptions.CountOf(SubscriptionKind.Channel), Is.EqualTo(1));
    }

    [Test]
    public void Replicas_hear_of_messages_and_nobody_else()
    {
        using var server = new SimulatedServer();
        var (replicas, file) = (new Sink(ChangeTargets.Replicas), new Sink(ChangeTargets.AppendOnlyFile));
        server.Server.Keyspace.Changes.Attach(replicas);
        server.Server.Keyspace.Changes.Attach(file);
        server.Run("PUBLISH", "c", "x");
        server.Run("SPUBLISH", "c", "y");
        server.Settle();
        Assert.That(replicas.Records, Is.EqualTo(new[] { "PUBLISH c x", "SPUBLISH c y" }));
        Assert.That(file.Records, Is.Empty);
        server.Server.Keyspace.Changes.Detach(replicas);
        server.Server.Keyspace.Changes.Detach(file);
    }

    /// <summary>Random requests of a few clients, compared with what a dictionary of sets says.</summary>
    [Test]
    public void Subscriptions_are_what_a_simple_model_says([Range(1, 8)] int seed)
    {
        var random = new Random(seed);
        using var server = new SimulatedServer(seed: (ulong)seed);
        var clients = Enumerable.Range(0, 5).Select(_ => server.Connect()).ToArray();
        foreach (var client in clients) client.Run("HELLO", "3");
        HashSet<string>[] model = [.. clients.Select(_ => new HashSet<string>())];
        for (var step = 0; step < 400; step++)
        {
            var who = random.Next(clients.Length);
            var (client, held) = (clients[who], model[who]);
            var name = $"{"ab"[random.Next(2)]}{random.Next(10)}";
            switch (random.Next(8))
            {
                case 0 or 1 or 2:
                    held.Add(name);
                    Assert.That(client.Run("SUBSCRIBE", name), Does.EndWith($":{held.Count}]"));
                    break;
                case 3 or 4:
                    held.Remove(name);
                    Assert.That(client.Run("UNSUBSCRIBE", name), Does.EndWith($":{held.Count}]"));
                    break;
                case 5 when random.Next(10) == 0:
                    client.Run("RESET");
                    client.Run("HELLO", "3");
                    held.Clear();
                    break;
                case 6:
                    var names = model.SelectMany(each => each).Where(each => each[0] == 'a').Distinct().Order();
                    Assert.That(server.Client.RunValue("PUBSUB", "CHANNELS", "a*").Items.Select(item => item.Text).Order(), Is.EqualTo(names));
                    break;
                default:
                    var receivers = Enumerable.Range(0, clients.Length).Where(i => model[i].Contains(name)).ToArray();
                    Assert.That(server.Run("PUBSUB", "NUMSUB", name), Is.EqualTo($"[\"{name}\", :{receivers.Length}]"));
                    Assert.That(server.Run("PUBLISH", name, $"{step}"), Is.EqualTo($":{receivers.Length}"));
                    foreach (var i in receivers) Assert.That(clients[i].Read(), Is.EqualTo($">[\"message\", \"{name}\", \"{step}\"]"));
                    break;
            }
        }
        server.Settle();
        Assert.That(clients.SelectMany(client => client.Arrived()), Is.Empty);
    }

    private sealed class Sink(ChangeTargets targets) : IChangeSink
    {
        public List<string> Records { get; } = [];

        public ChangeTargets Targets => targets;

        public void Take(ChangeReader changes, long offset)
        {
            while (changes.Next())
            {
                if ((changes.Targets & targets) == 0) continue;
                var words = new List<string>();
                foreach (var argument in changes.Arguments) words.Add(System.Text.Encoding.ASCII.GetString(argument));
                Records.Add(string.Join(' ', words));
            }
        }
    }
}
