using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>Commands that combine sorted sets, and sets.</summary>
[CommandFamily("sorted-set")]
internal static class SortedSetAlgebraCommands
{
    // ---- union

    [Command("ZUNION", Summary = "Returns the union of multiple sorted sets.", Since = "6.2.0",
        Complexity = "O(N)+O(M*log(M)) with N being the sum of the sizes of the input sorted sets, and M being the number of elements in the resulting sorted set.",
        Flags = ReadOnly, Keys = "1# RO access",
        Arguments = "numkeys:integer key... [WEIGHTS weight:integer...] [AGGREGATE aggregate: SUM | MIN | MAX] [WITHSCORES]")]
    internal static void Unite(ref Call call)
    {
        var inputs = SortedSetInputs.Find(ref call, 1, SortedSetOptions.Join | SortedSetOptions.WithScores);
        if (!call.Failed) Answer(ref call, Union(ref call, inputs), inputs.WithScores);
    }

    [Command("ZUNIONSTORE", Summary = "Stores the union of multiple sorted sets in a key.", Since = "2.0.0",
        Complexity = "O(N)+O(M log(M)) with N being the sum of the sizes of the input sorted sets, and M being the number of elements in the resulting sorted set.",
        Flags = Write | DenyOom, Keys = "1 OW update; 2# RO access",
        Arguments = "destination:key numkeys:integer key... [WEIGHTS weight:integer...] [AGGREGATE aggregate: SUM | MIN | MAX]")]
    internal static void StoreUnion(ref Call call)
    {
        var inputs = SortedSetInputs.Find(ref call, 2, SortedSetOptions.Join);
        if (!call.Failed) Store(ref call, Union(ref call, inputs), KeyspaceEvent.SortedSetUnionStore);
    }

    private static SortedSetEdit Union(scoped ref Call call, SortedSetInputs inputs)
    {
        var result = call.Keyspace.NewSortedSet();
        inputs.Sort(ref call);
        var largest = inputs[inputs.Count - 1].Count;
        if (largest > 0) result.Expect(largest, 0);
        for (var i = 0; i < inputs.Count; i++)
        {
            for (var walk = inputs[i].Walk(call.Executor.BorrowFoundFields()); walk.MoveNext();) result.Join(walk.Member, Number(walk.Score), inputs.Aggregate);
        }
        return result;
    }

    /// <summary>Infinity times 0 is 0 here.</summary>
    private static double Number(double score) => double.IsNaN(score) ? 0 : score;

    // ---- intersection

    [Command("ZINTER", Summary = "Returns the intersect of multiple sorted sets.", Since = "6.2.0",
        Complexity = "O(N*K)+O(M*log(M)) worst case with N being the smallest input sorted set, K being the number of input sorted sets and M being the "
            + "number of elements in the resulting sorted set.",
        Flags = ReadOnly, Keys = "1# RO access",
        Arguments = "numkeys:integer key... [WEIGHTS weight:integer...] [AGGREGATE aggregate: SUM | MIN | MAX] [WITHSCORES]")]
    internal static void Intersect(ref Call call)
    {
        var inputs = SortedSetInputs.Find(ref call, 1, SortedSetOptions.Join | SortedSetOptions.WithScores);
        if (!call.Failed) Answer(ref call, Intersection(ref call, inputs), inputs.WithScores);
    }

    [Command("ZINTERSTORE", Summary = "Stores the intersect of multiple sorted sets in a key.", Since = "2.0.0",
        Complexity = "O(N*K)+O(M*log(M)) worst case with N being the smallest input sorted set, K being the number of input sorted sets and M being the "
            + "number of elements in the resulting sorted set.",
        Flags = Write | DenyOom, Keys = "1 OW update; 2# RO access",
        Arguments = "destination:key numkeys:integer key... [WEIGHTS weight:integer...] [AGGREGATE aggregate: SUM | MIN | MAX]")]
    internal static void StoreIntersection(ref Call call)
    {
        var inputs = SortedSetInputs.Find(ref call, 2, SortedSetOptions.Join);
        if (!call.Failed) Store(ref call, Intersection(ref call, inputs), KeyspaceEvent.SortedSetIntersectionStore);
    }

    [Command("ZINTERCARD", Summary = "Returns the number of members of the intersect of multiple sorted sets.", Since = "7.0.0",
        Complexity = "O(N*K) worst case with N being the smallest input sorted set, K being the number of input sorted sets.",
        Flags = ReadOnly, Keys = "1# RO access",
        Arguments = "numkeys:integer key... [LIMIT limit:integer]")]
    internal static void CountIntersection(ref Call call)
    {
        var inputs = SortedSetInputs.Find(ref call, 1, SortedSetOptions.Limit);
        if (call.Failed) return;
        inputs.Sort(ref call);
        long count = 0;
        for (var walk = inputs[0].Walk(call.Executor.BorrowFoundFields()); count < inputs.Limit && walk.MoveNext();) count += IsInAll(inputs, walk, out _) ? 1 : 0;
        call.Reply.Integer(count);
    }

    private static SortedSetEdit Intersection(scoped ref Call call, SortedSetInputs inputs)
    {
        var result = call.Keyspace.NewSortedSet();
        inputs.Sort(ref call);
        for (var walk = inputs[0].Walk(call.Executor.BorrowFoundFields()); walk.MoveNext();)
        {
            if (IsInAll(inputs, walk, out var score)) result.Add(walk.Member, score);
        }
        return result;
    }

    private static bool IsInAll(SortedSetInputs inputs, scoped SortedSetInputWalk walk, out double score)
    {
        score = Number(walk.Score);
        for (var i = 1; i < inputs.Count; i++)
        {
            if (!inputs[i].TryScore(walk.Member, out var other)) return false;
            score = SortedSetEdit.Joined(score, other, inputs.Aggregate);
        }
        return true;
    }

    // ---- difference

    [Command("ZDIFF", Summary = "Returns the difference between multiple sorted sets.", Since = "6.2.0",
        Complexity = "O(L + (N-K)log(N)) worst case where L is the total number of elements in all the sets, N is the size of the first set, and K is the "
            + "size of the result set.",
        Flags = ReadOnly, Keys = "1# RO access",
        Arguments = "numkeys:integer key... [WITHSCORES]")]
    internal static void Subtract(ref Call call)
    {
        var inputs = SortedSetInputs.Find(ref call, 1, SortedSetOptions.WithScores);
        if (!call.Failed) Answer(ref call, Difference(ref call, inputs), inputs.WithScores);
    }

    [Command("ZDIFFSTORE", Summary = "Stores the difference of multiple sorted sets in a key.", Since = "6.2.0",
        Complexity = "O(L + (N-K)log(N)) worst case where L is the total number of elements in all the sets, N is the size of the first set, and K is the "
            + "size of the result set.",
        Flags = Write | DenyOom, Keys = "1 OW update; 2# RO access",
        Arguments = "destination:key numkeys:integer key...")]
    internal static void StoreDifference(ref Call call)
    {
        var inputs = SortedSetInputs.Find(ref call, 2, SortedSetOptions.None);
        if (!call.Failed) Store(ref call, Difference(ref call, inputs), KeyspaceEvent.SortedSetDifferenceStore);
    }

    private static SortedSetEdit Difference(scoped ref Call call, SortedSetInputs inputs)
    {
        var result = call.Keyspace.NewSortedSet();
        if (inputs.RepeatFirst) return result;
        if (IsTestedCheaply(inputs)) AddRest(ref call, ref result, inputs);
        else AddFirstAndRemove(ref call, ref result, inputs);
        return result;
    }

    /// <summary>As for SDIFF: whether testing each member of the first set against all others costs less than removing all others' from a copy of it.</summary>
    private static bool IsTestedCheaply(SortedSetInputs inputs)
    {
        long copies = 0;
        for (var i = 0; i < inputs.Count; i++) copies += inputs[i].Count;
        return Math.BigMul(inputs[0].Count, (long)inputs.Count) / 2 <= copies;
    }

    private static void AddRest(scoped ref Call call, scoped ref SortedSetEdit result, SortedSetInputs inputs)
    {
        for (var walk = inputs[0].Walk(call.Executor.BorrowFoundFields()); walk.MoveNext();)
        {
            var isThere = false;
            for (var i = 1; i < inputs.Count && !isThere; i++) isThere = inputs[i].TryScore(walk.Member, out _);
            if (!isThere) result.Add(walk.Member, walk.Score);
        }
    }

    private static void AddFirstAndRemove(scoped ref Call call, scoped ref SortedSetEdit result, SortedSetInputs inputs)
    {
        Span<byte> digits = stackalloc byte[PackedElement.IntegerTextMax];
        for (var walk = inputs[0].Walk(call.Executor.BorrowFoundFields()); walk.MoveNext();) result.Add(walk.Member, walk.Score);
        for (var i = 1; i < inputs.Count && result.Count > 0; i++)
        {
            for (var walk = inputs[i].Walk(call.Executor.BorrowFoundFields()); result.Count > 0 && walk.MoveNext();) result.Remove(walk.Member.Text(digits));
        }
    }

    // ---- results

    private static void Answer(scoped ref Call call, SortedSetEdit result, bool withScores)
    {
        call.Reply.Members(result.View, new(0, result.Count), withScores);
        result.Discard();
    }

    /// <summary>Gives a result to the key that the first argument names, or another one, or deletes that, and answers how many members there are.</summary>
    /// <param name="changes">What <see cref="Keyspace.Dirty"/> grows by.</param>
    internal static void Store(scoped ref Call call, SortedSetEdit result, KeyspaceEvent happened, int destination = 1, long changes = 1)
    {
        var count = result.Count;
        call.Reply.Integer(count);
        if (count == 0)
        {
            result.Discard();
            call.DeleteDestination(destination);
            return;
        }
        result.PackIfSmall();
        var key = call.Edit(destination);
        result.GiveTo(ref key, happened, changes);
    }
}
