using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>Commands that add elements to a list.</summary>
[CommandFamily("list")]
internal static class ListPushCommands
{
    [Command("LPUSH", Summary = "Prepends one or more elements to a list. Creates the key if it doesn't exist.", Since = "1.0.0",
        Complexity = "O(1) for each element added, so O(N) to add N elements when the command is called with multiple arguments.",
        Flags = Write | DenyOom | Fast, Keys = "1 RW insert",
        Arguments = "key element...",
        History = [
            "2.4.0: Accepts multiple `element` arguments."])]
    internal static void PushHead(ref Call call) => Push(ref call, atHead: true, onlyExisting: false);

    [Command("RPUSH", Summary = "Appends one or more elements to a list. Creates the key if it doesn't exist.", Since = "1.0.0",
        Complexity = "O(1) for each element added, so O(N) to add N elements when the command is called with multiple arguments.",
        Flags = Write | DenyOom | Fast, Keys = "1 RW insert",
        Arguments = "key element...",
        History = [
            "2.4.0: Accepts multiple `element` arguments."])]
    internal static void PushTail(ref Call call) => Push(ref call, atHead: false, onlyExisting: false);

    [Command("LPUSHX", Summary = "Prepends one or more elements to a list only when the list exists.", Since = "2.2.0",
        Complexity = "O(1) for each element added, so O(N) to add N elements when the command is called with multiple arguments.",
        Flags = Write | DenyOom | Fast, Keys = "1 RW insert",
        Arguments = "key element...",
        History = [
            "4.0.0: Accepts multiple `element` arguments."])]
    internal static void PushHeadIfExists(ref Call call) => Push(ref call, atHead: true, onlyExisting: true);

    [Command("RPUSHX", Summary = "Appends an element to a list only when the list exists.", Since = "2.2.0",
        Complexity = "O(1) for each element added, so O(N) to add N elements when the command is called with multiple arguments.",
        Flags = Write | DenyOom | Fast, Keys = "1 RW insert",
        Arguments = "key element...",
        History = [
            "4.0.0: Accepts multiple `element` arguments."])]
    internal static void PushTailIfExists(ref Call call) => Push(ref call, atHead: false, onlyExisting: true);

    private static void Push(ref Call call, bool atHead, bool onlyExisting)
    {
        if (!call.TryEditList(1, out var list)) return;
        if (onlyExisting && !list.Exists)
        {
            call.Reply.Integer(0);
            return;
        }
        list.Push(call.Args, 2, atHead);
        list.Announce(call.Args.Count - 2, ListEnds.Pushed(atHead));
        call.Reply.Integer(list.Count);
    }

    [Command("LINSERT", Summary = "Inserts an element before or after another element in a list.", Since = "2.2.0",
        Complexity = "O(N) where N is the number of elements to traverse before seeing the value pivot. This means that inserting somewhere on the left end "
            + "on the list (head) can be considered O(1) and inserting somewhere on the right end (tail) is O(N).",
        Flags = Write | DenyOom, Keys = "1 RW insert",
        Arguments = "key (where: BEFORE | AFTER) pivot element")]
    internal static void Insert(ref Call call)
    {
        var after = call.Is(2, "after"u8);
        if (!after && !call.Is(2, "before"u8))
        {
            call.FailSyntax();
            return;
        }
        if (!call.TryEditList(1, out var list)) return;
        if (!list.Exists)
        {
            call.Reply.Integer(0);
            return;
        }
        var value = call.Args[4];
        // As in Redis: what might be inserted decides about the encoding even if it is not.
        list.Grow(value.Length);
        var index = list.View.IndexOf(call.Args[3]);
        if (index < 0)
        {
            call.Reply.Integer(-1);
            return;
        }
        list.Insert(index, after, value);
        list.Announce(1, KeyspaceEvent.ListInsert);
        call.Reply.Integer(list.Count);
    }
}
