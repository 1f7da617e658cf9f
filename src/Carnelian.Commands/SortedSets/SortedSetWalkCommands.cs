using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>Commands that answer members of a sorted set in no order, or random ones.</summary>
[CommandFamily("sorted-set")]
internal static class SortedSetWalkCommands
{
    [Command("ZSCAN", Summary = "Iterates over members and scores of a sorted set.", Since = "2.8.0",
        Complexity = "O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor to return back to 0. N is the "
            + "number of elements inside the collection.",
        Flags = ReadOnly, Keys = "1 RO access",
        Arguments = "key cursor:integer [MATCH pattern] [COUNT count:integer]",
        Tips = "nondeterministic_output")]
    internal static void Scan(ref Call call)
    {
        if (!ScanOptions.TryCursor(ref call, 2, out var cursor) || !call.TrySortedSet(1, out var set)) return;
        if (!set.Exists)
        {
            ScanOptions.BeginReply(ref call, 0);
            call.Reply.Array(0);
            return;
        }
        var options = ScanOptions.Read(ref call, 3, acceptsType: false, acceptsNoScores: true);
        if (call.Failed) return;
        if (set.IsTable) ScanTable(ref call, set, cursor, options);
        else AnswerPacked(ref call, set, options);
    }

    /// <summary>A packed set is answered whole, whatever COUNT and the cursor say.</summary>
    private static void AnswerPacked(ref Call call, SortedSetView set, scoped ScanOptions options)
    {
        Span<byte> digits = stackalloc byte[PackedElement.IntegerTextMax], score = stackalloc byte[DoubleText.LengthMax];
        var count = 0;
        for (var walk = set.From(0); walk.MoveNext();) count += options.Matches(walk.Member.Text(digits)) ? 1 : 0;
        ScanOptions.BeginReply(ref call, 0);
        call.Reply.Array(options.NoScores ? count : count * 2);
        for (var walk = set.From(0); walk.MoveNext();)
        {
            var member = walk.Member.Text(digits);
            if (!options.Matches(member)) continue;
            call.Reply.Bulk(member);
            if (!options.NoScores) call.Reply.Bulk(score[..DoubleText.Format(walk.Score, score)]);
        }
    }

    private static void ScanTable(ref Call call, SortedSetView set, ulong cursor, scoped ScanOptions options)
    {
        var found = call.Executor.BorrowFoundFields();
        cursor = options.Scan(set, cursor, found);
        var count = 0;
        for (var i = 0; i < found.Count; i++)
        {
            if (options.Matches(found[i].Name)) found.Keep(i, count++);
        }
        ScanOptions.BeginReply(ref call, cursor);
        call.Reply.Array(options.NoScores ? count : count * 2);
        // With all 17 digits, unlike everywhere else, as in Redis.
        Span<byte> score = stackalloc byte[DoubleText.LengthMax];
        for (var i = 0; i < count; i++)
        {
            call.Reply.Bulk(found[i].Name);
            if (!options.NoScores) call.Reply.Bulk(score[..DoubleText.FormatFully(SortedTable.ScoreOf(found[i]), score)]);
        }
        found.Clear();
    }

    [Command("ZRANDMEMBER", Summary = "Returns one or more random members from a sorted set.", Since = "6.2.0",
        Complexity = "O(N) where N is the number of members returned",
        Flags = ReadOnly, Keys = "1 RO access",
        Arguments = "key [options: count:integer [WITHSCORES]]",
        Tips = "nondeterministic_output")]
    internal static void Random(ref Call call)
    {
        long count = 0;
        var withScores = call.Args.Count > 3;
        if (call.Args.Count > 2 && !TryReadCount(ref call, out count) || !call.TrySortedSet(1, out var set)) return;
        if (call.Args.Count > 2) AnswerRandom(ref call, set, count, withScores);
        else if (!set.Exists) call.Reply.Null();
        else
        {
            var walk = Draw(ref call, set);
            call.Reply.Bulk(walk.Member);
        }
    }

    private static bool TryReadCount(ref Call call, out long count)
    {
        if (!call.TryInteger(2, out count)) return false;
        if (count == long.MinValue) call.Fail($"ERR value is out of range, value must between {-long.MaxValue} and {long.MaxValue}");
        else if (call.Args.Count > 4 || call.Args.Count == 4 && !call.Is(3, "withscores"u8)) call.FailSyntax();
        else if (call.Args.Count == 4 && count is < -(long.MaxValue / 2) or > long.MaxValue / 2) call.Fail("ERR value is out of range");
        return !call.Failed;
    }

    /// <summary>Different members, or with a negative count so many draws. There is no bound to those, as in Redis.</summary>
    private static void AnswerRandom(ref Call call, SortedSetView set, long count, bool withScores)
    {
        if (!set.Exists || count == 0)
        {
            call.Reply.Array(0);
            return;
        }
        if (count < 0)
        {
            call.Reply.BeginMembers(-count, withScores);
            for (; count < 0 && !call.Session.IsEnding; count++)
            {
                var drawn = Draw(ref call, set);
                call.Reply.Member(drawn.Member, drawn.Score, withScores);
            }
        }
        else if (count >= set.Count) call.Reply.Members(set, new(0, set.Count), withScores, backward: true);
        else if (set.IsTable) AnswerDistinct(ref call, set, count, withScores);
        else
        {
            call.Reply.BeginMembers(count, withScores);
            var draw = new SequentialDraw(count, set.Count);
            for (var walk = set.From(0); !draw.IsOver && walk.MoveNext();)
            {
                if (draw.Takes(call.Keyspace.Randomness)) call.Reply.Member(walk.Member, walk.Score, withScores);
            }
        }
    }

    private static SortedSetWalk Draw(ref Call call, SortedSetView set)
    {
        var walk = set.From(set.SampleRank(call.Keyspace.Randomness.Next()));
        Check.That(walk.MoveNext());
        return walk;
    }

    private static void AnswerDistinct(ref Call call, SortedSetView set, long count, bool withScores)
    {
        var found = call.Executor.BorrowFoundFields();
        set.SampleDistinct(count, call.Keyspace.Randomness.Next(), found);
        call.Reply.BeginMembers(count, withScores);
        for (var i = 0; i < count; i++) call.Reply.Member(PackedElement.OfText(found[i].Name), SortedTable.ScoreOf(found[i]), withScores);
        found.Clear();
    }
}
