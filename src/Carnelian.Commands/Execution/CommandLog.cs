namespace Carnelian;

/// <summary>One request that is worth a look.</summary>
/// <param name="Value">What of it was noticed: microseconds, or bytes.</param>
public sealed record CommandLogEntry(long Id, long UnixSeconds, long Value, byte[][] Arguments, string ClientAddress, byte[] ClientName);

/// <summary>
/// The latest requests of which something reached a threshold. Arguments are cut as Redis cuts them, so that an entry stays small.
/// </summary>
public sealed class CommandLog(CommandLogs logs, long threshold)
{
    private const int ArgumentsMax = 32, ArgumentBytesMax = 128;

    private readonly LinkedList<CommandLogEntry> _entries = new();
    private long _nextId;

    /// <summary>Negative: off, 0: everything.</summary>
    public long Threshold
    {
        get;
        set
        {
            field = value;
            logs.Refresh();
        }
    } = threshold;

    /// <summary>0: nothing is logged, and earlier entries stay.</summary>
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
    public IReadOnlyCollection<CommandLogEntry> Entries => _entries;

    /// <summary>The threshold for comparison: nothing reaches it while the log is off.</summary>
    internal long From => Threshold < 0 ? long.MaxValue : Threshold;

    internal void Note(in Call call, long value)
    {
        if (value < From || LengthMax == 0) return;
        _entries.AddFirst(new CommandLogEntry(_nextId++, call.NowMs / 1000, value, Cut(in call), call.IsOfScript ? "" : call.Client.Address, call.IsOfScript ? [] : call.Client.Name));
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
