namespace Carnelian;

/// <summary>
/// Freed regions that keep their memory, given out again to who asks for the same length, newest first. They are linked through their own first bytes, by age and by length.
/// </summary>
internal sealed unsafe class RegionCache
{
    public const nint RegionBytesMax = 32 << 20;

    /// <summary>By length in pages: the newest region.</summary>
    private readonly nint[] _newestOf = new nint[RegionBytesMax / SystemMemory.PageBytes + 1];
    private Region* _newest;
    private Region* _oldest;

    public nint Bytes { get; private set; }

    public void Add(nint address, nint bytes)
    {
        var region = (Region*)address;
        ref var newestOf = ref NewestOf(bytes);
        *region = new Region { Length = bytes, Older = _newest, OlderOfLength = (Region*)newestOf };
        if (_newest != null) _newest->Newer = region;
        else _oldest = region;
        if (newestOf != 0) ((Region*)newestOf)->NewerOfLength = region;
        _newest = region;
        newestOf = address;
        Bytes += bytes;
    }

    /// <summary>A region of exactly this length, or 0.</summary>
    public nint Take(nint bytes)
    {
        if (bytes > RegionBytesMax) return 0;
        var region = NewestOf(bytes);
        if (region != 0) Remove((Region*)region);
        return region;
    }

    public (nint Address, nint Bytes) TakeOldest()
    {
        var oldest = ((nint)_oldest, _oldest->Length);
        Remove(_oldest);
        return oldest;
    }

    private void Remove(Region* region)
    {
        if (region->Newer != null) region->Newer->Older = region->Older;
        else _newest = region->Older;
        if (region->Older != null) region->Older->Newer = region->Newer;
        else _oldest = region->Newer;
        if (region->NewerOfLength != null) region->NewerOfLength->OlderOfLength = region->OlderOfLength;
        else NewestOf(region->Length) = (nint)region->OlderOfLength;
        if (region->OlderOfLength != null) region->OlderOfLength->NewerOfLength = region->NewerOfLength;
        Bytes -= region->Length;
    }

    private ref nint NewestOf(nint bytes) => ref _newestOf[bytes / SystemMemory.PageBytes];

    private struct Region
    {
        public nint Length;
        public Region* Newer;
        public Region* Older;
        public Region* NewerOfLength;
        public Region* OlderOfLength;
    }
}
