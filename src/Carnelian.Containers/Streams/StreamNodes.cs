namespace Carnelian;

/// <summary>Goes through the nodes of a stream; ends with its next change.</summary>
public unsafe ref struct StreamNodes
{
    private IdCursor _next;

    internal StreamNodes(IdCursor first) => _next = first;

    /// <summary>The ID that those of the node's entries are counted from.</summary>
    public StreamId Master { get; private set; }

    /// <summary>The entries, in the listpack format: see <see cref="StreamPack"/>.</summary>
    public ReadOnlySpan<byte> List { get; private set; }

    public bool MoveNext()
    {
        if (!_next.IsValid) return false;
        Master = _next.Id;
        var node = NodeStream.NodeAt(_next);
        List = new(StreamNode.List(node), StreamNode.Total(node));
        _next.MoveNext();
        return true;
    }
}
