namespace Carnelian;

/// <summary>What files have of a stream: of one that is in use, or of one that a snapshot holds.</summary>
public interface IStreamParts
{
    /// <summary>Live entries.</summary>
    long Length { get; }

    /// <summary>The greatest ID that was ever given; it may be set beyond.</summary>
    StreamId LastId { get; }

    /// <summary>Of the first live entry; 0-0 when there is none.</summary>
    StreamId FirstId { get; }

    /// <summary>The greatest that was deleted, but not by trimming.</summary>
    StreamId MaxDeletedId { get; }

    /// <summary>How many entries were ever added.</summary>
    long EntriesAdded { get; }

    long NodeCount { get; }

    /// <summary>In order.</summary>
    StreamNodes Nodes { get; }

    int GroupCount { get; }

    /// <summary>In the order of names.</summary>
    ConsumerGroup GroupAt(int i);
}
