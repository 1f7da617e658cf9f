using System.Buffers.Text;
using System.Globalization;

namespace Carnelian;

/// <summary>Doubles as Redis writes and reads them.</summary>
public static class DoubleText
{
    /// <summary>Sign, 17 digits, point, "e-308"; or sign, "0.", six zeros and 17 digits.</summary>
    public const int LengthMax = 32;

    /// <summary>More significant digits tell nothing about a double.</summary>
    private const int DigitsMax = 17;

    private const int ZerosMax = 7;

    /// <summary>2^62: integers up to there are taken for such.</summary>
    private const double IntegerMax = 1L << 62;

    /// <summary>Whether a number is an integer, and one that is written as such (util.c, double2ll).</summary>
    public static bool IsInteger(double value, out long integer)
    {
        integer = value is >= -IntegerMax and <= IntegerMax ? (long)value : 0;
        return integer == value;
    }

    /// <summary>
    /// Writes a number as replies and listpacks have it (util.c, d2string): an integer as such, others with <see cref="ShortDigits"/> that read back as the same
    /// number; without an exponent where that takes at most seven zeros, as in 0.0000001; "inf", "-inf", "nan" and "-0". The destination has room for
    /// <see cref="LengthMax"/> bytes.
    /// </summary>
    public static int Format(double value, Span<byte> destination)
    {
        if (!double.IsFinite(value)) return FormatInfinite(value, destination);
        if (value == 0 && double.IsNegative(value)) return Put("-0"u8, destination);
        if (!IsInteger(value, out var integer)) return Write(value, destination, isFull: false);
        Utf8Formatter.TryFormat(integer, destination, out var length);
        return length;
    }

    /// <summary>As <see cref="Format"/>, but an integer as any other number: 100000000 is "1e+8" (fpconv_dtoa).</summary>
    public static int FormatShortest(double value, Span<byte> destination)
    {
        if (!double.IsFinite(value)) return FormatInfinite(value, destination);
        if (value == 0) return Put(double.IsNegative(value) ? "-0"u8 : "0"u8, destination);
        return Write(value, destination, isFull: false);
    }

    /// <summary>Writes a number with 17 digits and no zeros at the end, as C's <c>%.17g</c> does.</summary>
    public static int FormatFully(double value, Span<byte> destination) =>
        double.IsFinite(value) ? Write(value, destination, isFull: true) : FormatInfinite(value, destination);

    /// <summary>Writes a number with four digits behind the point, as distances are (util.c, fixedpoint_d2string).</summary>
    public static int FormatFixed(double value, Span<byte> destination)
    {
        const ulong scale = 10_000;
        var scaled = Truncate(Math.Round(value * scale));
        var magnitude = scaled < 0 ? unchecked((ulong)-scaled) : (ulong)scaled;
        var length = scaled < 0 ? Put("-"u8, destination) : 0;
        Utf8Formatter.TryFormat(magnitude / scale, destination[length..], out var whole);
        length += whole;
        destination[length++] = (byte)'.';
        Utf8Formatter.TryFormat(magnitude % scale, destination[length..], out var fraction, new('D', 4));
        return length + fraction;
    }

    /// <summary>A number as an integer, as x86 converts it: what is none is the least one.</summary>
    public static long Truncate(double value) => value is >= long.MinValue and < -(double)long.MinValue ? (long)value : long.MinValue;

    private static int FormatInfinite(double value, Span<byte> destination) =>
        Put(double.IsNaN(value) ? "nan"u8 : value > 0 ? "inf"u8 : "-inf"u8, destination);

    private static int Put(ReadOnlySpan<byte> text, Span<byte> destination)
    {
        text.CopyTo(destination);
        return text.Length;
    }

    /// <param name="isFull">With 17 digits.</param>
    private static int Write(double value, Span<byte> destination, bool isFull)
    {
        Span<byte> digits = stackalloc byte[LengthMax];
        var count = isFull ? FullDigits(Math.Abs(value), digits, out var exponent) : ShortDigits.Write(Math.Abs(value), digits, out exponent);
        var isNegative = double.IsNegative(value);
        if (isNegative) destination[0] = (byte)'-';
        var to = destination[(isNegative ? 1 : 0)..];
        // The value is the digits, as an integer, times ten to the power of the scale.
        var scale = exponent - (count - 1);
        var isPlain = isFull
            ? exponent is >= -4 and < DigitsMax
            : scale >= 0 ? exponent < count + ZerosMax : scale > -ZerosMax || Math.Abs(exponent) < 4;
        var length = isPlain ? WritePlain(digits[..count], scale, to) : WriteScientific(digits[..count], exponent, isFull, to);
        return length + (isNegative ? 1 : 0);
    }

    private static int WritePlain(ReadOnlySpan<byte> digits, int scale, Span<byte> to)
    {
        if (scale >= 0)
        {
            digits.CopyTo(to);
            to.Slice(digits.Length, scale).Fill((byte)'0');
            return digits.Length + scale;
        }
        var whole = digits.Length + scale;
        if (whole > 0)
        {
            digits[..whole].CopyTo(to);
            to[whole] = (byte)'.';
            digits[whole..].CopyTo(to[(whole + 1)..]);
            return digits.Length + 1;
        }
        to[..(2 - whole)].Fill((byte)'0');
        to[1] = (byte)'.';
        digits.CopyTo(to[(2 - whole)..]);
        return 2 - whole + digits.Length;
    }

    private static int WriteScientific(ReadOnlySpan<byte> digits, int exponent, bool twoDigits, Span<byte> to)
    {
        var length = 0;
        to[length++] = digits[0];
        if (digits.Length > 1) to[length++] = (byte)'.';
        digits[1..].CopyTo(to[length..]);
        length += digits.Length - 1;
        to[length++] = (byte)'e';
        to[length++] = (byte)(exponent < 0 ? '-' : '+');
        Utf8Formatter.TryFormat(Math.Abs(exponent), to[length..], out var written, twoDigits ? new('D', 2) : default);
        return length + written;
    }

    /// <summary>17 digits without the zeros at their end, and the power of ten of the first one.</summary>
    private static int FullDigits(double value, Span<byte> digits, out int exponent)
    {
        // d.ddddddddddddddddE+ddd
        Span<byte> text = stackalloc byte[LengthMax];
        Check.That(value.TryFormat(text, out var length, "E16", CultureInfo.InvariantCulture));
        digits[0] = text[0];
        text.Slice(2, DigitsMax - 1).CopyTo(digits[1..]);
        Check.That(Utf8Parser.TryParse(text[(DigitsMax + 2)..length], out exponent, out _));
        return Math.Max(1, digits[..DigitsMax].TrimEnd((byte)'0').Length);
    }

    /// <summary>
    /// Reads a decimal number, or "inf" or "infinity" in any case, with a sign or without; the whole text must be one. What is too large is infinite, what is
    /// too small 0.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out double value)
    {
        value = 0;
        var isNegative = text.StartsWith("-"u8);
        var number = isNegative || text.StartsWith("+"u8) ? text[1..] : text;
        if (IsInfinity(number)) value = isNegative ? double.NegativeInfinity : double.PositiveInfinity;
        else if (!IsDecimal(number) || !double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value)) return false;
        return true;
    }

    public static bool IsInfinity(ReadOnlySpan<byte> text) =>
        System.Text.Ascii.EqualsIgnoreCase(text, "inf"u8) || System.Text.Ascii.EqualsIgnoreCase(text, "infinity"u8);

    private static bool IsDecimal(ReadOnlySpan<byte> text)
    {
        var digits = SkipDigits(ref text);
        if (text.StartsWith("."u8))
        {
            text = text[1..];
            digits += SkipDigits(ref text);
        }
        if (digits == 0) return false;
        if (text.IsEmpty) return true;
        if (text[0] is not ((byte)'e' or (byte)'E')) return false;
        text = text[1..];
        if (!text.IsEmpty && text[0] is (byte)'+' or (byte)'-') text = text[1..];
        return SkipDigits(ref text) > 0 && text.IsEmpty;
    }

    private static int SkipDigits(ref ReadOnlySpan<byte> text)
    {
        var end = text.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        var digits = end < 0 ? text.Length : end;
        text = text[digits..];
        return digits;
    }
}
