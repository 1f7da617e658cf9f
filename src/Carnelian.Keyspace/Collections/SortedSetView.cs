namespace Carnelian;

/// <summary>
/// A key's sorted set for reading, whichever way it is kept, or none. Ranks are counted from the least member on, from 0. It and its members live until the set
/// is edited.
/// </summary>
public readonly ref struct SortedSetView : IFieldScan
{
    private readonly PackedScores _packed;

    /// <param name="entry">Of these data: a sorted set, or nothing.</param>
    public SortedSetView(Dataset data, EntryView entry)
    {
        Exists = entry.Exists;
        if (!Exists) return;
        Check.That(entry.Type == ValueType.SortedSet);
        IsTable = entry.Encoding == ValueEncoding.SkipList;
        if (IsTable) Table = data.Sorted(entry);
        else _packed = new(entry.Value);
    }

    public bool Exists { get; }

    public bool IsTable { get; }

    internal SortedTable Table { get; }

    internal PackedScores Packed => _packed;

    public long Count => !Exists ? 0 : IsTable ? Table.Count : _packed.Count;

    public bool TryScore(scoped ReadOnlySpan<byte> member, out double score)
    {
        score = 0;
        if (!Exists) return false;
        if (!IsTable)
        {
            var found = _packed.Find(member);
            if (found.Exists) score = PackedScores.ScoreOf(found.Value);
            return found.Exists;
        }
        var inTable = FindInTable(member);
        if (inTable.Exists) score = SortedTable.ScoreOf(inTable);
        return inTable.Exists;
    }

    private FieldView FindInTable(scoped ReadOnlySpan<byte> member)
    {
        Table.Members.Step();
        return Table.Members.Find(member, Table.Members.Hash(member)).View;
    }

    /// <summary>The rank of a member; -1: there is none.</summary>
    public long RankOf(scoped ReadOnlySpan<byte> member, out double score)
    {
        score = 0;
        if (!Exists) return -1;
        if (!IsTable)
        {
            var found = _packed.Find(member);
            if (!found.Exists) return -1;
            score = PackedScores.ScoreOf(found.Value);
            return _packed.RankOf(found);
        }
        var inTable = FindInTable(member);
        if (!inTable.Exists) return -1;
        score = SortedTable.ScoreOf(inTable);
        return Table.RankOf(inTable);
    }

    // ---- ranges

    /// <summary>Where a range of scores begins, and how many members are in it.</summary>
    public RankRange Range(ScoreRange range)
    {
        if (!Exists) return default;
        if (IsTable) return RankRange.Between(Table.CountBelow(range.Min, range.WithoutMin), Table.CountBelow(range.Max, !range.WithoutMax));
        int rank = 0, first = 0;
        for (var walk = From(0); walk.MoveNext() && range.Contains(walk.Score); rank++)
        {
            if (!range.Reaches(walk.Score)) first = rank + 1;
        }
        return RankRange.Between(first, rank);
    }

    /// <summary>Where a range of members begins, and how many are in it.</summary>
    /// <param name="backward">Where scores differ, Redis takes other members of a packed set when it comes from its end.</param>
    public RankRange Range(scoped in MemberRange range, bool backward = false)
    {
        if (!Exists) return default;
        return IsTable ? RankRange.Between(CountBelow(range.Min, isMax: false), CountBelow(range.Max, isMax: true)) : RangeOfPacked(range, backward);
    }

    private long CountBelow(scoped MemberBound bound, bool isMax) => bound.Kind switch
    {
        MemberBoundKind.Least => 0,
        MemberBoundKind.Greatest => Table.Count,
        _ => Table.CountBelow(bound.Text, isMax == (bound.Kind == MemberBoundKind.Included)),
    };

    private RankRange RangeOfPacked(scoped in MemberRange range, bool backward)
    {
        Span<byte> digits = stackalloc byte[PackedElement.IntegerTextMax];
        var count = _packed.Count;
        if (!range.Min.IsReachedBy(_packed.At(count - 1).Name.Text(digits)) || !range.Max.Ends(_packed.At(0).Name.Text(digits))) return default;
        long rank = 0, first = -1;
        for (var walk = From(backward ? count - 1 : 0, backward); walk.MoveNext(); rank++)
        {
            var member = walk.Member.Text(digits);
            if (first < 0 && (backward ? range.Max.Ends(member) : range.Min.IsReachedBy(member))) first = rank;
            if (first >= 0 && !(backward ? range.Min.IsReachedBy(member) : range.Max.Ends(member))) break;
        }
        if (first < 0) return default;
        return backward ? RankRange.Between(count - rank, count - first) : RankRange.Between(first, rank);
    }

    // ---- walking

    /// <summary>The members from a rank on, upwards or downwards.</summary>
    public SortedSetWalk From(long rank, bool backward = false) => new(this, rank, backward);

    /// <summary>The members from a score on, upwards.</summary>
    public SortedSetWalk FromScore(double score)
    {
        if (IsTable) return From(Table.CountBelow(score, included: false));
        var rank = 0;
        for (var walk = From(0); walk.MoveNext() && walk.Score < score;) rank++;
        return From(rank);
    }

    /// <summary>The member at a walk's place.</summary>
    public PackedElement MemberAt(SortedSetPlace place) =>
        IsTable ? PackedElement.OfText(SortedTable.MemberAt(place.Value).Name) : _packed.MemberAt((int)place.Value);

    /// <summary>Adds the members of one position of a walk through a table to a list, as <see cref="FieldTable.Scan"/>.</summary>
    public ulong Scan(ulong cursor, FieldList found) => Table.Members.Scan(cursor, found);

    /// <summary>A random rank of a set that has members.</summary>
    public long SampleRank(ulong chance) => (long)Math.BigMul(chance, (ulong)Count, out _);

    /// <summary>Adds different members of a table, drawn at random, to an empty list.</summary>
    public void SampleDistinct(long count, ulong chance, FieldList found) => Table.Members.SampleDistinct(count, chance, found);
}

/// <summary>So many members from a rank on.</summary>
public readonly record struct RankRange(long First, long Count)
{
    /// <summary>The rank behind the last member.</summary>
    public long End => First + Count;

    public static RankRange Between(long first, long end) => first < end ? new(first, end - first) : default;
}

/// <summary>Where a member of a sorted set is. Ends with the next change of the set.</summary>
public readonly record struct SortedSetPlace
{
    internal SortedSetPlace(nint value) => Value = value;

    internal nint Value { get; }
}

/// <summary>Goes through the members of a sorted set in their order.</summary>
public ref struct SortedSetWalk
{
    private readonly bool _isTable;
    private PackedScoresWalk _packed;
    private SortedTableWalk _table;

    internal SortedSetWalk(SortedSetView set, long rank, bool backward)
    {
        _isTable = set.IsTable;
        if (_isTable) _table = set.Table.From(rank, backward);
        else if (set.Exists) _packed = set.Packed.From((int)rank, backward);
    }

    public readonly PackedElement Member => _isTable ? PackedElement.OfText(_table.Current.Name) : _packed.Member;

    public readonly double Score => _isTable ? _table.Score : _packed.Score;

    public readonly SortedSetPlace Place => new(_isTable ? _table.Place : _packed.Place);

    public bool MoveNext() => _isTable ? _table.MoveNext() : _packed.MoveNext();
}
