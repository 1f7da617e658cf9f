namespace Carnelian;

/// <summary>The sets that a command combines, in a list of the executor's: see <see cref="Executor.BorrowFound"/>.</summary>
internal readonly struct SetInputs
{
    /// <summary>Behind a size the place that a set has had: sets of one size keep their order. More keys than that need none.</summary>
    private const int PlaceBits = 20;

    private SetInputs(EntryList sets, Dataset data, int missing)
    {
        Sets = sets;
        _data = data;
        Missing = missing;
    }

    private readonly Dataset _data;

    public EntryList Sets { get; }

    /// <summary>Keys that do not exist.</summary>
    public int Missing { get; }

    /// <summary>Finds all keys from an argument on; the call has failed if there is something else under one of them.</summary>
    public static SetInputs Find(ref Call call, int first, int end)
    {
        var sets = call.Executor.BorrowFound();
        var missing = 0;
        for (var i = first; i < end; i++)
        {
            call.FetchAhead(i, end);
            if (!call.TryFindSet(i, out var entry)) return default;
            sets.Add(entry);
            if (!entry.Exists) missing++;
        }
        return new(sets, call.Database.Data, missing);
    }

    public int Count => Sets.Count;

    public SetView this[int i] => new(_data, Sets[i]);

    public long SizeOf(int i) => this[i].Count;

    /// <summary>The largest there is.</summary>
    public long SizeMax
    {
        get
        {
            long max = 0;
            for (var i = 0; i < Count; i++) max = Math.Max(max, SizeOf(i));
            return max;
        }
    }

    /// <summary>All that exist are sets of integers.</summary>
    public bool AreIntegers
    {
        get
        {
            for (var i = 0; i < Count; i++)
            {
                if (Sets[i].Exists && Sets[i].Encoding != ValueEncoding.IntSet) return false;
            }
            return true;
        }
    }

    /// <summary>How many tables come first, if there are none among the others; else 0.</summary>
    public int TablesInFront
    {
        get
        {
            int tables = 0, front = 0;
            for (var i = 0; i < Count; i++)
            {
                if (!this[i].IsTable) continue;
                if (tables++ == i) front++;
            }
            return front == tables ? tables : 0;
        }
    }

    /// <summary>The first one is named again.</summary>
    public bool RepeatFirst
    {
        get
        {
            for (var i = 1; i < Count; i++)
            {
                if (Sets[i].Exists && Sets[i].Key.SequenceEqual(Sets[0].Key)) return true;
            }
            return false;
        }
    }

    /// <summary>Puts the sets in the order of their sizes: as members are tested against one after the other, most are decided early then.</summary>
    /// <param name="fixedFirst">The first one stays in its place.</param>
    public void Sort(ref Call call, bool descending = false, bool fixedFirst = false)
    {
        var keys = call.Keyspace.Allocator.Scratch<long>(Count);
        for (var i = 0; i < Count; i++)
        {
            var size = Math.Min(SizeOf(i), long.MaxValue >> (PlaceBits + 1));
            keys[i] = ((descending ? -size : size) << PlaceBits) + Math.Min(i, (1 << PlaceBits) - 1);
        }
        if (fixedFirst) keys[0] = long.MinValue;
        Sets.Sort(keys);
    }
}
