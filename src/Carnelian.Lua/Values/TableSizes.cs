using System.Numerics;

namespace Carnelian;

/// <summary>How large the array part of a table shall be: the largest n such that more than half of the slots 1 … n are in use.</summary>
internal static class TableSizes
{
    public const int SizeMax = 1 << 26;

    /// <summary>Slice i has the keys above 2^(i-1) up to 2^i.</summary>
    public const int SlicesMax = 27;

    /// <summary>Counts a key if it may lie in an array part.</summary>
    public static bool Count(in LuaValue key, Span<int> counts)
    {
        if (key.Object != Tags.Number) return false;
        var integer = double.ConvertToIntegerNative<int>(key.Double);
        if (integer != key.Double || integer is <= 0 or > SizeMax) return false;
        counts[SliceOf(integer)]++;
        return true;
    }

    public static int CountArray(ReadOnlySpan<LuaValue> array, Span<int> counts)
    {
        var total = 0;
        var from = 0;
        for (var slice = 0; from < array.Length; slice++)
        {
            var to = Math.Min(1 << slice, array.Length);
            var count = 0;
            foreach (ref readonly var value in array[from..to])
                if (!value.IsNil) count++;
            counts[slice] += count;
            total += count;
            from = to;
        }
        return total;
    }

    /// <param name="candidates">How many keys were counted.</param>
    /// <param name="held">How many of them the array part will hold.</param>
    public static int ArraySize(ReadOnlySpan<int> counts, int candidates, out int held)
    {
        var size = 0;
        var below = 0;
        held = 0;
        for (var slice = 0; slice < SlicesMax && (1 << slice) / 2 < candidates; slice++)
        {
            if (counts[slice] > 0)
            {
                below += counts[slice];
                if (below > (1 << slice) / 2)
                {
                    size = 1 << slice;
                    held = below;
                }
            }
            if (below == candidates) break;
        }
        return size;
    }

    private static int SliceOf(int index) => 32 - BitOperations.LeadingZeroCount((uint)index - 1);
}
