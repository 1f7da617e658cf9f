namespace Carnelian;

/// <summary>
/// The heaviest of many names in bounded memory: "Space-Saving" (Metwally, Agrawal and El Abbadi 2005). So many names have counters; another one takes over the
/// counter of the lightest, and how much of it may be the predecessors' stands beside it. What is told of a name is never more than its weight, and each that has
/// more than its share of the whole, by the number of counters, is among them.
/// </summary>
internal sealed class HeavyHitters
{
    private readonly Counter[] _heap;

    /// <summary>Places in the heap by the hashes of names.</summary>
    private readonly Dictionary<ulong, int> _places;
    private int _used;

    private struct Counter
    {
        public ulong Hash;
        public byte[] Name;
        public int NameLength;
        public long Weight, Inherited;
    }

    public HeavyHitters(int counters)
    {
        _heap = new Counter[counters];
        _places = new(counters);
    }

    /// <summary>Of all names together.</summary>
    public long Total { get; private set; }

    /// <param name="hash">Tells names apart: 64 bits, seeded.</param>
    public void Add(ulong hash, ReadOnlySpan<byte> name, long weight)
    {
        Total += weight;
        if (!_places.TryGetValue(hash, out var place)) place = Enter(hash, name);
        _heap[place].Weight += weight;
        Sink(place);
    }

    /// <summary>The place of a counter for a new name: one that is free, or that of the lightest, which stands at the top.</summary>
    private int Enter(ulong hash, ReadOnlySpan<byte> name)
    {
        var place = 0;
        if (_used < _heap.Length) place = Rise(_used++);
        else _places.Remove(_heap[0].Hash);
        ref var counter = ref _heap[place];
        counter.Hash = hash;
        counter.Inherited = counter.Weight;
        counter.NameLength = name.Length;
        if (counter.Name is null || counter.Name.Length < name.Length) counter.Name = new byte[name.Length];
        name.CopyTo(counter.Name);
        _places[hash] = place;
        return place;
    }

    /// <summary>Brings a counter of weight 0 to the top.</summary>
    private int Rise(int place)
    {
        for (; place > 0; place = (place - 1) / 2) Move((place - 1) / 2, place);
        _heap[0] = default;
        return 0;
    }

    /// <summary>Brings a counter that has become heavier behind those that are lighter.</summary>
    private void Sink(int place)
    {
        var counter = _heap[place];
        while (true)
        {
            var child = 2 * place + 1;
            if (child >= _used) break;
            if (child + 1 < _used && _heap[child + 1].Weight < _heap[child].Weight) child++;
            if (_heap[child].Weight >= counter.Weight) break;
            Move(child, place);
            place = child;
        }
        _heap[place] = counter;
        _places[counter.Hash] = place;
    }

    private void Move(int from, int to)
    {
        _heap[to] = _heap[from];
        _places[_heap[to].Hash] = to;
    }

    /// <summary>The heaviest names with what is certain of their weights, heaviest first.</summary>
    /// <param name="unit">Weights are told in so many; those below one are left out.</param>
    public List<(byte[] Name, long Weight)> Heaviest(int count, long unit)
    {
        var found = new List<(byte[] Name, long Weight)>();
        foreach (var counter in _heap.AsSpan(0, _used))
        {
            var weight = (counter.Weight - counter.Inherited) / unit;
            if (weight > 0) found.Add((counter.Name[..counter.NameLength], weight));
        }
        found.Sort(static (one, other) => other.Weight.CompareTo(one.Weight));
        if (found.Count > count) found.RemoveRange(count, found.Count - count);
        return found;
    }
}
