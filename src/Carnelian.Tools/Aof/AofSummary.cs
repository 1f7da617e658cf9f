namespace Carnelian;

/// <summary>What the files of an append-only set have, counted while they are read.</summary>
internal sealed class AofSummary
{
    private readonly List<AofFileSummary> _files = [];

    public AofFileSummary Begin(string name)
    {
        var file = new AofFileSummary(name);
        _files.Add(file);
        return file;
    }

    public void Print(ToolConsole console)
    {
        foreach (var file in _files) file.Print(console);
    }
}

/// <summary>What one file has: commands by name, moments, records with checksums, and the RDB file that it may begin with.</summary>
internal sealed class AofFileSummary(string name)
{
    /// <summary>A damaged file may have any number of words where commands stand.</summary>
    private const int NamesMax = 512, NameBytesMax = 40, NamesShown = 10;

    private readonly Dictionary<string, long> _names = new(StringComparer.OrdinalIgnoreCase);
    private long _commands, _firstTimestamp, _lastTimestamp;

    public long Bytes { get; set; }

    /// <summary>Records that have a checksum, which is right.</summary>
    public long Verified { get; set; }

    public RdbSummary? Rdb { get; set; }

    public void AddCommand(ReadOnlySpan<byte> word)
    {
        _commands++;
        if (word.Length > NameBytesMax) return;
        var text = ByteText.FromBytes(word);
        if (_names.TryGetValue(text, out var count) || _names.Count < NamesMax) _names[text] = count + 1;
    }

    public void AddTimestamp(long seconds)
    {
        if (_firstTimestamp == 0) _firstTimestamp = seconds;
        _lastTimestamp = seconds;
    }

    public void Print(ToolConsole console)
    {
        console.PrintLine($"[summary] {name}: {Bytes} bytes, {_commands} commands");
        Rdb?.Print(console);
        if (_commands > 0)
        {
            var names = _names.OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key, StringComparer.OrdinalIgnoreCase).Take(NamesShown);
            console.PrintLine($"[summary] {string.Join(", ", names.Select(pair => $"{pair.Key.ToUpperInvariant()} {pair.Value}"))}{(_names.Count > NamesShown ? ", ..." : "")}");
        }
        if (_firstTimestamp != 0) console.PrintLine($"[summary] timestamps from {_firstTimestamp} ({Date(_firstTimestamp)}) to {_lastTimestamp} ({Date(_lastTimestamp)})");
        if (Verified > 0) console.PrintLine($"[summary] {Verified} records with a checksum that is right");
    }

    private static string Date(long seconds) =>
        seconds is >= 0 and < 253_402_300_800 ? $"{DateTime.UnixEpoch.AddSeconds(seconds):yyyy-MM-dd HH:mm:ss} UTC" : "no date";
}
