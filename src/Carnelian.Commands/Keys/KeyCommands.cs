using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>Commands on keys of any type.</summary>
[CommandFamily("generic")]
internal static class KeyCommands
{
    [Command("DEL", Summary = "Deletes one or more keys.", Since = "1.0.0",
        Complexity = "O(N) where N is the number of keys that will be removed. When a key to remove holds a value other than a string, the individual "
            + "complexity for this key is O(M) where M is the number of elements in the list, set, sorted set or hash. Removing a single key that "
            + "holds a string value is O(1).",
        Flags = Write, Keys = "1..-1 RM delete",
        Arguments = "key...",
        Tips = "request_policy:multi_shard response_policy:agg_sum")]
    internal static void Delete(ref Call call) => DeleteAll(ref call);

    [Command("UNLINK", Summary = "Asynchronously deletes one or more keys.", Since = "4.0.0",
        Complexity = "O(1) for each key removed regardless of its size. Then the command does O(N) work in a different thread in order to reclaim memory, "
            + "where N is the number of allocations the deleted objects where composed of.",
        Flags = Write | Fast, Keys = "1..-1 RM delete",
        Arguments = "key...",
        Tips = "request_policy:multi_shard response_policy:agg_sum")]
    internal static void Unlink(ref Call call) => DeleteAll(ref call);

    /// <summary>What is large is freed after the call, in slices, whoever deletes it: DEL holds nobody up longer than UNLINK.</summary>
    private static void DeleteAll(ref Call call)
    {
        var deleted = 0;
        for (var i = 1; i < call.Args.Count; i++)
        {
            call.FetchAhead(i, call.Args.Count);
            var edit = call.Edit(i);
            if (!edit.Exists) continue;
            edit.Delete(KeyspaceEvent.Delete);
            deleted++;
        }
        call.Reply.Integer(deleted);
    }

    [Command("EXISTS", Summary = "Determines whether one or more keys exist.", Since = "1.0.0",
        Complexity = "O(N) where N is the number of keys to check.",
        Flags = ReadOnly | Fast, Keys = "1..-1 RO",
        Arguments = "key...",
        Tips = "request_policy:multi_shard response_policy:agg_sum",
        History = [
            "3.0.3: Accepts multiple `key` arguments."])]
    internal static void Exists(ref Call call)
    {
        var found = 0;
        for (var i = 1; i < call.Args.Count; i++)
        {
            call.FetchAhead(i, call.Args.Count);
            if (call.Find(i, LookupFlags.NoTouch).Exists) found++;
        }
        call.Reply.Integer(found);
    }

    [Command("TOUCH", Summary = "Returns the number of existing keys out of those specified after updating the time they were last accessed.",
        Since = "3.2.1", Complexity = "O(N) where N is the number of keys that will be touched.",
        Flags = ReadOnly | Fast, Keys = "1..-1 RO",
        Arguments = "key...",
        Tips = "request_policy:multi_shard response_policy:agg_sum")]
    internal static void Touch(ref Call call)
    {
        // Also for a client that said CLIENT NO-TOUCH.
        var leavesNoTrace = call.Session.LeavesNoTrace;
        call.Session.LeavesNoTrace = false;
        var found = 0;
        for (var i = 1; i < call.Args.Count; i++)
        {
            call.FetchAhead(i, call.Args.Count);
            if (call.Find(i).Exists) found++;
        }
        call.Session.LeavesNoTrace = leavesNoTrace;
        call.Reply.Integer(found);
    }

    [Command("RANDOMKEY", Summary = "Returns a random key name from the database.", Since = "1.0.0", Complexity = "O(1)",
        Flags = ReadOnly | TouchesArbitraryKeys,
        Tips = "request_policy:all_shards response_policy:special nondeterministic_output")]
    internal static void Random(ref Call call)
    {
        var drawn = call.Keyspace.RandomKey(call.Database);
        if (drawn.Exists) call.Reply.Bulk(drawn.Key);
        else call.Reply.Null();
    }

    [Command("TYPE", Summary = "Determines the type of value stored at a key.", Since = "1.0.0", Complexity = "O(1)",
        Flags = ReadOnly | Fast, Keys = "1 RO",
        Arguments = "key")]
    internal static void Type(ref Call call)
    {
        var view = call.Find(1, LookupFlags.NoTouch);
        call.Reply.Simple(view.Exists ? TypeName(view, stackalloc byte[ModuleName.Length]) : "none"u8);
    }

    /// <param name="scratch">For the name of a module's type.</param>
    internal static ReadOnlySpan<byte> TypeName(EntryView view, Span<byte> scratch) => view.Type switch
    {
        ValueType.String => "string"u8,
        ValueType.List => "list"u8,
        ValueType.Set => "set"u8,
        ValueType.SortedSet => "zset"u8,
        ValueType.Hash => "hash"u8,
        ValueType.Module => ModuleName.OfValue(view.Value, scratch),
        _ => "stream"u8,
    };

    [Command("DBSIZE", Summary = "Returns the number of keys in the database.", Since = "1.0.0", Complexity = "O(1)",
        Group = "server", Flags = ReadOnly | Fast, Categories = "keyspace",
        Tips = "request_policy:all_shards response_policy:agg_sum")]
    internal static void Size(ref Call call) => call.Reply.Integer(call.Database.Data.Count);

    [Command("KEYS", Summary = "Returns all key names that match a pattern.", Since = "1.0.0",
        Complexity = "O(N) with N being the number of keys in the database, under the assumption that the key names in the database and the given pattern "
            + "have limited length.",
        Flags = ReadOnly, Categories = "keyspace dangerous",
        Arguments = "pattern",
        Tips = "request_policy:all_shards nondeterministic_output_order")]
    internal static void Keys(ref Call call)
    {
        // Keys that were met are looked at a few at a time: by then the memory of the first is there.
        const int KeysPerLook = 32;
        var pattern = call.Args[1];
        var all = pattern.SequenceEqual("*"u8);
        var slot = SlotOf(ref call, pattern);
        var found = call.Executor.BorrowFound();
        var count = 0;
        ulong cursor = 0;
        do
        {
            do cursor = call.Database.Data.Scan(cursor, found, slot);
            while (cursor != 0 && found.Count < count + KeysPerLook);
            for (var i = count; i < found.Count; i++)
            {
                if (call.Keyspace.IsAlive(found[i]) && (all || GlobPattern.Matches(pattern, found[i].Key))) found.Keep(i, count++);
            }
            found.Truncate(count);
        }
        while (cursor != 0);
        ReplyKeys(ref call, found);
    }

    /// <summary>The slot of all keys that a pattern can match, where there is only one: its table alone is looked through, as by Redis.</summary>
    private static int SlotOf(ref Call call, scoped ReadOnlySpan<byte> pattern) =>
        call.Keyspace.Options.UsesSlots && KeySlot.TryOfPattern(pattern, out var slot) ? slot : Dataset.AllSlots;

    /// <summary>An array of the keys found, which are then let go.</summary>
    private static void ReplyKeys(ref Call call, EntryList found)
    {
        call.Reply.Array(found.Count);
        for (var i = 0; i < found.Count; i++) call.Reply.Bulk(found[i].Key);
        found.Clear();
    }

    [Command("SCAN", Summary = "Iterates over the key names in the database.", Since = "2.8.0",
        Complexity = "O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor to return back to 0. N is the "
            + "number of elements inside the collection.",
        Flags = ReadOnly | TouchesArbitraryKeys,
        Arguments = "cursor:integer [MATCH pattern] [COUNT count:integer] [TYPE type@6.0.0]",
        Tips = "nondeterministic_output request_policy:special response_policy:special",
        History = [
            "6.0.0: Added the `TYPE` subcommand."])]
    internal static void Scan(ref Call call)
    {
        if (!ScanOptions.TryCursor(ref call, 1, out var cursor)) return;
        var options = ScanOptions.Read(ref call, 2, acceptsType: true);
        if (call.Failed) return;
        var found = call.Executor.BorrowFound();
        var slot = options.HasPattern ? SlotOf(ref call, options.Pattern) : Dataset.AllSlots;
        // As Redis: up to ten times COUNT positions, so that an almost empty table does not hold the thread.
        for (var left = options.Count > long.MaxValue / 10 ? long.MaxValue : options.Count * 10; left > 0; left--)
        {
            cursor = call.Database.Data.Scan(cursor, found, slot);
            if (cursor == 0 || found.Count >= options.Count) break;
        }
        var count = 0;
        for (var i = 0; i < found.Count; i++)
        {
            if (options.Matches(found[i].Key) && IsShown(ref call, options, found[i])) found.Keep(i, count++);
        }
        found.Truncate(count);
        ScanOptions.BeginReply(ref call, cursor);
        ReplyKeys(ref call, found);
    }

    /// <summary>
    /// Whether SCAN shows a key: one whose time is over is deleted instead (its view stays valid until the end of the call). With TYPE the key counts as looked at.
    /// </summary>
    private static bool IsShown(ref Call call, scoped ScanOptions options, EntryView entry)
    {
        if (options.HasType)
        {
            call.Keyspace.Changes.BeginUnit();
            var view = call.Keyspace.Find(call.Database, call.Keyspace.KeyOf(entry.Key), LookupFlags.NoTouch | LookupFlags.NoNotify);
            return view.Exists && options.MatchesType(view);
        }
        call.Keyspace.ExpireIfOver(call.Database, entry);
        return call.Keyspace.IsAlive(entry);
    }
}
