using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>Commands that answer many fields of a hash.</summary>
[CommandFamily("hash")]
internal static class HashWalkCommands
{
    [Flags]
    private enum Parts
    {
        Names = 1,
        Values = 2,
        Both = Names | Values,
    }

    [Command("HGETALL", Summary = "Returns all fields and values in a hash.", Since = "2.0.0", Complexity = "O(N) where N is the size of the hash.",
        Flags = ReadOnly, Keys = "1 RO access",
        Arguments = "key",
        Tips = "nondeterministic_output_order")]
    internal static void GetAll(ref Call call) => AnswerAll(ref call, Parts.Both);

    [Command("HKEYS", Summary = "Returns all fields in a hash.", Since = "2.0.0", Complexity = "O(N) where N is the size of the hash.",
        Flags = ReadOnly, Keys = "1 RO access",
        Arguments = "key",
        Tips = "nondeterministic_output_order")]
    internal static void Names(ref Call call) => AnswerAll(ref call, Parts.Names);

    [Command("HVALS", Summary = "Returns all values in a hash.", Since = "2.0.0", Complexity = "O(N) where N is the size of the hash.",
        Flags = ReadOnly, Keys = "1 RO access",
        Arguments = "key",
        Tips = "nondeterministic_output_order")]
    internal static void Values(ref Call call) => AnswerAll(ref call, Parts.Values);

    private static void AnswerAll(ref Call call, Parts parts)
    {
        var hash = call.FindHash(1);
        if (call.Failed) return;
        var count = hash.CountAlive;
        if (parts == Parts.Both) call.Reply.Map((int)count);
        else call.Reply.Array(count);
        var walk = hash.Walk(call.Executor.BorrowFoundFields());
        while (walk.MoveNext())
        {
            count--;
            Write(ref call.Reply, walk.Current, parts);
        }
        Check.That(count == 0);
    }

    private static void Write(ref ReplyWriter reply, scoped in HashField field, Parts parts)
    {
        if ((parts & Parts.Names) != 0) reply.Bulk(field.Name);
        if ((parts & Parts.Values) != 0) reply.Bulk(field.Value);
    }

    [Command("HSCAN", Summary = "Iterates over fields and values of a hash.", Since = "2.8.0",
        Complexity = "O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor to return back to 0. N is the "
            + "number of elements inside the collection.",
        Flags = ReadOnly, Keys = "1 RO access",
        Arguments = "key cursor:integer [MATCH pattern] [COUNT count:integer] [NOVALUES]",
        Tips = "nondeterministic_output")]
    internal static void Scan(ref Call call)
    {
        if (!ScanOptions.TryCursor(ref call, 2, out var cursor)) return;
        var hash = call.FindHash(1);
        if (call.Failed) return;
        if (!hash.Exists)
        {
            ScanOptions.BeginReply(ref call, 0);
            call.Reply.Array(0);
            return;
        }
        var options = ScanOptions.Read(ref call, 3, acceptsType: false, acceptsNoValues: true);
        if (call.Failed) return;
        var parts = options.NoValues ? Parts.Names : Parts.Both;
        if (hash.IsTable) ScanTable(ref call, hash, cursor, options, parts);
        else AnswerPacked(ref call, hash, options, parts);
    }

    /// <summary>A packed hash is answered whole, whatever COUNT and the cursor say.</summary>
    private static void AnswerPacked(ref Call call, HashView hash, scoped ScanOptions options, Parts parts)
    {
        Span<byte> text = stackalloc byte[PackedElement.IntegerTextMax];
        var found = call.Executor.BorrowFoundFields();
        var count = 0;
        for (var walk = hash.Walk(found); walk.MoveNext();) count += options.Matches(walk.Current.Name.Text(text)) ? 1 : 0;
        ScanOptions.BeginReply(ref call, 0);
        call.Reply.Array(parts == Parts.Both ? count * 2 : count);
        for (var walk = hash.Walk(found); walk.MoveNext();)
        {
            if (options.Matches(walk.Current.Name.Text(text))) Write(ref call.Reply, walk.Current, parts);
        }
    }

    private static void ScanTable(ref Call call, HashView hash, ulong cursor, scoped ScanOptions options, Parts parts)
    {
        var found = call.Executor.BorrowFoundFields();
        cursor = options.Scan(hash, cursor, found);
        var count = 0;
        for (var i = 0; i < found.Count; i++)
        {
            var field = found[i];
            if (options.Matches(field.Name) && !(field.Expires && call.Keyspace.IsOver(field.ExpiryMs))) found.Keep(i, count++);
        }
        found.Truncate(count);
        ScanOptions.BeginReply(ref call, cursor);
        call.Reply.Array(parts == Parts.Both ? count * 2L : count);
        AnswerFound(ref call, found, parts);
        found.Clear();
    }

    private static void AnswerFound(ref Call call, FieldList found, Parts parts)
    {
        for (var i = 0; i < found.Count; i++)
        {
            if ((parts & Parts.Names) != 0) call.Reply.Bulk(found[i].Name);
            if ((parts & Parts.Values) != 0) call.Reply.Bulk(found[i].Value);
        }
    }

    [Command("HRANDFIELD", Summary = "Returns one or more random fields from a hash.", Since = "6.2.0",
        Complexity = "O(N) where N is the number of fields returned",
        Flags = ReadOnly, Keys = "1 RO access",
        Arguments = "key [options: count:integer [WITHVALUES]]",
        Tips = "nondeterministic_output")]
    internal static void Random(ref Call call)
    {
        long count = 0;
        var parts = Parts.Names;
        if (call.Args.Count > 2 && !TryRandomOptions(ref call, out count, ref parts)) return;
        var hash = call.FindHash(1);
        if (call.Failed) return;
        if (hash.HasDue)
        {
            var edit = call.EditHash(1);
            edit.ExpireAll();
            hash = edit.View;
        }
        if (call.Args.Count > 2) AnswerRandom(ref call, hash, count, parts);
        else if (hash.Exists) call.Reply.Bulk(hash.Sample().Name);
        else call.Reply.Null();
    }

    private static bool TryRandomOptions(ref Call call, out long count, ref Parts parts)
    {
        if (!call.TryInteger(2, out count)) return false;
        if (count == long.MinValue) call.Fail($"ERR value is out of range, value must between {-long.MaxValue} and {long.MaxValue}");
        else if (call.Args.Count > 4 || (call.Args.Count == 4 && !call.Is(3, "withvalues"u8))) call.FailSyntax();
        else if (call.Args.Count == 4)
        {
            parts = Parts.Both;
            if (count is < -long.MaxValue / 2 or > long.MaxValue / 2) call.Fail("ERR value is out of range");
        }
        return !call.Failed;
    }

    /// <summary>Different fields, or with a negative count so many draws. There is no bound to those, as in Redis.</summary>
    private static void AnswerRandom(ref Call call, HashView hash, long count, Parts parts)
    {
        if (!hash.Exists || count == 0)
        {
            call.Reply.Array(0);
            return;
        }
        if (count > 0)
        {
            AnswerDistinct(ref call, hash, Math.Min(count, hash.Count), parts);
            return;
        }
        BeginRandom(ref call, -count, parts);
        for (; count < 0 && !call.Session.IsEnding; count++) WriteRandom(ref call, hash.Sample(), parts);
    }

    private static void AnswerDistinct(ref Call call, HashView hash, long count, Parts parts)
    {
        BeginRandom(ref call, count, parts);
        var found = call.Executor.BorrowFoundFields();
        if (hash.IsTable && count < hash.Count)
        {
            hash.SampleDistinct(count, found);
            for (var i = 0; i < found.Count; i++)
            {
                if (parts == Parts.Both && call.Reply.IsResp3) call.Reply.Array(2);
                call.Reply.Bulk(found[i].Name);
                if (parts == Parts.Both) call.Reply.Bulk(found[i].Value);
            }
            found.Clear();
            return;
        }
        var draw = new SequentialDraw(count, hash.Count);
        for (var walk = hash.Walk(found, isWithOver: true); !draw.IsOver && walk.MoveNext();)
        {
            if (draw.Takes(call.Keyspace.Randomness)) WriteRandom(ref call, walk.Current, parts);
        }
    }

    private static void BeginRandom(ref Call call, long count, Parts parts) =>
        call.Reply.Array(parts == Parts.Both && !call.Reply.IsResp3 ? count * 2 : count);

    /// <summary>RESP3 pairs name and value up.</summary>
    private static void WriteRandom(ref Call call, scoped in HashField field, Parts parts)
    {
        if (parts == Parts.Both && call.Reply.IsResp3) call.Reply.Array(2);
        Write(ref call.Reply, field, parts);
    }
}
