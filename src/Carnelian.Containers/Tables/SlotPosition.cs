namespace Carnelian;

/// <summary>Where an entry sits. Holds until the next change or rehash step of its table.</summary>
internal readonly unsafe struct SlotPosition
{
    public readonly Bucket* Bucket;
    public readonly int Index;

    /// <summary>Number of the chain's first bucket.</summary>
    public readonly long Number;
    public readonly bool InTarget;

    public SlotPosition(Bucket* bucket, int index, long number, bool inTarget)
    {
        Bucket = bucket;
        Index = index;
        Number = number;
        InTarget = inTarget;
    }

    public bool Found => Bucket != null;

    public byte* Entry => Bucket == null ? null : Carnelian.Bucket.EntryOf((*Bucket)[Index]);
}
