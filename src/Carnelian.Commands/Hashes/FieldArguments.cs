namespace Carnelian;

/// <summary>What the younger commands on fields have in common: the fields at the end of a request, and moments of expiry.</summary>
internal static class FieldArguments
{
    /// <summary>Unix milliseconds beyond which Redis takes none (ebuckets.h).</summary>
    private const long MomentMax = (1L << 46) - 1;

    /// <summary>Reads FIELDS, the number of fields and that so many follow; otherwise the call has failed.</summary>
    /// <param name="at">Where FIELDS stands.</param>
    /// <param name="first">The first field.</param>
    public static bool TryFields(ref Call call, int at, out int first, string numberError = "ERR Number of fields must be a positive integer")
    {
        first = at + 2;
        if (!call.Is(at, "fields"u8)) call.Fail("ERR Mandatory argument FIELDS is missing or not at the right position");
        else if (!IntegerText.TryParse(call.Args[at + 1], out var count) || count < 1) call.Fail(numberError);
        else if (count != call.Args.Count - first) call.Fail("ERR The `numfields` parameter must match the number of arguments");
        return !call.Failed;
    }

    /// <summary>Reads a span or moment of expiry as a moment in Unix milliseconds; otherwise the call has failed.</summary>
    public static bool TryTime(ref Call call, ExpiryOption given, out long expiryMs)
    {
        if (!call.TryInteger(given.Argument, out expiryMs)) return false;
        if (expiryMs < 0)
        {
            call.Fail("ERR invalid expire time, must be >= 0");
            return false;
        }
        if (!given.TryToMoment(expiryMs, call.NowMs, out expiryMs) || expiryMs > MomentMax)
        {
            call.FailExpireTime();
            return false;
        }
        // A packed hash has no way to say 0.
        expiryMs = Math.Max(expiryMs, 1);
        return true;
    }

    /// <summary>Whether a field that is given this expiry is deleted instead.</summary>
    public static bool IsPast(ref Call call, long expiryMs) => call.NowMs >= expiryMs && call.Keyspace.Policy == ExpiryPolicy.Delete;

    /// <summary>Counts and propagates that a field was deleted because it was given an expiry in the past.</summary>
    public static void PropagateDeletion(ref Call call, int argument)
    {
        call.Keyspace.Statistics.FieldsExpired++;
        if (call.HasListeners) call.BeginEffect("HDEL"u8, 1).Append(call.Args[argument]);
    }
}
