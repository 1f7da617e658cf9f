namespace Carnelian;

/// <summary>
/// Up to where a set is packed: integers (set-max-intset-entries), members of any kind (set-max-listpack-entries), and bytes of one of them
/// (set-max-listpack-value). The rules are those of Redis 8.0 (t_set.c).
/// </summary>
public readonly record struct SetLimit(long IntegersMax, long MembersMax, long TextBytesMax)
{
    /// <summary>A listpack does not become longer (listpack.c, lpSafeToAdd).</summary>
    private const long BytesMax = 1 << 30;

    /// <summary>How a set begins that has a first member and is to have so many.</summary>
    public ValueEncoding Initial(scoped ReadOnlySpan<byte> first, long members)
    {
        if (members <= IntegersMax && PackedElement.Of(first).IsInteger) return ValueEncoding.IntSet;
        return members <= MembersMax ? ValueEncoding.ListPack : ValueEncoding.HashTable;
    }

    /// <summary>Whether a packed set may be changed by so many members at once.</summary>
    public bool AllowsAtOnce(ValueEncoding encoding, long members) => members <= (encoding == ValueEncoding.IntSet ? IntegersMax : MembersMax);

    public bool AllowsIntegers(long count) => count <= Math.Min(IntegersMax, IntegerSet.CountMax);

    /// <summary>Whether a packed list may take one more member.</summary>
    public bool AllowsMore(PackedList list, int textBytes) =>
        textBytes <= TextBytesMax && list.Count < Math.Min(MembersMax, ListPack.CountMax) && (long)list.ListPackLength + textBytes <= BytesMax;

    /// <summary>Whether integers and one more member, which is none, may be a packed list.</summary>
    public bool AllowsText(IntegerSet integers, int textBytes)
    {
        var count = integers.Count;
        if (textBytes > TextBytesMax || count >= Math.Min(MembersMax, ListPack.CountMax)) return false;
        // The longest are the first and the last.
        return count == 0 || Math.Max(TextBytes(integers[0]), TextBytes(integers[count - 1])) <= TextBytesMax;
    }

    private static int TextBytes(long integer)
    {
        Span<byte> text = stackalloc byte[PackedElement.IntegerTextMax];
        return PackedElement.OfInteger(integer).Text(text).Length;
    }
}
