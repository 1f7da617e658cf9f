namespace Carnelian;

/// <summary>
/// Reads streams: nodes as they are, then what is told of the whole, then consumer groups. The first form (Redis 5) knows no counters of what was added, deleted and read, the second (Redis 7.0) not when
/// consumers got something last; the fourth (Redis 8.6) has what idempotent producers have sent, too. Counts and IDs must be true, because replies rely on them.
/// </summary>
internal readonly struct RdbStreamReader(RdbTools tools)
{
    /// <summary>Bytes that a node, a group, a consumer, what is pending of a group and of a consumer take at least.</summary>
    private const int NodeBytes = 18, GroupBytes = 5, ConsumerBytes = 10, PendingBytes = 25, ProducerBytes = 2, SentBytes = 3;

    private const string NodeForm = "Stream listpack";

    public RdbOutcome Read(scoped ref RdbReader input, RdbType type, scoped ref KeyEdit key, long expiryMs)
    {
        var stream = new StreamEdit(tools.Keyspace.NewKey());
        stream.Create();
        return tools.End(TryNodes(ref input, ref stream, out var last) && TryWhole(ref input, type, last, ref stream) && TryGroups(ref input, type, ref stream)
            && (type != RdbType.Stream4 || TrySkipProducers(ref input)), ref key, expiryMs);
    }

    private bool TryNodes(scoped ref RdbReader input, scoped ref StreamEdit stream, out StreamId last)
    {
        last = StreamId.Min;
        if (!input.TryCount(out var nodes, NodeBytes)) return false;
        for (var isFirst = true; nodes > 0; nodes--, isFirst = false)
        {
            var offset = input.Offset;
            if (!input.TryLength(out var idBytes)) return false;
            if (idBytes != StreamId.Bytes) return input.Fail("a stream's node has no ID", offset);
            if (!TryRawId(ref input, out var master)) return false;
            if (!isFirst && master <= last) return input.Fail("a stream's nodes are not in order", offset);
            offset = input.Offset;
            if (!tools.TryListPack(ref input, NodeForm, out var listPack, out var elements)) return false;
            var scratch = elements.IsCanonical ? default : tools.Packed.Take(elements.PackedBytesMax);
            if (!StreamNodeCheck.TryRead(listPack, elements, master, scratch, out var list, out var facts)) return input.Fail(NodeForm + RdbTools.Damaged, offset);
            last = facts.Last;
            if (facts.Live > 0) stream.AppendNode(master, list, facts.Live);
        }
        return true;
    }

    private static bool TryRawId(scoped ref RdbReader input, out StreamId id)
    {
        var isRead = input.TryBigEndian(out var milliseconds) & input.TryBigEndian(out var sequence);
        id = new(milliseconds, sequence);
        return isRead;
    }

    private static bool TryId(scoped ref RdbReader input, out StreamId id)
    {
        var isRead = input.TryLength(out var milliseconds) & input.TryLength(out var sequence);
        id = new(milliseconds, sequence);
        return isRead;
    }

    private static bool TryWhole(scoped ref RdbReader input, RdbType type, StreamId last, scoped ref StreamEdit stream)
    {
        var offset = input.Offset;
        if (!input.TryLength(out var length) || !TryId(ref input, out var lastId)) return false;
        if (length != (ulong)stream.View.Length) return input.Fail("a stream has another length than its nodes", offset);
        if (lastId < last) return input.Fail("a stream's last ID is not its last", offset);
        var maxDeletedId = StreamId.Min;
        var added = length;
        if (type != RdbType.Stream && (!TryId(ref input, out _) || !TryId(ref input, out maxDeletedId) || !input.TryLength(out added))) return false;
        // All 64 bits, here and below: counters that are set near their end go round, as Redis' do.
        stream.SetIds(lastId, maxDeletedId, (long)added);
        stream.EndDeletions();
        return true;
    }

    private bool TryGroups(scoped ref RdbReader input, RdbType type, scoped ref StreamEdit stream)
    {
        if (!input.TryCount(out var groups, GroupBytes)) return false;
        for (; groups > 0; groups--)
        {
            var offset = input.Offset;
            if (!input.TryKeptString(tools.Name, out var name) || !TryId(ref input, out var lastId)) return false;
            if (stream.View.FindGroup(name).Exists) return input.Fail("a stream has a group twice", offset);
            var read = GroupCounts.Position(stream.View, lastId);
            if (type != RdbType.Stream)
            {
                if (!input.TryLength(out var told)) return false;
                read = (long)told;
            }
            stream.AddGroup(name, lastId, read);
            if (!TryGroup(ref input, type, stream.EditGroup(name))) return false;
        }
        return true;
    }

    private bool TryGroup(scoped ref RdbReader input, RdbType type, ConsumerGroupEdit group)
    {
        var offset = input.Offset;
        if (!input.TryCount(out var pending, PendingBytes)) return false;
        for (var left = pending; left > 0; left--)
        {
            offset = input.Offset;
            if (!TryRawId(ref input, out var id) || !input.TryMilliseconds(out var deliveredMs) || !input.TryLength(out var deliveries)) return false;
            if (!group.TryAddUnowned(id, deliveredMs, (long)deliveries)) return input.Fail("an entry is pending twice", offset);
        }
        if (!input.TryCount(out var consumers, ConsumerBytes)) return false;
        for (; consumers > 0; consumers--)
        {
            if (!TryConsumer(ref input, type, group, ref pending)) return false;
        }
        return pending == 0 || input.Fail("an entry is pending at no consumer", offset);
    }

    /// <param name="unowned">Entries of the group that are pending at nobody yet.</param>
    private bool TryConsumer(scoped ref RdbReader input, RdbType type, ConsumerGroupEdit group, scoped ref long unowned)
    {
        var offset = input.Offset;
        if (!input.TryKeptString(tools.Value, out var name) || !input.TryMilliseconds(out var seenMs)) return false;
        var activeMs = seenMs;
        if (type is RdbType.Stream3 or RdbType.Stream4 && !input.TryMilliseconds(out activeMs)) return false;
        if (group.View.FindConsumer(name).Exists) return input.Fail("Duplicate stream consumer detected", offset);
        var consumer = group.AddConsumer(name, seenMs);
        group.SetActive(consumer, activeMs);
        if (!input.TryCount(out var pending, StreamId.Bytes)) return false;
        for (; pending > 0; pending--, unowned--)
        {
            offset = input.Offset;
            if (!TryRawId(ref input, out var id)) return false;
            if (!group.TryOwn(id, consumer)) return input.Fail("an entry is pending at a consumer that is not pending in the group, or twice", offset);
        }
        return true;
    }

    /// <summary>
    /// Passes over what is remembered of idempotent producers.
    /// <code>| for how long, seconds | for how many | producers | (name | sent | (its own ID | the entry's, milliseconds and sequence) …) … | sent with an ID | of them twice |</code>
    /// </summary>
    private bool TrySkipProducers(scoped ref RdbReader input)
    {
        if (!input.TryLength(out _) || !input.TryLength(out _) || !input.TryCount(out var producers, ProducerBytes)) return false;
        for (; producers > 0; producers--)
        {
            if (!input.TryString(tools.Value, out _) || !input.TryCount(out var sent, SentBytes)) return false;
            for (; sent > 0; sent--)
            {
                if (!input.TryString(tools.Value, out _) || !TryId(ref input, out _)) return false;
            }
            tools.ProducersSkipped++;
        }
        return input.TryLength(out _) && input.TryLength(out _);
    }
}
