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
    public static long Of(EntryView view, HashView hash, bool compresses) =>
        hash.IsTable ? OfTable(hash, compresses)
        : view.Encoding is ValueEncoding.ListPack or ValueEncoding.ListPackEx ? OfPacked(new(view.Value), compresses)
        : OfString(view.Value, compresses);

    private static long OfPacked(PackedList list, bool compresses)
    {
        var written = new byte[list.ListPackLength];
        list.WriteListPack(written);
        return OfString(written, compresses);
    }

    /// <summary>Of a set that is a table.</summary>
    public static long Of(SetView table, bool compresses)
    {
        var length = OfLength(table.Count);
        for (var walk = table.Walk(new FieldList()); walk.MoveNext();) length += OfString(walk.Current.Text(default), compresses);
        return length;
    }

    /// <summary>Of a sorted set that is a table: each member stands before its score, 8 bytes.</summary>
    public static long Of(SortedSetView table, bool compresses)
    {
        var length = OfLength(table.Count);
        for (var walk = table.From(0); walk.MoveNext();) length += OfString(walk.Member.Text(default), compresses) + sizeof(double);
        return length;
    }

    /// <summary>Each node stands behind its kind; a compressed one as it is, whatever rdbcompression says.</summary>
    public static long Of(NodeList list, bool compresses)
    {
        long length = OfLength(list.NodeCount);
        for (var n = 0; n < list.NodeCount; n++)
        {
            var compressed = list.Compressed(n).Length;
            length += 1 + (compressed > 0 ? OfCompressed(compressed, list.LengthOf(n)) : OfString(DebugReports.BytesOf(list, n), compresses));
        }
        return length;
    }

    /// <summary>Each node stands behind its ID; then come the length, three IDs, the number of entries that were added and that of groups.</summary>
    public static long Of(NodeStream stream, bool compresses)
    {
        const int NodeIdBytes = 1 + 2 * sizeof(ulong);
        var length = OfLength(stream.NodeCount) + OfLength(stream.Length) + OfId(stream.LastId) + OfId(stream.FirstId) + OfId(stream.MaxDeletedId)
            + OfLength(stream.EntriesAdded) + OfLength(0);
        for (var nodes = stream.Nodes; nodes.MoveNext();) length += NodeIdBytes + OfString(nodes.List, compresses);
        return length;
    }

    private static long OfId(StreamId id) => OfLength((long)Math.Min(id.Milliseconds, long.MaxValue)) + OfLength((long)Math.Min(id.Sequence, long.MaxValue));

    /// <summary>Names and values one by one; where one of them expires, each has its time behind the earliest in front of it, or 0.</summary>
    private static long OfTable(HashView hash, bool compresses)
    {
        var length = OfLength(hash.Count);
        var found = new FieldList();
        var earliestMs = long.MaxValue;
        for (var walk = hash.Walk(found, isWithOver: true); walk.MoveNext();)
        {
            if (walk.Current.Expires) earliestMs = Math.Min(earliestMs, walk.Current.ExpiryMs);
        }
        for (var walk = hash.Walk(found, isWithOver: true); walk.MoveNext();)
        {
            var field = walk.Current;
            length += OfString(field.Name.Text(default), compresses) + OfString(field.Value.Text(default), compresses);
            if (earliestMs != long.MaxValue) length += OfLength(field.Expires ? field.ExpiryMs - earliestMs + 1 : 0);
        }
        return length;
    }

    private static long OfString(ReadOnlySpan<byte> value, bool compresses)
    {
        if (value.Length <= IntegerTextMax && IntegerText.TryParse(value, out var number) && OfInteger(number) is > 0 and var length) return length;
        if (compresses && value.Length >= CompressFrom && Lzf.Compress(value, new byte[value.Length - WinMin]) is > 0 and var compressed)
            return OfCompressed(compressed, value.Length);
        return OfLength(value.Length) + value.Length;
    }

    private static long OfCompressed(int compressed, int length) => 1 + OfLength(compressed) + OfLength(length) + compressed;

    /// <summary>0: it is written as text.</summary>
    private static int OfInteger(long number) => number switch
    {
        >= sbyte.MinValue and <= sbyte.MaxValue => 2,
        >= short.MinValue and <= short.MaxValue => 3,
        >= int.MinValue and <= int.MaxValue => 5,
        _ => 0,
    };

    private static long OfLength(long length) => length switch
    {
        < 1 << 6 => 1,
        < 1 << 14 => 2,
        <= uint.MaxValue => 5,
        _ => 9,
    };
}
