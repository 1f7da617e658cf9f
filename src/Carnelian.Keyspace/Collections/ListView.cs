namespace Carnelian;

/// <summary>
/// A key's list for reading, whichever way it is kept. It and its elements live until the list is edited.
/// </summary>
public readonly ref struct ListView
{
    private readonly PackedList _packed;
    private readonly NodeList _nodes;

    /// <param name="entry">Of these data: a list, or nothing.</param>
    public ListView(Dataset data, EntryView entry)
    {
        Exists = entry.Exists;
        if (!Exists) return;
        Check.That(entry.Type == ValueType.List);
        IsPacked = entry.Encoding == ValueEncoding.ListPack;
        if (IsPacked) _packed = new(entry.Value);
        else _nodes = data.List(entry);
    }

    public bool Exists { get; }

    public bool IsPacked { get; }

    /// <summary>Elements; 0 when there is no list.</summary>
    public long Count => !Exists ? 0 : IsPacked ? _packed.Count : _nodes.Count;

    public PackedElement this[long index] => IsPacked ? _packed[(int)index] : _nodes[index];

    /// <summary>The elements from one on, which must exist, forwards or backwards.</summary>
    public ListElements From(long index, bool backward = false) => IsPacked ? _packed.From((int)index, backward) : _nodes.From(index, backward);

    /// <summary>Where the first element is that is equal to a text; -1: there is none.</summary>
    public long IndexOf(scoped ReadOnlySpan<byte> value)
    {
        if (Count == 0) return -1;
        var matcher = new ElementMatcher(value);
        long index = 0;
        foreach (var element in From(0))
        {
            if (matcher.Matches(element)) return index;
            index++;
        }
        return -1;
    }
}
