namespace Carnelian;

/// <summary>A stream: packed nodes, and a tree of them.</summary>
internal sealed unsafe class StreamKind() : RootedKind(ValueType.Stream, ValueEncoding.Stream)
{
    private const int NodesPerStep = 16;

    /// <summary>As for lists: freeing empties a slab of 64 KiB with every sixteenth node.</summary>
    private const int NodesPerFree = 2;

    protected override long CountOf(byte* root, TableHost host) => new NodeStream(root, host).Length;

    protected override long PartsOf(byte* root, TableHost host) => new NodeStream(root, host).NodeCount;

    public override byte* Create(TableHost host) => NodeStream.Create(host);

    public override long MemoryBytes(byte* root, long samples, TableHost host) => new NodeStream(root, host).MemoryBytes(samples);

    public override long MeasureSome(byte* root, TableHost host) => new NodeStream(root, host).MemoryBytes(SamplesOfFreed, SamplesOfFreed);

    public override void AddAll(byte* root, byte* other, TableHost host) => new NodeStream(root, host).AddAll(new(other, host));

    public override bool DefragmentSome(byte* root, TableHost host, ref BlockMover mover) => new NodeStream(root, host).Defragment(NodesPerStep, ref mover);

    public override bool FreeSome(byte* root, TableHost host) => new NodeStream(root, host).FreeSome(NodesPerFree);
}
