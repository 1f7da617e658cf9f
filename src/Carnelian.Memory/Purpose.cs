namespace Carnelian;

/// <summary>What a block's bytes are for. The allocator counts usable bytes per purpose.</summary>
public enum Purpose : byte
{
    /// <summary>Entries: keys with their inline values.</summary>
    Keys,
    Values,
    Tables,
    Collections,
    ClientInput,
    ClientOutput,
    ChangeLog,
    Snapshot,

    /// <summary>Long strings that their keys have given up and that a snapshot or a reply still keeps.</summary>
    Held,
    Other,
}
