using System.Runtime.InteropServices;

namespace Carnelian;

/// <summary>A child of an inner node.</summary>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
internal unsafe struct IdChild
{
    public const int Bytes = StreamId.Bytes + 8;

    /// <summary>
    /// No ID under the child is less, and none under the children before it is as great. Of the first child it means nothing: under that one is
    /// all that is less than the second's.
    /// </summary>
    public StreamId From;
    public IdNode* Node;
}

/// <summary>
/// A node of an <see cref="IdTree"/>, of either kind.
/// <code>
/// leaf:  | count 2 | capacity 2 | born 31, dropped 1 | ID 16 | value 0, 8 or 24 | …
/// inner: | count 2 | capacity 2 | born 31, dropped 1 | from 16 | node 8 | …
/// </code>
/// It grows by doubling, up to 1 KiB. Leaves are level 0. Born is the number of the snapshot before which the node was made: a tree that is held by a later one shares its older nodes with it.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = HeaderBytes)]
internal unsafe struct IdNode
{
    public const int HeaderBytes = 8, BytesMax = 1024;
    private const uint DroppedBit = 1u << 31;

    private ushort _count, _capacity;
    private uint _born;

    public int Count
    {
        readonly get => _count;
        set => _count = (ushort)value;
    }

    /// <summary>Elements for which there is room.</summary>
    public readonly int Capacity => _capacity;

    public readonly uint Born => _born & ~DroppedBit;

    public readonly bool IsDropped => (_born & DroppedBit) != 0;

    public void MarkDropped() => _born |= DroppedBit;

    /// <summary>No longer shared with this snapshot or an older one.</summary>
    public void MarkReleased(uint snapshot) => _born = snapshot;

    public static IdNode* Allocate(BlockAllocator allocator, int capacity, int elementBytes, uint born)
    {
        var node = (IdNode*)allocator.Allocate(Bytes(capacity, elementBytes), Purpose.Collections);
        *node = new() { _capacity = checked((ushort)capacity), _born = born };
        return node;
    }

    public static nint Bytes(int capacity, int elementBytes) => BlockAllocator.UsableSize(HeaderBytes + (nint)capacity * elementBytes);

    /// <summary>Elements of the largest node.</summary>
    public static int CapacityMax(int elementBytes) => (BytesMax - HeaderBytes) / elementBytes;

    // ---- elements, whatever they are: each begins with an ID

    public static IdChild* Children(IdNode* node) => (IdChild*)((byte*)node + HeaderBytes);

    public static byte* Element(IdNode* node, int index, int elementBytes) => (byte*)node + HeaderBytes + index * elementBytes;

    public static ref StreamId Id(IdNode* node, int index, int elementBytes) => ref *(StreamId*)Element(node, index, elementBytes);

    /// <summary>How many elements are not greater than an ID. Most that is looked for is near the end.</summary>
    public static int CountUpTo(IdNode* node, StreamId id, int elementBytes)
    {
        int from = 0, end = node->Count;
        if (end > 0 && Id(node, end - 1, elementBytes) <= id) return end;
        while (from < end)
        {
            var middle = (from + end) >>> 1;
            if (Id(node, middle, elementBytes) <= id) from = middle + 1;
            else end = middle;
        }
        return from;
    }

    /// <summary>Makes a place for an ID in a node that has room; what stands behind the ID is the caller's to write.</summary>
    public static byte* Insert(IdNode* node, int index, StreamId id, int elementBytes)
    {
        Check.That(node->_count < node->_capacity && (uint)index <= node->_count);
        var place = Element(node, index, elementBytes);
        Copy(place, place + elementBytes, node->Count - index, elementBytes);
        node->_count++;
        *(StreamId*)place = id;
        return place;
    }

    public static void Remove(IdNode* node, int index, int elementBytes)
    {
        Check.That((uint)index < node->_count);
        node->_count--;
        var place = Element(node, index, elementBytes);
        Copy(place + elementBytes, place, node->Count - index, elementBytes);
    }

    /// <summary>Appends elements of another node, which keeps them.</summary>
    public static void Append(IdNode* node, IdNode* other, int index, int elementBytes)
    {
        var count = other->Count - index;
        Check.That(count >= 0 && node->_count + count <= node->_capacity);
        Copy(Element(other, index, elementBytes), Element(node, node->Count, elementBytes), count, elementBytes);
        node->Count += count;
    }

    private static void Copy(byte* from, byte* to, int elements, int elementBytes) => Buffer.MemoryCopy(from, to, elements * elementBytes, elements * elementBytes);
}

/// <summary>A way from the top of a tree: a node, and which of its elements the way goes through.</summary>
internal unsafe struct IdStep
{
    public IdNode* Node;
    public int Index;
}
