using System.Buffers.Text;
using System.Globalization;

namespace Carnelian;

/// <summary>Numbers as text and back, as C's <c>%.14g</c> and <c>strtod</c> have them.</summary>
internal static class LuaNumber
{
    /// <summary>Sign, 14 digits, point, "e-308".</summary>
    public const int LengthMax = 32;

    private const int Digits = 14;

    /// <summary>What strtod reads; that which the processor makes of 0/0 is negative.</summary>
    private static readonly double PositiveNaN = BitConverter.UInt64BitsToDouble(0x7FF8_0000_0000_0000);

    /// <summary>Above, integers have more than 14 digits.</summary>
    private const double PlainMax = 1e14;

    /// <summary>Writes a number as <c>tostring</c> does; the answer lies in the buffer.</summary>
    public static ReadOnlySpan<byte> Text(double number, Span<byte> buffer)
    {
        var integer = double.ConvertToIntegerNative<long>(number);
        if (integer == number && number is > -PlainMax and < PlainMax && (integer != 0 || !double.IsNegative(number)))
        {
            Utf8Formatter.TryFormat(integer, buffer, out var length);
            return buffer[..length];
        }
        return buffer[..CFormat.WriteGeneral(number, Digits, false, buffer)];
    }

    /// <summary>
    /// Reads a number with blanks around it, as strtod does: decimal or hexadecimal, "inf" and "nan" too. What stands behind a zero byte is not seen; what is no number is 0.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out double number)
    {
        var zero = text.IndexOf((byte)0);
        if (zero >= 0) text = text[..zero];
        while (!text.IsEmpty && CType.IsSpace(text[0])) text = text[1..];
        while (!text.IsEmpty && CType.IsSpace(text[^1])) text = text[..^1];
        number = 0;
        if (text.IsEmpty) return false;
        if (text.Length <= 9 && TryParseShort(text, out number)) return true;
        var isNegative = text[0] == '-';
        var digits = text[0] is (byte)'-' or (byte)'+' ? text[1..] : text;
        if (digits.IsEmpty) return false;
        if (!TryParseUnsigned(digits, out number)) return false;
        if (isNegative) number = -number;
        return true;
    }

    /// <summary>Digits alone, the usual case.</summary>
    private static bool TryParseShort(ReadOnlySpan<byte> text, out double number)
    {
        var value = 0;
        foreach (var letter in text)
        {
            var digit = letter - '0';
            if ((uint)digit > 9)
            {
                number = 0;
                return false;
            }
            value = value * 10 + digit;
        }
        number = value;
        return true;
    }

    private static bool TryParseUnsigned(ReadOnlySpan<byte> text, out double number)
    {
        if (text.Length > 1 && text[0] == '0' && (text[1] | 0x20) == 'x') return TryParseHex(text[2..], out number);
        if (text[0] is >= (byte)'0' and <= (byte)'9' or (byte)'.')
        {
            number = 0;
            return IsDecimal(text) && double.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out number);
        }
        number = double.PositiveInfinity;
        if (DoubleText.IsInfinity(text)) return true;
        var isNaN = IsNaN(text);
        number = isNaN ? PositiveNaN : 0;
        return isNaN;
    }

    /// <summary>"nan", with nothing behind it or letters and digits in parentheses.</summary>
    private static bool IsNaN(ReadOnlySpan<byte> text)
    {
        if (text.Length < 3 || !System.Text.Ascii.EqualsIgnoreCase(text[..3], "nan"u8)) return false;
        text = text[3..];
        if (text.IsEmpty) return true;
        if (text.Length < 2 || text[0] != '(' || text[^1] != ')') return false;
        foreach (var letter in text[1..^1])
            if (!CType.IsAlphaNumeric(letter) && letter != '_') return false;
        return true;
    }

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
        if ((text[0] | 0x20) != 'e') return false;
        text = text[1..];
        if (!text.IsEmpty && text[0] is (byte)'+' or (byte)'-') text = text[1..];
        return SkipDigits(ref text) > 0 && text.IsEmpty;
    }

    private static int SkipDigits(ref ReadOnlySpan<byte> text)
    {
        var count = text.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        if (count < 0) count = text.Length;
        text = text[count..];
        return count;
    }

    private static bool TryParseHex(ReadOnlySpan<byte> text, out double number)
    {
        number = 0;
        var exponent = 0;
        var digits = 0;
        var isFraction = false;
        var isInexact = false;
        ulong mantissa = 0;
        var i = 0;
        for (; i < text.Length; i++)
        {
            if (text[i] == '.' && !isFraction)
            {
                isFraction = true;
                continue;
            }
            var digit = CType.HexValue(text[i]);
            if (digit < 0) break;
            digits++;
            if (mantissa >> 60 == 0)
            {
                mantissa = (mantissa << 4) | (uint)digit;
                if (isFraction) exponent -= 4;
            }
            else
            {
                isInexact |= digit != 0;
                if (!isFraction) exponent += 4;
            }
        }
        if (digits == 0) return false;
        if (i < text.Length)
        {
            if ((text[i] | 0x20) != 'p' || !Utf8Parser.TryParse(text[(i + 1)..].TrimStart((byte)'+'), out int power, out var used)) return false;
            if (i + 1 + used + (text[i + 1] == '+' ? 1 : 0) != text.Length) return false;
            exponent = (int)Math.Clamp((long)exponent + power, -100_000, 100_000);
        }
        // The digits that did not fit decide only where it stands between two doubles.
        if (isInexact) mantissa |= 1;
        number = Math.ScaleB((double)mantissa, exponent);
        return true;
    }

    /// <summary>As C's strtoul with a base, blanks and a sign in front; the whole text must be a number.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, int radix, out double number)
    {
        number = 0;
        var zero = text.IndexOf((byte)0);
        if (zero >= 0) text = text[..zero];
        while (!text.IsEmpty && CType.IsSpace(text[0])) text = text[1..];
        while (!text.IsEmpty && CType.IsSpace(text[^1])) text = text[..^1];
        var isNegative = text.StartsWith("-"u8);
        if (isNegative || text.StartsWith("+"u8)) text = text[1..];
        if (radix == 16 && text.Length > 2 && text[0] == '0' && (text[1] | 0x20) == 'x' && CType.HexValue(text[2]) >= 0) text = text[2..];
        if (text.IsEmpty) return false;
        ulong value = 0;
        var isTooLarge = false;
        foreach (var letter in text)
        {
            var digit = CType.DigitValue(letter);
            if (digit < 0 || digit >= radix) return false;
            isTooLarge |= value > (ulong.MaxValue - (uint)digit) / (uint)radix;
            value = unchecked(value * (uint)radix + (uint)digit);
        }
        if (isTooLarge) value = ulong.MaxValue;
        else if (isNegative) value = unchecked(0 - value);
        number = value;
        return true;
    }

    /// <summary>As a cast of C to a signed integer of 64 bits on x86: towards zero, and the least one where it does not fit.</summary>
    public static long ToInteger(double number) => double.ConvertToIntegerNative<long>(number);

    /// <summary>As a cast of C to an unsigned integer of 64 bits, as gcc has it on x86.</summary>
    public static ulong ToUnsigned(double number)
    {
        const double half = 9223372036854775808.0;
        return number >= half ? (ulong)ToInteger(number - half) ^ (1UL << 63) : (ulong)ToInteger(number);
    }
}
