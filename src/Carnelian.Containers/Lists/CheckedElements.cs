using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Carnelian;

/// <summary>
/// The elements of a listpack that came from outside, once it is known to be one: lengths, marks and what leads backwards are as they must be, so that all that trusts packed memory may
/// read them. They live as long as the listpack's memory.
/// </summary>
public readonly ref struct CheckedElements
{
    private const int UnknownCount = ushort.MaxValue;

    private readonly ReadOnlySpan<byte> _elements;

    private CheckedElements(ReadOnlySpan<byte> elements, int count, bool isCanonical)
    {
        _elements = elements;
        Count = count;
        IsCanonical = isCanonical;
    }

    public int Count { get; }

    /// <summary>Each element is kept in the one form that we and Redis write it in, and their number is told.</summary>
    public bool IsCanonical { get; }

    public ListElements Walk() => new(ref MemoryMarshal.GetReference(_elements), _elements.Length, 0, backward: false);

    /// <summary>Memory that a listpack of the elements takes at most: no other form is shorter than the canonical one.</summary>
    public int PackedBytesMax => ListPack.EmptyBytes + _elements.Length;

    /// <summary>More elements cannot be counted in a packed list.</summary>
    public bool FitPacked => Count <= ListPack.CountMax;

    /// <summary>The elements as a packed list: where they are, if they are canonical, else written anew.</summary>
    /// <param name="listPack">The listpack that was checked.</param>
    /// <param name="scratch">Memory for those that are not: of <see cref="PackedBytesMax"/> bytes, and not the listpack's own.</param>
    public PackedList ToPacked(ReadOnlySpan<byte> listPack, Span<byte> scratch)
    {
        Check.That(FitPacked);
        if (IsCanonical) return PackedList.Of(listPack);
        var writer = new PackedWriter(scratch[PackedList.HeaderBytes..]);
        Span<byte> digits = stackalloc byte[PackedElement.IntegerTextMax];
        foreach (var element in Walk()) writer.Add(element.Text(digits));
        PackedList.WriteCount(ref scratch[0], Count);
        return new(scratch[..(PackedList.HeaderBytes + writer.Bytes.Length)]);
    }

    /// <summary>False: that is no listpack.</summary>
    public static bool TryRead(ReadOnlySpan<byte> listPack, out CheckedElements elements)
    {
        elements = default;
        if (listPack.Length < ListPack.EmptyBytes || BinaryPrimitives.ReadUInt32LittleEndian(listPack) != listPack.Length || listPack[^1] != ListPack.End) return false;
        var rest = listPack[ListPack.HeaderBytes..^1];
        int at = 0, count = 0;
        var isCanonical = true;
        for (; at < rest.Length; count++)
        {
            var size = SizeAt(rest[at..], ref isCanonical);
            if (size == 0) return false;
            at += size;
        }
        var told = BinaryPrimitives.ReadUInt16LittleEndian(listPack[4..]);
        if (told != UnknownCount && told != count) return false;
        elements = new(rest, count, isCanonical && told == count);
        return true;
    }

    /// <summary>Bytes of the element that begins here, or 0 if there is none that ends within these bytes.</summary>
    private static int SizeAt(ReadOnlySpan<byte> bytes, ref bool isCanonical)
    {
        var first = bytes[0];
        // What most elements are: a small integer, a short text that is none.
        if (first < 0x80) return bytes.Length >= 2 && bytes[1] == 1 ? 2 : 0;
        if (first < 0xc0)
        {
            var length = first & 0x3f;
            if (bytes.Length < length + 2 || bytes[length + 1] != length + 1) return 0;
            isCanonical &= length == 0 || bytes[1] > (byte)'9' || !PackedElement.IsCanonicalInteger(bytes.Slice(1, length), out _);
            return length + 2;
        }
        return LongSizeAt(bytes, first, ref isCanonical);
    }

    private static int LongSizeAt(ReadOnlySpan<byte> bytes, byte first, ref bool isCanonical)
    {
        var body = first switch { < 0xe0 => 2L, < 0xf0 => 2, 0xf0 => 5, 0xf1 => 3, 0xf2 => 4, 0xf3 => 5, 0xf4 => 9, _ => 0 };
        if (body == 0 || bytes.Length <= body) return 0;
        if (first is >= 0xe0 and < 0xf0) body += (first & 0x0f) << 8 | bytes[1];
        else if (first == 0xf0) body += BinaryPrimitives.ReadUInt32LittleEndian(bytes[1..]);
        if (body >= bytes.Length) return 0;
        var size = (int)body + ListPack.BackLengthSize((int)body);
        if (size > bytes.Length || !LeadsBack(bytes[(int)body..size], (int)body)) return 0;
        isCanonical &= ListPack.Size(Canonical(ListPack.Read(ref MemoryMarshal.GetReference(bytes), out _))) == size;
        return size;
    }

    private static PackedElement Canonical(PackedElement element) => element.IsInteger ? element : PackedElement.Of(element.Bytes);

    /// <summary>Whether what stands behind an element is its length, to be read backwards.</summary>
    private static bool LeadsBack(ReadOnlySpan<byte> length, int body)
    {
        Span<byte> expected = stackalloc byte[5];
        ListPack.WriteBackLength(ref expected[0], body);
        return length.SequenceEqual(expected[..length.Length]);
    }
}
