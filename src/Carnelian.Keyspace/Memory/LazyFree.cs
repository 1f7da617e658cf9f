namespace Carnelian;

/// <summary>
/// Memory that nobody uses any more and that is given back in slices: datasets of flushed databases, and large collections, however
/// they went. Taking them over is O(1); no command waits for more than that.
/// </summary>
public sealed class LazyFree(TableHost host, KeyspaceStatistics statistics)
{
    /// <summary>Keys of a dataset that are measured and stand for the others.</summary>
    private const int KeysMeasured = 64, SamplesOfCollection = 5;

    private readonly Queue<(Dataset Data, long Bytes)> _datasets = new();
    private long _datasetsTaken, _datasetsFreed;
    private PendingMemory _ofDatasets;

    public bool IsPending => _datasets.Count > 0 || host.FreesPending > 0;

    /// <summary>Keys and collections that still hold memory (lazyfree_pending_objects).</summary>
    public long PendingObjects
    {
        get
        {
            long objects = host.ObjectsPending;
            foreach (var (data, _) in _datasets) objects += data.Tables.Disposal.Unfreed;
            return objects;
        }
    }

    /// <summary>Memory that is on its way back, as far as it is known.</summary>
    public long PendingBytes => host.BytesPending + _ofDatasets.Bytes;

    /// <summary>Stands for all that has been taken over so far; see <see cref="IsDone"/>.</summary>
    public long Ticket => _datasetsTaken;

    /// <summary>All datasets taken over before the ticket was drawn are freed, with all that was in them.</summary>
    public bool IsDone(long ticket) => _datasetsFreed >= ticket;

    internal void Take(Dataset data)
    {
        var bytes = Measure(data);
        _ofDatasets.Add(bytes);
        _datasets.Enqueue((data, bytes));
        _datasetsTaken++;
    }

    private static long Measure(Dataset data)
    {
        long bytes = 0;
        for (var i = 0; i < KeysMeasured && data.Count > 0; i++) bytes += data.KeyBytes(data.Sample((ulong)i * (ulong.MaxValue / KeysMeasured)), SamplesOfCollection);
        var tables = data.MeasureMemory();
        return (long)((double)bytes / KeysMeasured * data.Count) + tables.BucketBytes + tables.ExpiryCountBytes;
    }

    /// <summary>Frees within a budget; between calls only.</summary>
    public void Run(Budget budget)
    {
        while (IsPending)
        {
            // Collections first: those of a dataset are freed by the time that the dataset counts as freed.
            if (host.FreesPending > 0)
            {
                if (host.FreeSome()) statistics.LazilyFreed++;
            }
            else FreeDataset();
            if (budget.Spent) return;
        }
    }

    private void FreeDataset()
    {
        var (data, bytes) = _datasets.Peek();
        var disposal = data.Tables.Disposal;
        if (disposal.IsDone)
        {
            _ofDatasets.NoteFreed(bytes, 0, isAll: true);
            _datasets.Dequeue();
            _datasetsFreed++;
            return;
        }
        var before = Expected;
        statistics.LazilyFreed += disposal.FreeSome();
        _ofDatasets.NoteFreed(bytes, before - Expected, isAll: false);
    }

    /// <summary>Collections of a dataset are not freed with it but counted among those that wait.</summary>
    private long Expected => host.Allocator.UsedBytes - host.BytesPending;

    /// <summary>Frees all, when the keyspace ends.</summary>
    internal void Finish()
    {
        while (IsPending) Run(new Budget(int.MaxValue));
    }
}
