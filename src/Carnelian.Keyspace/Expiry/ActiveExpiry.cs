namespace Carnelian;

/// <summary>
/// Deletes keys whose time is over without waiting for somebody to ask for them. Each round looks at a bounded number of keys and
/// buckets per database (those without expiring keys cost a part of a look at a counter per 64 buckets) and goes on only while
/// more than an acceptable part of what it finds is over, so that memory held by expired keys stays near that part and the
/// cost follows the number of keys that expire, not that of all keys.
/// </summary>
public sealed class ActiveExpiry(Keyspace keyspace)
{
    private const int BucketsPerStep = 16;
    private const int KeysPerRound = 256, MoreKeysPerEffort = 64;

    /// <summary>A round ends after so many buckets per key that it should find.</summary>
    private const int BucketsPerKey = 8;

    /// <summary>Percent of the command thread's time, and how it grows with the effort: Redis' slow cycle.</summary>
    private const int TimePercent = 25, MoreTimePercentPerEffort = 2;

    private readonly EntryList _found = new();
    private int _database;
    private long _looked, _expired;

    /// <summary>0 to 9.</summary>
    private int Effort => Math.Clamp(keyspace.Options.ActiveExpireEffort, 1, 10) - 1;

    /// <summary>Percent of the expiring keys that may be over and still there; falls with the effort, as in Redis.</summary>
    private int AcceptableStalePercent => 10 - Effort;

    /// <summary>How long a turn may take when there is one in every <paramref name="everyMs"/>.</summary>
    public long BudgetMicroseconds(int everyMs) => everyMs * 10L * (TimePercent + MoreTimePercentPerEffort * Effort);

    /// <summary>Looks through the databases, within a budget. True if the budget was used up while there was more to do.</summary>
    public bool Run(Budget budget)
    {
        if (keyspace.Policy != ExpiryPolicy.Delete) return false;
        _looked = _expired = 0;
        var hasMore = RunDatabases(ref budget);
        keyspace.Statistics.NoteExpiryTurn(_looked, _expired, hasMore);
        return hasMore;
    }

    private bool RunDatabases(ref Budget budget)
    {
        for (var i = 0; i < keyspace.Databases.Length; i++)
        {
            // The next turn goes on with the next database, also when this one uses up the budget: none starves the others.
            var database = keyspace.Databases[_database];
            _database = (_database + 1) % keyspace.Databases.Length;
            if (database.Data.Expiring == 0) database.Data.AverageTtlMs = 0;
            else if (RunDatabase(database, ref budget)) return true;
        }
        return false;
    }

    /// <summary>True when the budget ended before the database was clean enough.</summary>
    private bool RunDatabase(Database database, ref Budget budget)
    {
        var keysPerRound = KeysPerRound + MoreKeysPerEffort * Effort;
        while (database.Data.Expiring > 0)
        {
            int looked = 0, expired = 0;
            for (var buckets = 0; looked < keysPerRound && buckets < keysPerRound * BucketsPerKey; buckets += BucketsPerStep)
            {
                _found.Clear();
                var wrapped = database.Data.ScanExpiring(BucketsPerStep, _found);
                looked += _found.Count;
                expired += ExpireFound(database);
                if (budget.Spent) return true;
                if (wrapped) return false;
            }
            // A round that found nothing says nothing.
            if (looked > 0 && expired * 100 <= looked * AcceptableStalePercent) return false;
        }
        return false;
    }

    private int ExpireFound(Database database)
    {
        int expired = 0, alive = 0;
        long leftMs = 0;
        for (var i = 0; i < _found.Count; i++)
        {
            var entry = _found[i];
            if (keyspace.IsAlive(entry))
            {
                alive++;
                leftMs += Math.Min(entry.ExpiryMs - keyspace.NowMs, long.MaxValue / BucketsPerStep / byte.MaxValue);
                continue;
            }
            keyspace.ExpireIfOver(database, entry);
            expired++;
        }
        if (alive > 0) database.Data.NoteTtl(leftMs / alive);
        keyspace.Allocator.ReleaseRetired();
        _looked += _found.Count;
        _expired += expired;
        return expired;
    }
}
