namespace Carnelian;

/// <summary>A member that was found.</summary>
/// <param name="Number">As which one.</param>
internal readonly record struct GeoMatch(SortedSetPlace Place, double Score, double Meters, int Number);

/// <summary>Members that a search has found, in memory that lasts as long as the call. Ends with the next change of the set.</summary>
internal ref struct GeoMatches
{
    private const int LengthMin = 32;

    private Span<GeoMatch> _matches;

    public int Count { get; private set; }

    public readonly GeoMatch this[int i] => _matches[i];

    /// <summary>Finds the members in the request's shape, cell by cell.</summary>
    public static GeoMatches Find(scoped ref Call call, scoped in GeoRequest request)
    {
        var matches = new GeoMatches();
        var shape = request.Shape;
        var measures = request.NeedsDistances;
        Span<GeoCell> cells = stackalloc GeoCell[GeoShape.CellsMax];
        foreach (var cell in cells[..shape.Cover(cells)])
        {
            var (min, end) = cell.Scores;
            for (var walk = request.Set.FromScore(min); matches.Count < request.FoundMax && walk.MoveNext() && walk.Score < end;)
            {
                if (shape.Contains(GeoPoint.OfScore(walk.Score), measures, out var meters)) matches.Add(ref call, walk.Place, walk.Score, meters);
            }
        }
        return matches;
    }

    private void Add(scoped ref Call call, SortedSetPlace place, double score, double meters)
    {
        if (Count == _matches.Length)
        {
            var longer = call.Keyspace.Allocator.Scratch<GeoMatch>(Math.Max(LengthMin, checked(Count * 2)));
            _matches.CopyTo(longer);
            _matches = longer;
        }
        _matches[Count] = new(place, score, meters, Count);
        Count++;
    }

    /// <summary>Puts the nearest or the farthest first, as many as are wanted; the others may stand anywhere behind them.</summary>
    public readonly void Sort(GeoOrder order, int wanted)
    {
        var descends = order == GeoOrder.Farthest;
        if (wanted < Count) GeoSelection.Sort(_matches[..Count], wanted, descends);
        else if (descends) _matches[..Count].Sort(static (a, b) => Compare(b.Meters, a.Meters, a.Number, b.Number));
        else _matches[..Count].Sort(static (a, b) => Compare(a.Meters, b.Meters, a.Number, b.Number));
    }

    /// <summary>Those of one distance stay in their order.</summary>
    private static int Compare(double first, double second, int number, int other)
    {
        var order = first.CompareTo(second);
        return order != 0 ? order : number.CompareTo(other);
    }
}
