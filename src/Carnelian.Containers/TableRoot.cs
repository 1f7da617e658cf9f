using System.Runtime.InteropServices;

namespace Carnelian;

/// <summary>
/// A hash table's root: a native block, so that a million small collections are no managed objects.
/// While a rehash goes on, <see cref="Main"/> is emptied into <see cref="Target"/>, in the order of the bucket numbers of the
/// smaller of the two: of an entry whose number there is below <see cref="RehashIndex"/> all is in the target, of any other nothing.
/// So a key has one bucket at any time.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct TableRoot
{
    internal BucketArray Main;
    internal BucketArray Target;
    internal long RehashIndex;

    /// <summary>While above zero no rehash step is taken and none begins: somebody walks the buckets by number.</summary>
    internal int Paused;

    /// <summary>Entries.</summary>
    public long Count;

    /// <summary>Entries that expire.</summary>
    public long Expiring;

    /// <summary>Buckets that continue another one.</summary>
    public long ChainedBuckets;

    public readonly bool IsRehashing => Target.Buckets != null;

    public readonly long Buckets => Main.Size + Target.Size;
}
