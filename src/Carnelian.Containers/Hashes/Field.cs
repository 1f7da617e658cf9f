using System.Runtime.CompilerServices;

namespace Carnelian;

/// <summary>
/// A field of a hash and its value in one native block.
/// <code>
/// | header 4 | expiry 8, if any | field length 4, if 255 or more | value length 4, if long | field … | value … |
/// header, from the lowest bit:
/// | field length 8 | mark 4 | expires 1 | long value 1 | spare 2 | value length 16 |
/// </code>
/// Field length 255 says that the length follows, and so does "long value", for values beyond 65535 bytes. The expiry is in
/// Unix milliseconds. The block's size follows from its header.
/// </summary>
internal static unsafe class Field
{
    public const int HeaderBytes = 4, ExpiryBytes = 8, LongLengthBytes = 4;
    public const int LongField = 255, ShortValueMax = 0xffff;

    private const int MarkShift = 8, ValueShift = 16;
    private const uint MarkMask = 0xfu << MarkShift, ExpiresBit = 1u << 12, LongValueBit = 1u << 13;

    public static ref uint Header(byte* field) => ref *(uint*)field;

    public static int Mark(byte* field) => (int)((Header(field) & MarkMask) >> MarkShift);

    public static void SetMark(byte* field, int mark)
    {
        ref var header = ref Header(field);
        header = (header & ~MarkMask) | ((uint)mark << MarkShift);
    }

    public static bool Expires(byte* field) => (Header(field) & ExpiresBit) != 0;

    /// <summary>Only of a field that expires.</summary>
    public static long Expiry(byte* field) => Unsafe.ReadUnaligned<long>(field + HeaderBytes);

    public static void SetExpiry(byte* field, long expiryMs) => Unsafe.WriteUnaligned(field + HeaderBytes, expiryMs);

    public static ReadOnlySpan<byte> Name(byte* field)
    {
        var start = NameStart(field, out var length, out _);
        return new(start, length);
    }

    public static Span<byte> Value(byte* field)
    {
        var start = NameStart(field, out var length, out var valueLength);
        return new(start + length, valueLength);
    }

    public static nint Size(byte* field)
    {
        var start = NameStart(field, out var length, out var valueLength);
        return (nint)(start - field) + length + valueLength;
    }

    public static nint Size(int nameLength, int valueLength, bool expires) =>
        HeaderBytes + (expires ? ExpiryBytes : 0) + (nameLength >= LongField ? LongLengthBytes : 0) + (valueLength > ShortValueMax ? LongLengthBytes : 0) + (nint)nameLength + valueLength;

    public static void Write(byte* field, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, long expiryMs, int mark)
    {
        var isLong = value.Length > ShortValueMax;
        var expires = expiryMs != EntryView.NoExpiry;
        Header(field) = (uint)Math.Min(name.Length, LongField) | ((uint)mark << MarkShift)
            | (expires ? ExpiresBit : 0) | (isLong ? LongValueBit : (uint)value.Length << ValueShift);
        var at = field + HeaderBytes;
        if (expires)
        {
            SetExpiry(field, expiryMs);
            at += ExpiryBytes;
        }
        if (name.Length >= LongField)
        {
            Unsafe.WriteUnaligned(at, (uint)name.Length);
            at += LongLengthBytes;
        }
        if (isLong)
        {
            Unsafe.WriteUnaligned(at, (uint)value.Length);
            at += LongLengthBytes;
        }
        name.CopyTo(new(at, name.Length));
        value.CopyTo(new(at + name.Length, value.Length));
    }

    private static byte* NameStart(byte* field, out int length, out int valueLength)
    {
        var header = Header(field);
        var at = field + HeaderBytes + ((header & ExpiresBit) != 0 ? ExpiryBytes : 0);
        length = (int)(header & 0xff);
        if (length == LongField)
        {
            length = (int)Unsafe.ReadUnaligned<uint>(at);
            at += LongLengthBytes;
        }
        valueLength = (int)(header >> ValueShift);
        if ((header & LongValueBit) == 0) return at;
        valueLength = (int)Unsafe.ReadUnaligned<uint>(at);
        return at + LongLengthBytes;
    }
}

/// <summary>Hash tables of fields.</summary>
internal readonly struct FieldLayout : IEntryLayout
{
    public static unsafe ReadOnlySpan<byte> KeyOf(byte* entry) => Field.Name(entry);

    public static unsafe long DueOf(byte* entry) => Field.Expiry(entry);
}
