using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>Commands that take an element from a list, and wait for one where there is none.</summary>
[CommandFamily("list")]
internal static class BlockingListCommands
{
    [Command("BLPOP",
        Summary = "Removes and returns the first element in a list. Blocks until an element is available otherwise. Deletes the list if the last element "
            + "was popped.",
        Since = "2.0.0", Complexity = "O(N) where N is the number of provided keys.",
        Flags = Write | Blocking, Keys = "1..-2 RW access delete",
        Arguments = "key... timeout:double",
        History = [
            "6.0.0: `timeout` is interpreted as a double instead of an integer."])]
    internal static void PopHead(ref Call call) => Pop(ref call, atHead: true);

    [Command("BRPOP",
        Summary = "Removes and returns the last element in a list. Blocks until an element is available otherwise. Deletes the list if the last element "
            + "was popped.",
        Since = "2.0.0", Complexity = "O(N) where N is the number of provided keys.",
        Flags = Write | Blocking, Keys = "1..-2 RW access delete",
        Arguments = "key... timeout:double",
        History = [
            "6.0.0: `timeout` is interpreted as a double instead of an integer."])]
    internal static void PopTail(ref Call call) => Pop(ref call, atHead: false);

    private static void Pop(ref Call call, bool atHead)
    {
        var endOfKeys = call.Args.Count - 1;
        if (!BlockingTimeout.TryReadSeconds(ref call, endOfKeys, out var deadlineMs)) return;
        for (var i = 1; i < endOfKeys; i++)
        {
            if (!call.TryEditList(i, out var list)) return;
            if (!list.Exists) continue;
            call.Reply.Array(2);
            call.Reply.Bulk(call.Args[i]);
            ListPopCommands.PopOne(ref call, list, atHead);
            if (call.HasListeners) call.BeginEffect(2).Append(atHead ? "LPOP"u8 : "RPOP"u8).Append(call.Args[i]);
            return;
        }
        Wait(ref call, 1, endOfKeys, deadlineMs);
    }

    [Command("BLMPOP",
        Summary = "Pops the first element from one of multiple lists. Blocks until an element is available otherwise. Deletes the list if the last "
            + "element was popped.",
        Since = "7.0.0", Complexity = "O(N+M) where N is the number of provided keys and M is the number of elements returned.",
        Flags = Write | Blocking, Keys = "2# RW access delete",
        Arguments = "timeout:double numkeys:integer key... (where: LEFT | RIGHT) [COUNT count:integer]")]
    internal static void PopFromSeveral(ref Call call)
    {
        var pops = SeveralPops.Read(ref call, 2, "left"u8, "right"u8);
        if (call.Failed || !BlockingTimeout.TryReadSeconds(ref call, 1, out var deadlineMs)) return;
        if (!ListPopCommands.TryPop(ref call, pops) && !call.Failed) Wait(ref call, pops.FirstKey, pops.EndOfKeys, deadlineMs);
    }

    [Command("BLMOVE",
        Summary = "Pops an element from a list, pushes it to another list and returns it. Blocks until an element is available otherwise. Deletes the "
            + "list if the last element was moved.",
        Since = "6.2.0", Complexity = "O(1)",
        Flags = Write | DenyOom | Blocking, Keys = "1 RW access delete; 2 RW insert",
        Arguments = "source:key destination:key (wherefrom: LEFT | RIGHT) (whereto: LEFT | RIGHT) timeout:double")]
    internal static void Move(ref Call call)
    {
        if (!ListEnds.TryRead(ref call, 3, out var fromHead) || !ListEnds.TryRead(ref call, 4, out var toHead)) return;
        if (TryMove(ref call, 5, fromHead, toHead) && call.HasListeners)
            call.BeginEffect("LMOVE"u8, 3).Append(call.Args[2]).Append(call.Args[3]).Append(call.Args[4]);
    }

    [Command("BRPOPLPUSH",
        Summary = "Pops an element from a list, pushes it to another list and returns it. Block until an element is available otherwise. Deletes the "
            + "list if the last element was popped.",
        Since = "2.2.0", Complexity = "O(1)",
        Flags = Write | DenyOom | Blocking, Keys = "1 RW access delete; 2 RW insert",
        Arguments = "source:key destination:key timeout:double",
        History = [
            "6.0.0: `timeout` is interpreted as a double instead of an integer."],
        DeprecatedSince = "6.2.0", ReplacedBy = "`BLMOVE` with the `RIGHT` and `LEFT` arguments")]
    internal static void PopTailPushHead(ref Call call)
    {
        if (TryMove(ref call, 3, fromHead: false, toHead: true) && call.HasListeners) call.BeginEffect("RPOPLPUSH"u8, 1).Append(call.Args[2]);
    }

    /// <summary>Moves an element and answers it, or waits for one. True when one was moved.</summary>
    private static bool TryMove(ref Call call, int timeout, bool fromHead, bool toHead)
    {
        if (!BlockingTimeout.TryReadSeconds(ref call, timeout, out var deadlineMs)) return false;
        if (ListMoveCommands.TryMove(ref call, fromHead, toHead)) return true;
        if (call.Failed) return false;
        // As in Redis: one null where the call may not wait, the other when its time is over.
        if (call.MayBlock) Wait(ref call, 1, 2, deadlineMs);
        else call.Reply.Null();
        return false;
    }

    private static void Wait(ref Call call, int firstKey, int endOfKeys, long deadlineMs) =>
        call.WaitForKeys(firstKey, endOfKeys, ValueType.List, deadlineMs, static (ref call) => call.Reply.NullArray());
}
