using System.Text;

namespace Carnelian.Tests;

public sealed class GlobPatternTests
{
    [TestCase("*", "", true)]
    [TestCase("", "", true)]
    [TestCase("", "a", false)]
    [TestCase("a*c", "abbc", true)]
    [TestCase("a*c", "abcb", false)]
    [TestCase("a**c*", "abcb", true)]
    [TestCase("a?c", "abc", true)]
    [TestCase("a?c", "ac", false)]
    [TestCase("a[bc]d", "acd", true)]
    [TestCase("a[b-d]e", "ace", true)]
    [TestCase("a[d-b]e", "ace", true)]
    [TestCase("a[^b-d]e", "ace", false)]
    [TestCase("a[^b-d]e", "aze", true)]
    [TestCase(@"a[\]]e", "a]e", true)]
    [TestCase(@"a\*", "a*", true)]
    [TestCase(@"a\*", "ab", false)]
    [TestCase("a[b", "ab", true)]
    [TestCase("a[^b", "ac", true)]
    [TestCase(@"a\", @"a\", true)]
    [TestCase("A", "a", false)]
    public void Matches(string pattern, string text, bool matches) =>
        Assert.That(GlobPattern.Matches(Encoding.UTF8.GetBytes(pattern), Encoding.UTF8.GetBytes(text)), Is.EqualTo(matches));

    [TestCase("A*[C-E]", "abd", true)]
    [TestCase(@"\A", "a", true)]
    [TestCase("[^B]", "b", false)]
    public void Matches_in_any_case(string pattern, string text, bool matches) =>
        Assert.That(GlobPattern.Matches(Encoding.UTF8.GetBytes(pattern), Encoding.UTF8.GetBytes(text), ignoreCase: true), Is.EqualTo(matches));

    [Test]
    public void Many_stars_do_not_multiply_the_time()
    {
        var pattern = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("a*", 40)) + "b");
        Assert.That(GlobPattern.Matches(pattern, Encoding.UTF8.GetBytes(new string('a', 2000))), Is.False);
    }
}
