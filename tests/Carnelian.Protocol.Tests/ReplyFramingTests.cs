using System.Text;

namespace Carnelian.Tests;

internal sealed class ReplyFramingTests
{
    private static readonly string[] Replies =
    [
        "+OK\r\n", "-ERR no\r\n", ":12\r\n", "$5\r\nab\r\nc\r\n", "$0\r\n\r\n", "$-1\r\n", "*-1\r\n", "*0\r\n", "*2\r\n$1\r\na\r\n:1\r\n", "_\r\n", "#t\r\n", ",1.5\r\n",
        "(123\r\n", "=5\r\ntxt:a\r\n", "!3\r\nERR\r\n", "%2\r\n+a\r\n:1\r\n+b\r\n*1\r\n:2\r\n", "~1\r\n:1\r\n", ">2\r\n+message\r\n%1\r\n+a\r\n+b\r\n",
        "|1\r\n+ttl\r\n:1\r\n+value\r\n", "*2\r\n|1\r\n+ttl\r\n:1\r\n+one\r\n+two\r\n", "*1\r\n*1\r\n*0\r\n",
    ];

    [Test]
    public void Replies_end_where_they_end_whatever_pieces_they_come_in([Values(1, 2, 3, 7, 1000)] int piece)
    {
        var stream = Encoding.Latin1.GetBytes(string.Concat(Replies));
        var framing = new ReplyFraming(1000);
        var found = new List<string>();
        var begin = 0;
        for (var end = 0; end < stream.Length;)
        {
            end = Math.Min(end + piece, stream.Length);
            while (begin < end && framing.TryNext(stream.AsSpan(begin, end - begin), out var length))
            {
                found.Add(Encoding.Latin1.GetString(stream, begin, length));
                begin += length;
            }
        }
        Assert.That(framing.Error, Is.Null);
        Assert.That(found, Is.EqualTo(Replies));
    }

    [Test]
    public void A_whole_reply_is_one_that_can_be_read()
    {
        foreach (var reply in Replies)
        {
            var bytes = Encoding.Latin1.GetBytes(reply);
            Assert.That(RespValue.Read(bytes, out var length), Is.Not.Null, reply);
            Assert.That(length, Is.EqualTo(bytes.Length), reply);
        }
    }

    [TestCase("\r\n", "a reply has no type")]
    [TestCase("HTTP/1.1 400\r\n", "no reply begins with the byte 72")]
    [TestCase("$x\r\n", "a length is no number")]
    [TestCase("$-2\r\n", "a length is no number")]
    [TestCase("*99999999999\r\n", "a length is no number")]
    [TestCase("$3\r\nabcde", "a bulk string does not end where it says")]
    [TestCase("*2\r\n+a\r\n?\r\n", "no reply begins with the byte 63")]
    public void What_is_no_reply_is_refused(string stream, string error)
    {
        var framing = new ReplyFraming(1000);
        Assert.That(framing.TryNext(Encoding.Latin1.GetBytes(stream), out _), Is.False);
        Assert.That(framing.Error, Is.EqualTo(error));
        Assert.That(framing.TryNext("+OK\r\n"u8, out _), Is.False, "there is no way back into the stream");
    }

    [TestCase("$2000\r\n")]
    [TestCase("*400\r\n")]
    [TestCase("%200\r\n")]
    [TestCase("*100\r\n*100\r\n*200\r\n")]
    public void What_would_be_longer_than_allowed_is_refused_before_it_comes(string beginning)
    {
        var framing = new ReplyFraming(1000);
        Assert.That(framing.TryNext(Encoding.Latin1.GetBytes(beginning), out _), Is.False);
        Assert.That(framing.Error, Is.EqualTo("a reply is longer than 1000 bytes"));
    }

    [Test]
    public void A_line_without_an_end_is_refused()
    {
        var framing = new ReplyFraming(1000);
        Assert.That(framing.TryNext(new byte[1000].AsSpan(), out _), Is.False);
        Assert.That(framing.Error, Is.Null);
        Assert.That(framing.TryNext(new byte[1001].AsSpan(), out _), Is.False);
        Assert.That(framing.Error, Is.EqualTo("a reply is longer than 1000 bytes"));
    }
}
