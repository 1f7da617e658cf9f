using System.Buffers.Text;
using System.Numerics;
using System.Text;

namespace Carnelian;

/// <summary>
/// C's long double as x86 has it, in which Redis computes INCRBYFLOAT and its kin: a mantissa of 64 bits with its leading one, an exponent of 15, gradual
/// underflow, every result rounded to the nearest and ties to even (Intel SDM volume 1, 8.2). So the digits that clients see are the same on every processor.
/// <code>value = (negative ? -1 : 1) × mantissa × 2^exponent</code>
/// </summary>
public readonly struct LongDouble
{
    /// <summary>Texts that are longer are no numbers to Redis (util.h, MAX_LONG_DOUBLE_CHARS, and its NUL).</summary>
    public const int TextBytesMax = 5 * 1024 - 1;

    private const int ExponentMin = -16445, ExponentMax = 16320, NotFinite = int.MaxValue;

    private const int FractionDigits = 17;
    private const ulong FractionScale = 100_000_000_000_000_000;

    /// <summary>The largest power of five below 2^63.</summary>
    private const int PowerOfFiveMax = 27;

    private readonly ulong _mantissa;
    private readonly int _exponent;
    private readonly bool _isNegative;

    private LongDouble(bool isNegative, ulong mantissa, int exponent)
    {
        _isNegative = isNegative;
        _mantissa = mantissa;
        _exponent = exponent;
    }

    /// <summary>False for an infinity, and for what is no number any more: nobody needs to tell them apart.</summary>
    public bool IsFinite => _exponent != NotFinite;

    /// <summary>The nearest double, or an infinity.</summary>
    public double ToDouble()
    {
        var magnitude = IsFinite ? Math.ScaleB((double)_mantissa, _exponent) : double.PositiveInfinity;
        return _isNegative ? -magnitude : magnitude;
    }

    // ---- arithmetic

    public static LongDouble operator +(LongDouble left, LongDouble right)
    {
        if (!left.IsFinite || right._mantissa == 0) return left;
        if (!right.IsFinite || left._mantissa == 0) return right;
        if (left._exponent < right._exponent) (left, right) = (right, left);
        var large = (UInt128)left._mantissa << 63;
        var small = ShiftJamming((UInt128)right._mantissa << 63, left._exponent - right._exponent);
        if (left._isNegative == right._isNegative) return Round(left._isNegative, large + small, left._exponent - 63, isMore: false);
        return large >= small
            ? Round(left._isNegative, large - small, left._exponent - 63, isMore: false)
            : Round(right._isNegative, small - large, left._exponent - 63, isMore: false);
    }

    /// <summary>What is lost at the right stays as a lowest bit of one: with 63 bits to spare that rounds as the lost bits would.</summary>
    private static UInt128 ShiftJamming(UInt128 value, int shift)
    {
        if (shift >= 127) return UInt128.One;
        var kept = value >> shift;
        return kept << shift == value ? kept : kept | UInt128.One;
    }

    /// <summary>The nearest number to value × 2^exponent. With <paramref name="isMore"/> the true value is a little larger; then value has at least 65 bits.</summary>
    private static LongDouble Round(bool isNegative, UInt128 value, int exponent, bool isMore)
    {
        var shift = Math.Max(64 - (int)UInt128.LeadingZeroCount(value), ExponentMin - exponent);
        if (value == 0 || shift > 128) return new(isNegative, 0, 0);
        var mantissa = shift <= 0 ? value << -shift : ShiftRounding(value, shift, isMore);
        if (mantissa > ulong.MaxValue)
        {
            mantissa >>= 1;
            shift++;
        }
        return exponent + shift > ExponentMax ? new(isNegative, 1, NotFinite) : new(isNegative, (ulong)mantissa, exponent + shift);
    }

    /// <summary>value ÷ 2^shift, for shifts up to 128, to the nearest and ties to even.</summary>
    private static UInt128 ShiftRounding(UInt128 value, int shift, bool isMore)
    {
        if (shift == 0) return value;
        var half = UInt128.One << (shift - 1);
        var rest = value & (half | (half - 1));
        var kept = shift == 128 ? 0 : value >> shift;
        return rest > half || (rest == half && (isMore || UInt128.IsOddInteger(kept))) ? kept + 1 : kept;
    }

    // ---- reading

    /// <summary>
    /// Reads what Redis reads with strtold: decimal, or hexadecimal behind 0x, with an exponent, or "inf" or "infinity". No blanks, no nan,
    /// nothing that overflows or becomes zero without being it (util.c, string2ld).
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out LongDouble value)
    {
        value = default;
        if (text.IsEmpty || text.Length > TextBytesMax) return false;
        var isNegative = text[0] == '-';
        if (isNegative || text[0] == '+') text = text[1..];
        if (Ascii.EqualsIgnoreCase(text, "inf"u8) || Ascii.EqualsIgnoreCase(text, "infinity"u8))
        {
            value = new(isNegative, 1, NotFinite);
            return true;
        }
        var isHexadecimal = text.Length > 2 && text[0] == '0' && (text[1] | 0x20) == 'x';
        if (isHexadecimal) text = text[2..];
        if (!Digits.TryRead(text, isHexadecimal ? 16u : 10u, out var digits)) return false;
        if (digits.IsZero) return true;
        value = isHexadecimal ? Round(isNegative, digits.Leading, digits.Exponent, digits.IsMore) : FromDecimal(isNegative, digits);
        return value.IsFinite && value._mantissa != 0;
    }

    private static LongDouble FromDecimal(bool isNegative, in Digits digits)
    {
        var power = digits.Exponent;
        if (digits.IsMore || Math.Abs(power) > PowerOfFiveMax || (power > 0 && digits.Leading > ulong.MaxValue)) return FromManyDigits(isNegative, digits);
        if (power >= 0) return Round(isNegative, digits.Leading * PowerOfFive(power), power, isMore: false);
        // The dividend has 128 bits and the divisor 63 at the most: the quotient has the 65 that rounding needs.
        var shift = (int)UInt128.LeadingZeroCount(digits.Leading);
        var (quotient, remainder) = UInt128.DivRem(digits.Leading << shift, PowerOfFive(-power));
        return Round(isNegative, quotient, power - shift, isMore: remainder != 0);
    }

    private static ulong PowerOfFive(int exponent)
    {
        var power = 1UL;
        for (; exponent > 0; exponent--) power *= 5;
        return power;
    }

    /// <summary>The same with integers of any size: for what no usual number looks like.</summary>
    private static LongDouble FromManyDigits(bool isNegative, in Digits digits)
    {
        const int magnitudeMax = 5000; // beyond what the format holds, either way
        if (Math.Abs(digits.Magnitude) > magnitudeMax) return default;
        var value = BigInteger.Parse(digits.AllDigits(), System.Globalization.NumberStyles.None);
        var exponent = digits.ExponentOfAll;
        var isMore = false;
        if (exponent >= 0) value *= BigInteger.Pow(5, exponent);
        else
        {
            var divisor = BigInteger.Pow(5, -exponent);
            var shift = Math.Max(0, (int)(divisor.GetBitLength() - value.GetBitLength()) + 66);
            value = BigInteger.DivRem(value << shift, divisor, out var remainder);
            isMore = !remainder.IsZero;
            exponent -= shift;
        }
        var surplus = Math.Max(0, (int)value.GetBitLength() - 128);
        var leading = value >> surplus;
        return Round(isNegative, (UInt128)leading, exponent + surplus, isMore || leading << surplus != value);
    }

    // ---- writing

    /// <summary>Bytes that <see cref="Format"/> writes at the most: sign, integer part, point, fraction.</summary>
    public int FormatBytesMax => _exponent <= 0 ? 1 + 20 + 1 + FractionDigits : 1 + 4933;

    /// <summary>Writes as printf's "%.17Lf" without zeros at the end (util.c, ld2string for people). The number is finite.</summary>
    public int Format(Span<byte> destination)
    {
        Check.That(IsFinite);
        if (_exponent > 0) return Encoding.Latin1.GetBytes($"{(_isNegative ? "-" : "")}{new BigInteger(_mantissa) << _exponent}", destination);
        var (integer, fraction) = Split();
        var length = 0;
        if (_isNegative && (integer | fraction) != 0) destination[length++] = (byte)'-';
        Check.That(Utf8Formatter.TryFormat(integer, destination[length..], out var written));
        length += written;
        if (fraction == 0) return length;
        destination[length++] = (byte)'.';
        Check.That(Utf8Formatter.TryFormat(fraction, destination[length..], out written, new('D', FractionDigits)));
        return destination[..(length + written)].TrimEnd((byte)'0').Length;
    }

    /// <summary>The integer part of a number below 2^64, and its fraction rounded to 17 digits.</summary>
    private (ulong Integer, ulong Fraction) Split()
    {
        var bits = -_exponent;
        var integer = bits < 64 ? _mantissa >> bits : 0;
        var rest = bits < 64 ? _mantissa & ((1UL << bits) - 1) : _mantissa;
        // Less than 2^121: far behind the point nothing is left of it.
        var fraction = bits > 128 ? 0 : (ulong)ShiftRounding(Math.BigMul(rest, FractionScale), bits, isMore: false);
        return fraction == FractionScale ? (integer + 1, 0) : (integer, fraction);
    }

    /// <summary>A number's text taken apart: leading × 10^exponent, or × 2^exponent where digits are hexadecimal, and a little more if digits were left over.</summary>
    private ref struct Digits
    {
        /// <summary>As long as the leading digits are fewer, one more fits into 128 bits.</summary>
        private static UInt128 LeadingMax => UInt128.One << 124;

        /// <summary>Beyond what any text of the length allowed can make up for.</summary>
        private const int ExponentLimit = 1_000_000;

        private ReadOnlySpan<byte> _digits;
        private int _significant, _leftOver, _behindPoint, _exponent;

        public UInt128 Leading { get; private set; }

        /// <summary>Among the digits left over is one that counts.</summary>
        public bool IsMore { get; private set; }

        public int Exponent { get; private set; }

        public readonly bool IsZero => Leading == 0;

        /// <summary>Digits before the point, were the number written without an exponent; negative for zeros behind it.</summary>
        public readonly int Magnitude => _significant + ExponentOfAll;

        /// <summary>The power of ten that all digits are to be multiplied with.</summary>
        public readonly int ExponentOfAll => _exponent - _behindPoint;

        public readonly string AllDigits() => Encoding.Latin1.GetString(_digits).Replace(".", "", StringComparison.Ordinal);

        public static bool TryRead(ReadOnlySpan<byte> text, uint radix, out Digits digits)
        {
            digits = default;
            var end = digits.ReadDigits(text, radix);
            if (end < 0) return false;
            digits._digits = text[..end];
            if (end < text.Length && !digits.TryReadExponent(text[end..], radix == 16 ? 'p' : 'e')) return false;
            var bitsPerDigit = radix == 16 ? 4 : 1;
            digits.Exponent = digits._exponent + (digits._leftOver - digits._behindPoint) * bitsPerDigit;
            return true;
        }

        /// <summary>Where the digits and their point end; -1 if there are none.</summary>
        private int ReadDigits(ReadOnlySpan<byte> text, uint radix)
        {
            var (at, point) = (0, -1);
            for (; at < text.Length; at++)
            {
                if (text[at] == '.' && point < 0)
                {
                    point = at;
                    continue;
                }
                var digit = DigitOf(text[at]);
                if (digit >= radix) break;
                Add(digit, radix);
            }
            if (point >= 0) _behindPoint = at - point - 1;
            return at == (point < 0 ? 0 : 1) ? -1 : at;
        }

        private void Add(uint digit, uint radix)
        {
            if (Leading >= LeadingMax)
            {
                _leftOver++;
                IsMore |= digit != 0;
            }
            else Leading = Leading * radix + digit;
            if (Leading != 0) _significant++;
        }

        private static uint DigitOf(byte character)
        {
            var decimalDigit = (uint)character - '0';
            if (decimalDigit <= 9) return decimalDigit;
            var letter = ((uint)character | 0x20) - 'a';
            return letter < 6 ? letter + 10 : uint.MaxValue;
        }

        private bool TryReadExponent(ReadOnlySpan<byte> text, char letter)
        {
            if ((text[0] | 0x20) != letter) return false;
            text = text[1..];
            var isNegative = !text.IsEmpty && text[0] == '-';
            if (isNegative || (!text.IsEmpty && text[0] == '+')) text = text[1..];
            if (text.IsEmpty) return false;
            foreach (var character in text)
            {
                if (!char.IsAsciiDigit((char)character)) return false;
                _exponent = Math.Min(_exponent * 10 + character - '0', ExponentLimit);
            }
            if (isNegative) _exponent = -_exponent;
            return true;
        }
    }
}
