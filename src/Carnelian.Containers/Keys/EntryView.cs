namespace Carnelian;

/// <summary>
/// A read-only look at an entry. Its spans live until the end of the call at the longest, and the value's until the entry is edited.
/// </summary>
public readonly unsafe ref struct EntryView
{
    public const long NoExpiry = -1;

    internal readonly byte* Address;

    internal EntryView(byte* address) => Address = address;

    public bool Exists => Address != null;

    /// <summary>The address, to be shown by DEBUG OBJECT. Nothing may be decided by it.</summary>
    public nint Location => (nint)Address;

    public ReadOnlySpan<byte> Key => Entry.Key(Address);

    public ValueType Type => Entry.Type(Entry.Header(Address));

    public ValueEncoding Encoding => Entry.Encoding(Entry.Header(Address));

    /// <summary>A string's bytes.</summary>
    public ReadOnlySpan<byte> Value => Entry.Value(Address);

    /// <summary>Keeps a long string as it is, for whoever reads it after the call. Null when it is short, because copying it costs less.</summary>
    public SharedBytes? HoldString(BlockAllocator allocator)
    {
        if (!Entry.External(Entry.Header(Address))) return null;
        var external = Entry.ExternalOf(Address);
        return !external.IsRoot && LongString.CanBeHeld(external) ? new HeldString(allocator, external) : null;
    }

    public bool Expires => Entry.Expires(Entry.Header(Address));

    /// <summary>Some of the value's own elements expire.</summary>
    public bool FieldsExpire => Entry.FieldsExpire(Entry.Header(Address));

    /// <summary>Unix milliseconds, or <see cref="NoExpiry"/>.</summary>
    public long ExpiryMs => Expires ? Entry.Expiry(Address) : NoExpiry;

    /// <summary>Mark of the last snapshot that has saved this entry; set by the snapshot alone.</summary>
    public int Mark
    {
        get => Entry.Mark(Entry.Header(Address));
        set
        {
            ref var header = ref Entry.Header(Address);
            header = Entry.WithMark(header, value);
        }
    }

    /// <summary>When or how often the key was used, 26 bits. No edit: writing it needs no snapshot and no record.</summary>
    public int Access
    {
        get => Entry.Access(Entry.Header(Address));
        set
        {
            ref var header = ref Entry.Header(Address);
            header = Entry.WithAccess(header, value);
        }
    }

    /// <summary>A snapshot holds the collection that is the value: changing it costs copies.</summary>
    public bool IsHeld
    {
        get
        {
            var root = Entry.Root(Address);
            return root != null && ((Hold*)root)->IsHeld;
        }
    }

    /// <summary>Bytes of memory that the key and its value take.</summary>
    public long MemoryBytes
    {
        get
        {
            var own = BlockAllocator.UsableSize(Entry.Size(Address));
            return Entry.External(Entry.Header(Address)) ? own + Entry.ExternalOf(Address).Capacity : own;
        }
    }
}
