namespace Carnelian;

/// <summary>A snapshot is due after this many seconds with at least this many changes.</summary>
public readonly record struct SavePoint(long Seconds, int Changes);
