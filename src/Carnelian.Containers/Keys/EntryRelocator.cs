using System.Runtime.CompilerServices;

namespace Carnelian;

/// <summary>Moves entries and their values out of sparse slabs.</summary>
internal unsafe struct EntryRelocator(TableHost host) : IEntryMover
{
    public BlockMover Blocks = new(host.Allocator);

    /// <summary>Some collection has parts that this step has not looked at.</summary>
    public bool IsUnfinished;

    /// <summary>Keys of which at least one block was moved, and keys of which none was.</summary>
    public int KeysMoved, KeysKept;

    public byte* Move(byte* entry)
    {
        var movedBefore = Blocks.Moved;
        if (Entry.External(Entry.Header(entry))) MoveExternal(entry);
        var moved = Blocks.Move(entry, BlockAllocator.UsableSize(Entry.Size(entry)), Purpose.Keys);
        if (Blocks.Moved > movedBefore) KeysMoved++;
        else KeysKept++;
        return moved;
    }

    private void MoveExternal(byte* entry)
    {
        var at = Entry.ValueStart(entry);
        var external = Unsafe.ReadUnaligned<ExternalValue>(at);
        if (!external.IsRoot)
        {
            external.Address = Blocks.Move(external.Address, external.Capacity, Purpose.Values);
            Unsafe.WriteUnaligned(at, external);
            return;
        }
        var finished = CollectionKinds.Rooted(entry).DefragmentSome(external.Address, host, ref Blocks);
        IsUnfinished |= !finished;
    }
}
