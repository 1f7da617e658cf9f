namespace Carnelian;

/// <summary>The slabs of one size of block: how many, how many blocks they have room for, and how many are in use.</summary>
public readonly record struct SizeClassUse(long BlockBytes, long Slabs, long Blocks, long Live);
