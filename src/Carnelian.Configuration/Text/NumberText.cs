using System.Globalization;

namespace Carnelian;

/// <summary>The notations of numbers in a configuration, each as strict or as lenient as Redis reads it.</summary>
public static class NumberText
{
    private const int MemoryDigitsMax = 127;

    /// <summary>A whole number in its one canonical notation: no blanks, plus sign or leading zeros (as <c>string2ll</c>).</summary>
    public static bool TryReadStrict(string text, out long value) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value)
        && text == value.ToString(CultureInfo.InvariantCulture);

    /// <summary>
    /// A number as C's <c>strtoll</c> reads it, provided that it takes the whole text: leading blanks and a plus sign
    /// pass, no text at all is 0, and what does not fit becomes the nearest number that does.
    /// </summary>
    /// <param name="radix">Up to 10.</param>
    public static bool TryReadLenient(string text, int radix, out long value, out bool overflow)
    {
        value = 0;
        overflow = false;
        if (text.Length == 0) return true;
        var position = 0;
        while (position < text.Length && text[position] is ' ' or >= '\t' and <= '\r') position++;
        var negative = position < text.Length && text[position] == '-';
        if (position < text.Length && text[position] is '-' or '+') position++;
        if (position == text.Length) return false;
        Int128 number = 0;
        for (; position < text.Length; position++)
        {
            var digit = text[position] - '0';
            if (digit < 0 || digit >= radix) return false;
            number = Int128.Min(number * radix + digit, (Int128)1 << 64);
        }
        if (negative) number = -number;
        value = (long)Int128.Clamp(number, long.MinValue, long.MaxValue);
        overflow = value != number;
        return true;
    }

    /// <summary>
    /// Bytes with a unit (as <c>memtoull</c>): "1k" is 1000, "1kb" 1024, likewise m, g; "b" or nothing is bytes; case does
    /// not matter. Digits that do not fit 64 bits stand for their largest number, and the unit multiplies modulo 2^64.
    /// </summary>
    public static bool TryReadMemory(string text, out ulong bytes)
    {
        bytes = 0;
        var digits = text.AsSpan().IndexOfAnyExceptInRange('0', '9');
        if (digits < 0) digits = text.Length;
        if (digits > MemoryDigitsMax) return false;
        ulong? unit = text[digits..].ToLowerInvariant() switch
        {
            "" or "b" => 1,
            "k" => 1000,
            "kb" => 1 << 10,
            "m" => 1000 * 1000,
            "mb" => 1 << 20,
            "g" => 1000 * 1000 * 1000,
            "gb" => 1 << 30,
            _ => null,
        };
        if (unit is null) return false;
        var number = 0UL;
        if (digits > 0 && !ulong.TryParse(text.AsSpan(0, digits), NumberStyles.None, CultureInfo.InvariantCulture, out number)) number = ulong.MaxValue;
        bytes = unchecked(number * unit.Value);
        return true;
    }

    /// <summary>Bytes in the largest unit that divides them, as CONFIG REWRITE writes them.</summary>
    public static string WriteMemory(ulong bytes)
    {
        foreach (var (shift, unit) in (ReadOnlySpan<(int, string)>)[(30, "gb"), (20, "mb"), (10, "kb")])
        {
            if (bytes != 0 && bytes % (1UL << shift) == 0) return (bytes >> shift).ToString(CultureInfo.InvariantCulture) + unit;
        }
        return bytes.ToString(CultureInfo.InvariantCulture);
    }
}
