using Microsoft.Extensions.Logging;

namespace Carnelian;

/// <summary>
/// The folder of an append-only set: where its files are, and its manifest, which is replaced as a whole. What changes a file may be called by a worker; the manifest in
/// memory is the command thread's.
/// </summary>
internal sealed class AppendOnlyFolder(World world, PersistenceOptions options, ILogger log)
{
    private Disk Disk => world.Disk;

    private AppendOnlyOptions Names => options.AppendOnly;

    /// <summary>As it was last written, or read at start.</summary>
    public AppendOnlyManifest Manifest { get; set; } = AppendOnlyManifest.Empty;

    public string Path => options.PathOf(ToPath(Names.DirectoryName));

    public string PathOf(string name) => System.IO.Path.Combine(Path, ToPath(name));

    /// <summary>Where a single file of an older server would lie.</summary>
    public string OldFilePath => options.PathOf(ToPath(Names.FileName));

    public string TemporaryIncrementPath => PathOf(AppendOnlyNames.TemporaryIncrement(Names.FileName));

    /// <summary>What a new base is called until it is whole.</summary>
    public string TemporaryBaseName => $"temp-rewriteaof-bg-{world.Process.Id}.aof";

    public string ManifestPath => PathOf(AppendOnlyNames.Manifest(Names.FileName));

    /// <summary>Names are kept one char per byte; paths are text.</summary>
    private static string ToPath(string name) => ByteText.ToText(name) ?? name;

    /// <summary>Makes the folder if there is none; null, or why it cannot be had.</summary>
    public string? Make()
    {
        if (Disk.DirectoryExists(Path)) return null;
        // Where the server's own has been moved away, or its mount is gone, a new one would be another set that nobody looks for.
        var status = Disk.DirectoryExists(options.PathOf(".")) ? Disk.CreateDirectory(Path) : DiskErrors.Status(DiskErrors.NoEntry, Path);
        if (status.Ok) status = Disk.SyncDirectory(options.PathOf(""));
        return status.Ok ? null : $"Can't open or create append-only dir {Names.DirectoryName}: {status.Error}";
    }

    /// <summary>Makes names last; null, or why that cannot be.</summary>
    public string? Sync() => Disk.SyncDirectory(Path) is { Ok: false } status ? $"Fail to fsync AOF directory {Path}: {status.Error}." : null;

    // ---- at start

    /// <summary>Reads the manifest, if there is one. False if it is none; the log says why.</summary>
    public bool TryReadManifest()
    {
        Manifest = AppendOnlyManifest.Empty;
        if (!Disk.DirectoryExists(Path))
        {
            log.LogDebug("The AOF directory {Directory} doesn't exist", Names.DirectoryName);
            return true;
        }
        if (!Disk.FileExists(ManifestPath))
        {
            log.LogDebug("The AOF manifest file {File} doesn't exist", AppendOnlyNames.Manifest(Names.FileName));
            return true;
        }
        var read = Disk.ReadAll(ManifestPath);
        if (read.Value is not { } text)
        {
            log.LogWarning("Fatal error: can't open the AOF manifest file {File} for reading: {Error}", ManifestPath, read.Status.Error);
            return false;
        }
        if (!ManifestText.TryParse(text, out var manifest, out var error))
        {
            foreach (var line in error!.LogLines) log.LogWarning("{Line}", line);
            return false;
        }
        Manifest = manifest.Beyond(Parts());
        return true;
    }

    /// <summary>Names of bases and increments that lie in the folder.</summary>
    public IReadOnlyList<string> Parts() => [.. (Disk.List(Path).Value ?? []).Where(name => AppendOnlyNames.IsPart(ToPath(Names.FileName), name))];

    /// <summary>Deletes what a server left behind that ended while it wrote.</summary>
    public void DeleteTemporaryFiles()
    {
        foreach (var name in Disk.List(Path).Value ?? [])
        {
            if (!IsTemporary(name)) continue;
            log.LogInformation("Removing the temporary file {File} of an earlier run", name);
            Disk.Delete(System.IO.Path.Combine(Path, name));
        }
    }

    private bool IsTemporary(string name) =>
        name == AppendOnlyNames.TemporaryManifest(ToPath(Names.FileName)) || name == AppendOnlyNames.TemporaryIncrement(ToPath(Names.FileName)) || IsTemporaryBase(name);

    /// <summary>Is it the name of a file that such a set has, or leaves behind?</summary>
    public bool IsOwn(string name) => name == AppendOnlyNames.Manifest(ToPath(Names.FileName)) || AppendOnlyNames.IsPart(ToPath(Names.FileName), name) || IsTemporary(name);

    private static bool IsTemporaryBase(string name) =>
        (name.StartsWith("temp-rewriteaof-bg-", StringComparison.Ordinal) || name.StartsWith("temp-rewriteaof-", StringComparison.Ordinal)) && name.EndsWith(".aof", StringComparison.Ordinal);

    /// <summary>Moves the single file of an older server into the folder, as the base. False if that fails; the log says why.</summary>
    public bool TryTakeOldFile()
    {
        if (Make() is { } error)
        {
            log.LogWarning("{Error}", error);
            return false;
        }
        var manifest = AppendOnlyManifest.OfOldFile(Names.FileName);
        if (!TryWrite(manifest, out error) || error is not null)
        {
            log.LogWarning("{Error}", error);
            return false;
        }
        var status = Disk.Rename(OldFilePath, PathOf(Names.FileName));
        if (status.Ok) status = Disk.SyncDirectory(Path);
        if (status.Ok) status = Disk.SyncDirectory(options.PathOf(""));
        if (!status.Ok)
        {
            log.LogWarning("Error trying to move the old AOF file {File} into dir {Directory}: {Error}", Names.FileName, Names.DirectoryName, status.Error);
            return false;
        }
        Manifest = manifest;
        log.LogInformation("Successfully migrated an old-style AOF file ({File}) into the AOF directory ({Directory}).", Names.FileName, Names.DirectoryName);
        return true;
    }

    // ---- by whatever thread

    /// <summary>
    /// Replaces the manifest on the disk: written, synced, renamed, and the folder synced. True if it is in its place; with an error all the same if a crash may bring back the one before, so that what that one
    /// names must not be deleted yet.
    /// </summary>
    public bool TryWrite(AppendOnlyManifest manifest, out string? error)
    {
        var (name, temporary) = (AppendOnlyNames.Manifest(Names.FileName), AppendOnlyNames.TemporaryManifest(Names.FileName));
        var opened = Disk.Open(PathOf(temporary), DiskOpenMode.Replace);
        error = opened.Ok ? null : $"Can't open the AOF manifest file {temporary}: {opened.Status.Error}";
        if (opened.Value is not { } file) return false;
        using (file)
        {
            if (file.Append(ManifestText.Write(manifest)) is { Ok: false } written) error = $"Error trying to write the temporary AOF manifest file {temporary}: {written.Error}";
            else if (file.Sync() is { Ok: false } synced) error = $"Fail to fsync the temp AOF file {temporary}: {synced.Error}.";
            // What it names is to be there when it is.
            else error = Sync();
        }
        if (error is null && Disk.Rename(PathOf(temporary), PathOf(name)) is { Ok: false } renamed)
            error = $"Error trying to rename the temporary AOF manifest file {temporary} into {name}: {renamed.Error}";
        if (error is not null)
        {
            Disk.Delete(PathOf(temporary));
            return false;
        }
        error = Sync();
        return true;
    }

    /// <summary>Bytes of a file; null if it cannot be had, and why.</summary>
    public long? LengthOf(string name, out string? error)
    {
        var opened = Disk.Open(PathOf(name), DiskOpenMode.Read);
        error = opened.Status.Error;
        if (opened.Value is not { } file) return null;
        using (file) return file.Length;
    }
}
