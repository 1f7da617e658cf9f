using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Carnelian;

/// <summary>2^Bits buckets, and for each group of <see cref="GroupBuckets"/> when something in it is due at the earliest.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct BucketArray
{
    public const int GroupShift = 3, GroupBuckets = 1 << GroupShift;

    /// <summary>
    /// Arrays of fewer buckets keep bits 0 to 14 of the hashes, larger ones bits 16 to 30. So the bit that growing needs is in the window, except when the
    /// table reaches this size: then, once, every key is hashed again.
    /// </summary>
    public const int HighWindowBits = 16;

    public Bucket* Buckets;

    /// <summary>One time per group; none until the first entry that expires.</summary>
    public DueTimes Due;

    public int Bits;

    /// <summary>Where the part of a hash begins that slots keep.</summary>
    public int WindowFirstBit;

    public readonly long Size => Buckets == null ? 0 : 1L << Bits;

    public readonly ulong Mask => (1UL << Bits) - 1;

    public readonly long Groups => ((1L << Bits) + GroupBuckets - 1) >> GroupShift;

    public readonly nint BucketBytes => (nint)Bucket.Bytes << Bits;

    /// <summary>Memory that the buckets take.</summary>
    public readonly long UsedBucketBytes => Buckets == null ? 0 : (long)BlockAllocator.UsableSize(BucketBytes);

    /// <summary>Memory that the groups' times take.</summary>
    public readonly long UsedDueBytes => Due.UsedBytes(Groups);

    public static BucketArray Allocate(BlockAllocator allocator, int bits)
    {
        var array = new BucketArray { Bits = bits, WindowFirstBit = bits < HighWindowBits ? 0 : HighWindowBits };
        array.Buckets = (Bucket*)allocator.AllocateZeroed(array.BucketBytes, Purpose.Tables);
        return array;
    }

    public void Free(BlockAllocator allocator)
    {
        allocator.Free((byte*)Buckets, BucketBytes, Purpose.Tables);
        Due.Free(allocator, Groups);
        this = default;
    }

    /// <summary>Something in this bucket is due then.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void NoteDue(BlockAllocator allocator, long bucket, long dueMs)
    {
        if (Due.IsNone) Due = DueTimes.Allocate(allocator, Groups);
        Due.Lower(bucket >> GroupShift, dueMs);
    }

    public readonly TableShape Measure()
    {
        var shape = new TableShape { Buckets = Size };
        for (long number = 0; number < Size; number++)
        {
            var entries = 0;
            for (var bucket = Buckets + number; bucket != null; bucket = bucket->Next) entries += bucket->Count;
            shape.Add(entries);
        }
        return shape;
    }
}
