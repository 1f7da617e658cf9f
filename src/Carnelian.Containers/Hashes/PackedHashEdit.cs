namespace Carnelian;

/// <summary>What changes of packed hashes come to. Nothing is changed here; see <see cref="Splice"/>.</summary>
public static class PackedHashEdit
{
    /// <summary>What an element takes at most besides its text.</summary>
    private const int ElementOverheadMax = 10;

    /// <summary>Bytes of scratch memory that an edit of this hash needs.</summary>
    /// <param name="moves">A field may get or lose an expiry, and so another place.</param>
    public static int ScratchBytes(scoped PackedHash hash, int nameLength, int valueLength, bool moves = true) =>
        checked((moves ? hash.Bytes.Length : 0) + nameLength + valueLength + 3 * ElementOverheadMax);

    /// <summary>Sets a field's value; the field keeps its place and expiry. A new one goes behind all others.</summary>
    /// <param name="at">What <see cref="PackedHash.Find"/> has found for the name.</param>
    public static Splice SetValue(
        scoped PackedHash hash, scoped PackedField at, scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> value, Span<byte> scratch)
    {
        if (!at.Exists) return Place(hash, at, PackedElement.Of(name), PackedElement.Of(value), EntryView.NoExpiry, scratch);
        var length = Write(PackedElement.Of(value), scratch);
        return new() { Offset = at.ValueOffset, Removed = at.ValueEnd - at.ValueOffset, Inserted = scratch[..length], CountChange = 0 };
    }

    /// <summary>Sets a field's value, and its expiry or that it has none.</summary>
    public static Splice Set(
        scoped PackedHash hash, scoped PackedField at, scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> value, long expiryMs, Span<byte> scratch)
    {
        if (at.Exists && !at.Expires && expiryMs == EntryView.NoExpiry) return SetValue(hash, at, name, value, scratch);
        return Place(hash, at, PackedElement.Of(name), PackedElement.Of(value), expiryMs, scratch);
    }

    /// <summary>Sets or takes off an existing field's expiry, in the form that has expiries.</summary>
    public static Splice SetExpiry(scoped PackedHash hash, scoped PackedField at, long expiryMs, Span<byte> scratch)
    {
        Check.That(at.Exists);
        if (!at.Expires && expiryMs == EntryView.NoExpiry) return new() { Offset = at.Offset, Removed = 0, Inserted = default, CountChange = 0 };
        return Place(hash, at, at.Name, at.Value, expiryMs, scratch);
    }

    public static Splice Delete(scoped PackedHash hash, scoped PackedField at) =>
        new() { Offset = at.Offset, Removed = at.End - at.Offset, Inserted = default, CountChange = -hash.ElementsPerField };

    /// <summary>Takes the first fields out: those that are over.</summary>
    public static Splice DeleteFirst(scoped PackedHash hash, int count)
    {
        var end = count == hash.Count ? hash.End : hash.At(count).Offset;
        return new() { Offset = PackedList.HeaderBytes, Removed = end - PackedList.HeaderBytes, Inserted = default, CountChange = -count * hash.ElementsPerField };
    }

    /// <summary>
    /// Puts a field where its time belongs, and takes it out where it was, if it was there. Both are one splice: what lies between the places is
    /// inserted again.
    /// </summary>
    private static Splice Place(
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
        return new()
        {
            Offset = from, Removed = Math.Max(end, place) - from, Inserted = scratch[..used], CountChange = at.Exists ? 0 : hash.ElementsPerField,
        };
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
        ListPack.Write(ref to[..size][0], element);
        return size;
    }

    // ---- converting

    /// <summary>Bytes of the form that has expiries, for a hash of the form that has none.</summary>
    public static int ExpiringLength(scoped PackedHash hash) => hash.Bytes.Length + hash.Count * ListPack.Size(PackedElement.OfInteger(0));

    /// <summary>Writes a hash in the form that has expiries; no field has one yet.</summary>
    public static void WriteExpiring(scoped PackedHash hash, Span<byte> to)
    {
        Check.That(!hash.Expires);
        var used = PackedList.HeaderBytes;
        for (var field = hash.First; field.Exists; field = hash.Next(field))
        {
            Append(hash.Bytes[field.Offset..field.End], to, ref used);
            used += Write(PackedElement.OfInteger(0), to[used..]);
        }
        PackedList.WriteCount(ref to[0], hash.Count * 3);
    }
}
