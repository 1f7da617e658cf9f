using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>Commands on fields that are numbers.</summary>
[CommandFamily("hash")]
internal static class HashCounterCommands
{
    [Command("HINCRBY", Summary = "Increments the integer value of a field in a hash by a number. Uses 0 as initial value if the field doesn't exist.",
        Since = "2.0.0", Complexity = "O(1)",
        Flags = Write | DenyOom | Fast | ElementBehindKey, Keys = "1 RW access update",
        Arguments = "key field increment:integer")]
    internal static void IncrementBy(ref Call call)
    {
        if (!call.TryInteger(3, out var increment)) return;
        var hash = call.EditHash(1);
        if (call.Failed) return;
        Span<byte> text = stackalloc byte[PackedElement.IntegerTextMax];
        long value = 0;
        if (LazyFieldExpiry.TryFind(ref call, ref hash, 2, out var field) && !IntegerText.TryParse(field.Value.Text(text), out value))
        {
            call.Fail("ERR hash value is not an integer");
            return;
        }
        var sum = unchecked(value + increment);
        if (((value ^ sum) & (increment ^ sum)) < 0)
        {
            call.Fail("ERR increment or decrement would overflow");
            return;
        }
        hash.Set(call.Args[2], text[..IntegerText.Format(sum, text)], HashEdit.KeepsExpiry);
        call.Reply.Integer(sum);
        hash.Changed(1, KeyspaceEvent.HashIncrementBy);
    }

    [Command("HINCRBYFLOAT", Summary = "Increments the floating point value of a field by a number. Uses 0 as initial value if the field doesn't exist.",
        Since = "2.6.0", Complexity = "O(1)",
        Flags = Write | DenyOom | Fast | ElementBehindKey, Keys = "1 RW access update",
        Arguments = "key field increment:double")]
    internal static void IncrementByFloat(ref Call call)
    {
        if (!TryIncrement(ref call, out var increment)) return;
        var hash = call.EditHash(1);
        if (call.Failed) return;
        LongDouble value = default;
        if (LazyFieldExpiry.TryFind(ref call, ref hash, 2, out var field))
        {
            Span<byte> scratch = stackalloc byte[PackedElement.IntegerTextMax];
            if (!LongDouble.TryParse(field.Value.Text(scratch), out value))
            {
                call.Fail("ERR hash value is not a float");
                return;
            }
        }
        var sum = value + increment;
        if (!sum.IsFinite)
        {
            call.Fail("ERR increment would produce NaN or Infinity");
            return;
        }
        Span<byte> text = stackalloc byte[sum.FormatBytesMax];
        text = text[..sum.Format(text)];
        hash.Set(call.Args[2], text, HashEdit.KeepsExpiry);
        call.Reply.Bulk(text);
        hash.Changed(1, KeyspaceEvent.HashIncrementByFloat);
        // The sum, so that no other way to compute can yield another.
        if (call.HasListeners) call.BeginEffect("HSETEX"u8, 5).Append("KEEPTTL"u8).Append("FIELDS"u8).Append("1"u8).Append(call.Args[2]).Append(text);
    }

    private static bool TryIncrement(ref Call call, out LongDouble increment)
    {
        if (!LongDouble.TryParse(call.Args[3], out increment)) call.Fail("ERR value is not a valid float");
        else if (!increment.IsFinite) call.Fail("ERR value is NaN or Infinity");
        return !call.Failed;
    }
}
