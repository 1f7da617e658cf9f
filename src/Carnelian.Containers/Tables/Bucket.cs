using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Carnelian;

/// <summary>
/// One cache line of a hash table.
/// <code>
/// | tags 7 × 8 | present 7 bits, chained 1 bit | slot 0 | … | slot 6 |
///   slot: | window of the hash 15 | expires 1 | address of the entry 48 |
/// </code>
/// A tag is the top byte of the hash, so that one comparison of eight bytes finds the candidates. The window holds 15 bits
/// of the hash; <see cref="BucketArray.WindowFirstBit"/> says which. It tells the new bucket when the table grows, without a look at the entry,
/// and with the tag it spares most looks at wrong entries, in large tables nearly all. When chained, slot 6 is the address of
/// the next bucket, whose slots continue this one's.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
internal unsafe struct Bucket
{
    public const int Bytes = 64, Slots = 7, LastSlot = 6;
    public const int WindowBits = 15;
    public const ulong ExpiresBit = 1UL << 48;
    private const ulong AddressMask = (1UL << 48) - 1;
    private const int WindowShift = 49;
    private const ulong WindowMask = ~0UL << WindowShift;
    private const ulong ChainedBit = 1UL << 63;

    private ulong _head;
    private fixed ulong _slots[Slots];

    public readonly bool IsChained => (_head & ChainedBit) != 0;

    public readonly bool IsEmpty => _head >> 56 == 0;

    /// <summary>Bit i is set when slot i holds an entry.</summary>
    public readonly uint Present => (uint)(_head >> 56) & 0x7f;

    public readonly uint Free => ~(uint)(_head >> 56) & (IsChained ? 0x3fu : 0x7fu);

    public readonly Bucket* Next => IsChained ? (Bucket*)_slots[LastSlot] : null;

    public static byte TagOf(ulong hash) => (byte)(hash >> 56);

    /// <summary>What a slot keeps of a hash, in place.</summary>
    private static ulong WindowOf(ulong hash, int firstBit) => hash >> firstBit << WindowShift;

    public static ulong MakeSlot(byte* entry, ulong hash, int firstBit, bool expires) =>
        (ulong)entry | WindowOf(hash, firstBit) | (expires ? ExpiresBit : 0);

    /// <summary>The slot of an entry that comes to an array with another window.</summary>
    public static ulong WithWindow(ulong slot, ulong hash, int firstBit) => (slot & ~WindowMask) | WindowOf(hash, firstBit);

    /// <summary>The slot of an entry that takes the place of one with the same key.</summary>
    public static ulong WithEntry(ulong slot, byte* entry, bool expires) => (slot & WindowMask) | (ulong)entry | (expires ? ExpiresBit : 0);

    /// <summary>The slot of an entry that lies at another address now.</summary>
    public static ulong Moved(ulong slot, byte* entry) => (slot & ~AddressMask) | (ulong)entry;

    public static byte* EntryOf(ulong slot) => (byte*)(slot & AddressMask);

    public static bool ExpiresOf(ulong slot) => (slot & ExpiresBit) != 0;

    public static bool SameWindow(ulong slot, ulong hash, int firstBit) => ((slot ^ WindowOf(hash, firstBit)) >> WindowShift) == 0;

    /// <summary>A bit of the window, counted from its first.</summary>
    public static uint WindowBit(ulong slot, int bit) => (uint)(slot >> (WindowShift + bit)) & 1;

    /// <summary>The present slots whose tag is this one, as bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly uint Matches(byte tag)
    {
        var head = Vector128.CreateScalar(_head).AsByte();
        return Vector128.Equals(head, Vector128.Create(tag)).ExtractMostSignificantBits() & Present;
    }

    public ulong this[int i]
    {
        readonly get => _slots[i];
        set => _slots[i] = value;
    }

    public readonly byte Tag(int i) => (byte)(_head >> (8 * i));

    public void Put(int i, byte tag, ulong slot)
    {
        _slots[i] = slot;
        _head = (_head & ~(0xffUL << (8 * i))) | ((ulong)tag << (8 * i)) | (1UL << (56 + i));
    }

    public void Clear(int i)
    {
        _slots[i] = 0;
        _head &= ~((0xffUL << (8 * i)) | (1UL << (56 + i)));
    }

    public void Chain(Bucket* next)
    {
        Clear(LastSlot);
        _slots[LastSlot] = (ulong)next;
        _head |= ChainedBit;
    }

    public void Unchain()
    {
        _head &= ~ChainedBit;
        _slots[LastSlot] = 0;
    }

    public readonly int Count => BitOperations.PopCount(Present);
}
