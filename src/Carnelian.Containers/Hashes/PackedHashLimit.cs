namespace Carnelian;

/// <summary>Up to where a hash is packed: fields (hash-max-listpack-entries), and bytes of a name or a value (hash-max-listpack-value).</summary>
public readonly record struct PackedHashLimit(long FieldsMax, long TextBytesMax)
{
    /// <summary>A listpack does not become longer (listpack.c, lpSafeToAdd).</summary>
    private const long BytesMax = 1 << 30;

    public bool AllowsText(long length) => length <= TextBytesMax;

    /// <summary>Whether a packed hash may stay one when it is changed: the limit may have been lowered.</summary>
    public bool Allows(scoped PackedHash hash) => hash.Count <= FieldsMax;

    /// <summary>Whether a packed hash may take one more field.</summary>
    public bool AllowsMore(scoped PackedHash hash) => hash.Count < Math.Min(FieldsMax, hash.CountMax);

    /// <summary>Whether a packed hash may take so many more bytes of text.</summary>
    public static bool AllowsBytes(scoped PackedHash hash, long more) => new PackedList(hash.Bytes).ListPackLength + more <= BytesMax;
}
