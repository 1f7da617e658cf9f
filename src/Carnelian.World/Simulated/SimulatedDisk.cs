namespace Carnelian;

/// <summary>
/// Files in memory that fail as disks do. What a program has not made durable may be lost in a crash: of unsynced bytes a part of drawn length stays, in
/// which sectors may be missing; unsynced creations, renames and deletions are there or not, each for itself (<see cref="SimulatedNames"/>). Syncing a file
/// makes its bytes durable but not its name; that takes <see cref="Disk.SyncDirectory"/>, as POSIX allows. By <see cref="Pace"/> everything takes time.
/// Relative paths are taken from the root.
/// </summary>
public sealed class SimulatedDisk : Disk
{
    private readonly SimulatedWorld _world;
    private readonly SimulatedNames _names = new();

    private string? _nextWriteError;
    private bool _tearNextWrite;

    internal SimulatedDisk(SimulatedWorld world)
    {
        _world = world;
        Pace = new SimulatedPace(world);
    }

    /// <summary>How long everything takes.</summary>
    public SimulatedPace Pace { get; }

    /// <summary>Bytes that can still be appended before the disk is full.</summary>
    public long FreeBytes { get; set; } = long.MaxValue;

    /// <summary>While set every append fails with it and writes nothing.</summary>
    public string? WriteError { get; set; }

    /// <summary>While set every sync fails with it and makes nothing durable.</summary>
    public string? SyncError { get; set; }

    /// <summary>A failed sync gives up the bytes that it should have written: a later one succeeds without them, as on Linux.</summary>
    public bool FailedSyncGivesUp { get; set; }

    /// <summary>While set no file can be opened for writing ("Permission denied").</summary>
    public string? OpenError { get; set; }

    /// <summary>While set no file can be renamed.</summary>
    public string? RenameError { get; set; }

    /// <summary>While set no file gets another name.</summary>
    public string? LinkError { get; set; }

    /// <summary>How often whatever changes something fails of itself, an append after a part of its bytes.</summary>
    public int TroublePerMillion { get; set; }

    /// <summary>Operations that have changed something or tried to, for tests that want to stop before each.</summary>
    public long Operations { get; private set; }

    internal bool TakesTime => Pace.TakesTime;

    /// <summary>Counts handles from before a crash or the death of the process out.</summary>
    internal int Life { get; private set; }

    private Randomness Chance => _world.Simulation.Chance;

    /// <summary>The next append writes nothing and fails.</summary>
    public void FailNextWrite(string error = DiskErrors.InputOutput) => _nextWriteError = error;

    /// <summary>The next append writes a part of drawn length and fails.</summary>
    public void TearNextWrite(string error = DiskErrors.InputOutput)
    {
        _nextWriteError = error;
        _tearNextWrite = true;
    }

    public override DiskResult<DiskFile> Open(string path, DiskOpenMode mode)
    {
        var name = SimulatedNames.Normalize(path);
        if (Begin(mode == DiskOpenMode.Read ? null : OpenError, path, mode != DiskOpenMode.Read) is { } refusal) return new(null, refusal);
        var inode = _names.Find(name);
        if (inode is { IsDirectory: true }) return new(null, DiskErrors.Status(DiskErrors.IsDirectory, path));
        if (inode is null)
        {
            if (mode == DiskOpenMode.Read || !_names.IsDirectory(SimulatedNames.DirectoryOf(name))) return new(null, DiskErrors.Status(DiskErrors.NoEntry, path));
            inode = new SimulatedInode();
            _names.Set((name, inode));
        }
        else if (mode == DiskOpenMode.Replace)
        {
            Give(inode.Length);
            inode.Truncate(0);
        }
        return new(new SimulatedDiskFile(this, inode, path, mode != DiskOpenMode.Read), DiskStatus.Success);
    }

    public override DiskStatus Rename(string from, string to)
    {
        if (Begin(RenameError, from) is { } refusal) return refusal;
        var (old, name) = (SimulatedNames.Normalize(from), SimulatedNames.Normalize(to));
        if (_names.Find(old) is not { IsDirectory: false } inode || !_names.IsDirectory(SimulatedNames.DirectoryOf(name))) return DiskErrors.Status(DiskErrors.NoEntry, from);
        if (_names.IsDirectory(name)) return DiskErrors.Status(DiskErrors.IsDirectory, from);
        if (old == name) return DiskStatus.Success;
        if (_names.Find(name) is { } replaced) GiveUp(replaced);
        // One change: a crash sees the old name or the new one, never both and never none.
        _names.Set((old, null), (name, inode));
        return DiskStatus.Success;
    }

    public override DiskStatus Delete(string path)
    {
        if (Begin(null, path) is { } refusal) return refusal;
        var name = SimulatedNames.Normalize(path);
        if (_names.Find(name) is not { } inode) return DiskErrors.Status(DiskErrors.NoEntry, path);
        if (inode.IsDirectory) return DiskErrors.Status(DiskErrors.IsDirectory, path);
        GiveUp(inode);
        _names.Set((name, null));
        return DiskStatus.Success;
    }

    public override DiskStatus Link(string path, string name)
    {
        if (Begin(LinkError, path) is { } refusal) return refusal;
        var (old, another) = (SimulatedNames.Normalize(path), SimulatedNames.Normalize(name));
        if (_names.Find(old) is not { } inode || !_names.IsDirectory(SimulatedNames.DirectoryOf(another))) return DiskErrors.Status(DiskErrors.NoEntry, path);
        if (inode.IsDirectory) return DiskErrors.Status(DiskErrors.NotPermitted, path);
        if (_names.Find(another) is not null) return DiskErrors.Status(DiskErrors.Exists, path);
        _names.Set((another, inode));
        return DiskStatus.Success;
    }

    public override DiskStatus CreateDirectory(string path)
    {
        if (Begin(null, path) is { } refusal) return refusal;
        var name = SimulatedNames.Normalize(path);
        var missing = new Stack<string>();
        for (var directory = name; directory.Length > 0; directory = SimulatedNames.DirectoryOf(directory))
        {
            if (_names.Find(directory) is not { } found) missing.Push(directory);
            else if (!found.IsDirectory) return DiskErrors.Status(directory == name ? DiskErrors.Exists : DiskErrors.NotDirectory, path);
        }
        foreach (var directory in missing) _names.Set((directory, new SimulatedInode { IsDirectory = true }));
        return DiskStatus.Success;
    }

    public override DiskStatus SyncDirectory(string path)
    {
        var name = SimulatedNames.Normalize(path);
        if (!_names.IsDirectory(name)) return DiskErrors.Status(DiskErrors.NoEntry, path);
        var unsynced = _names.Unsynced(name);
        Operations++;
        if (!Pace.Sync()) return DiskErrors.Status(DiskErrors.BadDescriptor, path);
        if ((SyncError ?? Trouble()) is { } error) return DiskErrors.Status(error, path);
        _names.Sync(unsynced);
        return DiskStatus.Success;
    }

    public override bool FileExists(string path) => _names.Find(SimulatedNames.Normalize(path)) is { IsDirectory: false };

    public override bool DirectoryExists(string path) => _names.IsDirectory(SimulatedNames.Normalize(path));

    public override DiskResult<string[]> List(string directory) => List(directory, directories: false);

    public override DiskResult<string[]> ListDirectories(string directory) => List(directory, directories: true);

    private DiskResult<string[]> List(string directory, bool directories)
    {
        var name = SimulatedNames.Normalize(directory);
        return _names.IsDirectory(name) ? new(_names.In(name, directories), DiskStatus.Success) : new(null, DiskErrors.Status(DiskErrors.NoEntry, directory));
    }

    /// <summary>Handles that are open now are dead from here on.</summary>
    internal void CloseAll()
    {
        Life++;
        Pace.Rest();
    }

    /// <summary>The power fails and comes back. Called by <see cref="SimulatedWorld.Crash"/>.</summary>
    internal void Crash()
    {
        var before = _names.Bytes;
        _names.Crash(Chance);
        Give(before - _names.Bytes);
        _nextWriteError = null;
        _tearNextWrite = false;
    }

    internal DiskStatus Append(SimulatedDiskFile file, ReadOnlySpan<byte> source)
    {
        var error = _nextWriteError;
        var count = error is null ? source.Length : _tearNextWrite ? Chance.Below(source.Length + 1) : 0;
        (_nextWriteError, _tearNextWrite) = (null, false);
        if (error is null && Trouble() is { } trouble) (error, count) = (trouble, Chance.Below(source.Length + 1));
        if (WriteError is not null) (error, count) = (WriteError, 0);
        Operations++;
        if (!Move(file, source[..count])) error ??= file.IsDead ? DiskErrors.BadDescriptor : DiskErrors.NoSpace;
        return error is null ? DiskStatus.Success : DiskErrors.Status(error, file.Path);
    }

    /// <summary>Bit by bit where it takes time, so that something may happen in between.</summary>
    private bool Move(SimulatedDiskFile file, ReadOnlySpan<byte> source)
    {
        const int pieceBytes = 16 * 1024;
        do
        {
            var piece = source[..Math.Min(source.Length, TakesTime ? pieceBytes : source.Length)];
            if (!Pace.Move(piece.Length) || file.IsDead) return false;
            var count = (int)Math.Min(piece.Length, FreeBytes);
            file.Inode.Append(piece[..count]);
            if (FreeBytes != long.MaxValue) FreeBytes -= count;
            if (count < piece.Length) return false;
            source = source[count..];
        }
        while (source.Length > 0);
        return true;
    }

    internal DiskStatus Sync(SimulatedDiskFile file)
    {
        var start = file.Inode.SyncStart;
        Operations++;
        if (!Pace.Sync() || file.IsDead) return DiskErrors.Status(DiskErrors.BadDescriptor, file.Path);
        if ((SyncError ?? Trouble()) is { } error)
        {
            if (FailedSyncGivesUp) file.Inode.GiveUp();
            return DiskErrors.Status(error, file.Path);
        }
        file.Inode.Sync(start);
        return DiskStatus.Success;
    }

    internal DiskResult<int> Read(SimulatedDiskFile file, long position, Span<byte> destination)
    {
        var count = file.Inode.Read(position, destination);
        return Pace.Move(count) && !file.IsDead ? new(count, DiskStatus.Success) : new(0, DiskErrors.Status(DiskErrors.BadDescriptor, file.Path));
    }

    internal DiskStatus Truncate(SimulatedDiskFile file, long length)
    {
        if (Begin(null, file.Path) is { } refusal) return refusal;
        if (length > file.Inode.Length) return DiskErrors.Status(DiskErrors.Invalid, file.Path);
        Give(file.Inode.Length - length);
        file.Inode.Truncate((int)length);
        return DiskStatus.Success;
    }

    /// <summary>Lets the time pass that an operation takes.</summary>
    /// <returns>What it fails with; null: it is to be done.</returns>
    private DiskStatus? Begin(string? error, string path, bool changes = true)
    {
        if (!Pace.Operate()) return DiskErrors.Status(DiskErrors.BadDescriptor, path);
        if (!changes) return null;
        Operations++;
        error ??= Trouble();
        return error is null ? null : DiskErrors.Status(error, path);
    }

    private string? Trouble() => !_world.Simulation.Happens(TroublePerMillion) ? null : Chance.Below(2) == 0 ? DiskErrors.InputOutput : DiskErrors.NoSpace;

    /// <summary>A file loses a name. Its bytes are free with the last one.</summary>
    private void GiveUp(SimulatedInode inode)
    {
        if (_names.CountOf(inode) == 1) Give(inode.Length);
    }

    private void Give(long bytes)
    {
        if (FreeBytes != long.MaxValue) FreeBytes = Math.Max(0, FreeBytes + bytes);
    }
}

internal sealed class SimulatedDiskFile(SimulatedDisk disk, SimulatedInode inode, string path, bool writable) : DiskFile
{
    private readonly int _life = disk.Life;
    private bool _disposed;

    public SimulatedInode Inode { get; } = inode;

    /// <summary>By which it was opened.</summary>
    public string Path { get; } = path;

    public bool IsDead => _disposed || _life != disk.Life;

    public override long Length => Inode.Length;

    public override DiskResult<int> ReadAt(long position, Span<byte> destination) => IsDead ? new(0, Refusal) : disk.Read(this, position, destination);

    public override DiskStatus Append(ReadOnlySpan<byte> source) => IsDead || !writable ? Refusal : disk.Append(this, source);

    public override DiskStatus Sync() => IsDead ? Refusal : disk.Sync(this);

    public override DiskStatus Truncate(long length) => IsDead || !writable ? Refusal : disk.Truncate(this, length);

    public override void Dispose() => _disposed = true;

    private DiskStatus Refusal => DiskErrors.Status(DiskErrors.BadDescriptor, Path);
}
