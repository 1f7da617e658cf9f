namespace Carnelian;

/// <summary>
/// Deletes fields of hashes whose time is over: a bounded number at a time for <see cref="ActiveExpiry"/>, all of a hash for a command that draws fields at
/// random.
/// </summary>
internal sealed class HashExpiry(Keyspace keyspace)
{
    /// <summary>Fields, or groups of buckets, between two looks at the budget.</summary>
    private const int FieldsPerStep = 64;

    private readonly FieldList _found = new();

    /// <summary>
    /// Deletes fields of a hash that a walk found, and notes when the next one is due: the walk counts on that. At least one step is taken. True when the
    /// budget ended before all was done.
    /// </summary>
    public bool Run(Database database, EntryView entry, ref Budget budget)
    {
        var key = keyspace.KeyOf(entry.Key);
        if (keyspace.Held.Contains(database, key)) return false;
        var hash = keyspace.EditEvenExpired(database, key).Hash();
        var deleted = 0;
        do deleted += hash.DeleteDue(FieldsPerStep, _found, inUnits: true);
        while (hash.HasDue && !budget.Spent);
        End(ref hash, deleted);
        return hash.HasDue;
    }

    /// <summary>Deletes all of them, as a part of the call that runs.</summary>
    public void RunWhole(ref HashEdit hash)
    {
        if (!hash.HasDue || !keyspace.DeletesExpired) return;
        var deleted = 0;
        do deleted += hash.DeleteDue(FieldsPerStep, _found, inUnits: false);
        while (hash.HasDue);
        End(ref hash, deleted);
    }

    private static void End(scoped ref HashEdit hash, int deleted)
    {
        if (deleted > 0) hash.Changed(0, KeyspaceEvent.HashExpired);
        else hash.Settle();
        hash.DeleteIfEmpty();
    }
}
