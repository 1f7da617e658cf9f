using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>Commands on single members of sets.</summary>
[CommandFamily("set")]
internal static class SetCommands
{
    [Command("SADD", Summary = "Adds one or more members to a set. Creates the key if it doesn't exist.", Since = "1.0.0",
        Complexity = "O(1) for each element added, so O(N) to add N elements when the command is called with multiple arguments.",
        Flags = Write | DenyOom | Fast | ElementBehindKey, Keys = "1 RW insert",
        Arguments = "key member...",
        History = [
            "2.4.0: Accepts multiple `member` arguments."])]
    internal static void Add(ref Call call)
    {
        if (!call.TryEditSet(1, out var set)) return;
        set.Expect(call.Args[2], call.Args.Count - 2);
        var added = set.Add(call.Args, 2);
        if (added > 0) set.Changed(added, KeyspaceEvent.SetAdd);
        call.Reply.Integer(added);
    }

    [Command("SREM", Summary = "Removes one or more members from a set. Deletes the set if the last member was removed.", Since = "1.0.0",
        Complexity = "O(N) where N is the number of members to be removed.",
        Flags = Write | Fast | ElementBehindKey, Keys = "1 RW delete",
        Arguments = "key member...",
        History = [
            "2.4.0: Accepts multiple `member` arguments."])]
    internal static void Remove(ref Call call)
    {
        if (!call.TryEditSet(1, out var set)) return;
        var removed = set.Remove(call.Args, 2);
        call.Reply.Integer(removed);
        if (removed == 0) return;
        set.Changed(removed, KeyspaceEvent.SetRemove);
        set.DeleteIfEmpty();
    }

    [Command("SMOVE", Summary = "Moves a member from one set to another.", Since = "1.0.0", Complexity = "O(1)",
        Flags = Write | Fast, Keys = "1 RW access delete; 2 RW insert",
        Arguments = "source:key destination:key member")]
    internal static void Move(ref Call call)
    {
        var member = call.Args[3];
        // Both are looked up first, as in Redis: a destination whose time is over goes even if there is nothing to be moved.
        call.Edit(1);
        call.Edit(2);
        if (!call.TryEditSet(1, out var source)) return;
        if (!source.Exists)
        {
            call.Reply.Integer(0);
            return;
        }
        if (!call.TryEditSet(2, out var target)) return;
        if (call.Args[1].SequenceEqual(call.Args[2]))
        {
            call.Reply.Integer(target.View.Contains(member) ? 1 : 0);
            return;
        }
        // Looked up again: an edit ends with the next one.
        call.TryEditSet(1, out source);
        if (!source.Remove(member))
        {
            call.Reply.Integer(0);
            return;
        }
        source.Changed(1, KeyspaceEvent.SetRemove);
        source.DeleteIfEmpty();
        call.TryEditSet(2, out target);
        if (!target.Exists) target.Expect(member, 1);
        if (target.Add(member)) target.Changed(1, KeyspaceEvent.SetAdd);
        call.Reply.Integer(1);
    }

    [Command("SISMEMBER", Summary = "Determines whether a member belongs to a set.", Since = "1.0.0", Complexity = "O(1)",
        Flags = ReadOnly | Fast | ElementBehindKey, Keys = "1 RO",
        Arguments = "key member")]
    internal static void IsMember(ref Call call)
    {
        if (call.TrySet(1, out var set)) call.Reply.Integer(set.Contains(call.Args[2]) ? 1 : 0);
    }

    [Command("SMISMEMBER", Summary = "Determines whether multiple members belong to a set.", Since = "6.2.0",
        Complexity = "O(N) where N is the number of elements being checked for membership",
        Flags = ReadOnly | Fast | ElementBehindKey, Keys = "1 RO access",
        Arguments = "key member...")]
    internal static void AreMembers(ref Call call)
    {
        if (!call.TrySet(1, out var set)) return;
        call.Reply.Array(call.Args.Count - 2);
        Span<bool> are = stackalloc bool[SetView.BatchMax];
        for (var i = 2; i < call.Args.Count; i += are.Length)
        {
            are = are[..Math.Min(are.Length, call.Args.Count - i)];
            set.Contain(call.Args, i, are);
            foreach (var isMember in are) call.Reply.Integer(isMember ? 1 : 0);
        }
    }

    [Command("SCARD", Summary = "Returns the number of members in a set.", Since = "1.0.0", Complexity = "O(1)",
        Flags = ReadOnly | Fast, Keys = "1 RO",
        Arguments = "key")]
    internal static void Count(ref Call call)
    {
        if (call.TrySet(1, out var set)) call.Reply.Integer(set.Count);
    }
}
