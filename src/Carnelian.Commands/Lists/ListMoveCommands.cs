using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>Commands that move an element from one list to another, or from one end of a list to the other.</summary>
[CommandFamily("list")]
internal static class ListMoveCommands
{
    [Command("LMOVE",
        Summary = "Returns an element after popping it from one list and pushing it to another. Deletes the list if the last element was moved.",
        Since = "6.2.0", Complexity = "O(1)",
        Flags = Write | DenyOom, Keys = "1 RW access delete; 2 RW insert",
        Arguments = "source:key destination:key (wherefrom: LEFT | RIGHT) (whereto: LEFT | RIGHT)")]
    internal static void Move(ref Call call)
    {
        if (ListEnds.TryRead(ref call, 3, out var fromHead) && ListEnds.TryRead(ref call, 4, out var toHead) && !TryMove(ref call, fromHead, toHead) && !call.Failed)
            call.Reply.Null();
    }

    [Command("RPOPLPUSH",
        Summary = "Returns the last element of a list after removing and pushing it to another list. Deletes the list if the last element was popped.",
        Since = "1.2.0", Complexity = "O(1)",
        Flags = Write | DenyOom, Keys = "1 RW access delete; 2 RW insert",
        Arguments = "source:key destination:key", DeprecatedSince = "6.2.0", ReplacedBy = "`LMOVE` with the `RIGHT` and `LEFT` arguments")]
    internal static void PopTailPushHead(ref Call call)
    {
        if (!TryMove(ref call, fromHead: false, toHead: true) && !call.Failed) call.Reply.Null();
    }

    /// <summary>Moves an element of the list that the first argument names to that of the second, and answers it. False when there is none, or the call has failed.</summary>
    internal static bool TryMove(ref Call call, bool fromHead, bool toHead)
    {
        if (!call.TryEditList(1, out var source) || !source.Exists) return false;
        if (call.Args[1].SequenceEqual(call.Args[2])) Turn(ref call, source, fromHead, toHead);
        else return TryMoveToOther(ref call, source.View[fromHead ? 0 : source.Count - 1], fromHead, toHead);
        return true;
    }

    private static void Turn(ref Call call, ListEdit list, bool fromHead, bool toHead)
    {
        var value = list.Take(fromHead, out var wasInteger);
        list.Grow(wasInteger ? 0 : value.Length);
        list.Push(value, toHead);
        call.Reply.Bulk(value);
        list.Announce(0, ListEnds.Pushed(toHead));
        list.End(1, ListEnds.Popped(fromHead));
    }

    /// <summary>Pushes first: what is pushed is still seen in the other list then, and need not be copied apart.</summary>
    private static bool TryMoveToOther(ref Call call, PackedElement element, bool fromHead, bool toHead)
    {
        if (!call.TryEditList(2, out var target)) return false;
        Span<byte> digits = stackalloc byte[PackedElement.IntegerTextMax];
        var value = element.Text(digits);
        // As in Redis, whose rule does not count the bytes of what was kept as a number.
        target.Grow(element.IsInteger ? 0 : value.Length);
        target.Push(value, toHead);
        call.Reply.Bulk(value);
        target.Announce(0, ListEnds.Pushed(toHead));
        // Looked up again: making a key may have moved others of its bucket.
        var source = new ListEdit(call.Edit(1));
        source.RemoveEnd(1, fromHead);
        source.End(1, ListEnds.Popped(fromHead));
        return true;
    }
}
