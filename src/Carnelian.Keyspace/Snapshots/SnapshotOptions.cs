namespace Carnelian;

/// <summary>How snapshots are taken.</summary>
public sealed class SnapshotOptions
{
    /// <summary>Bytes of a chunk; larger when a single record is.</summary>
    public int ChunkBytes { get; init; } = 64 << 10;

    /// <summary>What a snapshot may keep in memory beyond the keyspace itself before writers have to wait, bytes.</summary>
    public long BufferBytesMax { get; set; } = 256 << 20;

    /// <summary>A hash that takes more memory, with its table, is saved by a task of its own, in slices; one that takes less all at once.</summary>
    public int HashBytesAtOnceMax { get; init; } = 64 << 10;
}
