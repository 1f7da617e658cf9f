using System.Runtime.InteropServices;
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
            return new(new RealDiskFile(handle), DiskStatus.Success);
        }
        catch (Exception e) when (DiskTrouble.Is(e))
        {
            return new(null, DiskTrouble.StatusOf(e, path));
        }
    }

    public override DiskStatus Rename(string from, string to) => DiskTrouble.Guard((from, to), static p => File.Move(p.from, p.to, overwrite: true));

    public override DiskStatus Delete(string path) => DiskTrouble.Guard(path, static p =>
    {
        // Deleting what is not there succeeds in .NET but is an error here.
        if (!File.Exists(p)) throw new FileNotFoundException(null, p);
        File.Delete(p);
    });

    public override DiskStatus CreateDirectory(string path) => DiskTrouble.Guard(path, static p => Directory.CreateDirectory(p));

    public override DiskStatus SyncDirectory(string path)
    {
        // Windows makes directory entries durable itself and has no call for it.
        if (OperatingSystem.IsWindows()) return DiskStatus.Success;
        var descriptor = Libc.open(path, Libc.O_RDONLY | (OperatingSystem.IsLinux() ? Libc.O_CLOEXEC : 0));
        if (descriptor < 0) return new(Libc.ErrorText(Libc.Errno));
        var status = Libc.fsync(descriptor) == 0 ? DiskStatus.Success : new(Libc.ErrorText(Libc.Errno));
        Libc.close(descriptor);
        return status;
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
            return new(null, DiskTrouble.StatusOf(e));
        }
    }
}

internal sealed class RealDiskFile : DiskFile
{
    private readonly SafeFileHandle _handle;

    /// <summary>What has no positions is read in order, by this.</summary>
    private readonly FileStream? _pipe;

    private long _length;

    public RealDiskFile(SafeFileHandle handle)
    {
        _handle = handle;
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
            return new(0, DiskTrouble.StatusOf(e));
        }
    }

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
            return DiskTrouble.StatusOf(e);
        }
    }

    public override DiskStatus Sync()
    {
        // Linux: the data and the length are enough; the times that fsync adds cost a second write of the journal.
        if (!OperatingSystem.IsLinux()) return DiskTrouble.Guard(_handle, RandomAccess.FlushToDisk);
        var status = Libc.fdatasync((int)_handle.DangerousGetHandle()) == 0 ? DiskStatus.Success : new(Libc.ErrorText(Libc.Errno));
        GC.KeepAlive(_handle);
        return status;
    }

    public override DiskStatus Truncate(long length)
    {
        var status = DiskTrouble.Guard((_handle, length), static p => RandomAccess.SetLength(p._handle, p.length));
        _length = RandomAccess.GetLength(_handle);
        return status;
    }

    public override void Dispose() => _handle.Dispose();
}

/// <summary>Turns .NET's file exceptions back into what the operating system said.</summary>
public static class DiskTrouble
{
    private const int Win32Facility = unchecked((int)0x80070000);

    private const int FileNotFound = 2, AccessDeniedUnix = 13, AccessDeniedWindows = 5, NameTooLongUnix = 36, NameTooLongWindows = 206, IsDirectoryUnix = 21;

    public static bool Is(Exception e) => e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException;

    public static DiskStatus Guard<T>(T parameter, Action<T> action)
    {
        try
        {
            action(parameter);
            return DiskStatus.Success;
        }
        catch (Exception e) when (Is(e))
        {
            return StatusOf(e);
        }
    }

    /// <param name="path">What was to be opened, if it was a file: .NET says of a directory that the access is denied.</param>
    public static DiskStatus StatusOf(Exception e, string? path = null)
    {
        var windows = OperatingSystem.IsWindows();
        var code = e switch
        {
            FileNotFoundException or DirectoryNotFoundException => FileNotFound,
            PathTooLongException => windows ? NameTooLongWindows : NameTooLongUnix,
            UnauthorizedAccessException when !windows && Directory.Exists(path) => IsDirectoryUnix,
            UnauthorizedAccessException { InnerException: IOException inner } => inner.HResult,
            UnauthorizedAccessException => windows ? AccessDeniedWindows : AccessDeniedUnix,
            IOException when (e.HResult & 0xFFFF0000) == unchecked((uint)Win32Facility) => e.HResult & 0xFFFF,
            // On Unix the result of a plain IOException is the errno.
            IOException when !windows && e.HResult > 0 => e.HResult,
            _ => 0,
        };
        return new(code == 0 ? e.Message : Marshal.GetPInvokeErrorMessage(code));
    }
}
