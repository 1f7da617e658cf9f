using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Carnelian;

/// <summary>
/// What is in a node of a list that is compressed (list-compress-depth): its packed list or, of a plain node, the text alone. That is what Redis compresses and writes to
/// RDB files as it is.
/// <code>| bytes of the packed list 4 | bytes of what is compressed 4 | bytes of the LZF 4 | LZF … |</code>
/// Reading changes nothing, so that another thread may read a node that a snapshot holds.
/// </summary>
internal static unsafe class CompressedNode
{
    private const int HeaderBytes = 12;

    /// <summary>Shorter ones stay as they are, as do those that it makes shorter by no more than <see cref="GainMax"/> bytes (quicklist.c).</summary>
    private const int LengthMin = 48;

    private const int GainMax = 8;

    public static int Bytes(byte* node) => HeaderBytes + LzfBytes(node);

    private static int LzfBytes(byte* node) => *(int*)(ListNode.List(node) + 8);

    public static ReadOnlySpan<byte> Compressed(byte* node) => new(ListNode.List(node) + HeaderBytes, LzfBytes(node));

    /// <summary>Bytes of a node's packed list or plain text, compressed or not.</summary>
    public static int LengthOf(byte* node)
    {
        var list = ListNode.List(node);
        if (ListNode.At(node)->IsCompressed) return *(int*)(list + 4);
        if (!ListNode.At(node)->IsPlain) return ListNode.Total(node);
        return ListPack.Read(ref list[ListPack.HeaderBytes], out _).Text(stackalloc byte[PackedElement.IntegerTextMax]).Length;
    }

    /// <summary>A compressed node of a packed list, or null when that is not worth while.</summary>
    public static byte* TryMake(ref byte list, bool plain, TableHost host)
    {
        var contents = Contents(ref list, plain);
        if (contents.Length < LengthMin) return null;
        var room = host.Allocator.Allocate(contents.Length, Purpose.Other);
        var length = Lzf.Compress(contents, new(room, contents.Length), host.LzfTable);
        byte* node = null;
        if (length > 0 && length + GainMax < contents.Length)
        {
            var form = NodeForm.Compressed | (plain ? NodeForm.Plain : NodeForm.Packed);
            node = ListNode.Allocate(host.Allocator, HeaderBytes + length, 0, host.SnapshotNumber, form);
            var header = (int*)ListNode.List(node);
            header[0] = ListPack.Total(in list);
            header[1] = contents.Length;
            header[2] = length;
            Buffer.MemoryCopy(room, ListNode.List(node) + HeaderBytes, length, length);
        }
        host.Allocator.Free(room, contents.Length, Purpose.Other);
        return node;
    }

    /// <summary>A node's packed list where it is; that of a compressed one is written to <paramref name="scratch"/>, which is exchanged if it is too short.</summary>
    public static ref byte Read(byte* node, BlockAllocator allocator, scoped ref Span<byte> scratch)
    {
        if (!ListNode.At(node)->IsCompressed) return ref *ListNode.List(node);
        // A whole block: the next node, which is a few bytes longer, fits too.
        if (scratch.Length < ListNode.Total(node)) scratch = allocator.Scratch(checked((int)BlockAllocator.UsableSize(ListNode.Total(node))));
        Expand(node, scratch);
        return ref MemoryMarshal.GetReference(scratch);
    }

    /// <summary>As the other one; the memory is the caller's.</summary>
    public static ref byte Read(byte* node, Span<byte> scratch)
    {
        if (!ListNode.At(node)->IsCompressed) return ref *ListNode.List(node);
        Expand(node, scratch);
        return ref MemoryMarshal.GetReference(scratch);
    }

    /// <summary>Writes a compressed node's packed list to memory of its length.</summary>
    public static void Expand(byte* node, Span<byte> to)
    {
        var total = ListNode.Total(node);
        var length = LengthOf(node);
        var isPlain = ListNode.At(node)->IsPlain;
        var contents = isPlain ? to.Slice(ListPack.HeaderBytes + ListPack.PrefixSize(length), length) : to[..total];
        Check.That(Lzf.TryDecompress(Compressed(node), contents));
        if (!isPlain) return;
        ListPack.Write(ref to[ListPack.HeaderBytes], PackedElement.OfText(contents));
        ListPack.WriteHeader(ref to[0], total, 1);
    }

    /// <summary>Nothing, where a plain node has a number: that is too short to be compressed.</summary>
    private static ReadOnlySpan<byte> Contents(ref byte list, bool plain) =>
        plain ? ListPack.Read(ref Unsafe.Add(ref list, ListPack.HeaderBytes), out _).Bytes : MemoryMarshal.CreateReadOnlySpan(ref list, ListPack.Total(in list));
}
