using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Carnelian;

/// <summary>A field of a packed hash. Its bytes live as long as the packed hash is not changed.</summary>
public readonly ref struct PackedField
{
    internal PackedField(int offset, int valueOffset, int valueEnd, int end, PackedElement name, PackedElement value, long expiryMs)
    {
        Offset = offset;
        ValueOffset = valueOffset;
        ValueEnd = valueEnd;
        End = end;
        Name = name;
        Value = value;
        ExpiryMs = expiryMs;
    }

    public bool Exists => Offset != 0;

    public PackedElement Name { get; }

    public PackedElement Value { get; }

    /// <summary>Unix milliseconds, or <see cref="EntryView.NoExpiry"/>.</summary>
    public long ExpiryMs { get; }

    public bool Expires => ExpiryMs != EntryView.NoExpiry;

    internal int Offset { get; }

    internal int ValueOffset { get; }

    internal int ValueEnd { get; }

    internal int End { get; }
}

/// <summary>
/// A read-only look at a small hash packed into one list (<see cref="PackedList"/>), with the elements that Redis has for it. Works on trusted memory.
/// <code>
/// listpack:   | field | value | … |
/// listpackex: | field | value | Unix milliseconds or 0 | … |, ordered by time, those without one last
/// </code>
/// Among equal times the one that was set last is the first; what loses its time goes to the end.
/// </summary>
public readonly unsafe ref struct PackedHash
{
    private readonly ReadOnlySpan<byte> _bytes;

    /// <param name="expires">The second form, in which fields may expire.</param>
    public PackedHash(ReadOnlySpan<byte> bytes, bool expires)
    {
        _bytes = bytes;
        Expires = expires;
    }

    /// <summary>A packed hash without fields.</summary>
    public static ReadOnlySpan<byte> Empty => [0, 0];

    public ReadOnlySpan<byte> Bytes => _bytes;

    public bool Expires { get; }

    public int Count => Elements / ElementsPerField;

    /// <summary>More fields cannot be counted: the hash must become a table before.</summary>
    public int CountMax => ListPack.CountMax / ElementsPerField;

    internal int Elements => new PackedList(_bytes).Count;

    private ref byte Start => ref MemoryMarshal.GetReference(_bytes);

    internal int ElementsPerField => Expires ? 3 : 2;

    /// <summary>Where a field would begin that goes behind all others.</summary>
    internal int End => _bytes.Length;

    /// <summary>The least time of the fields, or <see cref="long.MaxValue"/>: that of the first one.</summary>
    public long NextDueMs => Expires && Elements > 0 && First is { Exists: true, Expires: true } first ? first.ExpiryMs : long.MaxValue;

    // ---- walking

    public PackedField First => ReadField(PackedList.HeaderBytes);

    /// <summary>The field behind one, or none.</summary>
    public PackedField Next(scoped PackedField field) => ReadField(field.End);

    /// <summary>Field number <paramref name="n"/>, counted from 0.</summary>
    public PackedField At(int n)
    {
        Check.That((uint)n < (uint)Count);
        return ReadField(ListPack.Skip(ref Start, PackedList.HeaderBytes, n * ElementsPerField));
    }

    /// <summary>How many of the fields are over at a time: the first so many are.</summary>
    public int CountDue(long nowMs)
    {
        var count = 0;
        if (!Expires) return count;
        for (var field = First; field.Exists && field.Expires && field.ExpiryMs < nowMs; field = Next(field)) count++;
        return count;
    }

    private PackedField ReadField(int offset)
    {
        if (offset == End) return default;
        var name = Read(offset, out var size);
        var valueOffset = offset + size;
        var value = Read(valueOffset, out size);
        var valueEnd = valueOffset + size;
        if (!Expires) return new(offset, valueOffset, valueEnd, valueEnd, name, value, EntryView.NoExpiry);
        var expiryMs = Read(valueEnd, out size).Integer;
        return new(offset, valueOffset, valueEnd, valueEnd + size, name, value, expiryMs == 0 ? EntryView.NoExpiry : expiryMs);
    }

    private PackedElement Read(int offset, out int size) => ListPack.Read(ref Unsafe.Add(ref Start, offset), out size);

    // ---- finding

    /// <summary>The field of that name, or none. Looks through all.</summary>
    public PackedField Find(scoped ReadOnlySpan<byte> name)
    {
        fixed (byte* start = _bytes)
        {
            var end = start + End;
            for (var at = start + PackedList.HeaderBytes; at != end;)
            {
                if (IsNamed(at, name)) return ReadField((int)(at - start));
                at += SizeOf(at);
                at += SizeOf(at);
                if (Expires) at += SizeOf(at);
            }
        }
        return default;
    }

    /// <summary>A text is compared by length first; an integer, which stands for its canonical text alone, only with what can be one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsNamed(byte* at, ReadOnlySpan<byte> name)
    {
        var first = *at;
        if ((first & 0xc0) == 0x80) return (first & 0x3f) == name.Length && name.SequenceEqual(new(at + 1, name.Length));
        return IsNamedOtherwise(at, name);
    }

    private static bool IsNamedOtherwise(byte* at, ReadOnlySpan<byte> name)
    {
        var element = ListPack.Read(ref *at, out _);
        if (!element.IsInteger) return element.Bytes.SequenceEqual(name);
        if (name.IsEmpty || name[0] is not ((byte)'-' or >= (byte)'0' and <= (byte)'9')) return false;
        var wanted = PackedElement.Of(name);
        return wanted.IsInteger && wanted.Integer == element.Integer;
    }

    /// <summary>Small texts, small integers and times are what most elements are.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int SizeOf(byte* at)
    {
        var first = *at;
        if ((first & 0xc0) == 0x80) return (first & 0x3f) + 2;
        if ((first & 0x80) == 0) return 2;
        if (first == 0xf4) return 10;
        ListPack.Read(ref *at, out var size);
        return size;
    }
}
