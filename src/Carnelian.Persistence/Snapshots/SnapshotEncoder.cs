namespace Carnelian;

/// <summary>
/// Writes a snapshot as a file of some format. Made for one snapshot, and told of the cut on the command thread; all else is called by a worker, one call at a time, and
/// must not touch the keyspace.
/// </summary>
public abstract class SnapshotEncoder
{
    /// <summary>Keys written so far. Any thread, for who shows how far it has got.</summary>
    public long KeysWritten => Volatile.Read(ref _keysWritten);

    private long _keysWritten;

    protected void CountKey() => Volatile.Write(ref _keysWritten, _keysWritten + 1);

    /// <summary>Whether the file ends with a checksum of all that it holds.</summary>
    public virtual bool Sums => false;

    /// <summary>Whether long strings are compressed.</summary>
    public virtual bool Compresses => false;

    /// <summary>The cut has been made: notes what the file is to tell of this moment. On the command thread.</summary>
    public abstract void AtCut(SnapshotCut cut);

    /// <summary>Writes what stands before the first key.</summary>
    public abstract void Begin(RdbChunks output);

    /// <summary>Writes the records of a chunk. A table's fields may be spread over several.</summary>
    public abstract void Write(RdbChunks output, scoped SnapshotReader records);

    /// <summary>Writes what stands behind the last key.</summary>
    public abstract void End(RdbChunks output);
}
