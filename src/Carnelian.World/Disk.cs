namespace Carnelian;

/// <summary>
/// Files, with failures as returned statuses: a disk that is full or broken is an event to handle, not an exception.
/// Paths are the operating system's. May be used by worker threads, one file by one thread at a time.
/// </summary>
public abstract class Disk
{
    public abstract DiskResult<DiskFile> Open(string path, DiskOpenMode mode);

    public abstract DiskStatus Rename(string from, string to);

    public abstract DiskStatus Delete(string path);

    public abstract DiskStatus CreateDirectory(string path);

    /// <summary>Makes renames, creations and deletions in a directory durable.</summary>
    public abstract DiskStatus SyncDirectory(string path);

    public abstract bool FileExists(string path);

    public abstract bool DirectoryExists(string path);

    /// <summary>Names (not paths) of the files in a directory, sorted by ordinal.</summary>
    public abstract DiskResult<string[]> List(string directory);

    /// <summary>Names (not paths) of the directories in a directory, sorted by ordinal.</summary>
    public virtual DiskResult<string[]> ListDirectories(string directory) => new([], DiskStatus.Success);

    /// <summary>The whole of a small file, such as a configuration.</summary>
    public DiskResult<byte[]> ReadAll(string path)
    {
        var opened = Open(path, DiskOpenMode.Read);
        if (opened.Value is not { } file) return new(null, opened.Status);
        using (file)
        {
            var bytes = new byte[file.Length];
            var read = 0;
            while (read < bytes.Length)
            {
                var n = file.ReadAt(read, bytes.AsSpan(read));
                if (!n.Status.Ok) return new(null, n.Status);
                if (n.Value == 0) break;
                read += n.Value;
            }
            return new(bytes.AsSpan(0, read).ToArray(), DiskStatus.Success);
        }
    }
}

public abstract class DiskFile : IDisposable
{
    public abstract long Length { get; }

    /// <summary>Bytes read, 0 at the end.</summary>
    public abstract DiskResult<int> ReadAt(long position, Span<byte> destination);

    /// <summary>Writes all at the end of the file. After a failure the file may hold a part of it (a torn write).</summary>
    public abstract DiskStatus Append(ReadOnlySpan<byte> source);

    public abstract DiskStatus Sync();

    public abstract DiskStatus Truncate(long length);

    public abstract void Dispose();
}

public enum DiskOpenMode
{
    /// <summary>Must exist.</summary>
    Read,

    /// <summary>Created when missing, kept when there.</summary>
    Append,

    /// <summary>Created when missing, emptied when there.</summary>
    Replace,
}

/// <summary>Success, or the operating system's reason ("No space left on device").</summary>
public readonly record struct DiskStatus(string? Error)
{
    public static DiskStatus Success => default;

    public bool Ok => Error is null;
}

public readonly record struct DiskResult<T>(T? Value, DiskStatus Status)
{
    public bool Ok => Status.Ok;
}
