using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Carnelian;

/// <summary>2^Bits buckets, and for each group of <see cref="GroupBuckets"/> how many of its entries expire.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct BucketArray
{
    public const int GroupShift = 6, GroupBuckets = 1 << GroupShift;

    public Bucket* Buckets;

    /// <summary>One count per group; null until the first entry that expires.</summary>
    public uint* Expiring;

    public int Bits;

    public readonly long Size => Buckets == null ? 0 : 1L << Bits;

    public readonly ulong Mask => (1UL << Bits) - 1;

    public readonly long Groups => ((1L << Bits) + GroupBuckets - 1) >> GroupShift;

    public readonly nint BucketBytes => (nint)Bucket.Bytes << Bits;

    public readonly nint GroupBytes => (nint)(Groups * sizeof(uint));

    /// <summary>Memory that the buckets take.</summary>
    public readonly long UsedBucketBytes => Buckets == null ? 0 : (long)BlockAllocator.UsableSize(BucketBytes);

    /// <summary>Memory that the groups' counts take.</summary>
    public readonly long UsedGroupBytes => Expiring == null ? 0 : (long)BlockAllocator.UsableSize(GroupBytes);

    public static BucketArray Allocate(BlockAllocator allocator, int bits)
    {
        var array = new BucketArray { Bits = bits };
        array.Buckets = (Bucket*)allocator.AllocateZeroed(array.BucketBytes, Purpose.Tables);
        return array;
    }

    public void Free(BlockAllocator allocator)
    {
        allocator.Free((byte*)Buckets, BucketBytes, Purpose.Tables);
        if (Expiring != null) allocator.Free((byte*)Expiring, GroupBytes, Purpose.Tables);
        this = default;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void CountExpiring(BlockAllocator allocator, long bucket, int change)
    {
        if (Expiring == null) Expiring = (uint*)allocator.AllocateZeroed(GroupBytes, Purpose.Tables);
        Expiring[bucket >> GroupShift] += (uint)change;
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
