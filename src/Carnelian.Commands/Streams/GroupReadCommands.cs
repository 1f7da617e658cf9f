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

        /// <summary>From which entry on, and how many; -1: none.</summary>
        public StreamId First;
        public long Count;

        /// <summary>Room for what is claimed, among that of all streams, and how many are.</summary>
        public int FirstClaimed, Claimable, Claimed;

        public readonly bool IsAnswered => Count >= 0 || Claimed > 0;
    }

    /// <summary>An entry that was claimed, and how it was pending before.</summary>
    private record struct Claim(StreamId Id, long IdleMs, long Deliveries);

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
        var claims = request.Claims ? call.Keyspace.Allocator.Scratch<Claim>(CountClaimable(ref call, request, readings)) : default;
        var answered = 0;
        for (var i = 0; i < readings.Length; i++)
        {
            Read(ref call, request, i, ref readings[i], claims);
            if (readings[i].IsAnswered) answered++;
        }
        if (answered > 0) Reply(ref call, request, readings, claims, answered);
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

    /// <summary>Finds out how many entries have been pending for long enough, in each stream and together.</summary>
    private static int CountClaimable(ref Call call, in StreamReadRequest request, scoped Span<Reading> readings)
    {
        var claimable = 0;
        for (var i = 0; i < readings.Length; i++)
        {
            if (readings[i].IsHistory) continue;
            call.TryEditStream(request.FirstKey + i, out var stream);
            var group = stream.EditGroup(call.Args[request.GroupAt]);
            group.KeepTimes();
            readings[i].FirstClaimed = claimable;
            readings[i].Claimable = (int)group.View.CountDeliveredUntil(call.NowMs - request.ClaimsFromMs, Math.Min(request.Count, int.MaxValue - claimable));
            claimable += readings[i].Claimable;
        }
        return claimable;
    }

    /// <summary>Reads a stream for the consumer, which is made if there is none.</summary>
    private static void Read(ref Call call, in StreamReadRequest request, int i, ref Reading reading, scoped Span<Claim> claims)
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
        else
        {
            var changes = reading.Claimable > 0 ? ClaimIdle(ref call, request, key, stream, group, consumer, ref reading, claims) : 0;
            var max = request.Count - reading.Claimed;
            if (max > 0 && stream.View.Length > 0 && stream.View.LastLiveId > group.View.LastId)
            {
                group.View.LastId.TryNext(out reading.First);
                reading.Count = Deliver(ref call, request, key, stream, group, consumer, reading.First, max);
                changes = 1;
            }
            if (changes > 0) stream.AnnounceOfGroup(1);
        }
    }

    /// <summary>
    /// Claims what has been pending for long enough, the longest first. What is no longer in the stream is pending no more, as if XAUTOCLAIM had come upon it: where all that was looked at is gone, more is.
    /// Returns the number of changes.
    /// </summary>
    private static int ClaimIdle(
        ref Call call, in StreamReadRequest request, int key, scoped StreamEdit stream, ConsumerGroupEdit group, StreamConsumer consumer, ref Reading reading, scoped Span<Claim> claims)
    {
        var changes = 0;
        var room = claims.Slice(reading.FirstClaimed, reading.Claimable);
        var ids = call.Keyspace.Allocator.Scratch<StreamId>(room.Length);
        for (var found = 1; found > 0 && reading.Claimed == 0; changes += found)
        {
            found = group.View.CopyDeliveredUntil(call.NowMs - request.ClaimsFromMs, ids);
            foreach (var id in ids[..found])
            {
                Check.That(group.View.TryPending(id, out var entry));
                if (!stream.View.Contains(id))
                {
                    GroupEffects.Claim(ref call, key, request.GroupAt, group.View, entry);
                    group.Acknowledge(id);
                    continue;
                }
                room[reading.Claimed++] = new(id, Math.Max(call.NowMs - entry.DeliveredMs, 0), entry.Deliveries);
                var deliveries = entry.Deliveries + 1;
                group.Assign(id, consumer, call.NowMs, deliveries);
                GroupEffects.Claim(ref call, key, request.GroupAt, consumer.Name, id, call.NowMs, deliveries, group.View.LastId);
            }
        }
        if (reading.Claimed > 0) group.SetActive(consumer, call.NowMs);
        return changes;
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
        ref Call call, in StreamReadRequest request, int key, scoped StreamEdit stream, ConsumerGroupEdit group, StreamConsumer consumer, StreamId first, long max)
    {
        var view = stream.View;
        long count = 0;
        for (var entries = view.Range(first, StreamId.Max); count < max && entries.MoveNext(); count++)
        {
            var id = entries.Id;
            group.SetPosition(id, GroupCounts.AfterReading(view, group.View, id));
            if (request.NoAcknowledgement) continue;
            group.Assign(id, consumer, call.NowMs, 1);
            GroupEffects.Claim(ref call, key, request.GroupAt, consumer.Name, id, call.NowMs, 1, id);
        }
        if (!request.NoAcknowledgement) group.SetActive(consumer, call.NowMs);
        GroupEffects.Position(ref call, key, request.GroupAt, group.View);
        return count;
    }

    private static void Reply(ref Call call, in StreamReadRequest request, scoped ReadOnlySpan<Reading> readings, scoped ReadOnlySpan<Claim> claims, int answered)
    {
        if (call.Reply.IsResp3) call.Reply.Map(answered);
        else call.Reply.Array(answered);
        for (var i = 0; i < readings.Length; i++)
        {
            ref readonly var reading = ref readings[i];
            if (!reading.IsAnswered) continue;
            if (!call.Reply.IsResp3) call.Reply.Array(2);
            call.Reply.Bulk(call.Args[request.FirstKey + i]);
            call.Reply.Array(reading.Claimed + Math.Max(reading.Count, 0));
            call.TryEditStream(request.FirstKey + i, out var stream);
            if (reading.IsHistory)
            {
                ReplyHistory(ref call, request, reading, stream);
                continue;
            }
            foreach (ref readonly var claim in claims.Slice(reading.FirstClaimed, reading.Claimed)) Reply(ref call, stream.View, claim);
            ReplyNew(ref call, reading, stream.View, request.Claims);
        }
    }

    private static void Reply(ref Call call, StreamView stream, in Claim claim)
    {
        var entries = stream.Range(claim.Id, claim.Id);
        Check.That(entries.MoveNext());
        call.Reply.Entry(ref entries, elements: 4);
        call.Reply.Integer(claim.IdleMs);
        call.Reply.Integer(claim.Deliveries);
    }

    /// <param name="amongClaims">They tell that they were not pending.</param>
    private static void ReplyNew(ref Call call, in Reading reading, StreamView stream, bool amongClaims)
    {
        if (reading.Count <= 0) return;
        var entries = stream.Range(reading.First, StreamId.Max);
        for (var left = reading.Count; left > 0 && entries.MoveNext(); left--)
        {
            call.Reply.Entry(ref entries, amongClaims ? 4 : 2);
            if (!amongClaims) continue;
            call.Reply.Integer(0);
            call.Reply.Integer(0);
        }
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
        KeyWakes.WhenChanged | KeyWakes.WhenGone, request.Claims ? NextClaimMs(ref call, request) : BlockedCall.NoDeadline);

    /// <summary>When the first entry will have been pending for long enough, by the monotonic clock. What is delivered meanwhile will have been so no earlier.</summary>
    private static long NextClaimMs(ref Call call, in StreamReadRequest request)
    {
        var idleMs = 0L;
        for (var key = request.FirstKey; key < request.FirstId; key++)
        {
            call.TryStream(key, out var stream);
            if (stream.FindGroup(call.Args[request.GroupAt]).TryFirstDelivery(out var deliveredMs)) idleMs = Math.Max(idleMs, call.NowMs - deliveredMs);
        }
        var waitsMs = Math.Max(request.ClaimsFromMs - idleMs, 1);
        return waitsMs < long.MaxValue - call.MonotonicMs ? call.MonotonicMs + waitsMs : BlockedCall.NoDeadline;
    }
}
