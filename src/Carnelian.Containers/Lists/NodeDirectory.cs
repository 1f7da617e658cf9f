using System.Runtime.CompilerServices;

namespace Carnelian;

/// <summary>
/// A list's nodes in order: pages of slots that tell the number of elements, so that finding the n-th element of a list sums up counts that lie side
/// by side, first of pages and then of nodes, instead of walking from node to node. No more than a page is moved or copied at once, and the array of
/// pages, which is 48 KB for a list of 64 GB; so holding a list for a snapshot costs a copy of that array alone.
/// </summary>
internal unsafe struct NodeDirectory
{
    /// <summary>Neighbouring pages with no more nodes together become one when nodes go, so that few pages are less than a quarter full.</summary>
    private const int JoinedSlotsMax = DirectoryPage.SlotsMax / 2;

    private DirectoryPage* _pages;
    private int _pageCount;
    private int _pageCapacity;

    /// <summary>Nodes.</summary>
    public int Length { get; private set; }

    /// <summary>Number of the snapshot that shares nodes and pages which were made before it; 0 when none does.</summary>
    public uint HeldBy;

    public readonly ReadOnlySpan<DirectoryPage> Pages => new(_pages, _pageCount);

    public readonly long MemoryBytes
    {
        get
        {
            long bytes = _pages == null ? 0 : BlockAllocator.UsableSize(BytesOf(_pageCapacity));
            foreach (ref readonly var page in Pages) bytes += page.BlockBytes;
            return bytes;
        }
    }

    public readonly byte* Node(int i) => PageOf(ref i)->Node(i);

    /// <inheritdoc cref="DirectoryPage.Node(int, out int)"/>
    public readonly byte* Node(int i, out int count) => PageOf(ref i)->Node(i, out count);

    public readonly int CountOf(int i) => PageOf(ref i)->CountOf(i);

    /// <summary>Most lists have no other page than the first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly DirectoryPage* PageOf(ref int i) => i < _pages->Length ? _pages : DirectoryPage.Of(_pages, _pageCount, Length, ref i);

    /// <summary>
    /// Finds the node that has the element <paramref name="index"/>, and turns the index into that within the node. Begins at the nearer end.
    /// </summary>
    /// <param name="total">Elements of all nodes.</param>
    public readonly int Find(ref long index, long total)
    {
        var page = _pages;
        var nodes = 0;
        if (index <= total / 2)
        {
            for (; index >= page->Elements; page++)
            {
                index -= page->Elements;
                nodes += page->Length;
            }
        }
        else
        {
            nodes = Length;
            page += _pageCount;
            do
            {
                page--;
                total -= page->Elements;
                nodes -= page->Length;
            }
            while (index < total);
            index -= total;
        }
        var inPage = (int)index;
        var found = nodes + page->Find(ref inPage);
        index = inPage;
        return found;
    }

    // ---- changing

    public readonly void Set(BlockAllocator allocator, int i, byte* node, int count) => PageOf(ref i)->Set(allocator, i, node, count, HeldBy);

    public void Insert(BlockAllocator allocator, int i, byte* node, int count)
    {
        PageWithRoom(allocator, ref i)->Insert(allocator, i, node, count, HeldBy);
        Length++;
    }

    /// <summary>The page where a node is to be inserted: a new one at either end of the directory if the page there is full, half of a full one within.</summary>
    private DirectoryPage* PageWithRoom(BlockAllocator allocator, ref int i)
    {
        if (_pageCount == 0) return InsertPage(allocator, 0);
        DirectoryPage* page;
        if (i < Length) page = PageOf(ref i);
        else
        {
            page = _pages + _pageCount - 1;
            i = page->Length;
        }
        if (!page->IsFull) return page;
        var number = (int)(page - _pages);
        if (i == 0 && number == 0) return InsertPage(allocator, 0);
        if (i == page->Length && number == _pageCount - 1)
        {
            i = 0;
            return InsertPage(allocator, _pageCount);
        }
        const int Half = DirectoryPage.SlotsMax / 2;
        InsertPage(allocator, number + 1)->Append(allocator, _pages[number], Half, HeldBy);
        page = _pages + number;
        page->Remove(allocator, Half, page->Length - Half, HeldBy);
        if (i <= Half) return page;
        i -= Half;
        return page + 1;
    }

    public void Remove(BlockAllocator allocator, int i, int count = 1)
    {
        var number = (int)(PageOf(ref i) - _pages);
        Length -= count;
        for (; count > 0; number++, i = 0)
        {
            var page = _pages + number;
            var taken = Math.Min(count, page->Length - i);
            count -= taken;
            if (taken == page->Length)
            {
                RemovePage(allocator, number--);
                continue;
            }
            page->Remove(allocator, i, taken, HeldBy);
        }
        // Up to two pages that have lost nodes are the last ones before this number.
        for (var left = number - 1; left >= number - 3; left--) TryJoin(allocator, left);
    }

    private void TryJoin(BlockAllocator allocator, int left)
    {
        if (left < 0 || left + 1 >= _pageCount || _pages[left].Length + _pages[left + 1].Length > JoinedSlotsMax) return;
        _pages[left].Append(allocator, _pages[left + 1], 0, HeldBy);
        RemovePage(allocator, left + 1);
    }

    private DirectoryPage* InsertPage(BlockAllocator allocator, int number)
    {
        if (_pageCount == _pageCapacity) Grow(allocator);
        Copy(_pages + number, _pages + number + 1, _pageCount - number);
        _pageCount++;
        _pages[number] = DirectoryPage.Make(allocator, HeldBy);
        return _pages + number;
    }

    private void RemovePage(BlockAllocator allocator, int number)
    {
        _pages[number].GiveUp(allocator, HeldBy);
        _pageCount--;
        Copy(_pages + number + 1, _pages + number, _pageCount - number);
    }

    public void Free(BlockAllocator allocator)
    {
        foreach (ref readonly var page in Pages) page.GiveUp(allocator, HeldBy);
        if (_pages != null) allocator.Free((byte*)_pages, BytesOf(_pageCapacity), Purpose.Collections);
        this = default;
    }

    /// <summary>Only this structure ever sees the old block, so it is freed at once.</summary>
    private void Grow(BlockAllocator allocator)
    {
        var capacity = Math.Max(1, checked(_pageCapacity * 2));
        var pages = (DirectoryPage*)allocator.Allocate(BytesOf(capacity), Purpose.Collections);
        if (_pages != null)
        {
            Copy(_pages, pages, _pageCount);
            allocator.Free((byte*)_pages, BytesOf(_pageCapacity), Purpose.Collections);
        }
        _pages = pages;
        _pageCapacity = capacity;
    }

    private static nint BytesOf(int pages) => (nint)pages * DirectoryPage.Bytes;

    private static void Copy(DirectoryPage* from, DirectoryPage* to, int pages) => Buffer.MemoryCopy(from, to, BytesOf(pages), BytesOf(pages));
}
