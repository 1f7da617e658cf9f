namespace Carnelian;

/// <summary>A set that is one packed set of integers.</summary>
internal sealed unsafe class IntegerSetKind() : PackedKind(ValueType.Set, ValueEncoding.IntSet)
{
    public override long Count(byte* entry, TableHost host) => new IntegerSet(Entry.Value(entry)).Count;
}

/// <summary>A set that is one packed list.</summary>
internal sealed unsafe class PackedSetKind() : PackedKind(ValueType.Set, ValueEncoding.ListPack)
{
    public override long Count(byte* entry, TableHost host) => new PackedList(Entry.Value(entry)).Count;
}
