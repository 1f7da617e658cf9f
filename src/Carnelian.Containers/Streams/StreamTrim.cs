namespace Carnelian;

/// <summary>Up to where a stream loses its first entries.</summary>
public enum StreamTrimStrategy : byte
{
    None,

    /// <summary>Until it has no more entries than <see cref="StreamTrim.LengthMax"/>.</summary>
    ByLength,

    /// <summary>All that have a lesser ID than <see cref="StreamTrim.MinId"/>.</summary>
    ById,
}

/// <summary>What becomes of what consumer groups have pending of entries that are deleted.</summary>
public enum PendingPolicy : byte
{
    /// <summary>It stays.</summary>
    Keep,

    /// <summary>It is removed from all groups.</summary>
    Remove,

    /// <summary>Only entries are deleted that every group has read and none has pending.</summary>
    DeleteAcknowledged,
}

/// <summary>How a stream is trimmed.</summary>
public readonly record struct StreamTrim
{
    public StreamTrimStrategy Strategy { get; init; }

    public long LengthMax { get; init; }

    public StreamId MinId { get; init; }

    /// <summary>Only whole nodes are removed, so that some entries more may stay.</summary>
    public bool IsApproximate { get; init; }

    public PendingPolicy Pending { get; init; }

    /// <summary>No more entries are removed; 0: any number.</summary>
    public long Limit { get; init; }
}
