using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Carnelian;

/// <summary>What the entries of a table look like. Implemented by an empty struct, so that calls are resolved at compile time.</summary>
public unsafe interface IEntryLayout
{
    static abstract ReadOnlySpan<byte> KeyOf(byte* entry);
}

/// <summary>What all containers of one server share.</summary>
public sealed class TableHost(BlockAllocator allocator, HashSeed seed)
{
    private readonly Queue<(nint Root, ValueEncoding Encoding)> _discarded = new();

    public BlockAllocator Allocator { get; } = allocator;

    public HashSeed Seed { get; } = seed;

    /// <summary>The mark that new entries and fields bear: of the snapshot that goes on, or of the last one.</summary>
    public int Mark { get; set; }

    /// <summary>What new entries bear as their last use, or number of uses.</summary>
    public int Access { get; set; }

    /// <summary>Number of the snapshot that goes on, or of the last one.</summary>
    public uint SnapshotNumber { get; set; }

    /// <summary>Up to how many bytes of packed list a node of a list grows (list-max-listpack-size).</summary>
    public int ListNodeBytesMax { get; set; } = 8192;

    /// <summary>
    /// Blocks that values written next may keep when they lie in them, instead of being copied: those of a request with long values, the last of them
    /// first. Their owner offers them for one call; those that were taken are no longer here, and given. The bytes stay in any case.
    /// </summary>
    public List<OwnedBlock> Donors { get; } = [];

    /// <summary>False: tables that lose their entries keep their size (DEBUG DICT-RESIZING).</summary>
    public bool ShrinksTables { get; set; } = true;

    public ulong Hash(ReadOnlySpan<byte> key) => SipHash.Hash(key, Seed);

    /// <summary>Collections that wait to be freed.</summary>
    public int Discarded => _discarded.Count;

    /// <summary>Takes over a collection that nobody refers to any more, in O(1); views of it live on until the end of the call.</summary>
    internal unsafe void Discard(byte* root, ValueEncoding encoding) => _discarded.Enqueue(((nint)root, encoding));

    /// <summary>Frees a part of the collection that was discarded first, if there is one; true when that was the last of it. Between calls only.</summary>
    public unsafe bool DisposeSome()
    {
        const int NodesPerStep = 16;
        if (!_discarded.TryPeek(out var next)) return false;
        var root = (byte*)next.Root;
        var done = next.Encoding == ValueEncoding.HashTable ? new FieldTable(root, this).DisposeSome() : new NodeList(root, this).DisposeSome(NodesPerStep);
        if (done) _discarded.Dequeue();
        return done;
    }
}

/// <summary>Moves blocks out of sparse slabs and counts them.</summary>
internal unsafe struct BlockMover(BlockAllocator allocator)
{
    public int Moved { get; private set; }

    /// <summary>Blocks that lie well.</summary>
    public int Kept { get; private set; }

    /// <summary>Where the block is from now on.</summary>
    public byte* Move(byte* block, nint size, Purpose purpose)
    {
        if (!allocator.IsSparse(block, size))
        {
            Kept++;
            return block;
        }
        var copy = allocator.Allocate(size, purpose);
        Buffer.MemoryCopy(block, copy, size, size);
        allocator.Free(block, size, purpose);
        Moved++;
        return copy;
    }
}

/// <summary>
/// A hash table's root: a native block, so that a million small collections are no managed objects.
/// While a rehash goes on, <see cref="Main"/> is emptied into <see cref="Target"/>, in the order of the bucket numbers of the
/// smaller of the two: of an entry whose number there is below <see cref="RehashIndex"/> all is in the target, of any other nothing.
/// So a key has one bucket at any time.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct TableRoot
{
    internal BucketArray Main;
    internal BucketArray Target;
    internal long RehashIndex;

    /// <summary>While above zero no rehash step is taken and none begins: somebody walks the buckets by number.</summary>
    internal int Paused;

    /// <summary>Entries.</summary>
    public long Count;

    /// <summary>Entries that expire.</summary>
    public long Expiring;

    /// <summary>Buckets that continue another one.</summary>
    public long ChainedBuckets;

    public readonly bool IsRehashing => Target.Buckets != null;

    public readonly long Buckets => Main.Size + Target.Size;
}

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
}
