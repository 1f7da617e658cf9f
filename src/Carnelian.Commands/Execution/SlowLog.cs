namespace Carnelian;

/// <summary>One request that took long.</summary>
public sealed record SlowLogEntry(long Id, long UnixSeconds, long Microseconds, byte[][] Arguments, string ClientAddress, byte[] ClientName);

/// <summary>
/// The latest requests that took longer than a threshold. Arguments are cut as Redis cuts them, so that an entry stays small.
/// </summary>
public sealed class SlowLog
{
    private const int ArgumentsMax = 32, ArgumentBytesMax = 128;

    private readonly LinkedList<SlowLogEntry> _entries = new();
    private long _nextId;

    /// <summary>slowlog-log-slower-than; negative: off, 0: everything.</summary>
    public long ThresholdMicroseconds
    {
        get;
        set
        {
            field = value;
            ThresholdNanoseconds = value is < 0 or > long.MaxValue / 1000 ? long.MaxValue : value * 1000;
        }
    } = 10000;

    /// <summary>slowlog-max-len; 0: nothing is logged, and earlier entries stay.</summary>
    public long LengthMax
    {
        get;
        set
        {
            field = value;
            Trim();
        }
    } = 128;

    /// <summary>Newest first.</summary>
    public IReadOnlyCollection<SlowLogEntry> Entries => _entries;

    /// <summary>The threshold for comparison with durations.</summary>
    public long ThresholdNanoseconds { get; private set; } = 10000 * 1000;

    public void Add(in Call call, long microseconds, long unixSeconds)
    {
        if (LengthMax == 0) return;
        _entries.AddFirst(new SlowLogEntry(_nextId++, unixSeconds, microseconds, Cut(in call), call.Client.Address, call.Client.Name));
        Trim();
    }

    public void Reset() => _entries.Clear();

    private void Trim()
    {
        if (LengthMax == 0) return;
        while (_entries.Count > LengthMax) _entries.RemoveLast();
    }

    private static byte[][] Cut(in Call call)
    {
        var count = call.Args.Count;
        var cut = new byte[Math.Min(count, ArgumentsMax)][];
        for (var i = 0; i < cut.Length; i++)
        {
            var argument = call.Showable(i);
            cut[i] = argument.Length <= ArgumentBytesMax
                ? argument.ToArray()
                : [.. argument[..ArgumentBytesMax], .. ByteText.ToBytes($"... ({argument.Length - ArgumentBytesMax} more bytes)")];
        }
        if (count > ArgumentsMax) cut[^1] = ByteText.ToBytes($"... ({count - ArgumentsMax + 1} more arguments)");
        return cut;
    }
}
