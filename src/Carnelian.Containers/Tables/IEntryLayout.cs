namespace Carnelian;

/// <summary>What the entries of a table look like. Implemented by an empty struct, so that calls are resolved at compile time.</summary>
internal unsafe interface IEntryLayout
{
    static abstract ReadOnlySpan<byte> KeyOf(byte* entry);

    /// <summary>Unix milliseconds after which something is to be done with an entry that bears its slot's expires bit.</summary>
    static abstract long DueOf(byte* entry);
}
