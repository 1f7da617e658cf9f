using System.Text;

namespace Carnelian;

/// <summary>
/// Replies to a script's commands as the debugger shows them: <c>["a",1,NULL]</c>, <c>{"k" => "v"}</c>, <c>~("m")</c>. Redis shows nothing of verbatim strings and big numbers; here they stand as text.
/// </summary>
internal ref struct ReplyText
{
    /// <summary>Stands before a reply, and is not shown.</summary>
    private const RespKind Attribute = (RespKind)'|';

    private readonly StringBuilder _text = new();
    private readonly ReadOnlySpan<byte> _reply;
    private readonly string _none;
    private readonly int _enough;
    private int _at;

    private ReplyText(ReadOnlySpan<byte> reply, string none, int enough)
    {
        _reply = reply;
        _none = none;
        _enough = enough;
    }

    /// <param name="enough">Not much more than so many characters are wanted.</param>
    public static string Of(ReadOnlySpan<byte> reply, RespVersion version, int enough)
    {
        var reader = new ReplyText(reply, version == RespVersion.Resp3 ? "(null)" : "NULL", Math.Min(enough, ValueText.LengthMax));
        reader.AddNext();
        return reader._text.ToString();
    }

    private void AddNext()
    {
        var kind = (RespKind)_reply[_at];
        var start = _at + 1;
        var line = _reply[start..];
        line = line[..line.IndexOf("\r\n"u8)];
        _at = start + line.Length + 2;
        var length = IntegerText.TryParse(line, out var number) ? number : -1;
        switch (kind)
        {
            case RespKind.SimpleString or RespKind.Error:
                AddQuoted(_reply[(start - 1)..(start + line.Length)]);
                break;
            case RespKind.Integer or RespKind.BigNumber:
                _text.Append(ByteText.FromBytes(line));
                break;
            case RespKind.Double:
                _text.Append("(double) ").Append(ByteText.FromBytes(line));
                break;
            case RespKind.Boolean:
                _text.Append(line[0] == 't' ? "#true" : "#false");
                break;
            case var _ when length < 0:
                _text.Append(_none);
                break;
            case RespKind.Array:
                AddItems(length, "[", ",", "]");
                break;
            case RespKind.Set:
                AddItems(length, "~(", ",", ")");
                break;
            case RespKind.Map:
                AddItems(2 * length, "{", " => ", "}");
                break;
            case Attribute:
                var before = _text.Length;
                for (var i = 0; i < 2 * length; i++) AddNext();
                _text.Length = before;
                AddNext();
                break;
            default:
                AddQuoted(_reply.Slice(_at, (int)length));
                _at += (int)length + 2;
                break;
        }
    }

    /// <param name="between">What stands behind every other item, where it is no comma: behind keys.</param>
    private void AddItems(long count, string opening, string between, string closing)
    {
        _text.Append(opening);
        for (var i = 0; i < count && _text.Length <= _enough; i++)
        {
            if (i > 0) _text.Append(i % 2 == 1 ? between : ",");
            AddNext();
        }
        _text.Append(closing);
    }

    private readonly void AddQuoted(ReadOnlySpan<byte> bytes) => _text.Append(ByteText.FromBytes(ArgumentSplitter.Quote(bytes[..Math.Min(bytes.Length, _enough + 1)])));
}
