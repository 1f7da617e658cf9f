namespace Carnelian;

/// <summary>What SORT is to do. Patterns and the destination are given by the numbers of their arguments; 0 is none.</summary>
internal readonly ref struct SortRequest
{
    public bool IsDescending { get; init; }

    public bool IsAlpha { get; init; }

    public int By { get; init; }

    /// <summary>A BY, be it the last or not, names no keys: then nothing is sorted.</summary>
    public bool IsConstant { get; init; }

    public int Store { get; init; }

    /// <summary>The arguments with GETs' patterns.</summary>
    public ReadOnlySpan<int> Gets { get; private init; }

    private long Offset { get; init; }

    /// <summary>Negative: all.</summary>
    private long Limit { get; init; }

    /// <summary>Reads the options; otherwise the call has failed.</summary>
    public static SortRequest Read(scoped ref Call call, bool mayStore)
    {
        bool descending = false, alpha = false, constant = false;
        int by = 0, store = 0, getCount = 0;
        long offset = 0, limit = -1;
        var slot = call.Keyspace.Options.UsesSlots ? call.Key(1).Slot : -1;
        // Each takes two arguments.
        var gets = call.Keyspace.Allocator.Scratch<int>(call.Args.Count / 2 - 1);
        var options = new OptionReader(call.Args, 2);
        while (options.Next())
        {
            if (options.Is("asc"u8)) descending = false;
            else if (options.Is("desc"u8)) descending = true;
            else if (options.Is("alpha"u8)) alpha = true;
            else if (options.Takes("limit"u8, out var first, 2))
            {
                if (!call.TryInteger(first, out offset) || !call.TryInteger(first + 1, out limit)) return default;
            }
            else if (mayStore && options.Takes("store"u8, out var destination)) store = destination;
            else if (options.Takes("by"u8, out var pattern))
            {
                by = pattern;
                if (!call.Args[by].Contains((byte)'*')) constant = true;
                else if (slot >= 0 && !SortPattern.StaysIn(call.Args[by], slot)) options.Fail(DeniedInCluster("BY"));
            }
            else if (options.Takes("get"u8, out pattern))
            {
                gets[getCount++] = pattern;
                if (slot >= 0 && !call.Args[pattern].SequenceEqual("#"u8) && !SortPattern.StaysIn(call.Args[pattern], slot)) options.Fail(DeniedInCluster("GET"));
            }
            else
            {
                options.FailSyntax();
            }
        }
        if (!options.Ends(ref call)) return default;
        return new()
        {
            IsDescending = descending, IsAlpha = alpha, By = by, IsConstant = constant, Store = store, Gets = gets[..getCount],
            Offset = offset, Limit = limit,
        };
    }

    private static string DeniedInCluster(string option) =>
        $"ERR {option} option of SORT denied in Cluster mode when keys formed by the pattern may be in different slots.";

    /// <summary>The part of so many elements that LIMIT leaves.</summary>
    public (int First, int End) Range(int count)
    {
        var first = (int)Math.Clamp(Offset, 0, count);
        return (first, Limit < 0 ? count : first + (int)Math.Min(Limit, count - first));
    }
}
