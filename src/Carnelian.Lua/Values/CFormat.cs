using System.Globalization;

namespace Carnelian;

/// <summary>Doubles as C's printf writes them by %g, %e and %f.</summary>
internal static class CFormat
{
    /// <summary>Longer than any: 309 digits before the point and 99 behind.</summary>
    public const int LengthMax = 512;

    /// <summary>By %g with a precision: as few digits as it takes up to there; an exponent below -4 or where the precision does not reach.</summary>
    /// <param name="keepsZeros">By the flag #: zeros at the end stay.</param>
    public static int WriteGeneral(double value, int precision, bool keepsZeros, Span<byte> to)
    {
        if (!double.IsFinite(value)) return WriteInfinite(value, to);
        if (precision == 0) precision = 1;
        Span<byte> text = stackalloc byte[LengthMax];
        Span<char> format = stackalloc char[4];
        Check.That(value.TryFormat(text, out var length, ExponentFormat(format, precision - 1), CultureInfo.InvariantCulture));
        // [-]d[.ddd]E+ddd
        var mark = text[..length].LastIndexOf((byte)'E');
        var exponent = Exponent(text[(mark + 1)..length]);
        var at = 0;
        var from = 0;
        if (text[0] == '-')
        {
            to[at++] = (byte)'-';
            from = 1;
        }
        Span<byte> digits = stackalloc byte[LengthMax];
        var count = 0;
        foreach (var letter in text[from..mark])
            if (letter != '.') digits[count++] = letter;
        if (!keepsZeros)
            while (count > 1 && digits[count - 1] == '0') count--;
        digits = digits[..count];
        return at + (exponent < -4 || exponent >= precision ? WriteScientific(digits, exponent, keepsZeros, to[at..]) : WritePlain(digits, exponent, keepsZeros, to[at..]));
    }

    private static int WritePlain(ReadOnlySpan<byte> digits, int exponent, bool keepsPoint, Span<byte> to)
    {
        var at = 0;
        if (exponent < 0)
        {
            to[at++] = (byte)'0';
            to[at++] = (byte)'.';
            for (var i = -1; i > exponent; i--) to[at++] = (byte)'0';
            digits.CopyTo(to[at..]);
            return at + digits.Length;
        }
        for (var i = 0; i <= exponent; i++) to[at++] = i < digits.Length ? digits[i] : (byte)'0';
        if (digits.Length > exponent + 1 || keepsPoint) to[at++] = (byte)'.';
        for (var i = exponent + 1; i < digits.Length; i++) to[at++] = digits[i];
        return at;
    }

    private static int WriteScientific(ReadOnlySpan<byte> digits, int exponent, bool keepsPoint, Span<byte> to)
    {
        var at = 0;
        to[at++] = digits[0];
        if (digits.Length > 1 || keepsPoint) to[at++] = (byte)'.';
        digits[1..].CopyTo(to[at..]);
        at += digits.Length - 1;
        return at + WriteExponent(exponent, to[at..]);
    }

    private static int WriteExponent(int exponent, Span<byte> to)
    {
        to[0] = (byte)'e';
        to[1] = (byte)(exponent < 0 ? '-' : '+');
        exponent = Math.Abs(exponent);
        var at = 2;
        if (exponent >= 100) to[at++] = (byte)('0' + exponent / 100);
        to[at++] = (byte)('0' + exponent / 10 % 10);
        to[at++] = (byte)('0' + exponent % 10);
        return at;
    }

    /// <summary>By %e.</summary>
    public static int WriteScientific(double value, int precision, bool keepsPoint, Span<byte> to)
    {
        if (!double.IsFinite(value)) return WriteInfinite(value, to);
        Span<char> format = stackalloc char[4];
        Check.That(value.TryFormat(to, out var length, ExponentFormat(format, precision), CultureInfo.InvariantCulture));
        var mark = to[..length].LastIndexOf((byte)'E');
        var exponent = Exponent(to[(mark + 1)..length]);
        if (precision == 0 && keepsPoint) to[mark++] = (byte)'.';
        return mark + WriteExponent(exponent, to[mark..]);
    }

    /// <summary>By %f.</summary>
    public static int WriteFixed(double value, int precision, bool keepsPoint, Span<byte> to)
    {
        if (!double.IsFinite(value)) return WriteInfinite(value, to);
        Span<char> format = stackalloc char[4];
        format[0] = 'F';
        Check.That(precision.TryFormat(format[1..], out var digits, default, CultureInfo.InvariantCulture));
        Check.That(value.TryFormat(to, out var length, format[..(digits + 1)], CultureInfo.InvariantCulture));
        if (precision == 0 && keepsPoint) to[length++] = (byte)'.';
        return length;
    }

    private static ReadOnlySpan<char> ExponentFormat(Span<char> format, int precision)
    {
        format[0] = 'E';
        Check.That(precision.TryFormat(format[1..], out var digits, default, CultureInfo.InvariantCulture));
        return format[..(digits + 1)];
    }

    private static int Exponent(ReadOnlySpan<byte> text)
    {
        var value = 0;
        foreach (var digit in text[1..]) value = value * 10 + digit - '0';
        return text[0] == '-' ? -value : value;
    }

    private static int WriteInfinite(double value, Span<byte> to)
    {
        var text = double.IsNaN(value) ? (double.IsNegative(value) ? "-nan"u8 : "nan"u8) : value > 0 ? "inf"u8 : "-inf"u8;
        text.CopyTo(to);
        return text.Length;
    }
}
