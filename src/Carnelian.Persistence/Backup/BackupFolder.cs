using Microsoft.Extensions.Logging;

namespace Carnelian;

/// <summary>
/// The folder of one backup: an append-only set of its own, whose files are further names of the server's, or copies where the file system has no links. What does something is called by a worker.
/// </summary>
internal sealed class BackupFolder(World world, PersistenceOptions options, ILogger log)
{
    private const int CopiedBytes = 1 << 20;

    private Disk Disk => world.Disk;

    /// <summary>How the set is kept that the folder holds.</summary>
    public PersistenceOptions Options => options;

    public AppendOnlyFolder Set { get; } = new(world, options, log);

    public string PathOf(string name) => Set.PathOf(name);

    public string ManifestName => AppendOnlyNames.Manifest(options.AppendOnly.FileName);

    /// <summary>Makes it if there is none. Null, or why there can be no backup in it.</summary>
    public string? Prepare()
    {
        if (Set.Make() is { } error) return error;
        var (files, folders) = (Disk.List(Set.Path), Disk.ListDirectories(Set.Path));
        if (!files.Ok) return $"Can't read the backup directory {Set.Path}: {files.Status.Error}";
        return files.Value!.Length > 0 || folders.Value is { Length: > 0 } ? $"Backup directory {Set.Path} is not empty" : null;
    }

    /// <summary>Gives a file of the server a place in the backup, and makes it durable there. Null, or why that failed.</summary>
    public string? Pin(string path, string name)
    {
        var to = PathOf(name);
        var status = Disk.Link(path, to);
        if (DiskErrors.IsWithoutLinks(status)) status = Copy(path, to);
        else if (status.Ok) status = Sync(to);
        if (status.Ok) status = Disk.SyncDirectory(Set.Path);
        return status.Ok ? null : $"Can't put {name} into the backup: {status.Error}";
    }

    /// <summary>Adds the increments behind the base, and the manifest that names them all.</summary>
    /// <param name="live">Where the increments are.</param>
    public string? Seal(AppendOnlyManifest manifest, AppendOnlyFolder live)
    {
        foreach (var increment in manifest.Increments)
        {
            if (Pin(live.PathOf(increment.Name), increment.Name) is { } failure) return failure;
        }
        Set.TryWrite(manifest, out var error);
        return error;
    }

    /// <summary>Deletes what a backup has in it, and nothing else. Null, or why that failed.</summary>
    public string? Clear()
    {
        var listed = Disk.List(Set.Path);
        string? error = listed.Ok ? null : $"Can't read the backup directory {Set.Path}: {listed.Status.Error}";
        foreach (var name in listed.Value ?? [])
        {
            if (!Set.IsOwn(name)) continue;
            var status = Disk.Delete(Path.Combine(Set.Path, name));
            if (!status.Ok) error ??= $"Can't delete {name} of the backup: {status.Error}";
        }
        Disk.SyncDirectory(Set.Path);
        return error;
    }

    private DiskStatus Sync(string path)
    {
        var opened = Disk.Open(path, DiskOpenMode.Append);
        if (opened.Value is not { } file) return opened.Status;
        using (file) return file.Sync();
    }

    private DiskStatus Copy(string path, string to)
    {
        var (from, target) = (Disk.Open(path, DiskOpenMode.Read), Disk.Open(to, DiskOpenMode.Replace));
        using (from.Value)
        using (target.Value)
        {
            if (!from.Ok) return from.Status;
            if (!target.Ok) return target.Status;
            var bytes = new byte[CopiedBytes];
            for (long copied = 0; ;)
            {
                var read = from.Value!.ReadAt(copied, bytes);
                if (!read.Ok) return read.Status;
                if (read.Value == 0) return target.Value!.Sync();
                if (target.Value!.Append(bytes.AsSpan(0, read.Value)) is { Ok: false } written) return written;
                copied += read.Value;
            }
        }
    }
}
