namespace Carnelian;

/// <summary>How long a blocking command waits at the most, as requests say it (timeout.c, getTimeoutFromObjectOrReply).</summary>
internal static class BlockingTimeout
{
    /// <summary>Reads seconds, with a fraction or without; otherwise the call has failed.</summary>
    /// <param name="deadlineMs">For <see cref="Call.WaitForKeys"/>; 0 seconds are for ever.</param>
    public static bool TryReadSeconds(ref Call call, int argument, out long deadlineMs)
    {
        deadlineMs = BlockedCall.NoDeadline;
        if (!LongDouble.TryParse(call.Args[argument], out var seconds))
        {
            call.Fail("ERR timeout is not a float or out of range");
            return false;
        }
        // A part of a millisecond is one. What is more than -1 is 0.
        var milliseconds = Math.Ceiling(seconds.ToDouble() * 1000);
        if (milliseconds < 0)
        {
            call.Fail("ERR timeout is negative");
            return false;
        }
        if (milliseconds > long.MaxValue - call.NowMs)
        {
            call.Fail("ERR timeout is out of range");
            return false;
        }
        if (milliseconds > 0) deadlineMs = call.MonotonicMs + (long)milliseconds;
        return true;
    }
}
