namespace Carnelian;

/// <summary>
/// Freed regions on their way back to the system, which takes some 10 µs for 100 KB, and ten times as long where it splits a huge page: they are gathered on the
/// allocator's thread and given back on another, a batch at a time. Addresses within a range are used again when that is done.
/// </summary>
public sealed class RegionReturn
{
    /// <summary>One batch takes a few milliseconds: what else waits for the worker does not wait long.</summary>
    private const nint BatchBytesMax = 32 << 20;

    private readonly Action<nint, nint> _reuse;
    private readonly Queue<(nint Address, nint Bytes)> _waiting = new();
    private readonly List<(nint Address, nint Bytes)> _batch = [];

    /// <param name="reuse">Takes the address and length of a region that is no mapping of its own, when it has been given back.</param>
    internal RegionReturn(Action<nint, nint> reuse) => _reuse = reuse;

    /// <summary>Of all regions that wait or are being given back.</summary>
    internal nint Bytes { get; private set; }

    /// <summary>What <see cref="Run"/> gives back; empty between batches.</summary>
    public IReadOnlyList<(nint Address, nint Bytes)> Batch => _batch;

    internal BackgroundMemory? Background { get; set; }

    /// <summary>Takes a region over. Without anybody in the background it is given back at once.</summary>
    internal void Add(nint address, nint bytes)
    {
        if (Background is null)
        {
            GiveBack(address, bytes);
            Reuse(address, bytes);
            return;
        }
        Bytes += bytes;
        _waiting.Enqueue((address, bytes));
        if (_batch.Count == 0) Begin();
    }

    /// <summary>Gives the batch back. On any thread.</summary>
    /// <param name="isRangeGone">The allocator has been disposed of: mappings of their own are all that is left.</param>
    public void Run(bool isRangeGone)
    {
        foreach (var (address, bytes) in _batch)
        {
            if (bytes >= PageRuns.BytesMax || !isRangeGone) GiveBack(address, bytes);
        }
    }

    /// <summary>After <see cref="Run"/>, on the allocator's thread.</summary>
    public void Completed()
    {
        foreach (var (address, bytes) in _batch)
        {
            Bytes -= bytes;
            Reuse(address, bytes);
        }
        _batch.Clear();
        if (_waiting.Count > 0) Begin();
    }

    /// <summary>Gives back mappings for which nobody in the background will come any more.</summary>
    internal void Dispose()
    {
        while (_waiting.TryDequeue(out var region))
        {
            if (region.Bytes >= PageRuns.BytesMax) GiveBack(region.Address, region.Bytes);
        }
    }

    private void Begin()
    {
        for (nint bytes = 0; bytes < BatchBytesMax && _waiting.TryDequeue(out var region); bytes += region.Bytes) _batch.Add(region);
        Background!.Return(this);
    }

    private static void GiveBack(nint address, nint bytes)
    {
        if (bytes < PageRuns.BytesMax) SystemMemory.Purge(address, bytes);
        else SystemMemory.Release(address, bytes);
    }

    private void Reuse(nint address, nint bytes)
    {
        if (bytes < PageRuns.BytesMax) _reuse(address, bytes);
    }
}
