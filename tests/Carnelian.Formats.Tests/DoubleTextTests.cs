using System.Globalization;
using System.Text;

namespace Carnelian.Tests;

public sealed class DoubleTextTests
{
    private static string Format(double value)
    {
        var text = new byte[DoubleText.LengthMax];
        return Encoding.ASCII.GetString(text, 0, DoubleText.Format(value, text));
    }

    private static string FormatFully(double value)
    {
        var text = new byte[DoubleText.LengthMax];
        return Encoding.ASCII.GetString(text, 0, DoubleText.FormatFully(value, text));
    }

    /// <summary>As ZSCORE of Redis 8.0.6 answers.</summary>
    [TestCase("0", "0"), TestCase("-0.0", "-0"), TestCase("1e17", "100000000000000000"), TestCase("4611686018427387904", "4611686018427387904")]
    [TestCase("4611686018427388928", "4611686018427389000"), TestCase("1e20", "1e+20"), TestCase("123456789012345678901234567890", "1.2345678901234568e+29")]
    [TestCase("0.1", "0.1"), TestCase("-2.5", "-2.5"), TestCase("1e-7", "1e-7"), TestCase("0.000001", "0.000001"), TestCase("0.000015", "0.000015")]
    [TestCase("5e-324", "5e-324"), TestCase("1e300", "1e+300"), TestCase("12345678901234567890", "12345678901234567000")]
    public void Format_writes_what_Redis_writes(string value, string expected) =>
        Assert.That(Format(double.Parse(value, CultureInfo.InvariantCulture)), Is.EqualTo(expected));

    [TestCase("0.1", "0.10000000000000001"), TestCase("3", "3"), TestCase("-2.5", "-2.5"), TestCase("1e17", "1e+17"), TestCase("12345678901234567", "12345678901234568")]
    [TestCase("0.0001", "0.0001"), TestCase("0.00001", "1.0000000000000001e-05"), TestCase("1e300", "1.0000000000000001e+300"), TestCase("0", "0"), TestCase("-0.0", "-0")]
    public void FormatFully_writes_what_C_writes(string value, string expected) =>
        Assert.That(FormatFully(double.Parse(value, CultureInfo.InvariantCulture)), Is.EqualTo(expected));

    [TestCase("1", 1), TestCase("+1", 1), TestCase("-.5", -0.5), TestCase("5.", 5), TestCase("1e3", 1000), TestCase("1E+3", 1000), TestCase("iNf", double.PositiveInfinity)]
    [TestCase("-infinity", double.NegativeInfinity), TestCase("1e99999999999999999999", double.PositiveInfinity), TestCase("0e99999999999999999999", 0), TestCase("1e-999", 0)]
    public void What_is_a_number_is_read(string text, double expected)
    {
        Assert.That(DoubleText.TryParse(Encoding.ASCII.GetBytes(text), out var value));
        Assert.That(value, Is.EqualTo(expected));
    }

    [TestCase(""), TestCase("-"), TestCase("."), TestCase("1e"), TestCase("1e+"), TestCase(" 1"), TestCase("1 "), TestCase("1,5"), TestCase("nan"), TestCase("0x10"), TestCase("1_0"), TestCase("infi")]
    public void What_is_none_is_refused(string text) => Assert.That(DoubleText.TryParse(Encoding.ASCII.GetBytes(text), out _), Is.False);

    [Test]
    public void What_is_written_reads_back_as_the_same([Range(1, 5)] int seed)
    {
        var random = new Random(seed);
        var text = new byte[DoubleText.LengthMax];
        for (var i = 0; i < 20_000; i++)
        {
            var value = BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue));
            if (random.Next(2) == 0) value = random.Next(-1_000_000, 1_000_000) / Math.Pow(10, random.Next(10));
            if (double.IsNaN(value)) continue;
            Assert.That(DoubleText.TryParse(text.AsSpan(0, DoubleText.Format(value, text)), out var read) && read == value, $"{value:R}");
            Assert.That(DoubleText.TryParse(text.AsSpan(0, DoubleText.FormatFully(value, text)), out read) && read == value, $"{value:R}");
        }
    }
}
