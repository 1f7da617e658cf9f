namespace Carnelian;

/// <summary>What an RDB file has, counted while it is read: by form, by database, and the longest values. Takes no more memory for a larger file.</summary>
internal sealed class RdbSummary
{
    /// <summary>A file that says so may have keys in as many databases as it likes; so many are told apart.</summary>
    private const int DatabasesMax = 1024;

    private const int LongestMax = 5, NameBytesMax = 64;

    private readonly SortedDictionary<long, (long Keys, long Expiring)> _databases = [];
    private readonly FormCounts[] _forms = new FormCounts[byte.MaxValue + 1];
    private readonly List<LongValue> _longest = [];

    private struct FormCounts
    {
        public long Keys, Expiring, Elements, Bytes, BytesMax;
    }

    private sealed record LongValue(long Bytes, string Form, string Name, long Database);

    public int Version { get; set; }

    public long Bytes { get; set; }

    /// <summary>Keys begun, the last of which may not be whole.</summary>
    public long Keys { get; set; }

    public long Expiring { get; private set; }

    /// <summary>Of those that expire, those whose time is over.</summary>
    public long Over { get; private set; }

    /// <summary>Hashes with fields that expire.</summary>
    public long FieldsExpiring { get; private set; }

    public long EmptyKeys { get; set; }

    public long Libraries { get; set; }

    public long LibraryBytes { get; set; }

    public long ModuleParts { get; set; }

    /// <param name="bytes">Of the value, in the file.</param>
    public void Add(scoped in RdbKey key, ValueFacts facts, long bytes, long nowMs)
    {
        var expires = key.ExpiryMs != EntryView.NoExpiry ? 1 : 0;
        Expiring += expires;
        if (expires > 0 && key.ExpiryMs < nowMs) Over++;
        if (facts.FieldsExpire) FieldsExpiring++;
        ref var form = ref _forms[key.Type];
        form.Keys++;
        form.Expiring += expires;
        form.Elements += facts.Elements;
        form.Bytes += bytes;
        form.BytesMax = Math.Max(form.BytesMax, bytes);
        var (keys, expiring) = _databases.GetValueOrDefault(key.Database);
        if (keys > 0 || _databases.Count < DatabasesMax) _databases[key.Database] = (keys + 1, expiring + expires);
        if (_longest.Count < LongestMax || bytes > _longest[^1].Bytes) AddLong(key, bytes);
    }

    private void AddLong(scoped in RdbKey key, long bytes)
    {
        var name = ByteText.FromBytes(ArgumentSplitter.Quote(key.Name[..Math.Min(key.Name.Length, NameBytesMax)])) + (key.Name.Length > NameBytesMax ? "..." : "");
        var at = _longest.FindIndex(value => value.Bytes < bytes);
        _longest.Insert(at < 0 ? _longest.Count : at, new(bytes, RdbForms.NameOf(key.Type, key.Version), name, key.Database));
        if (_longest.Count > LongestMax) _longest.RemoveAt(LongestMax);
    }

    /// <param name="bytesBehind">Of the file, behind its end.</param>
    public void Print(ToolConsole console, long bytesBehind = 0)
    {
        if (Version == 0) return;
        Line(console, $"RDB version {Version}, {Amount(Bytes, "byte")}");
        if (bytesBehind > 0) Line(console, $"behind its end: {Amount(bytesBehind, "byte")}");
        if (Libraries > 0) Line(console, $"functions: {Amount(LibraryBytes, "byte")} of {(Libraries == 1 ? "a library" : $"{Libraries} libraries")}");
        if (ModuleParts > 0) Line(console, $"of modules, without a key: {Amount(ModuleParts, "part")}");
        if (EmptyKeys > 0) Line(console, $"without elements, and left out when the file is loaded: {Amount(EmptyKeys, "key")}");
        foreach (var (number, counts) in _databases) Line(console, $"database {number}: {Amount(counts.Keys, "key")}, {counts.Expiring} with an expiry");
        PrintForms(console);
        foreach (var value in _longest) Line(console, $"{value.Bytes} bytes: {value.Form} {value.Name} in database {value.Database}");
    }

    private void PrintForms(ToolConsole console)
    {
        FormCounts all = default;
        PrintRow(console, "form", "keys", "with expiry", "elements", "bytes", "longest");
        for (var type = 0; type < _forms.Length; type++)
        {
            var form = _forms[type];
            if (form.Keys == 0) continue;
            PrintRow(console, RdbForms.NameOf(type, Version), form);
            all.Keys += form.Keys;
            all.Expiring += form.Expiring;
            all.Elements += form.Elements;
            all.Bytes += form.Bytes;
            all.BytesMax = Math.Max(all.BytesMax, form.BytesMax);
        }
        PrintRow(console, "all", all);
    }

    private static void PrintRow(ToolConsole console, string name, in FormCounts counts) =>
        PrintRow(console, name, $"{counts.Keys}", $"{counts.Expiring}", $"{counts.Elements}", $"{counts.Bytes}", $"{counts.BytesMax}");

    private static void PrintRow(ToolConsole console, string name, string keys, string expiring, string elements, string bytes, string bytesMax) =>
        Line(console, $"{name,-30}{keys,13}{expiring,13}{elements,13}{bytes,16}{bytesMax,13}");

    private static string Amount(long number, string thing) => number == 1 ? $"1 {thing}" : $"{number} {thing}s";

    private static void Line(ToolConsole console, string text) => console.PrintLine($"[summary] {text}");
}
