using System.Buffers.Binary;

namespace Carnelian;

/// <summary>What a node of a stream that came from outside has, once it is known to be one: see <see cref="StreamPack"/> for its layout.</summary>
/// <param name="Live">Entries that are not deleted.</param>
/// <param name="Last">The greatest ID, be its entry deleted.</param>
public readonly record struct StreamNodeFacts(long Live, StreamId Last);

/// <summary>Sees whether a node's elements are entries: numbers where there must be some, as many elements as they say, ascending IDs, right counts.</summary>
public ref struct StreamNodeCheck
{
    private ListElements _elements;
    private StreamId _id;
    private bool _isFirst;
    private bool _isDamaged;

    /// <summary>False: that is no node with this master ID.</summary>
    /// <param name="scratch">Memory for a node whose elements must be written anew: see <see cref="CheckedElements.PackedBytesMax"/>.</param>
    /// <param name="list">The node as it may be kept.</param>
    public static bool TryRead(ReadOnlySpan<byte> listPack, CheckedElements elements, StreamId master, Span<byte> scratch, out ReadOnlySpan<byte> list, out StreamNodeFacts facts)
    {
        var check = new StreamNodeCheck { _elements = elements.Walk(), _id = master, _isFirst = true };
        list = listPack;
        if (!check.TryReadEntries(master, out facts)) return false;
        if (!elements.IsCanonical) list = Rewrite(listPack, elements, scratch);
        return true;
    }

    private bool TryReadEntries(StreamId master, out StreamNodeFacts facts)
    {
        facts = default;
        long live = Number(), deleted = Number(), fields = Number();
        if (_isDamaged || live < 0 || deleted < 0 || fields < 0 || !Skip(fields) || Number() != 0) return false;
        while (!_isDamaged && _elements.MoveNext())
        {
            if (!TryReadEntry(master, fields, out var isDeleted)) return false;
            if (isDeleted) deleted--;
            else live--;
            if (!isDeleted) facts = facts with { Live = facts.Live + 1 };
        }
        facts = facts with { Last = _id };
        return !_isDamaged && live == 0 && deleted == 0;
    }

    private bool TryReadEntry(StreamId master, long masterFields, out bool isDeleted)
    {
        var flags = _elements.Current.IsInteger ? _elements.Current.Integer : -1;
        isDeleted = (flags & (long)StreamEntryFlags.Deleted) != 0;
        if (flags is < 0 or > (long)(StreamEntryFlags.Deleted | StreamEntryFlags.SameFields)) return false;
        var id = new StreamId(master.Milliseconds + (ulong)Number(), master.Sequence + (ulong)Number());
        if (_isDamaged || (_isFirst ? id < _id : id <= _id)) return false;
        (_id, _isFirst) = (id, false);
        var hasMasterFields = (flags & (long)StreamEntryFlags.SameFields) != 0;
        var fields = hasMasterFields ? masterFields : Number();
        if (fields is < 0 or > int.MaxValue || !Skip(hasMasterFields ? fields : 2 * fields)) return false;
        return Number() == (hasMasterFields ? fields + 3 : 2 * fields + 4);
    }

    private long Number()
    {
        if (!_isDamaged && _elements.MoveNext() && _elements.Current.IsInteger) return _elements.Current.Integer;
        _isDamaged = true;
        return -1;
    }

    private bool Skip(long elements)
    {
        for (; elements > 0; elements--)
        {
            if (!_elements.MoveNext()) return false;
        }
        return true;
    }

    private static ReadOnlySpan<byte> Rewrite(ReadOnlySpan<byte> listPack, CheckedElements elements, Span<byte> scratch)
    {
        var writer = new PackedWriter(scratch[ListPack.HeaderBytes..]);
        Span<byte> digits = stackalloc byte[PackedElement.IntegerTextMax];
        foreach (var element in elements.Walk()) writer.Add(element.Text(digits));
        var total = ListPack.EmptyBytes + writer.Bytes.Length;
        BinaryPrimitives.WriteInt32LittleEndian(scratch, total);
        listPack.Slice(4, 2).CopyTo(scratch[4..]);
        scratch[total - 1] = ListPack.End;
        return scratch[..total];
    }
}
