using System.Text;

namespace Carnelian;

/// <summary>What spikes of latency are told apart by, under Redis' names.</summary>
public static class LatencyEvents
{
    public const string Command = "command", FastCommand = "fast-command", ExpireCycle = "expire-cycle", ExpireDelete = "expire-del", DefragmentationCycle = "active-defrag-cycle",
        EvictionCycle = "eviction-cycle", EvictionDelete = "eviction-del";
}

/// <summary>Spikes of latency: what took latency-monitor-threshold or longer, by kind of event; of each the latest 160 seconds in which there were any.</summary>
public sealed class LatencyMonitor(Clock clock, Keyspace keyspace, CommandLogs logs) : IExpiryTimer
{
    private const long NanosecondsPerMillisecond = 1_000_000;

    private readonly List<LatencySeries> _series = [];

    /// <summary>Milliseconds; 0: off.</summary>
    public long ThresholdMs
    {
        get;
        set
        {
            field = value;
            logs.Refresh();
            keyspace.ExpiryTimer = IsOn ? this : null;
        }
    }

    public bool IsOn => ThresholdMs > 0;

    internal long FromNanoseconds => IsOn && ThresholdMs < long.MaxValue / NanosecondsPerMillisecond ? ThresholdMs * NanosecondsPerMillisecond : long.MaxValue;

    /// <summary>In the order in which each kind of event was first noted.</summary>
    public IReadOnlyList<LatencySeries> Series => _series;

    public LatencySeries? Find(ReadOnlySpan<byte> name)
    {
        foreach (var series in _series)
        {
            if (Ascii.Equals(name, series.Name)) return series;
        }
        return null;
    }

    /// <summary>Notes an event that has just ended, if it took long enough.</summary>
    /// <param name="name">One of <see cref="LatencyEvents"/>.</param>
    public void Note(string name, long nanoseconds)
    {
        if (nanoseconds >= FromNanoseconds) SeriesOf(name).Add(clock.UnixMicroseconds / 1_000_000, nanoseconds / NanosecondsPerMillisecond);
    }

    private LatencySeries SeriesOf(string name)
    {
        foreach (var series in _series)
        {
            if (series.Name == name) return series;
        }
        _series.Add(new(name));
        return _series[^1];
    }

    /// <summary>An event begins; the clock is looked at only while the monitor is on.</summary>
    public long Begin() => IsOn ? clock.MonotonicNanoseconds : 0;

    /// <summary>The event that began then is over.</summary>
    public void End(string name, long began)
    {
        if (began > 0) Note(name, clock.MonotonicNanoseconds - began);
    }

    void IExpiryTimer.End(long began) => End(LatencyEvents.ExpireDelete, began);

    /// <summary>Forgets one kind of event, whose name may be in any case, or all. Returns how many these were.</summary>
    public int Reset(ReadOnlySpan<byte> name, bool all)
    {
        var before = _series.Count;
        for (var i = before - 1; i >= 0; i--)
        {
            if (all || Ascii.EqualsIgnoreCase(name, _series[i].Name)) _series.RemoveAt(i);
        }
        return before - _series.Count;
    }
}
