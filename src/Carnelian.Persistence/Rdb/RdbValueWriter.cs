namespace Carnelian;

/// <summary>
/// Writes values as RDB files and DUMP payloads have them. What is packed goes as it is. A key that is in use is written by <see cref="Write"/>; the parts serve
/// records of a snapshot too, on whatever thread: <see cref="WritePacked"/> a whole one, <see cref="WriteList"/> and <see cref="WriteStream"/> frozen ones, and the others a table, whose
/// fields come one by one.
/// </summary>
/// <param name="scratch">For a listpack that is put together.</param>
public sealed class RdbValueWriter(RdbScratch scratch)
{
    private readonly FieldList _found = new();

    /// <summary>How a value is written.</summary>
    /// <param name="expires">Of a hash that is a table: some fields expire.</param>
    public static RdbType TypeOf(ValueType type, ValueEncoding encoding, bool expires) => (type, encoding) switch
    {
        (ValueType.String, _) => RdbType.String,
        (ValueType.List, _) => RdbType.ListQuickList2,
        (ValueType.Set, ValueEncoding.IntSet) => RdbType.SetIntSet,
        (ValueType.Set, ValueEncoding.ListPack) => RdbType.SetListPack,
        (ValueType.Set, _) => RdbType.Set,
        (ValueType.SortedSet, ValueEncoding.ListPack) => RdbType.SortedSetListPack,
        (ValueType.SortedSet, _) => RdbType.SortedSet2,
        (ValueType.Hash, ValueEncoding.ListPack) => RdbType.HashListPack,
        (ValueType.Hash, ValueEncoding.ListPackEx) => RdbType.HashListPackTimes,
        (ValueType.Hash, _) => expires ? RdbType.HashTimes : RdbType.Hash,
        (ValueType.Stream, _) => RdbType.Stream3,
        _ => throw new BrokenInvariantException($"{type} is never kept as {encoding}"),
    };

    public static RdbType TypeOf(Dataset data, EntryView entry) =>
        TypeOf(entry.Type, entry.Encoding, entry is { Type: ValueType.Hash, Encoding: ValueEncoding.HashTable } && data.Fields(entry).CountExpiring > 0);

    /// <summary>Writes the value of a key that is in use, without its type.</summary>
    public void Write(RdbOutput to, Dataset data, EntryView entry)
    {
        switch (entry.Encoding)
        {
            case ValueEncoding.HashTable: WriteTable(to, data.Fields(entry), entry.Type == ValueType.Hash); break;
            case ValueEncoding.SkipList: WriteSorted(to, data.Sorted(entry)); break;
            case ValueEncoding.QuickList: WriteList(to, data.List(entry)); break;
            case ValueEncoding.Stream: WriteStream(to, data.Stream(entry)); break;
            default: WritePacked(to, entry); break;
        }
    }

    /// <summary>A value that lies in its key's entry: a string, or what is packed.</summary>
    public void WritePacked(RdbOutput to, EntryView entry)
    {
        if (entry.Type == ValueType.List)
        {
            // As a list of one node.
            to.Length(1);
            to.Length(PackedNode);
        }
        else if (entry.Encoding == ValueEncoding.ListPackEx)
        {
            var nextDueMs = new PackedHash(entry.Value, expires: true).NextDueMs;
            to.Milliseconds(nextDueMs == long.MaxValue ? 0 : nextDueMs);
        }
        if (entry.Encoding is ValueEncoding.ListPack or ValueEncoding.ListPackEx) WriteListPack(to, new(entry.Value));
        else to.String(entry.Value);
    }

    private void WriteListPack(RdbOutput to, PackedList list)
    {
        var whole = scratch.Take(list.ListPackLength);
        list.WriteListPack(whole);
        to.String(whole);
    }

    // ---- tables

    private void WriteTable(RdbOutput to, FieldTable fields, bool isHash)
    {
        var earliestMs = EntryView.NoExpiry;
        if (isHash && fields.CountExpiring > 0) earliestMs = EarliestMs(fields);
        BeginTable(to, fields.Count, earliestMs);
        ulong cursor = 0;
        do
        {
            _found.Clear();
            cursor = fields.Scan(cursor, _found);
            for (var i = 0; i < _found.Count; i++)
            {
                if (isHash) WriteField(to, _found[i], earliestMs);
                else to.String(_found[i].Name);
            }
        }
        while (cursor != 0);
        _found.Clear();
    }

    private long EarliestMs(FieldTable fields)
    {
        var earliestMs = long.MaxValue;
        ulong cursor = 0;
        do
        {
            _found.Clear();
            cursor = fields.Scan(cursor, _found);
            for (var i = 0; i < _found.Count; i++)
            {
                if (_found[i].Expires) earliestMs = Math.Min(earliestMs, _found[i].ExpiryMs);
            }
        }
        while (cursor != 0);
        return earliestMs;
    }

    /// <summary>Begins a hash, a set or a sorted set that is a table; its fields are to follow.</summary>
    /// <param name="earliestMs">A time not later than that of any field, if some expire: their times are told as what they are later.</param>
    public static void BeginTable(RdbOutput to, long fields, long earliestMs)
    {
        if (earliestMs != EntryView.NoExpiry) to.Milliseconds(earliestMs);
        to.Length(fields);
    }

    /// <summary>A field of a hash.</summary>
    /// <param name="earliestMs">As <see cref="BeginTable"/> had it.</param>
    public static void WriteField(RdbOutput to, FieldView field, long earliestMs)
    {
        if (earliestMs != EntryView.NoExpiry) to.Length(field.Expires ? field.ExpiryMs - earliestMs + 1 : 0);
        to.String(field.Name);
        to.String(field.Value);
    }

    /// <summary>A member of a sorted set.</summary>
    public static void WriteMember(RdbOutput to, FieldView member)
    {
        to.String(member.Name);
        to.Double(SortedTable.ScoreOf(member));
    }

    /// <summary>From the greatest to the least, as Redis does: who reads it adds each at the beginning.</summary>
    private static void WriteSorted(RdbOutput to, SortedTable set)
    {
        BeginTable(to, set.Count, EntryView.NoExpiry);
        for (var walk = set.From(set.Count - 1, backward: true); walk.MoveNext();) WriteMember(to, walk.Current);
    }

    // ---- nodes

    /// <summary>How the file says what a node of a list is.</summary>
    internal const int PlainNode = 1, PackedNode = 2;

    public static void WriteList<T>(RdbOutput to, in T list) where T : struct, IListNodes
    {
        Span<byte> digits = stackalloc byte[PackedElement.IntegerTextMax];
        to.Length(list.NodeCount);
        for (var i = 0; i < list.NodeCount; i++)
        {
            to.Length(list.IsPlain(i) ? PlainNode : PackedNode);
            var compressed = list.Compressed(i, out var length);
            if (!compressed.IsEmpty) to.Compressed(compressed, length);
            else if (list.IsPlain(i)) to.String(PackedList.Of(list.Uncompressed(i))[0].Text(digits));
            else to.String(list.Uncompressed(i));
        }
    }

    public static void WriteStream<T>(RdbOutput to, in T stream) where T : struct, IStreamParts
    {
        to.Length(stream.NodeCount);
        for (var nodes = stream.Nodes; nodes.MoveNext();)
        {
            to.Length(StreamId.Bytes);
            WriteRaw(to, nodes.Master);
            to.String(nodes.List);
        }
        to.Length(stream.Length);
        WriteId(to, stream.LastId);
        WriteId(to, stream.FirstId);
        WriteId(to, stream.MaxDeletedId);
        to.Length(stream.EntriesAdded);
        to.Length(stream.GroupCount);
        for (var i = 0; i < stream.GroupCount; i++) WriteGroup(to, stream.GroupAt(i));
    }

    private static void WriteGroup(RdbOutput to, ConsumerGroup group)
    {
        to.String(group.Name);
        WriteId(to, group.LastId);
        to.Length(group.EntriesRead);
        to.Length(group.PendingCount);
        for (var pending = group.Pending(StreamId.Min); pending.MoveNext();)
        {
            WriteRaw(to, pending.Id);
            to.Milliseconds(pending.DeliveredMs);
            to.Length(pending.Deliveries);
        }
        to.Length(group.ConsumerCount);
        for (var i = 0; i < group.ConsumerCount; i++)
        {
            var consumer = group.ConsumerAt(i);
            to.String(consumer.Name);
            to.Milliseconds(consumer.SeenMs);
            to.Milliseconds(consumer.ActiveMs);
            to.Length(consumer.PendingCount);
            for (var pending = group.Pending(StreamId.Min, consumer); pending.MoveNext();) WriteRaw(to, pending.Id);
        }
    }

    private static void WriteId(RdbOutput to, StreamId id)
    {
        to.Length(id.Milliseconds);
        to.Length(id.Sequence);
    }

    private static void WriteRaw(RdbOutput to, StreamId id)
    {
        to.BigEndian(id.Milliseconds);
        to.BigEndian(id.Sequence);
    }
}
