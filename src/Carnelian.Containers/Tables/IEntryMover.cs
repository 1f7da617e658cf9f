namespace Carnelian;

internal unsafe interface IEntryMover
{
    /// <summary>Where the entry is from now on: the same address, or that of a copy (the old block is then the mover's to free).</summary>
    byte* Move(byte* entry);
}
