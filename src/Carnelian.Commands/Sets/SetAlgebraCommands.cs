using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>Commands that combine sets.</summary>
[CommandFamily("set")]
internal static class SetAlgebraCommands
{
    // ---- intersection

    [Command("SINTER", Summary = "Returns the intersect of multiple sets.", Since = "1.0.0",
        Complexity = "O(N*M) worst case where N is the cardinality of the smallest set and M is the number of sets.",
        Flags = ReadOnly, Keys = "1..-1 RO access",
        Arguments = "key...",
        Tips = "nondeterministic_output_order")]
    internal static void Intersect(ref Call call)
    {
        var inputs = SetInputs.Find(ref call, 1, call.Args.Count);
        if (call.Failed) return;
        if (inputs.Missing > 0) call.Reply.Set(0);
        else ReplySelected(ref call, Common(ref call, inputs));
    }

    [Command("SINTERCARD", Summary = "Returns the number of members of the intersect of multiple sets.", Since = "7.0.0",
        Complexity = "O(N*M) worst case where N is the cardinality of the smallest set and M is the number of sets.",
        Flags = ReadOnly, Keys = "1# RO access",
        Arguments = "numkeys:integer key... [LIMIT limit:integer]")]
    internal static void CountIntersection(ref Call call)
    {
        if (!TryReadLimit(ref call, out var keys, out var limit)) return;
        var inputs = SetInputs.Find(ref call, 2, 2 + keys);
        if (call.Failed) return;
        long count = 0;
        if (inputs.Missing == 0)
        {
            for (var common = Common(ref call, inputs); count < limit && common.Next(); common.Drop()) count += common.Count;
        }
        call.Reply.Integer(Math.Min(count, limit));
    }

    private static bool TryReadLimit(ref Call call, out int keys, out long limit)
    {
        const string limitError = "ERR LIMIT can't be negative";
        (keys, limit) = (0, 0);
        if (!IntegerText.TryParse(call.Args[1], out var number) || number < 1) call.Fail("ERR numkeys should be greater than 0");
        else if (number > call.Args.Count - 2) call.Fail("ERR Number of keys can't be greater than number of args");
        if (call.Failed) return false;
        keys = (int)number;
        var options = new OptionReader(call.Args, 2 + keys);
        while (options.Next())
        {
            if (!options.TakesInteger("limit"u8, ref limit, limitError, 0, limitError)) options.FailSyntax();
        }
        if (limit == 0) limit = long.MaxValue;
        return options.Ends(ref call);
    }

    [Command("SINTERSTORE", Summary = "Stores the intersect of multiple sets in a key.", Since = "1.0.0",
        Complexity = "O(N*M) worst case where N is the cardinality of the smallest set and M is the number of sets.",
        Flags = Write | DenyOom, Keys = "1 OW update; 2..-1 RO access",
        Arguments = "destination:key key...")]
    internal static void StoreIntersection(ref Call call)
    {
        var inputs = SetInputs.Find(ref call, 2, call.Args.Count);
        if (call.Failed) return;
        var result = call.Keyspace.NewSet();
        if (inputs.Missing == 0)
        {
            var common = Common(ref call, inputs);
            if (inputs[0].Encoding == ValueEncoding.IntSet) result.Begin(ValueEncoding.IntSet);
            AddSelected(ref result, common);
            result.PackIfIntegers(call.Executor.BorrowFoundFields());
        }
        Store(ref call, result, KeyspaceEvent.SetIntersectionStore);
    }

    /// <summary>What all have; there is none missing.</summary>
    private static SetSelection Common(scoped ref Call call, SetInputs inputs)
    {
        inputs.Sort(ref call);
        return new(call.Database, inputs.Sets, isWanted: true, call.Executor.BorrowFoundFields());
    }

    // ---- union

    [Command("SUNION", Summary = "Returns the union of multiple sets.", Since = "1.0.0",
        Complexity = "O(N) where N is the total number of elements in all given sets.",
        Flags = ReadOnly, Keys = "1..-1 RO access",
        Arguments = "key...",
        Tips = "nondeterministic_output_order")]
    internal static void Unite(ref Call call)
    {
        var inputs = SetInputs.Find(ref call, 1, call.Args.Count);
        if (call.Failed) return;
        inputs.Sort(ref call, descending: true);
        var tables = inputs.TablesInFront;
        if (tables is > 0 and <= TestedTablesMax) ReplyUnion(ref call, inputs, tables);
        else ReplyResult(ref call, Union(ref call, inputs, isStored: false));
    }

    /// <summary>Testing a member against one more table costs a fifth of copying it.</summary>
    private const int TestedTablesMax = 5;

    /// <summary>Answers the members of tables where they are, each of the first table that has it; those of smaller sets that none of the tables has are copied.</summary>
    private static void ReplyUnion(ref Call call, SetInputs inputs, int tables)
    {
        var found = call.Executor.BorrowFoundFields();
        for (var i = 0; i < tables; i++)
        {
            for (var selection = SetSelection.MembersInNone(call.Database, inputs.Sets, i, i, found); selection.Next();)
            {
            }
        }
        var others = call.Keyspace.NewSet();
        for (var i = tables; i < inputs.Count; i++) AddSelected(ref others, SetSelection.MembersInNone(call.Database, inputs.Sets, i, tables, found));
        call.Reply.Set(checked((int)(found.Count + others.Count)));
        for (var i = 0; i < found.Count; i++) call.Reply.Bulk(found[i].Name);
        SetWalkCommands.ReplyMembers(ref call, others.View);
        others.Discard();
    }

    [Command("SUNIONSTORE", Summary = "Stores the union of multiple sets in a key.", Since = "1.0.0",
        Complexity = "O(N) where N is the total number of elements in all given sets.",
        Flags = Write | DenyOom, Keys = "1 OW update; 2..-1 RO access",
        Arguments = "destination:key key...")]
    internal static void StoreUnion(ref Call call)
    {
        var inputs = SetInputs.Find(ref call, 2, call.Args.Count);
        if (!call.Failed) Store(ref call, Union(ref call, inputs, isStored: true), KeyspaceEvent.SetUnionStore);
    }

    private static SetEdit Union(scoped ref Call call, SetInputs inputs, bool isStored)
    {
        var result = NewResult(ref call, inputs, isStored);
        var found = call.Executor.BorrowFoundFields();
        for (var i = 0; i < inputs.Count; i++) result.AddAll(inputs[i], found);
        return result;
    }

    // ---- difference

    [Command("SDIFF", Summary = "Returns the difference of multiple sets.", Since = "1.0.0",
        Complexity = "O(N) where N is the total number of elements in all given sets.",
        Flags = ReadOnly, Keys = "1..-1 RO access",
        Arguments = "key...",
        Tips = "nondeterministic_output_order")]
    internal static void Subtract(ref Call call)
    {
        var inputs = SetInputs.Find(ref call, 1, call.Args.Count);
        if (call.Failed) return;
        if (IsEmptyDifference(inputs)) call.Reply.Set(0);
        else if (IsTestedCheaply(inputs)) ReplySelected(ref call, Rest(ref call, inputs));
        else ReplyResult(ref call, Difference(ref call, inputs, isStored: false));
    }

    [Command("SDIFFSTORE", Summary = "Stores the difference of multiple sets in a key.", Since = "1.0.0",
        Complexity = "O(N) where N is the total number of elements in all given sets.",
        Flags = Write | DenyOom, Keys = "1 OW update; 2..-1 RO access",
        Arguments = "destination:key key...")]
    internal static void StoreDifference(ref Call call)
    {
        var inputs = SetInputs.Find(ref call, 2, call.Args.Count);
        if (call.Failed) return;
        SetEdit result;
        if (IsEmptyDifference(inputs)) result = call.Keyspace.NewSet();
        else if (!IsTestedCheaply(inputs)) result = Difference(ref call, inputs, isStored: true);
        else
        {
            result = NewResult(ref call, inputs, isStored: true);
            AddSelected(ref result, Rest(ref call, inputs));
        }
        Store(ref call, result, KeyspaceEvent.SetDifferenceStore);
    }

    private static bool IsEmptyDifference(SetInputs inputs) => !inputs.Sets[0].Exists || inputs.RepeatFirst;

    /// <summary>
    /// Whether testing each member of the first set against all others costs less than a copy of it from which all others' are removed; see Redis'
    /// sunionDiffGenericCommand, which also favours the former by half.
    /// </summary>
    private static bool IsTestedCheaply(SetInputs inputs)
    {
        long tests = 0, copies = 0, first = inputs.SizeOf(0);
        for (var i = 0; i < inputs.Count; i++)
        {
            if (!inputs.Sets[i].Exists) continue;
            tests += first;
            copies += inputs.SizeOf(i);
        }
        return tests / 2 <= copies;
    }

    /// <summary>What no other has.</summary>
    private static SetSelection Rest(scoped ref Call call, SetInputs inputs)
    {
        inputs.Sort(ref call, descending: true, fixedFirst: true);
        return new(call.Database, inputs.Sets, isWanted: false, call.Executor.BorrowFoundFields());
    }

    private static SetEdit Difference(scoped ref Call call, SetInputs inputs, bool isStored)
    {
        var result = NewResult(ref call, inputs, isStored);
        var found = call.Executor.BorrowFoundFields();
        result.AddAll(inputs[0], found);
        for (var i = 1; i < inputs.Count && result.Count > 0; i++) result.RemoveAll(inputs[i], found);
        return result;
    }

    // ---- results

    /// <summary>What is only answered has no need to be packed.</summary>
    private static SetEdit NewResult(scoped ref Call call, SetInputs inputs, bool isStored)
    {
        var result = call.Keyspace.NewSet();
        if (isStored || inputs.AreIntegers) result.Begin(ValueEncoding.IntSet);
        else result.Begin(ValueEncoding.HashTable, inputs.SizeMax);
        return result;
    }

    private static void AddSelected(scoped ref SetEdit result, SetSelection selection)
    {
        for (; selection.Next(); selection.Drop())
        {
            for (var members = selection.Members; members.MoveNext();) result.Add(members.Current);
        }
    }

    private static void ReplySelected(ref Call call, SetSelection selection)
    {
        while (selection.Next())
        {
        }
        call.Reply.Set(checked((int)selection.Count));
        for (var members = selection.Members; members.MoveNext();) call.Reply.Bulk(members.Current);
        selection.Drop();
    }

    private static void ReplyResult(ref Call call, SetEdit result)
    {
        call.Reply.Set(checked((int)result.Count));
        SetWalkCommands.ReplyMembers(ref call, result.View);
        result.Discard();
    }

    private static void Store(ref Call call, SetEdit result, KeyspaceEvent happened)
    {
        var count = result.Count;
        call.Reply.Integer(count);
        if (count == 0)
        {
            result.Discard();
            call.DeleteDestination(1);
            return;
        }
        var key = call.Edit(1);
        result.GiveTo(ref key, happened);
    }
}
