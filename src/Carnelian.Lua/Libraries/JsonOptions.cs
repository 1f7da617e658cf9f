namespace Carnelian;

/// <summary>What is done with numbers that JSON does not have.</summary>
internal enum InvalidNumbers { Refused, Written, Null }

/// <summary>The settings of one cjson module.</summary>
internal sealed class JsonOptions
{
    public bool ConvertsSparse;
    public int SparseRatio = 2, SparseSafe = 10;
    public int EncodeDepthMax = 1000, DecodeDepthMax = 1000;
    public InvalidNumbers EncodesInvalid = InvalidNumbers.Refused;
    public bool DecodesInvalid = true;
    public bool KeepsBuffer = true;
    public int Precision = 14;

    /// <summary>Given to lists that are decoded, so that empty ones are encoded as such; null: none is.</summary>
    public LuaTable? ListMetatable;

    /// <summary>What lists have for a metatable when they are marked as such.</summary>
    public LuaTable? ListMark;
}
