namespace Carnelian;

/// <summary>A sorted set that is one packed list.</summary>
internal sealed unsafe class PackedSortedSetKind() : PackedKind(ValueType.SortedSet, ValueEncoding.ListPack)
{
    public override long Count(byte* entry, TableHost host) => new PackedScores(Entry.Value(entry)).Count;
}

/// <summary>A sorted set that is a table of members and a tree.</summary>
internal sealed unsafe class SortedTableKind() : RootedKind(ValueType.SortedSet, ValueEncoding.SkipList)
{
    private const int BucketsPerStep = 16;

    protected override long CountOf(byte* root, TableHost host) => new SortedTable(root, host).Count;

    public override byte* Create(TableHost host) => SortedTable.Create(host);

    public override long MemoryBytes(byte* root, long samples, TableHost host) => new SortedTable(root, host).MemoryBytes;

    public override void AddAll(byte* root, byte* other, TableHost host) => new SortedTable(root, host).AddAll(new(other, host));

    public override bool DefragmentSome(byte* root, TableHost host, ref BlockMover mover) => new SortedTable(root, host).Defragment(BucketsPerStep, ref mover);

    public override bool FreeSome(byte* root, TableHost host) => new FieldTable(root, host).FreeSome();
}
