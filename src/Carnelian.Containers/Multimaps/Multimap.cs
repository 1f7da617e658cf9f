namespace Carnelian;

/// <summary>
/// Who holds which key, for whatever grows with the clients: who waits for a key, who watches it, who subscribes to a channel. A key is bytes
/// and a number, its database. It has one group while somebody holds it, and a group has its links in the order in which they came; each link is
/// also in its holder's chain, one for each map, so that what a holder leaves is found without a look at others. All of it is native: 48 bytes per link, 40 and
/// the key's bytes per group, and the group's place in the table of its number. Nothing moves: handles hold until what they tell of goes.
/// </summary>
public sealed unsafe class Multimap(TableHost host, Purpose purpose) : IDisposable
{
    /// <summary>By number: the groups' table, made when first used.</summary>
    private TableRoot*[] _tables = [];

    /// <summary>Keys that somebody holds.</summary>
    public long Groups { get; private set; }

    public long Links { get; private set; }

    // ---- looking up

    /// <param name="hash">Of the key, by <see cref="TableHost.Hash"/>.</param>
    public bool TryFind(int number, ReadOnlySpan<byte> key, ulong hash, out MultimapGroup group)
    {
        var at = (uint)number < (uint)_tables.Length && _tables[number] != null ? TableOf(number).Find(key, hash) : default;
        group = new((GroupBlock*)at.Entry);
        return group.Exists;
    }

    /// <summary>
    /// A holder's link in a group, or none. Looks at the group's newest link and then along the shorter of group and chain, as many steps as that is long.
    /// </summary>
    public static MultimapLink Find(MultimapGroup group, long holder, in MultimapChain chain)
    {
        var block = group.Block;
        if (block->Last->Holder == holder) return new(block->Last);
        if (block->Count <= chain.Count)
        {
            var link = block->First;
            while (link != null && link->Holder != holder) link = link->Next;
            return new(link);
        }
        else
        {
            var link = chain.First.Block;
            while (link != null && link->Group != block) link = link->NextOfHolder;
            return new(link);
        }
    }

    /// <summary>Adds the groups of one position of a walk to a list; cursors and guarantee as in <see cref="TableWalk.Scan"/>.</summary>
    public ulong Scan(int number, ulong cursor, GroupList found)
    {
        if ((uint)number >= (uint)_tables.Length || _tables[number] == null) return 0;
        var collector = new FoundList.Collector(found);
        return TableOf(number).Walk.Scan(cursor, ref collector);
    }

    /// <summary>Keys with this number that somebody holds.</summary>
    public long CountOf(int number) => (uint)number < (uint)_tables.Length && _tables[number] != null ? TableOf(number).Count : 0;

    // ---- changing

    /// <summary>Adds a link behind all others of the key and of the holder. If there is one already, that one is returned.</summary>
    public MultimapLink Add(int number, ReadOnlySpan<byte> key, ulong hash, long holder, ref MultimapChain chain)
    {
        if (!TryFind(number, key, hash, out var group)) group = AddGroup(number, key, hash);
        else if (Find(group, holder, chain) is { Exists: true } present) return present;
        Check.That(sizeof(LinkBlock) == LinkBlock.Bytes && sizeof(GroupBlock) == GroupBlock.HeaderBytes);
        var block = group.Block;
        var link = (LinkBlock*)host.Allocator.Allocate(LinkBlock.Bytes, purpose);
        *link = new() { Previous = block->Last, Group = block, Holder = holder };
        (block->Last == null ? ref block->First : ref block->Last->Next) = link;
        block->Last = link;
        block->Count++;
        chain.Append(link);
        Links++;
        return new(link);
    }

    /// <summary>True when that was the group's last link: then the group is gone too.</summary>
    public bool Remove(MultimapLink link, ref MultimapChain chain)
    {
        var block = link.Block;
        var group = block->Group;
        chain.Unlink(block);
        (block->Previous == null ? ref group->First : ref block->Previous->Next) = block->Next;
        (block->Next == null ? ref group->Last : ref block->Next->Previous) = block->Previous;
        host.Allocator.Free((byte*)block, LinkBlock.Bytes, purpose);
        Links--;
        if (--group->Count > 0) return false;
        RemoveGroup(group);
        return true;
    }

    /// <summary>Removes all that a holder holds. Returns the number of groups that are gone with it.</summary>
    public int RemoveAll(ref MultimapChain chain)
    {
        var groups = 0;
        while (chain.Count > 0)
        {
            if (Remove(chain.First, ref chain)) groups++;
        }
        return groups;
    }

    /// <summary>Frees everything; the holders' chains are void from then on.</summary>
    public void Dispose()
    {
        for (var number = 0; number < _tables.Length; number++)
        {
            if (_tables[number] == null) continue;
            var table = TableOf(number);
            var disposer = new Disposer(this);
            long cursor = 0;
            do cursor = table.Walk.Drain(cursor, int.MaxValue, ref disposer);
            while (cursor != 0);
            table.Free();
            host.Allocator.Free((byte*)_tables[number], sizeof(TableRoot), Purpose.Tables);
        }
        _tables = [];
        Groups = Links = 0;
    }

    private readonly struct Disposer(Multimap map) : IEntryVisitor
    {
        public void Visit(byte* entry, bool expires) => map.FreeGroup((GroupBlock*)entry);
    }

    private void FreeGroup(GroupBlock* group)
    {
        for (var link = group->First; link != null;)
        {
            var next = link->Next;
            host.Allocator.Free((byte*)link, LinkBlock.Bytes, purpose);
            link = next;
        }
        host.Allocator.Free((byte*)group, GroupBlock.Bytes(group->KeyLength), purpose);
    }

    // ---- groups

    private HashTable<GroupLayout> TableOf(int number) => new(_tables[number], host);

    private MultimapGroup AddGroup(int number, ReadOnlySpan<byte> key, ulong hash)
    {
        if (number >= _tables.Length) GrowTables(number);
        if (_tables[number] == null) _tables[number] = (TableRoot*)host.Allocator.AllocateZeroed(sizeof(TableRoot), Purpose.Tables);
        var group = (GroupBlock*)host.Allocator.Allocate(GroupBlock.Bytes(key.Length), purpose);
        *group = new() { Hash = hash, Number = number, KeyLength = key.Length };
        key.CopyTo(GroupBlock.KeyOf(group));
        var table = TableOf(number);
        table.Step();
        table.Insert((byte*)group, hash, expires: false);
        Groups++;
        return new(group);
    }

    /// <summary>The block is retired: the call may still look at the key.</summary>
    private void RemoveGroup(GroupBlock* group)
    {
        var table = TableOf(group->Number);
        table.Step();
        var at = table.Find(GroupBlock.KeyOf(group), group->Hash);
        Check.That(at.Entry == group);
        table.Remove(at);
        host.Allocator.Retire((byte*)group, GroupBlock.Bytes(group->KeyLength), purpose);
        Groups--;
    }

    private void GrowTables(int number)
    {
        var tables = new TableRoot*[Math.Max(number + 1, _tables.Length * 2)];
        _tables.CopyTo(tables, 0);
        _tables = tables;
    }
}
