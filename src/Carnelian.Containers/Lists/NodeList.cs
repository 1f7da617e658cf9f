using System.Runtime.InteropServices;

namespace Carnelian;

/// <summary>A list's root, a native block.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ListRoot
{
    public Hold Hold;

    /// <summary>Elements.</summary>
    public long Count;
    public NodeDirectory Nodes;

    /// <summary>The snapshot that holds the list, by number; see <see cref="ListNode"/>.</summary>
    public uint HeldBy;
    public int DefragmentationIndex;
}

/// <summary>
/// A handle to a list: packed nodes of up to <see cref="TableHost.ListNodeBytesMax"/> bytes and a directory of them with counts. A larger
/// element has a node of its own. Elements are views into the nodes: they end with the next change, and none of them may be given
/// to a method that changes the same list. Nodes that go are retired, so that they outlive the call.
/// </summary>
public readonly unsafe struct NodeList
{
    private readonly ListRoot* _root;
    private readonly TableHost _host;

    internal NodeList(byte* root, TableHost host)
    {
        _root = (ListRoot*)root;
        _host = host;
    }

    internal static byte* Create(TableHost host) => host.Allocator.AllocateZeroed(sizeof(ListRoot), Purpose.Collections);

    public long Count => _root->Count;

    public int NodeCount => _root->Nodes.Length;

    public PackedElement this[long index]
    {
        get
        {
            var n = Find(ref index);
            var node = _root->Nodes.Node(n);
            return ListPack.Read(ListNode.List(node) + ListNode.OffsetOf(node, (int)index), out _);
        }
    }

    public PackedElements ElementsOf(int node) => new(ListNode.List(_root->Nodes.Node(node)));

    // ---- changing

    public void Append(ReadOnlySpan<byte> value) => Insert(_root->Count, value);

    public void Prepend(ReadOnlySpan<byte> value) => Insert(0, value);

    /// <summary>Inserts before the element at <paramref name="index"/>; at <see cref="Count"/>, behind all.</summary>
    public void Insert(long index, ReadOnlySpan<byte> value)
    {
        Check.That((ulong)index <= (ulong)_root->Count);
        var element = PackedElement.Of(value);
        var size = ListPack.Size(element);
        ref var nodes = ref _root->Nodes;
        var atEnd = index == _root->Count;
        var n = nodes.Length == 0 ? -1 : atEnd ? nodes.Length - 1 : Find(ref index);
        var inNode = n < 0 ? 0 : atEnd ? CountOf(n) : (int)index;
        _root->Count++;

        if (n >= 0 && HasRoom(n, size))
        {
            Splice(n, ListNode.OffsetOf(nodes.Node(n), inNode), 0, element, size);
            return;
        }
        if (n > 0 && inNode == 0 && HasRoom(n - 1, size))
        {
            Splice(n - 1, ListNode.Total(nodes.Node(n - 1)) - 1, 0, element, size);
            return;
        }
        if (n >= 0 && inNode > 0 && inNode < CountOf(n)) Split(n, inNode);
        var place = n >= 0 && inNode > 0 ? n + 1 : Math.Max(n, 0);
        nodes.Insert(_host.Allocator, place, ListNode.Allocate(_host.Allocator, CapacityFor(ListPack.EmptyBytes + size), _host.SnapshotNumber), 0);
        Splice(place, ListPack.HeaderBytes, 0, element, size);
    }

    /// <summary>Appends all elements of another list, in nodes of the same content.</summary>
    public void AddAll(NodeList other)
    {
        for (var n = 0; n < other.NodeCount; n++)
        {
            var node = other._root->Nodes.Node(n);
            var count = other.CountOf(n);
            _root->Nodes.Insert(_host.Allocator, NodeCount, CopyOf(node, ListPack.HeaderBytes, ListNode.Total(node) - 1, count), count);
            _root->Count += count;
        }
    }

    public void Set(long index, ReadOnlySpan<byte> value)
    {
        var element = PackedElement.Of(value);
        var n = Find(ref index);
        Splice(n, OffsetOf(n, (int)index, out var oldSize), oldSize, element, ListPack.Size(element));
    }

    public void RemoveAt(long index)
    {
        var n = Find(ref index);
        _root->Count--;
        if (CountOf(n) == 1)
        {
            Drop(_root->Nodes.Node(n));
            _root->Nodes.Remove(_host.Allocator, n);
        }
        else
        {
            Splice(n, OffsetOf(n, (int)index, out var size), size, default, 0);
        }
        if (!Merge(n - 1)) Merge(n);
    }

    private int Find(ref long index)
    {
        Check.That((ulong)index < (ulong)_root->Count);
        return _root->Nodes.Find(ref index, _root->Count);
    }

    private int CountOf(int n) => NodeDirectory.CountOf(_root->Nodes.Slots[n]);

    private int OffsetOf(int n, int inNode, out int size)
    {
        var node = _root->Nodes.Node(n);
        var offset = ListNode.OffsetOf(node, inNode);
        ListPack.Read(ListNode.List(node) + offset, out size);
        return offset;
    }

    private bool HasRoom(int n, int size) =>
        ListNode.Total(_root->Nodes.Node(n)) + size <= FullTotal && CountOf(n) < ListPack.CountMax;

    /// <summary>Bytes of the packed list in a full node. The header counts too, so that a node fills its block.</summary>
    private int FullTotal => _host.ListNodeBytesMax - ListNode.HeaderBytes;

    /// <summary>Room to grow by half, but not beyond a full node.</summary>
    private nint CapacityFor(nint total) => Math.Max(total, Math.Min(total + total / 2, FullTotal));

    // ---- nodes

    /// <summary>Replaces <paramref name="removed"/> bytes by an element. Either may be nothing: then an element is inserted, or removed.</summary>
    private void Splice(int n, int offset, int removed, PackedElement element, int added)
    {
        var old = _root->Nodes.Node(n);
        var oldList = ListNode.List(old);
        var oldTotal = ListPack.Total(oldList);
        var count = ListPack.Count(oldList) + (added > 0 ? 1 : 0) - (removed > 0 ? 1 : 0);
        var total = checked(oldTotal + added - removed);
        var room = ListNode.At(old)->Capacity - ListNode.HeaderBytes;
        var inPlace = !IsShared(old) && total <= room && (total >= room / 4 || added > 0);
        var node = inPlace ? old : ListNode.Allocate(_host.Allocator, CapacityFor(total), _host.SnapshotNumber);
        var list = ListNode.List(node);

        var tail = oldTotal - 1 - offset - removed;
        Buffer.MemoryCopy(oldList + offset + removed, list + offset + added, tail, tail);
        if (!inPlace) Buffer.MemoryCopy(oldList, list, offset, offset);
        if (added > 0) ListPack.Write(list + offset, element);
        ListPack.WriteHeader(list, total, count);
        _root->Nodes.Set(n, node, count);
        if (!inPlace) Drop(old);
    }

    /// <summary>The elements from <paramref name="inNode"/> on get a node of their own behind this one.</summary>
    private void Split(int n, int inNode)
    {
        var whole = _root->Nodes.Node(n);
        var offset = ListNode.OffsetOf(whole, inNode);
        var end = ListNode.Total(whole) - 1;
        var count = CountOf(n);
        var head = CopyOf(whole, ListPack.HeaderBytes, offset, inNode);
        var tail = CopyOf(whole, offset, end, count - inNode);
        _root->Nodes.Set(n, head, inNode);
        _root->Nodes.Insert(_host.Allocator, n + 1, tail, count - inNode);
        Drop(whole);
    }

    private byte* CopyOf(byte* node, int from, int to, int count)
    {
        var copy = ListNode.Allocate(_host.Allocator, ListPack.EmptyBytes + to - from, _host.SnapshotNumber);
        var list = ListNode.List(copy);
        Buffer.MemoryCopy(ListNode.List(node) + from, list + ListPack.HeaderBytes, to - from, to - from);
        ListPack.WriteHeader(list, ListPack.EmptyBytes + to - from, count);
        return copy;
    }

    /// <summary>Makes one node of two neighbours that together fill half a node or less, so that removals leave no crowd of tiny nodes.</summary>
    private bool Merge(int n)
    {
        if (n < 0 || n + 1 >= _root->Nodes.Length) return false;
        byte* left = _root->Nodes.Node(n), right = _root->Nodes.Node(n + 1);
        int leftTotal = ListNode.Total(left), rightTotal = ListNode.Total(right), total = leftTotal + rightTotal - ListPack.EmptyBytes;
        var count = CountOf(n) + CountOf(n + 1);
        if (total > FullTotal / 2 || count > ListPack.CountMax) return false;
        var node = ListNode.Allocate(_host.Allocator, CapacityFor(total), _host.SnapshotNumber);
        var list = ListNode.List(node);
        Buffer.MemoryCopy(ListNode.List(left), list, leftTotal - 1, leftTotal - 1);
        var rest = rightTotal - ListPack.HeaderBytes;
        Buffer.MemoryCopy(ListNode.List(right) + ListPack.HeaderBytes, list + leftTotal - 1, rest, rest);
        ListPack.WriteHeader(list, total, count);
        _root->Nodes.Set(n, node, count);
        _root->Nodes.Remove(_host.Allocator, n + 1);
        Drop(left);
        Drop(right);
        return true;
    }

    private bool IsShared(byte* node) => _root->Hold.IsHeld && ListNode.At(node)->Born < _root->HeldBy;

    /// <summary>Gives a node up. One that a snapshot holds is from now on kept for the snapshot alone, and counts as its memory.</summary>
    private void Drop(byte* node)
    {
        var capacity = ListNode.At(node)->Capacity;
        if (!IsShared(node))
        {
            _host.Allocator.Retire(node, capacity, Purpose.Collections);
            return;
        }
        ListNode.At(node)->MarkDropped();
        _host.Allocator.Transfer(capacity, Purpose.Collections, Purpose.Snapshot);
    }

    /// <summary>Memory of the list; <paramref name="samples"/> nodes are measured and stand for the others.</summary>
    public long MemoryBytes(long samples)
    {
        var measured = (int)Math.Min(NodeCount, samples);
        long nodes = 0;
        for (var n = 0; n < measured; n++) nodes += ListNode.At(_root->Nodes.Node(n))->Capacity;
        var own = BlockAllocator.UsableSize(sizeof(ListRoot)) + _root->Nodes.MemoryBytes;
        return own + (measured == 0 ? 0 : (long)((double)nodes / measured * NodeCount));
    }

    // ---- the list as a whole

    /// <summary>Holds all nodes as they are for the snapshot of the present number; the cost is the directory's copy.</summary>
    internal FrozenList Freeze()
    {
        _root->Hold.Take(0);
        _root->HeldBy = _host.SnapshotNumber;
        return FrozenList.Of(_root, _host.Allocator);
    }

    /// <summary>Frees some nodes, at last the root; true when nothing is left. Between calls only.</summary>
    internal bool FreeSome(int nodesMax)
    {
        ref var nodes = ref _root->Nodes;
        for (; nodes.Length > 0 && nodesMax > 0; nodesMax--)
        {
            var node = nodes.Node(nodes.Length - 1);
            _host.Allocator.Free(node, ListNode.At(node)->Capacity, Purpose.Collections);
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
            _root->Nodes.Set(n, mover.Move(node, ListNode.At(node)->Capacity, Purpose.Collections), CountOf(n));
        }
        if (_root->DefragmentationIndex < NodeCount) return false;
        _root->DefragmentationIndex = 0;
        return true;
    }
}
