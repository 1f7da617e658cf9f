namespace Carnelian;

public sealed class KeyspaceStatistics
{
    public long Hits, Misses, Expired;

    /// <summary>Keys and collections that were freed after the call that deleted them, and all keys that FLUSHALL and FLUSHDB deleted.</summary>
    public long LazilyFreed;

    /// <summary>Turns of the active expiry that ended because their time did.</summary>
    public long ExpiryTurnsCut;

    /// <summary>Of the keys that expire, those that are over and still there, as far as the active expiry saw them lately: 0 to 1.</summary>
    public double StaleRatio;

    internal void NoteExpiryTurn(long looked, long expired, bool cut)
    {
        const double newPart = 0.05;
        if (cut) ExpiryTurnsCut++;
        StaleRatio = StaleRatio * (1 - newPart) + (looked == 0 ? 0 : newPart * expired / looked);
    }

    public void Reset()
    {
        Hits = Misses = Expired = LazilyFreed = ExpiryTurnsCut = 0;
        StaleRatio = 0;
    }
}
