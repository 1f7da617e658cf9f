using System.Runtime.InteropServices;

namespace Carnelian;

/// <summary>A list's root, a native block.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ListRoot
{
    public Hold Hold;

    /// <summary>Elements.</summary>
    public long Count;
    public NodeDirectory Nodes;
    public int DefragmentationIndex;

    /// <summary>So many nodes at either end are not compressed; 0: none is. As in Redis it stays what it was when the list was made.</summary>
    public ushort CompressDepth;

    /// <summary>How large a node may be. As in Redis it stays what it was when the list was made.</summary>
    public NodeLimit Limit;

    /// <summary>How many nodes there were when <see cref="ListNodes.Settle"/> last looked.</summary>
    public int SettledNodes;
}

/// <summary>
/// The nodes of a list, by number: what is done to one of them or to neighbours. This is where nodes are made, changed and given up, and so where those that a
/// snapshot holds are left alone. Nodes that go are retired, so that they outlive the call.
/// </summary>
internal readonly unsafe struct ListNodes(ListRoot* root, TableHost host)
{
    /// <summary>Room for more is an eighth and this: a node that grows is copied some twenty times, and little of it stays empty.</summary>
    private const int GrowthBytesMin = 64;

    public int Length => root->Nodes.Length;

    private ref NodeDirectory Directory => ref root->Nodes;

    public byte* this[int n] => root->Nodes.Node(n);

    public int CountOf(int n) => root->Nodes.CountOf(n);

    public bool IsPlain(int n) => ListNode.At(this[n])->IsPlain;

    private ref byte List(int n) => ref *ListNode.List(Expanded(n));

    // ---- limits

    /// <summary>What is too large for company is the same for all lists.</summary>
    public NodeLimit Limit => root->Limit with { LargeFrom = host.ListLimit.LargeFrom };

    /// <summary>Whether there is such a node and it takes another text of this length.</summary>
    public bool HasRoom(int n, int length)
    {
        if ((uint)n >= (uint)Length || Limit.IsLarge(length)) return false;
        var node = Directory.Node(n, out var count);
        return !ListNode.At(node)->IsPlain && !root->Limit.IsExceededBy((long)ListNode.Total(node) + length + NodeLimit.OverheadBytes, count + 1);
    }

    private static NodeForm FormOf(bool plain) => plain ? NodeForm.Plain : NodeForm.Packed;

    private nint RoomFor(int total) => Math.Max(total, Math.Min((nint)total + total / 8 + GrowthBytesMin, root->Limit.BytesMax - ListNode.HeaderBytes));

    // ---- one node

    /// <summary>A new node in this place, with one element.</summary>
    public void Insert(int n, in PackedElement element, bool plain)
    {
        if (Length > 0 && (n == 0 || n == Length)) Fit(n == 0 ? 0 : n - 1);
        var total = checked(ListPack.EmptyBytes + ListPack.Size(element));
        var node = ListNode.Allocate(host.Allocator, total, plain ? total : RoomFor(total), host.SnapshotNumber, FormOf(plain));
        var list = ListNode.List(node);
        ListPack.Write(ref list[ListPack.HeaderBytes], element);
        ListPack.WriteHeader(ref *list, total, 1);
        Directory.Insert(host.Allocator, n, node, 1);
    }

    /// <summary>A new node in this place, with some bytes of a packed list.</summary>
    public void Insert(int n, ReadOnlySpan<byte> elements, int count, bool plain) => Directory.Insert(host.Allocator, n, Make(elements, count, plain), count);

    private byte* Make(ReadOnlySpan<byte> elements, int count, bool plain)
    {
        var total = checked(ListPack.EmptyBytes + elements.Length);
        var node = ListNode.Allocate(host.Allocator, total, total, host.SnapshotNumber, FormOf(plain));
        elements.CopyTo(new(ListNode.List(node) + ListPack.HeaderBytes, elements.Length));
        ListPack.WriteHeader(ref *ListNode.List(node), total, count);
        return node;
    }

    /// <summary>Replaces <paramref name="removed"/> bytes, so many elements, by one element or, if that has no size, by nothing.</summary>
    public void Splice(int n, int offset, int removed, int removedCount, in PackedElement element, int size)
    {
        var old = Expanded(n);
        var count = CountOf(n);
        var oldList = ListNode.List(old);
        var oldTotal = ListNode.Total(old);
        count += (size > 0 ? 1 : 0) - removedCount;
        var total = checked(oldTotal + size - removed);
        var inPlace = !IsShared(old) && ListNode.Holds(old, total) && (size > 0 || total >= ListNode.Capacity(old) / 2);
        var node = inPlace ? old : ListNode.Allocate(host.Allocator, total, RoomFor(total), host.SnapshotNumber, NodeForm.Packed);
        var list = ListNode.List(node);

        var tail = oldTotal - 1 - offset - removed;
        Buffer.MemoryCopy(oldList + offset + removed, list + offset + size, tail, tail);
        if (!inPlace) Buffer.MemoryCopy(oldList, list, offset, offset);
        if (size > 0) ListPack.Write(ref list[offset], element);
        ListPack.WriteHeader(ref *list, total, count);
        Directory.Set(host.Allocator, n, node, count);
        if (!inPlace) Drop(old);
    }

    public void Add(int n, int inNode, in PackedElement element) =>
        Splice(n, ListPack.OffsetOf(ref List(n), inNode), 0, 0, element, ListPack.Size(element));

    /// <summary>Takes some elements out of a node; the node goes when these are all. True when it does.</summary>
    public bool Remove(int n, int inNode, int count)
    {
        if (count == CountOf(n))
        {
            Remove(n);
            return true;
        }
        var offset = ListPack.OffsetOf(ref List(n), inNode);
        var end = inNode + count == CountOf(n) ? ListNode.Total(this[n]) - 1 : ListPack.Skip(ref List(n), offset, count);
        Splice(n, offset, end - offset, count, default, 0);
        return false;
    }

    public void Remove(int n, int nodes = 1)
    {
        for (var i = n; i < n + nodes; i++) Drop(this[i]);
        Directory.Remove(host.Allocator, n, nodes);
    }

    /// <summary>Takes <paramref name="take"/> elements that are equal to a text out of a node that keeps some.</summary>
    /// <param name="list">What <see cref="Read"/> gave.</param>
    public void RemoveEqual(int n, ref byte list, in ElementMatcher matcher, int skip, int take)
    {
        var old = this[n];
        var count = CountOf(n) - take;
        var isCompressed = ListNode.At(old)->IsCompressed;
        if (!isCompressed && !IsShared(old) && ListNode.KeepsCapacity(old))
        {
            ListPack.CopyWithoutEqual(ref list, ref list, matcher, skip, take);
            Directory.Set(host.Allocator, n, old, count);
            if (ListNode.Total(old) < ListNode.Capacity(old) / 2) Fit(n);
            return;
        }
        ref var rest = ref list;
        if (!isCompressed) rest = ref MemoryMarshal.GetReference(host.Allocator.Scratch(ListNode.Total(old)));
        ListPack.CopyWithoutEqual(ref list, ref rest, matcher, skip, take);
        var node = isCompressed && IsDeep(n) ? CompressedNode.TryMake(ref rest, plain: false, host) : null;
        if (node == null) node = Make(MemoryMarshal.CreateReadOnlySpan(ref rest, ListPack.Total(in rest))[ListPack.HeaderBytes..^1], count, plain: false);
        Directory.Set(host.Allocator, n, node, count);
        Drop(old);
    }

    /// <summary>Gives back the room that a node does not use: its neighbour takes what comes.</summary>
    private void Fit(int n)
    {
        var old = this[n];
        if (IsShared(old) || ListNode.ExactCapacity(ListNode.ContentBytes(old)) == ListNode.Capacity(old)) return;
        Directory.Set(host.Allocator, n, CopyOf(old), CountOf(n));
        Drop(old);
    }

    private byte* CopyOf(byte* node)
    {
        var bytes = ListNode.ContentBytes(node);
        var copy = ListNode.Allocate(host.Allocator, bytes, bytes, host.SnapshotNumber, ListNode.At(node)->Form);
        Buffer.MemoryCopy(ListNode.List(node), ListNode.List(copy), bytes, bytes);
        return copy;
    }

    /// <summary>Appends nodes like another list's to an empty one.</summary>
    public void CopyAll(ListRoot* from)
    {
        for (var n = 0; n < from->Nodes.Length; n++) Directory.Insert(host.Allocator, n, CopyOf(from->Nodes.Node(n, out var count)), count);
        (root->CompressDepth, root->Limit) = (from->CompressDepth, from->Limit);
        root->SettledNodes = Length;
    }

    // ---- compression

    /// <summary>A node's packed list to look at.</summary>
    /// <param name="scratch">May hold it; used for several nodes one after the other.</param>
    public ref byte Read(int n, scoped ref Span<byte> scratch) => ref CompressedNode.Read(this[n], host.Allocator, ref scratch);

    /// <summary>The node, to be changed or taken apart; whoever does so has it compressed again by <see cref="Settle"/>.</summary>
    public byte* Expanded(int n)
    {
        var node = this[n];
        return ListNode.At(node)->IsCompressed ? Expand(n) : node;
    }

    private byte* Expand(int n)
    {
        var old = this[n];
        var total = ListNode.Total(old);
        var plain = ListNode.At(old)->IsPlain;
        var node = ListNode.Allocate(host.Allocator, total, plain ? total : RoomFor(total), host.SnapshotNumber, FormOf(plain));
        CompressedNode.Expand(old, new(ListNode.List(node), total));
        Directory.Set(host.Allocator, n, node, CountOf(n));
        Drop(old);
        return node;
    }

    /// <summary>Compresses those of some nodes that lie deep, and brings the depth in order if there are more or fewer nodes than before.</summary>
    /// <param name="first">All that may have been changed or made; beyond the ends of the list there are none.</param>
    public void Settle(int first, int last)
    {
        if (root->CompressDepth == 0) return;
        Compress(first, last);
        if (Length != root->SettledNodes) SettleDepth();
    }

    /// <summary>As <see cref="Settle"/>, where more nodes are to go: the depth is looked at later.</summary>
    public void Compress(int first, int last)
    {
        for (var n = Math.Max(first, root->CompressDepth); n <= last && IsDeep(n); n++) Compress(n);
    }

    /// <summary>O(depth), as in Redis.</summary>
    private void SettleDepth()
    {
        int depth = root->CompressDepth, last = Length - 1;
        for (var i = Math.Min(depth, Length) - 1; i >= 0; i--)
        {
            Expanded(i);
            Expanded(last - i);
        }
        // As many as came have been pushed inwards, from either end.
        var grown = Length - root->SettledNodes;
        Compress(depth, depth + grown - 1);
        Compress(last - depth - grown + 1, last - depth);
        root->SettledNodes = Length;
    }

    private bool IsDeep(int n) => root->CompressDepth is > 0 and var depth && n >= depth && n < Length - depth;

    private void Compress(int n)
    {
        var old = this[n];
        if (ListNode.At(old)->IsCompressed) return;
        var node = CompressedNode.TryMake(ref *ListNode.List(old), ListNode.At(old)->IsPlain, host);
        if (node == null) return;
        Directory.Set(host.Allocator, n, node, CountOf(n));
        Drop(old);
    }

    // ---- neighbours

    /// <summary>The elements from <paramref name="inNode"/> on get a node of their own behind this one, which must keep some.</summary>
    public void Split(int n, int inNode)
    {
        var whole = Expanded(n);
        var offset = ListPack.OffsetOf(ref List(n), inNode);
        var count = CountOf(n);
        var end = ListNode.Total(whole) - 1;
        Insert(n + 1, new(ListNode.List(whole) + offset, end - offset), count - inNode, plain: false);
        Splice(n, offset, end - offset, count - inNode, default, 0);
    }

    /// <summary>
    /// Makes larger nodes of a node and those around it, as far as the limit allows: first of the two pairs beside it, then with it (as Redis does where a full node
    /// was split).
    /// </summary>
    public void MergeAround(int n)
    {
        if (TryMerge(n - 2)) n--;
        TryMerge(n + 1);
        if (TryMerge(n - 1)) n--;
        TryMerge(n);
    }

    /// <summary>
    /// Makes one node of two neighbours that lost elements and together fill half a node or less, so that removals leave no crowd of tiny nodes.
    /// A list's last two stay apart: in Redis they do, and OBJECT ENCODING shows it.
    /// </summary>
    public bool TryJoin(int n) => Length > 2 && TryMerge(n, 2);

    /// <summary>Makes one node of two neighbours if it stays within the limit, or a part of it.</summary>
    private bool TryMerge(int n, int part = 1)
    {
        if (n < 0 || n + 1 >= Length || IsPlain(n) || IsPlain(n + 1)) return false;
        int leftTotal = ListNode.Total(this[n]), rightTotal = ListNode.Total(this[n + 1]), total = checked(leftTotal + rightTotal - ListPack.EmptyBytes);
        var count = CountOf(n) + CountOf(n + 1);
        if (root->Limit.IsExceededBy((long)total * part, (long)count * part) || count > ListPack.CountMax) return false;
        byte* left = Expanded(n), right = Expanded(n + 1);
        var node = ListNode.Allocate(host.Allocator, total, total, host.SnapshotNumber, NodeForm.Packed);
        var list = ListNode.List(node);
        Buffer.MemoryCopy(ListNode.List(left), list, leftTotal - 1, leftTotal - 1);
        var rest = rightTotal - ListPack.HeaderBytes;
        Buffer.MemoryCopy(ListNode.List(right) + ListPack.HeaderBytes, list + leftTotal - 1, rest, rest);
        ListPack.WriteHeader(ref *list, total, count);
        Directory.Set(host.Allocator, n, node, count);
        Directory.Remove(host.Allocator, n + 1);
        Drop(left);
        Drop(right);
        return true;
    }

    // ---- what a snapshot holds

    private bool IsShared(byte* node) => ListNode.At(node)->Born < root->Nodes.HeldBy;

    /// <summary>Gives a node up. One that a snapshot holds is from now on kept for the snapshot alone, and counts as its memory.</summary>
    private void Drop(byte* node)
    {
        var capacity = ListNode.Capacity(node);
        if (!IsShared(node))
        {
            host.Allocator.Retire(node, capacity, Purpose.Collections);
            return;
        }
        ListNode.At(node)->MarkDropped();
        host.Allocator.Transfer(capacity, Purpose.Collections, Purpose.Snapshot);
    }
}
