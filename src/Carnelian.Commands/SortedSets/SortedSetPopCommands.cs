using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>Commands that take members from the ends of sorted sets, and wait for one where there is none.</summary>
[CommandFamily("sorted-set")]
internal static class SortedSetPopCommands
{
    [Command("ZPOPMIN",
        Summary = "Returns the lowest-scoring members from a sorted set after removing them. Deletes the sorted set if the last member was popped.",
        Since = "5.0.0", Complexity = "O(log(N)*M) with N being the number of elements in the sorted set, and M being the number of elements popped.",
        Flags = Write | Fast, Keys = "1 RW access delete",
        Arguments = "key [count:integer]")]
    internal static void PopLeast(ref Call call) => Pop(ref call, atLeast: true);

    [Command("ZPOPMAX",
        Summary = "Returns the highest-scoring members from a sorted set after removing them. Deletes the sorted set if the last member was popped.",
        Since = "5.0.0", Complexity = "O(log(N)*M) with N being the number of elements in the sorted set, and M being the number of elements popped.",
        Flags = Write | Fast, Keys = "1 RW access delete",
        Arguments = "key [count:integer]")]
    internal static void PopGreatest(ref Call call) => Pop(ref call, atLeast: false);

    private static void Pop(ref Call call, bool atLeast)
    {
        if (call.Args.Count > 3)
        {
            call.FailSyntax();
            return;
        }
        var hasCount = call.Args.Count == 3;
        long count = 1;
        if (hasCount && !call.TryCount(2, out count) || !call.TryEditSortedSet(1, out var set)) return;
        count = Math.Min(count, set.Count);
        var inPairs = hasCount && call.Reply.IsResp3;
        call.Reply.Array(inPairs ? count : count * 2);
        if (count > 0) Pop(ref call, set, count, atLeast, inPairs);
    }

    /// <summary>Takes so many members, which there are, and answers them with their scores.</summary>
    private static void Pop(ref Call call, SortedSetEdit set, long count, bool atLeast, bool inPairs)
    {
        var view = set.View;
        var walk = view.From(atLeast ? 0 : view.Count - 1, backward: !atLeast);
        for (var left = count; left > 0 && walk.MoveNext(); left--)
        {
            if (inPairs) call.Reply.Array(2);
            call.Reply.Bulk(walk.Member);
            call.Reply.Double(walk.Score);
        }
        set.Remove(new RankRange(atLeast ? 0 : view.Count - count, count));
        set.Changed(count, atLeast ? KeyspaceEvent.SortedSetPopLeast : KeyspaceEvent.SortedSetPopGreatest);
        set.DeleteIfEmpty();
    }

    private static ReadOnlySpan<byte> NameOf(bool atLeast) => atLeast ? "ZPOPMIN"u8 : "ZPOPMAX"u8;

    [Command("ZMPOP",
        Summary = "Returns the highest- or lowest-scoring members from one or more sorted sets after removing them. Deletes the sorted set if the last "
            + "member was popped.",
        Since = "7.0.0",
        Complexity = "O(K) + O(M*log(N)) where K is the number of provided keys, N being the number of elements in the sorted set, and M being the number "
            + "of elements popped.",
        Flags = Write, Keys = "1# RW access delete",
        Arguments = "numkeys:integer key... (where: MIN | MAX) [COUNT count:integer]")]
    internal static void PopFromSeveral(ref Call call)
    {
        var pops = SeveralPops.Read(ref call, 1, "min"u8, "max"u8);
        if (!call.Failed && !TryPop(ref call, pops) && !call.Failed) call.Reply.NullArray();
    }

    /// <summary>Takes members from the first of several sets that exists. False when there is none, or the call has failed.</summary>
    private static bool TryPop(ref Call call, in SeveralPops pops)
    {
        for (var i = pops.FirstKey; i < pops.EndOfKeys; i++)
        {
            if (!call.TryEditSortedSet(i, out var set)) return false;
            if (!set.Exists) continue;
            var count = Math.Min(pops.Count, set.Count);
            call.Reply.Array(2);
            call.Reply.Bulk(call.Args[i]);
            call.Reply.Array(count);
            Pop(ref call, set, count, pops.AtHead, inPairs: true);
            if (call.HasListeners) call.BeginEffect(3).Append(NameOf(pops.AtHead)).Append(call.Args[i]).Append(count);
            return true;
        }
        return false;
    }

    [Command("BZPOPMIN",
        Summary = "Removes and returns the member with the lowest score from one or more sorted sets. Blocks until a member is available otherwise. "
            + "Deletes the sorted set if the last element was popped.",
        Since = "5.0.0", Complexity = "O(log(N)) with N being the number of elements in the sorted set.",
        Flags = Write | Blocking | Fast, Keys = "1..-2 RW access delete",
        Arguments = "key... timeout:double",
        History = [
            "6.0.0: `timeout` is interpreted as a double instead of an integer."])]
    internal static void WaitForLeast(ref Call call) => PopOrWait(ref call, atLeast: true);

    [Command("BZPOPMAX",
        Summary = "Removes and returns the member with the highest score from one or more sorted sets. Blocks until a member available otherwise.  "
            + "Deletes the sorted set if the last element was popped.",
        Since = "5.0.0", Complexity = "O(log(N)) with N being the number of elements in the sorted set.",
        Flags = Write | Blocking | Fast, Keys = "1..-2 RW access delete",
        Arguments = "key... timeout:double",
        History = [
            "6.0.0: `timeout` is interpreted as a double instead of an integer."])]
    internal static void WaitForGreatest(ref Call call) => PopOrWait(ref call, atLeast: false);

    private static void PopOrWait(ref Call call, bool atLeast)
    {
        var endOfKeys = call.Args.Count - 1;
        if (!BlockingTimeout.TryReadSeconds(ref call, endOfKeys, out var deadlineMs)) return;
        for (var i = 1; i < endOfKeys; i++)
        {
            if (!call.TryEditSortedSet(i, out var set)) return;
            if (!set.Exists) continue;
            call.Reply.Array(3);
            call.Reply.Bulk(call.Args[i]);
            Pop(ref call, set, 1, atLeast, inPairs: false);
            if (call.HasListeners) call.BeginEffect(2).Append(NameOf(atLeast)).Append(call.Args[i]);
            return;
        }
        Wait(ref call, 1, endOfKeys, deadlineMs);
    }

    [Command("BZMPOP",
        Summary = "Removes and returns a member by score from one or more sorted sets. Blocks until a member is available otherwise. Deletes the sorted "
            + "set if the last element was popped.",
        Since = "7.0.0",
        Complexity = "O(K) + O(M*log(N)) where K is the number of provided keys, N being the number of elements in the sorted set, and M being the number "
            + "of elements popped.",
        Flags = Write | Blocking, Keys = "2# RW access delete",
        Arguments = "timeout:double numkeys:integer key... (where: MIN | MAX) [COUNT count:integer]")]
    internal static void PopFromSeveralOrWait(ref Call call)
    {
        var pops = SeveralPops.Read(ref call, 2, "min"u8, "max"u8);
        if (call.Failed || !BlockingTimeout.TryReadSeconds(ref call, 1, out var deadlineMs)) return;
        if (!TryPop(ref call, pops) && !call.Failed) Wait(ref call, pops.FirstKey, pops.EndOfKeys, deadlineMs);
    }

    private static void Wait(ref Call call, int firstKey, int endOfKeys, long deadlineMs) =>
        call.WaitForKeys(firstKey, endOfKeys, ValueType.SortedSet, deadlineMs, static (ref call) => call.Reply.NullArray());
}
