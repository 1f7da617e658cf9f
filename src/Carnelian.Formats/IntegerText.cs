using System.Buffers.Text;
using System.Runtime.CompilerServices;

namespace Carnelian;

/// <summary>
/// 64-bit integers as decimal text, in the one form that Redis takes for a number: no sign but '-', no leading zeros,
/// no blanks, and so with one text per number (util.c, string2ll).
/// </summary>
public static class IntegerText
{
    /// <summary>Length of the longest: "-9223372036854775808".</summary>
    public const int LengthMax = 20;

    public static bool TryParse(ReadOnlySpan<byte> text, out long value)
    {
        value = 0;
        if (text.IsEmpty || text.Length > LengthMax) return false;
        var negative = text[0] == '-';
        var digits = negative ? text[1..] : text;
        if (digits.IsEmpty || digits.Length > 19) return false;
        var first = (uint)digits[0] - '0';
        if (first > 9) return false;
        if (first == 0) return !negative && digits.Length == 1;
        var sum = (ulong)first;
        for (var i = 1; i < digits.Length; i++)
        {
            var digit = (uint)digits[i] - '0';
            if (digit > 9) return false;
            sum = sum * 10 + digit; // 19 digits stay below 10^19 < 2^64
        }
        if (negative)
        {
            if (sum > 1UL << 63) return false;
            value = (long)(0 - sum);
            return true;
        }
        value = (long)sum;
        return sum <= long.MaxValue;
    }

    /// <summary>As C's atoi: blanks, a sign, digits as far as there are any, and of the number the lower 32 bits.</summary>
    public static int ParseLeading(ReadOnlySpan<byte> text)
    {
        text = text.TrimStart(" \t\n\v\f\r"u8);
        var isNegative = text.StartsWith("-"u8);
        if (isNegative || text.StartsWith("+"u8)) text = text[1..];
        Int128 number = 0;
        for (var i = 0; i < text.Length && char.IsAsciiDigit((char)text[i]) && number <= long.MaxValue; i++) number = number * 10 + text[i] - '0';
        return unchecked((int)(long)Int128.Clamp(isNegative ? -number : number, long.MinValue, long.MaxValue));
    }

    /// <summary>Writes a number; the destination has room for <see cref="LengthMax"/> bytes or as many as it takes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Format(long value, Span<byte> destination)
    {
        if ((ulong)value <= 9 && destination.Length > 0)
        {
            destination[0] = (byte)('0' + value);
            return 1;
        }
        Check.That(Utf8Formatter.TryFormat(value, destination, out var written));
        return written;
    }
}
