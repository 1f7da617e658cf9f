namespace Carnelian;

/// <summary>
/// Files, with failures as returned statuses: a disk that is full or broken is an event to handle, not an exception.
/// Paths are the operating system's. May be used by worker threads, one file by one thread at a time.
/// </summary>
public abstract class Disk
{
    public abstract DiskResult<DiskFile> Open(string path, DiskOpenMode mode);

    /// <summary>In one step: whoever looks, and a crash too, finds the old file at the target or the new one. Both must be on one file system.</summary>
    public abstract DiskStatus Rename(string from, string to);

    public abstract DiskStatus Delete(string path);

    /// <summary>
    /// Gives a file another name, under which it stays when the first one is deleted. There must be no file of that name yet. Both must be on one file system, and not every one can do it: see
    /// <see cref="DiskErrors.IsWithoutLinks"/>.
    /// </summary>
    public abstract DiskStatus Link(string path, string name);

    /// <summary>With those above it that are missing. Durable once the directory that it is in is synced.</summary>
    public abstract DiskStatus CreateDirectory(string path);

    /// <summary>Makes renames, creations and deletions in a directory durable.</summary>
    public abstract DiskStatus SyncDirectory(string path);

    public abstract bool FileExists(string path);

    public abstract bool DirectoryExists(string path);

    /// <summary>Names (not paths) of the files in a directory, sorted by ordinal.</summary>
    public abstract DiskResult<string[]> List(string directory);

    /// <summary>Names (not paths) of the directories in a directory, sorted by ordinal.</summary>
    public virtual DiskResult<string[]> ListDirectories(string directory) => new([], DiskStatus.Success);

    private const int FirstBytes = 4096;

    /// <summary>The whole of a small file, such as a configuration; or what comes from a pipe until its end.</summary>
    public DiskResult<byte[]> ReadAll(string path)
    {
        var opened = Open(path, DiskOpenMode.Read);
        if (opened.Value is not { } file) return new(null, opened.Status);
        using (file)
        {
            // A pipe has no length, and what the system makes as it is read (/proc) says 0: only the end of reading tells.
            var bytes = new byte[file.Length + 1];
            for (var read = 0; ;)
            {
                var n = file.ReadAt(read, bytes.AsSpan(read));
                if (!n.Status.Ok) return new(null, n.Status);
                if (n.Value == 0) return new(bytes[..read], DiskStatus.Success);
                read += n.Value;
                if (read == bytes.Length) Array.Resize(ref bytes, Math.Max(2 * read, FirstBytes));
            }
        }
    }
}

public abstract class DiskFile : IDisposable
{
    /// <summary>Bytes, as far as the system knows: 0 for a pipe.</summary>
    public abstract long Length { get; }

    /// <summary>Bytes read, 0 at the end. What can't be positioned gives what comes next.</summary>
    public abstract DiskResult<int> ReadAt(long position, Span<byte> destination);

    /// <summary>Writes all at the end of the file. After a failure the file may hold a part of it (a torn write).</summary>
    public abstract DiskStatus Append(ReadOnlySpan<byte> source);

    /// <summary>
    /// Makes all bytes durable that were appended before the call. After a failure nobody knows which of them are, and a later success may be silent about
    /// them: Linux forgets what it could not write.
    /// </summary>
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

/// <summary>Success, or what went wrong.</summary>
/// <param name="Error">The operating system's words ("No space left on device"); null: success.</param>
/// <param name="Name">The error's name ("ENOSPC"), where it is known.</param>
/// <param name="Path">What it was done to, as it was opened or asked for, where that is known.</param>
public readonly record struct DiskStatus(string? Error, string? Name = null, string? Path = null)
{
    public static DiskStatus Success => default;

    public bool Ok => Error is null;

    /// <summary>For the log: words, name and path.</summary>
    public override string ToString() => Error is null ? "success" : $"{Error}{(Name is null ? "" : $" ({Name})")}{(Path is null ? "" : $": {Path}")}";
}

public readonly record struct DiskResult<T>(T? Value, DiskStatus Status)
{
    public bool Ok => Status.Ok;
}
