namespace Carnelian;

/// <summary>
/// Writes values as RDB files and DUMP payloads have them, in a form that a version of the format knows. What is packed goes as it is, if the version allows. A key that is in use is written by
/// <see cref="Write"/>; the parts serve records of a snapshot too, on whatever thread: <see cref="WritePacked"/> a whole one, <see cref="WriteList"/> and <see cref="WriteStream"/> frozen ones, and
/// the others a table, whose fields come one by one.
/// </summary>
/// <param name="scratch">For a listpack that is put together.</param>
public sealed class RdbValueWriter(RdbScratch scratch)
{
    private readonly FieldList _found = new();

    /// <summary>How a value is written for readers of a version. Where nothing else can hold the value it is a form that only a later version knows (<see cref="RdbVersion.Of"/>).</summary>
    /// <param name="expires">Of a hash: some fields expire (<see cref="EntryView.FieldsExpire"/>).</param>
    public static RdbType TypeOf(ValueType type, ValueEncoding encoding, bool expires, int version) => (type, encoding) switch
    {
        (ValueType.String, _) => RdbType.String,
        (ValueType.List, _) => RdbType.ListQuickList2,
        (ValueType.Set, ValueEncoding.IntSet) => RdbType.SetIntSet,
        (ValueType.Set, ValueEncoding.ListPack) => version < RdbVersion.Of(RdbType.SetListPack) ? RdbType.Set : RdbType.SetListPack,
        (ValueType.Set, _) => RdbType.Set,
        (ValueType.SortedSet, ValueEncoding.ListPack) => RdbType.SortedSetListPack,
        (ValueType.SortedSet, _) => RdbType.SortedSet2,
        (ValueType.Hash, ValueEncoding.ListPack) => RdbType.HashListPack,
        (ValueType.Hash, ValueEncoding.ListPackEx) when version == RdbVersion.Redis => RdbType.HashListPackTimes,
        (ValueType.Hash, _) when expires && version >= RdbVersion.Valkey => RdbType.HashTimesBehind,
        (ValueType.Hash, ValueEncoding.ListPackEx) => expires ? RdbType.HashListPackTimes : RdbType.Hash,
        (ValueType.Hash, _) => expires ? RdbType.HashTimes : RdbType.Hash,
        (ValueType.Module, _) => RdbType.Module2,
        (ValueType.Stream, _) => version < RdbVersion.Of(RdbType.Stream3) ? RdbType.Stream2 : RdbType.Stream3,
        _ => throw new BrokenInvariantException($"{type} is never kept as {encoding}"),
    };

    /// <inheritdoc cref="TypeOf(ValueType, ValueEncoding, bool, int)"/>
    public static RdbType TypeOf(EntryView entry, int version) => TypeOf(entry.Type, entry.Encoding, entry.FieldsExpire, version);

    /// <summary>Writes the value of a key that is in use, without its type.</summary>
    /// <param name="type">As <see cref="TypeOf(EntryView, int)"/> says.</param>
    public void Write(RdbOutput to, RdbType type, Dataset data, EntryView entry)
    {
        switch (entry.Encoding)
        {
            case ValueEncoding.HashTable: WriteTable(to, type, data.Fields(entry)); break;
            case ValueEncoding.SkipList: WriteSorted(to, data.Sorted(entry)); break;
            case ValueEncoding.QuickList: WriteList(to, data.List(entry)); break;
            case ValueEncoding.Stream: WriteStream(to, type, data.Stream(entry)); break;
            default: WritePacked(to, type, entry); break;
        }
    }

    // ---- what is packed

    /// <summary>A value that lies in its key's entry: a string, or what is packed.</summary>
    public void WritePacked(RdbOutput to, RdbType type, EntryView entry)
    {
        switch (type)
        {
            case RdbType.ListQuickList2:
                // As a list of one node.
                to.Length(1);
                to.Length(PackedNode);
                WriteListPack(to, new(entry.Value));
                break;
            case RdbType.HashListPackTimes:
                var nextDueMs = new PackedHash(entry.Value, expires: true).NextDueMs;
                to.Milliseconds(nextDueMs == long.MaxValue ? 0 : nextDueMs);
                WriteListPack(to, new(entry.Value));
                break;
            case RdbType.HashListPack or RdbType.SetListPack or RdbType.SortedSetListPack: WriteListPack(to, new(entry.Value)); break;
            case RdbType.Set: WriteMembers(to, new(entry.Value)); break;
            case RdbType.Module2: to.Bytes(entry.Value); break;
            case RdbType.Hash or RdbType.HashTimesBehind: WriteFields(to, type, new(entry.Value)); break;
            default: to.String(entry.Value); break;
        }
    }

    private void WriteListPack(RdbOutput to, PackedList list)
    {
        var whole = scratch.Take(list.ListPackLength);
        list.WriteListPack(whole);
        to.String(whole);
    }

    /// <summary>One by one, for readers who know no packed sets.</summary>
    private static void WriteMembers(RdbOutput to, PackedList list)
    {
        Span<byte> digits = stackalloc byte[PackedElement.IntegerTextMax];
        to.Length(list.Count);
        if (list.Count == 0) return;
        foreach (var element in list.From(0)) to.String(element.Text(digits));
    }

    /// <summary>A packed hash with times, field by field.</summary>
    private static void WriteFields(RdbOutput to, RdbType type, PackedList list)
    {
        Span<byte> digits = stackalloc byte[PackedElement.IntegerTextMax];
        to.Length(list.Count / 3);
        if (list.Count == 0) return;
        for (var walk = list.From(0); walk.MoveNext();)
        {
            to.String(walk.Current.Text(digits));
            walk.MoveNext();
            to.String(walk.Current.Text(digits));
            walk.MoveNext();
            if (type == RdbType.HashTimesBehind) to.Milliseconds(walk.Current.Integer == 0 ? EntryView.NoExpiry : walk.Current.Integer);
        }
    }

    // ---- tables

    private void WriteTable(RdbOutput to, RdbType type, FieldTable fields)
    {
        var earliestMs = type == RdbType.HashTimes ? EarliestMs(fields) : EntryView.NoExpiry;
        BeginTable(to, type, fields.Count, earliestMs);
        ulong cursor = 0;
        do
        {
            _found.Clear();
            cursor = fields.Scan(cursor, _found);
            for (var i = 0; i < _found.Count; i++)
            {
                if (type == RdbType.Set) to.String(_found[i].Name);
                else WriteField(to, type, _found[i], earliestMs);
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
    /// <param name="earliestMs">A time not later than that of any field, of <see cref="RdbType.HashTimes"/>, where they are told as what they are later.</param>
    public static void BeginTable(RdbOutput to, RdbType type, long fields, long earliestMs)
    {
        if (type == RdbType.HashTimes) to.Milliseconds(earliestMs);
        to.Length(fields);
    }

    /// <summary>A field of a hash.</summary>
    /// <param name="earliestMs">As <see cref="BeginTable"/> had it.</param>
    public static void WriteField(RdbOutput to, RdbType type, FieldView field, long earliestMs)
    {
        if (type == RdbType.HashTimes) to.Length(field.Expires ? field.ExpiryMs - earliestMs + 1 : 0);
        to.String(field.Name);
        to.String(field.Value);
        if (type == RdbType.HashTimesBehind) to.Milliseconds(field.Expires ? field.ExpiryMs : EntryView.NoExpiry);
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
        BeginTable(to, RdbType.SortedSet2, set.Count, EntryView.NoExpiry);
        for (var walk = set.From(set.Count - 1, backward: true); walk.MoveNext();) WriteMember(to, walk.Current);
    }

    // ---- nodes

    /// <summary>How the file says what a node of a list is.</summary>
    internal const int PlainNode = 1, PackedNode = 2;

    public static void WriteList<T>(RdbOutput to, in T list) where T : struct, IListNodes
    {
        to.Length(list.NodeCount);
        for (var i = 0; i < list.NodeCount; i++) WriteNode(to, list, i);
    }

    /// <summary>A node of a list; how many there are stands in front of them.</summary>
    public static void WriteNode<T>(RdbOutput to, in T list, int i) where T : struct, IListNodes
    {
        Span<byte> digits = stackalloc byte[PackedElement.IntegerTextMax];
        to.Length(list.IsPlain(i) ? PlainNode : PackedNode);
        var compressed = list.Compressed(i, out var length);
        if (!compressed.IsEmpty) to.Compressed(compressed, length);
        else if (list.IsPlain(i)) to.String(PackedList.Of(list.Uncompressed(i))[0].Text(digits));
        else to.String(list.Uncompressed(i));
    }

    /// <param name="type"><see cref="RdbType.Stream2"/> leaves out when consumers got something last: see <see cref="ConsumerActivity"/>.</param>
    public static void WriteStream<T>(RdbOutput to, RdbType type, in T stream) where T : struct, IStreamParts
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
        for (var i = 0; i < stream.GroupCount; i++) WriteGroup(to, type, stream.GroupAt(i));
    }

    private static void WriteGroup(RdbOutput to, RdbType type, ConsumerGroup group)
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
            if (type != RdbType.Stream2) to.Milliseconds(consumer.ActiveMs);
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
