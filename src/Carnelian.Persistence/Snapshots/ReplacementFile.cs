namespace Carnelian;

/// <summary>What is done with a file on its way.</summary>
public enum FileStep
{
    Open,
    Write,
    Sync,

    /// <summary>It takes the place of the file that had its name.</summary>
    Rename,

    /// <summary>That becomes durable.</summary>
    SyncDirectory,
}

/// <summary>
/// A file that takes another one's place when it is whole and safe, so that there is one of them at any moment. The first failure ends it, and it is deleted. On whatever thread,
/// by one at a time.
/// </summary>
/// <param name="temporaryPath">In the same directory.</param>
public sealed class ReplacementFile(Disk disk, string temporaryPath, string path)
{
    private DiskFile? _file;
    private Output? _output;

    public string TemporaryPath => temporaryPath;

    public string Path => path;

    /// <summary>So many bytes are written before they are synced, so that the end has little to wait for; 0: all at the end.</summary>
    public int SyncsEveryBytes { get; init; }

    public FileStep FailedAt { get; private set; }

    /// <summary>What the disk said when it failed, or null.</summary>
    public string? Error { get; private set; }

    /// <summary>Bytes so far.</summary>
    public long Written => _output?.Written ?? 0;

    /// <returns>Where to write to; null: it could not be made.</returns>
    public RdbChunks? Open(bool sums, bool compresses)
    {
        var opened = disk.Open(temporaryPath, DiskOpenMode.Replace);
        if (!Succeeds(FileStep.Open, opened.Status)) return null;
        _file = opened.Value!;
        return _output = new(_file, SyncsEveryBytes) { Sums = sums, Compresses = compresses };
    }

    /// <summary>What was written so far has failed: nothing more is worth the trouble.</summary>
    public bool HasFailed => Error is not null || _output is { Status.Ok: false };

    /// <summary>Writes and syncs what is left, and puts the file into its place; false when something failed.</summary>
    public bool Finish()
    {
        if (_output is null) return false;
        _output.Flush();
        var isDone = Succeeds(_output.FailedAt, _output.Status) && Succeeds(FileStep.Sync, _file!.Sync());
        Close();
        isDone = isDone && Succeeds(FileStep.Rename, disk.Rename(temporaryPath, path));
        if (!isDone)
        {
            disk.Delete(temporaryPath);
            return false;
        }
        return Succeeds(FileStep.SyncDirectory, disk.SyncDirectory(DirectoryOf(path)));
    }

    /// <summary>Gives it up, and deletes what there is of it.</summary>
    public void Discard()
    {
        if (_file is null) return;
        Succeeds(_output!.FailedAt, _output.Status);
        Close();
        disk.Delete(temporaryPath);
    }

    private void Close()
    {
        _file?.Dispose();
        _file = null;
    }

    private static string DirectoryOf(string path) => System.IO.Path.GetDirectoryName(path) is { Length: > 0 } directory ? directory : ".";

    private bool Succeeds(FileStep step, DiskStatus status)
    {
        if (Error is not null) return false;
        if (status.Ok) return true;
        (FailedAt, Error) = (step, status.Error);
        return false;
    }

    private sealed class Output(DiskFile file, int syncsEveryBytes) : RdbChunks
    {
        private long _unsynced;

        public DiskStatus Status { get; private set; }

        public FileStep FailedAt { get; private set; }

        protected override void Put(ReadOnlySpan<byte> bytes)
        {
            if (!Status.Ok) return;
            Status = file.Append(bytes);
            FailedAt = FileStep.Write;
            _unsynced += bytes.Length;
            if (!Status.Ok || syncsEveryBytes == 0 || _unsynced < syncsEveryBytes) return;
            Status = file.Sync();
            FailedAt = FileStep.Sync;
            _unsynced = 0;
        }
    }
}
