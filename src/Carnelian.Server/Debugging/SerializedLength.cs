namespace Carnelian;

/// <summary>How many bytes a value takes in an RDB file, without its key (rdb.c, rdbSaveObject): what DEBUG OBJECT shows.</summary>
internal static class SerializedLength
{
    /// <summary>Longer strings are not tried as integers.</summary>
    private const int IntegerTextMax = 11;

    /// <summary>Shorter ones LZF cannot make shorter; and it must win four bytes.</summary>
    private const int CompressFrom = 21, WinMin = 4;

    /// <summary>Of a string, or of what is packed.</summary>
    /// <param name="compresses">rdbcompression.</param>
    public static long Of(EntryView view, bool compresses) => Of(view.Value, compresses);

    /// <summary>Each node stands behind its kind.</summary>
    public static long Of(NodeList list, bool compresses)
    {
        long length = OfLength(list.NodeCount);
        for (var n = 0; n < list.NodeCount; n++) length += 1 + Of(DebugReports.BytesOf(list, n), compresses);
        return length;
    }

    private static long Of(ReadOnlySpan<byte> value, bool compresses)
    {
        if (value.Length <= IntegerTextMax && IntegerText.TryParse(value, out var number) && OfInteger(number) is > 0 and var length) return length;
        if (compresses && value.Length >= CompressFrom && Lzf.Compress(value, new byte[value.Length - WinMin]) is > 0 and var compressed)
            return 1 + OfLength(compressed) + OfLength(value.Length) + compressed;
        return OfLength(value.Length) + value.Length;
    }

    /// <summary>0: it is written as text.</summary>
    private static int OfInteger(long number) => number switch
    {
        >= sbyte.MinValue and <= sbyte.MaxValue => 2,
        >= short.MinValue and <= short.MaxValue => 3,
        >= int.MinValue and <= int.MaxValue => 5,
        _ => 0,
    };

    private static int OfLength(long length) => length switch
    {
        < 1 << 6 => 1,
        < 1 << 14 => 2,
        <= uint.MaxValue => 5,
        _ => 9,
    };
}
