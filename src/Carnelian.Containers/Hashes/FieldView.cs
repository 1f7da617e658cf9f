namespace Carnelian;

/// <summary>A read-only look at a field; its spans live until the field is changed, at the longest until the end of the call.</summary>
public readonly unsafe ref struct FieldView
{
    internal readonly byte* Address;

    internal FieldView(byte* address) => Address = address;

    public bool Exists => Address != null;

    public ReadOnlySpan<byte> Name => Field.Name(Address);

    public ReadOnlySpan<byte> Value => Field.Value(Address);

    public bool Expires => Field.Expires(Address);

    /// <summary>Unix milliseconds, or <see cref="EntryView.NoExpiry"/>.</summary>
    public long ExpiryMs => Expires ? Field.Expiry(Address) : EntryView.NoExpiry;

    /// <summary>Set by the snapshot alone.</summary>
    public int Mark
    {
        get => Field.Mark(Address);
        set => Field.SetMark(Address, value);
    }
}
