using System.Globalization;
using System.Text;

namespace Carnelian.Tests;

public sealed class IntegerTextTests
{
    private static IEnumerable<long> Numbers()
    {
        var random = new Random(1);
        for (var digits = 1L; digits is > 0 and < long.MaxValue / 10; digits *= 10)
        {
            for (var near = -2; near <= 2; near++)
            {
                yield return digits + near;
                yield return -digits + near;
            }
        }
        for (var near = 0; near < 3; near++)
        {
            yield return long.MaxValue - near;
            yield return long.MinValue + near;
        }
        for (var i = 0; i < 20_000; i++) yield return random.NextInt64(long.MinValue, long.MaxValue) >> random.Next(64);
    }

    [Test]
    public void Numbers_survive_the_round_trip()
    {
        var room = new byte[IntegerText.LengthMax];
        foreach (var number in Numbers())
        {
            var text = room.AsSpan(0, IntegerText.Format(number, room));
            if (Encoding.ASCII.GetString(text) != number.ToString(CultureInfo.InvariantCulture)) Assert.Fail($"{number} is written as {Encoding.ASCII.GetString(text)}");
            if (!IntegerText.TryParse(text, out var parsed) || parsed != number) Assert.Fail($"{number} is read as {parsed}");
        }
    }

    [Test]
    public void Room_for_the_text_suffices_and_less_does_not()
    {
        var room = new byte[3];
        Assert.That(IntegerText.Format(-12, room), Is.EqualTo(3));
        Assert.That(IntegerText.Format(7, room.AsSpan(0, 1)), Is.EqualTo(1));
        Assert.That(() => IntegerText.Format(7, Span<byte>.Empty), Throws.TypeOf<BrokenInvariantException>());
        Assert.That(() => IntegerText.Format(1234, room), Throws.TypeOf<BrokenInvariantException>());
    }

    [TestCase("")]
    [TestCase("-")]
    [TestCase("+1")]
    [TestCase("-0")]
    [TestCase("00")]
    [TestCase("01")]
    [TestCase("-01")]
    [TestCase(" 1")]
    [TestCase("1 ")]
    [TestCase("1\0")]
    [TestCase("1.0")]
    [TestCase("1e3")]
    [TestCase("0x10")]
    [TestCase("a")]
    [TestCase("1a")]
    [TestCase("--1")]
    [TestCase("9223372036854775808")]
    [TestCase("-9223372036854775809")]
    [TestCase("9999999999999999999")]
    [TestCase("18446744073709551616")]
    [TestCase("18446744073709551617")]
    [TestCase("-18446744073709551615")]
    [TestCase("100000000000000000000000")]
    public void What_string2ll_refuses_is_refused(string text) => Assert.That(IntegerText.TryParse(Encoding.Latin1.GetBytes(text), out _), Is.False);

    [Test]
    public void Only_one_text_per_number_is_taken()
    {
        var random = new Random(2);
        var room = new byte[IntegerText.LengthMax];
        for (var i = 0; i < 100_000; i++)
        {
            var text = new byte[random.Next(1, 23)];
            for (var at = 0; at < text.Length; at++) text[at] = (byte)"0123456789012345678999-+ a"[random.Next(26)];
            if (IntegerText.TryParse(text, out var number) && !room.AsSpan(0, IntegerText.Format(number, room)).SequenceEqual(text))
                Assert.Fail($"{Encoding.ASCII.GetString(text)} is read as {number}");
            else if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var expected)
                && expected.ToString(CultureInfo.InvariantCulture) == Encoding.ASCII.GetString(text) && number != expected)
                Assert.Fail($"{expected} is refused");
        }
    }
}
