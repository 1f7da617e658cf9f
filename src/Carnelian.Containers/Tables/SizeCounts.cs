using System.Numerics;
using System.Runtime.CompilerServices;

namespace Carnelian;

/// <summary>
/// How many keys of each type have values of which size: bytes of a string, elements of a collection. Counted by powers of two, and kept up to date by
/// <see cref="KeyTable"/>: a change costs two comparisons' worth of arithmetic, and two increments when the power changes.
/// </summary>
public sealed class SizeCounts
{
    /// <summary>Types up to the hash; streams are not counted, as in Redis.</summary>
    private const int Types = 5;

    private const int BinsShift = 6;

    public const int Bins = 1 << BinsShift;

    /// <summary>By type, then by bin; the last row, of uncounted types, nobody reads.</summary>
    private readonly long[] _counts = new long[(Types + 1) << BinsShift];

    /// <summary>Bin 0 is for size 0, bin i for sizes from 2^(i-1) to 2^i - 1.</summary>
    public ReadOnlySpan<long> Of(ValueType type) => _counts.AsSpan((int)type << BinsShift, Bins);

    internal void Add(ValueType type, long size) => _counts[IndexOf(type, size)]++;

    internal void Add(SizeCounts others)
    {
        for (var i = 0; i < _counts.Length; i++) _counts[i] += others._counts[i];
    }

    internal void Remove(ValueType type, long size) => _counts[IndexOf(type, size)]--;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Change(ValueType oldType, long oldSize, ValueType type, long size)
    {
        var from = IndexOf(oldType, oldSize);
        var to = IndexOf(type, size);
        if (from == to) return;
        _counts[from]--;
        _counts[to]++;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int IndexOf(ValueType type, long size) =>
        (Math.Min((int)type, Types) << BinsShift) + (Bins - BitOperations.LeadingZeroCount((ulong)size));
}
