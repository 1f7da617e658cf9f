namespace Carnelian;

/// <summary>Entries of streams as replies, written from where they lie.</summary>
internal static class StreamReplies
{
    /// <summary>The entries between two IDs, no more than so many.</summary>
    public static void Entries(this scoped ref ReplyWriter reply, StreamView stream, StreamId first, StreamId last, long max = long.MaxValue, bool backward = false)
    {
        var count = stream.CountIn(first, last, max);
        reply.Array(count);
        if (count == 0) return;
        for (var entries = stream.Range(first, last, backward); count > 0 && entries.MoveNext(); count--) reply.Entry(ref entries);
    }

    /// <summary>An entry: its ID and its fields.</summary>
    /// <param name="elements">How many there are with what the caller writes behind these two.</param>
    public static void Entry(this scoped ref ReplyWriter reply, scoped ref StreamEntries entry, int elements = 2)
    {
        reply.Array(elements);
        reply.Bulk(entry.Id);
        var fields = entry.FieldCount;
        reply.Array(2 * fields);
        for (; fields > 0; fields--)
        {
            entry.ReadField(out var name, out var value);
            reply.Bulk(name);
            reply.Bulk(value);
        }
    }
}
