namespace Carnelian;

/// <summary>A hash that is one packed list.</summary>
internal sealed unsafe class PackedHashKind() : PackedKind(ValueType.Hash, ValueEncoding.ListPack)
{
    public override long Count(byte* entry, TableHost host) => new PackedHash(Entry.Value(entry), expires: false).Count;
}

/// <summary>A hash that is one packed list with the fields' times.</summary>
internal sealed unsafe class ExpiringPackedHashKind() : PackedKind(ValueType.Hash, ValueEncoding.ListPackEx)
{
    public override long Count(byte* entry, TableHost host) => new PackedHash(Entry.Value(entry), expires: true).Count;

    /// <summary>Also while the value has room for what is to be added, or has had it for what was taken out.</summary>
    public override long NextDueMs(byte* entry) => new PackedHash(Entry.Value(entry), expires: true).NextDueMs;
}

/// <summary>A hash that is a table of fields, or a set whose members are names of fields without values.</summary>
internal sealed unsafe class FieldTableKind(ValueType type) : RootedKind(type, ValueEncoding.HashTable)
{
    private const int BucketsPerStep = 16;

    protected override long CountOf(byte* root, TableHost host) => new FieldTable(root, host).Count;

    public override long NextDueMs(byte* entry) => ((FieldRoot*)Entry.Root(entry))->NextDueMs;

    public override byte* Create(TableHost host) => FieldTable.Create(host);

    public override long MemoryBytes(byte* root, long samples, TableHost host) => new FieldTable(root, host).MemoryBytes;

    public override void AddAll(byte* root, byte* other, TableHost host) => new FieldTable(root, host).AddAll(new(other, host));

    public override bool DefragmentSome(byte* root, TableHost host, ref BlockMover mover) => new FieldTable(root, host).Defragment(BucketsPerStep, ref mover);

    public override bool FreeSome(byte* root, TableHost host) => new FieldTable(root, host).FreeSome();
}
