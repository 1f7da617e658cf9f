namespace Carnelian;

/// <summary>
/// What is done with all collections alike: each operation is one switch over the encoding of the key. So a new encoding is entered in this file and
/// nowhere else.
/// </summary>
internal static unsafe class Collections
{
    /// <summary>What one step of freeing or moving does.</summary>
    private const int NodesPerStep = 16, BucketsPerStep = 16;

    public static ValueType TypeOf(ValueEncoding encoding) => encoding switch
    {
        ValueEncoding.HashTable => ValueType.Hash,
        ValueEncoding.QuickList => ValueType.List,
        _ => throw Unknown(encoding),
    };

    /// <summary>The root of an empty collection.</summary>
    public static byte* Create(ValueEncoding encoding, TableHost host) => encoding switch
    {
        ValueEncoding.HashTable => FieldTable.Create(host),
        ValueEncoding.QuickList => NodeList.Create(host),
        _ => throw Unknown(encoding),
    };

    /// <summary>Elements.</summary>
    public static long Count(byte* root, ValueEncoding encoding, TableHost host) => encoding switch
    {
        ValueEncoding.HashTable => new FieldTable(root, host).Count,
        ValueEncoding.QuickList => new NodeList(root, host).Count,
        _ => throw Unknown(encoding),
    };

    /// <summary>Memory that a collection takes; where it is not known, <paramref name="samples"/> nodes are measured and stand for the others.</summary>
    public static long MemoryBytes(byte* root, ValueEncoding encoding, long samples, TableHost host) => encoding switch
    {
        ValueEncoding.HashTable => new FieldTable(root, host).MemoryBytes,
        ValueEncoding.QuickList => new NodeList(root, host).MemoryBytes(samples),
        _ => throw Unknown(encoding),
    };

    /// <summary>Adds the elements of another collection of the same encoding to an empty one.</summary>
    public static void AddAll(byte* root, byte* other, ValueEncoding encoding, TableHost host)
    {
        switch (encoding)
        {
            case ValueEncoding.HashTable: new FieldTable(root, host).AddAll(new(other, host)); break;
            case ValueEncoding.QuickList: new NodeList(root, host).AddAll(new(other, host)); break;
            default: throw Unknown(encoding);
        }
    }

    /// <summary>Moves a part of a collection out of sparse slabs; true at the end of a round.</summary>
    public static bool DefragmentSome(byte* root, ValueEncoding encoding, TableHost host, ref BlockMover mover) => encoding switch
    {
        ValueEncoding.HashTable => new FieldTable(root, host).Defragment(BucketsPerStep, ref mover),
        ValueEncoding.QuickList => new NodeList(root, host).Defragment(NodesPerStep, ref mover),
        _ => throw Unknown(encoding),
    };

    /// <summary>
    /// Takes over a collection whose key no longer needs it. It is freed bit by bit, after the call. If a snapshot holds it, that happens once the
    /// snapshot lets it go.
    /// </summary>
    public static void Drop(byte* root, ValueEncoding encoding, TableHost host)
    {
        if (((Hold*)root)->Drop()) host.FreeLater(root, encoding);
    }

    /// <summary>Frees a part of a collection; true when nothing is left of it. Between calls only.</summary>
    public static bool FreeSome(byte* root, ValueEncoding encoding, TableHost host) => encoding switch
    {
        ValueEncoding.HashTable => new FieldTable(root, host).FreeSome(),
        ValueEncoding.QuickList => new NodeList(root, host).FreeSome(NodesPerStep),
        _ => throw Unknown(encoding),
    };

    private static BrokenInvariantException Unknown(ValueEncoding encoding) => new($"{encoding} is no collection's encoding");
}
