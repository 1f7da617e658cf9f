namespace Carnelian;

/// <summary>Writes a stream as commands that make it: its entries, its counts, its groups with what is pending.</summary>
internal sealed class StreamCommands
{
    public void Write(CommandOutput to, ReadOnlySpan<byte> key, FrozenStream stream)
    {
        if (stream.Length == 0)
        {
            // An entry that is trimmed at once makes an empty stream.
            to.Begin(7).Bulk("XADD"u8).Bulk(key).Bulk("MAXLEN"u8).Bulk(0).Bulk(new StreamId(0, 1)).Bulk("x"u8).Bulk("y"u8);
        }
        for (var entries = stream.Entries; entries.MoveNext();)
        {
            to.Begin(3 + 2 * entries.FieldCount).Bulk("XADD"u8).Bulk(key).Bulk(entries.Id);
            for (var left = entries.FieldCount; left > 0; left--)
            {
                entries.ReadField(out var name, out var value);
                to.Bulk(name).Bulk(value);
            }
        }
        to.Begin(7).Bulk("XSETID"u8).Bulk(key).Bulk(stream.LastId).Bulk("ENTRIESADDED"u8).Bulk(stream.EntriesAdded).Bulk("MAXDELETEDID"u8).Bulk(stream.MaxDeletedId);
        for (var i = 0; i < stream.GroupCount; i++) WriteGroup(to, key, stream.GroupAt(i));
    }

    private static void WriteGroup(CommandOutput to, ReadOnlySpan<byte> key, ConsumerGroup group)
    {
        to.Begin(7).Bulk("XGROUP"u8).Bulk("CREATE"u8).Bulk(key).Bulk(group.Name).Bulk(group.LastId).Bulk("ENTRIESREAD"u8).Bulk(group.EntriesRead);
        for (var i = 0; i < group.ConsumerCount; i++)
        {
            var consumer = group.ConsumerAt(i);
            if (consumer.PendingCount == 0) to.Begin(5).Bulk("XGROUP"u8).Bulk("CREATECONSUMER"u8).Bulk(key).Bulk(group.Name).Bulk(consumer.Name);
            for (var pending = group.Pending(StreamId.Min, consumer); pending.MoveNext();)
            {
                to.Begin(12).Bulk("XCLAIM"u8).Bulk(key).Bulk(group.Name).Bulk(consumer.Name).Bulk(0).Bulk(pending.Id)
                    .Bulk("TIME"u8).Bulk(pending.DeliveredMs).Bulk("RETRYCOUNT"u8).Bulk(pending.Deliveries).Bulk("JUSTID"u8).Bulk("FORCE"u8);
            }
        }
    }
}
