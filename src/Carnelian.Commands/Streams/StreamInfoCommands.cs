using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>What XINFO tells of streams.</summary>
[Command("XINFO", Summary = "A container for stream introspection commands.", Since = "5.0.0", Complexity = "Depends on subcommand.")]
[CommandFamily("stream")]
internal static class StreamInfoCommands
{
    /// <summary>Entries that FULL shows without COUNT.</summary>
    private const long FullCount = 10;

    [Command("XINFO STREAM", Summary = "Returns information about a stream.", Since = "5.0.0", Complexity = "O(1)",
        Flags = ReadOnly, Keys = "2 RO access",
        Arguments = "key [full-block: FULL [COUNT count:integer]]",
        History = [
            "6.0.0: Added the `FULL` modifier.",
            "7.0.0: Added the `max-deleted-entry-id`, `entries-added`, `recorded-first-entry-id`, `entries-read` and `lag` fields",
            "7.2.0: Added the `active-time` field, and changed the meaning of `seen-time`."])]
    internal static void Stream(ref Call call)
    {
        if (!call.TryStream(2, out var stream)) return;
        if (!stream.Exists)
        {
            call.FailNoSuchKey();
            return;
        }
        var isFull = call.Args.Count > 3;
        var count = FullCount;
        if (isFull && !TryReadFull(ref call, ref count)) return;
        call.Reply.Map(isFull ? 9 : 10);
        WriteState(ref call, stream);
        if (isFull) WriteFull(ref call, stream, count);
        else WriteEdges(ref call, stream);
    }

    private static bool TryReadFull(ref Call call, ref long count)
    {
        var words = call.Args.Count - 3;
        if (words is not (1 or 3) || !call.Is(3, "full"u8) || words == 3 && !call.Is(4, "count"u8))
        {
            call.FailUnknownSubcommand(1);
            return false;
        }
        if (words == 3 && !call.TryInteger(5, out count)) return false;
        if (count < 0) count = FullCount;
        if (count == 0) count = long.MaxValue;
        return true;
    }

    private static void WriteState(ref Call call, StreamView stream)
    {
        ref var reply = ref call.Reply;
        reply.Bulk("length"u8);
        reply.Integer(stream.Length);
        reply.Bulk("radix-tree-keys"u8);
        reply.Integer(stream.NodeCount);
        reply.Bulk("radix-tree-nodes"u8);
        reply.Integer(stream.RadixTreeNodes);
        reply.Bulk("last-generated-id"u8);
        reply.Bulk(stream.LastId);
        reply.Bulk("max-deleted-entry-id"u8);
        reply.Bulk(stream.MaxDeletedId);
        reply.Bulk("entries-added"u8);
        reply.Integer(stream.EntriesAdded);
        reply.Bulk("recorded-first-entry-id"u8);
        reply.Bulk(stream.FirstId);
    }

    private static void WriteEdges(ref Call call, StreamView stream)
    {
        ref var reply = ref call.Reply;
        reply.Bulk("groups"u8);
        reply.Integer(stream.GroupCount);
        reply.Bulk("first-entry"u8);
        WriteEdge(ref reply, stream.All);
        reply.Bulk("last-entry"u8);
        WriteEdge(ref reply, stream.Range(StreamId.Min, StreamId.Max, backward: true));
    }

    private static void WriteEdge(scoped ref ReplyWriter reply, StreamEntries entries)
    {
        if (entries.MoveNext()) reply.Entry(ref entries);
        else reply.Null();
    }

    private static void WriteFull(ref Call call, StreamView stream, long count)
    {
        call.Reply.Bulk("entries"u8);
        call.Reply.Entries(stream, StreamId.Min, StreamId.Max, count);
        call.Reply.Bulk("groups"u8);
        GroupInfoCommands.WriteFull(ref call.Reply, stream, count);
    }

    [Command("XINFO HELP", Summary = "Returns helpful text about the different subcommands.", Since = "5.0.0", Complexity = "O(1)",
        Flags = Loading | Stale)]
    internal static void Help(ref Call call) => CommandReplies.WriteHelp(
        ref call,
        "CONSUMERS <key> <groupname>",
        "    Show consumers of <groupname>.",
        "GROUPS <key>",
        "    Show the stream consumer groups.",
        "STREAM <key> [FULL [COUNT <count>]",
        "    Show information about the stream.");
}
