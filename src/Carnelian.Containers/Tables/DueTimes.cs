using System.Numerics;
using System.Runtime.CompilerServices;

namespace Carnelian;

/// <summary>
/// For each group of buckets a time that is not later than any at which something in it is due, in Unix milliseconds. It is lowered when something comes
/// or changes, stays when something goes, and is set right by <see cref="ExpiryWalk{TLayout}.ScanDue"/>.
/// What is stored is the distance from the end of time. So zeroed memory says "nothing", and a new array needs no writing.
/// </summary>
internal unsafe struct DueTimes
{
    public const long Never = long.MaxValue;

    private long* _distances;

    public static DueTimes Allocate(BlockAllocator allocator, long groups) =>
        new() { _distances = (long*)allocator.AllocateZeroed(BytesOf(groups), Purpose.Tables) };

    public void Free(BlockAllocator allocator, long groups)
    {
        if (_distances != null) allocator.Free((byte*)_distances, BytesOf(groups), Purpose.Tables);
        _distances = null;
    }

    public readonly bool IsNone => _distances == null;

    public readonly long UsedBytes(long groups) => IsNone ? 0 : (long)BlockAllocator.UsableSize(BytesOf(groups));

    private static nint BytesOf(long groups) => (nint)groups * sizeof(long);

    public readonly long Of(long group) => IsNone ? Never : Never - _distances[group];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Lower(long group, long dueMs) => _distances[group] = Math.Max(_distances[group], DistanceOf(dueMs));

    /// <param name="dueMs">The least time in the group, or <see cref="Never"/> if nothing in it expires.</param>
    public readonly void Set(long group, long dueMs) => _distances[group] = dueMs == Never ? 0 : DistanceOf(dueMs);

    /// <summary>Not 0 even for an entry that is due at the end of time, since it can be found all the same.</summary>
    private static long DistanceOf(long dueMs) => Never - Math.Clamp(dueMs, 0, Never - 1);

    /// <summary>The first of <paramref name="count"/> groups that has something that expires before a time, or the one behind the last.</summary>
    public readonly long Next(long group, long count, long beforeMs)
    {
        var found = new ReadOnlySpan<long>(_distances + group, (int)count).IndexOfAnyExceptInRange(0, Never - Math.Max(beforeMs, 0));
        return group + (found < 0 ? count : found);
    }

    /// <summary>The least time of all groups.</summary>
    public readonly long Least(long groups)
    {
        if (IsNone) return Never;
        long group = 0, most = 0;
        var mosts = Vector<long>.Zero;
        for (; group + Vector<long>.Count <= groups; group += Vector<long>.Count) mosts = Vector.Max(mosts, Vector.Load(_distances + group));
        for (var i = 0; i < Vector<long>.Count; i++) most = Math.Max(most, mosts[i]);
        for (; group < groups; group++) most = Math.Max(most, _distances[group]);
        return Never - most;
    }
}
