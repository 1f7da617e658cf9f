using System.Globalization;
using System.Text;

namespace Carnelian;

/// <summary>The text of INFO: sections of "name:value" lines, divided by empty lines.</summary>
internal sealed class InfoText
{
    private readonly StringBuilder _text = new();

    public void Title(string title)
    {
        if (_text.Length > 0) _text.Append("\r\n");
        _text.Append("# ").Append(title).Append("\r\n");
    }

    public void Line(string name, FormattableString value) => Line(name, value.ToString(CultureInfo.InvariantCulture));

    /// <param name="name">Whose value it is, as the value itself <see cref="ByteText"/>.</param>
    public void Line(string name, string value) => _text.Append(name).Append(':').Append(value).Append("\r\n");

    public void Line(string name, long value) => _text.Append(name).Append(':').Append(value).Append("\r\n");

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
        safe.ReplaceAny(System.Buffers.SearchValues.Create("#:\n\r"), '_');
    });

    public override string ToString() => _text.ToString();
}
