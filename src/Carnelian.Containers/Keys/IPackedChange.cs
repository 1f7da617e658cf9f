namespace Carnelian;

/// <summary>
/// A change of a packed collection. It is told apart from doing it, because the collection may lie in a key's entry, which must first be given the room.
/// </summary>
public interface IPackedChange
{
    /// <summary>Bytes more, or less.</summary>
    int LengthChange { get; }

    /// <summary>Does it in place. The memory begins with the collection and ends where the longer one does, the present or the changed.</summary>
    void Apply(Span<byte> memory);
}
