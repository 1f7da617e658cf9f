namespace Carnelian;

/// <summary>
/// A backup of a server that keeps no append-only file: one is kept in the backup's folder until the backup is sealed. No client notices: nobody waits for its disk, and when that fails or does not keep up, it is the
/// backup that fails.
/// </summary>
internal sealed class OwnBackupSource(AppendOnlyFile file, BackupFolder folder) : BackupSource
{
    private bool _isBased, _isGivenUp;
    private Action? _ended;

    public override bool IsWriting => file.Rewrites.IsWriting;

    public override bool IsQuiet => file.IsQuiet;

    public override long DueMs => file.DueMs;

    /// <summary>Has the base written as soon as nothing else is.</summary>
    public void Begin()
    {
        if (!file.TryTurnOn()) Failed("the base can't be written, the log says why");
    }

    public override void Turn()
    {
        if (_isGivenUp) return;
        if (file.Rewrites.HasFailed) Failed(file.Rewrites.LastError ?? "the base can't be written, the log says why");
        else if (file.Error is { } error) Failed(error);
        else if (file.PendingBytes > file.Options.BufferBytesMax) Failed("the disk does not take the changes as fast as they come");
        else GoOn();
    }

    private void GoOn()
    {
        file.Rewrites.Turn();
        file.Turn();
        if (!_isBased && file.State == AppendOnlyState.On && !file.Rewrites.IsRunning)
        {
            _isBased = true;
            Based(static () => null, file.Folder.Manifest.Base!.Name);
        }
        if (_ended is null || !file.IsQuiet) return;
        _ended();
        _ended = null;
    }

    public override void End(Action<Func<string?>, IReadOnlyList<string>> ended, Action<string> failed)
    {
        file.TurnOff();
        _ended = () => ended(static () => null, [.. file.Folder.Manifest.Files.Select(part => part.Name), folder.ManifestName]);
    }

    public override void GiveUp()
    {
        _isGivenUp = true;
        if (file.State != AppendOnlyState.Off) file.TurnOff();
        file.Rewrites.IsScheduled = false;
    }

    public override void Dispose() => file.Dispose();
}
