using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>Commands that add entries to a stream, and trim it.</summary>
[CommandFamily("stream")]
internal static class StreamAddCommands
{
    [Command("XADD", Summary = "Appends a new message to a stream. Creates the key if it doesn't exist.", Since = "5.0.0",
        Complexity = "O(1) when adding a new entry, O(N) when trimming where N being the number of entries evicted.",
        Flags = Write | DenyOom | Fast, Keys = "1 RW update (UPDATE instead of INSERT because of the optional trimming feature)",
        Arguments = "key [NOMKSTREAM@6.2.0] [trim: (strategy: MAXLEN | MINID@6.2.0) [operator: equal:'=' | approximately:'~'] threshold [LIMIT "
            + "count:integer@6.2.0]] (id-selector: auto-id:'*' | id) (data: field value)...",
        Tips = "nondeterministic_output",
        History = [
            "6.2.0: Added the `NOMKSTREAM` option, `MINID` trimming strategy and the `LIMIT` option.",
            "7.0.0: Added support for the `<ms>-*` explicit ID form."])]
    internal static void Add(ref Call call)
    {
        var request = StreamAddRequest.Read(ref call, isAdd: true);
        if (call.Failed || !HasFields(ref call, request) || !call.TryEditStream(1, out var stream)) return;
        if (request.OnlyExisting && !stream.Exists)
        {
            call.Reply.Null();
            return;
        }
        if (!TryChooseId(ref call, request, stream.View.LastId, out var id) || !TryMeasure(ref call, request.IdAt + 1, out var textBytes)) return;
        stream.Append(id, call.Args, request.IdAt + 1, textBytes);
        call.Reply.Bulk(id);
        stream.Announce(1, KeyspaceEvent.StreamAdd);
        if (request.Trim.Strategy != StreamTrimStrategy.None && stream.Trim(request.Trim) > 0) stream.Announce(0, KeyspaceEvent.StreamTrim);
        stream.Wake();
        if (call.HasListeners) Propagate(ref call, request, id, stream.View);
    }

    private static bool HasFields(ref Call call, in StreamAddRequest request)
    {
        var texts = call.Args.Count - request.IdAt - 1;
        if (texts < 2 || texts % 2 == 1)
        {
            call.FailArity();
            return false;
        }
        if (!request.HasId || !request.HasSequence || request.Id > StreamId.Min) return true;
        call.Fail("ERR The ID specified in XADD must be greater than 0-0");
        return false;
    }

    /// <summary>The ID of the new entry, if there is one; otherwise the call has failed.</summary>
    private static bool TryChooseId(ref Call call, in StreamAddRequest request, StreamId last, out StreamId id)
    {
        if (!last.TryNext(out var next))
        {
            id = default;
            call.Fail("ERR The stream has exhausted the last possible ID, unable to add more items");
            return false;
        }
        if (!request.HasId) id = (ulong)call.NowMs > last.Milliseconds ? new((ulong)call.NowMs, 0) : next;
        else if (request.HasSequence || request.Id.Milliseconds != last.Milliseconds) id = request.Id;
        // A time without a free number is not passed over.
        else id = next.Milliseconds == last.Milliseconds ? next : last;
        if (id > last) return true;
        call.Fail("ERR The ID specified in XADD is equal or smaller than the target stream top item");
        return false;
    }

    private static bool TryMeasure(ref Call call, int first, out long textBytes)
    {
        textBytes = 0;
        for (var i = first; i < call.Args.Count; i++) textBytes += call.Args[i].Length;
        if (textBytes <= StreamLimit.HardBytesMax) return true;
        call.Fail("ERR Elements are too large to be stored");
        return false;
    }

    [Command("XTRIM", Summary = "Deletes messages from the beginning of a stream.", Since = "5.0.0",
        Complexity = "O(N), with N being the number of evicted entries. Constant times are very small however, since entries are organized in macro nodes "
            + "containing multiple entries that can be released with a single deallocation.",
        Flags = Write, Keys = "1 RW delete",
        Arguments = "key (trim: (strategy: MAXLEN | MINID@6.2.0) [operator: equal:'=' | approximately:'~'] threshold [LIMIT count:integer@6.2.0])",
        Tips = "nondeterministic_output",
        History = [
            "6.2.0: Added the `MINID` trimming strategy and the `LIMIT` option."])]
    internal static void Trim(ref Call call)
    {
        var request = StreamAddRequest.Read(ref call, isAdd: false);
        if (call.Failed || !call.TryEditStream(1, out var stream)) return;
        var removed = stream.Exists ? stream.Trim(request.Trim) : 0;
        call.Reply.Integer(removed);
        if (removed == 0) return;
        stream.Announce(removed, KeyspaceEvent.StreamTrim);
        if (request.Trim.IsApproximate && call.HasListeners) Propagate(ref call, request, default, stream.View);
    }

    /// <summary>The request's words, but with the ID that was made for "*", and with what came of trimming about so far.</summary>
    private static void Propagate(ref Call call, in StreamAddRequest request, StreamId id, StreamView stream)
    {
        var hasMadeId = id > StreamId.Min && (!request.HasId || !request.HasSequence);
        if (!hasMadeId && !request.Trim.IsApproximate) return;
        var changes = call.BeginEffect(call.Args.Count);
        for (var i = 0; i < call.Args.Count; i++)
        {
            if (hasMadeId && i == request.IdAt) changes.Append(id);
            else if (!request.Trim.IsApproximate || i < request.ThresholdAt - 1 || i > request.ThresholdAt) changes.Append(call.Args[i]);
            else if (i < request.ThresholdAt) changes.Append("="u8);
            else if (request.Trim.Strategy == StreamTrimStrategy.ByLength) changes.Append(stream.Length);
            else changes.Append(stream.FirstIdEvenDeleted);
        }
    }

    [Command("XSETID", Summary = "An internal command for replicating stream values.", Since = "5.0.0", Complexity = "O(1)",
        Flags = Write | DenyOom | Fast, Keys = "1 RW update",
        Arguments = "key last-id [ENTRIESADDED entries-added:integer@7.0.0] [MAXDELETEDID max-deleted-id@7.0.0]",
        History = [
            "7.0.0: Added the `entries_added` and `max_deleted_entry_id` arguments."])]
    internal static void SetId(ref Call call)
    {
        if (!StreamIdText.TryRead(ref call, 2, out var id)) return;
        long added = -1;
        var maxDeleted = StreamId.Min;
        var options = new OptionReader(call.Args, 3);
        while (options.Next())
        {
            if (options.TakesInteger("entriesadded"u8, ref added, min: 0, tooSmall: "ERR entries_added must be positive")) continue;
            if (!options.Takes("maxdeletedid"u8, out var argument)) options.FailSyntax();
            else if (!StreamIdText.TryRead(ref call, argument, out maxDeleted)) return;
            else if (id < maxDeleted) options.Fail("ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id");
        }
        if (!options.Ends(ref call) || !call.TryEditStream(1, out var stream)) return;
        if (!stream.Exists) call.FailNoSuchKey();
        else if (CanSetId(ref call, stream.View, id, added)) SetId(ref call, stream, id, maxDeleted, added);
    }

    private static bool CanSetId(ref Call call, StreamView stream, StreamId id, long added)
    {
        if (id < stream.MaxDeletedId) call.Fail("ERR The ID specified in XSETID is smaller than current max_deleted_entry_id");
        else if (stream.Length > 0 && id < stream.LastLiveId) call.Fail("ERR The ID specified in XSETID is smaller than the target stream top item");
        else if (stream.Length > 0 && added >= 0 && added < stream.Length)
            call.Fail("ERR The entries_added specified in XSETID is smaller than the target stream length");
        return !call.Failed;
    }

    private static void SetId(ref Call call, StreamEdit stream, StreamId id, StreamId maxDeleted, long added)
    {
        var view = stream.View;
        stream.SetIds(id, maxDeleted > StreamId.Min ? maxDeleted : view.MaxDeletedId, added >= 0 ? added : view.EntriesAdded);
        // As in Redis: no change to those who watch the key.
        call.Keyspace.Dirty++;
        call.Raise(1, KeyspaceEvent.StreamSetId);
        call.Reply.Ok();
    }
}
