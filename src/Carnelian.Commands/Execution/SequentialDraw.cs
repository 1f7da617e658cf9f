namespace Carnelian;

/// <summary>Draws some of many in one pass: each is taken with the chance that it belongs to those which are still wanted.</summary>
internal struct SequentialDraw(long wanted, long left)
{
    private long _wanted = wanted, _left = left;

    public readonly bool IsOver => _wanted == 0;

    /// <summary>Whether the next one is taken.</summary>
    public bool Takes(Randomness randomness)
    {
        var takes = _wanted == _left || (long)Math.BigMul(randomness.Next(), (ulong)_left, out _) < _wanted;
        _left--;
        if (takes) _wanted--;
        return takes;
    }
}
