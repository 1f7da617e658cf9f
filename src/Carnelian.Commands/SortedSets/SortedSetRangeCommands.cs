using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>Commands that answer, count or remove ranges of sorted sets.</summary>
[CommandFamily("sorted-set")]
internal static class SortedSetRangeCommands
{
    // ---- answering

    [Command("ZRANGE", Summary = "Returns members in a sorted set within a range of indexes.", Since = "1.2.0",
        Complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements returned.",
        Flags = ReadOnly, Keys = "1 RO access",
        Arguments = "key start stop [sortby@6.2.0: BYSCORE | BYLEX] [REV@6.2.0] [LIMIT limit@6.2.0: offset:integer count:integer] [WITHSCORES]",
        History = [
            "6.2.0: Added the `REV`, `BYSCORE`, `BYLEX` and `LIMIT` options."])]
    internal static void Range(ref Call call) => Answer(ref call, null);

    [Command("ZREVRANGE", Summary = "Returns members in a sorted set within a range of indexes in reverse order.", Since = "1.2.0",
        Complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements returned.",
        Flags = ReadOnly, Keys = "1 RO access",
        Arguments = "key start:integer stop:integer [WITHSCORES]", DeprecatedSince = "6.2.0", ReplacedBy = "`ZRANGE` with the `REV` argument")]
    internal static void ReverseRange(ref Call call) => Answer(ref call, RangeOrder.Rank, backward: true);

    [Command("ZRANGEBYSCORE", Summary = "Returns members in a sorted set within a range of scores.", Since = "1.0.5",
        Complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements being returned. If M is constant (e.g. "
            + "always asking for the first 10 elements with LIMIT), you can consider it O(log(N)).",
        Flags = ReadOnly, Keys = "1 RO access",
        Arguments = "key min:double max:double [WITHSCORES@2.0.0] [LIMIT limit: offset:integer count:integer]",
        History = [
            "2.0.0: Added the `WITHSCORES` modifier."],
        DeprecatedSince = "6.2.0", ReplacedBy = "`ZRANGE` with the `BYSCORE` argument")]
    internal static void RangeByScore(ref Call call) => Answer(ref call, RangeOrder.Score);

    [Command("ZREVRANGEBYSCORE", Summary = "Returns members in a sorted set within a range of scores in reverse order.", Since = "2.2.0",
        Complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements being returned. If M is constant (e.g. "
            + "always asking for the first 10 elements with LIMIT), you can consider it O(log(N)).",
        Flags = ReadOnly, Keys = "1 RO access",
        Arguments = "key max:double min:double [WITHSCORES] [LIMIT limit: offset:integer count:integer]",
        History = [
            "2.1.6: `min` and `max` can be exclusive."],
        DeprecatedSince = "6.2.0", ReplacedBy = "`ZRANGE` with the `REV` and `BYSCORE` arguments")]
    internal static void ReverseRangeByScore(ref Call call) => Answer(ref call, RangeOrder.Score, backward: true);

    [Command("ZRANGEBYLEX", Summary = "Returns members in a sorted set within a lexicographical range.", Since = "2.8.9",
        Complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements being returned. If M is constant (e.g. "
            + "always asking for the first 10 elements with LIMIT), you can consider it O(log(N)).",
        Flags = ReadOnly, Keys = "1 RO access",
        Arguments = "key min max [LIMIT limit: offset:integer count:integer]", DeprecatedSince = "6.2.0",
        ReplacedBy = "`ZRANGE` with the `BYLEX` argument")]
    internal static void RangeByMember(ref Call call) => Answer(ref call, RangeOrder.Member);

    [Command("ZREVRANGEBYLEX", Summary = "Returns members in a sorted set within a lexicographical range in reverse order.", Since = "2.8.9",
        Complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements being returned. If M is constant (e.g. "
            + "always asking for the first 10 elements with LIMIT), you can consider it O(log(N)).",
        Flags = ReadOnly, Keys = "1 RO access",
        Arguments = "key max min [LIMIT limit: offset:integer count:integer]", DeprecatedSince = "6.2.0",
        ReplacedBy = "`ZRANGE` with the `REV` and `BYLEX` arguments")]
    internal static void ReverseRangeByMember(ref Call call) => Answer(ref call, RangeOrder.Member, backward: true);

    private static void Answer(ref Call call, RangeOrder? order, bool backward = false)
    {
        var request = SortedSetRangeRequest.Read(ref call, 1, order, backward);
        if (!call.Failed && call.TrySortedSet(1, out var set)) call.Reply.Members(set, request.Find(set), request.WithScores, request.Backward);
    }

    [Command("ZRANGESTORE", Summary = "Stores a range of members from sorted set in a key.", Since = "6.2.0",
        Complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements stored into the destination key.",
        Flags = Write | DenyOom, Keys = "1 OW update; 2 RO access",
        Arguments = "dst:key src:key min max [sortby: BYSCORE | BYLEX] [REV] [LIMIT limit: offset:integer count:integer]")]
    internal static void Store(ref Call call)
    {
        var request = SortedSetRangeRequest.Read(ref call, 2, null, stores: true);
        if (call.Failed || !call.TrySortedSet(2, out var set)) return;
        var ranks = request.Find(set);
        var result = call.Keyspace.NewSortedSet();
        if (ranks.Count > 0)
        {
            // As in Redis, which knows the number of ranks only beforehand: what begins packed has 0 for -0.
            if (request.Order == RangeOrder.Rank) result.Expect(ranks.Count, 0);
            Span<byte> digits = stackalloc byte[PackedElement.IntegerTextMax];
            var walk = set.From(ranks.First);
            for (var left = ranks.Count; left > 0 && walk.MoveNext(); left--)
            {
                var score = walk.Score;
                result.Set(walk.Member.Text(digits), ref score);
            }
        }
        SortedSetAlgebraCommands.Store(ref call, result, KeyspaceEvent.SortedSetRangeStore);
    }

    // ---- counting

    [Command("ZCOUNT", Summary = "Returns the count of members in a sorted set that have scores within a range.", Since = "2.0.0",
        Complexity = "O(log(N)) with N being the number of elements in the sorted set.",
        Flags = ReadOnly | Fast, Keys = "1 RO access",
        Arguments = "key min:double max:double")]
    internal static void CountByScore(ref Call call) => Count(ref call, RangeOrder.Score);

    [Command("ZLEXCOUNT", Summary = "Returns the number of members in a sorted set within a lexicographical range.", Since = "2.8.9",
        Complexity = "O(log(N)) with N being the number of elements in the sorted set.",
        Flags = ReadOnly | Fast, Keys = "1 RO access",
        Arguments = "key min max")]
    internal static void CountByMember(ref Call call) => Count(ref call, RangeOrder.Member);

    private static void Count(ref Call call, RangeOrder order)
    {
        var request = SortedSetRangeRequest.Read(ref call, order);
        if (!call.Failed && call.TrySortedSet(1, out var set)) call.Reply.Integer(request.Find(set).Count);
    }

    // ---- removing

    [Command("ZREMRANGEBYRANK", Summary = "Removes members in a sorted set within a range of indexes. Deletes the sorted set if all members were removed.",
        Since = "2.0.0",
        Complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements removed by the operation.",
        Flags = Write, Keys = "1 RW delete",
        Arguments = "key start:integer stop:integer")]
    internal static void RemoveByRank(ref Call call) => Remove(ref call, RangeOrder.Rank, KeyspaceEvent.SortedSetRemoveByRank);

    [Command("ZREMRANGEBYSCORE", Summary = "Removes members in a sorted set within a range of scores. Deletes the sorted set if all members were removed.",
        Since = "1.2.0",
        Complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements removed by the operation.",
        Flags = Write, Keys = "1 RW delete",
        Arguments = "key min:double max:double")]
    internal static void RemoveByScore(ref Call call) => Remove(ref call, RangeOrder.Score, KeyspaceEvent.SortedSetRemoveByScore);

    [Command("ZREMRANGEBYLEX",
        Summary = "Removes members in a sorted set within a lexicographical range. Deletes the sorted set if all members were removed.", Since = "2.8.9",
        Complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements removed by the operation.",
        Flags = Write, Keys = "1 RW delete",
        Arguments = "key min max")]
    internal static void RemoveByMember(ref Call call) => Remove(ref call, RangeOrder.Member, KeyspaceEvent.SortedSetRemoveByMember);

    private static void Remove(ref Call call, RangeOrder order, KeyspaceEvent happened)
    {
        var request = SortedSetRangeRequest.Read(ref call, order);
        if (call.Failed || !call.TryEditSortedSet(1, out var set)) return;
        var ranks = request.Find(set.View);
        call.Reply.Integer(ranks.Count);
        if (ranks.Count == 0) return;
        set.Remove(ranks);
        set.Changed(ranks.Count, happened);
        set.DeleteIfEmpty();
    }
}
