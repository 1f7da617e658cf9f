using System.Buffers;
using System.Text;

namespace Carnelian;

/// <summary>
/// A call as monitors are shown it, in Redis' form, a status of RESP:
/// <code>+1339518083.107412 [0 127.0.0.1:60866] "keys" "*"</code>
/// </summary>
internal static class MonitorLine
{
    /// <summary>Times, numbers, and the path of a unix socket.</summary>
    public const int HeadBytesMax = 512;

    private const int SourceCharactersMax = 120;

    /// <summary>What stands for itself between quotes.</summary>
    private static readonly SearchValues<byte> _plain = SearchValues.Create([.. PlainBytes()]);

    private static IEnumerable<byte> PlainBytes()
    {
        for (byte value = 0x20; value < 0x7f; value++)
        {
            if (value is not ((byte)'"' or (byte)'\\')) yield return value;
        }
    }

    /// <summary>Up to the arguments. Returns how long it is.</summary>
    public static int WriteHead(Span<byte> room, long unixMicroseconds, int database, string sourceKind, string? source)
    {
        var used = 1 + IntegerText.Format(unixMicroseconds / 1_000_000, room[1..]);
        room[0] = (byte)'+';
        room[used] = (byte)'.';
        Check.That((unixMicroseconds % 1_000_000).TryFormat(room[++used..], out var digits, "D6"));
        used += digits;
        " ["u8.CopyTo(room[used..]);
        used += 2 + IntegerText.Format(database, room[(used + 2)..]);
        room[used++] = (byte)' ';
        used += Encoding.UTF8.GetBytes(sourceKind, room[used..]);
        var shown = source.AsSpan(0, Math.Min(source?.Length ?? 0, SourceCharactersMax));
        used += Encoding.UTF8.GetBytes(shown, room[used..]);
        room[used++] = (byte)']';
        return used;
    }

    /// <summary>How long the rest of the line is.</summary>
    public static long MeasureArguments(ref Call call)
    {
        long bytes = 2;
        for (var i = 0; i < call.Args.Count; i++) bytes += 3 + MeasureEscaped(call.Showable(i));
        return bytes;
    }

    /// <summary>Writes the rest, which fills the room.</summary>
    public static void WriteArguments(ref Call call, scoped Span<byte> room)
    {
        for (var i = 0; i < call.Args.Count; i++)
        {
            " \""u8.CopyTo(room);
            room = WriteEscaped(call.Showable(i), room[2..]);
            room[0] = (byte)'"';
            room = room[1..];
        }
        "\r\n"u8.CopyTo(room);
        Check.That(room.Length == 2);
    }

    private static long MeasureEscaped(ReadOnlySpan<byte> text)
    {
        long bytes = text.Length;
        for (int at; (at = text.IndexOfAnyExcept(_plain)) >= 0; text = text[(at + 1)..]) bytes += LetterOf(text[at]) == 0 ? 3 : 1;
        return bytes;
    }

    private static Span<byte> WriteEscaped(ReadOnlySpan<byte> text, Span<byte> room)
    {
        int at;
        while ((at = text.IndexOfAnyExcept(_plain)) >= 0)
        {
            text[..at].CopyTo(room);
            room = WriteEscape(text[at], room[at..]);
            text = text[(at + 1)..];
        }
        text.CopyTo(room);
        return room[text.Length..];
    }

    private static Span<byte> WriteEscape(byte value, Span<byte> room)
    {
        room[0] = (byte)'\\';
        room[1] = LetterOf(value);
        if (room[1] != 0) return room[2..];
        room[1] = (byte)'x';
        Check.That(value.TryFormat(room[2..], out _, "x2"));
        return room[4..];
    }

    /// <summary>What stands behind a backslash, as in C; 0: two hexadecimal digits do.</summary>
    private static byte LetterOf(byte value) => value switch
    {
        (byte)'"' or (byte)'\\' => value,
        (byte)'\n' => (byte)'n',
        (byte)'\r' => (byte)'r',
        (byte)'\t' => (byte)'t',
        (byte)'\a' => (byte)'a',
        (byte)'\b' => (byte)'b',
        _ => 0,
    };
}
