using System.Runtime.InteropServices;

namespace Carnelian;

/// <summary>
/// A block with a packed list, the unit of which lists consist.
/// <code>| capacity 4 | born 31, dropped 1 | packed list (see <see cref="ListPack"/>) … |</code>
/// Capacity is the block's size. Born is the number of the snapshot before which the node was made: a list that is held by a later
/// one shares its older nodes with it. Those are never changed; when the list has no more use for one, it is marked
/// as dropped and the snapshot frees it.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = HeaderBytes)]
internal unsafe struct ListNode
{
    public const int HeaderBytes = 8;
    private const uint DroppedBit = 1u << 31;

    public int Capacity;
    private uint _born;

    public readonly uint Born => _born & ~DroppedBit;

    public readonly bool IsDropped => (_born & DroppedBit) != 0;

    public void MarkDropped() => _born |= DroppedBit;

    /// <summary>No longer shared with this snapshot or an older one.</summary>
    public void MarkReleased(uint snapshot) => _born = snapshot;

    public static ListNode* At(byte* node) => (ListNode*)node;

    public static byte* List(byte* node) => node + HeaderBytes;

    /// <summary>Bytes of the packed list.</summary>
    public static int Total(byte* node) => ListPack.Total(node + HeaderBytes);

    public static int Count(byte* node) => ListPack.Count(node + HeaderBytes);

    /// <summary>An empty node with room for a packed list of <paramref name="total"/> bytes.</summary>
    public static byte* Allocate(BlockAllocator allocator, nint total, uint born)
    {
        var capacity = BlockAllocator.UsableSize(total + HeaderBytes);
        var node = allocator.Allocate(capacity, Purpose.Collections);
        *At(node) = new() { Capacity = checked((int)capacity), _born = born };
        ListPack.WriteHeader(List(node), ListPack.EmptyBytes, 0);
        return node;
    }

    /// <summary>The offset of an element in the packed list, or of the list's end. Begins at the nearer side.</summary>
    public static int OffsetOf(byte* node, int index)
    {
        var list = List(node);
        var count = ListPack.Count(list);
        if (index <= count / 2)
        {
            var at = list + ListPack.HeaderBytes;
            for (; index > 0; index--)
            {
                ListPack.Read(at, out var size);
                at += size;
            }
            return (int)(at - list);
        }
        else
        {
            var at = list + ListPack.Total(list) - 1;
            for (; index < count; index++) at -= ListPack.SizeBefore(at);
            return (int)(at - list);
        }
    }
}
