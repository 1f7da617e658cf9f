namespace Carnelian;

/// <summary>An entry found, or the place where it would be: what the editing methods of <see cref="KeyTable"/> work on.</summary>
public unsafe ref struct EntryHandle
{
    internal SlotPosition Position;
    internal ulong Hash;

    public readonly EntryView View => new(Position.Entry);

    public readonly bool Exists => Position.Found;
}
