using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Carnelian;

/// <summary>
/// A handle to a list: packed nodes of up to a limit (<see cref="TableHost.ListLimit"/>, as it was when the list was made) and a directory of them with counts. A larger
/// element has a node of its own. Elements are views into the nodes: they end with the next change, and none of them may be given
/// to a method that changes the same list. What is inserted, removed and set leaves the nodes as Redis 8.0's quicklist does, except that where there are more than two,
/// removals bring together neighbours that fill half a node or less, and that setting does not let a node grow beyond the limit.
/// </summary>
public readonly unsafe struct NodeList : IListNodes
{
    /// <summary>Where a node was split, merging reaches so many nodes to either side.</summary>
    private const int MergedAround = 3;

    private readonly ListRoot* _root;
    private readonly TableHost _host;
    private readonly ListNodes _nodes;

    internal NodeList(byte* root, TableHost host)
    {
        _root = (ListRoot*)root;
        _host = host;
        _nodes = new(_root, host);
    }

    internal static byte* Create(TableHost host)
    {
        var root = host.Allocator.AllocateZeroed(sizeof(ListRoot), Purpose.Collections);
        ((ListRoot*)root)->Limit = host.ListLimit;
        ((ListRoot*)root)->CompressDepth = (ushort)Math.Min(host.ListCompressDepth, ushort.MaxValue);
        return root;
    }

    public long Count => _root->Count;

    public int NodeCount => _nodes.Length;

    /// <summary>All nodes but so many at either end are compressed; 0: none is.</summary>
    public int CompressDepth => _root->CompressDepth;

    internal int DirectoryPages => _root->Nodes.Pages.Length;

    // ---- reading

    public PackedElement this[long index]
    {
        get
        {
            var n = Find(ref index);
            Span<byte> scratch = default;
            ref var list = ref _nodes.Read(n, ref scratch);
            return ListPack.Read(ref Unsafe.Add(ref list, ListPack.OffsetOf(ref list, (int)index)), out _);
        }
    }

    /// <summary>The elements from one on, forwards or backwards.</summary>
    public ListElements From(long index, bool backward = false)
    {
        var n = Find(ref index);
        return new(&_root->Nodes, n, (int)index, backward, _host.Allocator);
    }

    /// <summary>A node's packed list.</summary>
    public PackedList Node(int n) => PackedList.Of(ListPackOf(n));

    /// <summary>A node's packed list as the listpack that it is.</summary>
    public ReadOnlySpan<byte> ListPackOf(int n)
    {
        Span<byte> scratch = default;
        return MemoryMarshal.CreateReadOnlySpan(ref _nodes.Read(Valid(n), ref scratch), ListNode.Total(_nodes[n]));
    }

    /// <summary>What a compressed node holds as LZF, see <see cref="IListNodes.Compressed"/>; nothing of another one.</summary>
    public ReadOnlySpan<byte> Compressed(int n) => ListNode.At(_nodes[Valid(n)])->IsCompressed ? CompressedNode.Compressed(_nodes[n]) : default;

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Compressed(int n, out int length)
    {
        length = LengthOf(n);
        return Compressed(n);
    }

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Uncompressed(int n)
    {
        Check.That(!ListNode.At(_nodes[Valid(n)])->IsCompressed);
        return ListPackOf(n);
    }

    /// <summary>Elements of a node.</summary>
    public int CountOf(int n) => _nodes.CountOf(Valid(n));

    /// <summary>Bytes of a node's packed list or, where it is plain, of its text.</summary>
    public int LengthOf(int n) => CompressedNode.LengthOf(_nodes[Valid(n)]);

    /// <summary>The node has one element that is too large to have company.</summary>
    public bool IsPlain(int n) => _nodes.IsPlain(Valid(n));

    public ListElements ElementsOf(int n) => Node(n).From(0);

    /// <summary>Whether the list is to become one packed list, that of its only node; see <see cref="Node"/>.</summary>
    /// <param name="hasShrunk">It lost bytes or elements: then it must be well below the limit.</param>
    public bool FitsPacked(bool hasShrunk) =>
        NodeCount == 1 && !IsPlain(0) && _host.ListLimit.AllowsPacked(ListNode.Total(_nodes[0]), _nodes.CountOf(0), hasShrunk);

    private int Valid(int n)
    {
        Check.That((uint)n < (uint)NodeCount);
        return n;
    }

    private int Find(ref long index)
    {
        Check.That((ulong)index < (ulong)_root->Count);
        return _root->Nodes.Find(ref index, _root->Count);
    }

    // ---- inserting

    public void Append(ReadOnlySpan<byte> value)
    {
        if (NodeCount == 0) InsertFirst(value);
        else Insert(NodeCount - 1, _nodes.CountOf(NodeCount - 1) - 1, value, after: true);
    }

    public void Prepend(ReadOnlySpan<byte> value)
    {
        if (NodeCount == 0) InsertFirst(value);
        else Insert(0, 0, value, after: false);
    }

    /// <summary>Inserts before the element at <paramref name="index"/>; at <see cref="Count"/>, behind all.</summary>
    public void Insert(long index, ReadOnlySpan<byte> value)
    {
        if (index == Count)
        {
            Append(value);
            return;
        }
        var n = Find(ref index);
        Insert(n, (int)index, value, after: false);
    }

    public void InsertAfter(long index, ReadOnlySpan<byte> value)
    {
        var n = Find(ref index);
        Insert(n, (int)index, value, after: true);
    }

    /// <summary>Appends a node with the elements of a packed list, whatever their number and size. One from outside is validated, and tells its count.</summary>
    public void AppendNode(PackedList list)
    {
        if (list.Count == 0) return;
        _nodes.Insert(NodeCount, list.ElementBytes, list.Count, plain: false);
        _nodes.Settle(NodeCount - 1, NodeCount - 1);
        _root->Count += list.Count;
    }

    /// <summary>Appends a node of its own for a text, whatever its size.</summary>
    public void AppendPlainNode(ReadOnlySpan<byte> value)
    {
        _nodes.Insert(NodeCount, PackedElement.Of(value), plain: true);
        _nodes.Settle(NodeCount - 1, NodeCount - 1);
        _root->Count++;
    }

    /// <summary>Fills an empty list with the nodes of another one; it compresses those that the other one does.</summary>
    public void AddAll(NodeList other)
    {
        Check.That(NodeCount == 0);
        _nodes.CopyAll(other._root);
        _root->Count = other.Count;
    }

    private void InsertFirst(ReadOnlySpan<byte> value)
    {
        _nodes.Insert(0, PackedElement.Of(value), _nodes.Limit.IsLarge(value.Length));
        _root->Count++;
    }

    /// <summary>Inserts beside an element: into its node, or at its edge into the next one, or between the two, or where it is split.</summary>
    private void Insert(int n, int inNode, ReadOnlySpan<byte> value, bool after)
    {
        var element = PackedElement.Of(value);
        var place = after ? n + 1 : n;
        var placeInNode = after ? inNode + 1 : inNode;
        var atEdge = placeInNode == (after ? _nodes.CountOf(n) : 0);
        var neighbour = after ? n + 1 : n - 1;
        _root->Count++;
        if (_nodes.HasRoom(n, value.Length))
        {
            _nodes.Add(n, placeInNode, element);
            _nodes.Settle(n, n);
        }
        else if (atEdge && _nodes.HasRoom(neighbour, value.Length))
        {
            _nodes.Add(neighbour, after ? 0 : _nodes.CountOf(neighbour), element);
            _nodes.Settle(neighbour, neighbour);
        }
        else if (atEdge)
        {
            _nodes.Insert(place, element, _nodes.Limit.IsLarge(value.Length));
            _nodes.Settle(place, place);
        }
        else
        {
            _nodes.Split(n, placeInNode);
            InsertAtSplit(n, element, value.Length, after);
            _nodes.Settle(n - MergedAround, n + MergedAround);
        }
    }

    private void InsertAtSplit(int n, in PackedElement element, int length, bool after)
    {
        if (_nodes.Limit.IsLarge(length))
        {
            _nodes.Insert(n + 1, element, plain: true);
            return;
        }
        _nodes.Add(after ? n + 1 : n, after ? 0 : _nodes.CountOf(n), element);
        _nodes.MergeAround(after ? n : n + 1);
    }

    // ---- setting

    public void Set(long index, ReadOnlySpan<byte> value)
    {
        var n = Find(ref index);
        var inNode = (int)index;
        var element = PackedElement.Of(value);
        var isLarge = _nodes.Limit.IsLarge(value.Length);
        if (_nodes.IsPlain(n))
        {
            SetPlain(n, value, element, isLarge);
            return;
        }
        var list = ListNode.List(_nodes.Expanded(n));
        var offset = ListPack.OffsetOf(ref *list, inNode);
        ListPack.Read(ref list[offset], out var oldSize);
        var size = ListPack.Size(element);
        if (!isLarge && (size <= oldSize || !_nodes.Limit.IsExceededBy(ListNode.Total(_nodes[n]) + (long)size - oldSize, 0)))
        {
            _nodes.Splice(n, offset, oldSize, 1, element, size);
            _nodes.Settle(n, n);
            return;
        }
        if (inNode + 1 < _nodes.CountOf(n)) _nodes.Split(n, inNode + 1);
        _nodes.Insert(n + 1, element, isLarge);
        if (!_nodes.Remove(n, inNode, 1)) _nodes.MergeAround(n + 1);
        _nodes.Settle(n - MergedAround, n + MergedAround);
    }

    private void SetPlain(int n, ReadOnlySpan<byte> value, in PackedElement element, bool isLarge)
    {
        if (isLarge)
        {
            _nodes.Insert(n + 1, element, plain: true);
        }
        else
        {
            Insert(n, 0, value, after: true);
            _root->Count--;
        }
        _nodes.Remove(n);
        _nodes.Settle(n, n);
    }

    // ---- removing

    public void RemoveAt(long index) => RemoveRange(index, 1);

    public void RemoveRange(long index, long count)
    {
        Check.That(index >= 0 && count >= 0 && count <= Count - index);
        if (count == 0) return;
        var n = Find(ref index);
        _root->Count -= count;
        if (index > 0)
        {
            var removed = (int)Math.Min(count, _nodes.CountOf(n) - index);
            _nodes.Remove(n++, (int)index, removed);
            count -= removed;
        }
        var whole = n;
        for (; whole < NodeCount && count >= _nodes.CountOf(whole); whole++) count -= _nodes.CountOf(whole);
        if (whole > n) _nodes.Remove(n, whole - n);
        if (count > 0) _nodes.Remove(n, 0, (int)count);
        // The seam lies before or behind node n, or the range ended within the node before.
        for (var i = n; i >= n - 2; i--) _nodes.TryJoin(i);
        _nodes.Settle(n - MergedAround, n);
    }

    /// <summary>Removes the elements that are equal to a text, the first or the last <paramref name="max"/> of them. Returns their number.</summary>
    public long RemoveEqual(ReadOnlySpan<byte> value, long max, bool fromTail)
    {
        var matcher = new ElementMatcher(value);
        var left = max;
        Span<byte> scratch = default;
        for (var n = fromTail ? NodeCount - 1 : 0; left > 0 && (uint)n < (uint)NodeCount;)
        {
            var goneNodes = RemoveEqual(n, matcher, ref left, fromTail, ref scratch);
            n += fromTail ? -1 : 1 - goneNodes;
        }
        _nodes.Settle(0, -1);
        _root->Count -= max - left;
        return max - left;
    }

    /// <summary>Returns how many nodes less there are up to this one, or from this one on: it went, or was merged with the one looked at before.</summary>
    private int RemoveEqual(int n, in ElementMatcher matcher, ref long left, bool fromTail, ref Span<byte> scratch)
    {
        ref var list = ref _nodes.Read(n, ref scratch);
        var found = ListPack.CountEqual(ref Unsafe.Add(ref list, ListPack.HeaderBytes), ListPack.Total(in list) - ListPack.EmptyBytes, matcher);
        if (found == 0) return 0;
        var take = (int)Math.Min(found, left);
        left -= take;
        if (take == _nodes.CountOf(n))
        {
            _nodes.Remove(n);
            return 1;
        }
        _nodes.RemoveEqual(n, ref list, matcher, fromTail ? found - take : 0, take);
        var isJoined = _nodes.TryJoin(fromTail ? n : n - 1);
        _nodes.Compress(n - 1, n);
        return isJoined ? 1 : 0;
    }

    /// <summary>Memory of the list; <paramref name="samples"/> nodes are measured and stand for the others.</summary>
    public long MemoryBytes(long samples)
    {
        var measured = (int)Math.Min(NodeCount, samples);
        long nodes = 0;
        for (var n = 0; n < measured; n++) nodes += ListNode.Capacity(_root->Nodes.Node(n));
        var own = BlockAllocator.UsableSize(sizeof(ListRoot)) + _root->Nodes.MemoryBytes;
        return own + (measured == NodeCount ? nodes : (long)((double)nodes / measured * NodeCount));
    }

    // ---- the list as a whole

    /// <summary>Holds all nodes as they are for the snapshot of the present number; the cost is a copy of the directory's array of pages.</summary>
    internal FrozenList Freeze()
    {
        _root->Hold.Take(0);
        _root->Nodes.HeldBy = _host.SnapshotNumber;
        return FrozenList.Of(_root, _host.Allocator);
    }

    /// <summary>Frees some nodes, at last the root; true when nothing is left. Between calls only.</summary>
    internal bool FreeSome(int nodesMax)
    {
        ref var nodes = ref _root->Nodes;
        for (; nodes.Length > 0 && nodesMax > 0; nodesMax--)
        {
            var node = nodes.Node(nodes.Length - 1);
            _host.Allocator.Free(node, ListNode.Capacity(node), Purpose.Collections);
            nodes.Remove(_host.Allocator, nodes.Length - 1);
        }
        if (nodes.Length > 0) return false;
        nodes.Free(_host.Allocator);
        _host.Allocator.Free((byte*)_root, sizeof(ListRoot), Purpose.Collections);
        return true;
    }

    /// <summary>Moves some nodes out of sparse slabs; true at the end of a round. Nodes that a snapshot may be reading stay.</summary>
    internal bool Defragment(int nodesMax, ref BlockMover mover)
    {
        if (_root->Hold.IsHeld) return true;
        for (var last = Math.Min(_root->DefragmentationIndex + nodesMax, NodeCount); _root->DefragmentationIndex < last; _root->DefragmentationIndex++)
        {
            var n = _root->DefragmentationIndex;
            var node = _root->Nodes.Node(n);
            _root->Nodes.Set(_host.Allocator, n, mover.Move(node, ListNode.Capacity(node), Purpose.Collections), _nodes.CountOf(n));
        }
        if (_root->DefragmentationIndex < NodeCount) return false;
        _root->DefragmentationIndex = 0;
        return true;
    }
}
