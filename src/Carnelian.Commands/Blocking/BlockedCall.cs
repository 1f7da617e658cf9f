namespace Carnelian;

/// <summary>A call that waits; the session's further requests wait behind it.</summary>
/// <param name="deadlineMs">Milliseconds of the monotonic clock (<see cref="Call.MonotonicMs"/>), or <see cref="NoDeadline"/>.</param>
public abstract class BlockedCall(Session session, long deadlineMs)
{
    public const long NoDeadline = 0;

    public Session Session { get; } = session;

    public long DeadlineMs { get; } = deadlineMs;

    /// <summary>When its turn comes among the <see cref="Deadlines"/>: at its deadline, or earlier to be run again.</summary>
    internal long DueMs { get; set; } = deadlineMs;

    /// <summary>CLIENT UNBLOCK may end it.</summary>
    public virtual bool CanBeUnblocked => false;

    /// <summary>Answers what the call answers when its deadline has passed.</summary>
    protected internal virtual void AnswerTimeout(ref Call call) => throw new BrokenInvariantException("a call without a deadline has no time to be over");

    /// <summary>Its place in the heap of deadlines; -1: it is in none.</summary>
    internal int DeadlinePlace { get; set; } = -1;

    /// <summary>It has been answered, or never will be.</summary>
    internal virtual void End() { }
}

/// <summary>When a call that waits for keys is run again, besides when one of them is made.</summary>
[Flags]
public enum KeyWakes
{
    WhenMade = 0,

    /// <summary>Whenever something comes to a key of the awaited type: <see cref="IKeyWaiters.OnWoken"/>.</summary>
    WhenChanged = 1,

    /// <summary>When a key is gone or has another type.</summary>
    WhenGone = 2,
}

/// <summary>Waits for something that is no key, and is asked once a turn.</summary>
public abstract class BlockedCondition(Session session, long deadlineMs = BlockedCall.NoDeadline) : BlockedCall(session, deadlineMs)
{
    /// <summary>True when it has come, and is answered.</summary>
    public abstract bool TryAnswer(ref Call call);
}

/// <summary>A request that waits to be run again: when a key is as it wants it, or when a gate admits it.</summary>
internal sealed class BlockedRequest : BlockedCall
{
    private readonly RequestCopy _copy;
    private readonly CommandHandler _answerTimeout;

    /// <summary>The keys that it waits for.</summary>
    public MultimapChain Keys;

    public BlockedRequest(ref Call call, long deadlineMs, CommandHandler answerTimeout) : base(call.Session, deadlineMs)
    {
        _copy = new(call.Args, call.Keyspace.Allocator, Purpose.Other);
        _answerTimeout = answerTimeout;
        Command = call.Command;
    }

    public Command Command { get; }

    public Arguments Arguments => _copy.Arguments;

    /// <summary>The type that a key must have for the request to be run again.</summary>
    public ValueType AwaitedType { get; init; }

    /// <summary>When else it is run again.</summary>
    public KeyWakes Wakes { get; init; }

    /// <summary>The gate that it waits for, instead of keys.</summary>
    public Gates Postponed { get; init; }

    /// <summary>Its place among those that are postponed.</summary>
    public LinkedListNode<BlockedRequest>? Node { get; set; }

    /// <summary>Its place among all that wait for keys: what the multimap knows it by.</summary>
    public int Holder { get; set; } = -1;

    /// <summary>Run again, it has found nothing and waits on.</summary>
    public bool WaitsOn { get; set; }

    public override bool CanBeUnblocked => Postponed == Gates.None;

    protected internal override void AnswerTimeout(ref Call call) => _answerTimeout(ref call);

    internal override void End() => _copy.Dispose();
}
