namespace Carnelian;

/// <summary>Reads sorted sets: members with scores in binary or as text, a ziplist, a listpack.</summary>
internal readonly struct RdbSortedSetReader(RdbTools tools)
{
    private const string MemberTwice = "a sorted set has a member twice";

    private SortedSetLimit Limit => tools.Host.SortedSetLimit;

    public RdbOutcome Read(scoped ref RdbReader input, RdbType type, scoped ref KeyEdit key, long expiryMs) =>
        type is RdbType.SortedSet or RdbType.SortedSet2 ? ReadMembers(ref input, type, ref key, expiryMs) : ReadPacked(ref input, type, ref key, expiryMs);

    private RdbOutcome ReadMembers(scoped ref RdbReader input, RdbType type, scoped ref KeyEdit key, long expiryMs)
    {
        if (!input.TryCount(out var count, 2)) return RdbOutcome.Damaged;
        if (count == 0) return RdbOutcome.Empty;
        var set = tools.Keyspace.NewSortedSet();
        if (!Limit.AllowsCount(count)) set.Unpack(RdbTools.Sized(count));
        var isWhole = true;
        for (; count > 0 && isWhole; count--)
        {
            var offset = input.Offset;
            double score = 0;
            isWhole = input.TryKeptString(tools.Name, out var member)
                && (type == RdbType.SortedSet2 ? input.TryDouble(out score) : input.TryDoubleText(out score))
                && (!double.IsNaN(score) || input.Fail("a score is no number", offset))
                && (set.Set(member, ref score) == ScoreOutcome.Added || input.Fail(MemberTwice, offset));
        }
        set.Settle();
        return tools.End(isWhole, ref key, expiryMs);
    }

    private RdbOutcome ReadPacked(scoped ref RdbReader input, RdbType type, scoped ref KeyEdit key, long expiryMs)
    {
        var offset = input.Offset;
        var form = type == RdbType.SortedSetZipList ? "Zset ziplist" : "Zset listpack";
        var isRead = type == RdbType.SortedSetZipList
            ? tools.TryZipList(ref input, form, out var listPack, out var elements)
            : tools.TryListPack(ref input, form, out listPack, out elements);
        if (!isRead) return RdbOutcome.Damaged;
        if (!TryCheck(ref input, form, offset, elements, out var isOrdered)) return RdbOutcome.Damaged;
        if (elements.Count == 0) return RdbOutcome.Empty;
        var isSmall = Limit.AllowsCount(elements.Count / 2) && elements.FitPacked;
        if (isSmall && isOrdered)
        {
            if (tools.Duplicates.AreIn(elements, 2, tools.Host))
            {
                input.Fail(form + RdbTools.Damaged + ": a member twice", offset);
                return RdbOutcome.Damaged;
            }
            tools.Write(ref key, ValueType.SortedSet, ValueEncoding.ListPack, tools.Pack(listPack, elements).Bytes, expiryMs);
            return RdbOutcome.Read;
        }
        var set = tools.Keyspace.NewSortedSet();
        if (!isSmall) set.Unpack(RdbTools.Sized(elements.Count / 2));
        Span<byte> digits = stackalloc byte[PackedElement.IntegerTextMax];
        var isWhole = true;
        for (var walk = elements.Walk(); isWhole && walk.MoveNext();)
        {
            var member = walk.Current;
            walk.MoveNext();
            var score = PackedScores.ScoreOf(walk.Current);
            isWhole = set.Set(member.Text(digits), ref score) == ScoreOutcome.Added || input.Fail(MemberTwice, offset);
        }
        set.Settle();
        return tools.End(isWhole, ref key, expiryMs);
    }

    /// <param name="isOrdered">By score, then by member, as a packed set must be.</param>
    private static bool TryCheck(scoped ref RdbReader input, string form, long offset, scoped in CheckedElements elements, out bool isOrdered)
    {
        isOrdered = true;
        if (elements.Count % 2 != 0) return input.Fail(form + RdbTools.Damaged + ": the last member has no score", offset);
        Span<byte> digits = stackalloc byte[PackedElement.IntegerTextMax], digitsBefore = stackalloc byte[PackedElement.IntegerTextMax];
        var scoreBefore = double.NaN;
        PackedElement memberBefore = default;
        for (var walk = elements.Walk(); walk.MoveNext();)
        {
            var member = walk.Current;
            walk.MoveNext();
            if (!PackedScores.TryScoreOf(walk.Current, out var score)) return input.Fail(form + RdbTools.Damaged + ": a score is no number", offset);
            isOrdered &= !(score < scoreBefore) && (score != scoreBefore || memberBefore.Text(digitsBefore).SequenceCompareTo(member.Text(digits)) < 0);
            scoreBefore = score;
            memberBefore = member;
        }
        return true;
    }
}
