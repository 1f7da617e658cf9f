using System.Text;

namespace Carnelian.Tests;

public class ArgumentSplitterTests
{
    [TestCase("", "")]
    [TestCase("  \t ", "")]
    [TestCase("set key value", "set|key|value")]
    [TestCase("  set   key\tvalue\r\n", "set|key|value")]
    [TestCase("a \"b c\" d", "a|b c|d")]
    [TestCase("a 'b c' d", "a|b c|d")]
    [TestCase("a \"\" ''", "a||")]
    [TestCase("a\"b c\"", "ab c", Description = "a quote may open within an argument")]
    [TestCase(@"""\n\r\t\b\a\q\\\""""", "\n\r\t\b\aq\\\"")]
    [TestCase(@"""\x41\x7A\xg1""", "Azxg1", Description = "half an escape is a plain x")]
    [TestCase(@"'\n\'x'", @"\n'x", Description = "single quotes know one escape")]
    [TestCase(@"a\nb", @"a\nb", Description = "no escapes outside quotes")]
    [TestCase("a\vb \fc", "a\vb|c", Description = "vertical tab and form feed part arguments only before one begins")]
    [TestCase("a\0b c", "a")]
    public void Splits_at_blanks_and_honours_quotes(string line, string expected)
    {
        var arguments = ArgumentSplitter.Split(Encoding.Latin1.GetBytes(line));
        Assert.That(arguments, Is.Not.Null);
        Assert.That(string.Join('|', arguments!.Select(bytes => Encoding.Latin1.GetString(bytes))), Is.EqualTo(expected));
    }

    [TestCase("a \"b")]
    [TestCase("a 'b")]
    [TestCase("a \"b\"c", Description = "a closing quote must end its argument")]
    [TestCase("a 'b'c")]
    [TestCase(@"""a\")]
    public void Unbalanced_quotes_give_null(string line)
    {
        Assert.That(ArgumentSplitter.Split(Encoding.Latin1.GetBytes(line)), Is.Null);
    }

    [Test]
    public void Quoting_writes_what_Redis_writes()
    {
        Assert.That(Encoding.ASCII.GetString(ArgumentSplitter.Quote("a \"b\" \\ \n\r\t\a\b\0\u00e9"u8)), Is.EqualTo("""
            "a \"b\" \\ \n\r\t\a\b\x00\xc3\xa9"
            """));
    }

    [Test]
    public void Splitting_gives_back_every_byte_that_was_quoted()
    {
        var bytes = Enumerable.Range(0, 256).Select(i => (byte)i).ToArray();
        Assert.That(ArgumentSplitter.Split(ArgumentSplitter.Quote(bytes)), Is.EqualTo(new[] { bytes }));
    }
}
