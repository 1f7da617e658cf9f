using System.Buffers.Text;
using System.Text;

namespace Carnelian;

/// <summary>Kinds of values, with the byte that announces them in RESP2 and RESP3.</summary>
public enum RespKind : byte
{
    SimpleString = (byte)'+',
    Error = (byte)'-',
    Integer = (byte)':',
    Bulk = (byte)'$',
    Array = (byte)'*',
    Null = (byte)'_',
    Boolean = (byte)'#',
    Double = (byte)',',
    BigNumber = (byte)'(',
    BulkError = (byte)'!',
    Verbatim = (byte)'=',
    Map = (byte)'%',
    Set = (byte)'~',
    Push = (byte)'>',
}

/// <summary>
/// A reply as a value of its own (redis.io, "Redis serialization protocol specification"): for programs that embed a server and
/// for clients. RESP2's null bulk and null array are <see cref="RespKind.Null"/>.
/// </summary>
public sealed class RespValue
{
    private const int NestingMax = 128;

    /// <summary>Announces pairs of what is to be known about the value behind them. They are no part of it, and are left out.</summary>
    private const RespKind Attribute = (RespKind)'|';

    private RespValue(RespKind kind, byte[] bytes, long integer, RespValue[] items)
    {
        Kind = kind;
        Bytes = bytes;
        Integer = integer;
        Items = items;
    }

    public RespKind Kind { get; }

    /// <summary>A string's bytes, an error's or number's text; empty where there is none. A verbatim string's begin with its format: "txt:".</summary>
    public byte[] Bytes { get; }

    /// <summary>An integer's value; 1 and 0 of a boolean; else 0.</summary>
    public long Integer { get; }

    /// <summary>The elements of an array, set or push; keys and values of a map by turns; else empty.</summary>
    public RespValue[] Items { get; }

    public bool IsNull => Kind == RespKind.Null;

    public bool IsError => Kind is RespKind.Error or RespKind.BulkError;

    /// <summary><see cref="Bytes"/> as UTF-8; null for a null.</summary>
    public string? Text => IsNull ? null : Encoding.UTF8.GetString(Bytes);

    /// <summary>A simple string, an error or a bulk in words: what a program shows to people.</summary>
    public override string ToString() => Kind switch
    {
        RespKind.Null => "(null)",
        RespKind.Array or RespKind.Set or RespKind.Push or RespKind.Map => $"[{string.Join(", ", (IEnumerable<RespValue>)Items)}]",
        _ => Text!,
    };

    /// <summary>Reads one value from the front.</summary>
    /// <param name="length">How many bytes it took.</param>
    /// <returns>Null while more bytes are needed.</returns>
    /// <exception cref="FormatException">The bytes are no RESP.</exception>
    public static RespValue? Read(ReadOnlySpan<byte> bytes, out int length)
    {
        length = 0;
        return Read(bytes, ref length, 0);
    }

    private static RespValue? Read(ReadOnlySpan<byte> bytes, ref int at, int nesting)
    {
        if (nesting > NestingMax) throw new FormatException("a reply is nested too deeply");
        var end = bytes[at..].IndexOf("\r\n"u8);
        if (end < 0) return null;
        if (end == 0) throw new FormatException("a reply has no type");
        var kind = (RespKind)bytes[at];
        var line = bytes.Slice(at + 1, end - 1);
        at += end + 2;
        switch (kind)
        {
            case RespKind.SimpleString or RespKind.Error or RespKind.Double or RespKind.BigNumber:
                return new(kind, line.ToArray(), 0, []);
            case RespKind.Integer:
                return new(kind, line.ToArray(), Number(line), []);
            case RespKind.Boolean:
                return new(kind, line.ToArray(), line is [(byte)'t'] ? 1 : 0, []);
            case RespKind.Null:
                return new(kind, [], 0, []);
            case RespKind.Bulk or RespKind.Verbatim or RespKind.BulkError:
                return ReadBulk(bytes, ref at, kind, Number(line));
            case RespKind.Array or RespKind.Set or RespKind.Push:
                return ReadItems(bytes, ref at, nesting, kind, Number(line));
            case Attribute:
                return ReadItems(bytes, ref at, nesting, kind, 2 * Number(line)) is null ? null : Read(bytes, ref at, nesting + 1);
            case RespKind.Map:
                return ReadItems(bytes, ref at, nesting, kind, 2 * Number(line));
            default:
                throw new FormatException($"no reply begins with '{(char)kind}'");
        }
    }

    private static RespValue? ReadBulk(ReadOnlySpan<byte> bytes, ref int at, RespKind kind, long length)
    {
        if (length < 0) return new(RespKind.Null, [], 0, []);
        if (bytes.Length - at < length + 2) return null;
        var value = bytes.Slice(at, (int)length).ToArray();
        if (!bytes.Slice(at + (int)length, 2).SequenceEqual("\r\n"u8)) throw new FormatException("a bulk string does not end where it says");
        at += (int)length + 2;
        return new(kind, value, 0, []);
    }

    private static RespValue? ReadItems(ReadOnlySpan<byte> bytes, ref int at, int nesting, RespKind kind, long count)
    {
        if (count < 0) return new(RespKind.Null, [], 0, []);
        // Grows with what has come, not with what was announced.
        var items = new List<RespValue>();
        for (long i = 0; i < count; i++)
        {
            if (Read(bytes, ref at, nesting + 1) is not { } item) return null;
            items.Add(item);
        }
        return new(kind, [], 0, items.ToArray());
    }

    private static long Number(ReadOnlySpan<byte> line) =>
        Utf8Parser.TryParse(line, out long number, out var used) && used == line.Length ? number : throw new FormatException("a number is none");
}
