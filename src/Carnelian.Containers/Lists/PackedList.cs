using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Carnelian;

/// <summary>
/// A view of a packed list, wherever it lies: a listpack (<see cref="ListPack"/>) without its total in front and the mark at its end, which whoever keeps it knows.
/// They would be a tenth of a small collection. It and its elements end when the list changes.
/// <code>| elements 2 | element … |</code>
/// </summary>
public readonly ref struct PackedList
{
    internal const int HeaderBytes = 2;

    private const int TotalBytes = ListPack.HeaderBytes - HeaderBytes, EndBytes = 1;

    public PackedList(ReadOnlySpan<byte> bytes)
    {
        Check.That(bytes.Length >= HeaderBytes);
        Bytes = bytes;
    }

    /// <summary>A list without elements.</summary>
    public static PackedList Empty => new([0, 0]);

    public ReadOnlySpan<byte> Bytes { get; }

    /// <summary>Bytes as a listpack, as files have it and Redis measures it.</summary>
    public int ListPackLength => Bytes.Length + TotalBytes + EndBytes;

    /// <summary>The elements, one after the other.</summary>
    internal ReadOnlySpan<byte> ElementBytes => Bytes[HeaderBytes..];

    /// <summary>Elements.</summary>
    public int Count => Unsafe.ReadUnaligned<ushort>(ref Start);

    public PackedElement this[int index]
    {
        get
        {
            Check.That((uint)index < (uint)Count);
            return ListPack.Read(ref Unsafe.Add(ref Start, OffsetOf(index)), out _);
        }
    }

    private ref byte Start => ref MemoryMarshal.GetReference(Bytes);

    private ref byte Elements => ref Unsafe.Add(ref Start, HeaderBytes);

    /// <summary>A look at a whole listpack.</summary>
    public static PackedList Of(ReadOnlySpan<byte> listPack) => new(listPack[TotalBytes..^EndBytes]);

    /// <summary>Writes the list as a whole listpack.</summary>
    public void WriteListPack(Span<byte> to)
    {
        Bytes.CopyTo(to[TotalBytes..]);
        ListPack.WriteHeader(ref to[..ListPackLength][0], ListPackLength, Count);
    }

    internal static void WriteCount(ref byte list, int count)
    {
        Check.That(count is >= 0 and <= ListPack.CountMax);
        Unsafe.WriteUnaligned(ref list, (ushort)count);
    }

    /// <summary>The offset of an element, or of the list's end.</summary>
    internal int OffsetOf(int index) => HeaderBytes + ListPack.OffsetIn(ref Elements, Bytes.Length - HeaderBytes, Count, index);

    /// <summary>The elements from one on, forwards or backwards.</summary>
    public ListElements From(int index, bool backward = false)
    {
        Check.That((uint)index < (uint)Count);
        return new(ref Elements, Bytes.Length - HeaderBytes, OffsetOf(backward ? index + 1 : index) - HeaderBytes, backward);
    }

    /// <summary>Replaces <paramref name="removed"/> elements from <paramref name="index"/> on by others; either may be none.</summary>
    public Splice Replace(int index, int removed, scoped in PackedWriter inserted)
    {
        Check.That(index >= 0 && removed >= 0 && index + removed <= Count);
        var offset = OffsetOf(index);
        var end = index + removed == Count ? Bytes.Length : ListPack.Skip(ref Start, offset, removed);
        return new() { Offset = offset, Removed = end - offset, Inserted = inserted.Bytes, CountChange = inserted.Count - removed };
    }

    public Splice Remove(int index, int count) => Replace(index, count, default);

    public int CountEqual(in ElementMatcher matcher) => ListPack.CountEqual(ref Elements, Bytes.Length - HeaderBytes, matcher);

    /// <summary>
    /// Writes the list without <paramref name="take"/> of the elements that are equal to a text, those after the first <paramref name="skip"/> of them. There are so many.
    /// Returns its length, for which the memory of this list is enough.
    /// </summary>
    public int CopyWithoutEqual(Span<byte> to, in ElementMatcher matcher, int skip, int take)
    {
        Check.That(to.Length >= Bytes.Length);
        var written = ListPack.CopyWithoutEqual(ref Elements, Bytes.Length - HeaderBytes, ref to[HeaderBytes..][0], matcher, skip, take);
        WriteCount(ref to[0], Count - take);
        return HeaderBytes + written;
    }
}
