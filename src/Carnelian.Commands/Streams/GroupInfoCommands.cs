using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>What XINFO tells of groups and consumers.</summary>
[CommandFamily("stream")]
internal static class GroupInfoCommands
{
    [Command("XINFO GROUPS", Summary = "Returns a list of the consumer groups of a stream.", Since = "5.0.0", Complexity = "O(1)",
        Flags = ReadOnly, Keys = "2 RO access",
        Arguments = "key",
        History = [
            "7.0.0: Added the `entries-read` and `lag` fields"])]
    internal static void Groups(ref Call call)
    {
        if (!TryFind(ref call, out var stream)) return;
        ref var reply = ref call.Reply;
        reply.Array(stream.GroupCount);
        for (var i = 0; i < stream.GroupCount; i++)
        {
            var group = stream.GroupAt(i);
            reply.Map(6);
            reply.Bulk("name"u8);
            reply.Bulk(group.Name);
            reply.Bulk("consumers"u8);
            reply.Integer(group.ConsumerCount);
            reply.Bulk("pending"u8);
            reply.Integer(group.PendingCount);
            WriteProgress(ref reply, stream, group);
        }
    }

    [Command("XINFO CONSUMERS", Summary = "Returns a list of the consumers in a consumer group.", Since = "5.0.0", Complexity = "O(1)",
        Flags = ReadOnly, Keys = "2 RO access",
        Arguments = "key group",
        Tips = "nondeterministic_output",
        History = [
            "7.2.0: Added the `inactive` field, and changed the meaning of `idle`."])]
    internal static void Consumers(ref Call call)
    {
        if (!TryFind(ref call, out var stream)) return;
        var group = stream.FindGroup(call.Args[3]);
        if (!group.Exists)
        {
            GroupErrors.FailNoGroup(ref call, 3, 2);
            return;
        }
        ref var reply = ref call.Reply;
        reply.Array(group.ConsumerCount);
        for (var i = 0; i < group.ConsumerCount; i++)
        {
            var consumer = group.ConsumerAt(i);
            reply.Map(4);
            reply.Bulk("name"u8);
            reply.Bulk(consumer.Name);
            reply.Bulk("pending"u8);
            reply.Integer(consumer.PendingCount);
            reply.Bulk("idle"u8);
            reply.Integer(Math.Max(call.NowMs - consumer.SeenMs, 0));
            reply.Bulk("inactive"u8);
            reply.Integer(consumer.ActiveMs == -1 ? -1 : call.NowMs - consumer.ActiveMs);
        }
    }

    private static bool TryFind(ref Call call, out StreamView stream)
    {
        if (call.TryStream(2, out stream) && !stream.Exists) call.FailNoSuchKey();
        return !call.Failed;
    }

    private static void WriteProgress(scoped ref ReplyWriter reply, scoped StreamView stream, ConsumerGroup group)
    {
        reply.Bulk("last-delivered-id"u8);
        reply.Bulk(group.LastId);
        reply.Bulk("entries-read"u8);
        WriteIfKnown(ref reply, group.EntriesRead == ConsumerGroup.Unknown ? null : group.EntriesRead);
        reply.Bulk("lag"u8);
        WriteIfKnown(ref reply, GroupCounts.Lag(stream, group));
    }

    private static void WriteIfKnown(scoped ref ReplyWriter reply, long? count)
    {
        if (count is { } known) reply.Integer(known);
        else reply.Null();
    }

    /// <summary>The groups of XINFO STREAM FULL.</summary>
    /// <param name="max">Pending entries of each.</param>
    public static void WriteFull(scoped ref ReplyWriter reply, scoped StreamView stream, long max)
    {
        reply.Array(stream.GroupCount);
        for (var i = 0; i < stream.GroupCount; i++)
        {
            var group = stream.GroupAt(i);
            reply.Map(7);
            reply.Bulk("name"u8);
            reply.Bulk(group.Name);
            WriteProgress(ref reply, stream, group);
            WritePending(ref reply, group, default, max);
            reply.Bulk("consumers"u8);
            reply.Array(group.ConsumerCount);
            for (var c = 0; c < group.ConsumerCount; c++) WriteFull(ref reply, group, group.ConsumerAt(c), max);
        }
    }

    private static void WriteFull(scoped ref ReplyWriter reply, ConsumerGroup group, StreamConsumer consumer, long max)
    {
        reply.Map(5);
        reply.Bulk("name"u8);
        reply.Bulk(consumer.Name);
        reply.Bulk("seen-time"u8);
        reply.Integer(consumer.SeenMs);
        reply.Bulk("active-time"u8);
        reply.Integer(consumer.ActiveMs);
        WritePending(ref reply, group, consumer, max);
    }

    /// <summary>What is pending in a group, or at a consumer of it.</summary>
    private static void WritePending(scoped ref ReplyWriter reply, ConsumerGroup group, StreamConsumer consumer, long max)
    {
        var isOfGroup = !consumer.Exists;
        var count = isOfGroup ? group.PendingCount : consumer.PendingCount;
        reply.Bulk("pel-count"u8);
        reply.Integer(count);
        reply.Bulk("pending"u8);
        count = Math.Min(count, max);
        reply.Array(count);
        var pending = isOfGroup ? group.Pending(StreamId.Min) : group.Pending(StreamId.Min, consumer);
        for (; count > 0 && pending.MoveNext(); count--)
        {
            reply.Array(isOfGroup ? 4 : 3);
            reply.Bulk(pending.Id);
            if (isOfGroup) reply.Bulk(pending.Consumer.Name);
            reply.Integer(pending.DeliveredMs);
            reply.Integer(pending.Deliveries);
        }
    }
}
