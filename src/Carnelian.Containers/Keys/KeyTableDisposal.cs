namespace Carnelian;

/// <summary>Frees a key table and all its entries in slices. Once it has begun, nothing else may be done with the table.</summary>
public sealed unsafe class KeyTableDisposal
{
    private const int BucketsPerSlice = 4;

    private readonly HashTable<EntryLayout> _table;
    private readonly TableHost _host;
    private long _cursor;
    private long _freed;

    internal KeyTableDisposal(HashTable<EntryLayout> table, TableHost host)
    {
        _table = table;
        _host = host;
    }

    public bool IsDone { get; private set; }

    /// <summary>Entries that <see cref="FreeSome"/> has not freed yet.</summary>
    public long Unfreed => IsDone ? 0 : _table.Count - _freed;

    /// <summary>
    /// Frees the entries of a few buckets, at last the table. Collections are only discarded. Returns the number of entries,
    /// without those whose collections are still to be freed.
    /// </summary>
    public int FreeSome()
    {
        var disposer = new EntryDisposer(_host);
        _cursor = _table.Walk.Drain(_cursor, BucketsPerSlice, ref disposer);
        _freed += disposer.Entries;
        if (_cursor != 0) return disposer.Entries - disposer.Deferred;
        var root = _table.Root;
        _table.Free();
        _host.Allocator.Free((byte*)root, sizeof(TableRoot), Purpose.Tables);
        IsDone = true;
        return disposer.Entries - disposer.Deferred;
    }
}
