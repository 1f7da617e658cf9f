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

    /// <summary>A random key; see <see cref="TableWalk.Sample"/>.</summary>
    public EntryView Sample(ulong chance) => new(_table.Walk.Sample(chance));

    /// <summary>Adds some keys drawn at random to a list, so many on average; see <see cref="TableWalk.Draw"/>.</summary>
    public void Draw(ulong chance, int wanted, EntryList found)
    {
        var collector = new FoundList.DrawCollector(found);
        _table.Walk.Draw(chance, wanted, ref collector);
    }

    public void PrefetchDraw(ulong chance) => _table.Walk.PrefetchDraw(chance);

    public void PrefetchDrawn(ulong chance, int wanted) => _table.Walk.PrefetchDrawn(chance, wanted);

    /// <summary>As <see cref="Draw"/>, of keys that expire or in which something does; see <see cref="ExpiryWalk{TLayout}.Draw"/>.</summary>
    public void DrawDue(ulong chance, int wanted, EntryList found)
    {
        if (_table.Due == 0) return;
        var collector = new FoundList.DrawCollector(found);
        _table.ExpiryWalk.Draw(chance, _table.Walk.BucketsPerDraw(wanted, _table.Due), ref collector);
    }

    /// <summary>
    /// A random key that expires, or in which something does; none may be found. Where many do, each is as likely as the others; where so few do that drawing
    /// any key again and again meets none, see <see cref="ExpiryWalk{TLayout}.SampleExpiring"/> for how fair that is.
    /// </summary>
    public EntryView SampleDue(ulong chance)
    {
        const int TriesMax = 32;
        for (var tries = 0; tries < TriesMax && _table.Due > 0; tries++, chance = TableWalk.Mix(chance))
        {
            var drawn = Sample(chance);
            if (Entry.HasDue(Entry.Header(drawn.Address))) return drawn;
        }
        return new(_table.ExpiryWalk.SampleExpiring(chance));
    }
}
