namespace Carnelian;

/// <summary>What was at the moment that a snapshot shows.</summary>
/// <param name="ChangeOffset">The change log's offset: replayed up to here it gives what the snapshot holds.</param>
/// <param name="Keys">Per database: number of keys, and of those with an expiry.</param>
/// <param name="Use">By what the uses of its keys are told.</param>
public sealed record SnapshotCut(long ChangeOffset, long NowMs, (long Count, long Expiring)[] Keys, AccessMoment Use)
{
    /// <summary>Of all databases.</summary>
    public long KeyCount
    {
        get
        {
            long count = 0;
            foreach (var database in Keys) count += database.Count;
            return count;
        }
    }
}

/// <summary>Takes a snapshot as it is made: the encoder of a file or of a full sync, a test. Called on the command thread.</summary>
public interface ISnapshotSink
{
    /// <summary>False while it has enough chunks to work on; the walk then waits, and only what changes is added to the queue.</summary>
    bool HasRoom { get; }

    void Begin(SnapshotCut cut);

    /// <summary>The chunk is the sink's, on whatever thread, until it calls <see cref="Snapshots.GiveBack"/>.</summary>
    void Take(SnapshotChunk chunk);

    /// <summary>All chunks have been handed out.</summary>
    void Complete();

    /// <summary>No more chunks come, and those out are worth nothing. They are to be given back all the same.</summary>
    void Abort();
}
