namespace Carnelian;

/// <summary>What is done, by <see cref="PendingPolicy"/>, with what groups have of entries that are deleted. It takes a look at each group for each entry.</summary>
internal static class GroupReferences
{
    /// <summary>Some group has the entry pending, or has not read it yet.</summary>
    public static bool Has(StreamView stream, StreamId id)
    {
        for (var i = 0; i < stream.GroupCount; i++)
        {
            var group = stream.GroupAt(i);
            if (group.LastId < id || group.TryPending(id, out _)) return true;
        }
        return false;
    }

    /// <summary>The entry is pending in no group any more.</summary>
    public static void Remove(scoped ref StreamEdit stream, StreamId id)
    {
        for (var i = 0; i < stream.View.GroupCount; i++) stream.EditGroup(stream.View.GroupAt(i).Name).Acknowledge(id);
    }

    /// <summary>Deletes an entry, unless the policy is to spare it: then false.</summary>
    public static bool TryDelete(scoped ref StreamEdit stream, StreamId id, PendingPolicy policy)
    {
        if (policy == PendingPolicy.DeleteAcknowledged && Has(stream.View, id) || !stream.Delete(id)) return false;
        if (policy == PendingPolicy.Remove) Remove(ref stream, id);
        return true;
    }

    /// <summary>Trims a stream. Returns how many entries went.</summary>
    public static long Trim(scoped ref StreamEdit stream, in StreamTrim trim, PendingPolicy policy)
    {
        if (policy == PendingPolicy.Keep || stream.View.GroupCount == 0) return stream.Trim(trim);
        if (policy == PendingPolicy.DeleteAcknowledged) return TrimAcknowledged(ref stream, trim);
        var first = stream.View.FirstId;
        var removed = stream.Trim(trim);
        if (removed > 0) RemoveBefore(ref stream, first, stream.View.Length > 0 ? stream.View.FirstId : stream.View.LastId);
        return removed;
    }

    /// <summary>Entries of the stream's beginning are gone: takes them out of the groups.</summary>
    private static void RemoveBefore(scoped ref StreamEdit stream, StreamId first, StreamId end)
    {
        for (var i = 0; i < stream.View.GroupCount; i++)
        {
            var group = stream.EditGroup(stream.View.GroupAt(i).Name);
            for (var pending = group.View.Pending(first); pending.MoveNext() && pending.Id <= end && !stream.View.Contains(pending.Id); pending = group.View.Pending(first))
            {
                group.Acknowledge(pending.Id);
            }
        }
    }

    /// <summary>Deletes, of the entries that trimming would take, those that no group needs; it looks at others behind them, until enough are gone.</summary>
    private static long TrimAcknowledged(scoped ref StreamEdit stream, in StreamTrim trim)
    {
        var limit = trim.Limit > 0 ? trim.Limit : long.MaxValue;
        long removed = 0;
        var next = stream.View.FirstId;
        while (removed < limit && (trim.Strategy == StreamTrimStrategy.ById || stream.View.Length > trim.LengthMax))
        {
            var entries = stream.View.Range(next, StreamId.Max);
            var isThere = entries.MoveNext();
            while (isThere && Has(stream.View, entries.Id)) isThere = entries.MoveNext();
            if (!isThere || trim.Strategy == StreamTrimStrategy.ById && entries.Id >= trim.MinId) break;
            next = entries.Id;
            Check.That(stream.Delete(next));
            removed++;
        }
        if (removed > 0) stream.EndDeletions();
        return removed;
    }
}
