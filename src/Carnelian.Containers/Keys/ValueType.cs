namespace Carnelian;

/// <summary>Types of values, with the numbers of Redis' OBJ_* constants.</summary>
public enum ValueType : byte
{
    String = 0,
    List = 1,
    Set = 2,
    SortedSet = 3,
    Hash = 4,
    Stream = 6,
}
