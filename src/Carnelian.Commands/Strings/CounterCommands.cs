using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>Commands on strings that are numbers.</summary>
[CommandFamily("string")]
internal static class CounterCommands
{
    [Command("INCR", Summary = "Increments the integer value of a key by one. Uses 0 as initial value if the key doesn't exist.", Since = "1.0.0",
        Complexity = "O(1)",
        Flags = Write | DenyOom | Fast, Keys = "1 RW access update",
        Arguments = "key")]
    internal static void Increment(ref Call call) => Add(ref call, 1);

    [Command("DECR", Summary = "Decrements the integer value of a key by one. Uses 0 as initial value if the key doesn't exist.", Since = "1.0.0",
        Complexity = "O(1)",
        Flags = Write | DenyOom | Fast, Keys = "1 RW access update",
        Arguments = "key")]
    internal static void Decrement(ref Call call) => Add(ref call, -1);

    [Command("INCRBY", Summary = "Increments the integer value of a key by a number. Uses 0 as initial value if the key doesn't exist.", Since = "1.0.0",
        Complexity = "O(1)",
        Flags = Write | DenyOom | Fast, Keys = "1 RW access update",
        Arguments = "key increment:integer")]
    internal static void IncrementBy(ref Call call)
    {
        if (call.TryInteger(2, out var increment)) Add(ref call, increment);
    }

    [Command("DECRBY", Summary = "Decrements a number from the integer value of a key. Uses 0 as initial value if the key doesn't exist.", Since = "1.0.0",
        Complexity = "O(1)",
        Flags = Write | DenyOom | Fast, Keys = "1 RW access update",
        Arguments = "key decrement:integer")]
    internal static void DecrementBy(ref Call call)
    {
        if (!call.TryInteger(2, out var decrement)) return;
        if (decrement == long.MinValue) call.Fail("ERR decrement would overflow");
        else Add(ref call, -decrement);
    }

    private static void Add(ref Call call, long increment)
    {
        var edit = call.Edit(1);
        long value = 0;
        if (edit.Exists)
        {
            if (!call.IsStringOrMissing(edit.View)) return;
            if (!IntegerText.TryParse(edit.View.Value, out value))
            {
                call.FailNotInteger();
                return;
            }
        }
        var sum = unchecked(value + increment);
        if (((value ^ sum) & (increment ^ sum)) < 0)
        {
            call.Fail("ERR increment or decrement would overflow");
            return;
        }
        Span<byte> text = stackalloc byte[IntegerText.LengthMax];
        text = text[..IntegerText.Format(sum, text)];
        edit.Write(ValueType.String, ValueEncoding.Int, text, edit.Exists ? edit.View.ExpiryMs : EntryView.NoExpiry, KeyspaceEvent.IncrementBy);
        call.Reply.Integer(sum);
    }

    [Command("INCRBYFLOAT", Summary = "Increment the floating point value of a key by a number. Uses 0 as initial value if the key doesn't exist.",
        Since = "2.6.0", Complexity = "O(1)",
        Flags = Write | DenyOom | Fast, Keys = "1 RW access update",
        Arguments = "key increment:double")]
    internal static void IncrementByFloat(ref Call call)
    {
        var edit = call.Edit(1);
        LongDouble value = default;
        if (edit.Exists && !call.IsStringOrMissing(edit.View)) return;
        if (edit.Exists && !LongDouble.TryParse(edit.View.Value, out value) || !LongDouble.TryParse(call.Args[2], out var increment))
        {
            call.Fail("ERR value is not a valid float");
            return;
        }
        var sum = value + increment;
        if (!sum.IsFinite)
        {
            call.Fail("ERR increment would produce NaN or Infinity");
            return;
        }
        Span<byte> text = stackalloc byte[sum.FormatBytesMax];
        text = text[..sum.Format(text)];
        edit.Write(ValueType.String, StringValue.EncodingOfText(text), text, edit.Exists ? edit.View.ExpiryMs : EntryView.NoExpiry, KeyspaceEvent.IncrementByFloat);
        call.Reply.Bulk(text);
        // The sum, so that no other way to compute can yield another.
        if (call.HasListeners) call.BeginEffect("SET"u8, 2).Append(text).Append("KEEPTTL"u8);
    }
}
