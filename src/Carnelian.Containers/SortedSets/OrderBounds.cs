namespace Carnelian;

/// <summary>A place in the order of a sorted set: what is before it comes first.</summary>
internal interface IOrderBound
{
    bool IsBehind(in ScoreSlot slot);
}

/// <summary>Before a member of a score or behind it.</summary>
internal readonly unsafe ref struct MemberPlace(double score, ReadOnlySpan<byte> member, bool isBehind) : IOrderBound
{
    private readonly ReadOnlySpan<byte> _member = member;

    public bool IsBehind(in ScoreSlot slot) =>
        slot.Score == score ? Field.Name(slot.Member).SequenceCompareTo(_member) < (isBehind ? 1 : 0) : slot.Score < score;
}

/// <summary>Before all members of a score, or behind them.</summary>
internal readonly struct ScorePlace(double score, bool isBehind) : IOrderBound
{
    public bool IsBehind(in ScoreSlot slot) => isBehind ? slot.Score <= score : slot.Score < score;
}

/// <summary>Before a member or behind it, where all have the same score.</summary>
internal readonly unsafe ref struct NamePlace(ReadOnlySpan<byte> member, bool isBehind) : IOrderBound
{
    private readonly ReadOnlySpan<byte> _member = member;

    public bool IsBehind(in ScoreSlot slot) => Field.Name(slot.Member).SequenceCompareTo(_member) < (isBehind ? 1 : 0);
}
