namespace Carnelian;

/// <summary>What is done with the files themselves, in the order of what is written. On a worker; <see cref="Completed"/> then on the command thread.</summary>
internal abstract class AppendStep
{
    /// <summary>The file that was written up to here, if there is one.</summary>
    public DiskFile? Before { get; set; }

    public abstract void Run();

    /// <summary>What the present file is called from now on, if it has another name.</summary>
    public string? NewPath { get; protected set; }

    /// <summary>The file that is written from now on, if it is another one.</summary>
    public (DiskFile File, string Path)? Next { get; protected set; }

    public virtual void Completed()
    {
    }
}

/// <summary>What a worker does at once: a change of files perhaps, then bytes to be written, then perhaps a sync. If writing fails it is tried again, as it is.</summary>
internal sealed class AppendBatch(BlockAllocator allocator) : IDisposable
{
    public AppendStep? Step { get; set; }

    public AppendBuffer Bytes { get; } = new(allocator);

    /// <summary>The change log's offset behind the last change that is in it.</summary>
    public long ChangeOffset { get; set; }

    /// <summary>Asked for: all that was written is made durable.</summary>
    public bool Syncs { get; set; }

    /// <summary>Until when it was filled: all that was changed by then is in it, or in one before. It may be written much later.</summary>
    public long TakenMs { get; set; }

    /// <summary>No file is written any more behind it.</summary>
    public bool Closes { get; set; }

    // What came of it.

    /// <summary>The step has been taken.</summary>
    public bool HasStepped { get; set; }

    /// <summary>Bytes that are in the file already, from a write that failed and could not be taken back.</summary>
    public long Written { get; set; }

    public DiskStatus WriteStatus { get; set; }

    /// <summary>A part was written before that; whether it was taken back, and if not why.</summary>
    public bool WasShort { get; set; }

    public DiskStatus TakeBackStatus { get; set; }

    public DiskStatus SyncStatus { get; set; }

    public bool HasSynced { get; set; }

    public long WriteNanoseconds { get; set; }

    public long SyncNanoseconds { get; set; }

    /// <summary>Length of the file afterwards, and its path.</summary>
    public long FileLength { get; set; }

    public string? Path { get; set; }

    public void Dispose() => Bytes.Dispose();
}
