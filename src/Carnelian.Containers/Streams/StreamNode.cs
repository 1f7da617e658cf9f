using System.Runtime.InteropServices;

namespace Carnelian;

/// <summary>
/// A block with packed entries, the unit of which streams consist.
/// <code>| capacity 4 | born 31, dropped 1 | packed entries, see <see cref="StreamPack"/> … |</code>
/// Capacity is the block's size. Born is the number of the snapshot before which the node was made, as a <see cref="ListNode"/>'s: a stream that is held by
/// a later one shares its older nodes with it and never changes them; one that the stream has no more use for is marked as dropped, and the snapshot frees it.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = HeaderBytes)]
internal unsafe struct StreamNode
{
    public const int HeaderBytes = 8;
    private const uint DroppedBit = 1u << 31;

    private uint _capacity;
    private uint _born;

    public readonly uint Born => _born & ~DroppedBit;

    public readonly bool IsDropped => (_born & DroppedBit) != 0;

    public void MarkDropped() => _born |= DroppedBit;

    /// <summary>No longer shared with this snapshot or an older one.</summary>
    public void MarkReleased(uint snapshot) => _born = snapshot;

    public static StreamNode* At(byte* node) => (StreamNode*)node;

    /// <summary>The packed entries.</summary>
    public static byte* List(byte* node) => node + HeaderBytes;

    /// <summary>Bytes of the packed entries.</summary>
    public static int Total(byte* node) => ListPack.Total(in *List(node));

    /// <summary>The block's size.</summary>
    public static nint Capacity(byte* node) => (nint)At(node)->_capacity;

    public static nint ExactCapacity(nint bytes) => BlockAllocator.UsableSize(bytes + HeaderBytes);

    /// <summary>Bytes that the packed entries may grow by in place.</summary>
    public static nint Room(byte* node) => Capacity(node) - HeaderBytes - Total(node);

    /// <summary>A node with room for so many bytes, which are the caller's to write.</summary>
    public static byte* Allocate(BlockAllocator allocator, nint bytes, uint born)
    {
        Check.That(sizeof(StreamNode) == HeaderBytes);
        var capacity = ExactCapacity(bytes);
        var node = allocator.Allocate(capacity, Purpose.Collections);
        *At(node) = new() { _capacity = checked((uint)capacity), _born = born };
        return node;
    }
}
