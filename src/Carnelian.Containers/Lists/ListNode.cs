using System.Runtime.InteropServices;

namespace Carnelian;

/// <summary>
/// A block with a packed list, the unit of which lists consist.
/// <code>| capacity in units of 8 bytes 15, plain 1 | born 31, dropped 1 | packed list (see <see cref="ListPack"/>) … |</code>
/// Six bytes, so that a node that was filled with short texts to the 8186 bytes that Redis' rule allows has a block of 8192.
/// Capacity is the block's size; 0, that of larger blocks, stands for what the packed list needs. A plain node has one element, too large to have company.
/// Born is the number of the snapshot before which the node was made: a list that is held by a later
/// one shares its older nodes with it. Those are never changed; when the list has no more use for one, it is marked
/// as dropped and the snapshot frees it.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 2, Size = HeaderBytes)]
internal unsafe struct ListNode
{
    public const int HeaderBytes = 6;
    private const uint DroppedBit = 1u << 31;
    private const ushort PlainBit = 1 << 15;
    private const int UnitBytes = 8;

    private ushort _units;
    private uint _born;

    public readonly uint Born => _born & ~DroppedBit;

    public readonly bool IsDropped => (_born & DroppedBit) != 0;

    public readonly bool IsPlain => (_units & PlainBit) != 0;

    public void MarkDropped() => _born |= DroppedBit;

    /// <summary>No longer shared with this snapshot or an older one.</summary>
    public void MarkReleased(uint snapshot) => _born = snapshot;

    public static ListNode* At(byte* node) => (ListNode*)node;

    public static byte* List(byte* node) => node + HeaderBytes;

    /// <summary>Bytes of the packed list.</summary>
    public static int Total(byte* node) => ListPack.Total(in *List(node));

    /// <summary>The header tells the block's size. Otherwise the packed list does, whose length must stay as it is.</summary>
    public static bool KeepsCapacity(byte* node) => Units(node) != 0;

    private static int Units(byte* node) => At(node)->_units & ~PlainBit;

    /// <summary>The block's size.</summary>
    public static nint Capacity(byte* node) => KeepsCapacity(node) ? (nint)Units(node) * UnitBytes : ExactCapacity(Total(node));

    public static nint ExactCapacity(nint total) => BlockAllocator.UsableSize(total + HeaderBytes);

    /// <summary>Whether the block serves a packed list of so many bytes.</summary>
    public static bool Holds(byte* node, int total) =>
        KeepsCapacity(node) ? total + HeaderBytes <= Capacity(node) : ExactCapacity(total) == Capacity(node);

    /// <summary>A node with room for a packed list of <paramref name="room"/> bytes; its list of <paramref name="total"/> is the caller's to write.</summary>
    public static byte* Allocate(BlockAllocator allocator, int total, nint room, uint born, bool plain)
    {
        Check.That(sizeof(ListNode) == HeaderBytes);
        var capacity = ExactCapacity(Math.Max(room, total));
        if (capacity / UnitBytes >= PlainBit) capacity = ExactCapacity(total);
        var units = capacity / UnitBytes < PlainBit ? (int)(capacity / UnitBytes) : 0;
        var node = allocator.Allocate(capacity, Purpose.Collections);
        *At(node) = new() { _units = (ushort)(units | (plain ? PlainBit : 0)), _born = born };
        return node;
    }
}
