using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Carnelian;

/// <summary>
/// Elements one after the other in the listpack format (Redis' listpack.md), so that a node is written to RDB files and DUMP payloads as it stands, and a
/// <see cref="PackedList"/> almost. Works on trusted memory; what comes from outside is validated elsewhere, before it gets here.
/// <code>
/// | total bytes 4 | elements 2 | element … | 0xff |
/// element: | encoding and, in its bits, a small integer or a length | bytes … | length of the two before, 7 bits a byte, read backwards |
/// </code>
/// </summary>
internal static class ListPack
{
    public const int HeaderBytes = 6, EmptyBytes = HeaderBytes + 1;
    public const byte End = 0xff;

    /// <summary>A count of 65535 would mean "unknown", which no list of ours reaches.</summary>
    public const int CountMax = 65534;

    public static int Total(ref readonly byte list) => (int)Unsafe.ReadUnaligned<uint>(in list);

    public static int Count(ref byte list) => Unsafe.ReadUnaligned<ushort>(ref Unsafe.Add(ref list, 4));

    public static void WriteHeader(ref byte list, int total, int count)
    {
        Check.That(count is >= 0 and <= CountMax);
        Unsafe.WriteUnaligned(ref list, (uint)total);
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref list, 4), (ushort)count);
        Unsafe.Add(ref list, total - 1) = End;
    }

    // ---- elements

    /// <summary>Bytes that an element takes in a list.</summary>
    public static int Size(in PackedElement element)
    {
        var body = BodySize(element);
        return body + BackLengthSize(body);
    }

    public static void Write(ref byte to, in PackedElement element)
    {
        var body = BodySize(element);
        if (element.IsInteger) WriteInteger(ref to, element.Integer, body);
        else WriteText(ref to, element.Bytes);
        WriteBackLength(ref Unsafe.Add(ref to, body), body);
    }

    /// <param name="size">Of the element: the next one begins behind it.</param>
    public static PackedElement Read(scoped ref byte at, out int size)
    {
        var first = at;
        if ((first & 0x80) == 0) return Integer(first, 1, out size);
        if ((first & 0xc0) == 0x80) return Text(ref at, first & 0x3f, 1, out size);
        var second = Unsafe.Add(ref at, 1);
        if ((first & 0xe0) == 0xc0) return Integer((short)(((first & 0x1f) << 8 | second) << 3) >> 3, 2, out size);
        if ((first & 0xf0) == 0xe0) return Text(ref at, (first & 0x0f) << 8 | second, 2, out size);
        ref var body = ref Unsafe.Add(ref at, 1);
        switch (first)
        {
            case 0xf0: return Text(ref at, (int)Unsafe.ReadUnaligned<uint>(ref body), 5, out size);
            case 0xf1: return Integer(Unsafe.ReadUnaligned<short>(ref body), 3, out size);
            case 0xf2: return Integer((Unsafe.ReadUnaligned<ushort>(ref body) | Unsafe.Add(ref body, 2) << 16) << 8 >> 8, 4, out size);
            case 0xf3: return Integer(Unsafe.ReadUnaligned<int>(ref body), 5, out size);
            default:
                Check.That(first == 0xf4);
                return Integer(Unsafe.ReadUnaligned<long>(ref body), 9, out size);
        }
    }

    /// <summary>Size of the element that begins here.</summary>
    public static int SizeAt(ref byte at)
    {
        var first = at;
        if (first < 0x80) return 2;
        if (first < 0xc0) return 2 + (first & 0x3f);
        if (first < 0xe0) return 3;
        Read(ref at, out var size);
        return size;
    }

    /// <summary>Size of the element that ends before <paramref name="at"/>.</summary>
    public static int SizeBefore(ref byte at)
    {
        var body = 0;
        for (var shift = 0; ; shift += 7)
        {
            at = ref Unsafe.Subtract(ref at, 1);
            body |= (at & 0x7f) << shift;
            if ((at & 0x80) == 0) return body + BackLengthSize(body);
        }
    }

    /// <summary>The offset of an element, or of the list's end.</summary>
    public static int OffsetOf(ref byte list, int index) =>
        HeaderBytes + OffsetIn(ref Unsafe.Add(ref list, HeaderBytes), Total(in list) - EmptyBytes, Count(ref list), index);

    /// <summary>The offset of an element, or of the end, among elements that take so many bytes. Begins at the nearer side.</summary>
    public static int OffsetIn(ref byte elements, int bytes, int count, int index)
    {
        Check.That((uint)index <= (uint)count);
        if (index <= count / 2) return Skip(ref elements, 0, index);
        for (; index < count; index++) bytes -= SizeBefore(ref Unsafe.Add(ref elements, bytes));
        return bytes;
    }

    /// <summary>Where <paramref name="elements"/> elements from this offset on end.</summary>
    public static int Skip(ref byte list, int offset, int elements)
    {
        for (; elements > 0; elements--) offset += SizeAt(ref Unsafe.Add(ref list, offset));
        return offset;
    }

    // ---- elements that are equal to a text

    public static int CountEqual(ref byte elements, int bytes, in ElementMatcher matcher)
    {
        var found = 0;
        for (var at = 0; at < bytes;)
        {
            if (matcher.Matches(Read(ref Unsafe.Add(ref elements, at), out var size))) found++;
            at += size;
        }
        return found;
    }

    /// <summary>Copies a list, except for <paramref name="take"/> equal elements after the first <paramref name="skip"/> of them. It may be copied onto itself.</summary>
    public static void CopyWithoutEqual(ref byte list, ref byte to, in ElementMatcher matcher, int skip, int take)
    {
        var count = Count(ref list) - take;
        var written = CopyWithoutEqual(ref Unsafe.Add(ref list, HeaderBytes), Total(in list) - EmptyBytes, ref Unsafe.Add(ref to, HeaderBytes), matcher, skip, take);
        WriteHeader(ref to, EmptyBytes + written, count);
    }

    /// <summary>As the other, of elements alone. Returns the bytes of those that are left.</summary>
    public static int CopyWithoutEqual(ref byte elements, int bytes, ref byte to, in ElementMatcher matcher, int skip, int take)
    {
        int written = 0, left = take;
        for (var at = 0; at < bytes;)
        {
            ref var from = ref Unsafe.Add(ref elements, at);
            var isEqual = left > 0 && matcher.Matches(Read(ref from, out _));
            var size = SizeAt(ref from);
            at += size;
            if (isEqual && --skip < 0)
            {
                left--;
                continue;
            }
            MemoryMarshal.CreateSpan(ref from, size).CopyTo(MemoryMarshal.CreateSpan(ref Unsafe.Add(ref to, written), size));
            written += size;
        }
        Check.That(left == 0);
        return written;
    }

    private static PackedElement Integer(long value, int body, out int size)
    {
        size = body + BackLengthSize(body);
        return PackedElement.OfInteger(value);
    }

    private static PackedElement Text(scoped ref byte at, int length, int prefix, out int size)
    {
        var body = prefix + length;
        size = body + BackLengthSize(body);
        return PackedElement.OfText(MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref at, prefix), length));
    }

    /// <summary>Bytes in front of a text of this length.</summary>
    public static int PrefixSize(int length) => length < 64 ? 1 : length < 4096 ? 2 : 5;

    private static int BodySize(in PackedElement element)
    {
        if (!element.IsInteger)
        {
            var length = element.Bytes.Length;
            return PrefixSize(length) + length;
        }
        return element.Integer switch
        {
            >= 0 and < 128 => 1,
            >= -4096 and < 4096 => 2,
            >= short.MinValue and <= short.MaxValue => 3,
            >= -(1 << 23) and < 1 << 23 => 4,
            >= int.MinValue and <= int.MaxValue => 5,
            _ => 9,
        };
    }

    private static void WriteInteger(ref byte to, long value, int body)
    {
        if (body == 1)
        {
            to = (byte)value;
            return;
        }
        if (body == 2)
        {
            to = (byte)(0xc0 | ((value >> 8) & 0x1f));
            Unsafe.Add(ref to, 1) = (byte)value;
            return;
        }
        to = body switch { 3 => 0xf1, 4 => 0xf2, 5 => 0xf3, _ => 0xf4 };
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        bytes[..(body - 1)].CopyTo(MemoryMarshal.CreateSpan(ref Unsafe.Add(ref to, 1), body - 1));
    }

    private static void WriteText(ref byte to, ReadOnlySpan<byte> text)
    {
        var length = text.Length;
        var prefix = 1;
        if (length < 64)
        {
            to = (byte)(0x80 | length);
        }
        else if (length < 4096)
        {
            to = (byte)(0xe0 | (length >> 8));
            Unsafe.Add(ref to, 1) = (byte)length;
            prefix = 2;
        }
        else
        {
            to = 0xf0;
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref to, 1), (uint)length);
            prefix = 5;
        }
        text.CopyTo(MemoryMarshal.CreateSpan(ref Unsafe.Add(ref to, prefix), length));
    }

    internal static int BackLengthSize(int body) => body switch { < 1 << 7 => 1, < 1 << 14 => 2, < 1 << 21 => 3, < 1 << 28 => 4, _ => 5 };

    /// <summary>Most significant group first; all but that one carry the bit that says "go on to the left".</summary>
    internal static void WriteBackLength(ref byte to, int body)
    {
        var size = BackLengthSize(body);
        for (var i = size - 1; i > 0; i--, body >>= 7) Unsafe.Add(ref to, i) = (byte)(body & 0x7f | 0x80);
        to = (byte)body;
    }
}
