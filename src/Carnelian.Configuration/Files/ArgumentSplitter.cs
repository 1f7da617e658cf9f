using System.Buffers;

namespace Carnelian;

/// <summary>
/// Splits a line into arguments as a shell would, the way of redis.conf, inline commands and redis-cli: blanks
/// separate, <c>"..."</c> takes the escapes <c>\n \r \t \b \a \xHH</c> and <c>\</c> before any other byte,
/// <c>'...'</c> takes <c>\'</c> only. A NUL ends the line. Same results as Redis' <c>sdssplitargs</c>.
/// </summary>
public static class ArgumentSplitter
{
    /// <returns>The arguments, perhaps none; null when a quote is not closed or its end does not end the argument.</returns>
    public static List<byte[]>? Split(ReadOnlySpan<byte> line)
    {
        line = ByteText.UpToNul(line);
        var arguments = new List<byte[]>();
        var token = new ArrayBufferWriter<byte>();
        while (true)
        {
            while (line.Length > 0 && IsBlank(line[0])) line = line[1..];
            if (line.Length == 0) return arguments;
            token.ResetWrittenCount();
            if (!ReadToken(ref line, token)) return null;
            arguments.Add(token.WrittenSpan.ToArray());
        }
    }

    /// <summary>The text in double quotes, such that <see cref="Split"/> gives it back: what CONFIG REWRITE writes.</summary>
    public static byte[] Quote(ReadOnlySpan<byte> text)
    {
        var quoted = new ArrayBufferWriter<byte>(text.Length + 2);
        quoted.Write("\""u8);
        foreach (var value in text)
        {
            var escape = "nrtab\"\\"u8;
            var index = "\n\r\t\a\b\"\\"u8.IndexOf(value);
            if (index >= 0) quoted.Write([(byte)'\\', escape[index]]);
            else if (value is >= 0x20 and < 0x7f) quoted.Write([value]);
            else quoted.Write([(byte)'\\', (byte)'x', HexDigit(value >> 4), HexDigit(value & 15)]);
        }
        quoted.Write("\""u8);
        return quoted.WrittenSpan.ToArray();
    }

    /// <summary>One argument; quotes may open in its middle (<c>a"b c"</c>) but only a blank may follow a closing one.</summary>
    private static bool ReadToken(ref ReadOnlySpan<byte> line, ArrayBufferWriter<byte> token)
    {
        while (line.Length > 0)
        {
            var value = line[0];
            line = line[1..];
            switch (value)
            {
                // Not every blank that may stand before an argument ends one: vertical tab and form feed do not.
                case (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t':
                    return true;
                case (byte)'"':
                    return ReadDoubleQuoted(ref line, token) && AtBlank(line);
                case (byte)'\'':
                    return ReadSingleQuoted(ref line, token) && AtBlank(line);
                default:
                    token.Write([value]);
                    break;
            }
        }
        return true;
    }

    private static bool ReadDoubleQuoted(ref ReadOnlySpan<byte> line, ArrayBufferWriter<byte> token)
    {
        while (line.Length > 0)
        {
            var value = line[0];
            var taken = 1;
            if (value == '\\' && line.Length >= 4 && line[1] == 'x' && HexValue(line[2]) is var high and >= 0 && HexValue(line[3]) is var low and >= 0)
            {
                value = (byte)((high << 4) | low);
                taken = 4;
            }
            else if (value == '\\' && line.Length >= 2)
            {
                value = Unescape(line[1]);
                taken = 2;
            }
            line = line[taken..];
            if (taken == 1 && value == '"') return true;
            token.Write([value]);
        }
        return false;
    }

    private static bool ReadSingleQuoted(ref ReadOnlySpan<byte> line, ArrayBufferWriter<byte> token)
    {
        while (line.Length > 0)
        {
            var escaped = line.StartsWith("\\'"u8);
            var value = escaped ? (byte)'\'' : line[0];
            line = line[(escaped ? 2 : 1)..];
            if (!escaped && value == '\'') return true;
            token.Write([value]);
        }
        return false;
    }

    private static byte Unescape(byte value) => value switch
    {
        (byte)'n' => (byte)'\n',
        (byte)'r' => (byte)'\r',
        (byte)'t' => (byte)'\t',
        (byte)'b' => (byte)'\b',
        (byte)'a' => (byte)'\a',
        _ => value,
    };

    private static bool AtBlank(ReadOnlySpan<byte> line) => line.Length == 0 || IsBlank(line[0]);

    private static bool IsBlank(byte value) => value is (byte)' ' or >= 9 and <= 13;

    private static int HexValue(byte value) => value switch
    {
        >= (byte)'0' and <= (byte)'9' => value - '0',
        >= (byte)'a' and <= (byte)'f' => value - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => value - 'A' + 10,
        _ => -1,
    };

    private static byte HexDigit(int value) => "0123456789abcdef"u8[value];
}
