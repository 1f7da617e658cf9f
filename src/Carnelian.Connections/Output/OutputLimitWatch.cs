namespace Carnelian;

/// <summary>Judges a client's output by client-output-buffer-limit. A field of <see cref="ConnectionSession"/>.</summary>
internal struct OutputLimitWatch
{
    /// <summary>Milliseconds of the monotonic clock; 0: it is not over it.</summary>
    private long _overSoftLimitSinceMs;

    /// <summary>Whether the output is over the hard limit, or has been over the soft one for too long.</summary>
    public bool IsExceeded(OutputBuffer output, OutputBufferLimit limit, long nowMs)
    {
        // Memory without output: replies that the client does not want.
        var used = output.IsEmpty ? 0 : (ulong)output.QueuedMemoryBytes;
        var isOverSoftLimit = limit.SoftBytes > 0 && used >= limit.SoftBytes;
        if (!isOverSoftLimit) _overSoftLimitSinceMs = 0;
        else if (_overSoftLimitSinceMs == 0) _overSoftLimitSinceMs = nowMs;
        return output.Drops || (limit.HardBytes > 0 && used >= limit.HardBytes)
            || (isOverSoftLimit && nowMs - _overSoftLimitSinceMs > limit.SoftSeconds * 1000L);
    }
}
