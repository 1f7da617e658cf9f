namespace Carnelian;

/// <summary>Types of values, with the numbers of Redis' OBJ_* constants.</summary>
public enum ValueType : byte
{
    String = 0,
    List = 1,
    Set = 2,
    SortedSet = 3,
    Hash = 4,

    /// <summary>A value of a module's type, as files have it: kept as it is, for whoever knows it.</summary>
    Module = 5,
    Stream = 6,
}
