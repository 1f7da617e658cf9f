namespace Carnelian;

/// <summary>How a value is kept, as OBJECT ENCODING names it. What it means depends on the value's type.</summary>
public enum ValueEncoding : byte
{
    Raw,
    Int,
    Embstr,
    HashTable,
    QuickList,

    /// <summary>Packed in the key's own value, as Redis packs it.</summary>
    ListPack,

    /// <summary>As <see cref="ListPack"/>, with a time for each field of a hash.</summary>
    ListPackEx,

    /// <summary>Integers packed in the key's own value, as Redis packs them.</summary>
    IntSet,

    /// <summary>A sorted set as a table and a tree. The name is that of what Redis has in the tree's place.</summary>
    SkipList,

    /// <summary>Packed nodes, and a tree of them.</summary>
    Stream,
}
