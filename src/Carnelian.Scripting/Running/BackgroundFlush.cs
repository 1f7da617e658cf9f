namespace Carnelian;

/// <summary>Flushes of scripts and functions that are asked to be done in the background. The memory is the collector's either way; what is told of it is what Redis tells.</summary>
internal static class BackgroundFlush
{
    /// <summary>Fewer are freed at once.</summary>
    private const int InBackgroundFrom = 65;

    /// <param name="objects">What counts as freed in the background: for functions, their engine too.</param>
    public static void Count(ref Call call, int count, int objects)
    {
        var isInBackground = call.Args.Count == 3 ? call.Is(2, "async"u8) : call.Keyspace.Options.LazyUserFlush;
        if (isInBackground && count >= InBackgroundFrom) call.Keyspace.Statistics.LazilyFreed += objects;
    }
}
