namespace Carnelian;

/// <summary>Scores from one to another; either may be left out itself.</summary>
public readonly record struct ScoreRange(double Min, bool WithoutMin, double Max, bool WithoutMax)
{
    /// <summary>Not below the range.</summary>
    public bool Reaches(double score) => WithoutMin ? score > Min : score >= Min;

    /// <summary>Not above the range.</summary>
    public bool Contains(double score) => WithoutMax ? score < Max : score <= Max;
}

/// <summary>One end of a range of members.</summary>
public enum MemberBoundKind
{
    /// <summary>Before all members.</summary>
    Least,

    /// <summary>Behind all members.</summary>
    Greatest,

    /// <summary>A member, which belongs to the range.</summary>
    Included,

    /// <summary>A member, which does not.</summary>
    Excluded,
}

/// <summary>One end of a range of members, by their bytes.</summary>
public readonly ref struct MemberBound(MemberBoundKind kind, ReadOnlySpan<byte> text)
{
    public MemberBoundKind Kind { get; } = kind;

    public ReadOnlySpan<byte> Text { get; } = text;

    /// <summary>Whether a member is not below the range that begins here.</summary>
    public bool IsReachedBy(scoped ReadOnlySpan<byte> member) =>
        Kind == MemberBoundKind.Least || Kind != MemberBoundKind.Greatest && member.SequenceCompareTo(Text) >= (Kind == MemberBoundKind.Included ? 0 : 1);

    /// <summary>Whether a member is not above the range that ends here.</summary>
    public bool Ends(scoped ReadOnlySpan<byte> member) =>
        Kind == MemberBoundKind.Greatest || Kind != MemberBoundKind.Least && member.SequenceCompareTo(Text) <= (Kind == MemberBoundKind.Included ? 0 : -1);
}

/// <summary>Members from one to another, by their bytes: for sets whose members all have the same score.</summary>
public readonly ref struct MemberRange(MemberBound min, MemberBound max)
{
    public MemberBound Min { get; } = min;

    public MemberBound Max { get; } = max;
}

/// <summary>
/// Up to where a sorted set is packed: members (zset-max-listpack-entries), and bytes of one of them (zset-max-listpack-value). The rules are those of Redis 8.0
/// (t_zset.c).
/// </summary>
public readonly record struct SortedSetLimit(long MembersMax, long TextBytesMax)
{
    /// <summary>A listpack does not become longer (listpack.c, lpSafeToAdd).</summary>
    private const long BytesMax = 1 << 30;

    /// <summary>Whether a set with so many members may be packed.</summary>
    public bool AllowsCount(long members) => members <= MembersMax;

    public bool AllowsText(long textBytes) => textBytes <= TextBytesMax;

    /// <summary>Whether a set of so many members, with so many bytes of text between them, may be packed at all.</summary>
    public bool AllowsWhole(long members, long textBytes) => AllowsCount(members) && members <= PackedScores.CountMax && textBytes <= BytesMax;

    /// <summary>Whether a packed set may take one more member.</summary>
    public bool AllowsMore(PackedScores packed, int textBytes) => AllowsText(textBytes) && AllowsWhole(packed.Count + 1, packed.Bytes.Length + (long)textBytes);
}
