using System.Text;

namespace Carnelian;

/// <summary>
/// Replies to a script's commands as the debugger shows them: <c>["a",1,NULL]</c>, <c>{"k" => "v"}</c>, <c>~("m")</c>. Redis shows nothing of verbatim strings and big numbers; here they stand as text.
/// </summary>
internal static class ReplyText
{
    public static string Of(ReadOnlySpan<byte> reply, RespVersion version)
    {
        var text = new StringBuilder();
        Add(text, RespValue.Read(reply, out _)!, version == RespVersion.Resp3 ? "(null)" : "NULL");
        return text.ToString();
    }

    private static void Add(StringBuilder text, RespValue value, string none)
    {
        switch (value.Kind)
        {
            case RespKind.Null:
                text.Append(none);
                break;
            case RespKind.Array:
                AddItems(text, value, none, "[", ",", "]");
                break;
            case RespKind.Set:
                AddItems(text, value, none, "~(", ",", ")");
                break;
            case RespKind.Map:
                AddItems(text, value, none, "{", " => ", "}");
                break;
            case RespKind.Boolean:
                text.Append(value.Integer != 0 ? "#true" : "#false");
                break;
            case RespKind.Double:
                text.Append("(double) ").Append(ByteText.FromBytes(value.Bytes));
                break;
            case RespKind.Integer or RespKind.BigNumber:
                text.Append(ByteText.FromBytes(value.Bytes));
                break;
            case RespKind.SimpleString or RespKind.Error:
                text.Append(Quoted([(byte)value.Kind, .. value.Bytes]));
                break;
            default:
                text.Append(Quoted(value.Bytes));
                break;
        }
    }

    /// <param name="between">What stands behind every other item, where it is no comma: behind keys.</param>
    private static void AddItems(StringBuilder text, RespValue value, string none, string opening, string between, string closing)
    {
        text.Append(opening);
        for (var i = 0; i < value.Items.Length; i++)
        {
            if (i > 0) text.Append(i % 2 == 1 ? between : ",");
            Add(text, value.Items[i], none);
        }
        text.Append(closing);
    }

    private static string Quoted(byte[] bytes) => ByteText.FromBytes(ArgumentSplitter.Quote(bytes));
}
