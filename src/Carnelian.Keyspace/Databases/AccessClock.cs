namespace Carnelian;

/// <summary>
/// When or how often keys are used: 26 bits in each entry, written whenever it is read or changed (Redis' evict.c), by policies that ignore reads
/// only when it is changed.
/// <code>
/// with an LFU policy:   | 0: 2                | minutes of the last use, modulo 2^16: 16 | logarithmic counter 8 |
/// with any other:       | quarter of second 2 | seconds of the last use, modulo 2^24: 24                          |
/// </code>
/// The lower 24 are Redis'. The quarters are for caches that turn over within seconds: by whole ones most keys would be of an age.
/// A change of policy rewrites nothing. Until an entry is used again, the new policy reads the bits of the old one as its own, as in Redis.
/// </summary>
public sealed class AccessClock(Keyspace keyspace) : IKeyspaceListener
{
    private const int SecondsMax = AccessMoment.SecondsMax, MinutesMax = AccessMoment.MinutesMax, CounterMax = AccessMoment.CounterMax;

    /// <summary>New keys have some uses in advance, so that they are not the first to go.</summary>
    private const int CounterOfNew = 5;

    private const int EveryUseCounts = -1;

    private const int QuartersMax = AccessMoment.QuartersMax, QuarterMs = AccessMoment.QuarterMs;

    /// <summary>What Redis has of the bits.</summary>
    public const int RedisMask = SecondsMax;

    private long _nowMs;

    /// <summary>Quarters of seconds, modulo 2^26.</summary>
    private int _quarters;

    /// <summary>
    /// The access bits of an entry that was used so recently that another use changes nothing. With -1, which no entry has, every use counts.
    /// </summary>
    public int Fresh { get; private set; }

    private KeyspaceOptions Options => keyspace.Options;

    public bool CountsUses => Options.EvictionPolicy.CountsUses();

    /// <summary>
    /// INFO's lru_clock. It follows the monotonic clock: if somebody set back the wall clock, all keys would look unused for months.
    /// </summary>
    public int Seconds => _quarters >> 2;

    private int Minutes => (int)(_nowMs / 60_000) & MinutesMax;

    /// <summary>Several times a second, and when the policy has changed.</summary>
    /// <param name="monotonicMs">Of the monotonic clock.</param>
    public void Advance(long monotonicMs)
    {
        _nowMs = monotonicMs;
        _quarters = (int)(monotonicMs / QuarterMs) & QuartersMax;
        Now = Seconds | (_quarters & 3) << 24;
        keyspace.Host.Access = CountsUses ? (Minutes << 8) | CounterOfNew : Now;
        Fresh = CountsUses ? EveryUseCounts : Now;
    }

    /// <summary>Notes a use of an entry that does not bear <see cref="Fresh"/>.</summary>
    internal void Freshen(EntryView entry)
    {
        if (keyspace.Author.LeavesNoTrace || Options.EvictionPolicy.IgnoresReads()) return;
        entry.Access = CountsUses ? (Minutes << 8) | Increased(Frequency(entry)) : Fresh;
    }

    /// <summary>The bits of an entry that is used now.</summary>
    private int Now { get; set; }

    /// <summary>Notes the use of an entry that came from elsewhere, as far as the policy counts it: how long ago, or how often; what is not known is negative.</summary>
    public void SetUse(EntryView entry, long idleSeconds, int frequency)
    {
        if (CountsUses && frequency >= 0) entry.Access = (Minutes << 8) | frequency;
        if (CountsUses || idleSeconds < 0) return;
        var at = Seconds - idleSeconds;
        entry.Access = (int)((at < 0 ? at + SecondsMax : at) & SecondsMax) | (_quarters & 3) << 24;
    }

    /// <summary>By what uses are told now.</summary>
    public AccessMoment Moment => new(Options.EvictionPolicy, _quarters, Minutes, Options.LfuDecayMinutes);

    /// <inheritdoc cref="AccessMoment.IdleMs"/>
    public long IdleMs(EntryView entry) => Moment.IdleMs(entry);

    /// <inheritdoc cref="AccessMoment.Frequency"/>
    public int Frequency(EntryView entry) => Moment.Frequency(entry);

    /// <summary>The higher the counter, the less probable a step: it takes about a million uses to fill it with a factor of 10.</summary>
    private int Increased(int counter)
    {
        if (counter == CounterMax) return counter;
        var chance = (keyspace.Randomness.Next() >> 11) * (1.0 / (1L << 53));
        return chance < 1.0 / ((double)Math.Max(0, counter - CounterOfNew) * Options.LfuLogFactor + 1) ? counter + 1 : counter;
    }

    // ---- changes

    KeyspaceEventClass IKeyspaceListener.Wants => KeyspaceEventClass.None;

    bool IKeyspaceListener.WantsModified => Options.EvictionPolicy.IgnoresReads();

    void IKeyspaceListener.OnModified(Author author, Database database, Key key)
    {
        // The key is being changed: nothing may move in its table, so that it is looked at without a step.
        var entry = database.Data.TableOf(key.Slot).Find(key.Bytes, key.Hash).View;
        if (entry.Exists) entry.Access = Now;
    }

    void IKeyspaceListener.OnFlushing(Database? database) { }

    void IKeyspaceListener.OnSwapping(Database one, Database other) { }

    void IKeyspaceListener.OnEvent(KeyspaceEventClass kind, ReadOnlySpan<byte> name, Database database, Key key) { }
}
