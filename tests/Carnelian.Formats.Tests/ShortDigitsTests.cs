using System.Globalization;
using System.Numerics;
using System.Text;

namespace Carnelian.Tests;

public sealed class ShortDigitsTests
{
    private static (string Digits, int Exponent) Write(double value)
    {
        var digits = new byte[ShortDigits.CountMax];
        var count = ShortDigits.Write(value, digits, out var exponent);
        return (Encoding.ASCII.GetString(digits, 0, count), exponent);
    }

    [TestCase(0.1, "1", -1), TestCase(137.5, "1375", 2), TestCase(5e-324, "5", -324), TestCase(double.MaxValue, "17976931348623157", 308), TestCase(2.2250738585072014e-308, "22250738585072014", -308)]
    public void Few_digits_are_written(double value, string digits, int exponent) => Assert.That(Write(value), Is.EqualTo((digits, exponent)));

    [TestCase(137.7777734398842, "13777777343988419"), TestCase(160.0470605492592, "16004706054925919")]
    public void A_digit_more_than_is_needed_is_written_where_Redis_does(double value, string digits) => Assert.That(Write(value).Digits, Is.EqualTo(digits));

    [Test]
    public void Digits_read_back_as_the_number_and_are_seldom_more_than_needed([Range(1, 5)] int seed)
    {
        var random = new Random(seed);
        var longer = 0;
        for (var i = 0; i < 10_000; i++)
        {
            var value = BitConverter.Int64BitsToDouble(random.NextInt64(1, 0x7FF0L << 48));
            var (digits, exponent) = Write(value);
            Assert.That(double.Parse($"{digits}e{exponent - digits.Length + 1}", CultureInfo.InvariantCulture), Is.EqualTo(value), $"{value:R}");
            longer += digits.Length > Shortest(value) ? 1 : 0;
        }
        Assert.That(longer, Is.LessThan(100));
    }

    private static int Shortest(double value) => value.ToString("R", CultureInfo.InvariantCulture).Split('E')[0].Replace(".", "").Trim('0').Length;

    [Test]
    public void The_powers_of_ten_are_rounded_to_64_bits()
    {
        for (var i = 0; i < ShortDigits.Powers.Length; i++)
        {
            var power = ShortDigits.PowerMin + i * ShortDigits.PowerStep;
            var exponent = ShortDigits.ExponentOf(power);
            // Significand times two to the exponent is ten to the power; both sides become integers.
            var numerator = BigInteger.Pow(10, Math.Max(0, power)) << Math.Max(0, -exponent) << 1;
            var denominator = BigInteger.Pow(10, Math.Max(0, -power)) << Math.Max(0, exponent);
            Assert.That((BigInteger)ShortDigits.Powers[i], Is.EqualTo((numerator / denominator + 1) >> 1), $"10^{power}");
        }
    }
}
