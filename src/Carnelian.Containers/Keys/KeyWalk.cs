namespace Carnelian;

/// <summary>Goes through the keys of a table; needs none of them to begin with.</summary>
public readonly unsafe struct KeyWalk
{
    private readonly HashTable<EntryLayout> _table;

    internal KeyWalk(HashTable<EntryLayout> table) => _table = table;

    /// <summary>Adds the entries of one position of a walk to a list; see <see cref="TableWalk.Scan"/> for the guarantee.</summary>
    public ulong Scan(ulong cursor, EntryList found)
    {
        var collector = new FoundList.Collector(found);
        return _table.Walk.Scan(cursor, ref collector);
    }

    /// <summary>
    /// Adds entries that have an expiry to a list, going on where the last call ended, and looks at no more than
    /// <paramref name="bucketsMax"/> buckets. True when a round through all buckets was completed.
    /// </summary>
    public bool ScanExpiring(ref long cursor, int bucketsMax, EntryList found)
    {
        var collector = new FoundList.Collector(found);
        cursor = _table.Walk.ScanExpiring(cursor, bucketsMax, ref collector);
        return cursor == 0;
    }

    /// <summary>A random key; see <see cref="TableWalk.Sample"/>.</summary>
    public EntryView Sample(ulong chance) => new(_table.Walk.Sample(chance));
}
