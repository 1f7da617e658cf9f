namespace Carnelian;

/// <summary>What things that are freed bit by bit, one after the other, will give back, as far as was known when they came: the less is left, the more exactly.</summary>
public struct PendingMemory
{
    private bool _hasBegun;
    private long _ofFirst;

    public long Bytes { get; private set; }

    public void Add(long bytes) => Bytes += bytes;

    /// <summary>A part of the first was freed. More may come back than was known, and some of what was known may never come.</summary>
    /// <param name="announced">What it was added with.</param>
    /// <param name="isAll">It is freed, and the next one is the first.</param>
    public void NoteFreed(long announced, long freed, bool isAll)
    {
        if (!_hasBegun) _ofFirst = announced;
        var left = isAll ? 0 : Math.Max(0, _ofFirst - freed);
        Bytes -= _ofFirst - left;
        (_hasBegun, _ofFirst) = (!isAll, left);
    }
}
