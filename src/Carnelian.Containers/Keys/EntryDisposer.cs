namespace Carnelian;

/// <summary>Frees entries with all that belongs to them; collections are only discarded.</summary>
internal unsafe struct EntryDisposer(TableHost host, SizeCounts sizes) : IEntryVisitor
{
    public int Entries;

    /// <summary>How many of them had a collection, which is still to be freed.</summary>
    public int Deferred;

    public void Visit(byte* entry, bool expires)
    {
        Entries++;
        sizes.Remove(Entry.Type(Entry.Header(entry)), KeyTable.SizeOf(entry, host));
        if (Entry.External(Entry.Header(entry)))
        {
            var external = Entry.ExternalOf(entry);
            if (external.IsRoot)
            {
                CollectionKinds.Rooted(entry).Drop(external.Address, host, isObject: true);
                Deferred++;
            }
            else LongString.Free(host.Allocator, external);
        }
        host.Allocator.Free(entry, BlockAllocator.UsableSize(Entry.Size(entry)), Purpose.Keys);
    }
}
