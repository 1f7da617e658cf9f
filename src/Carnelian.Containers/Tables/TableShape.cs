namespace Carnelian;

/// <summary>How a hash table's entries are spread over its buckets; a bucket counts with those that continue it.</summary>
public sealed class TableShape
{
    private const int CountsMax = 50;

    public long Buckets { get; internal set; }

    public long Entries { get; private set; }

    /// <summary>Entries of the fullest bucket.</summary>
    public int EntriesMax { get; private set; }

    /// <summary>By number of entries: how many buckets have that many. The last stands for all larger numbers too.</summary>
    public long[] BucketsWith { get; } = new long[CountsMax];

    internal void Add(int entries)
    {
        Entries += entries;
        EntriesMax = Math.Max(EntriesMax, entries);
        BucketsWith[Math.Min(entries, CountsMax - 1)]++;
    }

    /// <summary>Adds another table's.</summary>
    internal void Add(TableShape other)
    {
        Buckets += other.Buckets;
        Entries += other.Entries;
        EntriesMax = Math.Max(EntriesMax, other.EntriesMax);
        for (var i = 0; i < BucketsWith.Length; i++) BucketsWith[i] += other.BucketsWith[i];
    }
}
