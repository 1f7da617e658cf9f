using System.Buffers.Text;

namespace Carnelian;

/// <summary>IDs of entries as requests and replies have them: time and number in decimal, with a hyphen in between (t_stream.c, streamGenericParseIDOrReply).</summary>
public static class StreamIdText
{
    /// <summary>Two numbers of 64 bits and the hyphen.</summary>
    public const int LengthMax = 41;

    private const int ReadLengthMax = 127;

    /// <summary>Reads an ID; otherwise the call has failed. "-" and "+" are none.</summary>
    /// <param name="missingSequence">Where the ID is a time alone.</param>
    public static bool TryRead(ref Call call, int argument, out StreamId id, ulong missingSequence = 0)
    {
        if (TryParse(call.Args[argument], missingSequence, out id)) return true;
        FailInvalid(ref call);
        return false;
    }

    /// <summary>As <see cref="TryRead"/>; "time-*" leaves the number open.</summary>
    public static bool TryReadOpen(ref Call call, int argument, out StreamId id, out bool hasSequence)
    {
        var text = ByteText.UpToNul(call.Args[argument]);
        hasSequence = text.Length > ReadLengthMax || !text.EndsWith("-*"u8) || text[..^2].Contains((byte)'-');
        if (hasSequence) return TryRead(ref call, argument, out id);
        id = default;
        if (!TryParseNumber(text[..^2], out var milliseconds))
        {
            FailInvalid(ref call);
            return false;
        }
        id = new(milliseconds, 0);
        return true;
    }

    /// <summary>Reads an end of a range: "-" and "+" are the least and the greatest ID, and behind "(" the end itself does not belong to the range.</summary>
    public static bool TryReadBound(ref Call call, int argument, out StreamId id, bool isStart)
    {
        var text = ByteText.UpToNul(call.Args[argument]);
        id = StreamId.Min;
        if (text.SequenceEqual("-"u8)) return true;
        id = StreamId.Max;
        if (text.SequenceEqual("+"u8)) return true;
        var isOpen = text.Length > 1 && text[0] == '(';
        if (!TryParse(isOpen ? text[1..] : text, isStart ? 0 : ulong.MaxValue, out id))
        {
            FailInvalid(ref call);
            return false;
        }
        if (!isOpen || (isStart ? id.TryNext(out id) : id.TryPrevious(out id))) return true;
        call.Fail(isStart ? "ERR invalid start ID for the interval" : "ERR invalid end ID for the interval");
        return false;
    }

    private static void FailInvalid(ref Call call) => call.Fail("ERR Invalid stream ID specified as stream command argument");

    /// <summary>As <see cref="TryRead"/>, of what may be something else.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out StreamId id) => TryParse(text, 0, out id);

    private static bool TryParse(ReadOnlySpan<byte> text, ulong missingSequence, out StreamId id)
    {
        id = default;
        if (text.Length > ReadLengthMax) return false;
        text = ByteText.UpToNul(text);
        var hyphen = text.IndexOf((byte)'-');
        var sequence = missingSequence;
        if (!TryParseNumber(hyphen < 0 ? text : text[..hyphen], out var milliseconds)) return false;
        if (hyphen >= 0 && !TryParseNumber(text[(hyphen + 1)..], out sequence)) return false;
        id = new(milliseconds, sequence);
        return true;
    }

    /// <summary>As util.c's string2ull: what is not written as Redis writes numbers goes to strtoull, which takes blanks, signs and zeros in front.</summary>
    private static bool TryParseNumber(ReadOnlySpan<byte> text, out ulong number)
    {
        if (IntegerText.TryParse(text, out var signed))
        {
            number = (ulong)signed;
            return signed >= 0;
        }
        number = 0;
        text = text.TrimStart(" \t\n\v\f\r"u8);
        var isNegative = text.StartsWith("-"u8);
        if (isNegative || text.StartsWith("+"u8)) text = text[1..];
        if (text.IsEmpty || !text[0..1].ContainsAnyInRange((byte)'0', (byte)'9')) return false;
        if (!Utf8Parser.TryParse(text, out number, out var used) || used != text.Length) return false;
        if (isNegative) number = 0 - number;
        return true;
    }

    /// <summary>Writes an ID. Returns its length.</summary>
    public static int Format(StreamId id, Span<byte> destination, byte separator = (byte)'-')
    {
        Check.That(Utf8Formatter.TryFormat(id.Milliseconds, destination, out var length));
        destination[length++] = separator;
        Check.That(Utf8Formatter.TryFormat(id.Sequence, destination[length..], out var rest));
        return length + rest;
    }

    public static void Bulk(this scoped ref ReplyWriter reply, StreamId id)
    {
        Span<byte> text = stackalloc byte[LengthMax];
        reply.Bulk(text[..Format(id, text)]);
    }

    public static ChangeLog Append(this ChangeLog changes, StreamId id)
    {
        Span<byte> text = stackalloc byte[LengthMax];
        return changes.Append(text[..Format(id, text)]);
    }
}
