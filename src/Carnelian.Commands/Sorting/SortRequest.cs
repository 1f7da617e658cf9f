namespace Carnelian;

/// <summary>What SORT is to do. Patterns and the destination are given by the numbers of their arguments; 0 is none.</summary>
internal readonly record struct SortRequest
{
    public bool IsDescending { get; init; }

    public bool IsAlpha { get; init; }

    public int By { get; init; }

    /// <summary>A BY, be it the last or not, names no keys: then nothing is sorted.</summary>
    public bool IsConstant { get; init; }

    public int Store { get; init; }

    public int GetCount { get; private init; }

    private long Offset { get; init; }

    /// <summary>Negative: all.</summary>
    private long Limit { get; init; }

    /// <summary>Reads the options; otherwise the call has failed.</summary>
    public static bool TryRead(ref Call call, bool mayStore, out SortRequest request)
    {
        request = default;
        bool descending = false, alpha = false, constant = false;
        int by = 0, store = 0, gets = 0;
        long offset = 0, limit = -1;
        var slot = call.Keyspace.Options.UsesSlots ? call.Key(1).Slot : -1;
        var options = new OptionReader(call.Args, 2);
        while (options.Next())
        {
            if (options.Is("asc"u8)) descending = false;
            else if (options.Is("desc"u8)) descending = true;
            else if (options.Is("alpha"u8)) alpha = true;
            else if (options.Takes("limit"u8, out var first, 2))
            {
                if (!call.TryInteger(first, out offset) || !call.TryInteger(first + 1, out limit)) return false;
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
                gets++;
                if (slot >= 0 && !call.Args[pattern].SequenceEqual("#"u8) && !SortPattern.StaysIn(call.Args[pattern], slot)) options.Fail(DeniedInCluster("GET"));
            }
            else
            {
                options.FailSyntax();
            }
        }
        if (!options.Ends(ref call)) return false;
        request = new()
        {
            IsDescending = descending, IsAlpha = alpha, By = by, IsConstant = constant, Store = store, GetCount = gets,
            Offset = offset, Limit = limit,
        };
        return true;
    }

    private static string DeniedInCluster(string option) =>
        $"ERR {option} option of SORT denied in Cluster mode when keys formed by the pattern may be in different slots.";

    /// <summary>The argument with a GET's pattern. They are found again, so that there may be any number of them.</summary>
    public int Get(Arguments args, int number)
    {
        for (var options = new OptionReader(args, 2); options.Next();)
        {
            if (options.Takes("get"u8, out var pattern))
            {
                if (number-- == 0) return pattern;
            }
            else if (!options.Takes("limit"u8, out _, 2) && !options.Takes("store"u8, out _))
            {
                options.Takes("by"u8, out _);
            }
        }
        Check.Fail("there are fewer patterns");
        return 0;
    }

    /// <summary>The part of so many elements that LIMIT leaves.</summary>
    public (int First, int End) Range(int count)
    {
        var first = (int)Math.Clamp(Offset, 0, count);
        return (first, Limit < 0 ? count : first + (int)Math.Min(Limit, count - first));
    }
}
