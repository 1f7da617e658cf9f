using System.Runtime.InteropServices;

namespace Carnelian;

/// <summary>
/// The groups of a stream, a native block; likewise a copy of them that a snapshot holds, and a group that was removed and is being freed.
/// <code>| groups 16 | where freeing goes on 16 | where defragmentation does: position 16, group 4, tree of the group or of a consumer 4 |</code>
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct GroupsRoot
{
    public NameIndex Groups;
    public StreamId Freeing, Defragmenting;
    public int DefragmentedGroup, DefragmentedTree;
}

/// <summary>
/// A handle to the consumer groups of a stream, each with a tree of what is pending and its consumers with one of theirs. The word in the stream's root is null until there is a group. Blocks of groups and
/// consumers are never moved, so that trees may refer to them.
/// </summary>
internal readonly unsafe struct StreamGroups(byte** word, TableHost host)
{
    /// <summary>Freeing empties a slab of 64 KiB with every sixty-fourth leaf.</summary>
    private const int LeavesPerFree = 8;

    private const int LeavesPerMove = 16;

    /// <summary>Consumers of a removed group that are measured.</summary>
    private const int SamplesOfFreed = 16;

    private static readonly Freer _freer = new();

    private readonly byte** _word = word;

    private GroupsRoot* Root => (GroupsRoot*)*_word;

    public int Count => CountOf(*_word);

    public static int CountOf(byte* groups) => groups == null ? 0 : ((GroupsRoot*)groups)->Groups.Count;

    /// <summary>In the order of names.</summary>
    public ConsumerGroup this[int i] => new((GroupRoot*)Root->Groups[i], isFrozen: false);

    /// <summary>A group of a copy that a snapshot holds; on any thread.</summary>
    public static ConsumerGroup Frozen(byte* groups, int i) => new((GroupRoot*)((GroupsRoot*)groups)->Groups[i], isFrozen: true);

    /// <summary>None, if there is none of the name.</summary>
    public ConsumerGroup Find(ReadOnlySpan<byte> name)
    {
        var place = Root == null ? -1 : Root->Groups.Find(name);
        return place < 0 ? default : this[place];
    }

    public ConsumerGroupEdit Edit(ConsumerGroup group) => new(group.Root, host);

    /// <summary>Adds a group of a name that there is not.</summary>
    public ConsumerGroupEdit Add(ReadOnlySpan<byte> name, StreamId lastId, long entriesRead)
    {
        if (Root == null) *_word = NewRoot(host.Allocator, Purpose.Collections);
        var group = (GroupRoot*)NamedBlock.Create(host.Allocator, sizeof(GroupRoot), name);
        group->LastId = lastId;
        group->EntriesRead = entriesRead;
        group->Pending = new(Delivery.Bytes);
        var place = Root->Groups.Find(name);
        Check.That(place < 0 && sizeof(Delivery) == Delivery.Bytes);
        Root->Groups.Insert(~place, (byte*)group, host.Allocator);
        return new(group, host);
    }

    /// <summary>Removes a group in O(log groups); what it has is freed bit by bit, after the call.</summary>
    public void Remove(ConsumerGroup group)
    {
        Root->Groups.Remove(Root->Groups.Find(group.Name));
        var removed = NewRoot(host.Allocator, Purpose.Collections);
        ((GroupsRoot*)removed)->Groups.Insert(0, (byte*)group.Root, host.Allocator);
        host.FreeLater(removed, _freer, isObject: false);
    }

    private static byte* NewRoot(BlockAllocator allocator, Purpose purpose) => allocator.AllocateZeroed(sizeof(GroupsRoot), purpose);

    /// <summary>Memory of the groups; <paramref name="samples"/> of them, and as many consumers of each, are measured and stand for the others.</summary>
    public long MemoryBytes(long samples) => Root == null ? 0 : MemoryBytes(Root, samples);

    private static long MemoryBytes(GroupsRoot* root, long samples)
    {
        var measured = (int)Math.Min(root->Groups.Count, samples);
        long groups = 0;
        for (var i = 0; i < measured; i++) groups += MemoryBytes((GroupRoot*)root->Groups[i], samples);
        return BlockAllocator.UsableSize(sizeof(GroupsRoot)) + root->Groups.MemoryBytes + Extrapolate(groups, measured, root->Groups.Count);
    }

    private static long MemoryBytes(GroupRoot* group, long samples)
    {
        var measured = (int)Math.Min(group->Consumers.Count, samples);
        long consumers = 0;
        for (var c = 0; c < measured; c++)
        {
            var consumer = (ConsumerRoot*)group->Consumers[c];
            consumers += BlockAllocator.UsableSize(NamedBlock.Bytes((byte*)consumer)) + consumer->Pending.NodesBytes;
        }
        return BlockAllocator.UsableSize(NamedBlock.Bytes((byte*)group)) + group->Pending.NodesBytes + group->Consumers.MemoryBytes
            + DeliveryTimes.MemoryBytes(group->Times) + Extrapolate(consumers, measured, group->Consumers.Count);
    }

    private static long Extrapolate(long bytes, int measured, int count) => measured == count ? bytes : (long)((double)bytes / measured * count);

    /// <summary>Adds the groups of another stream; there are none yet.</summary>
    public void AddAll(StreamGroups other)
    {
        for (var i = 0; i < other.Count; i++)
        {
            var from = other[i];
            var group = Add(from.Name, from.LastId, from.EntriesRead);
            for (var c = 0; c < from.ConsumerCount; c++)
            {
                var consumer = group.AddConsumer(from.ConsumerAt(c).Name, from.ConsumerAt(c).SeenMs);
                group.SetActive(consumer, from.ConsumerAt(c).ActiveMs);
            }
            for (var pending = from.Pending(StreamId.Min); pending.MoveNext();)
            {
                group.Assign(pending.Id, group.View.FindConsumer(pending.Consumer.Name), pending.DeliveredMs, pending.Deliveries);
            }
        }
    }

    // ---- snapshots

    /// <summary>
    /// A copy for the snapshot of the present number, which holds the trees' nodes as they are. It costs a copy of the blocks of all groups and consumers, whatever is pending.
    /// Null where there are no groups.
    /// </summary>
    public byte* Freeze()
    {
        if (Count == 0) return null;
        var frozen = NewRoot(host.Allocator, Purpose.Snapshot);
        for (var i = 0; i < Count; i++)
        {
            var group = (GroupRoot*)Root->Groups[i];
            var copy = (GroupRoot*)NamedBlock.Copy(host.Allocator, (byte*)group, Purpose.Snapshot);
            copy->Pending = new IdTree(&group->Pending, host).Freeze();
            copy->Consumers = default;
            copy->Times = null;
            for (var c = 0; c < group->Consumers.Count; c++)
            {
                var consumer = (ConsumerRoot*)group->Consumers[c];
                var consumerCopy = (ConsumerRoot*)NamedBlock.Copy(host.Allocator, (byte*)consumer, Purpose.Snapshot);
                consumerCopy->Pending = new IdTree(&consumer->Pending, host).Freeze();
                copy->Consumers.Insert(c, (byte*)consumerCopy, host.Allocator, Purpose.Snapshot);
            }
            ((GroupsRoot*)frozen)->Groups.Insert(i, (byte*)copy, host.Allocator, Purpose.Snapshot);
        }
        return frozen;
    }

    /// <summary>The snapshot lets go of a part of a copy; true when nothing is left of it.</summary>
    public static bool ReleaseSome(byte* frozen, TableHost host) => FreeSome((GroupsRoot*)frozen, host, Purpose.Snapshot);

    // ---- the groups as a whole

    /// <summary>Frees a part of the groups; true when nothing is left. Between calls only.</summary>
    public bool FreeSome()
    {
        if (Root != null && !FreeSome(Root, host, Purpose.Collections)) return false;
        *_word = null;
        return true;
    }

    /// <summary>From the end on: the last consumer of the last group, and when that has none, the group.</summary>
    private static bool FreeSome(GroupsRoot* root, TableHost host, Purpose purpose)
    {
        var allocator = host.Allocator;
        if (root->Groups.Count == 0)
        {
            root->Groups.Free(allocator, purpose);
            allocator.Free((byte*)root, sizeof(GroupsRoot), purpose);
            return true;
        }
        var group = (GroupRoot*)root->Groups[root->Groups.Count - 1];
        if (group->Consumers.Count > 0)
        {
            var consumer = (ConsumerRoot*)group->Consumers[group->Consumers.Count - 1];
            if (FreeSome(&consumer->Pending, root, host, purpose)) FreeLast(ref group->Consumers, allocator, purpose);
        }
        else if (group->Times != null)
        {
            if (new DeliveryTimes(group->Times, host).FreeSome(LeavesPerFree)) group->Times = null;
        }
        else if (FreeSome(&group->Pending, root, host, purpose))
        {
            group->Consumers.Free(allocator, purpose);
            FreeLast(ref root->Groups, allocator, purpose);
        }
        return false;
    }

    private static bool FreeSome(IdTreeRoot* tree, GroupsRoot* root, TableHost host, Purpose purpose)
    {
        var isDone = purpose == Purpose.Snapshot
            ? IdTree.ReleaseSome(tree, ref root->Freeing, LeavesPerFree, host.Allocator)
            : new IdTree(tree, host).FreeSome(ref root->Freeing, LeavesPerFree);
        if (isDone) root->Freeing = StreamId.Min;
        return isDone;
    }

    private static void FreeLast(ref NameIndex index, BlockAllocator allocator, Purpose purpose)
    {
        var block = index[index.Count - 1];
        index.Remove(index.Count - 1);
        allocator.Free(block, NamedBlock.Bytes(block), purpose);
    }

    /// <summary>Moves a part of the trees out of sparse slabs; true at the end of a round.</summary>
    public bool Defragment(ref BlockMover mover)
    {
        if (Root == null || Root->DefragmentedGroup >= Root->Groups.Count)
        {
            if (Root != null) Root->DefragmentedGroup = Root->DefragmentedTree = 0;
            return true;
        }
        var group = (GroupRoot*)Root->Groups[Root->DefragmentedGroup];
        var consumers = group->Consumers.Count;
        var number = Math.Min(Root->DefragmentedTree, consumers);
        var tree = number == 0 ? &group->Pending : &((ConsumerRoot*)group->Consumers[number - 1])->Pending;
        if (!new IdTree(tree, host).Defragment(ref Root->Defragmenting, LeavesPerMove, ref mover)) return false;
        Root->Defragmenting = StreamId.Min;
        Root->DefragmentedTree = number + 1;
        if (number < consumers) return false;
        Root->DefragmentedGroup++;
        Root->DefragmentedTree = 0;
        return false;
    }

    /// <summary>Frees a group that was removed.</summary>
    private sealed class Freer : IFreedLater
    {
        bool IFreedLater.FreeSome(byte* root, TableHost host) => StreamGroups.FreeSome((GroupsRoot*)root, host, Purpose.Collections);

        long IFreedLater.MeasureSome(byte* root, TableHost host) => MemoryBytes((GroupsRoot*)root, SamplesOfFreed);
    }
}
