using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>Commands that read streams, and wait for entries.</summary>
[CommandFamily("stream")]
internal static class StreamReadCommands
{
    [Command("XLEN", Summary = "Return the number of messages in a stream.", Since = "5.0.0", Complexity = "O(1)",
        Flags = ReadOnly | Fast, Keys = "1 RO",
        Arguments = "key")]
    internal static void Length(ref Call call)
    {
        if (call.TryStream(1, out var stream)) call.Reply.Integer(stream.Length);
    }

    [Command("XRANGE", Summary = "Returns the messages from a stream within a range of IDs.", Since = "5.0.0",
        Complexity = "O(N) with N being the number of elements being returned. If N is constant (e.g. always asking for the first 10 elements with COUNT), "
            + "you can consider it O(1).",
        Flags = ReadOnly, Keys = "1 RO access",
        Arguments = "key start end [COUNT count:integer]",
        History = [
            "6.2.0: Added exclusive ranges."])]
    internal static void Range(ref Call call) => Range(ref call, backward: false);

    [Command("XREVRANGE", Summary = "Returns the messages from a stream within a range of IDs in reverse order.", Since = "5.0.0",
        Complexity = "O(N) with N being the number of elements returned. If N is constant (e.g. always asking for the first 10 elements with COUNT), you "
            + "can consider it O(1).",
        Flags = ReadOnly, Keys = "1 RO access",
        Arguments = "key end start [COUNT count:integer]",
        History = [
            "6.2.0: Added exclusive ranges."])]
    internal static void RangeBackward(ref Call call) => Range(ref call, backward: true);

    private static void Range(ref Call call, bool backward)
    {
        if (!StreamIdText.TryReadBound(ref call, backward ? 3 : 2, out var first, isStart: true)) return;
        if (!StreamIdText.TryReadBound(ref call, backward ? 2 : 3, out var last, isStart: false)) return;
        var count = long.MaxValue;
        var options = new OptionReader(call.Args, 4);
        while (options.Next())
        {
            if (!options.TakesInteger("count"u8, ref count)) options.FailSyntax();
        }
        if (!options.Ends(ref call) || !call.TryStream(1, out var stream)) return;
        if (!stream.Exists) call.Reply.Array(0);
        else if (count <= 0) call.Reply.NullArray();
        else call.Reply.Entries(stream, first, last, count, backward);
    }

    [Command("XREAD",
        Summary = "Returns messages from multiple streams with IDs greater than the ones requested. Blocks until a message is available otherwise.",
        Since = "5.0.0",
        Flags = ReadOnly | Blocking, Keys = "STREAMS@1..-1/2 RO access",
        Arguments = "[COUNT count:integer] [BLOCK milliseconds:integer] (STREAMS streams: key... id...)")]
    internal static void Read(ref Call call)
    {
        const int StackMax = 8;
        var request = StreamReadRequest.Read(ref call, isOfGroup: false);
        if (call.Failed) return;
        var after = request.Streams <= StackMax ? stackalloc StreamId[StackMax] : call.Keyspace.Allocator.Scratch<StreamId>(request.Streams);
        for (var i = 0; i < request.Streams; i++)
        {
            if (!TryReadStart(ref call, request, i, out after[i])) return;
        }
        var found = 0;
        for (var i = 0; i < request.Streams; i++)
        {
            call.TryStream(request.FirstKey + i, out var stream);
            if (HasAfter(stream, after[i])) found++;
        }
        if (found > 0) Reply(ref call, request, after, found);
        else if (request.Blocks) Wait(ref call, request, after);
        else call.Reply.NullArray();
    }

    private static bool HasAfter(StreamView stream, StreamId id) => stream.Length > 0 && stream.LastLiveId > id;

    /// <summary>Behind which ID a stream is read.</summary>
    private static bool TryReadStart(ref Call call, in StreamReadRequest request, int i, out StreamId after)
    {
        after = default;
        if (!call.TryStream(request.FirstKey + i, out var stream)) return false;
        var argument = request.FirstId + i;
        var text = ByteText.UpToNul(call.Args[argument]);
        if (IsLast(text)) after = stream.LastId;
        else if (text.SequenceEqual("+"u8))
        {
            if (stream.Length > 0) stream.LastLiveId.TryPrevious(out after);
        }
        else if (text.SequenceEqual(">"u8))
            call.Fail("ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option.");
        else return StreamIdText.TryRead(ref call, argument, out after);
        return !call.Failed;
    }

    private static void Reply(ref Call call, in StreamReadRequest request, scoped ReadOnlySpan<StreamId> after, int found)
    {
        if (call.Reply.IsResp3) call.Reply.Map(found);
        else call.Reply.Array(found);
        for (var i = 0; i < request.Streams; i++)
        {
            var stream = new StreamView(call.Database.Data, call.Find(request.FirstKey + i, LookupFlags.NoEffects));
            if (!HasAfter(stream, after[i])) continue;
            if (!call.Reply.IsResp3) call.Reply.Array(2);
            call.Reply.Bulk(call.Args[request.FirstKey + i]);
            after[i].TryNext(out var first);
            call.Reply.Entries(stream, first, StreamId.Max, request.Count);
        }
    }

    private static void Wait(ref Call call, in StreamReadRequest request, scoped ReadOnlySpan<StreamId> after)
    {
        if (call.MayBlock) ResolveLast(ref call, request, after);
        call.WaitForKeys(request.FirstKey, request.FirstId, ValueType.Stream, request.DeadlineMs, static (ref call) => call.Reply.NullArray(), KeyWakes.WhenChanged);
    }

    /// <summary>Puts IDs in the place of "$": they are what is the last one now, not when the request is run again.</summary>
    private static void ResolveLast(ref Call call, in StreamReadRequest request, scoped ReadOnlySpan<StreamId> after)
    {
        var args = call.Args;
        var allocator = call.Keyspace.Allocator;
        var items = allocator.Scratch<Argument>(args.Count);
        var text = allocator.Scratch((int)Math.Min(args.TotalLength + (long)request.Streams * StreamIdText.LengthMax, int.MaxValue));
        var at = 0;
        for (var i = 0; i < items.Length; i++)
        {
            var length = args[i].Length;
            if (i >= request.FirstId && IsLast(args[i])) length = StreamIdText.Format(after[i - request.FirstId], text[at..]);
            else args[i].CopyTo(text[at..]);
            items[i] = new(at, length);
            at += length;
        }
        call.Rewrite(new(text, items));
    }

    private static bool IsLast(ReadOnlySpan<byte> argument) => ByteText.UpToNul(argument).SequenceEqual("$"u8);
}
