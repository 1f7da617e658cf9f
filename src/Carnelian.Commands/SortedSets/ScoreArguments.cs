namespace Carnelian;

/// <summary>Scores and ranges of sorted sets as requests give them, and as replies have them.</summary>
internal static class ScoreArguments
{
    /// <summary>Reads an argument as a number; otherwise the call has failed.</summary>
    /// <param name="error">Instead of the usual one.</param>
    public static bool TryScore(scoped ref Call call, int argument, out double score, string error = "ERR value is not a valid float")
    {
        if (TryRead(call.Args[argument], out score)) return true;
        call.Fail(error);
        return false;
    }

    /// <summary>As C's strtod reads the whole of a text (util.c, string2d): also in hexadecimal, but no NaN, no blanks, and nothing too large or too small.</summary>
    private static bool TryRead(ReadOnlySpan<byte> text, out double score)
    {
        if (!DoubleText.TryParse(text, out score))
        {
            if (!IsHexadecimal(text) || !LongDouble.TryParse(text, out var value)) return false;
            score = value.ToDouble();
            return double.IsFinite(score);
        }
        if (double.IsInfinity(score)) return text.ContainsAny("nN"u8);
        return score != 0 || !HasDigit(text);
    }

    private static bool IsHexadecimal(ReadOnlySpan<byte> text) => text.Length > 2 && text[..3].ContainsAny("xX"u8);

    /// <summary>A digit other than 0 before the exponent: what was read as 0 was too small.</summary>
    private static bool HasDigit(ReadOnlySpan<byte> text)
    {
        var exponent = text.IndexOfAny("eE"u8);
        return (exponent < 0 ? text : text[..exponent]).ContainsAnyInRange((byte)'1', (byte)'9');
    }

    /// <summary>Reads two arguments as the ends of a range of scores; otherwise the call has failed.</summary>
    public static bool TryRange(scoped ref Call call, int min, int max, out ScoreRange range)
    {
        range = default;
        if (TryBound(call.Args[min], out var least, out var withoutLeast) && TryBound(call.Args[max], out var greatest, out var withoutGreatest))
        {
            range = new(least, withoutLeast, greatest, withoutGreatest);
            return true;
        }
        call.Fail("ERR min or max is not a float");
        return false;
    }

    /// <summary>A C string: it ends at a NUL. Nothing is 0.</summary>
    private static bool TryBound(ReadOnlySpan<byte> text, out double score, out bool isWithout)
    {
        text = ByteText.UpToNul(text);
        isWithout = text.StartsWith("("u8);
        if (isWithout) text = text[1..];
        score = 0;
        return text.IsEmpty || DoubleText.TryParse(text, out score);
    }

    /// <summary>Reads two arguments as the ends of a range of members; otherwise the call has failed.</summary>
    public static bool TryRange(scoped ref Call call, int min, int max, out MemberRange range)
    {
        range = default;
        if (TryBound(call.Args[min], out var least) && TryBound(call.Args[max], out var greatest))
        {
            range = new(least, greatest);
            return true;
        }
        call.Fail("ERR min or max not valid string range item");
        return false;
    }

    private static bool TryBound(ReadOnlySpan<byte> text, out MemberBound bound)
    {
        bound = default;
        if (text.IsEmpty) return false;
        var isAlone = text.Length == 1 || text[1] == 0;
        switch (text[0])
        {
            case (byte)'-' when isAlone: bound = new(MemberBoundKind.Least, default); return true;
            case (byte)'+' when isAlone: bound = new(MemberBoundKind.Greatest, default); return true;
            case (byte)'[': bound = new(MemberBoundKind.Included, text[1..]); return true;
            case (byte)'(': bound = new(MemberBoundKind.Excluded, text[1..]); return true;
            default: return false;
        }
    }

    /// <summary>Announces so many members: with their scores a flat array, in RESP3 one of pairs.</summary>
    public static void BeginMembers(this scoped ref ReplyWriter reply, long count, bool withScores) => reply.Array(withScores && !reply.IsResp3 ? count * 2 : count);

    /// <summary>A member, with its score or without.</summary>
    public static void Member(this scoped ref ReplyWriter reply, scoped PackedElement member, double score, bool withScores)
    {
        if (withScores && reply.IsResp3) reply.Array(2);
        reply.Bulk(member);
        if (withScores) reply.Double(score);
    }

    /// <summary>Some members, upwards or downwards.</summary>
    public static void Members(this scoped ref ReplyWriter reply, SortedSetView set, RankRange ranks, bool withScores, bool backward = false)
    {
        reply.BeginMembers(ranks.Count, withScores);
        if (ranks.Count == 0) return;
        var walk = set.From(backward ? ranks.End - 1 : ranks.First, backward);
        for (var left = ranks.Count; left > 0 && walk.MoveNext(); left--) reply.Member(walk.Member, walk.Score, withScores);
    }
}
