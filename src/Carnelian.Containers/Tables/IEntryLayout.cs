namespace Carnelian;

/// <summary>What the entries of a table look like. Implemented by an empty struct, so that calls are resolved at compile time.</summary>
internal unsafe interface IEntryLayout
{
    static abstract ReadOnlySpan<byte> KeyOf(byte* entry);
}
