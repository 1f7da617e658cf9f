namespace Carnelian;

/// <summary>How much memory key tables take.</summary>
public struct KeyTableMemory
{
    /// <summary>Memory of the tables themselves.</summary>
    public long BucketBytes { get; internal set; }

    /// <summary>Memory of the times by which keys that expire are found.</summary>
    public long ExpiryCountBytes { get; private set; }

    /// <summary>Memory of the arrays that rehashes are emptying.</summary>
    public long RehashingBytes { get; private set; }

    public int RehashingTables { get; private set; }

    internal unsafe void Add(TableRoot* root)
    {
        BucketBytes += root->BucketBytes;
        ExpiryCountBytes += root->DueBytes;
        if (!root->IsRehashing) return;
        RehashingBytes += (long)root->Main.BucketBytes;
        RehashingTables++;
    }
}
