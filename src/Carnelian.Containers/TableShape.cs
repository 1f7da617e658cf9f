namespace Carnelian;

/// <summary>How a hash table's entries are spread over its buckets; a bucket counts with those that continue it.</summary>
public sealed class TableShape
{
    private const int CountsMax = 50;

    public long Buckets { get; init; }

    public long Entries { get; private set; }

    /// <summary>Entries of the fullest bucket.</summary>
    public int EntriesMax { get; private set; }

    /// <summary>How many buckets have so many entries; the last number stands for all above it too.</summary>
    public long[] BucketsWith { get; } = new long[CountsMax];

    internal void Add(int entries)
    {
        Entries += entries;
        EntriesMax = Math.Max(EntriesMax, entries);
        BucketsWith[Math.Min(entries, CountsMax - 1)]++;
    }
}
