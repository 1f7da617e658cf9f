using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>Commands on parts of strings and on their length.</summary>
[CommandFamily("string")]
internal static class StringRangeCommands
{
    [Command("APPEND", Summary = "Appends a string to the value of a key. Creates the key if it doesn't exist.", Since = "2.0.0",
        Complexity = "O(1). The amortized time complexity is O(1) assuming the appended value is small and the already present value is of any size, since "
            + "the dynamic string library used by Redis will double the free space available on every reallocation.",
        Flags = Write | DenyOom | Fast, Keys = "1 RW insert",
        Arguments = "key value")]
    internal static void Append(ref Call call)
    {
        var suffix = call.Args[2];
        var edit = call.Edit(1);
        if (!edit.Exists)
        {
            edit.Write(ValueType.String, StringValue.EncodingOf(suffix), suffix, EntryView.NoExpiry, KeyspaceEvent.Append);
            call.Reply.Integer(suffix.Length);
            return;
        }
        if (!call.IsStringOrMissing(edit.View)) return;
        var oldLength = edit.View.Value.Length;
        if (!StringValue.IsLengthAllowed(ref call, oldLength, suffix.Length)) return;
        var value = edit.Resize(oldLength + suffix.Length, ValueEncoding.Raw, KeyspaceEvent.Append);
        suffix.CopyTo(value[oldLength..]);
        call.Reply.Integer(value.Length);
    }

    [Command("STRLEN", Summary = "Returns the length of a string value.", Since = "2.2.0", Complexity = "O(1)",
        Flags = ReadOnly | Fast, Keys = "1 RO",
        Arguments = "key")]
    internal static void Length(ref Call call)
    {
        var view = call.Find(1);
        if (!call.IsStringOrMissing(view)) return;
        call.Reply.Integer(view.Exists ? view.Value.Length : 0);
    }

    [Command("SETRANGE", Summary = "Overwrites a part of a string value with another by an offset. Creates the key if it doesn't exist.", Since = "2.2.0",
        Complexity = "O(1), not counting the time taken to copy the new string in place. Usually, this string is very small so the amortized complexity is "
            + "O(1). Otherwise, complexity is O(M) with M being the length of the value argument.",
        Flags = Write | DenyOom, Keys = "1 RW update",
        Arguments = "key offset:integer value")]
    internal static void SetRange(ref Call call)
    {
        if (!call.TryInteger(2, out var offset)) return;
        if (offset < 0)
        {
            call.Fail("ERR offset is out of range");
            return;
        }
        var part = call.Args[3];
        var edit = call.Edit(1);
        if (edit.Exists && !call.IsStringOrMissing(edit.View)) return;
        var oldLength = edit.Exists ? edit.View.Value.Length : 0;
        if (part.IsEmpty)
        {
            call.Reply.Integer(oldLength);
            return;
        }
        if (!StringValue.IsLengthAllowed(ref call, offset, part.Length)) return;
        var value = edit.Resize(Math.Max(oldLength, (int)offset + part.Length), ValueEncoding.Raw, KeyspaceEvent.SetRange);
        part.CopyTo(value[(int)offset..]);
        call.Reply.Integer(value.Length);
    }

    [Command("GETRANGE", Summary = "Returns a substring of the string stored at a key.", Since = "2.4.0",
        Complexity = "O(N) where N is the length of the returned string. The complexity is ultimately determined by the returned length, but because "
            + "creating a substring from an existing string is very cheap, it can be considered O(1) for small strings.",
        Flags = ReadOnly, Keys = "1 RO access",
        Arguments = "key start:integer end:integer")]
    [Command("SUBSTR", Summary = "Returns a substring from a string value.", Since = "1.0.0",
        Complexity = "O(N) where N is the length of the returned string. The complexity is ultimately determined by the returned length, but because "
            + "creating a substring from an existing string is very cheap, it can be considered O(1) for small strings.",
        Flags = ReadOnly, Keys = "1 RO access",
        Arguments = "key start:integer end:integer", DeprecatedSince = "2.0.0", ReplacedBy = "`GETRANGE`")]
    internal static void GetRange(ref Call call)
    {
        if (!call.TryInteger(2, out var start) || !call.TryInteger(3, out var end)) return;
        var view = call.Find(1);
        if (!call.IsStringOrMissing(view)) return;
        var part = Part(view.Exists ? view.Value.Length : 0, start, end);
        if (part.Length == 0) call.Reply.Bulk(default(ReadOnlySpan<byte>));
        else call.ReplyString(view, part.Start, part.Length);
    }

    /// <summary>The bytes from start to end, both included. Negative positions count from the end; those before the beginning are 0.</summary>
    private static (int Start, int Length) Part(int length, long start, long end)
    {
        if (start < 0 && end < 0 && start > end) return default;
        if (start < 0) start = Math.Max(start + length, 0);
        if (end < 0) end = Math.Max(end + length, 0);
        end = Math.Min(end, length - 1);
        return start > end ? default : ((int)start, (int)(end + 1 - start));
    }
}
