namespace Carnelian;

/// <summary>Where a backup has its base and the changes behind it from. Command thread only; what is to be done with files is returned, for a worker.</summary>
internal abstract class BackupSource : IDisposable
{
    /// <summary>The base is being written.</summary>
    public abstract bool IsWriting { get; }

    /// <summary>The base is there; told once, with what a worker is to do with it (null or an error), and how its file is called.</summary>
    public required Action<Func<string?>, string> Based { get; init; }

    /// <summary>No backup can come of it, and why.</summary>
    public required Action<string> Failed { get; init; }

    /// <summary>Between calls, once a turn.</summary>
    public abstract void Turn();

    /// <summary>When <see cref="Turn"/> has something to do, milliseconds of the monotonic clock.</summary>
    public virtual long DueMs => long.MaxValue;

    /// <summary>Ends the increment behind all that was changed by now. Between calls.</summary>
    /// <param name="ended">Told when that is done, with what a worker is to do then and which files there are; or why it cannot be done.</param>
    public abstract void End(Action<Func<string?>, IReadOnlyList<string>> ended, Action<string> failed);

    /// <summary>Nothing comes of it: what is under way is given up.</summary>
    public abstract void GiveUp();

    /// <summary>Nothing is under way any more, so that the folder may be cleared.</summary>
    public abstract bool IsQuiet { get; }

    public abstract void Dispose();
}
