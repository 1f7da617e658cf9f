using System.Runtime.CompilerServices;
using System.Text;

namespace Carnelian;

/// <summary>
/// Writes replies in RESP2 or RESP3 (redis.io, "Redis serialization protocol specification"). What a version lacks is
/// written as Redis writes it there: maps as flat arrays, nulls as $-1 or *-1, doubles as bulk strings. Bytes reach the
/// sink with <see cref="Flush"/> or when the reserved room is full.
/// </summary>
public ref struct ReplyWriter(ReplySink sink, RespVersion version)
{
    /// <summary>Type byte, a number and CR LF.</summary>
    private const int HeaderBytes = 1 + IntegerText.LengthMax + 2;

    /// <summary>Room asked for at a time, so that small replies do not ask one by one.</summary>
    private const int ReserveBytes = 256;

    private readonly ReplySink _sink = sink;
    private Span<byte> _room;
    private int _used;
    private long _flushed;

    /// <summary>May change in the middle of a stream: HELLO.</summary>
    public RespVersion Version { get; set; } = version;

    public readonly bool IsResp3 => Version == RespVersion.Resp3;

    /// <summary>Bytes written so far, flushed or not.</summary>
    public readonly long Written => _flushed + _used;

    /// <summary>Hands the sink what was written.</summary>
    public void Flush()
    {
        if (_used > 0) _sink.Commit(_used);
        _flushed += _used;
        _used = 0;
        _room = default;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Span<byte> Room(int bytes)
    {
        if (_room.Length - _used < bytes) Refill(bytes);
        return _room[_used..];
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Refill(int bytes)
    {
        Flush();
        _room = _sink.Reserve(Math.Max(bytes, ReserveBytes));
    }

    /// <summary>Bytes that already are RESP.</summary>
    public void Raw(scoped ReadOnlySpan<byte> resp)
    {
        resp.CopyTo(Room(resp.Length));
        _used += resp.Length;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Header(byte type, long number)
    {
        var room = Room(HeaderBytes);
        room[0] = type;
        var length = 1 + IntegerText.Format(number, room[1..]);
        room[length] = (byte)'\r';
        room[length + 1] = (byte)'\n';
        _used += length + 2;
    }

    /// <summary>+OK</summary>
    public void Ok() => Raw("+OK\r\n"u8);

    /// <summary>A status: a line without line breaks.</summary>
    public void Simple(scoped ReadOnlySpan<byte> text) => Line((byte)'+', text);

    /// <summary>An error: code, blank, sentence. Line breaks become blanks, as Redis does.</summary>
    public void Error(scoped ReadOnlySpan<byte> text) => Line((byte)'-', text);

    /// <summary>An error that quotes something, which may be long: it is copied here only.</summary>
    public void Error(scoped ReadOnlySpan<byte> before, scoped ReadOnlySpan<byte> quoted, scoped ReadOnlySpan<byte> after)
    {
        var length = before.Length + quoted.Length + after.Length;
        var room = Room(length + 3);
        before.CopyTo(room[1..]);
        quoted.CopyTo(room[(1 + before.Length)..]);
        after.CopyTo(room[(1 + before.Length + quoted.Length)..]);
        EndLine(room, (byte)'-', length);
    }

    private void Line(byte type, scoped ReadOnlySpan<byte> text)
    {
        var room = Room(text.Length + 3);
        text.CopyTo(room[1..]);
        EndLine(room, type, text.Length);
    }

    /// <summary>Makes a line of text that was written behind the place of its type.</summary>
    private void EndLine(Span<byte> room, byte type, int length)
    {
        room[0] = type;
        var line = room.Slice(1, length);
        line.Replace((byte)'\r', (byte)' ');
        line.Replace((byte)'\n', (byte)' ');
        room[length + 1] = (byte)'\r';
        room[length + 2] = (byte)'\n';
        _used += length + 3;
    }

    public void Integer(long value) => Header((byte)':', value);

    public void Bulk(scoped ReadOnlySpan<byte> value)
    {
        if (_room.Length - _used < value.Length + HeaderBytes + 2) Refill(value.Length + HeaderBytes + 2);
        Header((byte)'$', value.Length);
        var room = _room[_used..];
        value.CopyTo(room);
        room[value.Length] = (byte)'\r';
        room[value.Length + 1] = (byte)'\n';
        _used += value.Length + 2;
    }

    /// <summary>A part of shared bytes as a bulk string, uncopied where the sink can hold them.</summary>
    public void Bulk(SharedBytes bytes, int start, int length)
    {
        Header((byte)'$', length);
        Flush();
        if (_sink.TryRefer(bytes, start, length)) _flushed += length;
        else Raw(bytes.Span.Slice(start, length));
        Raw("\r\n"u8);
    }

    /// <summary><see cref="ByteText"/> as a bulk string.</summary>
    public void Bulk(string byteText)
    {
        Span<byte> small = stackalloc byte[256];
        if (byteText.Length <= small.Length) Bulk(small[..Encoding.Latin1.GetBytes(byteText, small)]);
        else Bulk(ByteText.ToBytes(byteText));
    }

    public void Simple(string byteText) => Simple(ByteText.ToBytes(byteText));

    public void Error(string byteText) => Error(ByteText.ToBytes(byteText));

    /// <summary>A number as a bulk string, as INCRBYFLOAT's kind of commands answer.</summary>
    public void BulkInteger(long value)
    {
        Span<byte> text = stackalloc byte[IntegerText.LengthMax];
        Bulk(text[..IntegerText.Format(value, text)]);
    }

    /// <summary>Text for people: RESP3 marks its format ("txt", "mkd").</summary>
    public void Verbatim(scoped ReadOnlySpan<byte> text, scoped ReadOnlySpan<byte> format)
    {
        if (!IsResp3)
        {
            Bulk(text);
            return;
        }
        Check.That(format.Length == 3);
        Header((byte)'=', text.Length + 4);
        Raw(format);
        Raw(":"u8);
        Raw(text);
        Raw("\r\n"u8);
    }

    /// <summary>No value, where a value would stand.</summary>
    public void Null() => Raw(IsResp3 ? "_\r\n"u8 : "$-1\r\n"u8);

    /// <summary>No value, where an array would stand.</summary>
    public void NullArray() => Raw(IsResp3 ? "_\r\n"u8 : "*-1\r\n"u8);

    public void Bool(bool value)
    {
        if (IsResp3) Raw(value ? "#t\r\n"u8 : "#f\r\n"u8);
        else Integer(value ? 1 : 0);
    }

    /// <summary>A floating-point number in the shortest form that reads back as the same.</summary>
    public void Double(double value)
    {
        Span<byte> text = stackalloc byte[DoubleText.LengthMax];
        text = text[..DoubleText.Format(value, text)];
        if (IsResp3) Line((byte)',', text);
        else Bulk(text);
    }

    /// <summary>An integer of any size, as its decimal digits.</summary>
    public void BigNumber(scoped ReadOnlySpan<byte> digits)
    {
        if (IsResp3) Line((byte)'(', digits);
        else Bulk(digits);
    }

    /// <summary>Announces pairs that tell about the reply behind them; only for RESP3.</summary>
    public void Attribute(int pairs) => Header((byte)'|', pairs);

    /// <summary>Announces an array: this many values follow.</summary>
    public void Array(long count) => Header((byte)'*', count);

    /// <summary>Announces a map: this many pairs of key and value follow.</summary>
    public void Map(int pairs)
    {
        if (IsResp3) Header((byte)'%', pairs);
        else Header((byte)'*', 2L * pairs);
    }

    /// <summary>Announces a set: this many different values follow.</summary>
    public void Set(int count) => Header(IsResp3 ? (byte)'~' : (byte)'*', count);

    /// <summary>Announces a message that answers no request, of this many values; in RESP2, for subscribers, an array.</summary>
    public void Push(int count) => Header(IsResp3 ? (byte)'>' : (byte)'*', count);
}
