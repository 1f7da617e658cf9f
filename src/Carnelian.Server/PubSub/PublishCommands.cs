using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>Publishing, and who subscribes to what.</summary>
[CommandFamily("pubsub")]
[Command("PUBSUB", Summary = "A container for Pub/Sub commands.", Since = "2.8.0", Complexity = "Depends on subcommand.")]
internal static class PublishCommands
{
    [Command("PUBLISH", Summary = "Posts a message to a channel.", Since = "2.0.0",
        Complexity = "O(N+M) where N is the number of clients subscribed to the receiving channel and M is the total number of subscribed patterns (by any "
            + "client).",
        Flags = PubSub | Loading | Stale | Fast | MayReplicate | Sentinel,
        Arguments = "channel message")]
    internal static void Publish(ref Call call) => Publish(ref call, SubscriptionKind.Channel);

    [Command("SPUBLISH", Summary = "Post a message to a shard channel", Since = "7.0.0",
        Complexity = "O(N) where N is the number of clients subscribed to the receiving shard channel.",
        Flags = PubSub | Loading | Stale | Fast | MayReplicate, Keys = "1 not_key",
        Arguments = "shardchannel message")]
    internal static void PublishToShard(ref Call call) => Publish(ref call, SubscriptionKind.ShardChannel);

    private static void Publish(ref Call call, SubscriptionKind kind)
    {
        call.Reply.Integer(call.Server().Subscriptions.Publish(kind, call.Args[1], call.Args[2]));
        // In a cluster the bus tells all nodes.
        if (!call.Keyspace.Options.UsesSlots) call.PropagateToReplicas();
    }

    [Command("PUBSUB CHANNELS", Summary = "Returns the active channels.", Since = "2.8.0",
        Complexity = "O(N) where N is the number of active channels, and assuming constant time pattern matching (relatively short channels and patterns)",
        Flags = PubSub | Loading | Stale,
        Arguments = "[pattern]")]
    internal static void Channels(ref Call call) => ReplyChannels(ref call, SubscriptionKind.Channel);

    [Command("PUBSUB NUMSUB", Summary = "Returns a count of subscribers to channels.", Since = "2.8.0",
        Complexity = "O(N) for the NUMSUB subcommand, where N is the number of requested channels",
        Flags = PubSub | Loading | Stale,
        Arguments = "[channel...]")]
    internal static void SubscriberCounts(ref Call call) => ReplyCounts(ref call, SubscriptionKind.Channel);

    [Command("PUBSUB NUMPAT", Summary = "Returns a count of unique pattern subscriptions.", Since = "2.8.0", Complexity = "O(1)",
        Flags = PubSub | Loading | Stale)]
    internal static void PatternCount(ref Call call) => call.Reply.Integer(call.Server().Subscriptions.CountOf(SubscriptionKind.Pattern));

    [Command("PUBSUB SHARDCHANNELS", Summary = "Returns the active shard channels.", Since = "7.0.0",
        Complexity = "O(N) where N is the number of active shard channels, and assuming constant time pattern matching (relatively short shard channels).",
        Flags = PubSub | Loading | Stale,
        Arguments = "[pattern]")]
    internal static void ShardChannels(ref Call call) => ReplyChannels(ref call, SubscriptionKind.ShardChannel);

    [Command("PUBSUB SHARDNUMSUB", Summary = "Returns the count of subscribers of shard channels.", Since = "7.0.0",
        Complexity = "O(N) for the SHARDNUMSUB subcommand, where N is the number of requested shard channels",
        Flags = PubSub | Loading | Stale,
        Arguments = "[shardchannel...]")]
    internal static void ShardSubscriberCounts(ref Call call) => ReplyCounts(ref call, SubscriptionKind.ShardChannel);

    private static void ReplyChannels(ref Call call, SubscriptionKind kind)
    {
        if (call.Args.Count > 3)
        {
            call.FailUnknownSubcommand(1);
            return;
        }
        var found = call.Server().Subscriptions.Find(kind, all: call.Args.Count == 2, call.Args.Count == 3 ? call.Args[2] : default);
        call.Reply.Array(found.Count);
        for (var i = 0; i < found.Count; i++) call.Reply.Bulk(found[i].Key);
    }

    private static void ReplyCounts(ref Call call, SubscriptionKind kind)
    {
        var subscriptions = call.Server().Subscriptions;
        call.Reply.Array(2L * (call.Args.Count - 2));
        for (var i = 2; i < call.Args.Count; i++)
        {
            call.Reply.Bulk(call.Args[i]);
            call.Reply.Integer(subscriptions.CountOf(kind, call.Args[i]));
        }
    }

    [Command("PUBSUB HELP", Summary = "Returns helpful text about the different subcommands.", Since = "6.2.0", Complexity = "O(1)",
        Flags = Loading | Stale)]
    internal static void Help(ref Call call) => CommandReplies.WriteHelp(
        ref call,
        "CHANNELS [<pattern>]",
        "    Return the currently active channels matching a <pattern> (default: '*').",
        "NUMPAT",
        "    Return number of subscriptions to patterns.",
        "NUMSUB [<channel> ...]",
        "    Return the number of subscribers for the specified channels, excluding",
        "    pattern subscriptions(default: no channels).",
        "SHARDCHANNELS [<pattern>]",
        "    Return the currently active shard level channels matching a <pattern> (default: '*').",
        "SHARDNUMSUB [<shardchannel> ...]",
        "    Return the number of subscribers for the specified shard level channel(s)");
}
