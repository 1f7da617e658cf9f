using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>
/// XREADGROUP. First all keys, groups and IDs are looked at; then each stream is read, which makes entries pending and tells how many there are; at last they are answered.
/// </summary>
[CommandFamily("stream")]
internal static class GroupReadCommands
{
    /// <summary>How a stream is read.</summary>
    private record struct Reading
    {
        /// <summary>Behind which ID; the greatest stands for ">": behind what the group has.</summary>
        public StreamId After;

        public bool IsHistory => After != StreamId.Max;

        /// <summary>From which entry on, and how many; -1: the stream is not answered.</summary>
        public StreamId First;
        public long Count;
    }

    [Command("XREADGROUP",
        Summary = "Returns new or historical messages from a stream for a consumer in a group. Blocks until a message is available otherwise.",
        Since = "5.0.0",
        Complexity = "For each stream mentioned: O(M) with M being the number of elements returned. If M is constant (e.g. always asking for the first 10 "
            + "elements with COUNT), you can consider it O(1). On the other side when XREADGROUP blocks, XADD will pay the O(N) time in order to "
            + "serve the N clients blocked on the stream getting new data.",
        Flags = Write | Blocking, Keys = "STREAMS@4..-1/2 RO access",
        Arguments = "(GROUP group-block: group consumer) [COUNT count:integer] [BLOCK milliseconds:integer] [NOACK] (STREAMS streams: key... id...)")]
    internal static void Read(ref Call call)
    {
        const int StackMax = 8;
        var request = StreamReadRequest.Read(ref call, isOfGroup: true);
        if (call.Failed) return;
        var readings = request.Streams <= StackMax ? stackalloc Reading[StackMax] : call.Keyspace.Allocator.Scratch<Reading>(request.Streams);
        readings = readings[..request.Streams];
        for (var i = 0; i < readings.Length; i++)
        {
            if (!TryReadStart(ref call, request, i, out readings[i])) return;
        }
        // Only the effects are propagated.
        call.PropagateInnerCalls();
        var answered = 0;
        for (var i = 0; i < readings.Length; i++)
        {
            Read(ref call, request, i, ref readings[i]);
            if (readings[i].Count >= 0) answered++;
        }
        if (answered > 0) Reply(ref call, request, readings, answered);
        else if (request.Blocks) Wait(ref call, request);
        else call.Reply.NullArray();
    }

    private static bool TryReadStart(ref Call call, in StreamReadRequest request, int i, out Reading reading)
    {
        reading = new() { After = StreamId.Max };
        if (!call.TryStream(request.FirstKey + i, out var stream)) return false;
        if (!stream.FindGroup(call.Args[request.GroupAt]).Exists)
        {
            GroupErrors.FailNoKeyOrGroup(ref call, request.FirstKey + i, request.GroupAt, " in XREADGROUP with GROUP option");
            return false;
        }
        var text = ByteText.UpToNul(call.Args[request.FirstId + i]);
        if (text.SequenceEqual(">"u8)) return true;
        if (text.SequenceEqual("$"u8) || text.SequenceEqual("+"u8))
        {
            var id = (char)text[0];
            call.Fail($"ERR The {id} ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by specifying a proper ID, or use the > ID "
                + $"to get new messages. The {id} ID would just return an empty result set.");
            return false;
        }
        if (!StreamIdText.TryRead(ref call, request.FirstId + i, out var after)) return false;
        reading.After = after;
        return true;
    }

    /// <summary>Reads a stream for the consumer, which is made if there is none.</summary>
    private static void Read(ref Call call, in StreamReadRequest request, int i, ref Reading reading)
    {
        var key = request.FirstKey + i;
        // Redis looks the stream up again.
        call.Keyspace.Statistics.Hits++;
        call.TryEditStream(key, out var stream);
        var group = stream.EditGroup(call.Args[request.GroupAt]);
        var consumer = group.View.FindConsumer(call.Args[request.GroupAt + 1]);
        if (!consumer.Exists)
        {
            consumer = GroupCommands.AddConsumer(ref call, stream, group, request.GroupAt + 1);
            if (request.NoAcknowledgement) GroupEffects.Consumer(ref call, key, request.GroupAt, request.GroupAt + 1);
        }
        group.SetSeen(consumer, call.NowMs);
        reading.Count = -1;
        if (reading.IsHistory)
        {
            reading.After.TryNext(out reading.First);
            reading.Count = CountHistory(group.View, consumer, reading.First, request.Count);
        }
        else if (stream.View.Length > 0 && stream.View.LastLiveId > group.View.LastId)
        {
            group.View.LastId.TryNext(out reading.First);
            reading.Count = Deliver(ref call, request, key, stream, group, consumer, reading.First);
        }
    }

    private static long CountHistory(ConsumerGroup group, StreamConsumer consumer, StreamId first, long max)
    {
        if (first == StreamId.Min) return Math.Min(consumer.PendingCount, max);
        long count = 0;
        for (var pending = group.Pending(first, consumer); count < max && pending.MoveNext();) count++;
        return count;
    }

    /// <summary>Delivers what is new to the consumer. Returns the number of entries.</summary>
    private static long Deliver(
        ref Call call, in StreamReadRequest request, int key, scoped StreamEdit stream, ConsumerGroupEdit group, StreamConsumer consumer, StreamId first)
    {
        var view = stream.View;
        long count = 0;
        for (var entries = view.Range(first, StreamId.Max); count < request.Count && entries.MoveNext(); count++)
        {
            var id = entries.Id;
            group.SetPosition(id, GroupCounts.AfterReading(view, group.View, id));
            if (request.NoAcknowledgement) continue;
            group.Assign(id, consumer, call.NowMs, 1);
            GroupEffects.Claim(ref call, key, request.GroupAt, consumer.Name, id, call.NowMs, 1, id);
        }
        if (!request.NoAcknowledgement) group.SetActive(consumer, call.NowMs);
        GroupEffects.Position(ref call, key, request.GroupAt, group.View);
        stream.AnnounceOfGroup(1);
        return count;
    }

    private static void Reply(ref Call call, in StreamReadRequest request, scoped ReadOnlySpan<Reading> readings, int answered)
    {
        if (call.Reply.IsResp3) call.Reply.Map(answered);
        else call.Reply.Array(answered);
        for (var i = 0; i < readings.Length; i++)
        {
            if (readings[i].Count < 0) continue;
            if (!call.Reply.IsResp3) call.Reply.Array(2);
            call.Reply.Bulk(call.Args[request.FirstKey + i]);
            call.Reply.Array(readings[i].Count);
            call.TryEditStream(request.FirstKey + i, out var stream);
            if (readings[i].IsHistory) ReplyHistory(ref call, request, readings[i], stream);
            else ReplyNew(ref call, readings[i], stream.View);
        }
    }

    private static void ReplyNew(ref Call call, in Reading reading, StreamView stream)
    {
        var entries = stream.Range(reading.First, StreamId.Max);
        for (var left = reading.Count; left > 0 && entries.MoveNext(); left--) call.Reply.Entry(ref entries);
    }

    /// <summary>Answers what is pending at the consumer, and counts that as delivered once more. Of an entry that is gone only the ID is left.</summary>
    private static void ReplyHistory(ref Call call, in StreamReadRequest request, in Reading reading, StreamEdit stream)
    {
        var group = stream.EditGroup(call.Args[request.GroupAt]);
        var consumer = group.View.FindConsumer(call.Args[request.GroupAt + 1]);
        var pending = group.View.Pending(reading.First, consumer);
        for (var left = reading.Count; left > 0 && pending.MoveNext(); left--)
        {
            var entries = stream.View.Range(pending.Id, pending.Id);
            if (entries.MoveNext())
            {
                call.Reply.Entry(ref entries);
                group.Redeliver(pending.Id, call.NowMs);
                continue;
            }
            call.Reply.Array(2);
            call.Reply.Bulk(pending.Id);
            call.Reply.NullArray();
        }
    }

    private static void Wait(ref Call call, in StreamReadRequest request) => call.WaitForKeys(
        request.FirstKey, request.FirstId, ValueType.Stream, request.DeadlineMs, static (ref call) => call.Reply.NullArray(),
        KeyWakes.WhenChanged | KeyWakes.WhenGone);
}
