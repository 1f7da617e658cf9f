using System.Runtime.InteropServices;

namespace Carnelian;

/// <summary>
/// A list as it was when a snapshot came upon it. Its nodes do not change until they are released, so that another thread may read them.
/// <code>| root 8 | nodes 8 | released 8 | slot of the directory 8 … |</code>
/// </summary>
public readonly unsafe struct FrozenList
{
    private const int HeaderWords = 3;

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

    /// <summary>Bytes of a node's packed list.</summary>
    public int LengthOf(int node) => ListNode.Total(NodeAt(node));

    /// <summary>A node's packed list, in the listpack format.</summary>
    /// <param name="scratch">For that of a compressed node; as long as <see cref="LengthOf"/> says.</param>
    public PackedList Node(int i, Span<byte> scratch) => new(MemoryMarshal.CreateReadOnlySpan(ref CompressedNode.Read(NodeAt(i), scratch), LengthOf(i)));

    /// <summary>
    /// LZF of a compressed node's packed list or, where it is plain, of its text; as Redis has it in RDB files. Nothing of another node.
    /// </summary>
    /// <param name="length">Of what was compressed.</param>
    public ReadOnlySpan<byte> Compressed(int i, out int length)
    {
        var node = NodeAt(i);
        length = CompressedNode.LengthOf(node);
        return ListNode.At(node)->IsCompressed ? CompressedNode.Compressed(node) : default;
    }

    /// <summary>The node has one element that is too large to have company.</summary>
    public bool IsPlain(int node) => ListNode.At(NodeAt(node))->IsPlain;

    /// <summary>
    /// Lets some nodes go, and after the last one the list itself. True when all are gone. Called on the command thread and between calls only.
    /// </summary>
    public bool ReleaseSome(int nodesMax, TableHost host)
    {
        var root = (ListRoot*)_block[0];
        for (; _block[2] < _block[1] && nodesMax > 0; _block[2]++, nodesMax--)
        {
            var node = NodeAt((int)_block[2]);
            if (ListNode.At(node)->IsDropped) host.Allocator.Free(node, ListNode.Capacity(node), Purpose.Snapshot);
            else ListNode.At(node)->MarkReleased(root->HeldBy);
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
