namespace Carnelian;

/// <summary>Ends and ranges of lists, as requests name them and events tell of them.</summary>
internal static class ListEnds
{
    /// <summary>Reads LEFT or RIGHT; otherwise the call has failed.</summary>
    public static bool TryRead(ref Call call, int argument, out bool atHead) => TryRead(ref call, argument, out atHead, "left"u8, "right"u8);

    public static bool TryRead(ref Call call, int argument, out bool atHead, ReadOnlySpan<byte> head, ReadOnlySpan<byte> tail)
    {
        atHead = call.Is(argument, head);
        if (atHead || call.Is(argument, tail)) return true;
        call.FailSyntax();
        return false;
    }

    public static KeyspaceEvent Pushed(bool atHead) => atHead ? KeyspaceEvent.PushHead : KeyspaceEvent.PushTail;

    public static KeyspaceEvent Popped(bool atHead) => atHead ? KeyspaceEvent.PopHead : KeyspaceEvent.PopTail;

    /// <summary>The elements from start to stop, both included. Negative ones count from the end. The count is 0 where there are none.</summary>
    public static (long First, long Count) Range(long length, long start, long stop)
    {
        if (start < 0) start = Math.Max(start + length, 0);
        if (stop < 0) stop += length;
        stop = Math.Min(stop, length - 1);
        return start > stop ? default : (start, stop - start + 1);
    }
}

/// <summary>Elements of lists in replies.</summary>
internal static class ListReplies
{
    public static void ReplyElement(this ref Call call, scoped in PackedElement element)
    {
        if (element.IsInteger) call.Reply.BulkInteger(element.Integer);
        else call.Reply.Bulk(element.Text(default));
    }

    /// <summary>An array of so many elements from one on.</summary>
    public static void ReplyElements(this ref Call call, ListView list, long first, long count, bool backward = false)
    {
        call.Reply.Array(checked((int)count));
        if (count == 0) return;
        var elements = list.From(first, backward);
        for (; count > 0 && elements.MoveNext(); count--) call.ReplyElement(elements.Current);
    }
}
