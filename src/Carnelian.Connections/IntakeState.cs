namespace Carnelian;

/// <summary>What the lane knows of a session: as of the last batch that was run for it, or of when it was told.</summary>
[Flags]
internal enum IntakeState : byte
{
    None = 0,

    /// <summary>The next request may run; otherwise what comes is only kept.</summary>
    CanRun = 1,

    /// <summary>What others may not send is understood.</summary>
    IsAuthenticated = 2,

    /// <summary>No further request will run: what comes is received and forgotten.</summary>
    IsEnding = 4,

    /// <summary>Requests are looked at as they came (see <see cref="ConnectionSession.TapsRequests"/>): none is taken apart while it is received.</summary>
    TapsRequests = 8,
}

/// <summary>What the command thread knows of a connection's input, as of when the lane last told.</summary>
/// <param name="Waiting">Bytes received that wait or are being run; of a request whose long argument is being received, those of that argument.</param>
/// <param name="Free">Unused bytes of the buffer that they are in.</param>
/// <param name="Memory">Bytes of the input buffer, and of long arguments that have one of their own.</param>
/// <param name="Arguments">Bytes of an incomplete request's arguments that have come.</param>
internal readonly record struct IntakeCounters(long Waiting, long Free, long Memory, long Arguments);
