namespace Carnelian;

/// <summary>A list that is one packed list.</summary>
internal sealed unsafe class PackedListKind() : PackedKind(ValueType.List, ValueEncoding.ListPack)
{
    public override long Count(byte* entry, TableHost host) => new PackedList(Entry.Value(entry)).Count;
}

/// <summary>A list of packed nodes.</summary>
internal sealed unsafe class NodeListKind() : RootedKind(ValueType.List, ValueEncoding.QuickList)
{
    private const int NodesPerStep = 16;

    /// <summary>Freeing empties a slab of 64 KiB with every eighth node; that has been seen to take 0.3 ms.</summary>
    private const int NodesPerFree = 1;

    protected override long CountOf(byte* root, TableHost host) => new NodeList(root, host).Count;

    protected override long PartsOf(byte* root, TableHost host) => new NodeList(root, host).NodeCount;

    public override byte* Create(TableHost host) => NodeList.Create(host);

    public override long MemoryBytes(byte* root, long samples, TableHost host) => new NodeList(root, host).MemoryBytes(samples);

    public override void AddAll(byte* root, byte* other, TableHost host) => new NodeList(root, host).AddAll(new(other, host));

    public override bool DefragmentSome(byte* root, TableHost host, ref BlockMover mover) => new NodeList(root, host).Defragment(NodesPerStep, ref mover);

    public override bool FreeSome(byte* root, TableHost host) => new NodeList(root, host).FreeSome(NodesPerFree);
}
