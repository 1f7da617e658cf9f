namespace Carnelian;

/// <summary>A change of a packed list: some of its bytes are replaced by others.</summary>
public readonly ref struct Splice : IPackedChange
{
    public required int Offset { get; init; }

    /// <summary>Bytes that go.</summary>
    public required int Removed { get; init; }

    /// <summary>Whole elements, in memory of whoever makes the change.</summary>
    public required ReadOnlySpan<byte> Inserted { get; init; }

    /// <summary>Elements more, or less.</summary>
    public required int CountChange { get; init; }

    /// <summary>Bytes more, or less.</summary>
    public int LengthChange => Inserted.Length - Removed;

    /// <inheritdoc/>
    public void Apply(Span<byte> memory)
    {
        var length = memory.Length - Math.Max(0, LengthChange);
        var count = new PackedList(memory).Count;
        memory[(Offset + Removed)..length].CopyTo(memory[(Offset + Inserted.Length)..]);
        Inserted.CopyTo(memory[Offset..]);
        PackedList.WriteCount(ref memory[0], count + CountChange);
    }

    /// <summary>Writes the changed list elsewhere, and returns its length.</summary>
    public int CopyTo(PackedList list, Span<byte> to)
    {
        list.Bytes[..Offset].CopyTo(to);
        Inserted.CopyTo(to[Offset..]);
        list.Bytes[(Offset + Removed)..].CopyTo(to[(Offset + Inserted.Length)..]);
        PackedList.WriteCount(ref to[0], list.Count + CountChange);
        return list.Bytes.Length + LengthChange;
    }
}

/// <summary>Encodes elements one after the other into memory of the caller, to be inserted by a <see cref="Splice"/>.</summary>
public ref struct PackedWriter(Span<byte> memory)
{
    /// <summary>Bytes that an element may take beyond its text.</summary>
    public const int OverheadMax = 10;

    private readonly Span<byte> _memory = memory;
    private int _length;

    public int Count { get; private set; }

    public readonly ReadOnlySpan<byte> Bytes => _memory[.._length];

    public void Add(scoped ReadOnlySpan<byte> text) => Add(PackedElement.Of(text));

    /// <summary>Adds an element in the form in which it is kept.</summary>
    public void Add(scoped PackedElement element)
    {
        var size = ListPack.Size(element);
        ListPack.Write(ref _memory.Slice(_length, size)[0], element);
        _length += size;
        Count++;
    }
}
