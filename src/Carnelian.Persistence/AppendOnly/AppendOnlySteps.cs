namespace Carnelian;

/// <summary>
/// Opens an increment, and enters it into the manifest before anything is written to it. What was written up to here is synced first: only the last file may be damaged when the power fails.
/// </summary>
/// <param name="manifest">Null: a temporary increment, which the manifest does not know.</param>
internal sealed class OpenIncrement(AppendOnlyFolder folder, World world, AppendOnlyManifest? manifest, string name, Action<OpenIncrement> completed) : AppendStep
{
    public AppendOnlyManifest? Manifest => manifest;

    public string Name => name;

    /// <summary>Why it could not be, or null: then what is changed goes on to the file before.</summary>
    public string? Error { get; private set; }

    public override void Run()
    {
        if (Before?.Sync() is { Ok: false } synced)
        {
            Error = $"Can't sync the append-only file that {name} is to follow: {synced.Error}";
            return;
        }
        var path = folder.PathOf(name);
        var opened = world.Disk.Open(path, DiskOpenMode.Replace);
        if (opened.Value is not { } file)
        {
            Error = $"Can't open the append-only file {name}: {opened.Status.Error}";
            return;
        }
        if (manifest is not null && !folder.TryWrite(manifest, out var error))
        {
            Error = error;
            file.Dispose();
            world.Disk.Delete(path);
            return;
        }
        Next = (file, path);
    }

    public override void Completed() => completed(this);
}

/// <summary>Makes a new base the one that counts. What it replaces may be deleted afterwards.</summary>
/// <param name="temporaryIncrement">What has been changed since the cut, if the manifest does not know it yet: its path, and the one it gets.</param>
internal sealed class AdoptBase(AppendOnlyFolder folder, World world, AppendOnlyManifest manifest, (string From, string To)? temporaryIncrement, Action<AdoptBase> completed) : AppendStep
{
    public AppendOnlyManifest Manifest => manifest;

    /// <summary>It counts. There may be an <see cref="Error"/> all the same: then what it replaces is to be kept.</summary>
    public bool IsInPlace { get; private set; }

    public string? Error { get; private set; }

    public long BaseBytes { get; private set; }

    public override void Run()
    {
        var bytes = folder.LengthOf(manifest.Base!.Name, out var missing);
        if (bytes is null)
            Error = $"Can't use the new AOF base file {manifest.Base.Name}: {missing}";
        else if (temporaryIncrement is var (from, to) && world.Disk.Rename(from, to) is { Ok: false } renamed)
            Error = $"Error trying to rename the temporary AOF incr file {from} into {to}: {renamed.Error}";
        else
        {
            IsInPlace = folder.TryWrite(manifest, out var error);
            Error = error;
            NewPath = temporaryIncrement?.To;
        }
        if (IsInPlace) BaseBytes = bytes ?? 0;
        else world.Disk.Delete(folder.PathOf(manifest.Base!.Name));
    }

    public override void Completed() => completed(this);
}

/// <summary>Deletes files that nobody needs, and takes them out of the manifest.</summary>
internal sealed class DeleteHistory(AppendOnlyFolder folder, World world, AppendOnlyManifest manifest, Action<AppendOnlyManifest, string?> completed) : AppendStep
{
    private string? _error;

    public override void Run()
    {
        foreach (var file in manifest.History) world.Disk.Delete(folder.PathOf(file.Name));
        folder.TryWrite(manifest.WithoutHistory(), out _error);
    }

    public override void Completed() => completed(manifest, _error);
}

/// <summary>Deletes one file.</summary>
internal sealed class DeleteFile(World world, string path, Action? completed = null) : AppendStep
{
    public override void Run() => world.Disk.Delete(path);

    public override void Completed() => completed?.Invoke();
}
