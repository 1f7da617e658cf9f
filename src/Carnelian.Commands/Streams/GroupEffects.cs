namespace Carnelian;

/// <summary>What is propagated of groups: of each entry that is delivered or claimed where that leads, so that it may be applied twice; as Redis words it.</summary>
internal static class GroupEffects
{
    /// <summary>An entry is pending at a consumer.</summary>
    /// <param name="key">The argument that is the stream's key, and those that name the group.</param>
    /// <param name="lastId">The group's.</param>
    public static void Claim(ref Call call, int key, int group, ReadOnlySpan<byte> consumer, StreamId id, long deliveredMs, long deliveries, StreamId lastId)
    {
        if (!call.HasListeners) return;
        call.BeginEffect(14).Append("XCLAIM"u8).Append(call.Args[key]).Append(call.Args[group]).Append(consumer).Append("0"u8).Append(id)
            .Append("TIME"u8).Append(deliveredMs).Append("RETRYCOUNT"u8).Append(deliveries).Append("FORCE"u8).Append("JUSTID"u8).Append("LASTID"u8).Append(lastId);
    }

    /// <summary>An entry as it is pending.</summary>
    public static void Claim(ref Call call, int key, int group, ConsumerGroup view, PendingEntries entry) =>
        Claim(ref call, key, group, entry.Consumer.Name, entry.Id, entry.DeliveredMs, entry.Deliveries, view.LastId);

    /// <summary>What a group has read so far.</summary>
    public static void Position(ref Call call, int key, int group, ConsumerGroup view)
    {
        if (!call.HasListeners) return;
        call.BeginEffect(7).Append("XGROUP"u8).Append("SETID"u8).Append(call.Args[key]).Append(call.Args[group]).Append(view.LastId)
            .Append("ENTRIESREAD"u8).Append(view.EntriesRead);
    }

    public static void Consumer(ref Call call, int key, int group, int consumer)
    {
        if (!call.HasListeners) return;
        call.BeginEffect(5).Append("XGROUP"u8).Append("CREATECONSUMER"u8).Append(call.Args[key]).Append(call.Args[group]).Append(call.Args[consumer]);
    }
}
