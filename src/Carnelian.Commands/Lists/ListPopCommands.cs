using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>Commands that take elements from the ends of lists.</summary>
[CommandFamily("list")]
internal static class ListPopCommands
{
    [Command("LPOP", Summary = "Returns the first elements in a list after removing it. Deletes the list if the last element was popped.", Since = "1.0.0",
        Complexity = "O(N) where N is the number of elements returned",
        Flags = Write | Fast, Keys = "1 RW access delete",
        Arguments = "key [count:integer@6.2.0]",
        History = [
            "6.2.0: Added the `count` argument."])]
    internal static void PopHead(ref Call call) => Pop(ref call, atHead: true);

    [Command("RPOP", Summary = "Returns and removes the last elements of a list. Deletes the list if the last element was popped.", Since = "1.0.0",
        Complexity = "O(N) where N is the number of elements returned",
        Flags = Write | Fast, Keys = "1 RW access delete",
        Arguments = "key [count:integer@6.2.0]",
        History = [
            "6.2.0: Added the `count` argument."])]
    internal static void PopTail(ref Call call) => Pop(ref call, atHead: false);

    private static void Pop(ref Call call, bool atHead)
    {
        if (call.Args.Count > 3)
        {
            call.FailArity();
            return;
        }
        var hasCount = call.Args.Count == 3;
        long count = 1;
        if (hasCount && !call.TryCount(2, out count) || !call.TryEditList(1, out var list)) return;
        if (!list.Exists)
        {
            if (hasCount) call.Reply.NullArray();
            else call.Reply.Null();
        }
        else if (hasCount) PopSome(ref call, list, count, atHead);
        else PopOne(ref call, list, atHead);
    }

    /// <summary>Takes an element from an end of a list that has one, and answers it.</summary>
    internal static void PopOne(ref Call call, ListEdit list, bool atHead)
    {
        call.ReplyElement(list.View[atHead ? 0 : list.Count - 1]);
        list.RemoveEnd(1, atHead);
        list.End(1, ListEnds.Popped(atHead));
    }

    /// <summary>As <see cref="PopOne"/>, up to so many elements as an array. Returns their number.</summary>
    internal static long PopSome(ref Call call, ListEdit list, long countMax, bool atHead)
    {
        var view = list.View;
        var count = Math.Min(countMax, view.Count);
        call.ReplyElements(view, atHead ? 0 : view.Count - 1, count, backward: !atHead);
        if (count == 0) return 0;
        list.RemoveEnd(count, atHead);
        list.End(count, ListEnds.Popped(atHead));
        return count;
    }

    [Command("LMPOP", Summary = "Returns multiple elements from a list after removing them. Deletes the list if the last element was popped.",
        Since = "7.0.0", Complexity = "O(N+M) where N is the number of provided keys and M is the number of elements returned.",
        Flags = Write, Keys = "1# RW access delete",
        Arguments = "numkeys:integer key... (where: LEFT | RIGHT) [COUNT count:integer]")]
    internal static void PopFromSeveral(ref Call call)
    {
        var pops = SeveralPops.Read(ref call, 1, "left"u8, "right"u8);
        if (!call.Failed && !TryPop(ref call, pops) && !call.Failed) call.Reply.NullArray();
    }

    /// <summary>Takes elements from the first of several lists that exists, and answers its name and them. False when there is none, or the call has failed.</summary>
    internal static bool TryPop(ref Call call, in SeveralPops pops)
    {
        for (var i = pops.FirstKey; i < pops.EndOfKeys; i++)
        {
            if (!call.TryEditList(i, out var list)) return false;
            if (!list.Exists) continue;
            call.Reply.Array(2);
            call.Reply.Bulk(call.Args[i]);
            var count = PopSome(ref call, list, pops.Count, pops.AtHead);
            if (call.HasListeners) call.BeginEffect(3).Append(pops.AtHead ? "LPOP"u8 : "RPOP"u8).Append(call.Args[i]).Append(count);
            return true;
        }
        return false;
    }
}

/// <summary>What LMPOP, ZMPOP and those that wait are asked: <c>numkeys key… LEFT | RIGHT [COUNT count]</c>, or other words for the ends.</summary>
internal readonly struct SeveralPops
{
    public int FirstKey { get; private init; }

    public int EndOfKeys { get; private init; }

    public bool AtHead { get; private init; }

    public long Count { get; private init; }

    /// <param name="first">The argument with the number of keys.</param>
    /// <param name="head">The word for the first end, in lower case.</param>
    public static SeveralPops Read(ref Call call, int first, ReadOnlySpan<byte> head, ReadOnlySpan<byte> tail)
    {
        if (!IntegerText.TryParse(call.Args[first], out var keys) || keys <= 0)
        {
            call.Fail("ERR numkeys should be greater than 0");
            return default;
        }
        if (keys >= call.Args.Count - 1 - first)
        {
            call.FailSyntax();
            return default;
        }
        var where = first + 1 + (int)keys;
        if (!ListEnds.TryRead(ref call, where, out var atHead, head, tail)) return default;
        long count = 0;
        var options = new OptionReader(call.Args, where + 1);
        while (options.Next())
        {
            if (count != 0 || !options.TakesInteger("count"u8, ref count, CountError)) options.FailSyntax();
            else if (count <= 0) options.Fail(CountError);
        }
        if (!options.Ends(ref call)) return default;
        return new() { FirstKey = first + 1, EndOfKeys = where, AtHead = atHead, Count = Math.Max(count, 1) };
    }

    private const string CountError = "ERR count should be greater than 0";
}
