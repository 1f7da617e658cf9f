using System.Globalization;
using System.Text;

namespace Carnelian;

/// <summary>
/// Doubles as Redis writes them in replies (fpconv_dtoa): the shortest digits that read back as the same number; without an exponent where that
/// takes at most seven zeros, as in 0.0000001 and 10000000; "inf", "-inf" and "nan".
/// </summary>
internal static class DoubleText
{
    /// <summary>Sign, 17 digits, point, "e-308"; or sign, "0.", six zeros and 17 digits.</summary>
    public const int LengthMax = 32;

    private const int ZerosMax = 7;

    /// <summary>Writes a number; the destination has room for <see cref="LengthMax"/> bytes.</summary>
    public static int Format(double value, Span<byte> destination) => Encoding.ASCII.GetBytes(Text(value), destination);

    private static string Text(double value)
    {
        if (double.IsNaN(value)) return "nan";
        if (double.IsInfinity(value)) return value > 0 ? "inf" : "-inf";
        var sign = double.IsNegative(value) ? "-" : "";
        if (value == 0) return sign + "0";
        var (digits, scale) = Shortest(Math.Abs(value));
        var exponent = Math.Abs(scale + digits.Length - 1);
        if (scale >= 0 && exponent < digits.Length + ZerosMax) return sign + digits + new string('0', scale);
        if (scale < 0 && (scale > -ZerosMax || exponent < 4)) return sign + WithPoint(digits, digits.Length + scale);
        var fraction = digits.Length > 1 ? "." + digits[1..] : "";
        return string.Create(CultureInfo.InvariantCulture, $"{sign}{digits[0]}{fraction}e{(scale + digits.Length - 1 < 0 ? '-' : '+')}{exponent}");
    }

    private static string WithPoint(string digits, int pointAt) =>
        pointAt > 0 ? $"{digits[..pointAt]}.{digits[pointAt..]}" : $"0.{new string('0', -pointAt)}{digits}";

    /// <summary>The value is the digits, as an integer, times ten to the power of the scale.</summary>
    private static (string Digits, int Scale) Shortest(double value)
    {
        var text = value.ToString("E16", CultureInfo.InvariantCulture);
        var shortest = value.ToString("R", CultureInfo.InvariantCulture);
        var mantissa = shortest.Split('E')[0].Replace(".", "").TrimStart('0').TrimEnd('0');
        var exponent = int.Parse(text[(text.IndexOf('E') + 1)..], CultureInfo.InvariantCulture);
        // Rounding to 17 digits never changes the exponent of what has at most 17 digits.
        return (mantissa, exponent - (mantissa.Length - 1));
    }
}
