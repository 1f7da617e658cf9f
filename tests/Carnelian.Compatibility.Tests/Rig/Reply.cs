using System.Buffers.Text;
using System.Text;

namespace Carnelian.Tests;

/// <summary>
/// One reply of RESP2 or RESP3 as a tree, read without help of the server's own code. <see cref="Kind"/> is the byte that
/// announces it; <see cref="Text"/> the line or the bulk's bytes (null for nulls); <see cref="Items"/> an aggregate's
/// elements, keys and values of maps by turns.
/// </summary>
internal sealed record Reply(char Kind, byte[]? Text, Reply[]? Items)
{
    private const int NestingMax = 64;

    // Known by identity: a server may well say "<any>".
    private static readonly byte[] _any = "<any>"u8.ToArray();

    /// <summary>The first whole reply, or null when more bytes are needed.</summary>
    /// <exception cref="FormatException">The bytes are no RESP.</exception>
    public static Reply? Read(ReadOnlySpan<byte> bytes, out int length)
    {
        length = 0;
        return Read(bytes, ref length, 0);
    }

    /// <summary>
    /// As text, one line per value, nested by indentation: <c>+OK</c>, <c>-ERR ...</c>, <c>:5</c>, <c>"bulk"</c>, <c>=txt:"verbatim"</c>,
    /// <c>$null</c> and <c>*null</c> of RESP2, <c>_</c> of RESP3, <c>#t</c>, <c>,1.5</c>, <c>(123</c>, and aggregates <c>*2</c>, <c>%1</c>, <c>~3</c>, <c>>2</c>. A masked value is its type and <c>&lt;any></c>.
    /// </summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        Write(text, 0);
        return text.ToString();
    }

    /// <summary>With all aggregates sorted, for replies whose order means nothing; maps by key.</summary>
    /// <param name="pairs">This array holds keys and values by turns, as RESP2 sends a map.</param>
    public Reply Sorted(bool pairs = false)
    {
        if (Items is null) return this;
        var size = pairs || Kind == '%' ? 2 : 1;
        var items = Items.Select(item => item.Sorted()).Chunk(size).OrderBy(chunk => string.Concat(chunk.AsEnumerable()), StringComparer.Ordinal);
        return this with { Items = [.. items.SelectMany(chunk => chunk)] };
    }

    /// <summary>Of its value only the type is left; a null stays one.</summary>
    public Reply Masked() => Text is null && Items is null ? this : new(Kind, _any, null);

    /// <summary>With some of the elements masked.</summary>
    public Reply Masked(int[] elements)
    {
        if (elements.Length == 0) return Masked();
        return this with { Items = Items?.Select((item, i) => elements.Contains(i) ? item.Masked() : item).ToArray() };
    }

    private static Reply? Read(ReadOnlySpan<byte> bytes, ref int length, int nesting)
    {
        if (nesting > NestingMax) throw new FormatException("a reply is nested too deeply");
        var rest = bytes[length..];
        var end = rest.IndexOf("\r\n"u8);
        if (end < 0) return null;
        if (end == 0) throw new FormatException("a reply without a type");
        var kind = (char)rest[0];
        var line = rest[1..end];
        length += end + 2;
        switch (kind)
        {
            case '+' or '-' or ':' or ',' or '#' or '(' or '_':
                return new(kind, line.ToArray(), null);
            case '$' or '=' or '!':
                var size = Number(line);
                if (size < 0) return new(kind, null, null);
                if (bytes.Length - length < size + 2) return null;
                if (!bytes.Slice(length + size, 2).SequenceEqual("\r\n"u8)) throw new FormatException("a bulk does not end where it says");
                length += size + 2;
                return new(kind, bytes.Slice(length - size - 2, size).ToArray(), null);
            case '*' or '%' or '~' or '>' or '|':
                return ReadItems(bytes, ref length, nesting, kind, Number(line));
            default:
                throw new FormatException($"no reply begins with '{kind}'");
        }
    }

    private static Reply? ReadItems(ReadOnlySpan<byte> bytes, ref int length, int nesting, char kind, int count)
    {
        if (count < 0) return new(kind, null, null);
        var items = new List<Reply>();
        for (var i = 0; i < (kind is '%' or '|' ? 2 * count : count); i++)
        {
            if (Read(bytes, ref length, nesting + 1) is not { } item) return null;
            items.Add(item);
        }
        return new(kind, null, [.. items]);
    }

    private static int Number(ReadOnlySpan<byte> line) =>
        Utf8Parser.TryParse(line, out int number, out var used) && used == line.Length ? number : throw new FormatException("a length is no number");

    private void Write(StringBuilder text, int nesting)
    {
        text.Append(' ', 2 * nesting);
        if (Items is not null)
        {
            text.Append(Kind).Append(Kind is '%' or '|' ? Items.Length / 2 : Items.Length).Append('\n');
            foreach (var item in Items) item.Write(text, nesting + 1);
            return;
        }
        if (ReferenceEquals(Text, _any))
        {
            text.Append(Kind).Append("<any>\n");
            return;
        }
        var value = Text is null ? "null" : Kind switch
        {
            '$' => Quoted(Text),
            '=' or '!' when Text.Length >= 4 => $"{Encoding.ASCII.GetString(Text.AsSpan(0, 4))}{Quoted(Text.AsSpan(4))}",
            _ => ByteText.FromBytes(Text),
        };
        if (Kind != '$' || Text is null) text.Append(Kind);
        text.Append(value).Append('\n');
    }

    private static string Quoted(ReadOnlySpan<byte> text) => Encoding.ASCII.GetString(ArgumentSplitter.Quote(text));
}
