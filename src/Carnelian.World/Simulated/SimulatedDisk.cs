using System.Runtime.InteropServices;

namespace Carnelian;

/// <summary>
/// Files in memory that fail as disks do. What a program has not made durable may be lost in a crash: of unsynced bytes
/// a part of drawn length stays, of unsynced creations, renames and deletions the first few, drawn too. Syncing a file
/// makes its bytes durable but not its name; that takes <see cref="Disk.SyncDirectory"/>, as POSIX allows.
/// Relative paths are taken from the root.
/// </summary>
public sealed class SimulatedDisk : Disk
{
    private const string NoSpace = "No space left on device", InputOutput = "Input/output error", NoEntry = "No such file or directory",
        IsDirectory = "Is a directory", Exists = "File exists", NotDirectory = "Not a directory";

    private readonly Randomness _chance;
    private readonly SortedDictionary<string, SimulatedInode> _names = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, SimulatedInode> _durableNames = new(StringComparer.Ordinal);

    /// <summary>Directories are durable at once: losing one would only lose what is in it.</summary>
    private readonly HashSet<string> _directories = [""];

    /// <summary>Changes of names not yet durable, oldest first. A null file is a name that went away.</summary>
    private readonly List<NameChange[]> _journal = [];

    private string? _nextWriteError;
    private bool _tearNextWrite;

    private readonly record struct NameChange(string Path, SimulatedInode? File);

    internal SimulatedDisk(Randomness chance) => _chance = chance;

    /// <summary>Bytes that can still be appended before the disk is full.</summary>
    public long FreeBytes { get; set; } = long.MaxValue;

    /// <summary>While set every sync fails with it and makes nothing durable.</summary>
    public string? SyncError { get; set; }

    /// <summary>While set no file can be opened for writing ("Permission denied").</summary>
    public string? OpenError { get; set; }

    /// <summary>While set no file can be renamed.</summary>
    public string? RenameError { get; set; }

    /// <summary>Counts handles from before a crash or the death of the process out.</summary>
    internal int Life { get; private set; }

    /// <summary>The next append writes nothing and fails.</summary>
    public void FailNextWrite(string error = InputOutput) => _nextWriteError = error;

    /// <summary>The next append writes a part of drawn length and fails.</summary>
    public void TearNextWrite(string error = InputOutput)
    {
        _nextWriteError = error;
        _tearNextWrite = true;
    }

    public override DiskResult<DiskFile> Open(string path, DiskOpenMode mode)
    {
        path = Normalize(path);
        if (mode != DiskOpenMode.Read && OpenError is not null) return new(null, new(OpenError));
        if (_directories.Contains(path)) return new(null, new(IsDirectory));
        if (!_names.TryGetValue(path, out var inode))
        {
            if (mode == DiskOpenMode.Read || !_directories.Contains(DirectoryOf(path))) return new(null, new(NoEntry));
            inode = new SimulatedInode();
            Change(new NameChange(path, inode));
        }
        else if (mode == DiskOpenMode.Replace)
        {
            FreeBytes = Give(FreeBytes, inode.Length);
            inode.Truncate(0);
        }
        return new(new SimulatedDiskFile(this, inode, mode != DiskOpenMode.Read), DiskStatus.Success);
    }

    public override DiskStatus Rename(string from, string to)
    {
        (from, to) = (Normalize(from), Normalize(to));
        if (RenameError is not null) return new(RenameError);
        if (!_names.TryGetValue(from, out var inode) || !_directories.Contains(DirectoryOf(to))) return new(NoEntry);
        if (_directories.Contains(to)) return new(IsDirectory);
        // One entry in the journal: a crash sees the old name or the new one, never both and never none.
        if (from != to) Change(new NameChange(from, null), new NameChange(to, inode));
        return DiskStatus.Success;
    }

    public override DiskStatus Delete(string path)
    {
        path = Normalize(path);
        if (_directories.Contains(path)) return new(IsDirectory);
        if (!_names.TryGetValue(path, out var inode)) return new(NoEntry);
        FreeBytes = Give(FreeBytes, inode.Length);
        Change(new NameChange(path, null));
        return DiskStatus.Success;
    }

    public override DiskStatus CreateDirectory(string path)
    {
        path = Normalize(path);
        for (var directory = path; directory.Length > 0; directory = DirectoryOf(directory))
            if (_names.ContainsKey(directory)) return new(directory == path ? Exists : NotDirectory);
        for (var directory = path; directory.Length > 0; directory = DirectoryOf(directory)) _directories.Add(directory);
        return DiskStatus.Success;
    }

    public override DiskStatus SyncDirectory(string path)
    {
        path = Normalize(path);
        if (!_directories.Contains(path)) return new(NoEntry);
        if (SyncError is not null) return new(SyncError);
        for (var i = 0; i < _journal.Count; i++)
        {
            if (!Touches(_journal[i], path)) continue;
            Apply(_durableNames, _journal[i]);
            _journal.RemoveAt(i--);
        }
        return DiskStatus.Success;
    }

    private static bool Touches(NameChange[] changes, string directory)
    {
        foreach (var change in changes)
            if (DirectoryOf(change.Path) == directory) return true;
        return false;
    }

    public override bool FileExists(string path) => _names.ContainsKey(Normalize(path));

    public override bool DirectoryExists(string path) => _directories.Contains(Normalize(path));

    public override DiskResult<string[]> List(string directory)
    {
        directory = Normalize(directory);
        if (!_directories.Contains(directory)) return new(null, new(NoEntry));
        var names = new List<string>();
        foreach (var path in _names.Keys)
            if (DirectoryOf(path) == directory) names.Add(path[(path.LastIndexOf('/') + 1)..]);
        return new(names.ToArray(), DiskStatus.Success);
    }

    /// <summary>Handles that are open now are dead from here on.</summary>
    internal void CloseAll() => Life++;

    /// <summary>The power fails and comes back. Called by <see cref="SimulatedWorld.Crash"/>.</summary>
    internal void Crash()
    {
        CloseAll();
        var survivors = _chance.Below(_journal.Count + 1);
        for (var i = 0; i < survivors; i++) Apply(_durableNames, _journal[i]);
        _journal.Clear();
        _names.Clear();
        var seen = new HashSet<SimulatedInode>(ReferenceEqualityComparer.Instance);
        foreach (var (path, inode) in _durableNames)
        {
            // One file may have two durable names, when of a rename across directories one side was synced.
            if (seen.Add(inode)) inode.Crash(_chance);
            _names[path] = inode;
        }
        _nextWriteError = null;
        _tearNextWrite = false;
    }

    internal DiskStatus Append(SimulatedInode inode, ReadOnlySpan<byte> source)
    {
        var error = _nextWriteError;
        var count = error is null ? source.Length : _tearNextWrite ? _chance.Below(source.Length + 1) : 0;
        (_nextWriteError, _tearNextWrite) = (null, false);
        if (count > FreeBytes)
        {
            count = (int)FreeBytes;
            error ??= NoSpace;
        }
        inode.Append(source[..count]);
        if (FreeBytes != long.MaxValue) FreeBytes -= count;
        return new(error);
    }

    internal DiskStatus Sync(SimulatedInode inode)
    {
        if (SyncError is not null) return new(SyncError);
        inode.Sync();
        return DiskStatus.Success;
    }

    internal DiskStatus Truncate(SimulatedInode inode, long length)
    {
        if (length > inode.Length) return new("Invalid argument");
        FreeBytes = Give(FreeBytes, inode.Length - length);
        inode.Truncate((int)length);
        return DiskStatus.Success;
    }

    private static long Give(long free, long bytes) => free > long.MaxValue - bytes ? long.MaxValue : free + bytes;

    private void Change(params NameChange[] changes)
    {
        Apply(_names, changes);
        _journal.Add(changes);
    }

    private static void Apply(SortedDictionary<string, SimulatedInode> names, NameChange[] changes)
    {
        foreach (var (path, file) in changes)
            if (file is null) names.Remove(path);
            else names[path] = file;
    }

    /// <summary>Names as one spelling: no leading slash, no empty parts, no dots.</summary>
    private static string Normalize(string path)
    {
        var parts = new List<string>();
        foreach (var part in path.Split('/'))
        {
            if (part is "" or ".") continue;
            if (part != "..") parts.Add(part);
            else if (parts.Count > 0) parts.RemoveAt(parts.Count - 1);
        }
        return string.Join('/', parts);
    }

    private static string DirectoryOf(string path) => path[..Math.Max(0, path.LastIndexOf('/'))];
}

/// <summary>The bytes of a file, and what of them a crash would leave.</summary>
internal sealed class SimulatedInode
{
    private readonly List<byte> _bytes = [];
    private int _durableLength;

    /// <summary>The durable content from before a truncation that is not yet durable.</summary>
    private byte[]? _untruncated;

    public int Length => _bytes.Count;

    public int Read(long position, Span<byte> destination)
    {
        if (position < 0 || position >= _bytes.Count) return 0;
        var count = Math.Min(destination.Length, _bytes.Count - (int)position);
        CollectionsMarshal.AsSpan(_bytes).Slice((int)position, count).CopyTo(destination);
        return count;
    }

    public void Append(ReadOnlySpan<byte> source) => _bytes.AddRange(source);

    public void Truncate(int length)
    {
        if (length < _durableLength)
        {
            _untruncated ??= _bytes.GetRange(0, _durableLength).ToArray();
            _durableLength = length;
        }
        _bytes.RemoveRange(length, _bytes.Count - length);
    }

    public void Sync()
    {
        _durableLength = _bytes.Count;
        _untruncated = null;
    }

    public void Crash(Randomness chance)
    {
        if (_untruncated is not null && chance.Below(2) == 0)
        {
            _bytes.Clear();
            _bytes.AddRange(_untruncated);
        }
        else
        {
            var kept = _durableLength + chance.Below(_bytes.Count - _durableLength + 1);
            // The length may have reached the disk while the bytes have not: then zeros stand for them.
            if (chance.Below(4) == 0)
                for (var i = _durableLength + chance.Below(kept - _durableLength + 1); i < kept; i++) _bytes[i] = 0;
            _bytes.RemoveRange(kept, _bytes.Count - kept);
        }
        Sync();
    }
}

internal sealed class SimulatedDiskFile(SimulatedDisk disk, SimulatedInode inode, bool writable) : DiskFile
{
    private const string BadDescriptor = "Bad file descriptor";

    private readonly int _life = disk.Life;
    private bool _disposed;

    private bool IsDead => _disposed || _life != disk.Life;

    public override long Length => inode.Length;

    public override DiskResult<int> ReadAt(long position, Span<byte> destination) =>
        IsDead ? new(0, new(BadDescriptor)) : new(inode.Read(position, destination), DiskStatus.Success);

    public override DiskStatus Append(ReadOnlySpan<byte> source) => IsDead || !writable ? new(BadDescriptor) : disk.Append(inode, source);

    public override DiskStatus Sync() => IsDead ? new(BadDescriptor) : disk.Sync(inode);

    public override DiskStatus Truncate(long length) => IsDead || !writable ? new(BadDescriptor) : disk.Truncate(inode, length);

    public override void Dispose() => _disposed = true;
}
