namespace Carnelian;

/// <summary>
/// A request that waits until what it has begun elsewhere is over. Then it is run again, to answer; gates are not asked any more. It cannot be unblocked, since
/// what it has begun goes on.
/// </summary>
/// <param name="request">The copy belongs to whoever suspends the call.</param>
public sealed class SuspendedCall(ref Call call, RequestCopy request, Action left) : BlockedCall(call.Session, NoDeadline)
{
    internal RequestCopy Request { get; } = request;

    internal Command Command { get; } = call.Command;

    internal bool IsResumed { get; set; }

    /// <summary>Unless it is resumed, the session has gone.</summary>
    internal override void End()
    {
        if (!IsResumed) left();
    }
}
