using System.Text;

namespace Carnelian.Tests;

public class GlobPatternTests
{
    [TestCase("*", "anything", true)]
    [TestCase("*", "", false, Description = "the empty text enters no loop: as in Redis only the empty pattern matches it")]
    [TestCase("", "", true)]
    [TestCase("", "a", false)]
    [TestCase("h?llo", "hello", true)]
    [TestCase("h?llo", "hllo", false)]
    [TestCase("h*llo", "heeeello", true)]
    [TestCase("h*llo", "hllo", true)]
    [TestCase("*a*b*c", "xxaxxbxxc", true)]
    [TestCase("*a*b*c", "xxaxxcxxb", false)]
    [TestCase("a***", "a", true)]
    [TestCase("a*", "a", true)]
    [TestCase("h[ae]llo", "hallo", true)]
    [TestCase("h[ae]llo", "hillo", false)]
    [TestCase("h[^e]llo", "hallo", true)]
    [TestCase("h[^e]llo", "hello", false)]
    [TestCase("h[a-c]llo", "hbllo", true)]
    [TestCase("h[c-a]llo", "hbllo", true)]
    [TestCase("h[a-c]llo", "hdllo", false)]
    [TestCase("[a", "a", true)]
    [TestCase("[ab", "b", true)]
    [TestCase("[^", "a", true)]
    [TestCase("[", "a", false)]
    [TestCase("[]", "a", false)]
    [TestCase("[a-]", "-", false, Description = "the bracket is the end of the range, and the class is not closed")]
    [TestCase("[a-]", "^", true)]
    [TestCase(@"[\]]", "]", true)]
    [TestCase(@"[\\]", @"\", true)]
    [TestCase(@"a\*b", "a*b", true)]
    [TestCase(@"a\*b", "axb", false)]
    [TestCase(@"a\?", "a?", true)]
    [TestCase(@"a\", @"a\", true)]
    [TestCase("ABC", "abc", false)]
    public void Matches_as_Redis_does(string pattern, string text, bool expected)
    {
        Assert.That(Matches(pattern, text), Is.EqualTo(expected));
    }

    [TestCase("ABC", "abc", true)]
    [TestCase("[A-C]x", "bX", true)]
    [TestCase("[AX]", "x", true)]
    [TestCase(@"[\A]", "a", false, Description = "an escaped byte of a class is compared exactly")]
    public void Ignoring_case_folds_ASCII_letters(string pattern, string text, bool expected)
    {
        Assert.That(GlobPattern.Matches(Encoding.Latin1.GetBytes(pattern), Encoding.Latin1.GetBytes(text), ignoreCase: true), Is.EqualTo(expected));
    }

    [Test]
    public void Bytes_from_128_sort_below_ASCII_in_ranges()
    {
        Assert.Multiple(() =>
        {
            Assert.That(Matches("[a-\xff]", "0"), Is.True, "the range is turned round to [\xff-a], from -1 to 97");
            Assert.That(Matches("[a-\xff]", "b"), Is.False);
            Assert.That(Matches("[\x80-\x90]", "\x85"), Is.True);
        });
    }

    [Test]
    public void Many_stars_end_soon_when_nothing_matches()
    {
        // An exponential match would take longer than the universe has.
        Assert.That(Matches(string.Concat(Enumerable.Repeat("a*", 500)) + "b", new string('a', 5000)), Is.False);
    }

    [Test]
    public void Nesting_beyond_a_thousand_stars_matches_nothing()
    {
        Assert.Multiple(() =>
        {
            Assert.That(Matches(string.Concat(Enumerable.Repeat("*a", 1000)), new string('a', 1000)), Is.True);
            Assert.That(Matches(string.Concat(Enumerable.Repeat("*a", 1001)), new string('a', 1001)), Is.False);
        });
    }

    private static bool Matches(string pattern, string text) => GlobPattern.Matches(Encoding.Latin1.GetBytes(pattern), Encoding.Latin1.GetBytes(text));
}
