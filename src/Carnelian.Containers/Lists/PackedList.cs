using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Carnelian;

/// <summary>A view of a packed list, wherever it lies (see <see cref="ListPack"/>). It and its elements end when the list changes.</summary>
public readonly ref struct PackedList
{
    /// <param name="memory">Begins with the list; whatever follows is left alone.</param>
    public PackedList(ReadOnlySpan<byte> memory)
    {
        Check.That(memory.Length >= ListPack.EmptyBytes);
        var total = ListPack.Total(in memory[0]);
        Check.That(total >= ListPack.EmptyBytes);
        Bytes = memory[..total];
    }

    /// <summary>A list without elements.</summary>
    public static PackedList Empty => new([ListPack.EmptyBytes, 0, 0, 0, 0, 0, ListPack.End]);

    public ReadOnlySpan<byte> Bytes { get; }

    /// <summary>Bytes.</summary>
    public int Length => Bytes.Length;

    /// <summary>Elements.</summary>
    public int Count => ListPack.Count(ref Start);

    public PackedElement this[int index]
    {
        get
        {
            Check.That((uint)index < (uint)Count);
            return ListPack.Read(ref Unsafe.Add(ref Start, ListPack.OffsetOf(ref Start, index)), out _);
        }
    }

    /// <summary>The elements from one on, forwards or backwards.</summary>
    public ListElements From(int index, bool backward = false)
    {
        Check.That((uint)index < (uint)Count);
        return new(ref Start, ListPack.OffsetOf(ref Start, backward ? index + 1 : index), backward);
    }

    /// <summary>Replaces <paramref name="removed"/> elements from <paramref name="index"/> on by others; either may be none.</summary>
    public Splice Replace(int index, int removed, scoped in PackedWriter inserted)
    {
        Check.That(index >= 0 && removed >= 0 && index + removed <= Count);
        var offset = ListPack.OffsetOf(ref Start, index);
        var end = index + removed == Count ? Length - 1 : ListPack.Skip(ref Start, offset, removed);
        return new() { Offset = offset, Removed = end - offset, Inserted = inserted.Bytes, CountChange = inserted.Count - removed };
    }

    public Splice Remove(int index, int count) => Replace(index, count, default);

    public int CountEqual(in ElementMatcher matcher) => ListPack.CountEqual(ref Start, matcher);

    /// <summary>
    /// Writes the list without <paramref name="take"/> of the elements that are equal to a text, those after the first <paramref name="skip"/> of them.
    /// The memory has at least the length of this list; the written one tells its own.
    /// </summary>
    public void CopyWithoutEqual(Span<byte> to, in ElementMatcher matcher, int skip, int take)
    {
        Check.That(to.Length >= Length);
        ListPack.CopyWithoutEqual(ref Start, ref to[0], matcher, skip, take);
    }

    private ref byte Start => ref MemoryMarshal.GetReference(Bytes);
}
