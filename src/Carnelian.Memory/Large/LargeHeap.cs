namespace Carnelian;

/// <summary>
/// Blocks above 16 KiB, in whole pages: below 1 MiB a run of pages, from there on a mapping of its own. The last
/// freed keep their memory in a cache, as many as were asked for of late, so that overwriting large values does not fault every page anew.
/// </summary>
internal sealed class LargeHeap
{
    /// <summary>Huge pages spare large blocks faults and TLB misses, and cost nothing in the end: such blocks get filled.</summary>
    private const nint HugePagesFrom = 4 << 20;

    /// <summary>
    /// What begins as zeros is a table, and filled bit by bit: with huge pages a small one would be there as a whole. Of three million keys in 64 MB of table, GET takes a
    /// quarter less CPU with them; of a million keys in 16 MB as much with as without.
    /// </summary>
    public const nint SparseHugePagesFrom = 32 << 20;

    /// <summary>So much may be cached however little is asked for, until nothing has been for a second.</summary>
    private const nint CacheBytesMin = 16 << 20;

    private const int IdleAges = 10;

    private readonly PageRuns _runs;
    private readonly RegionCache _cache = new();
    private readonly RegionReturn _return;

    /// <summary>Bytes taken that a cache could have served: since the last <see cref="Age"/>, and between the two before.</summary>
    private nint _taken, _takenBefore;

    /// <summary>How often <see cref="Age"/> was called since the last block was taken or given.</summary>
    private int _idleAges;

    /// <summary>Every mapping in use or cached: address to length.</summary>
    private readonly Dictionary<nint, nint> _mappings = [];

    public LargeHeap(Reservation range)
    {
        _runs = new PageRuns(range);
        _return = new RegionReturn(_runs.Give);
    }

    public BackgroundMemory? Background
    {
        get => _return.Background;
        set => _return.Background = value;
    }

    public long InUseBytes { get; private set; }

    public long LiveBlocks { get; private set; }

    public long CachedBytes => _cache.Bytes;

    /// <summary>Freed, and not yet given back.</summary>
    public long LeavingBytes => _return.Bytes;

    /// <summary>Contents are undefined, or zero in pages that nobody touched yet.</summary>
    public nint Take(nint bytes, bool zeroed)
    {
        _idleAges = 0;
        // Clearing cached memory would cost as much as fresh pages do, and touch them all.
        var address = zeroed ? 0 : _cache.Take(bytes);
        if (bytes <= RegionCache.RegionBytesMax && !zeroed) _taken += bytes;
        if (address == 0) address = bytes < PageRuns.BytesMax ? _runs.Take(bytes) : Map(bytes, zeroed ? SparseHugePagesFrom : HugePagesFrom);
        InUseBytes += bytes;
        LiveBlocks++;
        return address;
    }

    public void Give(nint address, nint bytes)
    {
        if (bytes >= PageRuns.BytesMax) Check.That(_mappings.TryGetValue(address, out var length) && length == bytes);
        _idleAges = 0;
        InUseBytes -= bytes;
        LiveBlocks--;
        if (bytes > Math.Min(RegionCache.RegionBytesMax, CacheBytesMax))
        {
            GiveBack(address, bytes);
            return;
        }
        _cache.Add(address, bytes);
        GiveBackUntil(CacheBytesMax);
    }

    /// <summary>Time passes, ten times a second or so: what was taken before the last time makes no case for a large cache any more.</summary>
    public void Age()
    {
        (_taken, _takenBefore) = (0, _taken);
        GiveBackUntil(++_idleAges > IdleAges ? 0 : CacheBytesMax);
    }

    public void Trim() => GiveBackUntil(0);

    /// <summary>Unmaps at once whatever is left, live blocks too; the range is its owner's.</summary>
    public void Dispose()
    {
        foreach (var (address, length) in _mappings) SystemMemory.Release(address, length);
        _mappings.Clear();
        _return.Dispose();
    }

    private nint Map(nint bytes, nint hugePagesFrom)
    {
        var address = SystemMemory.Map(bytes);
        if (bytes >= hugePagesFrom) SystemMemory.PreferHugePages(address, bytes);
        _mappings.Add(address, bytes);
        return address;
    }

    private nint CacheBytesMax => Math.Max(CacheBytesMin, Math.Max(_taken, _takenBefore));

    private void GiveBackUntil(nint cachedBytes)
    {
        while (_cache.Bytes > cachedBytes)
        {
            var (address, bytes) = _cache.TakeOldest();
            GiveBack(address, bytes);
        }
    }

    private void GiveBack(nint address, nint bytes)
    {
        if (bytes >= PageRuns.BytesMax) _mappings.Remove(address);
        _return.Add(address, bytes);
    }
}
