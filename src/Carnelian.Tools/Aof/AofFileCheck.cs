using System.Globalization;

namespace Carnelian;

/// <summary>
/// Checks one file with the reader that a server loads it with, so that both accept the same. What is wrong with a record is put into redis-check-aof's words by <see cref="RecordFault"/>.
/// </summary>
internal sealed class AofFileCheck(ToolConsole console, AofCheckOptions options, AofFile file, BlockAllocator allocator, AofSummary summary) : IDisposable
{
    private readonly AofFileSummary _counts = summary.Begin(file.Name);
    private DiskFile? _file;

    /// <summary>Behind the last item that is in no open transaction: what is whole.</summary>
    private long _wholeUpTo;

    /// <summary>Where the text was read last that redis-check-aof gives as the place of an error.</summary>
    private long _place;

    /// <summary>When the RDB file was begun that this one begins with; 0: nobody says.</summary>
    private long _createdSeconds;

    /// <summary>It has something of which it is known that it was there at the moment to which the set is to be cut off.</summary>
    public bool HasBefore { get; private set; }

    /// <summary>How many lines of commands have been read, from 1 on.</summary>
    public long Lines { get; set; }

    private string Path => ByteText.FromText(file.Path);

    public AofOutcome Run()
    {
        var opened = console.World.Disk.Open(file.Path, DiskOpenMode.Read);
        _file = opened.Value;
        if (_file is null) return Refuse($"Cannot open file {Path}: {opened.Status.Error}, aborting...");
        _counts.Bytes = _file.Length;
        if (_file.Length == 0) return AofOutcome.Empty;
        if (file.BeginsWithRdb && !IsRdbWhole()) return AofOutcome.Refused;
        // Of what was before that moment nothing is left but what came of it.
        if (options.ToTimestamp != 0 && _createdSeconds > options.ToTimestamp) return RefuseTimestamp();
        HasBefore = _createdSeconds != 0;
        using var reader = new AppendOnlyReader(_file, allocator, _wholeUpTo);
        return ReadAll(reader) ?? Conclude(reader);
    }

    public void Dispose() => _file?.Dispose();

    private bool IsRdbWhole()
    {
        console.PrintLine($"[offset 0] Checking RDB file {Path}");
        using var check = new RdbCheck(console, new RdbFileSource(_file!));
        var isWhole = check.Run();
        console.PrintLine(isWhole ? "RDB preamble is OK, proceeding with AOF tail..." : "RDB preamble of AOF file is not sane, aborting.");
        (_wholeUpTo, _createdSeconds) = (check.EndOffset, check.CreatedSeconds);
        _counts.Rdb = check.Summary;
        return isWhole;
    }

    /// <summary>Reads to the end, or to what is wrong; null unless that has decided what becomes of the file.</summary>
    private AofOutcome? ReadAll(AppendOnlyReader reader)
    {
        while (true)
        {
            switch (reader.Next())
            {
                case AppendOnlyItem.Command:
                    TakeCommand(reader);
                    if (reader.StrayTransaction >= 0) return null;
                    break;
                case AppendOnlyItem.Annotation when TakeAnnotation(reader) is { } outcome: return outcome;
                case AppendOnlyItem.Annotation: break;
                case AppendOnlyItem.Unreadable: return Refuse($"Failed to read from AOF {file.Name}, aborting...");
                default: return null;
            }
            if (reader.TransactionStart < 0) _wholeUpTo = reader.ItemEnd;
        }
    }

    private void TakeCommand(AppendOnlyReader reader)
    {
        var arguments = reader.Arguments;
        Lines += 1 + 2L * arguments.Count;
        _place = reader.ItemEnd - 2 - arguments[^1].Length;
        _counts.AddCommand(arguments[0]);
    }

    private AofOutcome? TakeAnnotation(AppendOnlyReader reader)
    {
        _counts.Verified = reader.Verified;
        var line = reader.Annotation;
        if (!line.StartsWith("#TS:"u8)) return null;
        if (!long.TryParse(line[4..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var timestamp))
            return options.ToTimestamp == 0 ? null : Refuse("Invalid timestamp annotation");
        if (options.ToTimestamp == 0 || timestamp <= options.ToTimestamp)
        {
            _counts.AddTimestamp(timestamp);
            HasBefore = true;
            return null;
        }
        return TruncateToTimestamp(reader.ItemStart);
    }

    private AofOutcome RefuseTimestamp() => Refuse($"AOF {Path} has nothing before timestamp {options.ToTimestamp}, aborting...");

    private AofOutcome TruncateToTimestamp(long offset)
    {
        var timestamp = options.ToTimestamp;
        if (offset == 0 && !file.FollowsMoment) return RefuseTimestamp();
        if (!file.IsLast)
        {
            console.PrintLine($"Failed to truncate AOF {Path} to timestamp {timestamp} to offset {offset} because it is not the last file.");
            return Refuse("If you insist, please delete all files after this file according to the manifest file and delete the corresponding records in manifest file manually. Then re-run redis-check-aof.");
        }
        return TryTruncate(offset) is { } error ? Refuse($"Failed to truncate AOF {Path} to timestamp {timestamp}{error}") : AofOutcome.TruncatedToTimestamp;
    }

    /// <summary>Says what was found, and cuts the file off if that is asked for.</summary>
    private AofOutcome Conclude(AppendOnlyReader reader)
    {
        SayWhatIsWrong(reader);
        var size = _file!.Length;
        var rest = size - _wholeUpTo;
        if (rest == 0 && options.ToTimestamp != 0)
        {
            console.PrintLine($"Truncate nothing in AOF {file.Name} to timestamp {options.ToTimestamp}");
            return AofOutcome.Valid;
        }
        console.PrintLine($"AOF analyzed: filename={file.Name}, size={size}, ok_up_to={_wholeUpTo}, ok_up_to_line={Lines}, diff={rest}");
        if (rest == 0) return AofOutcome.Valid;
        if (!options.Fixes) return Refuse($"AOF {file.Name} is not valid. Use the --fix option to try fixing it.");
        if (!file.IsLast) return Refuse($"Failed to truncate AOF {file.Name} because it is not the last file");
        console.PrintLine($"This will shrink the AOF {file.Name} from {size} bytes, with {rest} bytes, to {_wholeUpTo} bytes");
        if (!console.Confirm("Continue? [y/N]: ")) return Refuse("Aborting...");
        return TryTruncate(_wholeUpTo) is { } error ? Refuse($"Failed to truncate AOF {file.Name}{error}") : AofOutcome.Truncated;
    }

    private void SayWhatIsWrong(AppendOnlyReader reader)
    {
        if (reader.StrayTransaction >= 0)
        {
            // A stray MULTI leaves the one before it open; EXEC closes what there was.
            SayAt(_place, $"Unexpected {(reader.TransactionStart >= 0 ? "MULTI" : "EXEC")} in AOF {Path}");
            return;
        }
        if (reader.Error.Kind == AppendOnlyErrorKind.None) return;
        if (reader.Error.Kind == AppendOnlyErrorKind.Prefix && reader.Error.Offset == reader.ItemStart)
        {
            console.PrintLine($"AOF {file.Name} format error");
            return;
        }
        var fault = IsAnnotation(reader.ItemStart) ? default : RecordFault.Find(_file!, reader.ItemStart);
        Lines += fault.Lines;
        if (fault.Place > 0) _place = fault.Place;
        if (fault.Text is not null) SayAt(_place, fault.Text);
        else if (reader.Error.Kind != AppendOnlyErrorKind.EndOfFile) SayAt(reader.Error.Offset, reader.Error.Message);
        else if (reader.TransactionStart >= 0) SayAt(_place, "Reached EOF before reading EXEC for MULTI");
    }

    private bool IsAnnotation(long offset)
    {
        Span<byte> first = stackalloc byte[1];
        return _file!.ReadAt(offset, first).Value == 1 && first[0] == '#';
    }

    private void SayAt(long offset, string text) => console.PrintLine($"0x{offset,16:x}: {text}");

    /// <summary>Cuts the file off, and returns why that failed. What was cut off must not come back after a power failure.</summary>
    private string? TryTruncate(long length)
    {
        var opened = console.World.Disk.Open(file.Path, DiskOpenMode.Append);
        if (opened.Value is not { } writable) return $": {opened.Status.Error}";
        using (writable)
        {
            var status = writable.Truncate(length);
            if (status.Ok) status = writable.Sync();
            return status.Ok ? null : $": {status.Error}";
        }
    }

    private AofOutcome Refuse(string text)
    {
        console.PrintLine(text);
        return AofOutcome.Refused;
    }
}
