using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>Commands that answer many members of a set, or random ones.</summary>
[CommandFamily("set")]
internal static class SetWalkCommands
{
    [Command("SMEMBERS", Summary = "Returns all members of a set.", Since = "1.0.0", Complexity = "O(N) where N is the set cardinality.",
        Flags = ReadOnly, Keys = "1 RO access",
        Arguments = "key",
        Tips = "nondeterministic_output_order")]
    internal static void Members(ref Call call)
    {
        if (!call.TrySet(1, out var set)) return;
        call.Reply.Set(checked((int)set.Count));
        ReplyMembers(ref call, set);
    }

    internal static void ReplyMembers(ref Call call, SetView set)
    {
        var left = set.Count;
        for (var walk = set.Walk(call.Executor.BorrowFoundFields()); walk.MoveNext(); left--) call.Reply.Bulk(walk.Current);
        Check.That(left == 0);
    }

    [Command("SSCAN", Summary = "Iterates over members of a set.", Since = "2.8.0",
        Complexity = "O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor to return back to 0. N is the "
            + "number of elements inside the collection.",
        Flags = ReadOnly, Keys = "1 RO access",
        Arguments = "key cursor:integer [MATCH pattern] [COUNT count:integer]",
        Tips = "nondeterministic_output")]
    internal static void Scan(ref Call call)
    {
        if (!ScanOptions.TryCursor(ref call, 2, out var cursor) || !call.TrySet(1, out var set)) return;
        if (!set.Exists)
        {
            ScanOptions.BeginReply(ref call, 0);
            call.Reply.Array(0);
            return;
        }
        var options = ScanOptions.Read(ref call, 3, acceptsType: false);
        if (call.Failed) return;
        if (set.IsTable) ScanTable(ref call, set, cursor, options);
        else AnswerPacked(ref call, set, options);
    }

    /// <summary>A packed set is answered whole, whatever COUNT and the cursor say.</summary>
    private static void AnswerPacked(ref Call call, SetView set, scoped ScanOptions options)
    {
        Span<byte> digits = stackalloc byte[PackedElement.IntegerTextMax];
        var count = 0;
        for (var walk = set.Walk(null); walk.MoveNext();) count += options.Matches(walk.Current.Text(digits)) ? 1 : 0;
        ScanOptions.BeginReply(ref call, 0);
        call.Reply.Array(count);
        for (var walk = set.Walk(null); walk.MoveNext();)
        {
            var member = walk.Current.Text(digits);
            if (options.Matches(member)) call.Reply.Bulk(member);
        }
    }

    private static void ScanTable(ref Call call, SetView set, ulong cursor, scoped ScanOptions options)
    {
        var found = call.Executor.BorrowFoundFields();
        cursor = options.Scan(set, cursor, found);
        var count = 0;
        for (var i = 0; i < found.Count; i++)
        {
            if (options.Matches(found[i].Name)) found.Keep(i, count++);
        }
        ScanOptions.BeginReply(ref call, cursor);
        ReplyFound(ref call, found, count);
    }

    /// <summary>An array of the first members of a list, which is then emptied.</summary>
    private static void ReplyFound(ref Call call, FieldList found, int count)
    {
        call.Reply.Array(count);
        for (var i = 0; i < count; i++) call.Reply.Bulk(found[i].Name);
        found.Clear();
    }

    [Command("SRANDMEMBER", Summary = "Get one or multiple random members from a set", Since = "1.0.0",
        Complexity = "Without the count argument O(1), otherwise O(N) where N is the absolute value of the passed count.",
        Flags = ReadOnly, Keys = "1 RO access",
        Arguments = "key [count:integer@2.6.0]",
        Tips = "nondeterministic_output",
        History = [
            "2.6.0: Added the optional `count` argument."])]
    internal static void Random(ref Call call)
    {
        if (call.Args.Count > 3)
        {
            call.FailSyntax();
            return;
        }
        long count = 0;
        var hasCount = call.Args.Count == 3;
        if (hasCount && !TryReadCount(ref call, out count) || !call.TrySet(1, out var set)) return;
        if (hasCount) AnswerRandom(ref call, set, count);
        else if (set.Exists) call.Reply.Bulk(set.Sample(call.Keyspace.Randomness.Next()));
        else call.Reply.Null();
    }

    private static bool TryReadCount(ref Call call, out long count)
    {
        if (!call.TryInteger(2, out count)) return false;
        if (count == long.MinValue) call.Fail($"ERR value is out of range, value must between {-long.MaxValue} and {long.MaxValue}");
        return !call.Failed;
    }

    /// <summary>Different members, or with a negative count so many draws. There is no bound to those, as in Redis.</summary>
    private static void AnswerRandom(ref Call call, SetView set, long count)
    {
        if (!set.Exists || count == 0)
        {
            call.Reply.Array(0);
            return;
        }
        if (count < 0)
        {
            call.Reply.Array(-count);
            for (; count < 0 && !call.Session.IsEnding; count++) call.Reply.Bulk(set.Sample(call.Keyspace.Randomness.Next()));
            return;
        }
        count = Math.Min(count, set.Count);
        if (set.IsTable && count < set.Count)
        {
            var found = call.Executor.BorrowFoundFields();
            set.SampleDistinct(count, call.Keyspace.Randomness.Next(), found);
            ReplyFound(ref call, found, (int)count);
            return;
        }
        call.Reply.Array(count);
        if (count == set.Count)
        {
            ReplyMembers(ref call, set);
            return;
        }
        var draw = new SequentialDraw(count, set.Count);
        for (var walk = set.Walk(null); !draw.IsOver && walk.MoveNext();)
        {
            if (draw.Takes(call.Keyspace.Randomness)) call.Reply.Bulk(walk.Current);
        }
    }
}
