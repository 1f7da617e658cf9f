namespace Carnelian;

/// <summary>Moves what lies in sparse slabs: entries, values and collections, but not the buckets.</summary>
public sealed unsafe class KeyDefragmentation
{
    private readonly HashTable<EntryLayout> _table;
    private readonly TableHost _host;
    private long _cursor;

    internal KeyDefragmentation(HashTable<EntryLayout> table, TableHost host)
    {
        _table = table;
        _host = host;
    }

    /// <summary>Goes on for some buckets; only between calls. True at the end of a round. At a large collection it stays until all of that has been seen.</summary>
    public bool Run(int bucketsMax, ref DefragmentationCounts counts)
    {
        var mover = new EntryRelocator(_host);
        for (; bucketsMax > 0; bucketsMax--)
        {
            mover.IsUnfinished = false;
            var next = _table.Walk.Relocate(_cursor, 1, ref mover);
            if (mover.IsUnfinished) break;
            _cursor = next;
            if (next == 0) break;
        }
        counts.Add(mover.Blocks.Moved, mover.Blocks.Kept, mover.KeysMoved, mover.KeysKept);
        return _cursor == 0 && !mover.IsUnfinished;
    }
}
