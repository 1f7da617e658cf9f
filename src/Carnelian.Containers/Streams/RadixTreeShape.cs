namespace Carnelian;

/// <summary>
/// Counts the nodes of the radix tree that Redis keeps IDs in (rax.c): a leaf for each ID, a node where the bytes of IDs part, and one for each run of bytes that they have in common before that. IDs are
/// given in order.
/// </summary>
internal unsafe struct RadixTreeShape
{
    private const int IdBytes = StreamId.Bytes, None = -1;

    /// <summary>The nodes where the bytes of IDs part on the way to the last one, by the number of bytes before them.</summary>
    private fixed int _open[IdBytes];
    private int _openCount;
    private int _lastCommon;
    private StreamId _last;

    public RadixTreeShape() => _lastCommon = None;

    public long Ids { get; private set; }

    private long _nodes;

    public void Add(StreamId id)
    {
        if (Ids++ > 0)
        {
            var common = CommonBytes(_last, id);
            AddLeaf(Math.Max(_lastCommon, common));
            CloseBeyond(common);
            if (Top != common) _open[_openCount++] = common;
            _lastCommon = common;
        }
        _last = id;
    }

    /// <summary>Nodes, when all IDs were given.</summary>
    public long End()
    {
        if (Ids == 0) return 1;
        AddLeaf(_lastCommon);
        CloseBeyond(None);
        return _nodes;
    }

    private readonly int Top => _openCount == 0 ? None : _open[_openCount - 1];

    private void AddLeaf(int parent) => AddNode(IdBytes, parent);

    private void CloseBeyond(int depth)
    {
        while (Top > depth)
        {
            var closed = _open[--_openCount];
            AddNode(closed, Math.Max(Top, depth));
        }
    }

    /// <summary>A node behind so many bytes, and the run of bytes before it, if there is one.</summary>
    private void AddNode(int depth, int parent) => _nodes += depth > parent + 1 ? 2 : 1;

    private static int CommonBytes(StreamId a, StreamId b) => a.Milliseconds != b.Milliseconds
        ? System.Numerics.BitOperations.LeadingZeroCount(a.Milliseconds ^ b.Milliseconds) / 8
        : IdBytes / 2 + System.Numerics.BitOperations.LeadingZeroCount(a.Sequence ^ b.Sequence) / 8;
}
