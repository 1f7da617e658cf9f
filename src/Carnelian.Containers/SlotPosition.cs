namespace Carnelian;

/// <summary>Where an entry sits. Holds until the next change or rehash step of its table.</summary>
public readonly unsafe struct SlotPosition
{
    internal readonly Bucket* Bucket;
    internal readonly int Index;

    /// <summary>Number of the chain's first bucket.</summary>
    internal readonly long Number;
    internal readonly bool InTarget;

    internal SlotPosition(Bucket* bucket, int index, long number, bool inTarget)
    {
        Bucket = bucket;
        Index = index;
        Number = number;
        InTarget = inTarget;
    }

    public bool Found => Bucket != null;

    public byte* Entry => Bucket == null ? null : Carnelian.Bucket.EntryOf((*Bucket)[Index]);
}
