using System.Runtime.Intrinsics;

namespace Carnelian;

/// <summary>
/// A list's nodes in order: an array with room at both ends, whose slots tell the number of elements, so that finding the n-th
/// element of a list sums up counts that lie side by side instead of walking from node to node.
/// <code>slot: | elements 16 | address of the node 48 |</code>
/// </summary>
internal unsafe struct NodeDirectory
{
    private const int CountShift = 48;

    /// <summary>Enough for one node and room at both ends.</summary>
    private const int SlotsMin = 4;

    private const ulong AddressMask = (1UL << CountShift) - 1;

    private ulong* _slots;
    private int _capacity;
    private int _first;

    /// <summary>Nodes.</summary>
    public int Length { get; private set; }

    public readonly long MemoryBytes => _slots == null ? 0 : (long)BlockAllocator.UsableSize(Bytes(_capacity));

    public readonly ulong* Slots => _slots + _first;

    public static ulong MakeSlot(byte* node, int count) => (ulong)node | (ulong)count << CountShift;

    public static byte* NodeOf(ulong slot) => (byte*)(slot & AddressMask);

    public static int CountOf(ulong slot) => (int)(slot >> CountShift);

    public readonly byte* Node(int i) => NodeOf(Slots[i]);

    public readonly void Set(int i, byte* node, int count) => Slots[i] = MakeSlot(node, count);

    /// <summary>
    /// Finds the node that has the element <paramref name="index"/>, and turns the index into that within the node. Begins at the nearer end.
    /// </summary>
    /// <param name="total">Elements of all nodes.</param>
    public readonly int Find(ref long index, long total) => index <= total / 2 ? FindForward(ref index) : FindBackward(ref index, total);

    private readonly int FindForward(ref long index)
    {
        var slots = Slots;
        var i = 0;
        for (; i + 8 <= Length; i += 8)
        {
            var sum = (long)Vector256.Sum((Vector256.Load(slots + i) >> CountShift) + (Vector256.Load(slots + i + 4) >> CountShift));
            if (index < sum) break;
            index -= sum;
        }
        for (; index >= CountOf(slots[i]); i++) index -= CountOf(slots[i]);
        return i;
    }

    private readonly int FindBackward(ref long index, long total)
    {
        var slots = Slots;
        var i = Length;
        for (; i >= 8; i -= 8)
        {
            var sum = (long)Vector256.Sum((Vector256.Load(slots + i - 8) >> CountShift) + (Vector256.Load(slots + i - 4) >> CountShift));
            if (index >= total - sum) break;
            total -= sum;
        }
        do total -= CountOf(slots[--i]);
        while (index < total);
        index -= total;
        return i;
    }

    /// <summary>Moves the shorter side by one slot.</summary>
    public void Insert(BlockAllocator allocator, int i, byte* node, int count)
    {
        var inFirstHalf = i < Length / 2;
        if (inFirstHalf ? _first == 0 : _first + Length == _capacity) Resize(allocator, checked(Length * 2));
        var slots = Slots;
        if (inFirstHalf)
        {
            _first--;
            Copy(slots, slots - 1, i);
        }
        else
        {
            Copy(slots + i, slots + i + 1, Length - i);
        }
        Length++;
        Set(i, node, count);
    }

    public void Remove(BlockAllocator allocator, int i, int count = 1)
    {
        var slots = Slots;
        var behind = Length - i - count;
        if (i < behind)
        {
            Copy(slots, slots + count, i);
            _first += count;
        }
        else
        {
            Copy(slots + i + count, slots + i, behind);
        }
        Length -= count;
        if (_capacity > SlotsMin * 2 && Length < _capacity / 4) Resize(allocator, Length * 2);
    }

    public void Free(BlockAllocator allocator)
    {
        if (_slots != null) allocator.Free((byte*)_slots, Bytes(_capacity), Purpose.Collections);
        this = default;
    }

    /// <summary>The slots come to lie in the middle. Only this structure ever sees the old block, so it is freed at once.</summary>
    private void Resize(BlockAllocator allocator, int capacity)
    {
        capacity = Math.Max(capacity, SlotsMin);
        var slots = (ulong*)allocator.Allocate(Bytes(capacity), Purpose.Collections);
        var first = (capacity - Length) / 2;
        if (_slots != null)
        {
            Copy(Slots, slots + first, Length);
            allocator.Free((byte*)_slots, Bytes(_capacity), Purpose.Collections);
        }
        _slots = slots;
        _capacity = capacity;
        _first = first;
    }

    private static nint Bytes(int slots) => (nint)slots * sizeof(ulong);

    private static void Copy(ulong* from, ulong* to, int slots) => Buffer.MemoryCopy(from, to, Bytes(slots), Bytes(slots));
}
