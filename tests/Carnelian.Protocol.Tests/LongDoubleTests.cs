using System.Numerics;
using System.Text;

namespace Carnelian.Tests;

public sealed class LongDoubleTests
{
    private static string? Show(string text)
    {
        if (!LongDouble.TryParse(Encoding.Latin1.GetBytes(text), out var value)) return null;
        return value.IsFinite ? Show(value) : "not finite";
    }

    private static string Show(LongDouble value)
    {
        var room = new byte[value.FormatBytesMax];
        return Encoding.ASCII.GetString(room.AsSpan(0, value.Format(room)));
    }

    private static LongDouble Parse(string text)
    {
        Assert.That(LongDouble.TryParse(Encoding.Latin1.GetBytes(text), out var value), text);
        return value;
    }

    [TestCase("0", "0")]
    [TestCase("-0", "0")]
    [TestCase("+5", "5")]
    [TestCase("00012.500", "12.5")]
    [TestCase(".5", "0.5")]
    [TestCase("5.", "5")]
    [TestCase("-1e2", "-100")]
    [TestCase("1.5E-3", "0.0015")]
    [TestCase("0.1", "0.1", Description = "17 digits hide what is beyond the 64 bits of the mantissa")]
    [TestCase("3.0e17", "300000000000000000")]
    [TestCase("9223372036854775807", "9223372036854775807")]
    [TestCase("18446744073709551615", "18446744073709551615")]
    [TestCase("18446744073709551617", "18446744073709551616", Description = "a tie goes to the even neighbour")]
    [TestCase("18446744073709551619", "18446744073709551620")]
    [TestCase("18446744073709551617.0000000000000000000000000000000000000000000000000001", "18446744073709551618", Description = "however little is more than a tie")]
    [TestCase("1e-18", "0")]
    [TestCase("-1e-18", "0", Description = "without a sign")]
    [TestCase("6e-18", "0.00000000000000001")]
    [TestCase("5e-18", "0", Description = "as a binary number a little less than half of the last digit")]
    [TestCase("0.99999999999999999999", "1")]
    [TestCase("0x1.8p1", "3")]
    [TestCase("-0XffP-4", "-15.9375")]
    [TestCase("0x.8", "0.5")]
    [TestCase("0x10000000000000001", "18446744073709551616")]
    [TestCase("0x18000000000000001.8000000000000000000000000000000001", "27670116110564327426")]
    [TestCase("0e999999999999999999999", "0")]
    [TestCase("0x0p-99999", "0")]
    public void Numbers_are_read_and_written_as_C_does(string text, string expected) => Assert.That(Show(text), Is.EqualTo(expected));

    [TestCase("inf"), TestCase("-INF"), TestCase("+Infinity")]
    public void Infinity_is_a_number_that_is_not_finite(string text) => Assert.That(Show(text), Is.EqualTo("not finite"));

    [TestCase(""), TestCase("-"), TestCase("."), TestCase("e5"), TestCase("1e"), TestCase("1e+"), TestCase(" 1"), TestCase("1 "), TestCase("\t1"), TestCase("1\0")]
    [TestCase("nan"), TestCase("nan(1)"), TestCase("infinit"), TestCase("0x"), TestCase("0x."), TestCase("0xg"), TestCase("0x1p"), TestCase("0x-1"), TestCase("--1"), TestCase("1,5")]
    [TestCase("1.1.1"), TestCase("1f"), TestCase("1e1e1"), TestCase("0x1e+5"), TestCase("1p5")]
    public void What_is_no_number_is_refused(string text) => Assert.That(Show(text), Is.Null);

    [TestCase("1e4933"), TestCase("-1e99999999999999999999"), TestCase("0x1p16384"), TestCase("0x1.ffffffffffffffffp16383")]
    public void What_overflows_is_refused(string text) => Assert.That(Show(text), Is.Null);

    [TestCase("1e-4960"), TestCase("0x1p-16446"), TestCase("1e-99999999999999999999"), TestCase("1.8e-4951")]
    public void What_would_become_zero_is_refused(string text) => Assert.That(Show(text), Is.Null);

    [TestCase("0x1p-16445"), TestCase("0x1.8p-16446"), TestCase("1.9e-4951"), TestCase("1e-4940")]
    public void The_smallest_numbers_are_numbers(string text) => Assert.That(Show(text), Is.EqualTo("0"));

    [Test]
    public void The_largest_number_is_written_in_full()
    {
        var largest = ((BigInteger.One << 64) - 1) << 16320;
        Assert.That(Show("0x1.fffffffffffffffep16383"), Is.EqualTo(largest.ToString()));
        Assert.That(Show("-0x1.fffffffffffffffep16383"), Is.EqualTo("-" + largest));
        Assert.That((Parse("0x1.fffffffffffffffep16383") + Parse("0x1p16319")).IsFinite, Is.False);
        Assert.That(Show(Parse("0x1.fffffffffffffffep16383") + Parse("0x1p16318")), Is.EqualTo(largest.ToString()));
    }

    [Test]
    public void A_text_may_have_so_many_bytes_and_no_more()
    {
        Assert.That(Show("0." + new string('0', LongDouble.TextBytesMax - 2)), Is.EqualTo("0"));
        Assert.That(Show("0." + new string('0', LongDouble.TextBytesMax - 1)), Is.Null);
        Assert.That(Show("0." + new string('0', 4000) + "1e4001"), Is.EqualTo("1"));
        Assert.That(Show(new string('1', 5000) + "e-4990"), Is.EqualTo("1111111111.11111111112404615"), "64 bits are 19 digits");
    }

    [TestCase("0.1", "0.2", "0.3")]
    [TestCase("3", "1.000000000000000005", "4.00000000000000001")]
    [TestCase("1e18", "0.01", "1000000000000000000")]
    [TestCase("1e16", "0.01", "10000000000000000.009765625")]
    [TestCase("5", "-5", "0")]
    [TestCase("-5", "3.5", "-1.5")]
    [TestCase("1", "-0x1p-64", "1")]
    [TestCase("9223372036854775807", "9223372036854775807", "18446744073709551614")]
    [TestCase("18446744073709551615", "0.5", "18446744073709551616", Description = "a tie")]
    [TestCase("18446744073709551615", "0.49999", "18446744073709551615")]
    [TestCase("18446744073709551614", "0.5", "18446744073709551614", Description = "a tie")]
    [TestCase("18446744073709551614", "0x1.000000000001p-1", "18446744073709551615")]
    [TestCase("9223372036854775808", "-1e-300", "9223372036854775808")]
    public void Sums_are_rounded_once_to_64_bits(string left, string right, string sum)
    {
        Assert.That(Show(Parse(left) + Parse(right)), Is.EqualTo(sum));
        Assert.That(Show(Parse(right) + Parse(left)), Is.EqualTo(sum));
    }

    [TestCase("inf", "1"), TestCase("1", "-inf"), TestCase("inf", "-inf")]
    public void Sums_with_infinity_are_not_finite(string left, string right) => Assert.That((Parse(left) + Parse(right)).IsFinite, Is.False);

    /// <summary>The definition itself, on integers of any size: every sum is the nearest multiple of a power of two that 64 bits can tell.</summary>
    [Test]
    public void Random_sums_are_the_nearest_numbers_to_the_exact_ones()
    {
        var random = new Random(4);
        for (var i = 0; i < 20_000; i++)
        {
            var (left, right) = (Draw(), Draw());
            var exact = left + right;
            var surplus = Math.Max(0, (int)BigInteger.Abs(exact).GetBitLength() - 64);
            var unit = BigInteger.One << surplus;
            var rounded = BigInteger.DivRem(BigInteger.Abs(exact), unit, out var rest) * unit;
            if (rest * 2 > unit || (rest * 2 == unit && !(rounded >> surplus).IsEven)) rounded += unit;
            if (exact.Sign < 0) rounded = -rounded;
            var sum = Show(Parse(left.ToString()) + Parse(right.ToString()));
            if (sum != rounded.ToString()) Assert.Fail($"{left} + {right} is {rounded}, not {sum}");
        }

        BigInteger Draw()
        {
            var mantissa = new BigInteger((ulong)random.NextInt64(long.MinValue, long.MaxValue) >> random.Next(64));
            return (random.Next(2) == 0 ? mantissa : -mantissa) << random.Next(140);
        }
    }
}
