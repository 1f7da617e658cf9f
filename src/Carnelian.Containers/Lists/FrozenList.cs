using System.Runtime.InteropServices;

namespace Carnelian;

/// <summary>
/// A list as it was when a snapshot came upon it. Its nodes and the pages of its directory do not change until they are released, so that another thread
/// may read them.
/// <code>| root 8 | nodes 8 | released 8 | pages 8 | page of the directory 24 … |</code>
/// </summary>
public readonly unsafe struct FrozenList : IListNodes
{
    private const int HeaderWords = 4;

    /// <summary>What it costs to free a node, in nodes that are only let go: with every eighth a slab of 64 KiB goes back to the system.</summary>
    private const int FreeCost = 64;

    private readonly ulong* _block;

    internal FrozenList(byte* block) => _block = (ulong*)block;

    internal static FrozenList Of(ListRoot* root, BlockAllocator allocator)
    {
        var pages = root->Nodes.Pages;
        var block = (ulong*)allocator.Allocate(Bytes(pages.Length), Purpose.Snapshot);
        block[0] = (ulong)root;
        block[1] = (ulong)root->Nodes.Length;
        block[2] = 0;
        block[3] = (ulong)pages.Length;
        pages.CopyTo(new(block + HeaderWords, pages.Length));
        return new((byte*)block);
    }

    internal byte* Block => (byte*)_block;

    public int NodeCount => (int)_block[1];

    /// <summary>Elements of all nodes.</summary>
    public long Count
    {
        get
        {
            long count = 0;
            foreach (ref readonly var page in new ReadOnlySpan<DirectoryPage>(_block + HeaderWords, (int)_block[3])) count += page.Elements;
            return count;
        }
    }

    /// <summary>Bytes of a node's packed list.</summary>
    public int LengthOf(int node) => ListNode.Total(NodeAt(node));

    /// <summary>A node's packed list.</summary>
    /// <param name="scratch">For that of a compressed node; as long as <see cref="LengthOf"/> says.</param>
    public PackedList Node(int i, Span<byte> scratch) => PackedList.Of(ListPackOf(i, scratch));

    /// <summary>As <see cref="Node"/>: the listpack that it is.</summary>
    public ReadOnlySpan<byte> ListPackOf(int i, Span<byte> scratch) =>
        MemoryMarshal.CreateReadOnlySpan(ref CompressedNode.Read(NodeAt(i), scratch), LengthOf(i));

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

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Uncompressed(int i)
    {
        Check.That(!ListNode.At(NodeAt(i))->IsCompressed);
        return ListPackOf(i, default);
    }

    /// <summary>The node has one element that is too large to have company.</summary>
    public bool IsPlain(int node) => ListNode.At(NodeAt(node))->IsPlain;

    /// <summary>
    /// Lets some nodes go, fewer if they must be freed, and after the last one the list itself. True when all are gone. Called on the command thread and between calls only.
    /// </summary>
    public bool ReleaseSome(int nodesMax, TableHost host)
    {
        var root = (ListRoot*)_block[0];
        var heldBy = root->Nodes.HeldBy;
        for (; _block[2] < _block[1] && nodesMax > 0; _block[2]++)
        {
            var i = (int)_block[2];
            var page = PageOf(ref i);
            var node = page->Node(i);
            var isDropped = ListNode.At(node)->IsDropped;
            if (isDropped) host.Allocator.Free(node, ListNode.Capacity(node), Purpose.Snapshot);
            else ListNode.At(node)->MarkReleased(heldBy);
            if (i == page->Length - 1) page->Release(host.Allocator, heldBy);
            nodesMax -= isDropped ? FreeCost : 1;
        }
        if (_block[2] < _block[1]) return false;
        root->Nodes.HeldBy = 0;
        host.Allocator.Free((byte*)_block, Bytes((int)_block[3]), Purpose.Snapshot);
        if (root->Hold.Release()) host.FreeLater((byte*)root, CollectionKinds.Rooted(ValueType.List, ValueEncoding.QuickList));
        return true;
    }

    private byte* NodeAt(int i)
    {
        Check.That((uint)i < (uint)NodeCount);
        return PageOf(ref i)->Node(i);
    }

    private DirectoryPage* PageOf(ref int i) => DirectoryPage.Of((DirectoryPage*)(_block + HeaderWords), (int)_block[3], NodeCount, ref i);

    private static nint Bytes(int pages) => HeaderWords * sizeof(ulong) + (nint)pages * DirectoryPage.Bytes;
}
