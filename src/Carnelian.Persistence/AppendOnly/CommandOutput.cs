namespace Carnelian;

/// <summary>Writes commands as RESP.</summary>
internal readonly struct CommandOutput(RdbOutput output)
{
    /// <summary>A line of its own: an annotation.</summary>
    public void Line(ReadOnlySpan<byte> text)
    {
        output.Bytes(text);
        output.Bytes("\r\n"u8);
    }

    public CommandOutput Begin(long arguments) => Head((byte)'*', arguments);

    public CommandOutput Bulk(scoped ReadOnlySpan<byte> bytes)
    {
        Head((byte)'$', bytes.Length);
        output.Bytes(bytes);
        output.Bytes("\r\n"u8);
        return this;
    }

    public CommandOutput Bulk(long number)
    {
        Span<byte> digits = stackalloc byte[IntegerText.LengthMax];
        return Bulk(digits[..IntegerText.Format(number, digits)]);
    }

    public CommandOutput Bulk(scoped PackedElement element)
    {
        Span<byte> digits = stackalloc byte[PackedElement.IntegerTextMax];
        return Bulk(element.Text(digits));
    }

    public CommandOutput Score(double score)
    {
        Span<byte> digits = stackalloc byte[DoubleText.LengthMax];
        return Bulk(digits[..DoubleText.Format(score, digits)]);
    }

    public CommandOutput Bulk(StreamId id)
    {
        Span<byte> text = stackalloc byte[2 * IntegerText.LengthMax + 3];
        System.Buffers.Text.Utf8Formatter.TryFormat(id.Milliseconds, text, out var length);
        text[length++] = (byte)'-';
        System.Buffers.Text.Utf8Formatter.TryFormat(id.Sequence, text[length..], out var more);
        return Bulk(text[..(length + more)]);
    }

    private CommandOutput Head(byte type, long number)
    {
        Span<byte> line = stackalloc byte[IntegerText.LengthMax + 3];
        line[0] = type;
        var length = 1 + IntegerText.Format(number, line[1..]);
        "\r\n"u8.CopyTo(line[length..]);
        output.Bytes(line[..(length + 2)]);
        return this;
    }
}
