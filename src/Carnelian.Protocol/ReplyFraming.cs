using System.Buffers.Text;

namespace Carnelian;

/// <summary>
/// Finds where replies of RESP2 and RESP3 end in a stream that comes in pieces. Each byte is looked at once, whatever a reply announces, and nothing is kept
/// of it: <see cref="RespValue.Read"/> reads one that is whole. After an error the stream cannot be understood any more.
/// </summary>
/// <param name="bytesMax">The longest reply that is taken.</param>
public struct ReplyFraming(int bytesMax)
{
    /// <summary>The least that a value takes.</summary>
    private const int ValueBytesMin = 3;

    private const byte Attribute = (byte)'|';

    /// <summary>Values of the reply that are still to come.</summary>
    private long _open;

    /// <summary>Bytes of the reply in which there is no end of it.</summary>
    private int _seen;

    /// <summary>What is wrong with the stream.</summary>
    public string? Error { get; private set; }

    /// <summary>Looks for the end of the reply that the bytes begin with: the same ones as before, and more.</summary>
    /// <param name="length">Of the reply; the next call is to begin behind it.</param>
    /// <returns>False while it is not whole, or when it never will be: <see cref="Error"/>.</returns>
    public bool TryNext(ReadOnlySpan<byte> bytes, out int length)
    {
        length = 0;
        if (Error is not null) return false;
        if (_open == 0) _open = 1;
        while (_open > 0)
        {
            if (!TryValue(bytes)) return false;
        }
        length = _seen;
        _seen = 0;
        return true;
    }

    /// <summary>Goes behind a value, or behind what announces an aggregate.</summary>
    private bool TryValue(ReadOnlySpan<byte> bytes)
    {
        var line = bytes[_seen..].IndexOf("\r\n"u8);
        if (line < 0) return bytes.Length <= bytesMax ? false : Fail($"a reply is longer than {bytesMax} bytes");
        if (line == 0) return Fail("a reply has no type");
        var kind = bytes[_seen];
        var end = _seen + (long)line + 2;
        long inside = 0;
        switch (kind)
        {
            case (byte)RespKind.SimpleString or (byte)RespKind.Error or (byte)RespKind.Double or (byte)RespKind.BigNumber or (byte)RespKind.Integer
                or (byte)RespKind.Boolean or (byte)RespKind.Null:
                break;
            case (byte)RespKind.Bulk or (byte)RespKind.Verbatim or (byte)RespKind.BulkError:
                if (!TryNumber(bytes.Slice(_seen + 1, line - 1), out var bulk)) return false;
                if (bulk >= 0) end += bulk + 2;
                break;
            case (byte)RespKind.Array or (byte)RespKind.Set or (byte)RespKind.Push or (byte)RespKind.Map or Attribute:
                if (!TryNumber(bytes.Slice(_seen + 1, line - 1), out var items)) return false;
                inside = Math.Max(0, items) * (kind is (byte)RespKind.Map or Attribute ? 2 : 1);
                break;
            default:
                return Fail($"no reply begins with the byte {kind}");
        }
        // What is announced must fit as well, before any of it is waited for.
        if (end + (_open - 1 + inside) * ValueBytesMin > bytesMax) return Fail($"a reply is longer than {bytesMax} bytes");
        if (end > bytes.Length) return false;
        if (!bytes[..(int)end].EndsWith("\r\n"u8)) return Fail("a bulk string does not end where it says");
        _seen = (int)end;
        // An attribute stands before the value that it tells of.
        _open += inside - (kind == Attribute ? 0 : 1);
        return true;
    }

    private bool TryNumber(ReadOnlySpan<byte> text, out long number)
    {
        if (Utf8Parser.TryParse(text, out number, out var used) && used == text.Length && number is >= -1 and <= int.MaxValue) return true;
        return Fail("a length is no number");
    }

    private bool Fail(string error)
    {
        Error = error;
        return false;
    }
}
