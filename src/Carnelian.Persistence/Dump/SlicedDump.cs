using System.Buffers.Binary;

namespace Carnelian;

/// <summary>
/// Makes the payload of a large value bit by bit, so that nobody waits for it; <see cref="Dumps"/> makes others at once. Nobody may change the key meanwhile
/// (<see cref="HeldKeys"/>), so what there is of a table is met once each: only a table that begins to shrink shows elements twice, and only changes begin that. A flush may
/// take the key, or a reload of all data put it into another table: then there is nothing to send, or all begins anew. Streams are written in one piece.
/// </summary>
internal sealed class SlicedDump(Dumps dumps, OutputChunks chunks, BlockAllocator allocator) : IDisposable
{
    /// <summary>Of strings that are longer, which are held and not copied, and of tables with their elements, bytes.</summary>
    private const int LargeFrom = 64 << 10;

    /// <summary>Nodes are up to 8 KB.</summary>
    private const int LargeNodesFrom = 16;

    /// <summary>What a step does between two looks at the budget, some ten microseconds.</summary>
    private const int SumBytes = 128 << 10, PositionsPerStep = 4, MembersPerStep = 16;

    /// <summary>Longer strings go as they are: compressing one takes longer than a turn may.</summary>
    private const int CompressedBytesMax = 64 << 10;

    private readonly FieldList _found = new();
    private PayloadParts? _to;
    private SharedBytes? _held;
    private Dataset? _data;
    private RdbType _type;
    private long _earliestMs;

    /// <summary>Where to go on: a cursor, a rank, the number of a node or byte.</summary>
    private ulong _next;

    /// <summary>Elements of a table: how many the payload says there are, and how many are in it so far.</summary>
    private long _announced, _written;

    public static bool IsLarge(Dataset data, EntryView entry) => entry.Encoding switch
    {
        ValueEncoding.HashTable => data.Fields(entry).MemoryBytes >= LargeFrom,
        ValueEncoding.SkipList => data.Sorted(entry).MemoryBytes >= LargeFrom,
        ValueEncoding.QuickList => data.List(entry).NodeCount >= LargeNodesFrom,
        _ => entry.Type == ValueType.String && entry.Value.Length > LargeFrom,
    };

    /// <summary>Works within a budget. True when the payload is done, or the key gone.</summary>
    public bool Run(Database database, EntryView entry, ref Budget budget)
    {
        if (!entry.Exists) return true;
        if (_data != database.Data) Begin(database.Data, entry);
        do
        {
            if (!Step(entry)) continue;
            // Somebody has changed it after all.
            if (_written != _announced) WriteAtOnce(entry);
            End();
            return true;
        }
        while (!budget.Spent);
        return false;
    }

    private void Begin(Dataset data, EntryView entry)
    {
        (_data, _next, _announced, _written) = (data, 0, 0, 0);
        _to = Renew(entry);
        switch (entry.Encoding)
        {
            case ValueEncoding.HashTable:
                _announced = data.Fields(entry).Count;
                _earliestMs = data.Fields(entry).NextDueMs;
                RdbValueWriter.BeginTable(_to, _type, _announced, _earliestMs);
                break;
            case ValueEncoding.SkipList:
                _next = (ulong)data.Sorted(entry).Count;
                RdbValueWriter.BeginTable(_to, _type, (long)_next, EntryView.NoExpiry);
                break;
            case ValueEncoding.QuickList:
                _to.Length(data.List(entry).NodeCount);
                break;
            default:
                _held = entry.HoldString(allocator)!;
                _to.Length(_held.Span.Length);
                _to.Refer(_held);
                break;
        }
    }

    private void WriteAtOnce(EntryView entry) => dumps.Write(_to = Renew(entry), _type, _data!, entry);

    /// <summary>A payload that has its type.</summary>
    private PayloadParts Renew(EntryView entry)
    {
        _to?.Dispose();
        var to = new PayloadParts(chunks) { Compresses = dumps.Compresses, CompressedBytesMax = CompressedBytesMax };
        to.Type(_type = dumps.TypeOf(entry));
        return to;
    }

    /// <summary>True when that was the last one.</summary>
    private bool Step(EntryView entry) => entry.Encoding switch
    {
        ValueEncoding.HashTable => StepTable(_data!.Fields(entry)),
        ValueEncoding.SkipList => StepSorted(_data!.Sorted(entry)),
        ValueEncoding.QuickList => StepList(_data!.List(entry)),
        _ => StepString(),
    };

    private bool StepTable(FieldTable fields)
    {
        _found.Clear();
        for (var positions = PositionsPerStep; positions > 0; positions--)
        {
            _next = fields.Scan(_next, _found);
            if (_next == 0) break;
        }
        for (var i = 0; i < _found.Count; i++)
        {
            if (_type == RdbType.Set) _to!.String(_found[i].Name);
            else RdbValueWriter.WriteField(_to!, _type, _found[i], _earliestMs);
        }
        _written += _found.Count;
        return _next == 0;
    }

    /// <summary>From the greatest on, as <see cref="RdbValueWriter"/> does it.</summary>
    private bool StepSorted(SortedTable set)
    {
        var walk = set.From((long)_next - 1, backward: true);
        for (var members = MembersPerStep; members > 0 && walk.MoveNext(); members--, _next--) RdbValueWriter.WriteMember(_to!, walk.Current);
        return _next == 0;
    }

    private bool StepList(NodeList list)
    {
        RdbValueWriter.WriteNode(_to!, list, (int)_next++);
        return _next == (ulong)list.NodeCount;
    }

    private bool StepString()
    {
        var left = _held!.Span[(int)_next..];
        var piece = left[..Math.Min(left.Length, SumBytes)];
        _to!.SumReferred(piece);
        _next += (ulong)piece.Length;
        return piece.Length == left.Length;
    }

    private void End()
    {
        Span<byte> footer = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt16LittleEndian(footer, (ushort)RdbVersion.Of(_type));
        _to!.Bytes(footer[..sizeof(ushort)]);
        BinaryPrimitives.WriteUInt64LittleEndian(footer, _to.Checksum);
        _to.Bytes(footer);
    }

    /// <summary>Writes the payload that is done as a bulk string.</summary>
    /// <param name="writer">Writes to the output.</param>
    public void WriteTo(ref ReplyWriter writer, OutputBuffer output)
    {
        Span<byte> digits = stackalloc byte[IntegerText.LengthMax];
        writer.Raw("$"u8);
        writer.Raw(digits[..IntegerText.Format(_to!.Written, digits)]);
        writer.Raw("\r\n"u8);
        writer.Flush();
        _to.WriteTo(output);
        writer.Raw("\r\n"u8);
    }

    public void Dispose() => _to?.Dispose();
}
