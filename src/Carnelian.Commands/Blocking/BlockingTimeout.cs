namespace Carnelian;

/// <summary>How long a blocking command waits at the most, as requests say it (timeout.c, getTimeoutFromObjectOrReply).</summary>
public static class BlockingTimeout
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
        return TryEnd(ref call, Math.Ceiling(seconds.ToDouble() * 1000), out deadlineMs);
    }

    /// <summary>As <see cref="TryReadSeconds"/>, of whole milliseconds.</summary>
    public static bool TryReadMilliseconds(ref Call call, int argument, out long deadlineMs)
    {
        if (IntegerText.TryParse(call.Args[argument], out var milliseconds)) return TryEnd(ref call, milliseconds, out deadlineMs);
        deadlineMs = BlockedCall.NoDeadline;
        call.Fail("ERR timeout is not an integer or out of range");
        return false;
    }

    private static bool TryEnd(ref Call call, double milliseconds, out long deadlineMs)
    {
        deadlineMs = BlockedCall.NoDeadline;
        if (milliseconds < 0) call.Fail("ERR timeout is negative");
        else if (milliseconds > long.MaxValue - call.NowMs) call.Fail("ERR timeout is out of range");
        else if (milliseconds > 0) deadlineMs = call.MonotonicMs + (long)milliseconds;
        return !call.Failed;
    }
}
