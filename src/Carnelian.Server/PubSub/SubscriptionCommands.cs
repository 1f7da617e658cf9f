using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>Subscribing and unsubscribing: each name is answered by a message of its own, which is sent also where replies are not wanted.</summary>
[CommandFamily("pubsub")]
internal static class SubscriptionCommands
{
    [Command("SUBSCRIBE", Summary = "Listens for messages published to channels.", Since = "2.0.0",
        Complexity = "O(N) where N is the number of channels to subscribe to.",
        Flags = PubSub | NoScript | Loading | Stale | Sentinel | ForSubscribers,
        Arguments = "channel...")]
    internal static void Subscribe(ref Call call) => Subscribe(ref call, SubscriptionKind.Channel, "subscribe"u8);

    [Command("UNSUBSCRIBE", Summary = "Stops listening to messages posted to channels.", Since = "2.0.0",
        Complexity = "O(N) where N is the number of channels to unsubscribe.",
        Flags = PubSub | NoScript | Loading | Stale | Sentinel | ForSubscribers,
        Arguments = "[channel...]")]
    internal static void Unsubscribe(ref Call call) => Unsubscribe(ref call, SubscriptionKind.Channel, "unsubscribe"u8);

    [Command("PSUBSCRIBE", Summary = "Listens for messages published to channels that match one or more patterns.", Since = "2.0.0",
        Complexity = "O(N) where N is the number of patterns to subscribe to.",
        Flags = PubSub | NoScript | Loading | Stale | Sentinel | ForSubscribers,
        Arguments = "pattern...")]
    internal static void SubscribePatterns(ref Call call) => Subscribe(ref call, SubscriptionKind.Pattern, "psubscribe"u8);

    [Command("PUNSUBSCRIBE", Summary = "Stops listening to messages published to channels that match one or more patterns.", Since = "2.0.0",
        Complexity = "O(N) where N is the number of patterns to unsubscribe.",
        Flags = PubSub | NoScript | Loading | Stale | Sentinel | ForSubscribers,
        Arguments = "[pattern...]")]
    internal static void UnsubscribePatterns(ref Call call) => Unsubscribe(ref call, SubscriptionKind.Pattern, "punsubscribe"u8);

    [Command("SSUBSCRIBE", Summary = "Listens for messages published to shard channels.", Since = "7.0.0",
        Complexity = "O(N) where N is the number of shard channels to subscribe to.",
        Flags = PubSub | NoScript | Loading | Stale | ForSubscribers, Keys = "1..-1 not_key",
        Arguments = "shardchannel...")]
    internal static void SubscribeShard(ref Call call)
    {
        // In a transaction each command has one reply. The others are let through there as they always were.
        if (!call.MayBlock) call.Fail("ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client");
        else Subscribe(ref call, SubscriptionKind.ShardChannel, "ssubscribe"u8);
    }

    [Command("SUNSUBSCRIBE", Summary = "Stops listening to messages posted to shard channels.", Since = "7.0.0",
        Complexity = "O(N) where N is the number of shard channels to unsubscribe.",
        Flags = PubSub | NoScript | Loading | Stale | ForSubscribers, Keys = "1..-1 not_key",
        Arguments = "[shardchannel...]")]
    internal static void UnsubscribeShard(ref Call call) => Unsubscribe(ref call, SubscriptionKind.ShardChannel, "sunsubscribe"u8);

    private static void Subscribe(ref Call call, SubscriptionKind kind, ReadOnlySpan<byte> answer)
    {
        if (!ClientCommands.TryClient(ref call, out var client)) return;
        var subscriptions = call.Server().Subscriptions;
        var isMuted = client.SetMuted(ref call, false);
        for (var i = 1; i < call.Args.Count; i++)
        {
            subscriptions.Add(client, kind, call.Args[i]);
            Confirm(ref call, answer, call.Args[i], client.CountOf(kind));
        }
        client.SetMuted(ref call, isMuted);
        client.OnSubscriptionsChanged();
    }

    private static void Unsubscribe(ref Call call, SubscriptionKind kind, ReadOnlySpan<byte> answer)
    {
        if (!ClientCommands.TryClient(ref call, out var client)) return;
        var subscriptions = call.Server().Subscriptions;
        var isMuted = client.SetMuted(ref call, false);
        for (var i = 1; i < call.Args.Count; i++)
        {
            subscriptions.Remove(client, kind, call.Args[i]);
            Confirm(ref call, answer, call.Args[i], client.CountOf(kind));
        }
        if (call.Args.Count == 1) UnsubscribeAll(ref call, client, kind, answer);
        client.SetMuted(ref call, isMuted);
        client.OnSubscriptionsChanged();
    }

    private static void UnsubscribeAll(ref Call call, Client client, SubscriptionKind kind, ReadOnlySpan<byte> answer)
    {
        var subscriptions = call.Server().Subscriptions;
        if (!subscriptions.TryRemoveFirst(client, kind, out var name))
        {
            call.Reply.Push(3);
            call.Reply.Bulk(answer);
            call.Reply.Null();
            call.Reply.Integer(client.CountOf(kind));
            return;
        }
        do Confirm(ref call, answer, name, client.CountOf(kind));
        while (subscriptions.TryRemoveFirst(client, kind, out name));
    }

    private static void Confirm(ref Call call, ReadOnlySpan<byte> answer, ReadOnlySpan<byte> name, int count)
    {
        call.Reply.Push(3);
        call.Reply.Bulk(answer);
        call.Reply.Bulk(name);
        call.Reply.Integer(count);
    }
}
