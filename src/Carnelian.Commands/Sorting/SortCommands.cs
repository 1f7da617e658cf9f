using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>SORT: the elements of a collection in an order of the caller's, or what keys named after them hold.</summary>
[CommandFamily("generic")]
internal static class SortCommands
{
    [Command("SORT", Summary = "Sorts the elements in a list, a set, or a sorted set, optionally storing the result.", Since = "1.0.0",
        Complexity = "O(N+M*log(M)) where N is the number of elements in the list or set to sort, and M the number of returned elements. When the elements "
            + "are not sorted, complexity is O(N).",
        Flags = Write | DenyOom, Categories = "set sortedset list dangerous",
        Keys = "1 RO access; ? RO access (For the optional BY/GET keyword. It is marked 'unknown' because the key names derive from the content of "
            + "the key we sort); ? OW update (For the optional STORE keyword. It is marked 'unknown' because the keyword can appear anywhere in the "
            + "argument array)",
        KeysFrom = nameof(KeyExtractors.Sort),
        Arguments = "key [BY by-pattern='pattern':pattern#1] [LIMIT limit: offset:integer count:integer] [GET... get-pattern='pattern':pattern#1] [order: "
            + "ASC | DESC] [sorting:ALPHA] [STORE destination:key#2]")]
    internal static void Sort(ref Call call) => Sort(ref call, mayStore: true);

    [Command("SORT_RO", Summary = "Returns the sorted elements of a list, a set, or a sorted set.", Since = "7.0.0",
        Complexity = "O(N+M*log(M)) where N is the number of elements in the list or set to sort, and M the number of returned elements. When the elements "
            + "are not sorted, complexity is O(N).",
        Flags = ReadOnly, Categories = "set sortedset list dangerous",
        Keys = "1 RO access; ? RO access (For the optional BY/GET keyword. It is marked 'unknown' because the key names derive from the content of "
            + "the key we sort)",
        KeysFrom = nameof(KeyExtractors.SortReadOnly),
        Arguments = "key [BY by-pattern='pattern':pattern#1] [LIMIT limit: offset:integer count:integer] [GET... get-pattern='pattern':pattern#1] [order: "
            + "ASC | DESC] [sorting:ALPHA]")]
    internal static void SortReadOnly(ref Call call) => Sort(ref call, mayStore: false);

    private static void Sort(ref Call call, bool mayStore)
    {
        var request = SortRequest.Read(ref call, mayStore);
        if (call.Failed) return;
        var source = call.Find(1);
        if (source.Exists && source.Type is not (ValueType.List or ValueType.Set or ValueType.SortedSet))
        {
            call.FailWrongType();
            return;
        }
        if (source.Exists && source.Type == ValueType.SortedSet && source.Encoding == ValueEncoding.ListPack) source = Unpacked(ref call);
        // What a set that is not sorted would give is not the same everywhere; what is stored must be.
        var sortsByText = request.IsConstant && (request.Store > 0 || call.IsOfScript) && source.Exists && source.Type == ValueType.Set;
        if (sortsByText) request = request with { By = 0, IsConstant = false, IsAlpha = true };

        var items = new SortItems();
        Collect(ref call, request, source, items);
        var isSorted = request.IsConstant || TrySort(ref call, request, items);
        if (!isSorted) call.Fail("ERR One or more scores can't be converted into double");
        else if (request.Store == 0) Answer(ref call, request, items);
        else Store(ref call, request, items);
    }

    /// <summary>A sorted set that is sorted is a table from then on, as in Redis; nobody is told of that.</summary>
    private static EntryView Unpacked(scoped ref Call call)
    {
        call.TryEditSortedSet(1, out var set);
        set.Unpack();
        return call.Find(1, LookupFlags.NoEffects);
    }

    /// <summary>Copies the elements: keys that patterns name may be found expired, and the destination may be the source.</summary>
    private static void Collect(ref Call call, scoped in SortRequest request, EntryView source, SortItems items)
    {
        if (!source.Exists) return;
        if (source.Type == ValueType.Set)
        {
            for (var walk = new SetView(call.Database.Data, source).Walk(call.Executor.BorrowFoundFields()); walk.MoveNext();) items.Add(walk.Current.Text(items.Digits));
            return;
        }
        var backward = request is { IsConstant: true, IsDescending: true };
        if (source.Type == ValueType.SortedSet)
        {
            var set = new SortedSetView(call.Database.Data, source);
            for (var walk = set.From(backward ? set.Count - 1 : 0, backward); walk.MoveNext();) items.Add(walk.Member.Text(items.Digits));
            return;
        }
        var list = new ListView(call.Database.Data, source);
        if (list.Count == 0) return;
        foreach (var element in list.From(backward ? list.Count - 1 : 0, backward)) items.Add(element.Text(items.Digits));
    }

    /// <returns>False if an element or what it is sorted by is no number.</returns>
    private static bool TrySort(ref Call call, scoped in SortRequest request, SortItems items)
    {
        var pattern = request.By == 0 ? default : new SortPattern(call.Args[request.By]);
        var valid = true;
        for (var i = 0; i < items.Count; i++)
        {
            var by = request.By > 0 ? pattern.Find(ref call, items, i) : SortValue.Of(items.TextOf(i));
            if (!by.Exists) continue;
            if (!request.IsAlpha) valid &= items.TrySetScore(i, by.Text);
            else if (request.By > 0) items.SetKey(i, by.Text);
        }
        if (valid) items.Sort(request.IsAlpha, request.By > 0, request.IsDescending);
        return valid;
    }

    private static void Answer(ref Call call, scoped in SortRequest request, SortItems items)
    {
        var (first, end) = request.Range(items.Count);
        call.Reply.Array((end - first) * (long)Math.Max(1, request.Gets.Length));
        for (var i = first; i < end; i++)
        {
            if (request.Gets.IsEmpty) call.Reply.Bulk(items.TextOf(i));
            foreach (var get in request.Gets)
            {
                var value = new SortPattern(call.Args[get]).Find(ref call, items, i);
                if (value.Exists) call.Reply.Bulk(value.Text);
                else call.Reply.Null();
            }
        }
    }

    private static void Store(ref Call call, scoped in SortRequest request, SortItems items)
    {
        var (first, end) = request.Range(items.Count);
        var list = call.Keyspace.NewList();
        for (var i = first; i < end; i++)
        {
            if (request.Gets.IsEmpty) Push(ref list, items.TextOf(i));
            foreach (var get in request.Gets)
                Push(ref list, new SortPattern(call.Args[get]).Find(ref call, items, i).Text);
        }
        var stored = list.Count;
        call.Reply.Integer(stored);
        if (stored == 0)
        {
            call.DeleteDestination(request.Store);
            return;
        }
        var key = call.Edit(request.Store);
        list.GiveTo(ref key, stored, KeyspaceEvent.SortStore);
    }

    private static void Push(ref ListEdit list, scoped ReadOnlySpan<byte> value)
    {
        list.Grow(value.Length);
        list.Push(value, atHead: false);
    }
}
