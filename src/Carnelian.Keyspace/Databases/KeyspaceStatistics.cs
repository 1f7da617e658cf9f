namespace Carnelian;

/// <summary>Counts since the start or CONFIG RESETSTAT.</summary>
public sealed class KeyspaceStatistics
{
    /// <summary>Keys that were looked up for reading and found, or not.</summary>
    public long Hits, Misses;

    /// <summary>Keys deleted because their time was over.</summary>
    public long Expired;

    /// <summary>Keys deleted to make room.</summary>
    public long Evicted;

    /// <summary>Fields of hashes deleted because their time was over.</summary>
    public long FieldsExpired;

    /// <summary>Packed parts of values from outside that were looked at in full.</summary>
    public long PayloadsSanitized;

    /// <summary>Keys and collections that were freed after the call that deleted them, and all keys that FLUSHALL and FLUSHDB deleted.</summary>
    public long LazilyFreed;

    /// <summary>Turns of the active expiry that ended because their time did.</summary>
    public long ExpiryTurnsCut;

    /// <summary>Part of the expiring keys whose time is over but which are still there, as the active expiry has lately seen it: 0 to 1.</summary>
    public double StaleRatio;

    internal void NoteExpiryTurn(long looked, long expired, bool cut)
    {
        const double NewPart = 0.05;
        if (cut) ExpiryTurnsCut++;
        StaleRatio = StaleRatio * (1 - NewPart) + (looked == 0 ? 0 : NewPart * expired / looked);
    }

    public void Reset()
    {
        Hits = Misses = Expired = Evicted = FieldsExpired = PayloadsSanitized = LazilyFreed = ExpiryTurnsCut = 0;
        StaleRatio = 0;
    }
}
