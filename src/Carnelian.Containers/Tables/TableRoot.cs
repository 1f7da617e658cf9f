using System.Runtime.InteropServices;

namespace Carnelian;

/// <summary>
/// A hash table's root: a native block, so that a million small collections are no managed objects.
/// While a rehash goes on, <see cref="Main"/> is emptied into <see cref="Target"/>, in the order of the bucket numbers of the
/// smaller of the two: entries whose number there is below <see cref="RehashIndex"/> are all in the target, the others all in the main array.
/// So a key has one bucket at any time. A large table grows only as far as its entries need: such a rehash may go on for as long as the table lives, and what
/// it has not come to in the target, or has left in the main array, takes no memory.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct TableRoot
{
    /// <summary>Tables of fewer buckets double in one go: their memory comes in a few pages.</summary>
    public const int GradualSizeMin = 16384;

    /// <summary>Buckets whose memory comes and goes together: 64 KiB or, where the array has huge pages, one of these.</summary>
    private const int RunBuckets = 1024, HugeRunBuckets = (2 << 20) / Bucket.Bytes;

    public BucketArray Main;
    public BucketArray Target;
    public long RehashIndex;

    /// <summary>Entries.</summary>
    public long Count;

    /// <summary>Entries whose slots say that something in them is due at some time.</summary>
    public long Due;

    /// <summary>Counted by whoever uses the table for keys: keys that expire, and keys in which something else expires.</summary>
    public long Expiring, FieldsExpiring;

    /// <summary>Buckets that continue another one.</summary>
    public long ChainedBuckets;

    public readonly bool IsRehashing => Target.Buckets != null;

    public readonly bool Grows => Target.Size > Main.Size;

    public readonly bool GrowsGradually => Grows && Main.Size >= GradualSizeMin;

    public readonly bool HasHugeRuns => Math.Max(Main.BucketBytes, Target.BucketBytes) >= BlockAllocator.HugePagesFrom;

    /// <summary>Buckets of the smaller array that a rehash empties, or begins to fill, together.</summary>
    public readonly long Run => HasHugeRuns ? HugeRunBuckets : RunBuckets;

    public readonly long Buckets => Main.Size + Target.Size;

    /// <summary>Memory of the buckets, those that continue others too.</summary>
    public readonly long BucketBytes => Main.UsedBucketBytes + Target.UsedBucketBytes + ChainedBuckets * Bucket.Bytes - AbsentBytes;

    /// <summary>Memory of the arrays that a gradual growth has given back, or has not come to.</summary>
    public readonly long AbsentBytes
    {
        get
        {
            if (!GrowsGradually) return 0;
            var emptied = RehashIndex & -Run;
            var begun = Math.Min(Main.Size, emptied + Run);
            return (emptied + 2 * (Main.Size - begun)) * Bucket.Bytes;
        }
    }

    /// <summary>Memory of the times at which groups of buckets are due.</summary>
    public readonly long DueBytes => Main.UsedDueBytes + Target.UsedDueBytes;

    /// <summary>How the entries lie: of the table, and while a rehash goes on of its target too.</summary>
    public readonly TableShape[] Measure() => IsRehashing ? [Main.Measure(), Target.Measure()] : [Main.Measure()];

    /// <summary>Frees the buckets that continue this one.</summary>
    public void FreeChain(Bucket* bucket, BlockAllocator allocator)
    {
        for (var next = bucket->Next; next != null;)
        {
            var after = next->Next;
            FreeChained(next, allocator);
            next = after;
        }
    }

    public void FreeChained(Bucket* bucket, BlockAllocator allocator)
    {
        allocator.Free((byte*)bucket, Bucket.Bytes, Purpose.Tables);
        ChainedBuckets--;
    }
}
