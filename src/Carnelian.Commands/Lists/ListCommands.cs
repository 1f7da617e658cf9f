using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>Commands that change elements in the midst of a list.</summary>
[CommandFamily("list")]
internal static class ListCommands
{
    [Command("LSET", Summary = "Sets the value of an element in a list by its index.", Since = "1.0.0",
        Complexity = "O(N) where N is the length of the list. Setting either the first or the last element of the list is O(1).",
        Flags = Write | DenyOom, Keys = "1 RW update",
        Arguments = "key index:integer element")]
    internal static void Set(ref Call call)
    {
        if (!call.TryEditList(1, out var list)) return;
        if (!list.Exists)
        {
            call.FailNoSuchKey();
            return;
        }
        if (!call.TryInteger(2, out var index)) return;
        var value = call.Args[3];
        // As in Redis: what might be set decides about the encoding even if it is not.
        list.Grow(value.Length);
        if (index < 0) index += list.Count;
        if ((ulong)index >= (ulong)list.Count)
        {
            call.Fail("ERR index out of range");
            return;
        }
        list.Set(index, value);
        list.End(1, KeyspaceEvent.ListSet);
        call.Reply.Ok();
    }

    [Command("LREM", Summary = "Removes elements from a list. Deletes the list if the last element was removed.", Since = "1.0.0",
        Complexity = "O(N+M) where N is the length of the list and M is the number of elements removed.",
        Flags = Write, Keys = "1 RW delete",
        Arguments = "key count:integer element")]
    internal static void Remove(ref Call call)
    {
        if (!call.TryInteger(2, out var count)) return;
        if (count == long.MinValue)
        {
            call.Fail("ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807");
            return;
        }
        if (!call.TryEditList(1, out var list)) return;
        var removed = list.Exists ? list.RemoveEqual(call.Args[3], count == 0 ? long.MaxValue : Math.Abs(count), fromTail: count < 0) : 0;
        if (removed > 0) list.End(removed, KeyspaceEvent.ListRemove);
        call.Reply.Integer(removed);
    }

    [Command("LTRIM", Summary = "Removes elements from both ends a list. Deletes the list if all elements were trimmed.", Since = "1.0.0",
        Complexity = "O(N) where N is the number of elements to be removed by the operation.",
        Flags = Write, Keys = "1 RW delete",
        Arguments = "key start:integer stop:integer")]
    internal static void Trim(ref Call call)
    {
        if (!call.TryInteger(2, out var start) || !call.TryInteger(3, out var stop) || !call.TryEditList(1, out var list)) return;
        if (list.Exists)
        {
            var length = list.Count;
            var (first, kept) = ListEnds.Range(length, start, stop);
            if (kept == 0) first = length;
            list.RemoveRange(0, first);
            list.RemoveRange(kept, length - first - kept);
            // Of an LTRIM that removes nothing listeners hear too, but it does not count as a change.
            list.End(length - kept, KeyspaceEvent.ListTrim);
        }
        call.Reply.Ok();
    }
}
