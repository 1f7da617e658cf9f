namespace Carnelian;

/// <summary>
/// How many entries a group has read, and how many are still before it, as far as that can be told without counting: by the stream's length, by how many were ever added, and
/// by the greatest ID that was deleted.
/// </summary>
public static class GroupCounts
{
    /// <summary>How many entries the group has yet to read, if that can be told. Where somebody has set the counters, it may be negative.</summary>
    public static long? Lag(scoped StreamView stream, ConsumerGroup group)
    {
        if (stream.EntriesAdded == 0 || stream.Length == 0) return 0;
        if (group.LastId < stream.FirstId && stream.MaxDeletedId < stream.FirstId) return stream.Length;
        var read = IsTrackable(stream, group) ? group.EntriesRead : Position(stream, group.LastId);
        return read == ConsumerGroup.Unknown ? null : stream.EntriesAdded - read;
    }

    /// <summary>What the group has read once it has read this entry too, the next one behind its last ID.</summary>
    public static long AfterReading(scoped StreamView stream, ConsumerGroup group, StreamId id) =>
        IsTrackable(stream, group) && group.LastId >= stream.FirstId ? group.EntriesRead + 1
        : stream.EntriesAdded > 0 ? Position(stream, id)
        : group.EntriesRead;

    /// <summary>The counter is known, and nothing was deleted between what the group has read and the end.</summary>
    private static bool IsTrackable(scoped StreamView stream, ConsumerGroup group) =>
        group.EntriesRead != ConsumerGroup.Unknown && (stream.Length == 0 || stream.MaxDeletedId == StreamId.Min || group.LastId > stream.MaxDeletedId);

    /// <summary>The number that an entry has among all that were ever added, if it can be told.</summary>
    public static long Position(scoped StreamView stream, StreamId id)
    {
        if (stream.EntriesAdded == 0) return 0;
        if (stream.Length == 0 && id <= stream.LastId) return stream.EntriesAdded;
        if (id != StreamId.Min && id < stream.MaxDeletedId) return ConsumerGroup.Unknown;
        if (id >= stream.LastId) return id == stream.LastId ? stream.EntriesAdded : ConsumerGroup.Unknown;
        if (id > stream.FirstId || stream.MaxDeletedId != StreamId.Min && stream.MaxDeletedId >= stream.FirstId) return ConsumerGroup.Unknown;
        return stream.EntriesAdded - stream.Length + (id == stream.FirstId ? 1 : 0);
    }
}
