using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Carnelian;

/// <summary>
/// A part of a <see cref="NodeDirectory"/>: the slots of neighbouring nodes in a block of their own, with room at both ends. A page that a snapshot shares, because it is
/// older than the snapshot, is never changed: the list goes on with a copy, and the snapshot frees the block that the list has dropped.
/// <code>
/// page:  | address of the block 8 | nodes 2 | first slot in use 2 | capacity 2 | spare 2 | elements 4 | spare 4 |
/// block: | born 31, dropped 1 | spare 32 | slot 8 … |
/// slot:  | elements 16 | address of the node 48 |
/// </code>
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
internal unsafe struct DirectoryPage
{
    public const int Bytes = 24;

    /// <summary>With the block's header 32 KiB. What is done to a page moves or copies no more than that.</summary>
    public const int SlotsMax = 4095;

    /// <summary>Enough for one node and room at both ends.</summary>
    private const int SlotsMin = 3;

    private const int CountShift = 48;
    private const ulong AddressMask = (1UL << CountShift) - 1;
    private const uint DroppedBit = 1u << 31;

    private ulong* _block;
    private ushort _length, _first, _capacity;

    /// <summary>Elements of all nodes.</summary>
    public int Elements { get; private set; }

    /// <summary>Nodes.</summary>
    public readonly int Length => _length;

    public readonly bool IsFull => _length == SlotsMax;

    public readonly nint BlockBytes => BlockAllocator.UsableSize(BytesOf(_capacity));

    /// <param name="heldBy">Number of the snapshot that holds the list, or 0, here and below.</param>
    public static DirectoryPage Make(BlockAllocator allocator, uint heldBy)
    {
        Check.That(sizeof(DirectoryPage) == Bytes);
        return new() { _block = Allocate(allocator, SlotsMin, heldBy), _capacity = SlotsMin };
    }

    /// <summary>The page of the node <paramref name="n"/>, which becomes its number within the page. Begins at the nearer end.</summary>
    public static DirectoryPage* Of(DirectoryPage* pages, int count, int nodes, ref int n)
    {
        if (n < nodes / 2)
        {
            for (; n >= pages->Length; pages++) n -= pages->Length;
            return pages;
        }
        for (pages += count - 1; n < nodes - pages->Length; pages--) nodes -= pages->Length;
        n -= nodes - pages->Length;
        return pages;
    }

    /// <summary>The node, and how many elements it has.</summary>
    public readonly byte* Node(int i, out int count)
    {
        var slot = Slots[i];
        count = (int)(slot >> CountShift);
        return (byte*)(slot & AddressMask);
    }

    public readonly byte* Node(int i) => Node(i, out _);

    public readonly int CountOf(int i) => (int)(Slots[i] >> CountShift);

    private readonly ulong* Slots => _block + 1 + _first;

    // ---- changing

    public void Set(BlockAllocator allocator, int i, byte* node, int count, uint heldBy)
    {
        Own(allocator, heldBy);
        Put(i, node, count);
    }

    private void Put(int i, byte* node, int count)
    {
        Elements += count - CountOf(i);
        Slots[i] = (ulong)node | (ulong)count << CountShift;
    }

    /// <summary>Moves the shorter side by one slot. The page is not full.</summary>
    public void Insert(BlockAllocator allocator, int i, byte* node, int count, uint heldBy)
    {
        Own(allocator, heldBy);
        var inFirstHalf = i < _length / 2;
        if (inFirstHalf ? _first == 0 : _first + _length == _capacity) Resize(allocator, _length * 2 + 1, inFirstHalf, heldBy);
        var slots = Slots;
        if (inFirstHalf)
        {
            _first--;
            Copy(slots, slots - 1, i);
        }
        else
        {
            Copy(slots + i, slots + i + 1, _length - i);
        }
        _length++;
        Slots[i] = 0;
        Put(i, node, count);
    }

    /// <summary>Takes some nodes out; one is left at least.</summary>
    public void Remove(BlockAllocator allocator, int i, int count, uint heldBy)
    {
        Own(allocator, heldBy);
        Elements -= Sum(i, count);
        var slots = Slots;
        var behind = _length - i - count;
        if (i < behind)
        {
            Copy(slots, slots + count, i);
            _first += (ushort)count;
        }
        else
        {
            Copy(slots + i + count, slots + i, behind);
        }
        _length -= (ushort)count;
        if (_capacity > SlotsMin * 2 && _length < _capacity / 4) Resize(allocator, _length * 2, atFront: false, heldBy);
    }

    /// <summary>Appends some nodes of another page; there is room for them in a page.</summary>
    public void Append(BlockAllocator allocator, in DirectoryPage other, int i, uint heldBy)
    {
        Own(allocator, heldBy);
        var count = other._length - i;
        if (_first + _length + count > _capacity) Renew(allocator, Math.Max(_length + count, SlotsMin), 0, heldBy);
        Copy(other.Slots + i, Slots + _length, count);
        Elements += other.Sum(i, count);
        _length += (ushort)count;
    }

    /// <summary>Half of the room comes to lie at either end; a single slot at the front if it is needed there.</summary>
    private void Resize(BlockAllocator allocator, int capacity, bool atFront, uint heldBy)
    {
        capacity = Math.Clamp(capacity, SlotsMin, SlotsMax);
        Renew(allocator, capacity, (capacity - _length + (atFront ? 1 : 0)) / 2, heldBy);
    }

    /// <summary>Puts the slots into a new block.</summary>
    private void Renew(BlockAllocator allocator, int capacity, int first, uint heldBy)
    {
        Check.That(first + _length <= capacity && capacity <= SlotsMax);
        var block = Allocate(allocator, capacity, heldBy);
        Copy(Slots, block + 1 + first, _length);
        GiveUp(allocator, heldBy);
        _block = block;
        _first = (ushort)first;
        _capacity = (ushort)capacity;
    }

    private readonly int Sum(int i, int count)
    {
        var sum = 0;
        for (var end = i + count; i < end; i++) sum += CountOf(i);
        return sum;
    }

    // ---- sharing

    /// <summary>Makes the page one that the list may change, if the snapshot of this number shares it.</summary>
    private void Own(BlockAllocator allocator, uint heldBy)
    {
        if (IsShared(heldBy)) Renew(allocator, _capacity, _first, heldBy);
    }

    private readonly bool IsShared(uint heldBy) => heldBy != 0 && (*(uint*)_block & ~DroppedBit) < heldBy;

    /// <summary>Frees the block, or leaves it to the snapshot that shares it. Only the directory ever sees it, so that it need not be retired.</summary>
    public readonly void GiveUp(BlockAllocator allocator, uint heldBy)
    {
        if (!IsShared(heldBy))
        {
            allocator.Free((byte*)_block, BytesOf(_capacity), Purpose.Collections);
            return;
        }
        *(uint*)_block |= DroppedBit;
        allocator.Transfer(BytesOf(_capacity), Purpose.Collections, Purpose.Snapshot);
    }

    /// <summary>The snapshot lets go of the page, its own copy of which this is.</summary>
    public readonly void Release(BlockAllocator allocator, uint heldBy)
    {
        if ((*(uint*)_block & DroppedBit) != 0) allocator.Free((byte*)_block, BytesOf(_capacity), Purpose.Snapshot);
        else *(uint*)_block = heldBy;
    }

    // ---- finding

    /// <summary>Finds the node that has the element <paramref name="index"/> of the page, and turns the index into that within the node. Begins at the nearer end.</summary>
    public readonly int Find(ref int index) => index <= Elements / 2 ? FindForward(ref index) : FindBackward(ref index);

    private readonly int FindForward(ref int index)
    {
        var slots = Slots;
        var i = 0;
        for (; i + 8 <= _length; i += 8)
        {
            var sum = (int)Vector256.Sum((Vector256.Load(slots + i) >> CountShift) + (Vector256.Load(slots + i + 4) >> CountShift));
            if (index < sum) break;
            index -= sum;
        }
        for (; index >= CountOf(i); i++) index -= CountOf(i);
        return i;
    }

    private readonly int FindBackward(ref int index)
    {
        var slots = Slots;
        var total = Elements;
        int i = _length;
        for (; i >= 8; i -= 8)
        {
            var sum = (int)Vector256.Sum((Vector256.Load(slots + i - 8) >> CountShift) + (Vector256.Load(slots + i - 4) >> CountShift));
            if (index >= total - sum) break;
            total -= sum;
        }
        do total -= CountOf(--i);
        while (index < total);
        index -= total;
        return i;
    }

    // ---- memory

    private static ulong* Allocate(BlockAllocator allocator, int capacity, uint born)
    {
        var block = (ulong*)allocator.Allocate(BytesOf(capacity), Purpose.Collections);
        *block = born;
        return block;
    }

    private static nint BytesOf(int slots) => (nint)(slots + 1) * sizeof(ulong);

    private static void Copy(ulong* from, ulong* to, int slots) => Buffer.MemoryCopy(from, to, (nint)slots * sizeof(ulong), (nint)slots * sizeof(ulong));
}
