using Microsoft.Extensions.Logging;

namespace Carnelian;

/// <summary>What came of loading the append-only files.</summary>
public enum AppendOnlyOutcome
{
    Loaded,

    /// <summary>There are none.</summary>
    Missing,

    /// <summary>Something is wrong with them; the log says what, and what to do.</summary>
    Failed,
}

/// <summary>
/// Loads an append-only set into an empty keyspace, a portion at a time: the base, then the increments in order. Only the last file may end too early, and is cut back then to where it is whole; a transaction
/// without its end is cut off with its beginning.
/// </summary>
public sealed class AppendOnlyLoad : Load
{
    private readonly AppendOnlyFolder _folder;
    private readonly World _world;
    private readonly Executor _executor;
    private readonly AppendOnlyOptions _options;
    private readonly ILogger _log;
    private readonly RequestBatch _batch = new();
    private readonly ReplaySession _session;
    private AppendOnlyFileInfo[] _files = [];
    private int _next;
    private DiskFile? _file;
    private RdbLoad? _base;
    private AppendOnlyReader? _reader;
    private long _finishedBytes, _fileBytes, _fileBegan, _totalBytes, _keysBefore, _requests;

    internal AppendOnlyLoad(AppendOnlyFolder folder, World world, Executor executor, AppendOnlyOptions options, ILogger log)
    {
        (_folder, _world, _executor, _options, _log) = (folder, world, executor, options, log);
        _session = new(executor, log);
    }

    /// <summary>The files are not those of this server: they stay as they are, and there must be some.</summary>
    public bool IsElsewhere { get; init; }

    /// <summary>Null: not over yet.</summary>
    public AppendOnlyOutcome? Outcome { get; private set; }

    public override long TotalBytes => _totalBytes;

    public override long LoadedBytes => _finishedBytes + (_reader?.ItemEnd ?? _base?.LoadedBytes ?? 0);

    public override long UsedMemory => _base?.UsedMemory ?? 0;

    public override long Count => _keysBefore + (_base?.Count ?? 0) + _requests;

    /// <summary>The file that is being loaded.</summary>
    public string FileName => _next > 0 && _next <= _files.Length ? _files[_next - 1].Name : "";

    /// <summary>Takes the libraries of functions that a base has, before the commands behind it are run. Answers null, or why it can't.</summary>
    public Func<IReadOnlyList<byte[]>, string?>? TakesFunctions { get; set; }

    /// <summary>Looks at what there is. Then <see cref="ReadSome"/>, until there is an <see cref="Outcome"/>.</summary>
    public void Begin()
    {
        if (!IsElsewhere && !TryUpgrade())
        {
            End(AppendOnlyOutcome.Failed);
            return;
        }
        _files = [.. _folder.Manifest.Files];
        if (_files.Length == 0) End(IsElsewhere || HasStrayParts() ? AppendOnlyOutcome.Failed : AppendOnlyOutcome.Missing);
        foreach (var file in _files)
        {
            var length = _folder.LengthOf(file.Name, out var error);
            if (length is null)
            {
                _log.LogWarning("Unable to obtain the AOF file {File} length. stat: {Error}", file.Name, error);
                End(AppendOnlyOutcome.Failed);
                return;
            }
            _totalBytes += length.Value;
        }
        if (_totalBytes == 0 && Outcome is null) End(AppendOnlyOutcome.Loaded);
    }

    private void End(AppendOnlyOutcome outcome)
    {
        Outcome = outcome;
        if (outcome == AppendOnlyOutcome.Failed) Error = "the append-only file can't be loaded, the log says why";
    }

    /// <summary>Redis' three cases of a single file that becomes the base.</summary>
    private bool TryUpgrade()
    {
        if (!_world.Disk.FileExists(_folder.OldFilePath)) return true;
        var manifest = _folder.Manifest;
        var wasInterrupted = manifest.Base is { } first && manifest.Increments.Count == 0 && first.Name == _options.FileName && !_world.Disk.FileExists(_folder.PathOf(first.Name));
        if (manifest.HasFiles && !wasInterrupted) return true;
        return !HasStrayParts() && _folder.TryTakeOldFile();
    }

    /// <summary>Files of a set whose manifest is gone: to begin another set would overwrite them, sooner or later.</summary>
    private bool HasStrayParts()
    {
        if (_folder.Manifest.HasFiles || _folder.Parts() is not { Count: > 0 } parts) return false;
        var manifest = AppendOnlyNames.Manifest(_options.FileName);
        _log.LogWarning(
            "The append-only folder {Folder} has files ({Files}) but no manifest {Manifest}, so that it is not known which of them count. You can: 1) Bring the manifest back from a backup. "
            + "2) Write one with a line for each file that counts, the base first and then the increments in order: file {File} seq NUMBER type b, or i for an increment. 3) Move the files away to start without them.",
            _folder.Path, string.Join(", ", parts), manifest, parts[0]);
        return true;
    }

    public override bool ReadSome(int countMax)
    {
        if (Outcome is not null) return false;
        if (_file is null) OpenNext();
        else if (_reader is not null) ReadCommands(_reader);
        else ReadBase(countMax);
        return Outcome is null;
    }

    private void OpenNext()
    {
        if (_next == _files.Length)
        {
            End(AppendOnlyOutcome.Loaded);
            return;
        }
        var name = _files[_next++].Name;
        var opened = _world.Disk.Open(_folder.PathOf(name), DiskOpenMode.Read);
        if (opened.Value is not { } file)
        {
            Fail("Fatal error: can't open the append log file {File} for reading: {Error}", name, opened.Status.Error);
            return;
        }
        (_file, _fileBytes, _fileBegan) = (file, file.Length, _world.Clock.MonotonicNanoseconds);
        _session.BeginFile();
        Span<byte> beginning = stackalloc byte[6];
        var read = file.ReadAt(0, beginning);
        if (!AppendOnlyReader.BeginsWithRdb(beginning[..read.Value]))
        {
            _reader = new(file, _executor.Keyspace.Allocator);
            return;
        }
        _log.LogInformation(IsOldStyle ? "Reading RDB preamble from AOF file..." : "Reading RDB base file on AOF loading...");
        _base = new(_world, _world.Disk.Open(_folder.PathOf(name), DiskOpenMode.Read).Value ?? file, new(_executor.Keyspace) { DropsExpired = false }, _log, checks: true);
    }

    private bool IsOldStyle => FileName == _options.FileName;

    private bool IsLast => _next == _files.Length;

    private void ReadBase(int countMax)
    {
        _executor.Keyspace.Author = _session;
        if (_base!.ReadSome(countMax)) return;
        if (_base.Error is not null)
        {
            Fail(IsOldStyle ? "Error reading the RDB preamble of the AOF file {File}, AOF loading aborted" : "Error reading the RDB base file {File}, AOF loading aborted", FileName);
            return;
        }
        if (TakesFunctions?.Invoke(_base.Loader.Functions) is { } refusal)
        {
            _log.LogWarning("Failed loading library, {Error}", refusal);
            Fail("Error reading the RDB base file {File}, AOF loading aborted", FileName);
            return;
        }
        if (IsOldStyle) _log.LogInformation("Reading the remaining AOF tail...");
        _reader = new(_file!, _executor.Keyspace.Allocator, _base.LoadedBytes);
        _keysBefore += _base.Count;
        _base.Dispose();
        _base = null;
    }

    // ---- commands

    private void ReadCommands(AppendOnlyReader reader)
    {
        if (reader.TryBatch(_batch))
        {
            if (_session.Run(_batch) is { } unknown) FailUnknown(unknown);
            _requests += _batch.Count;
            return;
        }
        switch (reader.Next())
        {
            case AppendOnlyItem.Annotation: break;
            case AppendOnlyItem.Command:
                if (_session.Run(reader.Arguments) is { } unknown) FailUnknown(unknown);
                _requests++;
                break;
            case AppendOnlyItem.End: EndFile(); break;
            case AppendOnlyItem.Truncated: TakeTruncated(reader); break;
            case AppendOnlyItem.Malformed: TakeMalformed(reader); break;
            default: Fail("Unrecoverable error reading the append only file {File}: {Error}", FileName, reader.Error.Message); break;
        }
    }

    private void FailUnknown(string command) => Fail("Unknown command '{Command}' reading the append only file {File}", ByteText.ToShown(command), FileName);

    private void TakeTruncated(AppendOnlyReader reader)
    {
        if (reader.TransactionStart >= 0) _log.LogWarning("Revert incomplete MULTI/EXEC transaction in AOF file {File}", FileName);
        if (!_options.LoadsTruncated)
        {
            Fail(
                "Unexpected end of file reading the append only file {File}. You can: 1) Make a backup of your AOF file, then use ./redis-check-aof --fix <filename.manifest>. "
                + "2) Alternatively you can set the 'aof-load-truncated' configuration option to yes and restart the server.", FileName);
            return;
        }
        _log.LogWarning("!!! Warning: short read while loading the AOF file {File}!!!", FileName);
        CutBack(reader, "aof-load-truncated");
    }

    private void TakeMalformed(AppendOnlyReader reader)
    {
        _log.LogWarning("{Path}, at byte {Offset}: {Error}", _folder.PathOf(FileName), reader.Error.Offset, reader.Error.Message);
        var damaged = _fileBytes - reader.SafeEnd;
        if (IsLast && _options.CorruptTailBytesMax > 0)
        {
            if (damaged <= _options.CorruptTailBytesMax)
            {
                CutBack(reader, "aof-load-corrupt-tail-max-size");
                return;
            }
            _log.LogWarning(
                "AOF {File} was not loaded because the size of the corrupted portion exceeds the configured limit: {Damaged} bytes, where aof-load-corrupt-tail-max-size allows {Allowed}",
                FileName, damaged, _options.CorruptTailBytesMax);
        }
        Fail("Bad file format reading the append only file {File}: make a backup of your AOF file, then use ./redis-check-aof --fix <filename.manifest>", FileName);
    }

    /// <summary>Leaves what is whole of the file.</summary>
    private void CutBack(AppendOnlyReader reader, string directive)
    {
        if (!IsLast)
        {
            Fail("Fatal error: the truncated file is not the last file");
            return;
        }
        var (name, length) = (FileName, reader.SafeEnd);
        _log.LogWarning("!!! Truncating the AOF {File} at offset {Offset} !!!", name, length);
        var opened = _world.Disk.Open(_folder.PathOf(name), DiskOpenMode.Append);
        var status = opened.Status;
        using (var file = opened.Value)
        {
            if (file is not null) status = file.Truncate(length);
            if (status.Ok) status = file!.Sync();
        }
        if (!status.Ok)
        {
            Fail("Error truncating the AOF file {File}: {Error}", name, status.Error);
            return;
        }
        _log.LogWarning("AOF {File} loaded anyway because {Directive} is enabled", name, directive);
        _totalBytes -= _fileBytes - length;
        _fileBytes = length;
        EndFile();
    }

    private void EndFile()
    {
        var isBase = _files[_next - 1].Type == AppendOnlyFileType.Base;
        var seconds = (_world.Clock.MonotonicNanoseconds - _fileBegan) / 1e9;
        _log.LogInformation(isBase ? "DB loaded from base file {File}: {Seconds:F3} seconds" : "DB loaded from incr file {File}: {Seconds:F3} seconds", FileName, seconds);
        _finishedBytes += _fileBytes;
        Close();
    }

    private void Fail(string message, params object?[] arguments)
    {
        _log.LogWarning(message, arguments);
        End(AppendOnlyOutcome.Failed);
    }

    private void Close()
    {
        _session.BeginFile();
        _reader?.Dispose();
        _reader = null;
        _base?.Dispose();
        _base = null;
        _file?.Dispose();
        _file = null;
    }

    public override void Dispose()
    {
        Close();
        _session.Dispose();
    }
}
