namespace Carnelian;

/// <summary>
/// Memory that nobody uses any more and that is given back in slices: datasets of flushed databases, and large collections, however
/// they went. Taking them over is O(1); no command waits for more than that.
/// </summary>
public sealed class LazyFree(TableHost host, KeyspaceStatistics statistics)
{
    private readonly Queue<Dataset> _datasets = new();
    private long _datasetsTaken, _datasetsFreed;

    public bool IsPending => _datasets.Count > 0 || host.FreesPending > 0;

    /// <summary>Keys and collections that still hold memory (lazyfree_pending_objects).</summary>
    public long PendingObjects
    {
        get
        {
            long objects = host.ObjectsPending;
            foreach (var data in _datasets) objects += data.Tables.Disposal.Unfreed;
            return objects;
        }
    }

    /// <summary>Stands for all that has been taken over so far; see <see cref="IsDone"/>.</summary>
    public long Ticket => _datasetsTaken;

    /// <summary>All datasets taken over before the ticket was drawn are freed, with all that was in them.</summary>
    public bool IsDone(long ticket) => _datasetsFreed >= ticket;

    internal void Take(Dataset data)
    {
        _datasets.Enqueue(data);
        _datasetsTaken++;
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
        var disposal = _datasets.Peek().Tables.Disposal;
        if (disposal.IsDone)
        {
            _datasets.Dequeue();
            _datasetsFreed++;
        }
        else statistics.LazilyFreed += disposal.FreeSome();
    }

    /// <summary>Frees all, when the keyspace ends.</summary>
    internal void Finish()
    {
        while (IsPending) Run(new Budget(int.MaxValue));
    }
}
