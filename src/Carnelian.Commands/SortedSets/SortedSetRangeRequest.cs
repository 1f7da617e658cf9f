namespace Carnelian;

internal enum RangeOrder
{
    Rank,
    Score,
    Member,
}

/// <summary>A range of a sorted set as a request names it, with its options: <c>key min max [BYSCORE | BYLEX] [REV] [LIMIT offset count] [WITHSCORES]</c>.</summary>
internal ref struct SortedSetRangeRequest
{
    private long _start, _stop;
    private ScoreRange _scores;
    private MemberRange _members;

    /// <summary>Members of the range that are left out first, and how many are taken then; negative: all.</summary>
    private long _offset, _limit;

    public RangeOrder Order { get; private set; }

    public bool Backward { get; private set; }

    public bool WithScores { get; private set; }

    /// <summary>Reads the range's two ends alone; otherwise the call has failed.</summary>
    public static SortedSetRangeRequest Read(scoped ref Call call, RangeOrder order)
    {
        var request = new SortedSetRangeRequest { Order = order, _limit = -1 };
        request.ReadEnds(ref call, 2, 3);
        return request;
    }

    /// <summary>As <see cref="Read(ref Call, RangeOrder)"/>, with options.</summary>
    /// <param name="first">The argument that names the set.</param>
    /// <param name="order">The only one there is, or null: the options say.</param>
    public static SortedSetRangeRequest Read(scoped ref Call call, int first, RangeOrder? order, bool backward = false, bool stores = false)
    {
        var request = new SortedSetRangeRequest { Order = order ?? RangeOrder.Rank, Backward = backward, _limit = -1 };
        if (!request.TryReadOptions(ref call, first + 3, order is null, !stores)) return default;
        if (request._limit != -1 && request.Order == RangeOrder.Rank) call.Fail("ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX");
        else if (request.WithScores && request.Order == RangeOrder.Member) call.Fail("ERR syntax error, WITHSCORES not supported in combination with BYLEX");
        else if (request.Backward && request.Order != RangeOrder.Rank) request.ReadEnds(ref call, first + 2, first + 1);
        else request.ReadEnds(ref call, first + 1, first + 2);
        return request;
    }

    private bool TryReadOptions(scoped ref Call call, int first, bool choosesOrder, bool acceptsScores)
    {
        var options = new OptionReader(call.Args, first);
        // What was chosen once is chosen: the other one is no option any more, and neither is the same.
        while (options.Next())
        {
            if (acceptsScores && options.Is("withscores"u8)) WithScores = true;
            else if (options.Takes("limit"u8, out var argument, 2))
            {
                if (!call.TryInteger(argument, out _offset) || !call.TryInteger(argument + 1, out _limit)) return false;
            }
            else if (choosesOrder && !Backward && options.Is("rev"u8)) Backward = true;
            else if (choosesOrder && Order == RangeOrder.Rank && options.Is("bylex"u8)) Order = RangeOrder.Member;
            else if (choosesOrder && Order == RangeOrder.Rank && options.Is("byscore"u8)) Order = RangeOrder.Score;
            else options.FailSyntax();
        }
        return options.Ends(ref call);
    }

    private void ReadEnds(scoped ref Call call, int min, int max)
    {
        if (Order == RangeOrder.Score) ScoreArguments.TryRange(ref call, min, max, out _scores);
        else if (Order == RangeOrder.Member) ScoreArguments.TryRange(ref call, min, max, out _members);
        else if (call.TryInteger(min, out _start)) call.TryInteger(max, out _stop);
    }

    /// <summary>Which members of a set are meant.</summary>
    public readonly RankRange Find(SortedSetView set)
    {
        if (Order != RangeOrder.Rank) return Limit(set, Order == RangeOrder.Score ? set.Range(_scores) : set.Range(_members, Backward));
        var (first, count) = ListEnds.Range(set.Count, _start, _stop);
        return new(Backward && count > 0 ? set.Count - first - count : first, count);
    }

    /// <summary>
    /// A negative offset finds nothing in a packed set; in another one it counts from the range's other end, and what is taken goes on from there, as in Redis.
    /// </summary>
    private readonly RankRange Limit(SortedSetView set, RankRange range)
    {
        if (range.Count == 0 || _offset < 0 && !set.IsTable || _offset >= range.Count || _offset < -range.Count) return default;
        var left = _offset < 0 ? -_offset : range.Count - _offset;
        var count = _limit < 0 ? left : Math.Min(_limit, left);
        return RankRange.Between(Backward ? range.First + left - count : range.End - left, Backward ? range.First + left : range.End - left + count);
    }
}
