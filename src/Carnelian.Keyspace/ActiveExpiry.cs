namespace Carnelian;

/// <summary>
/// Deletes keys whose time is over without waiting for somebody to ask for them. Each round looks at a bounded number of
/// buckets per database (those without expiring keys cost a look at a counter per 64 buckets) and goes on only while
/// more than an acceptable part of what it finds is over, so that memory held by expired keys stays near that part and the
/// cost follows the number of keys that expire, not that of all keys.
/// </summary>
public sealed class ActiveExpiry(Keyspace keyspace)
{
    private const int BucketsPerStep = 16;

    private readonly EntryList _found = new();
    private int _database;

    /// <summary>Percent of the expiring keys that may be over and still there; falls with the effort, as in Redis.</summary>
    private int AcceptableStalePercent => 11 - Math.Clamp(keyspace.Options.ActiveExpireEffort, 1, 10);

    /// <summary>Looks through the databases, within a budget. True if the budget was used up while there was more to do.</summary>
    public bool Run(Budget budget)
    {
        if (keyspace.Policy != ExpiryPolicy.Delete) return false;
        for (var i = 0; i < keyspace.Databases.Length; i++)
        {
            // The next turn goes on with the next database, also when this one uses up the budget: none starves the others.
            var database = keyspace.Databases[_database];
            _database = (_database + 1) % keyspace.Databases.Length;
            if (database.Keys.Expiring > 0 && RunDatabase(database, ref budget)) return true;
        }
        return false;
    }

    /// <summary>True when the budget ended before the database was clean enough.</summary>
    private bool RunDatabase(Database database, ref Budget budget)
    {
        int looked = 0, expired = 0;
        for (var stepsInRound = 0; database.Keys.Expiring > 0;)
        {
            _found.Clear();
            var wrapped = database.Keys.ScanExpiring(BucketsPerStep, _found);
            looked += _found.Count;
            expired += ExpireFound(database);
            if (budget.Spent) return true;
            if (wrapped) return false;
            if (++stepsInRound < 4) continue;
            if (expired * 100 <= looked * AcceptableStalePercent) return false;
            stepsInRound = looked = expired = 0;
        }
        return false;
    }

    private int ExpireFound(Database database)
    {
        var expired = 0;
        for (var i = 0; i < _found.Count; i++)
        {
            var entry = _found[i];
            if (keyspace.IsOver(entry.ExpiryMs) && keyspace.ExpireNow(database, entry.Key)) expired++;
        }
        keyspace.Allocator.ReleaseRetired();
        return expired;
    }
}
