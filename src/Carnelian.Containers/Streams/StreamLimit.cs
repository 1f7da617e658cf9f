namespace Carnelian;

/// <summary>How large a node of a stream becomes: stream-node-max-bytes and stream-node-max-entries, by the rules of Redis 8.0 (t_stream.c, streamAppendItem), so that the same entries give the same nodes.</summary>
/// <param name="BytesMax">0: as much as a node can have.</param>
/// <param name="EntriesMax">Deleted ones included; 0: any number.</param>
public readonly record struct StreamLimit(long BytesMax, long EntriesMax)
{
    /// <summary>Of a node, and of the fields and values of one entry.</summary>
    public const int HardBytesMax = 1 << 30;

    /// <summary>What a node of a stream that already has others is given to be filled.</summary>
    private const int PreparedBytesMax = 4096;

    private int NodeBytesMax => BytesMax is 0 or > HardBytesMax ? HardBytesMax : (int)BytesMax;

    internal int PreparedBytes => Math.Min(NodeBytesMax, PreparedBytesMax);

    /// <summary>Whether a node of so many bytes and entries takes no other one with so many bytes of text.</summary>
    internal bool IsFull(int bytes, long entries, long textBytes) => bytes + textBytes >= NodeBytesMax || EntriesMax != 0 && entries >= EntriesMax;
}
