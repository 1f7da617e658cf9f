namespace Carnelian;

/// <summary>What an RDB file says of itself, and how it is written: as of the moment at which its writing begins.</summary>
public sealed class RdbFacts
{
    /// <summary>No value needs a later one.</summary>
    public required int Version { get; init; }

    /// <summary>Of the server, as readers know it.</summary>
    public required byte[] Release { get; init; }

    public required long UnixSeconds { get; init; }

    public required long UsedMemory { get; init; }

    /// <summary>What has changed since stands in an append-only file.</summary>
    public bool IsAppendOnlyBase { get; init; }

    /// <summary>Sources of libraries.</summary>
    public IReadOnlyList<byte[]> Functions { get; init; } = [];

    /// <summary>rdbcompression.</summary>
    public bool Compresses { get; init; } = true;

    /// <summary>rdbchecksum.</summary>
    public bool Sums { get; init; } = true;
}
