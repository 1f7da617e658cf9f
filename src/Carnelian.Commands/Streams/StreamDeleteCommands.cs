using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>Commands that delete entries of a stream by their IDs.</summary>
[CommandFamily("stream")]
internal static class StreamDeleteCommands
{
    /// <summary>What XDELEX answers for an ID.</summary>
    internal const int NoSuchEntry = -1, Deleted = 1, StillReferenced = 2;

    [Command("XDEL", Summary = "Returns the number of messages after removing them from a stream.", Since = "5.0.0",
        Complexity = "O(1) for each single item to delete in the stream, regardless of the stream size.",
        Flags = Write | Fast, Keys = "1 RW delete",
        Arguments = "key id...")]
    internal static void Delete(ref Call call)
    {
        if (!call.TryEditStream(1, out var stream)) return;
        if (!stream.Exists)
        {
            call.Reply.Integer(0);
            return;
        }
        if (!AreIds(ref call, 2, call.Args.Count)) return;
        long deleted = 0;
        for (var i = 2; i < call.Args.Count; i++)
        {
            if (StreamIdText.TryRead(ref call, i, out var id) && stream.Delete(id)) deleted++;
        }
        End(stream, deleted);
        call.Reply.Integer(deleted);
    }

    [Command("XDELEX", Summary = "Deletes entries from a stream, and tells of each what became of it.", Since = "8.2.0",
        Complexity = "O(1) for each entry, whatever the size of the stream.",
        Flags = Write | Fast, Keys = "1 RW delete",
        Arguments = "key [condition: KEEPREF | DELREF | ACKED] (IDS ids: numids:integer id...)")]
    internal static void DeleteEach(ref Call call)
    {
        var request = StreamIdsRequest.Read(ref call, 2);
        if (call.Failed || !AreIds(ref call, request.FirstId, request.EndOfIds) || !call.TryEditStream(1, out var stream)) return;
        call.Reply.Array(request.EndOfIds - request.FirstId);
        long deleted = 0, changes = 0;
        for (var i = request.FirstId; i < request.EndOfIds; i++)
        {
            var outcome = NoSuchEntry;
            if (StreamIdText.TryRead(ref call, i, out var id) && stream.Exists)
            {
                if (request.Pending == PendingPolicy.Remove && stream.RemovePending(id)) changes++;
                outcome = Delete(ref stream, id, request.Pending);
            }
            if (outcome == Deleted) deleted++;
            call.Reply.Integer(outcome);
        }
        if (changes > 0 && deleted == 0) stream.AnnounceOfGroup(changes);
        End(stream, deleted);
    }

    /// <summary>Deletes an entry if the policy allows it. Returns what XDELEX answers.</summary>
    internal static int Delete(ref StreamEdit stream, StreamId id, PendingPolicy policy)
    {
        if (policy != PendingPolicy.DeleteAcknowledged || !stream.IsReferenced(id)) return stream.Delete(id) ? Deleted : NoSuchEntry;
        return stream.View.Contains(id) ? StillReferenced : NoSuchEntry;
    }

    /// <summary>Whether all of these arguments are IDs, before the first one is deleted; otherwise the call has failed.</summary>
    internal static bool AreIds(ref Call call, int first, int end)
    {
        for (var i = first; i < end; i++)
        {
            if (!StreamIdText.TryRead(ref call, i, out _)) return false;
        }
        return true;
    }

    /// <summary>After deletions: their number.</summary>
    internal static void End(StreamEdit stream, long deleted)
    {
        if (deleted == 0) return;
        stream.EndDeletions();
        stream.Announce(deleted, KeyspaceEvent.StreamDelete);
    }
}

/// <summary>What XDELEX and XACKDEL read: which entries, and what is done with pending ones.</summary>
internal readonly record struct StreamIdsRequest(int FirstId, int EndOfIds, PendingPolicy Pending)
{
    /// <summary>Reads arguments from one on, options in any order; otherwise the call has failed.</summary>
    public static StreamIdsRequest Read(ref Call call, int first)
    {
        var (firstId, end) = (0, 0);
        PendingPolicy? pending = null;
        for (var i = first; i < call.Args.Count && !call.Failed; i++)
        {
            if (PendingPolicies.Find(ref call, i) is { } policy && pending is null) pending = policy;
            else if (call.Is(i, "ids"u8) && i + 1 < call.Args.Count)
            {
                firstId = i + 2;
                if (!IntegerText.TryParse(call.Args[i + 1], out var count) || count < 1) call.Fail("ERR Number of IDs must be a positive integer");
                else if (count > call.Args.Count - firstId) call.Fail("ERR The `numids` parameter must match the number of arguments");
                else i = (end = firstId + (int)count) - 1;
            }
            else call.FailSyntax();
        }
        if (!call.Failed && firstId == 0) call.Fail("ERR IDS option is required");
        return new(firstId, end, pending ?? PendingPolicy.Keep);
    }
}
