using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Carnelian;

/// <summary>DEBUG LISTPACK and DEBUG QUICKLIST: how a value is laid out. Redis prints that to its standard output; here it goes to the log, a line each.</summary>
internal static class StructureReports
{
    /// <summary>Bytes of an element; the rest is left out, as in Redis.</summary>
    private const int ShownMax = 40;

    public static void WriteListPack(ref Call call)
    {
        var view = call.Find(2, LookupFlags.NoTouch);
        if (!view.Exists)
        {
            call.Fail("ERR no such key");
            return;
        }
        if (view.Encoding is not (ValueEncoding.ListPack or ValueEncoding.ListPackEx))
        {
            call.Fail("ERR Not a listpack encoded object.");
            return;
        }
        Log(ref call, new PackedList(view.Value));
        call.Reply.Simple("Listpack structure printed on stdout"u8);
    }

    /// <param name="full">With the elements.</param>
    public static void WriteQuickList(ref Call call, bool full)
    {
        var view = call.Find(2, LookupFlags.NoTouch);
        if (!view.Exists)
        {
            call.Fail("ERR no such key");
            return;
        }
        if (view.Encoding != ValueEncoding.QuickList)
        {
            call.Fail("ERR Not a quicklist encoded object.");
            return;
        }
        var list = call.Database.Data.List(view);
        Line(ref call, $"count: {list.Count}, len: {list.NodeCount}, fill: {call.Keyspace.Options.ListMaxListpackSize}, compress: {list.CompressDepth}");
        for (var n = 0; n < list.NodeCount; n++)
        {
            var compressed = list.Compressed(n).Length;
            Line(ref call, $"node {n}: container: {(list.IsPlain(n) ? "PLAIN" : "PACKED")}, encoding: {(compressed > 0 ? "LZF" : "RAW")}, size: {list.LengthOf(n)}, count: {list.CountOf(n)}");
            if (full) Log(ref call, list.Node(n));
        }
        call.Reply.Simple("Quicklist structure printed on stdout"u8);
    }

    private static void Log(ref Call call, PackedList list)
    {
        Line(ref call, $"total bytes: {list.ListPackLength}, num entries: {list.Count}");
        if (list.Count == 0) return;
        Span<byte> digits = stackalloc byte[PackedElement.IntegerTextMax];
        var index = 0;
        foreach (var element in list.From(0))
        {
            var text = element.Text(digits);
            var shown = ByteText.Quote(ByteText.FromBytes(text[..Math.Min(text.Length, ShownMax)])) + (text.Length > ShownMax ? "..." : "");
            Line(ref call, $"{index++}: {(element.IsInteger ? "int" : "str")} of {text.Length} bytes: {shown}");
        }
    }

    private static void Line(ref Call call, FormattableString line) =>
        call.Server().Log.LogWarning("DEBUG: {Line}", line.ToString(CultureInfo.InvariantCulture));
}
