namespace Carnelian;

/// <summary>
/// Runs of pages below 1 MiB, from the top of the range. They are not mappings of their own: the system allows a
/// process some 65,000 of those, and a million values of 20 KB, every other one freed, would need more. The addresses
/// of a freed run wait for one of the same length.
/// </summary>
internal sealed class PageRuns(Reservation range)
{
    /// <summary>Runs are shorter than this.</summary>
    public const nint BytesMax = 1 << 20;

    /// <summary>By pages: where free runs of that length start, in pages from the range's start. Their memory is given back.</summary>
    private readonly Stack<uint>?[] _free = new Stack<uint>?[BytesMax / SystemMemory.PageBytes];

    /// <summary>Longer free stretches, found by <see cref="Coalesce"/>; runs are cut off their ends.</summary>
    private readonly Stack<(uint Start, uint Pages)> _stretches = new();

    /// <summary>A run of zeroes, <paramref name="bytes"/> of whole pages.</summary>
    public nint Take(nint bytes)
    {
        var pages = (uint)(bytes / SystemMemory.PageBytes);
        if (_free[pages] is { Count: > 0 } free) return AddressOf(free.Pop());
        var address = TakeFromStretch(pages);
        if (address == 0) address = range.ClaimHigh(bytes);
        if (address != 0) return address;

        // Addresses have run out, not memory: only a small range can come here.
        Coalesce();
        address = TakeFromStretch(pages);
        if (address == 0) SystemMemory.ThrowOutOfMemory(bytes);
        return address;
    }

    /// <summary>Frees a run whose memory has been given back.</summary>
    public void Give(nint address, nint bytes) =>
        AddFree((uint)((address - range.Base) / SystemMemory.PageBytes), (uint)(bytes / SystemMemory.PageBytes));

    private nint TakeFromStretch(uint pages)
    {
        while (_stretches.TryPop(out var stretch))
        {
            if (stretch.Pages < pages)
            {
                AddFree(stretch.Start, stretch.Pages);
                continue;
            }
            if (stretch.Pages > pages) _stretches.Push((stretch.Start, stretch.Pages - pages));
            return AddressOf(stretch.Start + stretch.Pages - pages);
        }
        return 0;
    }

    /// <summary>Joins free runs that touch, whatever their lengths.</summary>
    private void Coalesce()
    {
        var runs = new List<(uint Start, uint Pages)>();
        for (var pages = 1u; pages < _free.Length; pages++)
        {
            while (_free[pages] is { Count: > 0 } free) runs.Add((free.Pop(), pages));
        }
        runs.Sort();
        for (var i = 0; i < runs.Count;)
        {
            var (start, pages) = runs[i++];
            for (; i < runs.Count && runs[i].Start == start + pages; i++) pages += runs[i].Pages;
            _stretches.Push((start, pages));
        }
    }

    private void AddFree(uint start, uint pages) => (_free[pages] ??= new Stack<uint>()).Push(start);

    private nint AddressOf(uint page) => range.Base + (nint)page * SystemMemory.PageBytes;
}
