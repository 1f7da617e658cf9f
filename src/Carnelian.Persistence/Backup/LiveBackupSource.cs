namespace Carnelian;

/// <summary>
/// A backup of the append-only file that the server keeps anyway: the next rewrite makes its base, or the one that is under way, and from then on none begins until the backup is sealed. The increment is
/// rotated then, so that what is in the backup does not change any more.
/// </summary>
internal sealed class LiveBackupSource : BackupSource
{
    private readonly AppendOnlyFile _file;
    private readonly BackupFolder _folder;

    /// <summary>It was begun for this backup: nobody else wants it.</summary>
    private readonly bool _hasScheduled;
    private bool _isOver;
    private Action? _end;

    public LiveBackupSource(AppendOnlyFile file, BackupFolder folder)
    {
        (_file, _folder) = (file, folder);
        Rewrites.Ended = OnRewriteEnded;
        file.TurnedOff = () => Fail("appendonly is stopped");
        _hasScheduled = !Rewrites.IsWriting && !Rewrites.IsScheduled;
        Rewrites.IsScheduled |= _hasScheduled;
    }

    private AppendOnlyRewrites Rewrites => _file.Rewrites;

    public override bool IsWriting => Rewrites.IsWriting;

    public override bool IsQuiet => true;

    public override void Turn()
    {
        // What a rewrite replaced is still being deleted.
        if (_end is null || Rewrites.IsRunning) return;
        _end();
        _end = null;
    }

    private void OnRewriteEnded(bool isAdopted)
    {
        if (!isAdopted)
        {
            Fail(Rewrites.LastError ?? "the rewrite of the append-only file was given up");
            return;
        }
        Rewrites.Ended = null;
        Rewrites.IsHeld = true;
        var name = _file.Folder.Manifest.Base!.Name;
        Based(() => _folder.Pin(_file.Folder.PathOf(name), name), name);
    }

    public override void End(Action<Func<string?>, IReadOnlyList<string>> ended, Action<string> failed) => _end = () =>
    {
        var before = _file.Folder.Manifest;
        _file.Rotate(step =>
        {
            if (_isOver) return;
            if (step.Error is not null)
            {
                failed(step.Error);
                return;
            }
            // As it is called now: where the increments end.
            var manifest = _file.Folder.Manifest.UpTo(before.IncrementSequence);
            ended(() => _folder.Seal(manifest, _file.Folder), [.. manifest.Files.Select(file => file.Name), _folder.ManifestName]);
        });
    };

    private void Fail(string reason)
    {
        if (!_isOver) Failed(reason);
    }

    public override void GiveUp()
    {
        if (_hasScheduled && Rewrites.Ended is not null && !Rewrites.IsWriting) Rewrites.IsScheduled = false;
        Dispose();
    }

    public override void Dispose()
    {
        if (_isOver) return;
        _isOver = true;
        (Rewrites.Ended, _file.TurnedOff, _end) = (null, null, null);
        Rewrites.IsHeld = false;
    }
}
