using Microsoft.Win32.SafeHandles;

namespace Carnelian;

/// <summary>The operating system's files. Its refusals come back as statuses with the system's own text.</summary>
internal sealed class RealDisk : Disk
{
    public override DiskResult<DiskFile> Open(string path, DiskOpenMode mode)
    {
        var fileMode = mode switch { DiskOpenMode.Read => FileMode.Open, DiskOpenMode.Append => FileMode.OpenOrCreate, _ => FileMode.Create };
        var access = mode == DiskOpenMode.Read ? FileAccess.Read : FileAccess.ReadWrite;
        try
        {
            // Others may read, rename and delete an open file: so it is on Unix, and rewriting logs depends on it.
            var handle = File.OpenHandle(path, fileMode, access, FileShare.ReadWrite | FileShare.Delete);
            return new(new RealDiskFile(handle, path), DiskStatus.Success);
        }
        catch (Exception e) when (DiskTrouble.Is(e))
        {
            return new(null, DiskTrouble.StatusOf(e, path));
        }
    }

    public override DiskStatus Rename(string from, string to)
    {
        // .NET copies where the system would refuse to rename from one file system to another: that would not be one step.
        if (OperatingSystem.IsWindows()) return DiskTrouble.Guard((from, to), from, static p => File.Move(p.from, p.to, overwrite: true));
        return Libc.rename(from, to) == 0 ? DiskStatus.Success : DiskTrouble.StatusOf(Libc.Errno, from);
    }

    public override DiskStatus Delete(string path) => DiskTrouble.Guard(path, path, static p =>
    {
        // Deleting what is not there succeeds in .NET but is an error here.
        if (!File.Exists(p)) throw new FileNotFoundException(null, p);
        File.Delete(p);
    });

    public override DiskStatus Link(string path, string name)
    {
        if (OperatingSystem.IsWindows()) return WindowsFiles.Link(path, name) is var code and not 0 ? DiskTrouble.StatusOf(code, path) : DiskStatus.Success;
        return Libc.link(path, name) == 0 ? DiskStatus.Success : DiskTrouble.StatusOf(Libc.Errno, path);
    }

    public override DiskStatus CreateDirectory(string path) => DiskTrouble.Guard(path, path, static p => Directory.CreateDirectory(p));

    public override DiskStatus SyncDirectory(string path)
    {
        // Windows makes directory entries durable itself and has no call for it.
        if (OperatingSystem.IsWindows()) return DiskStatus.Success;
        var descriptor = Libc.open(path, Libc.O_RDONLY | (OperatingSystem.IsLinux() ? Libc.O_CLOEXEC : 0));
        if (descriptor < 0) return DiskTrouble.StatusOf(Libc.Errno, path);
        var status = Libc.fsync(descriptor) == 0 ? DiskStatus.Success : DiskTrouble.StatusOf(Libc.Errno, path);
        Libc.close(descriptor);
        // Some file systems (of networks, mostly) have no such thing for directories: there is nothing that could be done better.
        return status.Name == "EINVAL" ? DiskStatus.Success : status;
    }

    public override bool FileExists(string path) => File.Exists(path);

    public override bool DirectoryExists(string path) => Directory.Exists(path);

    public override DiskResult<string[]> List(string directory) => Names(directory, Directory.GetFiles);

    public override DiskResult<string[]> ListDirectories(string directory) => Names(directory, Directory.GetDirectories);

    private static DiskResult<string[]> Names(string directory, Func<string, string[]> list)
    {
        try
        {
            var names = list(directory);
            for (var i = 0; i < names.Length; i++) names[i] = Path.GetFileName(names[i]);
            Array.Sort(names, StringComparer.Ordinal);
            return new(names, DiskStatus.Success);
        }
        catch (Exception e) when (DiskTrouble.Is(e))
        {
            return new(null, DiskTrouble.StatusOf(e) with { Path = directory });
        }
    }
}

internal sealed class RealDiskFile : DiskFile
{
    private readonly SafeFileHandle _handle;
    private readonly string _path;

    /// <summary>What has no positions is read in order, by this.</summary>
    private readonly FileStream? _pipe;

    private long _length;

    public RealDiskFile(SafeFileHandle handle, string path)
    {
        _handle = handle;
        _path = path;
        try
        {
            _length = RandomAccess.GetLength(handle);
        }
        catch (NotSupportedException)
        {
            _pipe = new(handle, FileAccess.Read, bufferSize: 0);
        }
    }

    public override long Length => _length;

    public override DiskResult<int> ReadAt(long position, Span<byte> destination)
    {
        try
        {
            return new(_pipe?.Read(destination) ?? RandomAccess.Read(_handle, destination, position), DiskStatus.Success);
        }
        catch (Exception e) when (DiskTrouble.Is(e))
        {
            return new(0, DiskTrouble.StatusOf(e, _path));
        }
    }

    /// <summary>.NET repeats what a signal interrupted, and goes on where the system took only a part.</summary>
    public override DiskStatus Append(ReadOnlySpan<byte> source)
    {
        try
        {
            RandomAccess.Write(_handle, source, _length);
            _length += source.Length;
            return DiskStatus.Success;
        }
        catch (Exception e) when (DiskTrouble.Is(e))
        {
            // A part may have been written before the disk was full.
            _length = RandomAccess.GetLength(_handle);
            return DiskTrouble.StatusOf(e, _path);
        }
    }

    public override DiskStatus Sync()
    {
        // Linux: the data and the length are enough; the times that fsync adds cost a second write of the journal.
        if (!OperatingSystem.IsLinux()) return DiskTrouble.Guard(_handle, _path, RandomAccess.FlushToDisk);
        var status = Libc.fdatasync((int)_handle.DangerousGetHandle()) == 0 ? DiskStatus.Success : DiskTrouble.StatusOf(Libc.Errno, _path);
        GC.KeepAlive(_handle);
        return status;
    }

    public override DiskStatus Truncate(long length)
    {
        var status = DiskTrouble.Guard((_handle, length), _path, static p => RandomAccess.SetLength(p._handle, p.length));
        _length = RandomAccess.GetLength(_handle);
        return status;
    }

    public override void Dispose() => _handle.Dispose();
}
