namespace Carnelian;

/// <summary>Frees all tables of a dataset and their entries in slices. Once it has begun, nothing else may be done with them.</summary>
public sealed class KeyTableDisposal
{
    private const int BucketsPerSlice = 4, TablesPerSlice = 64;

    private readonly KeyTables _tables;
    private int _slot;
    private long _cursor;
    private long _freed;

    internal KeyTableDisposal(KeyTables tables) => _tables = tables;

    public bool IsDone { get; private set; }

    /// <summary>Entries that <see cref="FreeSome"/> has not freed yet.</summary>
    public long Unfreed => IsDone ? 0 : _tables.Count - _freed;

    /// <summary>
    /// Frees the entries of a few buckets, at last the tables. Collections are only discarded. Returns the number of entries,
    /// without those whose collections are still to be freed.
    /// </summary>
    public int FreeSome()
    {
        var disposer = new EntryDisposer(_tables.Host, _tables.Sizes);
        var tables = 1;
        while (FreeSomeOfTable(ref disposer) && disposer.Entries == 0 && tables < TablesPerSlice) tables++;
        _freed += disposer.Entries;
        return disposer.Entries - disposer.Deferred;
    }

    /// <summary>True if another table comes next.</summary>
    private bool FreeSomeOfTable(ref EntryDisposer disposer)
    {
        var table = _tables.TableAt(_slot);
        _cursor = table.Walk.Drain(_cursor, BucketsPerSlice, ref disposer);
        if (_cursor != 0) return false;
        table.Free();
        if (++_slot < _tables.TableCount) return true;
        _tables.FreeRoots();
        IsDone = true;
        return false;
    }

    /// <summary>Frees all now, not at the end of a call. Collections are only discarded.</summary>
    public void Finish()
    {
        while (!IsDone) FreeSome();
    }
}
