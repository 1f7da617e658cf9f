using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Carnelian;

/// <summary>
/// A field of a hash and its value in one native block.
/// <code>
/// | header 4 | expiry 8, if any | name length 4, if 255 or more | name … | value …, or, when external, address 8, length 4, capacity 4 |
/// header, from the lowest bit:
/// | name length 8 | mark 4 | expires 1 | external 1 | spare 2 | length of what stands for the value 16 |
/// </code>
/// Name length 255 says that the length follows. Values beyond 65535 bytes lie outside, in a block with a hold (see <see cref="LongString"/>), so that
/// a snapshot need not copy them. The expiry is in Unix milliseconds. The block's size follows from its header.
/// </summary>
internal static unsafe class Field
{
    public const int HeaderBytes = 4, ExpiryBytes = 8, LongLengthBytes = 4;
    public const int LongName = 255, InlineValueMax = 0xffff;

    private const int MarkShift = 8, ValueShift = 16;
    private const uint MarkMask = 0xfu << MarkShift, ExpiresBit = 1u << 12, ExternalBit = 1u << 13;

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
        var start = NameStart(field, out var length);
        return new(start, length);
    }

    public static ReadOnlySpan<byte> Value(byte* field)
    {
        if (!IsExternal(field)) return Stored(field);
        var external = ExternalOf(field);
        return new(external.Address, external.Length);
    }

    public static bool IsExternal(byte* field) => (Header(field) & ExternalBit) != 0;

    /// <summary>Where an external value lies; nowhere, if it is none.</summary>
    public static ExternalValue ExternalOf(byte* field) =>
        IsExternal(field) ? MemoryMarshal.Read<ExternalValue>(Stored(field)) : default;

    /// <summary>What stands for the value in the field's block: its bytes, or where they lie.</summary>
    public static Span<byte> Stored(byte* field)
    {
        var name = NameStart(field, out var length);
        return new(name + length, StoredLength(field));
    }

    public static nint Size(byte* field)
    {
        var name = NameStart(field, out var length);
        return (nint)(name - field) + length + StoredLength(field);
    }

    public static nint Size(int nameLength, int storedLength, bool expires) =>
        HeaderBytes + (expires ? ExpiryBytes : 0) + (nameLength >= LongName ? LongLengthBytes : 0) + (nint)nameLength + storedLength;

    public static void Write(byte* field, ReadOnlySpan<byte> name, ReadOnlySpan<byte> stored, bool isExternal, long expiryMs, int mark)
    {
        Check.That(stored.Length <= InlineValueMax);
        var expires = expiryMs != EntryView.NoExpiry;
        Header(field) = (uint)Math.Min(name.Length, LongName) | ((uint)mark << MarkShift)
            | (expires ? ExpiresBit : 0) | (isExternal ? ExternalBit : 0) | ((uint)stored.Length << ValueShift);
        var at = field + HeaderBytes;
        if (expires)
        {
            SetExpiry(field, expiryMs);
            at += ExpiryBytes;
        }
        if (name.Length >= LongName)
        {
            Unsafe.WriteUnaligned(at, (uint)name.Length);
            at += LongLengthBytes;
        }
        name.CopyTo(new(at, name.Length));
        stored.CopyTo(new(at + name.Length, stored.Length));
    }

    private static int StoredLength(byte* field) => (int)(Header(field) >> ValueShift);

    private static byte* NameStart(byte* field, out int length)
    {
        var header = Header(field);
        var at = field + HeaderBytes + ((header & ExpiresBit) != 0 ? ExpiryBytes : 0);
        length = (int)(header & 0xff);
        if (length < LongName) return at;
        length = (int)Unsafe.ReadUnaligned<uint>(at);
        return at + LongLengthBytes;
    }
}

/// <summary>Hash tables of fields.</summary>
internal readonly struct FieldLayout : IEntryLayout
{
    public static unsafe ReadOnlySpan<byte> KeyOf(byte* entry) => Field.Name(entry);

    public static unsafe long DueOf(byte* entry) => Field.Expiry(entry);
}
