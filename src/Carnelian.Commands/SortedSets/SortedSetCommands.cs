using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>Commands on single members of sorted sets.</summary>
[CommandFamily("sorted-set")]
internal static class SortedSetCommands
{
    [Command("ZADD", Summary = "Adds one or more members to a sorted set, or updates their scores. Creates the key if it doesn't exist.", Since = "1.2.0",
        Complexity = "O(log(N)) for each item added, where N is the number of elements in the sorted set.",
        Flags = Write | DenyOom | Fast | ElementBehindScore, Keys = "1 RW update",
        Arguments = "key [condition@3.0.2: NX | XX] [comparison@6.2.0: GT | LT] [change:CH@3.0.2] [increment:INCR@3.0.2] (data: score:double member)...",
        History = [
            "2.4.0: Accepts multiple elements.",
            "3.0.2: Added the `XX`, `NX`, `CH` and `INCR` options.",
            "6.2.0: Added the `GT` and `LT` options."])]
    internal static void Add(ref Call call) => Set(ref call, ScoreConditions.None);

    [Command("ZINCRBY", Summary = "Increments the score of a member in a sorted set.", Since = "1.2.0",
        Complexity = "O(log(N)) where N is the number of elements in the sorted set.",
        Flags = Write | DenyOom | Fast | ElementBehindScore, Keys = "1 RW access update",
        Arguments = "key increment:integer member")]
    internal static void Increment(ref Call call) => Set(ref call, ScoreConditions.Increment);

    private static void Set(ref Call call, ScoreConditions conditions)
    {
        if (!TryReadConditions(ref call, ref conditions, out var countsChanged, out var first)) return;
        for (var i = first; i < call.Args.Count; i += 2)
        {
            if (!ScoreArguments.TryScore(ref call, i, out _)) return;
        }
        if (!call.TryEditSortedSet(1, out var set)) return;
        var mayAdd = set.Exists || (conditions & ScoreConditions.IfExists) == 0;
        if (mayAdd) set.Expect((call.Args.Count - first) / 2, call.Args[first + 1].Length);
        int added = 0, updated = 0;
        var outcome = ScoreOutcome.Refused;
        double score = 0;
        for (var i = first; mayAdd && i < call.Args.Count; i += 2)
        {
            ScoreArguments.TryScore(ref call, i, out score);
            outcome = set.Set(call.Args[i + 1], ref score, conditions);
            added += outcome == ScoreOutcome.Added ? 1 : 0;
            updated += outcome == ScoreOutcome.Updated ? 1 : 0;
        }
        var increments = (conditions & ScoreConditions.Increment) != 0;
        if (added + updated > 0) set.Changed(added + updated, increments ? KeyspaceEvent.SortedSetIncrement : KeyspaceEvent.SortedSetAdd);
        if (!increments) call.Reply.Integer(countsChanged ? added + updated : added);
        else if (outcome == ScoreOutcome.NotANumber) call.Fail("ERR resulting score is not a number (NaN)");
        else if (outcome == ScoreOutcome.Refused) call.Reply.Null();
        else call.Reply.Double(score);
    }

    /// <summary>Reads the options in front of the first score; otherwise the call has failed. ZINCRBY has them too, though nobody says so.</summary>
    private static bool TryReadConditions(ref Call call, ref ScoreConditions conditions, out bool countsChanged, out int first)
    {
        countsChanged = false;
        var options = new OptionReader(call.Args, 2);
        first = call.Args.Count;
        while (options.Next())
        {
            first = options.At;
            if (options.Is("nx"u8)) conditions |= ScoreConditions.IfMissing;
            else if (options.Is("xx"u8)) conditions |= ScoreConditions.IfExists;
            else if (options.Is("ch"u8)) countsChanged = true;
            else if (options.Is("incr"u8)) conditions |= ScoreConditions.Increment;
            else if (options.Is("gt"u8)) conditions |= ScoreConditions.IfGreater;
            else if (options.Is("lt"u8)) conditions |= ScoreConditions.IfLess;
            else break;
            first = call.Args.Count;
        }
        var left = call.Args.Count - first;
        if (left == 0 || left % 2 != 0) call.FailSyntax();
        else if (Has(conditions, ScoreConditions.IfMissing | ScoreConditions.IfExists)) call.Fail("ERR XX and NX options at the same time are not compatible");
        else if (Has(conditions, ScoreConditions.IfGreater | ScoreConditions.IfMissing) || Has(conditions, ScoreConditions.IfLess | ScoreConditions.IfMissing)
            || Has(conditions, ScoreConditions.IfGreater | ScoreConditions.IfLess))
            call.Fail("ERR GT, LT, and/or NX options at the same time are not compatible");
        else if (left > 2 && Has(conditions, ScoreConditions.Increment)) call.Fail("ERR INCR option supports a single increment-element pair");
        return !call.Failed;
    }

    private static bool Has(ScoreConditions conditions, ScoreConditions all) => (conditions & all) == all;

    [Command("ZREM", Summary = "Removes one or more members from a sorted set. Deletes the sorted set if all members were removed.", Since = "1.2.0",
        Complexity = "O(M*log(N)) with N being the number of elements in the sorted set and M the number of elements to be removed.",
        Flags = Write | Fast | ElementBehindKey, Keys = "1 RW delete",
        Arguments = "key member...",
        History = [
            "2.4.0: Accepts multiple elements."])]
    internal static void Remove(ref Call call)
    {
        if (!call.TryEditSortedSet(1, out var set)) return;
        var removed = 0;
        for (var i = 2; i < call.Args.Count && set.Count > 0; i++) removed += set.Remove(call.Args[i]) ? 1 : 0;
        call.Reply.Integer(removed);
        if (removed == 0) return;
        set.Changed(removed, KeyspaceEvent.SortedSetRemove);
        set.DeleteIfEmpty();
    }

    [Command("ZCARD", Summary = "Returns the number of members in a sorted set.", Since = "1.2.0", Complexity = "O(1)",
        Flags = ReadOnly | Fast, Keys = "1 RO",
        Arguments = "key")]
    internal static void Count(ref Call call)
    {
        if (call.TrySortedSet(1, out var set)) call.Reply.Integer(set.Count);
    }

    [Command("ZSCORE", Summary = "Returns the score of a member in a sorted set.", Since = "1.2.0", Complexity = "O(1)",
        Flags = ReadOnly | Fast | ElementBehindKey, Keys = "1 RO access",
        Arguments = "key member")]
    internal static void Score(ref Call call)
    {
        if (call.TrySortedSet(1, out var set)) ReplyScore(ref call, set, 2);
    }

    [Command("ZMSCORE", Summary = "Returns the score of one or more members in a sorted set.", Since = "6.2.0",
        Complexity = "O(N) where N is the number of members being requested.",
        Flags = ReadOnly | Fast | ElementBehindKey, Keys = "1 RO access",
        Arguments = "key member...")]
    internal static void Scores(ref Call call)
    {
        if (!call.TrySortedSet(1, out var set)) return;
        call.Reply.Array(call.Args.Count - 2);
        for (var i = 2; i < call.Args.Count; i++) ReplyScore(ref call, set, i);
    }

    private static void ReplyScore(ref Call call, SortedSetView set, int argument)
    {
        if (set.TryScore(call.Args[argument], out var score)) call.Reply.Double(score);
        else call.Reply.Null();
    }

    [Command("ZRANK", Summary = "Returns the index of a member in a sorted set ordered by ascending scores.", Since = "2.0.0", Complexity = "O(log(N))",
        Flags = ReadOnly | Fast | ElementBehindKey, Keys = "1 RO access",
        Arguments = "key member [WITHSCORE]",
        History = [
            "7.2.0: Added the optional `WITHSCORE` argument."])]
    internal static void Rank(ref Call call) => Rank(ref call, backward: false);

    [Command("ZREVRANK", Summary = "Returns the index of a member in a sorted set ordered by descending scores.", Since = "2.0.0",
        Complexity = "O(log(N))",
        Flags = ReadOnly | Fast | ElementBehindKey, Keys = "1 RO access",
        Arguments = "key member [WITHSCORE]",
        History = [
            "7.2.0: Added the optional `WITHSCORE` argument."])]
    internal static void ReverseRank(ref Call call) => Rank(ref call, backward: true);

    private static void Rank(ref Call call, bool backward)
    {
        if (call.Args.Count > 4)
        {
            call.FailArity();
            return;
        }
        var withScore = call.Args.Count == 4;
        if (withScore && !call.Is(3, "withscore"u8))
        {
            call.FailSyntax();
            return;
        }
        if (!call.TrySortedSet(1, out var set)) return;
        var rank = set.RankOf(call.Args[2], out var score);
        if (rank < 0)
        {
            if (withScore) call.Reply.NullArray();
            else call.Reply.Null();
            return;
        }
        if (withScore) call.Reply.Array(2);
        call.Reply.Integer(backward ? set.Count - 1 - rank : rank);
        if (withScore) call.Reply.Double(score);
    }
}
