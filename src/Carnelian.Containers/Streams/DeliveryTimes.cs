using System.Runtime.InteropServices;

namespace Carnelian;

/// <summary>
/// The block of <see cref="DeliveryTimes"/>.
/// <code>| tree of times 32 | bytes of the trees in it 8 | where freeing goes on 16 |</code>
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct DeliveryTimesRoot
{
    public IdTreeRoot Times;
    public long IdsBytes;
    public StreamId Freeing;
}

/// <summary>
/// A handle to what is pending of a group in the order of the times at which it was delivered: a tree of times, each with a tree of IDs. Only groups that somebody claims from by time have it; a snapshot
/// does not hold it. The block is null where there is none.
/// </summary>
internal readonly unsafe struct DeliveryTimes(DeliveryTimesRoot* root, TableHost host)
{
    private readonly DeliveryTimesRoot* _root = root;

    private IdTree Times => new(&_root->Times, host);

    public static DeliveryTimesRoot* Create(IdTreeRoot* pending, TableHost host)
    {
        var root = (DeliveryTimesRoot*)host.Allocator.AllocateZeroed(sizeof(DeliveryTimesRoot), Purpose.Collections);
        root->Times = new(IdTreeRoot.Bytes);
        var times = new DeliveryTimes(root, host);
        for (var at = IdCursor.First(pending); at.IsValid; at.MoveNext()) times.Add(((Delivery*)at.Value)->AtMs, at.Id);
        return root;
    }

    public static long MemoryBytes(DeliveryTimesRoot* root) =>
        root == null ? 0 : BlockAllocator.UsableSize(sizeof(DeliveryTimesRoot)) + root->Times.NodesBytes + root->IdsBytes;

    /// <summary>Signed times in the order of unsigned ones.</summary>
    private static StreamId KeyOf(long ms) => new((ulong)ms ^ 1UL << 63, 0);

    public void Add(long ms, StreamId id)
    {
        if (_root == null) return;
        var ids = (IdTreeRoot*)Times.GetOrAdd(KeyOf(ms), out var isNew);
        if (isNew) *ids = new(0);
        _root->IdsBytes -= ids->NodesBytes;
        new IdTree(ids, host).GetOrAdd(id, out isNew);
        _root->IdsBytes += ids->NodesBytes;
        Check.That(isNew);
    }

    public void Remove(long ms, StreamId id)
    {
        if (_root == null) return;
        Check.That(Times.TryEdit(KeyOf(ms), out var value));
        var ids = (IdTreeRoot*)value;
        _root->IdsBytes -= ids->NodesBytes;
        Check.That(new IdTree(ids, host).Remove(id));
        _root->IdsBytes += ids->NodesBytes;
        if (ids->Count == 0) Times.Remove(KeyOf(ms));
    }

    /// <summary>The first time; false: nothing is pending.</summary>
    public static bool TryFirst(DeliveryTimesRoot* root, out long ms)
    {
        var first = IdCursor.First(&root->Times);
        ms = first.IsValid ? (long)(first.Id.Milliseconds ^ 1UL << 63) : 0;
        return first.IsValid;
    }

    /// <summary>How many were delivered up to a time; no more than so many.</summary>
    public static long CountUntil(DeliveryTimesRoot* root, long ms, long max)
    {
        long count = 0;
        for (var at = IdCursor.First(&root->Times); at.IsValid && at.Id <= KeyOf(ms) && count < max; at.MoveNext()) count += ((IdTreeRoot*)at.Value)->Count;
        return Math.Min(count, max);
    }

    /// <summary>The first of them, in order. Returns their number.</summary>
    public static int CopyUntil(DeliveryTimesRoot* root, long ms, Span<StreamId> ids)
    {
        var count = 0;
        for (var at = IdCursor.First(&root->Times); at.IsValid && at.Id <= KeyOf(ms) && count < ids.Length; at.MoveNext())
        {
            for (var id = IdCursor.First((IdTreeRoot*)at.Value); id.IsValid && count < ids.Length; id.MoveNext()) ids[count++] = id.Id;
        }
        return count;
    }

    /// <summary>Frees some leaves; true when the block is gone too.</summary>
    public bool FreeSome(int leavesMax)
    {
        if (_root == null) return true;
        for (; leavesMax > 0; leavesMax--)
        {
            var first = Times.First;
            if (!first.IsValid)
            {
                host.Allocator.Free((byte*)_root, sizeof(DeliveryTimesRoot), Purpose.Collections);
                return true;
            }
            if (!new IdTree((IdTreeRoot*)first.Value, host).FreeSome(ref _root->Freeing, 1)) continue;
            _root->Freeing = StreamId.Min;
            Times.Remove(first.Id);
        }
        return false;
    }
}
