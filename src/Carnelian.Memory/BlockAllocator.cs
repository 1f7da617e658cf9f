using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Carnelian;

/// <summary>
/// Native memory in blocks: slabs up to 16 KiB, runs of pages below 1 MiB, own mappings above. Frees are sized: the
/// caller says what it asked for, so a block carries no header. Bytes are counted by purpose, exactly, as the blocks'
/// real sizes. One thread at a time; the caller owns every block until it frees or retires it.
/// </summary>
/// <exception cref="OutOfMemoryException">From every allocating member: the system grants no more memory.</exception>
public sealed unsafe class BlockAllocator : IDisposable
{
    private const nint RangeBytesMin = 64 << 20;
    private const nint RangeAlignment = 2 << 20;

    /// <summary>Blocks: an array of more retired ones is not kept for the next time.</summary>
    private const int RetiredKeptMax = 1 << 16;

    /// <summary>The hot path's sizes: none in checked mode, so that one comparison sends large, checked and wrong sizes aside.</summary>
    private readonly nuint _plainSizes;
    private readonly BlockChecker? _checker;
    private readonly Reservation _range;
    private readonly LargeHeap _large;
    private SlabHeap _small;
    private PurposeCounters _usedOf;
    private long _absent;
    private long _used;
    private long _peak;
    private RetiredBlock[] _retired = new RetiredBlock[64];
    private int _retiredCount;
    private bool _disposed;

    public BlockAllocator(AllocatorOptions? options = null)
    {
        options ??= new AllocatorOptions();
        if (options.Checked) _checker = new BlockChecker(options.QuarantineBlocks);
        _plainSizes = options.Checked ? 0u : SizeClass.BlockBytesMax;
        _range = Reservation.Create((nint)Math.Max(options.RangeBytesMax, RangeBytesMin), RangeBytesMin, RangeAlignment);
        _small = new SlabHeap(_range);
        _large = new LargeHeap(_range);
    }

    /// <summary>Usable bytes of all live blocks. The same in checked mode: its canaries and quarantine do not count.</summary>
    public long UsedBytes => _used;

    /// <summary>The most that <see cref="UsedBytes"/> ever was.</summary>
    public long PeakUsedBytes => _peak;

    /// <summary>Bytes of the slabs in use and of the large blocks, without those of their pages that are absent.</summary>
    public long MappedBytes => _small.InUseBytes + LargeBytes;

    /// <summary>
    /// Bytes held beside <see cref="MappedBytes"/> for reuse: a few empty slabs and freed large blocks. At most 17 MiB, or as much as large blocks were
    /// allocated since the <see cref="Age"/> before last.
    /// </summary>
    public long CachedBytes => _small.RetainedBytes + _large.CachedBytes;

    /// <summary>Bytes of freed large blocks that are being given back to the system in the background.</summary>
    public long LeavingBytes => _small.LeavingBytes + _large.LeavingBytes;

    public long LiveBlocks => _small.LiveBlocks + _large.LiveBlocks - (_checker?.QuarantinedBlocks ?? 0);

    /// <summary>Blocks above 16 KiB and the bytes of theirs that are not absent.</summary>
    public long LargeBlocks => _large.LiveBlocks;

    public long LargeBytes => _large.InUseBytes - _absent;

    /// <summary>How the slabs are used, by size of their blocks from the smallest on. In checked mode quarantined blocks count as live.</summary>
    public SizeClassUse[] MeasureClasses() => _small.MeasureClasses();

    /// <summary>Does the slow work on large memory. Null: it is done on this thread, when it comes up.</summary>
    public BackgroundMemory? Background
    {
        get => _large.Background;
        set => _large.Background = _small.Background = value;
    }

    /// <summary>
    /// Has a part of a live block touched in the background before its first use. It is ready when <see cref="IsPreparing"/> is false; use before that
    /// is safe, but may wait for the system.
    /// </summary>
    public void Prepare(byte* block, nint offset, nint length) => Background?.Prefault((nint)block + offset, length);

    /// <summary>Has the system put memory behind a part of a live block above 16 KiB that is used next, in one go.</summary>
    public void Populate(byte* block, nint offset, nint length) => SystemMemory.Populate((nint)block + offset & -SystemMemory.PageBytes, length);

    public bool IsPreparing => Background is { IsPrefaulting: true };

    /// <summary>Blocks of this size and more that begin as zeros have huge pages.</summary>
    public const nint HugePagesFrom = LargeHeap.SparseHugePagesFrom;

    public long UsedBytesOf(Purpose purpose) => _usedOf[(int)purpose];

    /// <summary>What a block of this size really holds: its size class or whole pages.</summary>
    public static nint UsableSize(nint size) => size <= SizeClass.BlockBytesMax ? SizeClass.RoundUp(size) : SystemMemory.RoundToPages(size);

    /// <summary>
    /// A block of <paramref name="size"/> bytes, at least 1, with undefined contents. Aligned to 8, and to 64 where the
    /// size is a power of two from 64 on.
    /// </summary>
    public byte* Allocate(nint size, Purpose purpose)
    {
        if ((nuint)(size - 1) >= _plainSizes) return AllocateAside(size, purpose, zeroed: false);
        var sizeClass = _small.ClassOf(size);
        var block = _small.Take(sizeClass);
        Count(sizeClass->BlockBytes, purpose);
        return block;
    }

    /// <summary>As <see cref="Allocate"/>, all zero. Pages of large blocks stay untouched.</summary>
    public byte* AllocateZeroed(nint size, Purpose purpose)
    {
        if ((nuint)(size - 1) >= _plainSizes) return AllocateAside(size, purpose, zeroed: true);
        var block = Allocate(size, purpose);
        NativeMemory.Clear(block, (nuint)size);
        return block;
    }

    /// <summary>Frees a live block at once. <paramref name="size"/> is what was asked for.</summary>
    public void Free(byte* block, nint size, Purpose purpose)
    {
        if ((nuint)(size - 1) >= _plainSizes)
        {
            FreeAside(block, size, purpose, retired: false);
            return;
        }
        var sizeClass = _small.ClassOf(size);
        _small.Give(sizeClass, block);
        Uncount(sizeClass->BlockBytes, purpose);
    }

    /// <summary>Gives a live block up that views may still see: it keeps its contents and counts as used until the next <see cref="ReleaseRetired"/>.</summary>
    public void Retire(byte* block, nint size, Purpose purpose)
    {
        _checker?.Retire(block, size, purpose);
        if (_retiredCount == _retired.Length) Array.Resize(ref _retired, _retiredCount * 2);
        _retired[_retiredCount++] = new RetiredBlock(block, size, purpose);
    }

    /// <summary>Memory with undefined contents for the rest of the call: it is retired from the beginning.</summary>
    public Span<byte> Scratch(int bytes) => Scratch<byte>(bytes);

    /// <summary>As <see cref="Scratch(int)"/>, for so many numbers.</summary>
    public Span<T> Scratch<T>(int count) where T : unmanaged
    {
        if (count == 0) return default;
        var bytes = (nint)count * sizeof(T);
        var block = Allocate(bytes, Purpose.Other);
        Retire(block, bytes, Purpose.Other);
        return new(block, count);
    }

    /// <summary>Frees what was retired: after a call, when no view is left.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void ReleaseRetired()
    {
        if (_retiredCount != 0) FreeRetired();
    }

    /// <summary>
    /// Whether moving this live block elsewhere (allocate, copy, free) helps to empty its slab: the slab is
    /// half empty or no fuller than usual in its class, the class has slots to spare, and new blocks do not come from this very slab.
    /// </summary>
    public bool IsSparse(byte* block, nint size)
    {
        if (_checker != null)
        {
            block = BlockChecker.RawBlock(block, size);
            size = BlockChecker.RawSize(size);
        }
        return size <= SizeClass.BlockBytesMax && _small.IsSparse(_small.ClassOf(size), block);
    }

    /// <summary>
    /// Gives the memory of the whole pages inside [offset, offset + length) of a live block above 16 KiB back to the
    /// system. They read as zero from then on; the block counts as before.
    /// </summary>
    public void ReleasePages(byte* block, nint offset, nint length)
    {
        Check.That(offset >= 0 && length >= 0);
        _checker?.VerifyLarge(block, offset, length);
        var start = SystemMemory.RoundToPages((nint)block + offset);
        var end = ((nint)block + offset + length) & -SystemMemory.PageBytes;
        if (start < end) SystemMemory.Purge(start, end - start);
    }

    /// <summary>Pages of live blocks that are absent, because they were given back or not touched yet, count as not used: so many more or fewer than before.</summary>
    public void CountAbsent(long bytes, Purpose purpose)
    {
        _absent += bytes;
        Uncount((nint)bytes, purpose);
    }

    /// <summary>Counts a live block of <paramref name="size"/> bytes under another purpose; it is to be freed under that one.</summary>
    public void Transfer(nint size, Purpose from, Purpose to)
    {
        Check.That(size >= 1);
        if (from == to) return;
        _checker?.Transfer(size, to);
        _usedOf[(int)from] -= UsableSize(size);
        _usedOf[(int)to] += UsableSize(size);
        if (_checker != null) Check.That(_usedOf[(int)from] >= 0);
    }

    /// <summary>To be called some ten times a second: what is cached, and was not asked for lately, goes back to the system.</summary>
    public void Age()
    {
        _small.Age();
        _large.Age();
    }

    /// <summary>Gives all memory that is kept for reuse back to the system, large blocks in the background: <see cref="CachedBytes"/> falls to 0.</summary>
    public void TrimCaches()
    {
        Discharge(all: true);
        _small.Trim();
        _large.Trim();
    }

    /// <summary>Returns everything to the system. In checked mode the quarantine is verified, and live blocks are a broken invariant.</summary>
    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        try
        {
            ReleaseRetired();
            Discharge(all: true);
            if (_checker?.DescribeLeaks() is { } leaks) Check.Fail(leaks);
        }
        finally
        {
            _large.Dispose();
            _small.Dispose();
            _range.Dispose();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Count(nint bytes, Purpose purpose)
    {
        _usedOf[(int)purpose] += bytes;
        _used += bytes;
        if (_used > _peak) _peak = _used;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Uncount(nint bytes, Purpose purpose)
    {
        _usedOf[(int)purpose] -= bytes;
        _used -= bytes;
    }

    /// <summary>Off the hot path: large blocks, and every block in checked mode.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private byte* AllocateAside(nint size, Purpose purpose, bool zeroed)
    {
        Check.That(size >= 1);
        Check.That(!_disposed);
        var block = _checker == null
            ? TakeRaw(size, zeroed)
            : _checker.Admit(TakeRaw(BlockChecker.RawSize(size), zeroed), size, purpose, zeroed);
        Count(UsableSize(size), purpose);
        return block;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void FreeAside(byte* block, nint size, Purpose purpose, bool retired)
    {
        Check.That(size >= 1);
        if (_checker == null)
        {
            GiveRaw(block, size);
        }
        else
        {
            if (!_checker.Dismiss(block, size, purpose, retired)) GiveRaw(BlockChecker.RawBlock(block, size), BlockChecker.RawSize(size));
            Discharge(all: false);
            Check.That(_usedOf[(int)purpose] >= UsableSize(size));
        }
        Uncount(UsableSize(size), purpose);
    }

    private void FreeRetired()
    {
        for (var i = 0; i < _retiredCount; i++)
        {
            ref var retired = ref _retired[i];
            if (_checker == null) Free(retired.Block, retired.Size, retired.Purpose);
            else FreeAside(retired.Block, retired.Size, retired.Purpose, retired: true);
        }
        _retiredCount = 0;
        if (_retired.Length > RetiredKeptMax) _retired = new RetiredBlock[64];
    }

    private void Discharge(bool all)
    {
        if (_checker == null) return;
        while (_checker.TryDischarge(all, out var block, out var size)) GiveRaw(BlockChecker.RawBlock(block, size), BlockChecker.RawSize(size));
    }

    private byte* TakeRaw(nint size, bool zeroed)
    {
        if (size > SizeClass.BlockBytesMax) return (byte*)_large.Take(SystemMemory.RoundToPages(size), zeroed);
        var block = _small.Take(_small.ClassOf(size));
        if (zeroed) NativeMemory.Clear(block, (nuint)size);
        return block;
    }

    private void GiveRaw(byte* block, nint size)
    {
        if (size > SizeClass.BlockBytesMax) _large.Give((nint)block, SystemMemory.RoundToPages(size));
        else _small.Give(_small.ClassOf(size), block);
    }

    [InlineArray((int)Purpose.Other + 1)]
    private struct PurposeCounters
    {
        private long _first;
    }

    private readonly struct RetiredBlock(byte* block, nint size, Purpose purpose)
    {
        public readonly byte* Block = block;
        public readonly nint Size = size;
        public readonly Purpose Purpose = purpose;
    }
}
