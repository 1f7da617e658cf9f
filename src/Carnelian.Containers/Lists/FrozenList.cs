namespace Carnelian;

/// <summary>
/// A list as it was when a snapshot came upon it. Its nodes do not change until they are released, so that another thread may read them.
/// <code>| root 8 | nodes 8 | released 8 | slot of the directory 8 … |</code>
/// </summary>
public readonly unsafe struct FrozenList
{
    private const int HeaderWords = 3;

    /// <summary>What it costs to free a node, in nodes that are only let go: with every eighth a slab of 64 KiB goes back to the system.</summary>
    private const int FreeCost = 32;

    private readonly ulong* _block;

    internal FrozenList(byte* block) => _block = (ulong*)block;

    internal static FrozenList Of(ListRoot* root, BlockAllocator allocator)
    {
        var nodes = root->Nodes.Length;
        var block = (ulong*)allocator.Allocate(Bytes(nodes), Purpose.Snapshot);
        block[0] = (ulong)root;
        block[1] = (ulong)nodes;
        block[2] = 0;
        new ReadOnlySpan<ulong>(root->Nodes.Slots, nodes).CopyTo(new(block + HeaderWords, nodes));
        return new((byte*)block);
    }

    internal byte* Block => (byte*)_block;

    public int NodeCount => (int)_block[1];

    /// <summary>A node's packed list, in the listpack format.</summary>
    public ReadOnlySpan<byte> Node(int i)
    {
        var node = NodeAt(i);
        return new(ListNode.List(node), ListNode.Total(node));
    }

    public ListElements ElementsOf(int node) => new(ref *ListNode.List(NodeAt(node)), ListPack.HeaderBytes, backward: false);

    /// <summary>The node has one element that is too large to have company.</summary>
    public bool IsPlain(int node) => ListNode.At(NodeAt(node))->IsPlain;

    /// <summary>
    /// Lets some nodes go, fewer if they must be freed, and after the last one the list itself. True when all are gone. Called on the command thread and between calls only.
    /// </summary>
    public bool ReleaseSome(int nodesMax, TableHost host)
    {
        var root = (ListRoot*)_block[0];
        for (; _block[2] < _block[1] && nodesMax > 0; _block[2]++)
        {
            var node = NodeAt((int)_block[2]);
            var isDropped = ListNode.At(node)->IsDropped;
            if (isDropped) host.Allocator.Free(node, ListNode.Capacity(node), Purpose.Snapshot);
            else ListNode.At(node)->MarkReleased(root->HeldBy);
            nodesMax -= isDropped ? FreeCost : 1;
        }
        if (_block[2] < _block[1]) return false;
        host.Allocator.Free((byte*)_block, Bytes(NodeCount), Purpose.Snapshot);
        if (root->Hold.Release()) host.FreeLater((byte*)root, CollectionKinds.Rooted(ValueType.List, ValueEncoding.QuickList));
        return true;
    }

    private byte* NodeAt(int i)
    {
        Check.That((uint)i < (uint)NodeCount);
        return NodeDirectory.NodeOf(_block[HeaderWords + i]);
    }

    private static nint Bytes(int nodes) => (nint)(HeaderWords + nodes) * sizeof(ulong);
}
