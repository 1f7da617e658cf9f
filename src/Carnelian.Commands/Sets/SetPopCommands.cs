using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>SPOP. What it took is propagated as SREM, so that no other chance decides elsewhere.</summary>
[CommandFamily("set")]
internal static class SetPopCommands
{
    /// <summary>Members of one SREM that is propagated.</summary>
    private const int PropagatedMax = 1024;

    /// <summary>When more than so many go for each one that stays, those that stay make a new set, as in Redis.</summary>
    private const int MostShare = 5;

    [Command("SPOP", Summary = "Returns one or more random members from a set after removing them. Deletes the set if the last member was popped.",
        Since = "1.0.0", Complexity = "Without the count argument O(1), otherwise O(N) where N is the value of the passed count.",
        Flags = Write | Fast, Keys = "1 RW access delete",
        Arguments = "key [count:integer@3.2.0]",
        Tips = "nondeterministic_output",
        History = [
            "3.2.0: Added the `count` argument."])]
    internal static void Pop(ref Call call)
    {
        if (call.Args.Count > 3)
        {
            call.FailSyntax();
            return;
        }
        var hasCount = call.Args.Count == 3;
        long count = 0;
        if (hasCount && !call.TryCount(2, out count) || !call.TryEditSet(1, out var set)) return;
        if (!hasCount) PopOne(ref call, set);
        else if (!set.Exists || count == 0) call.Reply.Set(0);
        else if (count >= set.Count) PopAll(ref call, set);
        else PopSome(ref call, set, (int)count);
    }

    private static void PopOne(ref Call call, SetEdit set)
    {
        if (!set.Exists)
        {
            call.Reply.Null();
            return;
        }
        Span<byte> digits = stackalloc byte[PackedElement.IntegerTextMax];
        var member = set.View.Sample(call.Keyspace.Randomness.Next());
        call.Reply.Bulk(member);
        if (call.HasListeners) call.BeginEffect("SREM"u8, 1).Append(member.Text(digits));
        set.Remove(member);
        set.Changed(1, KeyspaceEvent.SetPop);
        set.DeleteIfEmpty();
    }

    private static void PopAll(ref Call call, SetEdit set)
    {
        call.Reply.Set((int)set.Count);
        SetWalkCommands.ReplyMembers(ref call, set.View);
        set.Changed(set.Count, KeyspaceEvent.SetPop);
        set.Delete();
        if (call.HasListeners) call.BeginEffect(call.Keyspace.Options.LazyServerDelete ? "UNLINK"u8 : "DEL"u8);
    }

    private static void PopSome(ref Call call, SetEdit set, int count)
    {
        var view = set.View;
        var left = view.Count - count;
        var keepsForm = left * MostShare > count;
        call.Reply.Set(count);
        if (view.IsTable) PopFromTable(ref call, ref set, count, keepsForm);
        else PopPacked(ref call, ref set, count, keepsForm);
        set.Changed(count, KeyspaceEvent.SetPop);
    }

    private static void PopFromTable(ref Call call, scoped ref SetEdit set, int count, bool keepsForm)
    {
        var found = call.Executor.BorrowFoundFields();
        var chance = call.Keyspace.Randomness.Next();
        if (keepsForm) set.View.SampleDistinct(count, chance, found);
        else set.View.ListAll(count, chance, found);
        var answer = new PopAnswer(count);
        for (var i = 0; i < count; i++) answer.Add(ref call, PackedElement.OfText(found[i].Name));
        if (keepsForm)
        {
            for (var i = 0; i < count; i++) set.Remove(found[i].Name);
        }
        else
        {
            var rest = call.Keyspace.NewSet();
            for (var i = count; i < found.Count; i++) rest.Add(found[i].Name);
            set.Exchange(ref rest);
        }
        found.Clear();
    }

    private static void PopPacked(ref Call call, scoped ref SetEdit set, int count, bool keepsForm)
    {
        var view = set.View;
        var total = (int)view.Count;
        var isTaken = call.Keyspace.Allocator.Scratch(total);
        var draw = new SequentialDraw(count, total);
        var answer = new PopAnswer(count);
        var walk = view.Walk(null);
        for (var i = 0; walk.MoveNext(); i++)
        {
            isTaken[i] = (byte)(draw.Takes(call.Keyspace.Randomness) ? 1 : 0);
            if (isTaken[i] != 0) answer.Add(ref call, walk.Current);
        }
        if (keepsForm)
        {
            // From the end, so that those before stay in their places.
            for (var i = total - 1; i >= 0; i--)
            {
                if (isTaken[i] != 0) set.RemoveAt(i);
            }
            return;
        }
        var rest = call.Keyspace.NewSet();
        rest.Begin(view.Encoding);
        walk = view.Walk(null);
        for (var i = 0; walk.MoveNext(); i++)
        {
            if (isTaken[i] == 0) rest.Add(walk.Current);
        }
        set.Exchange(ref rest);
    }

    /// <summary>Answers members that are taken, and propagates that.</summary>
    private struct PopAnswer(int left)
    {
        private int _left = left, _announced;

        public void Add(ref Call call, scoped PackedElement member)
        {
            call.Reply.Bulk(member);
            if (!call.HasListeners) return;
            if (_announced == 0)
            {
                _announced = Math.Min(_left, PropagatedMax);
                call.BeginEffect("SREM"u8, _announced);
            }
            Span<byte> digits = stackalloc byte[PackedElement.IntegerTextMax];
            call.Keyspace.Changes.Append(member.Text(digits));
            _announced--;
            _left--;
        }
    }
}
