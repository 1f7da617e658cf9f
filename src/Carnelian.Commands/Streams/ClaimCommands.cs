using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>Commands that give what is pending to another consumer.</summary>
[CommandFamily("stream")]
internal static class ClaimCommands
{
    private const int KeyAt = 1, GroupAt = 2, ConsumerAt = 3, IdleAt = 4;

    /// <summary>The options of XCLAIM.</summary>
    private record struct Claim(int FirstId, int EndOfIds, long IdleMsMin, long DeliveredMs, long Deliveries, bool Forces, bool OnlyIds, StreamId LastId);

    [Command("XCLAIM",
        Summary = "Changes, or acquires, ownership of a message in a consumer group, as if the message was delivered a consumer group member.",
        Since = "5.0.0", Complexity = "O(log N) with N being the number of messages in the PEL of the consumer group.",
        Flags = Write | Fast, Keys = "1 RW update",
        Arguments = "key group consumer min-idle-time id... [IDLE ms:integer] [TIME unix-time-milliseconds:unix-time] [RETRYCOUNT count:integer] [FORCE] "
            + "[JUSTID] [LASTID lastid]",
        Tips = "nondeterministic_output")]
    internal static void ClaimSome(ref Call call)
    {
        if (!HasGroup(ref call) || !TryRead(ref call, out var claim) || !call.TryEditStream(KeyAt, out var stream)) return;
        // Only the effects are propagated.
        call.PropagateInnerCalls();
        var group = stream.EditGroup(call.Args[GroupAt]);
        var hasMoved = claim.LastId > group.View.LastId;
        if (hasMoved) group.SetPosition(claim.LastId, group.View.EntriesRead);
        var consumer = FindOrAddConsumer(ref call, stream, group);
        var claimed = call.Keyspace.Allocator.Scratch<StreamId>(claim.EndOfIds - claim.FirstId);
        var (count, changes) = (0, 0);
        for (var i = claim.FirstId; i < claim.EndOfIds; i++)
        {
            StreamIdText.TryRead(ref call, i, out var id);
            var isPending = group.View.TryPending(id, out var entry);
            if (!stream.View.Contains(id))
            {
                if (!isPending) continue;
                GroupEffects.Claim(ref call, KeyAt, GroupAt, group.View, entry);
                group.Acknowledge(id);
                changes++;
                continue;
            }
            if (isPending ? IsTooFresh(call.NowMs, entry, claim.IdleMsMin) : !claim.Forces) continue;
            var deliveries = claim.Deliveries >= 0 ? claim.Deliveries : (isPending ? entry.Deliveries : 1) + (claim.OnlyIds ? 0 : 1);
            group.Assign(id, consumer, claim.DeliveredMs, deliveries);
            GroupEffects.Claim(ref call, KeyAt, GroupAt, consumer.Name, id, claim.DeliveredMs, deliveries, group.View.LastId);
            claimed[count++] = id;
            changes++;
        }
        if (count > 0) group.SetActive(consumer, call.NowMs);
        if (hasMoved && changes == 0)
        {
            GroupEffects.Position(ref call, KeyAt, GroupAt, group.View);
            changes++;
        }
        stream.AnnounceOfGroup(changes);
        ReplyClaimed(ref call, stream.View, claimed[..count], claim.OnlyIds);
    }

    private static bool IsTooFresh(long nowMs, PendingEntries entry, long idleMsMin) => idleMsMin > 0 && nowMs - entry.DeliveredMs < idleMsMin;

    private static void ReplyClaimed(ref Call call, StreamView stream, scoped ReadOnlySpan<StreamId> claimed, bool onlyIds)
    {
        call.Reply.Array(claimed.Length);
        foreach (var id in claimed)
        {
            if (onlyIds)
            {
                call.Reply.Bulk(id);
                continue;
            }
            var entries = stream.Range(id, id);
            Check.That(entries.MoveNext());
            call.Reply.Entry(ref entries);
        }
    }

    /// <summary>Whether the stream has the group; otherwise the call has failed.</summary>
    private static bool HasGroup(ref Call call)
    {
        if (call.TryStream(KeyAt, out var stream) && !stream.FindGroup(call.Args[GroupAt]).Exists) GroupErrors.FailNoKeyOrGroup(ref call, KeyAt, GroupAt);
        return !call.Failed;
    }

    private static StreamConsumer FindOrAddConsumer(ref Call call, scoped StreamEdit stream, ConsumerGroupEdit group)
    {
        var consumer = group.View.FindConsumer(call.Args[ConsumerAt]);
        if (!consumer.Exists) consumer = GroupCommands.AddConsumer(ref call, stream, group, ConsumerAt);
        group.SetSeen(consumer, call.NowMs);
        return consumer;
    }

    private static bool TryReadIdle(ref Call call, string command, out long idleMs)
    {
        if (!IntegerText.TryParse(call.Args[IdleAt], out idleMs)) call.Fail($"ERR Invalid min-idle-time argument for {command}");
        idleMs = Math.Max(idleMs, 0);
        return !call.Failed;
    }

    /// <summary>What is no ID ends the IDs, and must be an option.</summary>
    private static bool TryRead(ref Call call, out Claim claim)
    {
        claim = new() { FirstId = IdleAt + 1, DeliveredMs = -1, Deliveries = -1 };
        if (!TryReadIdle(ref call, "XCLAIM", out var idleMs)) return false;
        claim.IdleMsMin = idleMs;
        var i = claim.FirstId;
        while (i < call.Args.Count && StreamIdText.TryParse(call.Args[i], out _)) i++;
        claim.EndOfIds = i;
        var options = new OptionReader(call.Args, i);
        long deliveredMs = -1, deliveries = -1;
        while (options.Next())
        {
            if (options.Is("force"u8)) claim.Forces = true;
            else if (options.Is("justid"u8)) claim.OnlyIds = true;
            else if (options.TakesInteger("idle"u8, ref deliveredMs, "ERR Invalid IDLE option argument for XCLAIM")) deliveredMs = call.NowMs - deliveredMs;
            else if (options.TakesInteger("time"u8, ref deliveredMs, "ERR Invalid TIME option argument for XCLAIM")) { }
            else if (options.TakesInteger("retrycount"u8, ref deliveries, "ERR Invalid RETRYCOUNT option argument for XCLAIM")) { }
            else if (!options.Takes("lastid"u8, out var argument))
            {
                call.Fail("ERR Unrecognized XCLAIM option '", options.At, "'"u8);
                return false;
            }
            else if (!StreamIdText.TryRead(ref call, argument, out var lastId)) return false;
            else claim.LastId = lastId;
        }
        claim.Deliveries = deliveries;
        // A time that cannot be is no reason to fail: clocks differ.
        claim.DeliveredMs = deliveredMs < 0 || deliveredMs > call.NowMs ? call.NowMs : deliveredMs;
        return options.Ends(ref call);
    }

    // ---- what is idle

    private const long CountUsually = 100;

    /// <summary>For each entry that may be claimed so many are looked at.</summary>
    private const int Attempts = 10;

    [Command("XAUTOCLAIM",
        Summary = "Changes, or acquires, ownership of messages in a consumer group, as if the messages were delivered to as consumer group member.",
        Since = "6.2.0", Complexity = "O(1) if COUNT is small.",
        Flags = Write | Fast, Keys = "1 RW delete",
        Arguments = "key group consumer min-idle-time start [COUNT count:integer] [JUSTID]",
        Tips = "nondeterministic_output",
        History = [
            "7.0.0: Added an element to the reply array, containing deleted entries the command cleared from the PEL"])]
    internal static void ClaimIdle(ref Call call)
    {
        if (!TryReadIdle(ref call, "XAUTOCLAIM", out var idleMs) || !StreamIdText.TryReadBound(ref call, IdleAt + 1, out var next, isStart: true)) return;
        if (!TryReadIdleOptions(ref call, out var count, out var onlyIds) || !HasGroup(ref call) || !call.TryEditStream(KeyAt, out var stream)) return;
        call.PropagateInnerCalls();
        var group = stream.EditGroup(call.Args[GroupAt]);
        var consumer = FindOrAddConsumer(ref call, stream, group);
        // Claimed ones from the beginning on, deleted ones from the end.
        var found = call.Keyspace.Allocator.Scratch<StreamId>((int)Math.Min(count, group.View.PendingCount));
        var (claimed, deleted) = (0, 0);
        var attempts = count * Attempts;
        var pending = group.View.Pending(next);
        var hasNext = pending.MoveNext();
        for (; hasNext && attempts > 0 && claimed + deleted < count; attempts--)
        {
            var id = pending.Id;
            if (!stream.View.Contains(id))
            {
                GroupEffects.Claim(ref call, KeyAt, GroupAt, group.View, pending);
                group.Acknowledge(id);
                found[found.Length - ++deleted] = id;
                pending = group.View.Pending(id);
            }
            else if (!IsTooFresh(call.NowMs, pending, idleMs))
            {
                var deliveries = pending.Deliveries + (onlyIds ? 0 : 1);
                group.Assign(id, consumer, call.NowMs, deliveries);
                GroupEffects.Claim(ref call, KeyAt, GroupAt, consumer.Name, id, call.NowMs, deliveries, group.View.LastId);
                found[claimed++] = id;
                pending = group.View.Pending(id);
                pending.MoveNext();
            }
            hasNext = pending.MoveNext();
        }
        if (claimed > 0) group.SetActive(consumer, call.NowMs);
        stream.AnnounceOfGroup(claimed + deleted);
        call.Reply.Array(3);
        call.Reply.Bulk(hasNext ? pending.Id : StreamId.Min);
        ReplyClaimed(ref call, stream.View, found[..claimed], onlyIds);
        call.Reply.Array(deleted);
        for (var i = 1; i <= deleted; i++) call.Reply.Bulk(found[^i]);
    }

    private static bool TryReadIdleOptions(ref Call call, out long count, out bool onlyIds)
    {
        const long CountMax = long.MaxValue / StreamId.Bytes;
        const string CountError = "ERR COUNT must be > 0";
        count = CountUsually;
        onlyIds = false;
        var options = new OptionReader(call.Args, IdleAt + 2);
        while (options.Next())
        {
            if (options.Is("justid"u8)) onlyIds = true;
            else if (!options.TakesInteger("count"u8, ref count, CountError, min: 1, tooSmall: CountError)) options.FailSyntax();
            else if (count > CountMax) options.Fail(CountError);
        }
        return options.Ends(ref call);
    }
}
