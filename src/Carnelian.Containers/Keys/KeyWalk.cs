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
    /// Adds entries that are over at <paramref name="nowMs"/> to a list, from a cursor on that begins at 0. The caller must delete them: the table no longer
    /// counts on their being due. Cost and bound as in <see cref="ExpiryWalk{TLayout}.ScanDue"/>. True when a round through the table was completed.
    /// </summary>
    public bool ScanDue(ref long cursor, long nowMs, int groupsMax, EntryList found)
    {
        var collector = new FoundList.DueCollector(found, int.MaxValue);
        cursor = _table.ExpiryWalk.ScanDue(cursor, nowMs, groupsMax, ref collector);
        return cursor == 0;
    }

    /// <summary>A random key that expires, or none; see <see cref="ExpiryWalk{TLayout}.SampleExpiring"/> for how fair that is.</summary>
    public EntryView SampleExpiring(ulong chance) => new(_table.ExpiryWalk.SampleExpiring(chance));

    /// <summary>A random key; see <see cref="TableWalk.Sample"/>.</summary>
    public EntryView Sample(ulong chance) => new(_table.Walk.Sample(chance));

    /// <summary>
    /// A random key among those that expire, of which there must be one. Where so few expire that drawing any key again and again meets none, it is the
    /// first from a random bucket on, and keys behind a long row of others are drawn more often.
    /// </summary>
    public EntryView SampleExpiring(ulong chance)
    {
        const int TriesMax = 100;
        Check.That(_table.Expiring > 0);
        for (var tries = 0; tries < TriesMax; tries++, chance = chance * Multiplier + 1)
        {
            var drawn = Sample(chance);
            if (drawn.Expires) return drawn;
        }
        var first = new First();
        var cursor = (long)Math.BigMul(chance, (ulong)_table.Root->Buckets, out _);
        while (first.Entry == null) cursor = _table.Walk.ScanExpiring(cursor, 1, ref first);
        return new(first.Entry);
    }

    /// <summary>Of Knuth's linear congruential generator, MMIX.</summary>
    private const ulong Multiplier = 6364136223846793005;

    private struct First : IEntryVisitor
    {
        public byte* Entry;

        public void Visit(byte* entry, bool expires) => Entry = entry;
    }
}
