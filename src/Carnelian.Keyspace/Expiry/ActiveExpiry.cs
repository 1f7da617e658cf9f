namespace Carnelian;

/// <summary>
/// Deletes keys, and fields of hashes, whose time is over without waiting for somebody to ask for them. Each run goes through all databases and looks only where something is
/// due: what that costs follows the number of keys that are over, and besides that a look at eight bytes for every eight buckets. A run that its budget
/// cuts is gone on with soon. So a key is gone 200 ms after its time at the latest, whatever else expires, unless more keys come due than the budget can delete.
/// </summary>
public sealed class ActiveExpiry(Keyspace keyspace)
{
    /// <summary>Groups of eight buckets between two looks at the budget.</summary>
    private const int GroupsPerStep = 2;

    /// <summary>Percent of the command thread's time, and how it grows with the effort: Redis' slow cycle.</summary>
    private const int TimePercent = 25, MoreTimePercentPerEffort = 2;

    /// <summary>Keys of a database that are looked at for the statistics, once a run.</summary>
    private const int SamplesPerRun = 16;

    private readonly EntryList _found = new();
    private int _database;

    /// <summary>0 to 9.</summary>
    private int Effort => Math.Clamp(keyspace.Options.ActiveExpireEffort, 1, 10) - 1;

    /// <summary>How long a turn may take when there is one in every <paramref name="everyMs"/>.</summary>
    public long BudgetMicroseconds(int everyMs) => everyMs * 10L * (TimePercent + MoreTimePercentPerEffort * Effort);

    /// <summary>Looks through the databases, within a budget. True if the budget was used up while there was more to do.</summary>
    public bool Run(Budget budget)
    {
        if (!keyspace.DeletesExpired) return false;
        int looked = 0, over = 0;
        foreach (var database in keyspace.Databases) Sample(database, ref looked, ref over);
        var hasMore = RunDatabases(ref budget);
        keyspace.Statistics.NoteExpiryTurn(looked, over, hasMore);
        return hasMore;
    }

    private bool RunDatabases(ref Budget budget)
    {
        for (var i = 0; i < keyspace.Databases.Length; i++)
        {
            // The next turn goes on with the next database, also when this one uses up the budget: none starves the others.
            var database = keyspace.Databases[_database];
            _database = (_database + 1) % keyspace.Databases.Length;
            if (RunDatabase(database, ref budget)) return true;
        }
        return false;
    }

    /// <summary>True when the budget ended before the database had been gone through.</summary>
    private bool RunDatabase(Database database, ref Budget budget)
    {
        while (database.Data.Due > 0)
        {
            _found.Clear();
            var wrapped = database.Data.ScanDue(keyspace.NowMs, GroupsPerStep, _found);
            // Each that was found gets its step, whatever the budget: the search does not come by again.
            var isCut = false;
            for (var i = 0; i < _found.Count; i++) isCut |= Expire(database, _found[i], ref budget);
            keyspace.Allocator.ReleaseRetired();
            if (wrapped && !isCut) return false;
            if (budget.Spent) return true;
        }
        return false;
    }

    /// <summary>True when the budget ended before all of a hash's fields that are over were deleted.</summary>
    private bool Expire(Database database, EntryView entry, ref Budget budget)
    {
        if (keyspace.IsAlive(entry)) return entry.FieldsExpire && keyspace.HashExpiry.Run(database, entry, ref budget);
        keyspace.ExpireIfOver(database, entry);
        return false;
    }

    /// <summary>Learns from some keys how long they have left, and how many are over.</summary>
    private void Sample(Database database, ref int looked, ref int over)
    {
        if (database.Data.Expiring == 0)
        {
            database.Data.AverageTtlMs = 0;
            return;
        }
        var alive = 0;
        long leftMs = 0;
        for (var i = 0; i < SamplesPerRun; i++)
        {
            var entry = database.Data.SampleExpiring(keyspace.Randomness.Next());
            if (!entry.Exists) continue;
            looked++;
            if (!keyspace.IsAlive(entry))
            {
                over++;
                continue;
            }
            alive++;
            leftMs += Math.Min(entry.ExpiryMs - keyspace.NowMs, long.MaxValue / SamplesPerRun);
        }
        if (alive > 0) database.Data.NoteTtl(leftMs / alive);
    }
}
