using System.Runtime.CompilerServices;

namespace Carnelian;

/// <summary>
/// A key and its value in one native block.
/// <code>
/// | header 8 | expiry 8, if any | key length 4, if 255 or more | key … | value … |
/// header, from the lowest bit:
/// | key length 8 | access 24 | type 4 | encoding 4 | expires 1 | external 1 | mark 4 | fields expire 1 | more of access 2 | inline value length 15 |
/// value: the bytes themselves, or, when external, | address 8 | length 4 | capacity 4 |; capacity 0: address of a collection's root
/// </code>
/// Key length 255 says that the length follows. The expiry is in Unix milliseconds. The block's size follows
/// from its header, so that it is freed without a stored size.
/// </summary>
internal static unsafe class Entry
{
    public const int HeaderBytes = 8, ExpiryBytes = 8, LongKeyBytes = 4, ExternalBytes = 16;
    public const int LongKey = 255;

    /// <summary>Longer values lie outside, where they can grow and be handed over without a copy.</summary>
    public const int InlineValueMax = 1024;

    private const int AccessShift = 8, AccessBits = 24, MoreAccessShift = 47, TypeShift = 32, EncodingShift = 36, MarkShift = 42, InlineShift = 49;
    private const ulong ExpiresBit = 1UL << 40, ExternalBit = 1UL << 41, FieldsExpireBit = 1UL << 46;
    private const ulong AccessMask = 0xffffffUL << AccessShift | 3UL << MoreAccessShift, MarkMask = 0xfUL << MarkShift;

    /// <summary>Pins what is drawn above. Not a static constructor: those cost a test at each use.</summary>
    public static void CheckLayout() =>
        Check.That(InlineValueMax < 1 << (64 - InlineShift) && sizeof(ExternalValue) == ExternalBytes && sizeof(Bucket) == Bucket.Bytes);

    public static ref ulong Header(byte* entry) => ref *(ulong*)entry;

    public static ulong MakeHeader(int keyLength, ValueType type, ValueEncoding encoding, bool expires, bool external, int inlineLength) =>
        (uint)Math.Min(keyLength, LongKey) | ((ulong)type << TypeShift) | ((ulong)encoding << EncodingShift)
        | (expires ? ExpiresBit : 0) | (external ? ExternalBit : 0) | ((ulong)(uint)inlineLength << InlineShift);

    public static int ShortKeyLength(ulong header) => (int)(header & 0xff);

    public static ValueType Type(ulong header) => (ValueType)((header >> TypeShift) & 0xf);

    public static ValueEncoding Encoding(ulong header) => (ValueEncoding)((header >> EncodingShift) & 0xf);

    /// <summary>Type and encoding in one byte: what indexes <see cref="CollectionKinds"/>.</summary>
    public static int KindOf(ulong header) => (int)(header >> TypeShift) & 0xff;

    public static int KindOf(ValueType type, ValueEncoding encoding) => (int)type | (int)encoding << (EncodingShift - TypeShift);

    public static bool Expires(ulong header) => (header & ExpiresBit) != 0;

    /// <summary>Some of the value's own elements expire.</summary>
    public static bool FieldsExpire(ulong header) => (header & FieldsExpireBit) != 0;

    public static ulong WithFieldsExpire(ulong header, bool expire) => expire ? header | FieldsExpireBit : header & ~FieldsExpireBit;

    /// <summary>The key or something in it is due at some time: what the table's slot says.</summary>
    public static bool HasDue(ulong header) => (header & (ExpiresBit | FieldsExpireBit)) != 0;

    public static bool External(ulong header) => (header & ExternalBit) != 0;

    public static int InlineLength(ulong header) => (int)(header >> InlineShift);

    /// <summary>26 bits, the upper two of which lie apart.</summary>
    public static int Access(ulong header) =>
        (int)(header >> AccessShift) & ((1 << AccessBits) - 1) | ((int)(header >> MoreAccessShift) & 3) << AccessBits;

    public static ulong WithAccess(ulong header, int access)
    {
        var bits = (ulong)(uint)access;
        return (header & ~AccessMask) | (bits & ((1 << AccessBits) - 1)) << AccessShift | (bits >> AccessBits & 3) << MoreAccessShift;
    }

    /// <summary>A new header with the access bits and the mark of the old one.</summary>
    public static ulong Succeeding(ulong made, ulong old) => made | (old & (AccessMask | MarkMask));

    /// <summary>The header of the same value with another length, or at another place.</summary>
    public static ulong WithLength(ulong header, bool external, int inlineLength) =>
        (header & ((1UL << InlineShift) - 1) & ~ExternalBit) | (external ? ExternalBit : 0) | ((ulong)(uint)inlineLength << InlineShift);

    public static int Mark(ulong header) => (int)((header & MarkMask) >> MarkShift);

    public static ulong WithMark(ulong header, int mark) => (header & ~MarkMask) | ((ulong)(uint)mark << MarkShift);

    public static ulong WithExpires(ulong header, bool expires) => expires ? header | ExpiresBit : header & ~ExpiresBit;

    public static ulong WithEncoding(ulong header, ValueEncoding encoding) => (header & ~(0xfUL << EncodingShift)) | ((ulong)encoding << EncodingShift);

    public static int KeyOffset(int keyLength, bool expires) =>
        HeaderBytes + (expires ? ExpiryBytes : 0) + (keyLength >= LongKey ? LongKeyBytes : 0);

    public static byte* KeyStart(byte* entry, out int length)
    {
        var header = Header(entry);
        var at = entry + HeaderBytes + (Expires(header) ? ExpiryBytes : 0);
        length = ShortKeyLength(header);
        if (length < LongKey) return at;
        length = (int)Unsafe.ReadUnaligned<uint>(at);
        return at + LongKeyBytes;
    }

    public static ReadOnlySpan<byte> Key(byte* entry)
    {
        var start = KeyStart(entry, out var length);
        return new(start, length);
    }

    public static ref long Expiry(byte* entry) => ref *(long*)(entry + HeaderBytes);

    public static byte* ValueStart(byte* entry)
    {
        var key = KeyStart(entry, out var length);
        return key + length;
    }

    public static ReadOnlySpan<byte> Value(byte* entry) => WritableValue(entry);

    public static Span<byte> WritableValue(byte* entry)
    {
        var header = Header(entry);
        var start = ValueStart(entry);
        if (!External(header)) return new(start, InlineLength(header));
        var external = Unsafe.ReadUnaligned<ExternalValue>(start);
        return new(external.Address, external.Length);
    }

    /// <summary>Where an external value lies.</summary>
    public static ExternalValue ExternalOf(byte* entry) => Unsafe.ReadUnaligned<ExternalValue>(ValueStart(entry));

    /// <summary>The root of the collection that is the value, or null when it is a string.</summary>
    public static byte* Root(byte* entry)
    {
        if (!External(Header(entry))) return null;
        var external = ExternalOf(entry);
        return external.IsRoot ? external.Address : null;
    }

    /// <summary>Bytes that the entry's own block needs.</summary>
    public static nint Size(byte* entry)
    {
        var header = Header(entry);
        return (nint)(ValueStart(entry) - entry) + (External(header) ? ExternalBytes : InlineLength(header));
    }

    public static nint Size(int keyLength, bool expires, bool external, int inlineLength) =>
        KeyOffset(keyLength, expires) + keyLength + (external ? ExternalBytes : inlineLength);
}

/// <summary>Where a value lies that does not fit into its entry.</summary>
internal unsafe struct ExternalValue
{
    public byte* Address;
    public int Length;

    /// <summary>From the address to the block's end.</summary>
    public int Capacity;

    public readonly bool IsRoot => Capacity == 0;
}

/// <summary>Hash tables of whole keys.</summary>
internal readonly struct EntryLayout : IEntryLayout
{
    public static unsafe ReadOnlySpan<byte> KeyOf(byte* entry) => Entry.Key(entry);

    public static unsafe long DueOf(byte* entry)
    {
        var header = Entry.Header(entry);
        var dueMs = Entry.Expires(header) ? Entry.Expiry(entry) : DueTimes.Never;
        return Entry.FieldsExpire(header) ? Math.Min(dueMs, CollectionKinds.Find(header)!.NextDueMs(entry)) : dueMs;
    }
}
