using System.Buffers.Binary;
using System.Buffers.Text;
using System.Runtime.CompilerServices;

namespace Carnelian;

/// <summary>An element of a packed list: an integer, or bytes that live as long as the packed list is not changed.</summary>
public readonly ref struct PackedElement
{
    public const int IntegerTextMax = 20;

    private readonly ReadOnlySpan<byte> _text;

    private PackedElement(ReadOnlySpan<byte> text, long integer, bool isInteger)
    {
        _text = text;
        Integer = integer;
        IsInteger = isInteger;
    }

    public static PackedElement OfText(ReadOnlySpan<byte> text) => new(text, 0, false);

    public static PackedElement OfInteger(long integer) => new(default, integer, true);

    /// <summary>The form in which a text is kept: as an integer if it is the canonical text of one.</summary>
    public static PackedElement Of(ReadOnlySpan<byte> text) => IsCanonicalInteger(text, out var integer) ? OfInteger(integer) : OfText(text);

    public bool IsInteger { get; }

    public long Integer { get; }

    /// <summary>The bytes, those of an integer written into <paramref name="scratch"/> (<see cref="IntegerTextMax"/> bytes).</summary>
    public ReadOnlySpan<byte> Text(Span<byte> scratch)
    {
        if (!IsInteger) return _text;
        Check.That(Utf8Formatter.TryFormat(Integer, scratch, out var length));
        return scratch[..length];
    }

    internal ReadOnlySpan<byte> Bytes => _text;

    private static bool IsCanonicalInteger(ReadOnlySpan<byte> text, out long integer)
    {
        integer = 0;
        if (text.Length is 0 or > IntegerTextMax) return false;
        var digits = text[0] == (byte)'-' ? text[1..] : text;
        if (digits.IsEmpty || digits[0] is < (byte)'0' or > (byte)'9') return false;
        if (digits[0] == (byte)'0' && text.Length > 1) return false;
        return Utf8Parser.TryParse(text, out integer, out var used) && used == text.Length;
    }
}

/// <summary>
/// Elements one after the other in the listpack format (Redis' listpack.md), so that a packed list is written to RDB files and
/// DUMP payloads as it stands. Works on trusted memory; what comes from outside is validated elsewhere, before it gets here.
/// <code>
/// | total bytes 4 | elements 2 | element … | 0xff |
/// element: | encoding and, in its bits, a small integer or a length | bytes … | length of the two before, 7 bits a byte, read backwards |
/// </code>
/// </summary>
internal static unsafe class ListPack
{
    public const int HeaderBytes = 6, EmptyBytes = HeaderBytes + 1;
    public const byte End = 0xff;

    /// <summary>A count of 65535 would mean "unknown", which no list of ours reaches.</summary>
    public const int CountMax = 65534;

    public static int Total(byte* list) => (int)Unsafe.ReadUnaligned<uint>(list);

    public static int Count(byte* list) => Unsafe.ReadUnaligned<ushort>(list + 4);

    public static void WriteHeader(byte* list, int total, int count)
    {
        Check.That(count <= CountMax);
        Unsafe.WriteUnaligned(list, (uint)total);
        Unsafe.WriteUnaligned(list + 4, (ushort)count);
        list[total - 1] = End;
    }

    // ---- elements

    /// <summary>Bytes that an element takes in a list.</summary>
    public static int Size(in PackedElement element)
    {
        var body = BodySize(element);
        return body + BackLengthSize(body);
    }

    public static void Write(byte* to, in PackedElement element)
    {
        var body = BodySize(element);
        if (element.IsInteger) WriteInteger(to, element.Integer, body);
        else WriteText(to, element.Bytes);
        WriteBackLength(to + body, body);
    }

    /// <param name="size">Of the element: the next one begins behind it.</param>
    public static PackedElement Read(byte* at, out int size)
    {
        var first = *at;
        if ((first & 0x80) == 0) return Integer(first, 1, out size);
        if ((first & 0xc0) == 0x80) return Text(at + 1, first & 0x3f, 1, out size);
        if ((first & 0xe0) == 0xc0) return Integer((short)(((first & 0x1f) << 8 | at[1]) << 3) >> 3, 2, out size);
        if ((first & 0xf0) == 0xe0) return Text(at + 2, (first & 0x0f) << 8 | at[1], 2, out size);
        switch (first)
        {
            case 0xf0: return Text(at + 5, (int)Unsafe.ReadUnaligned<uint>(at + 1), 5, out size);
            case 0xf1: return Integer(Unsafe.ReadUnaligned<short>(at + 1), 3, out size);
            case 0xf2: return Integer((at[1] | at[2] << 8 | at[3] << 16) << 8 >> 8, 4, out size);
            case 0xf3: return Integer(Unsafe.ReadUnaligned<int>(at + 1), 5, out size);
            default:
                Check.That(first == 0xf4);
                return Integer(Unsafe.ReadUnaligned<long>(at + 1), 9, out size);
        }
    }

    /// <summary>Size of the element that ends before <paramref name="at"/>.</summary>
    public static int SizeBefore(byte* at)
    {
        var body = 0;
        for (var shift = 0; ; shift += 7)
        {
            at--;
            body |= (*at & 0x7f) << shift;
            if ((*at & 0x80) == 0) return body + BackLengthSize(body);
        }
    }

    private static PackedElement Integer(long value, int body, out int size)
    {
        size = body + BackLengthSize(body);
        return PackedElement.OfInteger(value);
    }

    private static PackedElement Text(byte* at, int length, int prefix, out int size)
    {
        var body = prefix + length;
        size = body + BackLengthSize(body);
        return PackedElement.OfText(new(at, length));
    }

    private static int BodySize(in PackedElement element)
    {
        if (!element.IsInteger)
        {
            var length = element.Bytes.Length;
            return length + (length < 64 ? 1 : length < 4096 ? 2 : 5);
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

    private static void WriteInteger(byte* to, long value, int body)
    {
        if (body == 1)
        {
            *to = (byte)value;
            return;
        }
        if (body == 2)
        {
            to[0] = (byte)(0xc0 | ((value >> 8) & 0x1f));
            to[1] = (byte)value;
            return;
        }
        *to = body switch { 3 => 0xf1, 4 => 0xf2, 5 => 0xf3, _ => 0xf4 };
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        bytes[..(body - 1)].CopyTo(new(to + 1, body - 1));
    }

    private static void WriteText(byte* to, ReadOnlySpan<byte> text)
    {
        var length = text.Length;
        if (length < 64)
        {
            *to++ = (byte)(0x80 | length);
        }
        else if (length < 4096)
        {
            *to++ = (byte)(0xe0 | (length >> 8));
            *to++ = (byte)length;
        }
        else
        {
            *to++ = 0xf0;
            Unsafe.WriteUnaligned(to, (uint)length);
            to += 4;
        }
        text.CopyTo(new(to, length));
    }

    private static int BackLengthSize(int body) => body switch { < 1 << 7 => 1, < 1 << 14 => 2, < 1 << 21 => 3, < 1 << 28 => 4, _ => 5 };

    /// <summary>Most significant group first; all but that one carry the bit that says "go on to the left".</summary>
    private static void WriteBackLength(byte* to, int body)
    {
        var size = BackLengthSize(body);
        for (var i = size - 1; i > 0; i--, body >>= 7) to[i] = (byte)(body & 0x7f | 0x80);
        to[0] = (byte)body;
    }
}
