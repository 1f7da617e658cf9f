namespace Carnelian;

/// <summary>Goes through live entries between two IDs; ends with the stream's next change.</summary>
public unsafe ref struct StreamEntries
{
    private readonly StreamId _first, _last;
    private readonly bool _backward;
    private IdCursor _node;
    private PackedEntries _entries;

    internal StreamEntries(IdTreeRoot* nodes, StreamId first, StreamId last, bool backward)
    {
        _first = first;
        _last = last;
        _backward = backward;
        _node = IdCursor.Floor(nodes, backward ? last : first);
        if (!_node.IsValid && !backward) _node = IdCursor.First(nodes);
        if (_node.IsValid) _entries = EntriesOf(_node);
    }

    public readonly StreamId Id => _entries.Id;

    public readonly long FieldCount => _entries.FieldCount;

    /// <summary>Reads the entry's next field, <see cref="FieldCount"/> times at the most.</summary>
    public void ReadField(out PackedElement name, out PackedElement value) => _entries.ReadField(out name, out value);

    public bool MoveNext() => _backward ? MoveBackward() : MoveForward();

    private bool MoveForward()
    {
        while (_node.IsValid)
        {
            while (_entries.Next())
            {
                if (_entries.Id < _first || _entries.IsDeleted) continue;
                return _entries.Id <= _last || Stop();
            }
            if (_node.MoveNext()) _entries = EntriesOf(_node);
        }
        return false;
    }

    private bool MoveBackward()
    {
        while (_node.IsValid)
        {
            while (_entries.Previous())
            {
                if (_entries.Id > _last || _entries.IsDeleted) continue;
                return _entries.Id >= _first || Stop();
            }
            if (_node.MovePrevious()) _entries = EntriesOf(_node);
        }
        return false;
    }

    private bool Stop()
    {
        _node = default;
        return false;
    }

    private static PackedEntries EntriesOf(IdCursor node) => new(StreamNode.List(NodeStream.NodeAt(node)), node.Id);
}
