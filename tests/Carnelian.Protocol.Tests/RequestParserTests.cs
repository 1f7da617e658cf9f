using System.Text;

namespace Carnelian.Tests;

public sealed class RequestParserTests
{
    private static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    private static string Show(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);

    /// <summary>
    /// Parses a stream that arrives in pieces as a connection does: what is not consumed waits for more. Returns one line per
    /// request, and the error if one ends the stream.
    /// </summary>
    private static List<string> Run(byte[] stream, Func<int, int> nextPiece, bool authenticated = true, RequestLimits? limits = null)
    {
        var lines = new List<string>();
        var arguments = new ArgumentList();
        var state = RequestState.Begin;
        int start = 0, arrived = 0;
        var buffer = stream.ToArray(); // quotes are taken off in place
        while (true)
        {
            var status = RequestParser.Parse(buffer.AsSpan(start, arrived - start), ref state, arguments, limits ?? new(), authenticated);
            if (status == ParseStatus.Incomplete)
            {
                Assert.That(state.BytesWanted, Is.GreaterThanOrEqualTo(state.Position));
                if (arrived == buffer.Length) break;
                arrived += Math.Clamp(nextPiece(arrived), 1, buffer.Length - arrived);
                continue;
            }
            if (status == ParseStatus.Error)
            {
                lines.Add($"error {state.Error}");
                return lines;
            }
            if (status == ParseStatus.Complete)
            {
                var request = new Arguments(buffer.AsSpan(start, state.Position), arguments.Slice(0, arguments.Count));
                lines.Add(string.Join('|', request.Copy().Select(argument => Show(argument))));
            }
            start += state.Position;
            state = RequestState.Begin;
            arguments.Clear();
        }
        if (start < buffer.Length) lines.Add($"rest {buffer.Length - start}");
        return lines;
    }

    private static List<string> RunAtOnce(string stream, bool authenticated = true) => Run(Bytes(stream), _ => int.MaxValue, authenticated);

    private static readonly string[] _streams =
    [
        "*1\r\n$4\r\nPING\r\n",
        "*3\r\n$3\r\nSET\r\n$3\r\nk\r\n\r\n$0\r\n\r\n*2\r\n$3\r\nGET\r\n$1\r\nk\r\n",
        "PING\r\nPING\n  SET  a\tb \r\n\r\n\n*0\r\n*-1\r\nQUIT\r\n",
        "SET k \"a b\\x00\\n\" 'c\\'d' \"\"\r\n*1\r\n$12\r\nabcdefghijkl\r\nGET k\r\n",
        "*2\r\n$10\r\n0123456789\r\n$100\r\n" + new string('z', 100) + "\r\n*1\r\n$4\r\nPI",
        "*1\r\n$4\r\nPING\r\nSET \"k\r\nGET\r\n",
        "*1\r\n$4\r\nPING\r\n*1\r\n!4\r\n",
        "*1\r\n$4\r\nPING\r\n*x\r\nPING\r\n",
        "*2\r\n$4\r\nPING\r\n$-7\r\n",
        "*1\rx$4\rxPINGxxPING\n",
        "*12\r\n" + string.Concat(Enumerable.Range(0, 12).Select(i => $"${i}\r\n{new string('y', i)}\r\n")),
    ];

    [Test]
    public void Any_way_of_cutting_a_stream_gives_the_same_requests([ValueSource(nameof(_streams))] string stream)
    {
        var bytes = Bytes(stream);
        var whole = Run(bytes, _ => int.MaxValue);
        Assert.That(whole, Is.Not.Empty);
        Assert.That(Run(bytes, _ => 1), Is.EqualTo(whole), "byte by byte");
        for (var cut = 1; cut < bytes.Length; cut++)
            Assert.That(Run(bytes, arrived => arrived == 0 ? cut : int.MaxValue), Is.EqualTo(whole), $"cut at {cut}");
        var random = new Random(1);
        for (var i = 0; i < 200; i++) Assert.That(Run(bytes, _ => random.Next(1, 12)), Is.EqualTo(whole));
    }

    [Test]
    public void Random_requests_come_back_whole([Range(1, 10)] int seed)
    {
        var random = new Random(seed);
        var expected = new List<string>();
        var stream = new MemoryStream();
        for (var i = 0; i < 60; i++)
        {
            var request = Enumerable.Range(0, random.Next(1, 8)).Select(_ =>
            {
                var argument = new byte[random.Next(15) == 0 ? random.Next(3000) : random.Next(12)];
                random.NextBytes(argument);
                return argument;
            }).ToArray();
            expected.Add(string.Join('|', request.Select(argument => Show(argument))));
            if (random.Next(3) == 0)
            {
                stream.Write(Bytes(string.Join(' ', request.Select(argument => Show(ArgumentSplitter.Quote(argument)))) + (random.Next(2) == 0 ? "\r\n" : "\n")));
                continue;
            }
            stream.Write(Bytes($"*{request.Length}\r\n"));
            foreach (var argument in request)
            {
                stream.Write(Bytes($"${argument.Length}\r\n"));
                stream.Write(argument);
                stream.Write("\r\n"u8);
            }
        }
        var bytes = stream.ToArray();
        Assert.That(Run(bytes, _ => int.MaxValue), Is.EqualTo(expected));
        Assert.That(Run(bytes, _ => random.Next(1, 100)), Is.EqualTo(expected));
        Assert.That(Run(bytes, _ => 1), Is.EqualTo(expected));
    }

    [Test]
    public void Random_bytes_never_break_the_parser([Range(1, 10)] int seed)
    {
        var random = new Random(seed);
        const string Alphabet = "*$:\r\n\r\n0123456789-+ \"'\\x\0\t\va";
        for (var i = 0; i < 2000; i++)
        {
            var bytes = new byte[random.Next(60)];
            for (var at = 0; at < bytes.Length; at++) bytes[at] = (byte)(random.Next(10) == 0 ? random.Next(256) : Alphabet[random.Next(Alphabet.Length)]);
            if (bytes.Length > 1 && random.Next(2) == 0) (bytes[0], bytes[1]) = ((byte)'*', (byte)('0' + random.Next(4)));
            var whole = Run(bytes, _ => int.MaxValue);
            Assert.That(Run(bytes, _ => 1), Is.EqualTo(whole), Show(bytes));
            Assert.That(Run(bytes, _ => random.Next(1, 9)), Is.EqualTo(whole), Show(bytes));
        }
    }

    // Texts and verdicts below are those of a Redis 8.0.6 that was sent the same bytes.

    [TestCase("*abc\r\n", "invalid multibulk length")]
    [TestCase("*\r\nPING\r\n", "invalid multibulk length")]
    [TestCase("*01\r\n", "invalid multibulk length")]
    [TestCase("*+1\r\n", "invalid multibulk length")]
    [TestCase("* 1\r\n", "invalid multibulk length")]
    [TestCase("*2147483648\r\n", "invalid multibulk length")]
    [TestCase("*9223372036854775808\r\n", "invalid multibulk length")]
    [TestCase("*1\r\n:4\r\n", "expected '$', got ':'")]
    [TestCase("*1\r\n\r\n", "expected '$', got '\r'")]
    [TestCase("*1\r\n\u0080\r\n", "expected '$', got '\u0080'")]
    [TestCase("*1\r\n$-1\r\n", "invalid bulk length")]
    [TestCase("*1\r\n$abc\r\n", "invalid bulk length")]
    [TestCase("*1\r\n$\r\n", "invalid bulk length")]
    [TestCase("*1\r\n$04\r\nPING\r\n", "invalid bulk length")]
    [TestCase("*1\r\n$536870913\r\n", "invalid bulk length")]
    [TestCase("PING \"a\"b\r\n", "unbalanced quotes in request")]
    [TestCase("PING \"a\r\n", "unbalanced quotes in request")]
    [TestCase("PING 'a\r\n", "unbalanced quotes in request")]
    public void Malformed_stream_is_refused_with_Redis_text(string stream, string error) => Assert.That(RunAtOnce(stream), Is.EqualTo(new[] { $"error {error}" }));

    [TestCase("*-5\r\nPING\r\n", "PING")]
    [TestCase("*0\r\n\r\nPING\r\n", "PING")]
    [TestCase("\r\n\n PING\r\n", "PING")]
    [TestCase("*1\rX$4\rYPINGZZ", "PING")]
    [TestCase("PING\r\r\n", "PING")]
    [TestCase("PING\vx\r\n", "PING\vx")]
    [TestCase("PING \vx\r\n", "PING|x")]
    [TestCase("PING a\"b c\"\r\n", "PING|ab c")]
    [TestCase("PING ''\r\n", "PING|")]
    [TestCase("PING 'a\\'b'\r\n", "PING|a'b")]
    [TestCase("PING \"\\x41\\n\"\r\n", "PING|A\n")]
    [TestCase("PING \"\\xzz\" \"\\q\"\r\n", "PING|xzz|q")]
    public void Odd_but_accepted_requests_are_read_as_by_Redis(string stream, string request) => Assert.That(RunAtOnce(stream), Is.EqualTo(new[] { request }));

    [TestCase("*", "too big mbulk count string")]
    [TestCase("*1\r\n$", "too big bulk count string")]
    [TestCase("P", "too big inline request")]
    public void Line_without_an_end_is_refused_beyond_65536_bytes(string start, string error)
    {
        var line = start.Length == 1 ? 0 : start.Length - 1;
        var longest = start + new string('a', line + 65536 - start.Length);
        Assert.That(RunAtOnce(longest), Is.EqualTo(new[] { $"rest {longest.Length}" }));
        Assert.That(RunAtOnce(longest + "a"), Is.EqualTo(new[] { $"error {error}" }));
    }

    [Test]
    public void Longer_line_that_has_arrived_whole_is_judged_by_what_it_says()
    {
        Assert.That(RunAtOnce("*" + new string('a', 70_000) + "\r\n"), Is.EqualTo(new[] { "error invalid multibulk length" }));
        Assert.That(RunAtOnce("PING " + new string('a', 70_000) + "\r\n").Single(), Has.Length.EqualTo(70_005));
    }

    [Test]
    public void Request_of_1048576_arguments_is_fine()
    {
        const int Count = 1 << 20;
        var builder = new StringBuilder($"*{Count}\r\n");
        for (var i = 0; i < Count; i++) builder.Append("$1\r\na\r\n");
        var bytes = Bytes(builder.ToString());
        var arguments = new ArgumentList();
        var state = RequestState.Begin;
        for (var arrived = 0; arrived < bytes.Length - 16384; arrived += 16384)
            Assert.That(RequestParser.Parse(bytes.AsSpan(0, arrived), ref state, arguments, new(), true), Is.EqualTo(ParseStatus.Incomplete));
        Assert.That(RequestParser.Parse(bytes, ref state, arguments, new(), true), Is.EqualTo(ParseStatus.Complete));
        Assert.That(arguments.Count, Is.EqualTo(Count));
        Assert.That(state.Position, Is.EqualTo(bytes.Length));
    }

    [TestCase("*10\r\n", "rest 5")]
    [TestCase("*11\r\n", "error unauthenticated multibulk length")]
    [TestCase("*1\r\n$16384\r\n", "rest 12")]
    [TestCase("*1\r\n$16385\r\n", "error unauthenticated bulk length")]
    [TestCase("*2147483648\r\n", "error invalid multibulk length")]
    public void Strangers_have_narrow_limits(string stream, string outcome)
    {
        Assert.That(RunAtOnce(stream, authenticated: false), Is.EqualTo(new[] { outcome }));
        if (!stream.Contains("2147483648")) Assert.That(RunAtOnce(stream).Single(), Does.StartWith("rest"));
    }

    [Test]
    public void Longest_bulk_follows_the_limit()
    {
        var limits = new RequestLimits { BulkBytesMax = 100 };
        Assert.That(Run(Bytes("*1\r\n$101\r\n"), _ => 99, limits: limits), Is.EqualTo(new[] { "error invalid bulk length" }));
        Assert.That(Run(Bytes("*1\r\n$100\r\n"), _ => 99, limits: limits), Is.EqualTo(new[] { "rest 10" }));
    }

    [Test]
    public void State_tells_how_much_room_a_big_bulk_wants()
    {
        var state = RequestState.Begin;
        var bytes = Bytes("*2\r\n$3\r\nGET\r\n$500000000\r\nabc");
        Assert.That(RequestParser.Parse(bytes, ref state, new(), new(), true), Is.EqualTo(ParseStatus.Incomplete));
        Assert.That(state.BytesWanted, Is.EqualTo(bytes.Length - 3 + 500_000_002L));
    }
}
