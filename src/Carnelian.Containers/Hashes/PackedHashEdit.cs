namespace Carnelian;

/// <summary>
/// A change of a packed hash's bytes: some are taken out at one place and others put there. Who owns the bytes applies it, in their block if that has room
/// or in a new one. The new bytes live in the scratch memory that the edit was given.
/// </summary>
public readonly unsafe ref struct PackedSplice
{
    private readonly ReadOnlySpan<byte> _inserted;
    private readonly int _offset, _removed, _elements;

    internal PackedSplice(int offset, int removed, ReadOnlySpan<byte> inserted, int elements)
    {
        _offset = offset;
        _removed = removed;
        _inserted = inserted;
        _elements = elements;
    }

    public int LengthAfter(int length) => length - _removed + _inserted.Length;

    /// <summary>Changes the first <paramref name="length"/> bytes of a block, which has room for <see cref="LengthAfter"/>.</summary>
    public void Apply(Span<byte> block, int length)
    {
        block[(_offset + _removed)..length].CopyTo(block[(_offset + _inserted.Length)..]);
        Finish(block[..LengthAfter(length)]);
    }

    /// <summary>Writes what becomes of the bytes to another block.</summary>
    public void Write(ReadOnlySpan<byte> bytes, Span<byte> block)
    {
        bytes[.._offset].CopyTo(block);
        bytes[(_offset + _removed)..].CopyTo(block[(_offset + _inserted.Length)..]);
        Finish(block[..LengthAfter(bytes.Length)]);
    }

    private void Finish(Span<byte> bytes)
    {
        _inserted.CopyTo(bytes[_offset..]);
        fixed (byte* start = bytes) ListPack.WriteHeader(start, bytes.Length, _elements);
    }
}

/// <summary>What changes of packed hashes come to. Nothing is changed here; see <see cref="PackedSplice"/>.</summary>
public static unsafe class PackedHashEdit
{
    /// <summary>What an element takes at most besides its text.</summary>
    private const int ElementOverheadMax = 10;

    /// <summary>Bytes of scratch memory that any edit of this hash needs.</summary>
    public static int ScratchBytes(scoped PackedHash hash, int nameLength, int valueLength) =>
        hash.Bytes.Length + nameLength + valueLength + 3 * ElementOverheadMax;

    /// <summary>Sets a field's value; the field keeps its place and expiry. A new one goes behind all others.</summary>
    /// <param name="at">What <see cref="PackedHash.Find"/> has found for the name.</param>
    public static PackedSplice SetValue(
        scoped PackedHash hash, scoped PackedField at, scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> value, Span<byte> scratch)
    {
        if (!at.Exists) return Place(hash, at, PackedElement.Of(name), PackedElement.Of(value), EntryView.NoExpiry, scratch);
        var length = Write(PackedElement.Of(value), scratch);
        return new(at.ValueOffset, at.ValueEnd - at.ValueOffset, scratch[..length], hash.Elements);
    }

    /// <summary>Sets a field's value, and its expiry or that it has none.</summary>
    public static PackedSplice Set(
        scoped PackedHash hash, scoped PackedField at, scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> value, long expiryMs, Span<byte> scratch)
    {
        if (at.Exists && !at.Expires && expiryMs == EntryView.NoExpiry) return SetValue(hash, at, name, value, scratch);
        return Place(hash, at, PackedElement.Of(name), PackedElement.Of(value), expiryMs, scratch);
    }

    /// <summary>Sets or takes off an existing field's expiry, in the form that has expiries.</summary>
    public static PackedSplice SetExpiry(scoped PackedHash hash, scoped PackedField at, long expiryMs, Span<byte> scratch)
    {
        Check.That(at.Exists);
        if (!at.Expires && expiryMs == EntryView.NoExpiry) return new(at.Offset, 0, default, hash.Elements);
        return Place(hash, at, at.Name, at.Value, expiryMs, scratch);
    }

    public static PackedSplice Delete(scoped PackedHash hash, scoped PackedField at) =>
        new(at.Offset, at.End - at.Offset, default, hash.Elements - hash.ElementsPerField);

    /// <summary>Takes the first fields out: those that are over.</summary>
    public static PackedSplice DeleteFirst(scoped PackedHash hash, int count)
    {
        var end = count == hash.Count ? hash.End : hash.At(count).Offset;
        return new(ListPack.HeaderBytes, end - ListPack.HeaderBytes, default, hash.Elements - count * hash.ElementsPerField);
    }

    /// <summary>
    /// Puts a field where its time belongs, and takes it out where it was, if it was there. Both are one splice: what lies between the places is
    /// inserted again.
    /// </summary>
    private static PackedSplice Place(
        scoped PackedHash hash, scoped PackedField at, scoped PackedElement name, scoped PackedElement value, long expiryMs, Span<byte> scratch)
    {
        Check.That(hash.Expires || expiryMs == EntryView.NoExpiry);
        var place = PlaceOf(hash, at, expiryMs);
        var from = at.Exists ? at.Offset : place;
        var end = at.Exists ? at.End : place;
        var used = 0;
        if (place > end) Append(hash.Bytes[end..place], scratch, ref used);
        used += Write(name, scratch[used..]);
        used += Write(value, scratch[used..]);
        if (hash.Expires) used += Write(PackedElement.OfInteger(expiryMs == EntryView.NoExpiry ? 0 : expiryMs), scratch[used..]);
        if (place < from) Append(hash.Bytes[place..from], scratch, ref used);
        from = Math.Min(from, place);
        return new(from, Math.Max(end, place) - from, scratch[..used], hash.Elements + (at.Exists ? 0 : hash.ElementsPerField));
    }

    /// <summary>Before the first other field whose time is not earlier; without a time, behind all.</summary>
    private static int PlaceOf(scoped PackedHash hash, scoped PackedField at, long expiryMs)
    {
        if (expiryMs == EntryView.NoExpiry) return hash.End;
        for (var field = hash.First; field.Exists; field = hash.Next(field))
        {
            if (field.Offset != at.Offset && (!field.Expires || field.ExpiryMs >= expiryMs)) return field.Offset;
        }
        return hash.End;
    }

    private static void Append(ReadOnlySpan<byte> bytes, Span<byte> scratch, ref int used)
    {
        bytes.CopyTo(scratch[used..]);
        used += bytes.Length;
    }

    private static int Write(scoped PackedElement element, Span<byte> to)
    {
        var size = ListPack.Size(element);
        fixed (byte* start = to[..size]) ListPack.Write(start, element);
        return size;
    }

    // ---- converting

    /// <summary>Bytes of the form that has expiries, for a hash of the form that has none.</summary>
    public static int ExpiringLength(scoped PackedHash hash) => hash.Bytes.Length + hash.Count * ListPack.Size(PackedElement.OfInteger(0));

    /// <summary>Writes a hash in the form that has expiries; no field has one yet.</summary>
    public static void WriteExpiring(scoped PackedHash hash, Span<byte> to)
    {
        Check.That(!hash.Expires);
        var used = ListPack.HeaderBytes;
        for (var field = hash.First; field.Exists; field = hash.Next(field))
        {
            Append(hash.Bytes[field.Offset..field.End], to, ref used);
            used += Write(PackedElement.OfInteger(0), to[used..]);
        }
        fixed (byte* start = to[..ExpiringLength(hash)]) ListPack.WriteHeader(start, used + 1, hash.Count * 3);
    }
}
