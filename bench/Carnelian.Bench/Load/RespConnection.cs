using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Carnelian;

/// <summary>
/// A blocking client connection for load: commands are appended to one buffer and sent together, replies are counted without
/// being kept. Speaks RESP2 (redis.io/docs/latest/develop/reference/protocol-spec). Nothing is allocated per command.
/// </summary>
internal sealed class RespConnection : IDisposable
{
    private const int TimeoutMs = 60_000;
    private const int NestingMax = 8;

    private readonly Socket _socket;
    private byte[] _out;
    private int _outLength;
    private readonly byte[] _in;
    private int _inStart;
    private int _inEnd;

    /// <param name="bufferBytes">Of each direction; a connection that idles wants little. A reply's line must fit.</param>
    public RespConnection(int port, int bufferBytes = 64 * 1024)
    {
        _out = new byte[bufferBytes];
        _in = new byte[bufferBytes];
        _socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        {
            NoDelay = true,
            SendTimeout = TimeoutMs,
            ReceiveTimeout = TimeoutMs,
        };
        try
        {
            _socket.Connect(IPAddress.Loopback, port);
        }
        catch (SocketException e)
        {
            _socket.Dispose();
            throw new MeasurementFailed($"no connection: {e.Message}");
        }
    }

    public void Dispose() => _socket.Dispose();

    public void AppendHeader(int words) => AppendCount('*', words);

    public void AppendBulk(ReadOnlySpan<byte> bytes)
    {
        AppendCount('$', bytes.Length);
        bytes.CopyTo(Room(bytes.Length + 2));
        _outLength += bytes.Length;
        AppendLineEnd();
    }

    public void AppendBulk(long number)
    {
        Span<byte> digits = stackalloc byte[20];
        Utf8Formatter.TryFormat(number, digits, out var length);
        AppendBulk(digits[..length]);
    }

    public void AppendSet(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        AppendHeader(3);
        AppendBulk("SET"u8);
        AppendBulk(key);
        AppendBulk(value);
    }

    public void AppendGet(ReadOnlySpan<byte> key)
    {
        AppendHeader(2);
        AppendBulk("GET"u8);
        AppendBulk(key);
    }

    public void Flush()
    {
        try
        {
            for (var sent = 0; sent < _outLength;)
                sent += _socket.Send(_out.AsSpan(sent, _outLength - sent));
        }
        catch (SocketException e)
        {
            throw new MeasurementFailed($"sending failed: {e.Message}");
        }
        _outLength = 0;
    }

    /// <summary>Waits for so many replies and drops them. An error reply ends the measurement: its figure would mean nothing.</summary>
    public void SkipReplies(long count)
    {
        for (var i = 0L; i < count; i++)
            SkipReply(0);
    }

    /// <summary>A command, of which the reply is the caller's to read.</summary>
    public void Append(params ReadOnlySpan<string> words)
    {
        AppendHeader(words.Length);
        foreach (var word in words)
            AppendBulk(Encoding.UTF8.GetBytes(word));
    }

    /// <summary>One command and its reply as text: a bulk, a line, or a number; empty for a null.</summary>
    public string Call(params ReadOnlySpan<string> words)
    {
        Append(words);
        Flush();
        return Encoding.UTF8.GetString(ReadReply());
    }

    /// <summary>The bytes of one reply that is no array.</summary>
    public byte[] ReadReply()
    {
        var line = ReadLine();
        if (line.IsEmpty || line[0] is (byte)'-' or (byte)'*')
            throw Unexpected(line);
        if (line[0] != '$')
            return line[1..].ToArray();
        var length = Number(line);
        if (length < 0)
            return [];
        var bulk = new byte[length];
        for (var filled = 0; filled < length;)
        {
            FillIfEmpty();
            var part = Math.Min(_inEnd - _inStart, (int)length - filled);
            _in.AsSpan(_inStart, part).CopyTo(bulk.AsSpan(filled));
            filled += part;
            _inStart += part;
        }
        SkipBytes(2);
        return bulk;
    }

    private void SkipReply(int depth)
    {
        var line = ReadLine();
        if (line.IsEmpty || depth > NestingMax)
            throw Unexpected(line);
        switch (line[0])
        {
            case (byte)'+' or (byte)':':
                return;
            case (byte)'$':
                if (Number(line) is >= 0 and var length)
                    SkipBytes(length + 2);
                return;
            case (byte)'*':
                var count = Number(line);
                for (var i = 0L; i < count; i++)
                    SkipReply(depth + 1);
                return;
            default:
                throw Unexpected(line);
        }
    }

    /// <summary>The next line without its end; valid until the next read.</summary>
    private ReadOnlySpan<byte> ReadLine()
    {
        var searched = 0;
        while (true)
        {
            var seen = _in.AsSpan(_inStart, _inEnd - _inStart);
            var end = seen[searched..].IndexOf((byte)'\n');
            if (end >= 0)
            {
                end += searched;
                _inStart += end + 1;
                return seen[..end].TrimEnd((byte)'\r');
            }
            searched = seen.Length;
            // The start of a line moves to the front, so that it is whole in the end.
            seen.CopyTo(_in);
            _inStart = 0;
            _inEnd = searched;
            if (_inEnd == _in.Length)
                throw new MeasurementFailed("a reply's line is longer than the buffer");
            Receive();
        }
    }

    private void SkipBytes(long count)
    {
        while (count > 0)
        {
            FillIfEmpty();
            var part = (int)Math.Min(count, _inEnd - _inStart);
            _inStart += part;
            count -= part;
        }
    }

    private void FillIfEmpty()
    {
        if (_inStart < _inEnd)
            return;
        _inStart = _inEnd = 0;
        Receive();
    }

    private void Receive()
    {
        try
        {
            var received = _socket.Receive(_in.AsSpan(_inEnd));
            if (received == 0)
                throw new MeasurementFailed("the server closed the connection");
            _inEnd += received;
        }
        catch (SocketException e)
        {
            throw new MeasurementFailed($"receiving failed: {e.Message}");
        }
    }

    private static long Number(ReadOnlySpan<byte> line) =>
        Utf8Parser.TryParse(line[1..], out long number, out var used) && used == line.Length - 1 ? number : throw Unexpected(line);

    private static MeasurementFailed Unexpected(ReadOnlySpan<byte> line) =>
        new($"unexpected reply: {Encoding.UTF8.GetString(line[..Math.Min(line.Length, 200)])}");

    private void AppendCount(char kind, int count)
    {
        var room = Room(14);
        room[0] = (byte)kind;
        Utf8Formatter.TryFormat(count, room[1..], out var digits);
        _outLength += 1 + digits;
        AppendLineEnd();
    }

    private void AppendLineEnd()
    {
        var room = Room(2);
        room[0] = (byte)'\r';
        room[1] = (byte)'\n';
        _outLength += 2;
    }

    private Span<byte> Room(int bytes)
    {
        if (_out.Length - _outLength < bytes)
            Array.Resize(ref _out, Math.Max(_out.Length * 2, _outLength + bytes));
        return _out.AsSpan(_outLength);
    }
}
