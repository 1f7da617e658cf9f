using System.Runtime.InteropServices;

namespace Carnelian;

/// <summary>A stream's root, a native block.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct StreamRoot
{
    public Hold Hold;

    /// <summary>Live entries, and how many were ever added.</summary>
    public long Length, EntriesAdded;

    /// <summary>The greatest ID that the stream has given, the first live one, 0-0 without entries, and the greatest that was deleted one by one.</summary>
    public StreamId LastId, FirstId, MaxDeletedId;

    /// <summary>Addresses of the nodes by master ID.</summary>
    public IdTreeRoot Nodes;

    /// <summary>The last node, null when there is none, and its master ID: who appends need not look for them.</summary>
    public byte* Tail;
    public StreamId TailMaster;

    /// <summary>The consumer groups, null when there are none.</summary>
    public byte* Groups;

    /// <summary>Where defragmentation goes on, among the nodes and then in the tree, and where freeing does.</summary>
    public StreamId NodeDefragmentation, TreeDefragmentation, Freeing;
}

/// <summary>
/// A handle to a stream: nodes of packed entries (<see cref="StreamPack"/>) up to <see cref="TableHost.StreamLimit"/>, and a tree that finds them by ID. Entries are
/// views into the nodes: they end with the next change. What is added, deleted and trimmed leaves the nodes as Redis 8.0 has them: a deleted entry stays, marked, until its whole node goes.
/// </summary>
public readonly unsafe struct NodeStream : IStreamParts
{
    private const int AddressBytes = sizeof(long);

    private readonly StreamRoot* _root;
    private readonly TableHost _host;
    private readonly IdTree _nodes;

    internal NodeStream(byte* root, TableHost host)
    {
        _root = (StreamRoot*)root;
        _host = host;
        _nodes = new(&_root->Nodes, host);
    }

    internal static byte* Create(TableHost host)
    {
        var root = host.Allocator.AllocateZeroed(sizeof(StreamRoot), Purpose.Collections);
        ((StreamRoot*)root)->Nodes = new(AddressBytes);
        return root;
    }

    /// <summary>Live entries.</summary>
    public long Length => _root->Length;

    /// <summary>The greatest ID that was ever given; it may be set beyond.</summary>
    public StreamId LastId => _root->LastId;

    /// <summary>Of the first live entry; 0-0 when there is none.</summary>
    public StreamId FirstId => _root->FirstId;

    /// <summary>The greatest that was deleted, but not by trimming.</summary>
    public StreamId MaxDeletedId => _root->MaxDeletedId;

    /// <summary>How many entries were ever added.</summary>
    public long EntriesAdded => _root->EntriesAdded;

    public long NodeCount => _nodes.Count;

    // ---- reading

    /// <summary>The entries between two IDs, these included, forwards or backwards.</summary>
    public StreamEntries Range(StreamId first, StreamId last, bool backward = false) => new(&_root->Nodes, first, last, backward);

    /// <summary>Of the last live entry; 0-0 when there is none.</summary>
    public StreamId LastLiveId
    {
        get
        {
            var entries = Range(StreamId.Min, StreamId.Max, backward: true);
            return entries.MoveNext() ? entries.Id : default;
        }
    }

    /// <summary>Of the first entry, be it deleted; the greatest one when there is none.</summary>
    public StreamId FirstIdEvenDeleted
    {
        get
        {
            var first = _nodes.First;
            if (!first.IsValid) return StreamId.Max;
            var entries = new PackedEntries(StreamNode.List(NodeAt(first)), first.Id);
            Check.That(entries.Next());
            return entries.Id;
        }
    }

    /// <summary>Whether there is a live entry with this ID.</summary>
    public bool Contains(StreamId id) => Range(id, id).MoveNext();

    /// <summary>How many entries lie between two IDs, but no more than so many. Whole nodes are not looked through.</summary>
    public long CountIn(StreamId first, StreamId last, long max)
    {
        if (first <= FirstId && last >= LastId) return Math.Min(Length, max);
        long count = 0;
        var at = _nodes.Floor(first);
        if (!at.IsValid) at = _nodes.First;
        while (at.IsValid && at.Id <= last && count < max)
        {
            var list = StreamNode.List(NodeAt(at));
            var master = at.Id;
            var isWhole = master >= first;
            var hasNext = at.MoveNext();
            isWhole &= hasNext ? at.Id <= last : last >= LastId;
            count += isWhole ? StreamPack.Live(list) : CountIn(list, master, first, last);
        }
        return Math.Min(count, max);
    }

    private static long CountIn(byte* list, StreamId master, StreamId first, StreamId last)
    {
        long count = 0;
        for (var entries = new PackedEntries(list, master); entries.Next() && entries.Id <= last;)
        {
            if (entries.Id >= first && !entries.IsDeleted) count++;
        }
        return count;
    }

    /// <summary>See <see cref="RadixTreeShape"/>. Beyond <paramref name="idsMax"/> nodes those are taken for all.</summary>
    public long CountRadixTreeNodes(long idsMax)
    {
        var shape = new RadixTreeShape();
        for (var at = _nodes.First; at.IsValid && shape.Ids < idsMax; at.MoveNext()) shape.Add(at.Id);
        var ids = shape.Ids;
        var nodes = shape.End();
        return ids == NodeCount ? nodes : (long)((double)nodes / ids * NodeCount);
    }

    /// <summary>The nodes in order, as they stand in RDB files.</summary>
    public StreamNodes Nodes => new(_nodes.First);

    internal static byte* NodeAt(IdCursor at) => *(byte**)at.Value;

    // ---- adding

    /// <summary>Adds an entry.</summary>
    /// <param name="id">Greater than <see cref="LastId"/>.</param>
    /// <param name="textBytes">Of all names and values together, no more than <see cref="StreamLimit.HardBytesMax"/>.</param>
    public void Append<T>(StreamId id, scoped in T entry, long textBytes) where T : IStreamFields, allows ref struct
    {
        Check.That(id > LastId && textBytes <= StreamLimit.HardBytesMax);
        var tail = _root->Tail;
        var bytes = StreamPack.BytesMax(textBytes, entry.Count);
        if (tail == null || _host.StreamLimit.IsFull(StreamNode.Total(tail), StreamPack.Entries(StreamNode.List(tail)), textBytes))
        {
            tail = AddNode(id, bytes + StreamPack.MasterBytesMax);
            StreamPack.Create(StreamNode.List(tail), entry);
        }
        else
        {
            tail = Editable(tail, _root->TailMaster, bytes);
        }
        StreamPack.Append(StreamNode.List(tail), _root->TailMaster, id, entry);
        _root->LastId = id;
        _root->EntriesAdded++;
        if (_root->Length++ == 0) _root->FirstId = id;
    }

    /// <summary>A new node behind the last one, which gives back the room that it does not use. The first one begins small.</summary>
    private byte* AddNode(StreamId master, long bytes)
    {
        var old = _root->Tail;
        if (old != null) Fit(old);
        var node = StreamNode.Allocate(_host.Allocator, (nint)(old == null ? bytes : Math.Max(bytes, _host.StreamLimit.PreparedBytes)), _host.SnapshotNumber);
        *(byte**)_nodes.GetOrAdd(master, out var isAdded) = node;
        Check.That(isAdded);
        _root->Tail = node;
        _root->TailMaster = master;
        return node;
    }

    /// <summary>Adds a node as it is, one that <see cref="StreamNodeCheck"/> has seen.</summary>
    /// <param name="master">Greater than all IDs there are.</param>
    /// <param name="live">Entries of it that are not deleted.</param>
    public void AppendNode(StreamId master, ReadOnlySpan<byte> list, long live)
    {
        Check.That(_root->Tail == null || master > _root->TailMaster);
        var node = StreamNode.Allocate(_host.Allocator, list.Length, _host.SnapshotNumber);
        list.CopyTo(new(StreamNode.List(node), list.Length));
        *(byte**)_nodes.GetOrAdd(master, out _) = node;
        _root->Tail = node;
        _root->TailMaster = master;
        _root->Length += live;
    }

    private void Fit(byte* tail)
    {
        var total = StreamNode.Total(tail);
        if (!IsShared(tail) && StreamNode.ExactCapacity(total) < StreamNode.Capacity(tail)) Renew(tail, _root->TailMaster, total);
    }

    /// <summary>The node, or a copy in its place, to be changed: it may grow by so many bytes.</summary>
    private byte* Editable(byte* node, StreamId master, long growthBytes)
    {
        if (!IsShared(node) && StreamNode.Room(node) >= growthBytes) return node;
        var total = StreamNode.Total(node);
        var usual = total < _host.StreamLimit.PreparedBytes ? Math.Min(2 * total, _host.StreamLimit.PreparedBytes) : total + total / 8L;
        return Renew(node, master, node == _root->Tail ? Math.Max(usual, total + growthBytes) : total + growthBytes);
    }

    /// <summary>Puts a copy of a node, with room for so many bytes, in its place.</summary>
    private byte* Renew(byte* old, StreamId master, long bytes)
    {
        var node = StreamNode.Allocate(_host.Allocator, (nint)bytes, _host.SnapshotNumber);
        var total = StreamNode.Total(old);
        Buffer.MemoryCopy(StreamNode.List(old), StreamNode.List(node), total, total);
        Check.That(_nodes.TryEdit(master, out var address));
        *(byte**)address = node;
        if (_root->Tail == old) _root->Tail = node;
        Drop(old);
        return node;
    }

    // ---- removing

    /// <summary>Deletes the entry with this ID; false if there is none. <see cref="FirstId"/> is brought in order by <see cref="RefreshFirst"/>, once for several.</summary>
    public bool Delete(StreamId id)
    {
        var at = _nodes.Floor(id);
        if (!at.IsValid) return false;
        var master = at.Id;
        var node = NodeAt(at);
        var entries = new PackedEntries(StreamNode.List(node), master);
        while (entries.Next())
        {
            if (entries.Id < id) continue;
            if (entries.Id > id || entries.IsDeleted) return false;
            if (id > _root->MaxDeletedId) _root->MaxDeletedId = id;
            _root->Length--;
            if (StreamPack.Live(StreamNode.List(node)) == 1)
            {
                RemoveNode(node, master);
                return true;
            }
            var offset = entries.At - node;
            node = Editable(node, master, StreamPack.CountsGrowthMax);
            StreamPack.MarkDeleted(node + offset);
            StreamPack.CountDeleted(StreamNode.List(node), 1);
            return true;
        }
        return false;
    }

    public void RefreshFirst()
    {
        var entries = Range(StreamId.Min, StreamId.Max);
        _root->FirstId = Length > 0 && entries.MoveNext() ? entries.Id : default;
    }

    /// <summary>Removes entries from the beginning. Returns their number.</summary>
    public long Trim(in StreamTrim trim)
    {
        var asksGroups = trim.Pending != PendingPolicy.Keep && GroupCount > 0;
        long removed = 0;
        for (var at = _nodes.First; at.IsValid && (trim.Strategy == StreamTrimStrategy.ById || Length > trim.LengthMax);)
        {
            var master = at.Id;
            var node = NodeAt(at);
            var live = StreamPack.Live(StreamNode.List(node));
            if (trim.Limit > 0 && removed + live > trim.Limit) break;
            var goesWhole = GoesWhole(node, master, live, trim);
            if (!goesWhole && trim.IsApproximate) break;
            var before = Length;
            if (goesWhole && !asksGroups) _root->Length -= live;
            else TrimWithin(ref node, master, trim, asksGroups);
            removed += before - Length;
            if (goesWhole && before - Length == live) RemoveNode(node, master);
            if (!goesWhole && trim.Strategy == StreamTrimStrategy.ById) break;
            at = master.TryNext(out var next) ? _nodes.Ceiling(next) : default;
        }
        if (removed > 0) RefreshFirst();
        return removed;
    }

    private bool GoesWhole(byte* node, StreamId master, long live, in StreamTrim trim)
    {
        if (trim.Strategy == StreamTrimStrategy.ByLength) return Length - live >= trim.LengthMax;
        var entries = new PackedEntries(StreamNode.List(node), master);
        Check.That(entries.Previous());
        return entries.Id < trim.MinId;
    }

    /// <summary>Marks entries at the beginning of a node as deleted.</summary>
    private void TrimWithin(ref byte* node, StreamId master, in StreamTrim trim, bool asksGroups)
    {
        if (trim.Strategy == StreamTrimStrategy.ById && FirstId >= trim.MinId) return;
        node = Editable(node, master, StreamPack.CountsGrowthMax);
        var removed = 0;
        var entries = new PackedEntries(StreamNode.List(node), master);
        while (entries.Next() && (trim.Strategy == StreamTrimStrategy.ByLength ? Length > trim.LengthMax : entries.Id < trim.MinId))
        {
            if (entries.IsDeleted || asksGroups && !LetGo(entries.Id, trim.Pending)) continue;
            StreamPack.MarkDeleted(entries.At);
            _root->Length--;
            removed++;
        }
        StreamPack.CountDeleted(StreamNode.List(node), removed);
    }

    /// <summary>Does to consumer groups what the policy says of an entry that is to be deleted; false if it is not to be.</summary>
    private bool LetGo(StreamId id, PendingPolicy policy)
    {
        if (policy == PendingPolicy.DeleteAcknowledged) return !IsReferenced(id);
        RemovePending(id);
        return true;
    }

    private void RemoveNode(byte* node, StreamId master)
    {
        Check.That(_nodes.Remove(master));
        Drop(node);
        if (node != _root->Tail) return;
        var last = _nodes.Last;
        _root->Tail = last.IsValid ? NodeAt(last) : null;
        _root->TailMaster = last.IsValid ? last.Id : default;
    }

    /// <summary>Sets what XSETID sets.</summary>
    public void SetIds(StreamId lastId, StreamId maxDeletedId, long entriesAdded)
    {
        _root->LastId = lastId;
        _root->MaxDeletedId = maxDeletedId;
        _root->EntriesAdded = entriesAdded;
    }

    // ---- consumer groups

    private StreamGroups Groups => new(&_root->Groups, _host);

    public int GroupCount => Groups.Count;

    /// <summary>In the order of names.</summary>
    public ConsumerGroup GroupAt(int i) => Groups[i];

    /// <inheritdoc cref="StreamGroups.Find"/>
    public ConsumerGroup FindGroup(ReadOnlySpan<byte> name) => Groups.Find(name);

    public ConsumerGroupEdit EditGroup(ConsumerGroup group) => Groups.Edit(group);

    /// <inheritdoc cref="StreamGroups.Add"/>
    public ConsumerGroupEdit AddGroup(ReadOnlySpan<byte> name, StreamId lastId, long entriesRead) => Groups.Add(name, lastId, entriesRead);

    /// <inheritdoc cref="StreamGroups.Remove"/>
    public void RemoveGroup(ConsumerGroup group) => Groups.Remove(group);

    /// <summary>Whether some group has still to read an entry, or has it pending.</summary>
    public bool IsReferenced(StreamId id)
    {
        for (var i = 0; i < GroupCount; i++)
        {
            if (id > GroupAt(i).LastId || GroupAt(i).TryPending(id, out _)) return true;
        }
        return false;
    }

    /// <summary>Has an entry pending in no group any more; false if it was in none.</summary>
    public bool RemovePending(StreamId id)
    {
        var wasPending = false;
        for (var i = 0; i < GroupCount; i++) wasPending |= EditGroup(GroupAt(i)).Acknowledge(id);
        return wasPending;
    }

    // ---- what a snapshot holds

    private bool IsShared(byte* node) => StreamNode.At(node)->Born < _root->Nodes.HeldBy;

    /// <summary>Gives a node up. One that a snapshot holds is from now on kept for the snapshot alone, and counts as its memory.</summary>
    private void Drop(byte* node)
    {
        var capacity = StreamNode.Capacity(node);
        if (!IsShared(node))
        {
            _host.Allocator.Retire(node, capacity, Purpose.Collections);
            return;
        }
        StreamNode.At(node)->MarkDropped();
        _host.Allocator.Transfer(capacity, Purpose.Collections, Purpose.Snapshot);
    }

    /// <summary>Holds all nodes as they are for the snapshot of the present number.</summary>
    internal FrozenStream Freeze()
    {
        _root->Hold.Take(0);
        return FrozenStream.Of(_root, _nodes.Freeze(), Groups.Freeze(), _host.Allocator);
    }

    // ---- the stream as a whole

    /// <summary>Memory of the stream; <paramref name="samples"/> nodes are measured and stand for the others.</summary>
    public long MemoryBytes(long samples, long samplesOfGroups = long.MaxValue)
    {
        var measured = Math.Min(NodeCount, samples);
        long nodes = 0;
        var at = _nodes.First;
        for (var n = 0; n < measured; n++, at.MoveNext()) nodes += StreamNode.Capacity(NodeAt(at));
        var own = BlockAllocator.UsableSize(sizeof(StreamRoot)) + _nodes.MemoryBytes + Groups.MemoryBytes(samplesOfGroups);
        return own + (measured == NodeCount ? nodes : (long)((double)nodes / measured * NodeCount));
    }

    /// <summary>Fills an empty stream with the nodes and groups of another one.</summary>
    public void AddAll(NodeStream other)
    {
        Check.That(NodeCount == 0);
        for (var at = other._nodes.First; at.IsValid; at.MoveNext())
        {
            var node = NodeAt(at);
            var total = StreamNode.Total(node);
            var copy = StreamNode.Allocate(_host.Allocator, total, _host.SnapshotNumber);
            Buffer.MemoryCopy(StreamNode.List(node), StreamNode.List(copy), total, total);
            *(byte**)_nodes.GetOrAdd(at.Id, out _) = copy;
            _root->Tail = copy;
            _root->TailMaster = at.Id;
        }
        _root->Length = other.Length;
        _root->FirstId = other.FirstId;
        SetIds(other.LastId, other.MaxDeletedId, other.EntriesAdded);
        Groups.AddAll(other.Groups);
    }

    /// <summary>Frees a part of the groups, then some nodes, then a part of the tree, at last the root; true when nothing is left. Between calls only.</summary>
    internal bool FreeSome(int nodesMax)
    {
        if (!Groups.FreeSome()) return false;
        if (_root->Tail != null && !FreeNodes(nodesMax)) return false;
        if (!_nodes.FreeSome(ref _root->Freeing, 1)) return false;
        _host.Allocator.Free((byte*)_root, sizeof(StreamRoot), Purpose.Collections);
        return true;
    }

    private bool FreeNodes(int nodesMax)
    {
        for (var at = _nodes.Ceiling(_root->Freeing); at.IsValid; at.MoveNext())
        {
            _root->Freeing = at.Id;
            if (nodesMax-- == 0) return false;
            _host.Allocator.Free(NodeAt(at), StreamNode.Capacity(NodeAt(at)), Purpose.Collections);
        }
        _root->Tail = null;
        _root->Freeing = StreamId.Min;
        return true;
    }

    /// <summary>Moves some nodes, then a part of the tree and of those of groups, out of sparse slabs; true at the end of a round. What a snapshot may be reading stays.</summary>
    internal bool Defragment(int nodesMax, ref BlockMover mover)
    {
        if (_root->Hold.IsHeld) return true;
        if (_root->NodeDefragmentation != StreamId.Max && !DefragmentNodes(nodesMax, ref mover)) return false;
        if (_root->TreeDefragmentation != StreamId.Max && !_nodes.Defragment(ref _root->TreeDefragmentation, 1, ref mover)) return false;
        _root->TreeDefragmentation = StreamId.Max;
        if (!Groups.Defragment(ref mover)) return false;
        _root->NodeDefragmentation = _root->TreeDefragmentation = StreamId.Min;
        return true;
    }

    private bool DefragmentNodes(int nodesMax, ref BlockMover mover)
    {
        for (var at = _nodes.Ceiling(_root->NodeDefragmentation); at.IsValid; at.MoveNext())
        {
            _root->NodeDefragmentation = at.Id;
            if (nodesMax-- == 0) return false;
            var node = NodeAt(at);
            var moved = mover.Move(node, StreamNode.Capacity(node), Purpose.Collections);
            *(byte**)at.Value = moved;
            if (_root->Tail == node) _root->Tail = moved;
        }
        _root->NodeDefragmentation = StreamId.Max;
        return true;
    }
}
