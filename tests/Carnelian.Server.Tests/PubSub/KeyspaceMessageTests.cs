namespace Carnelian.Tests;

/// <summary>notify-keyspace-events: what happens to keys as messages.</summary>
internal sealed class KeyspaceMessageTests
{
    private static (SimulatedServer Server, TestClient Subscriber) Start(string classes)
    {
        var server = new SimulatedServer();
        var subscriber = server.Connect();
        server.Run("CONFIG", "SET", "notify-keyspace-events", classes);
        subscriber.Run("PSUBSCRIBE", "__key*");
        return (server, subscriber);
    }

    private static string Of(string channel, string text) => $"[\"pmessage\", \"__key*\", \"{channel}\", \"{text}\"]";

    [Test]
    public void The_event_goes_to_the_key_s_channel_and_the_key_to_the_event_s()
    {
        var (server, subscriber) = Start("KEA");
        using var _ = server;
        server.Run("SELECT", "3");
        server.Run("SET", "k", "v");
        Assert.That(subscriber.Read(2), Is.EqualTo(new[] { Of("__keyspace@3__:k", "set"), Of("__keyevent@3__:set", "k") }));
    }

    [TestCase("K$", "__keyspace@0__:k", "set"), TestCase("E$", "__keyevent@0__:set", "k")]
    public void One_of_the_two_may_be_enough(string classes, string channel, string text)
    {
        var (server, subscriber) = Start(classes);
        using var _ = server;
        server.Run("RPUSH", "list", "x");
        server.Run("SET", "k", "v");
        server.Settle();
        Assert.That(subscriber.Arrived(), Is.EqualTo(new[] { Of(channel, text) }));
    }

    [TestCase("$lg"), TestCase("K"), TestCase("")]
    public void Without_a_class_or_a_kind_of_channel_nothing_is_told(string classes)
    {
        var (server, subscriber) = Start(classes);
        using var _ = server;
        server.Run("SET", "k", "v");
        server.Settle();
        Assert.That(subscriber.Arrived(), Is.Empty);
    }

    [Test]
    public void Misses_and_new_keys_are_told_when_asked_for()
    {
        var (server, subscriber) = Start("Emn");
        using var _ = server;
        server.Run("GET", "k");
        server.Run("SET", "k", "v");
        server.Settle();
        Assert.That(subscriber.Arrived(), Is.EqualTo(new[] { Of("__keyevent@0__:keymiss", "k"), Of("__keyevent@0__:new", "k") }));
    }

    [Test]
    public void What_expires_by_itself_is_told()
    {
        var (server, subscriber) = Start("Ex");
        using var _ = server;
        server.Run("SET", "k", "v", "PX", "100");
        server.AdvanceTime(150);
        Assert.That(subscriber.Read(), Is.EqualTo(Of("__keyevent@0__:expired", "k")));
    }

    [Test]
    public void Nobody_is_asked_while_nobody_subscribes()
    {
        using var server = new SimulatedServer();
        server.Run("CONFIG", "SET", "notify-keyspace-events", "KEA");
        var messages = new KeyspaceMessages(server.Server);
        Assert.That(messages.Wants, Is.EqualTo(KeyspaceEventClass.None));
        var subscriber = server.Connect();
        subscriber.Run("SSUBSCRIBE", "a");
        Assert.That(messages.Wants, Is.EqualTo(KeyspaceEventClass.None), "shard channels hear of no events");
        subscriber.Run("SUBSCRIBE", "a");
        Assert.That(messages.Wants, Is.Not.EqualTo(KeyspaceEventClass.None));
        subscriber.Run("RESET");
        Assert.That(messages.Wants, Is.EqualTo(KeyspaceEventClass.None));
    }

    [Test]
    public void A_long_key_is_told_in_full()
    {
        var (server, subscriber) = Start("KE$");
        using var _ = server;
        var key = new string('k', 200_000);
        server.Run("SET", key, "v");
        Assert.That(subscriber.Read(2), Is.EqualTo(new[] { Of($"__keyspace@0__:{key}", "set"), Of("__keyevent@0__:set", key) }));
    }

    [Test]
    public void One_s_own_events_come_behind_the_reply()
    {
        using var server = new SimulatedServer();
        server.Run("HELLO", "3");
        server.Run("CONFIG", "SET", "notify-keyspace-events", "E$");
        server.Run("SUBSCRIBE", "__keyevent@0__:set");
        server.Client.SendRaw("SET a 1\r\nSET b 2\r\n");
        Assert.That(server.Client.Read(4), Is.EqualTo(new[] { "+OK", ">[\"message\", \"__keyevent@0__:set\", \"a\"]", "+OK", ">[\"message\", \"__keyevent@0__:set\", \"b\"]" }));
    }
}
