using System.Text;

namespace Carnelian.Tests;

public sealed class ReplyWriterTests
{
    /// <summary>Hands out exactly the room that is asked for, filled with rubbish, and keeps what is committed.</summary>
    private sealed class Sink : ReplySink
    {
        private byte[] _room = [];
        private readonly MemoryStream _written = new();

        public string Written => Encoding.Latin1.GetString(_written.ToArray());

        public override Span<byte> Reserve(int bytes)
        {
            _room = new byte[bytes];
            Array.Fill(_room, (byte)'?');
            return _room;
        }

        public override void Commit(int bytes)
        {
            Assert.That(bytes, Is.InRange(1, _room.Length));
            _written.Write(_room, 0, bytes);
        }
    }

    private delegate void Write(ref ReplyWriter reply);

    private static string Written(RespVersion version, Write write)
    {
        var sink = new Sink();
        var reply = new ReplyWriter(sink, version);
        write(ref reply);
        reply.Flush();
        return sink.Written;
    }

    private static void Expect(string resp2, string resp3, Write write)
    {
        Assert.That(Written(RespVersion.Resp2, write), Is.EqualTo(resp2));
        Assert.That(Written(RespVersion.Resp3, write), Is.EqualTo(resp3));
    }

    [Test]
    public void Kinds_that_both_versions_have_are_alike()
    {
        Expect("+OK\r\n", "+OK\r\n", (ref ReplyWriter r) => r.Ok());
        Expect("+QUEUED\r\n", "+QUEUED\r\n", (ref ReplyWriter r) => r.Simple("QUEUED"u8));
        Expect("-ERR no\r\n", "-ERR no\r\n", (ref ReplyWriter r) => r.Error("ERR no"));
        Expect(":0\r\n", ":0\r\n", (ref ReplyWriter r) => r.Integer(0));
        Expect(":-9223372036854775808\r\n", ":-9223372036854775808\r\n", (ref ReplyWriter r) => r.Integer(long.MinValue));
        Expect("$0\r\n\r\n", "$0\r\n\r\n", (ref ReplyWriter r) => r.Bulk(""u8));
        Expect("$5\r\na\r\nb\0\r\n", "$5\r\na\r\nb\0\r\n", (ref ReplyWriter r) => r.Bulk("a\r\nb\0"u8));
        Expect("$2\r\n\u00e9\u00ff\r\n", "$2\r\n\u00e9\u00ff\r\n", (ref ReplyWriter r) => r.Bulk("\u00e9\u00ff"));
        Expect("$2\r\n42\r\n", "$2\r\n42\r\n", (ref ReplyWriter r) => r.BulkInteger(42));
        Expect("*0\r\n", "*0\r\n", (ref ReplyWriter r) => r.Array(0));
        Expect("*12\r\n", "*12\r\n", (ref ReplyWriter r) => r.Array(12));
    }

    [Test]
    public void What_Resp2_lacks_is_written_as_Redis_writes_it_there()
    {
        Expect("$-1\r\n", "_\r\n", (ref ReplyWriter r) => r.Null());
        Expect("*-1\r\n", "_\r\n", (ref ReplyWriter r) => r.NullArray());
        Expect(":1\r\n", "#t\r\n", (ref ReplyWriter r) => r.Bool(true));
        Expect(":0\r\n", "#f\r\n", (ref ReplyWriter r) => r.Bool(false));
        Expect("*6\r\n", "%3\r\n", (ref ReplyWriter r) => r.Map(3));
        Expect("*4294967294\r\n", "%2147483647\r\n", (ref ReplyWriter r) => r.Map(int.MaxValue));
        Expect("*3\r\n", "~3\r\n", (ref ReplyWriter r) => r.Set(3));
        Expect("*3\r\n", ">3\r\n", (ref ReplyWriter r) => r.Push(3));
        Expect("$3\r\nabc\r\n", "=7\r\ntxt:abc\r\n", (ref ReplyWriter r) => r.Verbatim("abc"u8, "txt"u8));
    }

    [Test]
    public void Line_breaks_in_a_line_become_blanks()
    {
        Expect("-ERR a  b\r\n", "-ERR a  b\r\n", (ref ReplyWriter r) => r.Error("ERR a\r\nb"u8));
        Expect("+a b\r\n", "+a b\r\n", (ref ReplyWriter r) => r.Simple("a\nb"));
    }

    [Test]
    public void Version_may_change_amid_a_stream() =>
        Expect("$-1\r\n%1\r\n", "_\r\n%1\r\n", (ref ReplyWriter r) =>
        {
            r.Null();
            r.Version = RespVersion.Resp3;
            r.Map(1);
        });

    [Test]
    public void Replies_of_all_sizes_join_without_a_gap([Range(1, 5)] int seed)
    {
        var random = new Random(seed);
        var expected = new StringBuilder();
        Assert.That(Written(RespVersion.Resp2, (ref ReplyWriter r) =>
        {
            for (var i = 0; i < 500; i++)
            {
                var text = new string((char)random.Next('a', 'z'), random.Next(10) == 0 ? random.Next(1000) : random.Next(30));
                switch (random.Next(6))
                {
                    case 0:
                        var number = random.NextInt64(long.MinValue, long.MaxValue) >> random.Next(64);
                        r.Integer(number);
                        expected.Append($":{number}\r\n");
                        break;
                    case 1: r.Simple(text); expected.Append($"+{text}\r\n"); break;
                    case 2: r.Bulk(text); expected.Append($"${text.Length}\r\n{text}\r\n"); break;
                    case 3: r.Bulk(Encoding.Latin1.GetBytes(text)); expected.Append($"${text.Length}\r\n{text}\r\n"); break;
                    case 4: r.Raw(Encoding.Latin1.GetBytes(text)); expected.Append(text); break;
                    default: if (random.Next(4) == 0) r.Flush(); break;
                }
            }
        }), Is.EqualTo(expected.ToString()));
    }

    [Test]
    public void Nothing_reaches_the_sink_before_the_flush_while_there_is_room()
    {
        var sink = new Sink();
        var reply = new ReplyWriter(sink, RespVersion.Resp2);
        reply.Ok();
        Assert.That(sink.Written, Is.Empty);
        reply.Flush();
        reply.Flush();
        Assert.That(sink.Written, Is.EqualTo("+OK\r\n"));
    }
}
