using System.Buffers;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Carnelian;

/// <summary>The text of INFO: sections of "name:value" lines, divided by empty lines. Written as bytes at once: monitors ask for it every second.</summary>
internal sealed class InfoText
{
    private const int FirstBytes = 8 << 10, NumberBytesMax = 64;

    private readonly ArrayBufferWriter<byte> _text = new(FirstBytes);

    public ReadOnlySpan<byte> Bytes => _text.WrittenSpan;

    public void Title(string title)
    {
        if (_text.WrittenCount > 0) Write("\r\n");
        Write("# ");
        Write(title);
        Write("\r\n");
    }

    /// <param name="name">Name of the field, <see cref="ByteText"/> like the value.</param>
    public void Line(string name, string value)
    {
        Write(name);
        Write(":");
        Write(value);
        Write("\r\n");
    }

    public void Line(string name, long value) => Line(name, $"{value}");

    public void Line(string name, [InterpolatedStringHandlerArgument("", nameof(name))] Value value) => Write("\r\n");

    /// <summary>A size, and the same for people under the name with "_human".</summary>
    public void Size(string name, long bytes)
    {
        Line(name, bytes);
        Line(name + "_human", MemoryText.Human(bytes));
    }

    /// <summary>A code that scripts may choose freely stands where a name does: what would break the line's form becomes '_'.</summary>
    public static string Safe(string text) => text.AsSpan().IndexOfAny("#:\n\r") < 0 ? text : string.Create(text.Length, text, static (safe, text) =>
    {
        text.CopyTo(safe);
        safe.ReplaceAny(SearchValues.Create("#:\n\r"), '_');
    });

    private void Write(string byteText) => _text.Advance(Encoding.Latin1.GetBytes(byteText, _text.GetSpan(byteText.Length)));

    /// <summary>Writes an interpolated value, and its name before it, to the text.</summary>
    [InterpolatedStringHandler]
    public readonly ref struct Value
    {
        private readonly InfoText _info;

        public Value(int literalLength, int formattedCount, InfoText info, string name)
        {
            _info = info;
            info.Write(name);
            info.Write(":");
        }

        public void AppendLiteral(string literal) => _info.Write(literal);

        public void AppendFormatted(string byteText) => _info.Write(byteText);

        public void AppendFormatted<T>(T number, string? format = null) where T : struct, IUtf8SpanFormattable
        {
            Check.That(number.TryFormat(_info._text.GetSpan(NumberBytesMax), out var written, format, CultureInfo.InvariantCulture));
            _info._text.Advance(written);
        }
    }
}
