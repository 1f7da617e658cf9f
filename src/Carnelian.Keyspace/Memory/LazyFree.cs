namespace Carnelian;

/// <summary>
/// Memory that nobody uses any more and that is given back in slices: tables of flushed databases, and large collections, however
/// they went. Taking them over is O(1); no command waits for more than that.
/// </summary>
public sealed class LazyFree(TableHost host, KeyspaceStatistics statistics)
{
    private readonly Queue<KeyTable> _tables = new();
    private long _tablesTaken, _tablesFreed;

    public bool IsPending => _tables.Count > 0 || host.FreesPending > 0;

    /// <summary>Keys and collections that still hold memory (lazyfree_pending_objects).</summary>
    public long PendingObjects
    {
        get
        {
            long objects = host.FreesPending;
            foreach (var table in _tables) objects += table.Disposal.Unfreed;
            return objects;
        }
    }

    /// <summary>Stands for all that has been taken over so far; see <see cref="IsDone"/>.</summary>
    public long Ticket => _tablesTaken;

    /// <summary>All tables taken over before the ticket was drawn are freed, with all that was in them.</summary>
    public bool IsDone(long ticket) => _tablesFreed >= ticket;

    internal void Take(KeyTable table)
    {
        _tables.Enqueue(table);
        _tablesTaken++;
    }

    /// <summary>Frees within a budget; between calls only.</summary>
    public void Run(Budget budget)
    {
        while (IsPending)
        {
            // Collections first: those of a table are freed by the time that the table counts as freed.
            if (host.FreesPending > 0)
            {
                if (host.FreeSome()) statistics.LazilyFreed++;
            }
            else FreeTable();
            if (budget.Spent) return;
        }
    }

    private void FreeTable()
    {
        var table = _tables.Peek();
        if (table.Disposal.IsDone)
        {
            _tables.Dequeue();
            _tablesFreed++;
        }
        else statistics.LazilyFreed += table.Disposal.FreeSome();
    }

    /// <summary>Frees all, when the keyspace ends.</summary>
    internal void Finish()
    {
        while (IsPending) Run(new Budget(int.MaxValue));
    }
}
