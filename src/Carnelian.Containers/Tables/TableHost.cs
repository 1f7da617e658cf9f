namespace Carnelian;

/// <summary>What all containers of one server share.</summary>
public sealed class TableHost(BlockAllocator allocator, HashSeed seed)
{
    private readonly Queue<(nint Root, IFreedLater Kind, long Bytes, bool IsObject)> _pendingFrees = new();
    private PendingMemory _pendingMemory;
    private LzfTable? _lzfTable;

    public BlockAllocator Allocator { get; } = allocator;

    public HashSeed Seed { get; } = seed;

    /// <summary>Mark of new entries and fields: that of the snapshot in progress, or of the last one.</summary>
    public int Mark { get; set; }

    /// <summary>Access bits of new entries: when or how often they were used.</summary>
    public int Access { get; set; }

    /// <summary>Number of the snapshot in progress, or of the last one.</summary>
    public uint SnapshotNumber { get; set; }

    /// <summary>To what a node of a list grows, and up to where a list is one packed list (list-max-listpack-size).</summary>
    public NodeLimit ListLimit { get; set; } = NodeLimit.Of(-2);

    /// <summary>So many nodes at either end of a list made from now on are not compressed; 0: none is (list-compress-depth).</summary>
    public int ListCompressDepth { get; set; }

    internal LzfTable LzfTable => _lzfTable ??= new();

    /// <summary>Up to where a hash is packed.</summary>
    public PackedHashLimit HashLimit { get; set; } = new(512, 64);

    /// <summary>To what a HyperLogLog may grow with sparse registers (hll-sparse-max-bytes).</summary>
    public long SparseHyperLogLogMax { get; set; } = 3000;

    /// <summary>False: registers of HyperLogLogs are merged one after the other (PFDEBUG SIMD).</summary>
    public bool MergesRegistersTogether { get; set; } = true;

    /// <summary>Up to where a set is packed.</summary>
    public SetLimit SetLimit { get; set; } = new(512, 128, 64);

    /// <summary>Up to where a sorted set is packed.</summary>
    public SortedSetLimit SortedSetLimit { get; set; } = new(128, 64);

    /// <summary>How large a node of a stream becomes.</summary>
    public StreamLimit StreamLimit { get; set; } = new(4096, 100);

    /// <summary>False: tables that lose their entries keep their size (DEBUG DICT-RESIZING).</summary>
    public bool ShrinksTables { get; set; } = true;

    public ulong Hash(ReadOnlySpan<byte> key) => SipHash.Hash(key, Seed);

    /// <summary>Collections that wait to be freed.</summary>
    public int FreesPending => _pendingFrees.Count;

    /// <summary>Those of them that INFO tells of.</summary>
    public int ObjectsPending { get; private set; }

    /// <summary>Memory that is still to be freed of the collections that wait, as far as it is known.</summary>
    public long BytesPending => _pendingMemory.Bytes;

    /// <summary>Takes over a collection that nobody refers to any more, in O(1); views of it live on until the end of the call.</summary>
    /// <param name="isObject">INFO tells of it: Redis, too, would free it in the background.</param>
    internal unsafe void FreeLater(byte* root, IFreedLater kind, bool isObject = true)
    {
        var bytes = kind.MeasureSome(root, this);
        _pendingMemory.Add(bytes);
        _pendingFrees.Enqueue(((nint)root, kind, bytes, isObject));
        if (isObject) ObjectsPending++;
    }

    /// <summary>Frees a part of the collection that was discarded first, if there is one; true when that was the last of an object. Between calls only.</summary>
    public unsafe bool FreeSome()
    {
        if (!_pendingFrees.TryPeek(out var next)) return false;
        var used = Allocator.UsedBytes;
        var isFreed = next.Kind.FreeSome((byte*)next.Root, this);
        _pendingMemory.NoteFreed(next.Bytes, used - Allocator.UsedBytes, isFreed);
        if (!isFreed) return false;
        _pendingFrees.Dequeue();
        if (next.IsObject) ObjectsPending--;
        return next.IsObject;
    }
}
