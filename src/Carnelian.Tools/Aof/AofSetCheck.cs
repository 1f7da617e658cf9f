namespace Carnelian;

/// <summary>Checks all files of an append-only set, or the one file there is.</summary>
internal sealed class AofSetCheck(ToolConsole console, AofCheckOptions options) : IDisposable
{
    private readonly BlockAllocator _allocator = new(new());

    /// <summary>Lines read of all files so far: the count goes on from file to file.</summary>
    private long _lines = 1;

    /// <summary>A file of the set tells that it was there at the moment to which it is to be cut off.</summary>
    private bool _hasBefore;

    public AofSummary Summary { get; } = new();

    public void Dispose() => _allocator.Dispose();

    /// <param name="path">Of a manifest, or of a file of commands.</param>
    public bool Run(string path)
    {
        if (!TryLookAt(path, out var isManifest, out var beginsWithRdb)) return false;
        if (isManifest) return CheckSet(path);
        console.PrintLine("Start checking Old-Style AOF");
        var name = ByteText.FromText(path);
        return Check(new(name, path, IsLast: true, beginsWithRdb), "AOF");
    }

    private bool CheckSet(string path)
    {
        console.PrintLine("Start checking Multi Part AOF");
        if (!TryManifest(path, out var manifest)) return false;
        var folder = path.LastIndexOf('/') is >= 0 and var slash ? path[..(slash + 1)] : "./";
        if (manifest.Base is { } first)
        {
            var file = FileOf(first, folder, manifest.Increments.Count == 0);
            if (!TryLookAt(file.Path, out _, out var isRdb)) return false;
            console.PrintLine($"Start to check BASE AOF ({(isRdb ? "RDB" : "RESP")} format).");
            if (!Check(file with { BeginsWithRdb = isRdb }, "BASE AOF")) return false;
        }
        if (manifest.Increments.Count > 0) console.PrintLine("Start to check INCR files.");
        for (var i = 0; i < manifest.Increments.Count; i++)
        {
            if (!Check(FileOf(manifest.Increments[i], folder, i == manifest.Increments.Count - 1), "INCR AOF")) return false;
        }
        console.PrintLine("All AOF files and manifest are valid");
        return true;
    }

    private static AofFile FileOf(AppendOnlyFileInfo info, string folder, bool isLast) => new(info.Name, folder + (ByteText.ToText(info.Name) ?? info.Name), isLast, BeginsWithRdb: false);

    private bool TryManifest(string path, out AppendOnlyManifest manifest)
    {
        manifest = AppendOnlyManifest.Empty;
        var read = console.World.Disk.ReadAll(path);
        if (read.Value is null)
        {
            console.PrintLine($"Cannot read file: {ByteText.FromText(path)}");
            return false;
        }
        if (ManifestText.TryParse(read.Value, out manifest, out var error)) return true;
        foreach (var line in error!.LogLines) console.PrintLine(line);
        return false;
    }

    /// <summary>False if the file cannot be read, which is said then.</summary>
    private bool TryLookAt(string path, out bool isManifest, out bool beginsWithRdb)
    {
        (isManifest, beginsWithRdb) = (false, false);
        var opened = console.World.Disk.Open(path, DiskOpenMode.Read);
        if (opened.Value is not { } file)
        {
            console.PrintLine($"Cannot open file {ByteText.FromText(path)}: {opened.Status.Error}");
            return false;
        }
        using (file)
        {
            var beginning = new byte[Math.Min(file.Length, AofFile.LookedAtBytes)];
            var read = file.ReadAt(0, beginning);
            if (!read.Status.Ok)
            {
                console.PrintLine($"Cannot read file: {ByteText.FromText(path)}");
                return false;
            }
            isManifest = AofFile.IsManifest(beginning.AsSpan(0, read.Value));
            beginsWithRdb = read.Value >= 8 && AppendOnlyReader.BeginsWithRdb(beginning.AsSpan(0, read.Value));
        }
        return true;
    }

    private bool Check(AofFile file, string kind)
    {
        using var check = new AofFileCheck(console, options, file with { FollowsMoment = _hasBefore }, _allocator, Summary) { Lines = _lines };
        var outcome = check.Run();
        _lines = check.Lines;
        _hasBefore |= check.HasBefore;
        switch (outcome)
        {
            case AofOutcome.Valid:
                console.PrintLine($"{kind} {file.Name} is valid");
                return true;
            case AofOutcome.Empty:
                console.PrintLine($"{kind} {file.Name} is empty");
                return true;
            case AofOutcome.TruncatedToTimestamp:
                console.PrintLine($"Successfully truncated AOF {file.Name} to timestamp {options.ToTimestamp}");
                return true;
            case AofOutcome.Truncated:
                console.PrintLine($"Successfully truncated AOF {file.Name}");
                return true;
            default: return false;
        }
    }
}

/// <summary>A file that is to be checked.</summary>
/// <param name="Name">Byte text, as the manifest or the user has it.</param>
/// <param name="IsLast">Nothing follows it, so it may be cut off.</param>
/// <param name="FollowsMoment">The files before it were there at the moment to which the set is to be cut off: nothing of this one may be what is right.</param>
internal sealed record AofFile(string Name, string Path, bool IsLast, bool BeginsWithRdb, bool FollowsMoment = false)
{
    /// <summary>Enough to tell a manifest, whose first lines may be comments.</summary>
    public const int LookedAtBytes = 64 << 10;

    /// <summary>Behind comments, its first line begins as each line of a manifest does.</summary>
    public static bool IsManifest(ReadOnlySpan<byte> beginning)
    {
        while (beginning.Length > 0 && beginning[0] == '#') beginning = beginning[(beginning.IndexOf((byte)'\n') is >= 0 and var end ? end + 1 : beginning.Length)..];
        return beginning.StartsWith("file"u8);
    }
}

/// <summary>What became of a file.</summary>
internal enum AofOutcome
{
    /// <summary>It is not whole, or cannot be read or cut off; that was said.</summary>
    Refused,
    Valid,
    Empty,
    Truncated,
    TruncatedToTimestamp,
}
