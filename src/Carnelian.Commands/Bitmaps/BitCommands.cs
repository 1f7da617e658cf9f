using System.Numerics;
using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>Commands on strings as arrays of bits; bit 0 is the highest of the first byte.</summary>
[CommandFamily("bitmap")]
internal static class BitCommands
{
    [Command("SETBIT", Summary = "Sets or clears the bit at offset of the string value. Creates the key if it doesn't exist.", Since = "2.2.0",
        Complexity = "O(1)",
        Flags = Write | DenyOom, Keys = "1 RW access update",
        Arguments = "key offset:integer value:integer")]
    internal static void SetBit(ref Call call)
    {
        if (!BitOffset.TryRead(ref call, 2, out var offset)) return;
        if (!IntegerText.TryParse(call.Args[3], out var bit) || bit is not (0 or 1))
        {
            call.Fail("ERR bit is not an integer or out of range");
            return;
        }
        var edit = call.Edit(1);
        if (edit.Exists && !call.IsStringOrMissing(edit.View)) return;
        var length = edit.Exists ? edit.View.Value.Length : 0;
        var (at, mask) = ((int)(offset >> 3), (byte)(0x80 >> (int)(offset & 7)));
        var isSet = at < length && (edit.View.Value[at] & mask) != 0;
        call.Reply.Integer(isSet ? 1 : 0);
        if (at < length && isSet == (bit == 1))
        {
            edit.Recode(ValueEncoding.Raw);
            return;
        }
        var value = edit.Resize(Math.Max(length, at + 1), ValueEncoding.Raw, KeyspaceEvent.SetBit);
        if (bit == 1) value[at] |= mask;
        else value[at] &= (byte)~mask;
    }

    [Command("GETBIT", Summary = "Returns a bit value by offset.", Since = "2.2.0", Complexity = "O(1)",
        Flags = ReadOnly | Fast, Keys = "1 RO access",
        Arguments = "key offset:integer")]
    internal static void GetBit(ref Call call)
    {
        if (!BitOffset.TryRead(ref call, 2, out var offset)) return;
        var view = call.Find(1);
        if (!call.IsStringOrMissing(view)) return;
        var at = offset >> 3;
        var isSet = view.Exists && at < view.Value.Length && (view.Value[(int)at] & (0x80 >> (int)(offset & 7))) != 0;
        call.Reply.Integer(isSet ? 1 : 0);
    }

    [Command("BITCOUNT", Summary = "Counts the number of set bits (population counting) in a string.", Since = "2.6.0", Complexity = "O(N)",
        Flags = ReadOnly, Keys = "1 RO access",
        Arguments = "key [range: start:integer end:integer [unit@7.0.0: BYTE | BIT]]",
        History = [
            "7.0.0: Added the `BYTE|BIT` option."])]
    internal static void Count(ref Call call)
    {
        if (call.Args.Count == 3)
        {
            call.FailSyntax();
            return;
        }
        var range = BitRange.Read(ref call, 2, unitFirst: false);
        if (call.Failed) return;
        var view = call.Find(1);
        if (!call.IsStringOrMissing(view)) return;
        var count = 0L;
        if (view.Exists && !range.IsReversed && range.TryFit(view.Value.Length, out var first, out var last)) count = Count(view.Value, first, last);
        call.Reply.Integer(count);
    }

    /// <summary>Bits that are set in the bytes from the first bit to the last, less those before and behind.</summary>
    private static long Count(ReadOnlySpan<byte> value, long first, long last)
    {
        var (from, to) = ((int)(first >> 3), (int)(last >> 3));
        var before = value[from] & ~(0xff >> (int)(first & 7));
        var behind = value[to] & (0x7f >> (int)(last & 7));
        return BitString.Count(value[from..(to + 1)]) - BitOperations.PopCount((uint)before) - BitOperations.PopCount((uint)behind);
    }

    [Command("BITPOS", Summary = "Finds the first set (1) or clear (0) bit in a string.", Since = "2.8.7", Complexity = "O(N)",
        Flags = ReadOnly, Keys = "1 RO access",
        Arguments = "key bit:integer [range: start:integer [end-unit-block: end:integer [unit@7.0.0: BYTE | BIT]]]",
        History = [
            "7.0.0: Added the `BYTE|BIT` option."])]
    internal static void Position(ref Call call)
    {
        if (!call.TryInteger(2, out var bit)) return;
        if (bit is not (0 or 1))
        {
            call.Fail("ERR The bit argument must be 1 or 0.");
            return;
        }
        var range = BitRange.Read(ref call, 3, unitFirst: true);
        if (call.Failed) return;
        var view = call.Find(1);
        if (!call.IsStringOrMissing(view)) return;
        call.Reply.Integer(view.Exists ? Find(view.Value, bit == 1, range) : bit == 1 ? -1 : 0);
    }

    /// <summary>Behind a string whose end nobody gave there are zeros.</summary>
    private static long Find(ReadOnlySpan<byte> value, bool bit, in BitRange range)
    {
        if (!range.TryFit(value.Length, out var first, out var last)) return -1;
        var found = BitString.Find(value, bit, first, last);
        return found < 0 && !bit && !range.HasEnd ? last + 1 : found;
    }

    [Command("BITOP", Summary = "Performs bitwise operations on multiple strings, and stores the result.", Since = "2.6.0", Complexity = "O(N)",
        Flags = Write | DenyOom, Keys = "2 OW update; 3..-1 RO access",
        Arguments = "(operation: AND | OR | XOR | NOT) destkey:key key...")]
    internal static void Combine(ref Call call)
    {
        var operation = BitCombination.Read(ref call);
        if (call.Failed) return;
        var sources = call.Executor.BorrowFound();
        var length = 0;
        for (var i = 3; i < call.Args.Count; i++)
        {
            var view = call.Find(i);
            if (!call.IsStringOrMissing(view)) return;
            sources.Add(view);
            if (view.Exists) length = Math.Max(length, view.Value.Length);
        }
        if (length > 0) BitCombination.Write(operation, sources, call.Edit(2).Overwrite(length, ValueEncoding.Raw, KeyspaceEvent.Set));
        else call.DeleteDestination(2);
        call.Reply.Integer(length);
    }
}

/// <summary>Places of bits as arguments.</summary>
internal static class BitOffset
{
    /// <summary>Reads an offset, which no string may be too short for; otherwise the call has failed.</summary>
    public static bool TryRead(ref Call call, int argument, out long offset) => TryScale(ref call, call.Args[argument], 1, out offset);

    /// <summary>As <see cref="TryRead"/>, of fields of so many bits: #2 is the third of them.</summary>
    public static bool TryReadOfField(ref Call call, int argument, int bits, out long offset)
    {
        var text = call.Args[argument];
        return text is [(byte)'#', ..] ? TryScale(ref call, text[1..], bits, out offset) : TryScale(ref call, text, 1, out offset);
    }

    private static bool TryScale(ref Call call, ReadOnlySpan<byte> text, int bits, out long offset)
    {
        // Compared before it is multiplied: the product of a number far out would wrap around to a bit of the string.
        if (IntegerText.TryParse(text, out offset) && offset >= 0 && offset <= long.MaxValue / bits)
        {
            offset *= bits;
            if (offset >> 3 < call.Executor.StringBytesMax) return true;
        }
        call.Fail("ERR bit offset is not an integer or out of range");
        return false;
    }
}

/// <summary>A range of BITCOUNT or BITPOS as it was given: of bytes or bits, both ends included, from the end when negative.</summary>
internal readonly record struct BitRange(long Start, long End, bool HasEnd, bool InBits)
{
    /// <summary>Reads "[start [end [BYTE | BIT]]]", or the call has failed. The commands differ in what they look at first.</summary>
    public static BitRange Read(ref Call call, int argument, bool unitFirst)
    {
        var count = call.Args.Count - argument;
        var (start, end) = (0L, -1L);
        var inBits = false;
        if (count > 3) call.FailSyntax();
        if (call.Failed || (count > 0 && !call.TryInteger(argument, out start))) return default;
        if (unitFirst && count > 2 && !TryReadUnit(ref call, argument + 2, out inBits)) return default;
        if (count > 1 && !call.TryInteger(argument + 1, out end)) return default;
        if (!unitFirst && count > 2 && !TryReadUnit(ref call, argument + 2, out inBits)) return default;
        return new(start, end, count > 1, inBits);
    }

    private static bool TryReadUnit(ref Call call, int argument, out bool inBits)
    {
        inBits = call.Is(argument, "bit"u8);
        if (inBits || call.Is(argument, "byte"u8)) return true;
        call.FailSyntax();
        return false;
    }

    /// <summary>The end lies before the start however long the string is. Else both would be moved to the beginning of one that is too short.</summary>
    public bool IsReversed => Start < 0 && End < 0 && Start > End;

    /// <summary>The first and the last bit of the range in a string of so many bytes; false when there is none.</summary>
    public bool TryFit(int bytes, out long first, out long last)
    {
        var length = InBits ? 8L * bytes : bytes;
        first = Start < 0 ? Math.Max(Start + length, 0) : Start;
        last = Math.Min(End < 0 ? Math.Max(End + length, 0) : End, length - 1);
        if (first > last) return false;
        if (!InBits) (first, last) = (8 * first, 8 * last + 7);
        return true;
    }
}
