using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>Commands that acknowledge what is pending, and list it.</summary>
[CommandFamily("stream")]
internal static class PendingCommands
{
    [Command("XACK", Summary = "Returns the number of messages that were successfully acknowledged by the consumer group member of a stream.",
        Since = "5.0.0", Complexity = "O(1) for each message ID processed.",
        Flags = Write | Fast, Keys = "1 RW update",
        Arguments = "key group id...")]
    internal static void Acknowledge(ref Call call)
    {
        if (!call.TryStream(1, out var view)) return;
        if (!view.FindGroup(call.Args[2]).Exists)
        {
            call.Reply.Integer(0);
            return;
        }
        // All or nothing.
        for (var i = 3; i < call.Args.Count; i++)
        {
            if (!StreamIdText.TryRead(ref call, i, out _)) return;
        }
        call.TryEditStream(1, out var stream);
        var group = stream.EditGroup(call.Args[2]);
        long acknowledged = 0;
        for (var i = 3; i < call.Args.Count; i++)
        {
            StreamIdText.TryRead(ref call, i, out var id);
            if (group.Acknowledge(id)) acknowledged++;
        }
        stream.AnnounceOfGroup(acknowledged);
        call.Reply.Integer(acknowledged);
    }

    [Command("XACKDEL", Summary = "Acknowledges entries of a group, deletes them from the stream, and tells of each what became of it.", Since = "8.2.0",
        Complexity = "O(1) for each entry, whatever the size of the stream.",
        Flags = Write | Fast, Keys = "1 RW delete",
        Arguments = "key group [condition: KEEPREF | DELREF | ACKED] (IDS ids: numids:integer id...)")]
    internal static void AcknowledgeAndDelete(ref Call call)
    {
        var request = StreamIdsRequest.Read(ref call, 3);
        if (call.Failed || !StreamDeleteCommands.AreIds(ref call, request.FirstId, request.EndOfIds) || !call.TryEditStream(1, out var stream)) return;
        var group = stream.EditGroup(call.Args[2]);
        call.Reply.Array(request.EndOfIds - request.FirstId);
        var (acknowledged, deleted) = (0, 0);
        for (var i = request.FirstId; i < request.EndOfIds; i++)
        {
            StreamIdText.TryRead(ref call, i, out var id);
            if (!group.Exists || !group.Acknowledge(id))
            {
                call.Reply.Integer(StreamDeleteCommands.NoSuchEntry);
                continue;
            }
            acknowledged++;
            if (request.Pending == PendingPolicy.Remove) stream.RemovePending(id);
            var outcome = StreamDeleteCommands.Delete(ref stream, id, request.Pending);
            if (outcome == StreamDeleteCommands.Deleted) deleted++;
            // What was deleted before is gone as well.
            call.Reply.Integer(outcome == StreamDeleteCommands.NoSuchEntry ? StreamDeleteCommands.Deleted : outcome);
        }
        stream.AnnounceOfGroup(acknowledged);
        StreamDeleteCommands.End(stream, deleted);
    }

    /// <summary>What XPENDING lists.</summary>
    private record struct Listing(StreamId First, StreamId Last, long Count, long IdleMsMin, int Consumer);

    [Command("XPENDING", Summary = "Returns the information and entries from a stream consumer group's pending entries list.", Since = "5.0.0",
        Complexity = "O(N) with N being the number of elements returned, so asking for a small fixed number of entries per call is O(1). O(M), where M is "
            + "the total number of entries scanned when used with the IDLE filter. When the command returns just the summary and the list of "
            + "consumers is small, it runs in O(1) time; otherwise, an additional O(N) time for iterating every consumer.",
        Flags = ReadOnly, Keys = "1 RO access",
        Arguments = "key group [filters: [IDLE min-idle-time:integer@6.2.0] start end count:integer [consumer]]",
        Tips = "nondeterministic_output",
        History = [
            "6.2.0: Added the `IDLE` option and exclusive range intervals."])]
    internal static void List(ref Call call)
    {
        var isSummary = call.Args.Count == 3;
        var listing = default(Listing);
        if (!isSummary && !TryRead(ref call, out listing) || !call.TryStream(1, out var stream)) return;
        var group = stream.FindGroup(call.Args[2]);
        if (!group.Exists) GroupErrors.FailNoKeyOrGroup(ref call, 1, 2);
        else if (isSummary) ReplySummary(ref call, group);
        else ReplyListing(ref call, group, listing);
    }

    private static bool TryRead(ref Call call, out Listing listing)
    {
        listing = default;
        if (call.Args.Count is < 6 or > 9)
        {
            call.FailSyntax();
            return false;
        }
        var first = 3;
        if (call.Is(3, "idle"u8))
        {
            if (!call.TryInteger(4, out var idleMs)) return false;
            listing.IdleMsMin = idleMs;
            first = 5;
        }
        if (first == 5 && call.Args.Count < 8)
        {
            call.FailSyntax();
            return false;
        }
        if (!call.TryInteger(first + 2, out var count)) return false;
        listing.Count = Math.Max(count, 0);
        if (!StreamIdText.TryReadBound(ref call, first, out var start, isStart: true) || !StreamIdText.TryReadBound(ref call, first + 1, out var end, isStart: false)) return false;
        (listing.First, listing.Last) = (start, end);
        if (first + 3 < call.Args.Count) listing.Consumer = first + 3;
        return true;
    }

    private static void ReplySummary(ref Call call, ConsumerGroup group)
    {
        ref var reply = ref call.Reply;
        reply.Array(4);
        reply.Integer(group.PendingCount);
        if (group.PendingCount == 0)
        {
            reply.Null();
            reply.Null();
            reply.NullArray();
            return;
        }
        var (first, last) = group.PendingRange;
        reply.Bulk(first);
        reply.Bulk(last);
        var consumers = 0;
        for (var i = 0; i < group.ConsumerCount; i++)
        {
            if (group.ConsumerAt(i).PendingCount > 0) consumers++;
        }
        reply.Array(consumers);
        for (var i = 0; i < group.ConsumerCount; i++)
        {
            var consumer = group.ConsumerAt(i);
            if (consumer.PendingCount == 0) continue;
            reply.Array(2);
            reply.Bulk(consumer.Name);
            reply.BulkInteger(consumer.PendingCount);
        }
    }

    private static void ReplyListing(ref Call call, ConsumerGroup group, in Listing listing)
    {
        var consumer = default(StreamConsumer);
        if (listing.Consumer > 0)
        {
            consumer = group.FindConsumer(call.Args[listing.Consumer]);
            if (!consumer.Exists)
            {
                call.Reply.Array(0);
                return;
            }
        }
        long count = 0;
        for (var pending = From(group, consumer, listing.First); count < listing.Count && MoveNext(ref pending, listing, call.NowMs);) count++;
        call.Reply.Array(count);
        for (var pending = From(group, consumer, listing.First); count > 0 && MoveNext(ref pending, listing, call.NowMs); count--)
        {
            call.Reply.Array(4);
            call.Reply.Bulk(pending.Id);
            call.Reply.Bulk(pending.Consumer.Name);
            call.Reply.Integer(Math.Max(call.NowMs - pending.DeliveredMs, 0));
            call.Reply.Integer(pending.Deliveries);
        }
    }

    private static PendingEntries From(ConsumerGroup group, StreamConsumer consumer, StreamId first) =>
        consumer.Exists ? group.Pending(first, consumer) : group.Pending(first);

    /// <summary>To the next one that is to be listed.</summary>
    private static bool MoveNext(ref PendingEntries pending, in Listing listing, long nowMs)
    {
        while (pending.MoveNext() && pending.Id <= listing.Last)
        {
            if (listing.IdleMsMin == 0 || nowMs - pending.DeliveredMs >= listing.IdleMsMin) return true;
        }
        return false;
    }
}
