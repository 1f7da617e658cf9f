namespace Carnelian.Tests;

/// <summary>Subscribing, what a subscriber may do, and the order in which messages come.</summary>
internal sealed class SubscriptionTests(RespVersion version) : CommandFixture(version)
{
    private const string NotNow =
        "only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context";

    /// <summary>A message as the fixture's version writes it.</summary>
    private string Message(params string[] parts) => $"{(IsResp3 ? ">" : "")}[{string.Join(", ", parts)}]";

    private TestClient Connect(params string[] request)
    {
        var client = Server.Connect();
        if (IsResp3) client.Run("HELLO", "3");
        if (request.Length > 0) client.Run(request);
        return client;
    }

    [Test]
    public void Each_name_is_confirmed_with_the_number_of_subscriptions()
    {
        var client = Connect();
        client.Send("SUBSCRIBE", "a", "b", "a");
        Assert.That(client.Read(3), Is.EqualTo(new[] { Message("\"subscribe\"", "\"a\"", ":1"), Message("\"subscribe\"", "\"b\"", ":2"), Message("\"subscribe\"", "\"a\"", ":2") }));
        Assert.That(client.Run("PSUBSCRIBE", "c*"), Is.EqualTo(Message("\"psubscribe\"", "\"c*\"", ":3")));
        Assert.That(client.Run("SSUBSCRIBE", "a"), Is.EqualTo(Message("\"ssubscribe\"", "\"a\"", ":1")), "shard channels count for themselves");
        client.Send("UNSUBSCRIBE", "b", "none");
        Assert.That(client.Read(2), Is.EqualTo(new[] { Message("\"unsubscribe\"", "\"b\"", ":2"), Message("\"unsubscribe\"", "\"none\"", ":2") }));
        Assert.That(client.Run("UNSUBSCRIBE"), Is.EqualTo(Message("\"unsubscribe\"", "\"a\"", ":1")));
        Assert.That(client.Run("UNSUBSCRIBE"), Is.EqualTo(Message("\"unsubscribe\"", "nil", ":1")), "there is none left");
        Assert.That(client.Run("PUNSUBSCRIBE"), Is.EqualTo(Message("\"punsubscribe\"", "\"c*\"", ":0")));
        Assert.That(client.Run("SUNSUBSCRIBE"), Is.EqualTo(Message("\"sunsubscribe\"", "\"a\"", ":0")));
        Assert.That(client.Run("SUNSUBSCRIBE"), Is.EqualTo(Message("\"sunsubscribe\"", "nil", ":0")));
        Assert.That(client.Run("PING"), Is.EqualTo("+PONG"));
        Assert.That(client.Served!.Subscriber, Is.Null);
    }

    [Test]
    public void A_message_comes_for_the_channel_and_for_each_pattern_that_matches()
    {
        var client = Connect("SUBSCRIBE", "news");
        client.Run("PSUBSCRIBE", "n?ws");
        client.Run("PSUBSCRIBE", "old*");
        var shard = Connect("SSUBSCRIBE", "news");
        Assert.That(Run("PUBLISH news hello"), Is.EqualTo(":2"));
        Assert.That(client.Read(2), Is.EqualTo(new[] { Message("\"message\"", "\"news\"", "\"hello\""), Message("\"pmessage\"", "\"n?ws\"", "\"news\"", "\"hello\"") }));
        Assert.That(Run("SPUBLISH news shard"), Is.EqualTo(":1"));
        Assert.That(shard.Read(), Is.EqualTo(Message("\"smessage\"", "\"news\"", "\"shard\"")));
        Assert.That(Run("PUBLISH none hello"), Is.EqualTo(":0"));
        Server.Settle();
        Assert.That(client.Arrived().Concat(shard.Arrived()), Is.Empty);
    }

    [Test]
    public void A_message_may_be_empty_and_as_long_as_it_likes([Values(0, 1, 9, 10, 940, 980, 1000, 1024, 20_000, 300_000)] int length)
    {
        var client = Connect("PSUBSCRIBE", "");
        client.Run("SUBSCRIBE", "");
        var text = new string('x', length);
        Assert.That(Server.Run("PUBLISH", "", text), Is.EqualTo(":2"));
        Assert.That(client.Read(2), Is.EqualTo(new[] { Message("\"message\"", "\"\"", $"\"{text}\""), Message("\"pmessage\"", "\"\"", "\"\"", $"\"{text}\"") }));
    }

    [Test]
    public void In_RESP2_a_subscriber_may_do_little_else()
    {
        var client = Connect("SSUBSCRIBE", "a");
        Assert.That(client.Run("PING"), Is.EqualTo(IsResp3 ? "+PONG" : "[\"pong\", \"\"]"));
        Assert.That(client.Run("PING", "x"), Is.EqualTo(IsResp3 ? "\"x\"" : "[\"pong\", \"x\"]"));
        Assert.That(client.Run("EXISTS", "k"), Is.EqualTo(IsResp3 ? ":0" : $"-ERR Can't execute 'exists': {NotNow}"));
        Assert.That(client.Run("PUBSUB", "NUMPAT"), Is.EqualTo(IsResp3 ? ":0" : $"-ERR Can't execute 'pubsub|numpat': {NotNow}"));
        Assert.That(client.Run("MULTI"), Is.EqualTo(IsResp3 ? "+OK" : $"-ERR Can't execute 'multi': {NotNow}"));
        if (IsResp3) client.Run("DISCARD");
        Assert.That(client.Run("NOSUCH"), Does.StartWith("-ERR unknown command"));
        Assert.That(client.Run("SUNSUBSCRIBE", "a"), Is.EqualTo(Message("\"sunsubscribe\"", "\"a\"", ":0")));
        Assert.That(client.Run("EXISTS", "k"), Is.EqualTo(":0"));
    }

    [Test]
    public void RESET_and_the_end_of_a_session_unsubscribe()
    {
        var client = Connect("SUBSCRIBE", "a");
        var other = Connect("SUBSCRIBE", "a");
        client.Run("PSUBSCRIBE", "*");
        client.Run("SSUBSCRIBE", "a");
        Assert.That(Run("INFO clients"), Does.Contain("pubsub_clients:2"));
        Assert.That(Run("INFO stats"), Does.Contain("pubsub_channels:1\r\npubsub_patterns:1\r\npubsubshard_channels:1"));
        Assert.That(client.Run("RESET"), Is.EqualTo("+RESET"));
        Assert.That(client.Run("EXISTS", "k"), Is.EqualTo(":0"), "it is no subscriber any more");
        Assert.That(Run("PUBLISH a x"), Is.EqualTo(":1"));
        other.Peer.Close();
        Server.TurnUntil(() => Server.Server.Clients.Count == 2);
        Assert.That(Run("PUBLISH a x"), Is.EqualTo(":0"));
        Assert.That(Run("INFO clients"), Does.Contain("pubsub_clients:0"));
        Assert.That(Run("INFO stats"), Does.Contain("pubsub_channels:0\r\npubsub_patterns:0\r\npubsubshard_channels:0"));
    }

    [Test]
    public void Confirmations_and_messages_come_also_where_replies_are_off()
    {
        var client = Connect();
        client.Send("CLIENT", "REPLY", "OFF");
        Assert.That(client.Run("SUBSCRIBE", "a"), Is.EqualTo(Message("\"subscribe\"", "\"a\"", ":1")));
        client.Send("PING");
        Server.Settle();
        Assert.That(Run("PUBLISH a x"), Is.EqualTo(":1"));
        Assert.That(client.Read(), Is.EqualTo(Message("\"message\"", "\"a\"", "\"x\"")));
        client.Send("PING");
        Assert.That(client.Run("UNSUBSCRIBE"), Is.EqualTo(Message("\"unsubscribe\"", "\"a\"", ":0")));
        Assert.That(client.Run("CLIENT", "REPLY", "ON"), Is.EqualTo("+OK"));
    }

    [Test]
    public void In_a_transaction_the_confirmations_of_several_names_spill_out_behind_its_replies()
    {
        var client = Connect("MULTI");
        client.Run("SUBSCRIBE", "a", "b");
        client.Run("SSUBSCRIBE", "s");
        client.Run("PUBLISH", "a", "x");
        client.Send("EXEC");
        string[] confirmed = [Message("\"subscribe\"", "\"a\"", ":1"), Message("\"subscribe\"", "\"b\"", ":2")];
        Assert.That(client.Read(), Is.EqualTo($"[{confirmed[0]}, {confirmed[1]}, -ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client]"));
        Assert.That(client.Read(2), Is.EqualTo(new[] { ":1", Message("\"message\"", "\"a\"", "\"x\"") }));
    }

    [Test]
    public void Channels_and_their_subscribers_are_told()
    {
        Connect("SUBSCRIBE", "one").Run("SSUBSCRIBE", "shard");
        Connect("SUBSCRIBE", "one").Run("SUBSCRIBE", "two");
        Connect("PSUBSCRIBE", "*");
        Assert.That(Run("PUBSUB CHANNELS o*"), Is.EqualTo("[\"one\"]"));
        Assert.That(Run("PUBSUB CHANNELS"), Is.EqualTo("[\"one\", \"two\"]").Or.EqualTo("[\"two\", \"one\"]"));
        var unnamed = Connect("SUBSCRIBE", "");
        Assert.That(Server.Client.RunValue("PUBSUB", "CHANNELS").Items, Has.Length.EqualTo(3));
        Assert.That(Server.Client.RunValue("PUBSUB", "CHANNELS", "*").Items, Has.Length.EqualTo(2), "a star matches no empty name");
        unnamed.Run("UNSUBSCRIBE");
        Assert.That(Run("PUBSUB NUMSUB one none two"), Is.EqualTo("[\"one\", :2, \"none\", :0, \"two\", :1]"));
        Assert.That(Run("PUBSUB NUMSUB"), Is.EqualTo("[]"));
        Assert.That(Run("PUBSUB NUMPAT"), Is.EqualTo(":1"));
        Assert.That(Run("PUBSUB SHARDCHANNELS *"), Is.EqualTo("[\"shard\"]"));
        Assert.That(Run("PUBSUB SHARDNUMSUB shard one"), Is.EqualTo("[\"shard\", :1, \"one\", :0]"));
        Assert.That(Run("PUBSUB CHANNELS a b"), Is.EqualTo("-ERR unknown subcommand or wrong number of arguments for 'CHANNELS'. Try PUBSUB HELP."));
    }

    [Test]
    public void A_subscriber_is_a_client_of_another_class()
    {
        Run("CONFIG SET timeout 10");
        var client = Connect("SUBSCRIBE", "a");
        client.Run("PSUBSCRIBE", "b");
        client.Run("SSUBSCRIBE", "c");
        Assert.That(Run("CLIENT LIST TYPE pubsub"), Does.Contain(" flags=P ").And.Contain(" sub=1 psub=1 ssub=1 "));
        Assert.That(Run("CLIENT LIST TYPE normal"), Does.Not.Contain(" flags=P "));
        for (var second = 0; second < 20; second++)
        {
            Server.AdvanceTime(1000);
            Run("PING");
        }
        Assert.That(client.IsClosed, Is.False, "idleness is a subscriber's business");
        Assert.That(Server.Server.Clients.MemoryByClass[(int)ClientClass.PubSub], Is.EqualTo(client.Served!.MemoryBytes));
        Assert.That(Run("CLIENT KILL TYPE pubsub"), Is.EqualTo(":1"));
        Server.TurnUntil(() => client.IsClosed);
        Assert.That(Server.Server.Clients.MemoryByClass[(int)ClientClass.PubSub], Is.Zero);
    }
}
