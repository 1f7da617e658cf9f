using System.Runtime.InteropServices;

namespace Carnelian;

/// <summary>How a node's block is filled.</summary>
[Flags]
internal enum NodeForm : ushort
{
    Packed = 0,

    /// <summary>See <see cref="CompressedNode"/>.</summary>
    Compressed = 1 << 14,

    /// <summary>It has one element, too large to have company.</summary>
    Plain = 1 << 15,
}

/// <summary>
/// A block with a packed list, the unit of which lists consist.
/// <code>| capacity in units of 8 bytes 14, compressed 1, plain 1 | born 31, dropped 1 | packed list (see <see cref="ListPack"/>), or compressed … |</code>
/// Six bytes, so that a node that was filled with short texts to the 8186 bytes that Redis' rule allows has a block of 8192.
/// Capacity is the block's size; 0, that of larger blocks, stands for what the contents need.
/// Born is the number of the snapshot before which the node was made: a list that is held by a later
/// one shares its older nodes with it. Those are never changed; when the list has no more use for one, it is marked
/// as dropped and the snapshot frees it.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 2, Size = HeaderBytes)]
internal unsafe struct ListNode
{
    public const int HeaderBytes = 6;
    private const uint DroppedBit = 1u << 31;
    private const int UnitsMax = (int)NodeForm.Compressed - 1, UnitBytes = 8;

    private ushort _units;
    private uint _born;

    public readonly uint Born => _born & ~DroppedBit;

    public readonly bool IsDropped => (_born & DroppedBit) != 0;

    public readonly NodeForm Form => (NodeForm)(_units & ~UnitsMax);

    public readonly bool IsPlain => (_units & (int)NodeForm.Plain) != 0;

    public readonly bool IsCompressed => (_units & (int)NodeForm.Compressed) != 0;

    public void MarkDropped() => _born |= DroppedBit;

    /// <summary>No longer shared with this snapshot or an older one.</summary>
    public void MarkReleased(uint snapshot) => _born = snapshot;

    public static ListNode* At(byte* node) => (ListNode*)node;

    /// <summary>The packed list, unless the node is compressed.</summary>
    public static byte* List(byte* node) => node + HeaderBytes;

    /// <summary>Bytes of the packed list. A compressed one tells them at the same place.</summary>
    public static int Total(byte* node) => ListPack.Total(in *List(node));

    /// <summary>Bytes of what is behind the header.</summary>
    public static int ContentBytes(byte* node) => At(node)->IsCompressed ? CompressedNode.Bytes(node) : Total(node);

    /// <summary>The header tells the block's size. Otherwise the contents do, whose length must stay as it is.</summary>
    public static bool KeepsCapacity(byte* node) => Units(node) != 0;

    private static int Units(byte* node) => At(node)->_units & UnitsMax;

    /// <summary>The block's size.</summary>
    public static nint Capacity(byte* node) => KeepsCapacity(node) ? (nint)Units(node) * UnitBytes : ExactCapacity(ContentBytes(node));

    public static nint ExactCapacity(nint bytes) => BlockAllocator.UsableSize(bytes + HeaderBytes);

    /// <summary>Whether the block serves a packed list of so many bytes.</summary>
    public static bool Holds(byte* node, int total) =>
        KeepsCapacity(node) ? total + HeaderBytes <= Capacity(node) : ExactCapacity(total) == Capacity(node);

    /// <summary>A node with room for contents of <paramref name="room"/> bytes; those of <paramref name="bytes"/> are the caller's to write.</summary>
    public static byte* Allocate(BlockAllocator allocator, int bytes, nint room, uint born, NodeForm form)
    {
        Check.That(sizeof(ListNode) == HeaderBytes);
        var capacity = ExactCapacity(Math.Max(room, bytes));
        if (capacity / UnitBytes > UnitsMax) capacity = ExactCapacity(bytes);
        var units = capacity / UnitBytes <= UnitsMax ? (int)(capacity / UnitBytes) : 0;
        var node = allocator.Allocate(capacity, Purpose.Collections);
        *At(node) = new() { _units = (ushort)(units | (int)form), _born = born };
        return node;
    }
}
