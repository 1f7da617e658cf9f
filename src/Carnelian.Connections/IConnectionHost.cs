namespace Carnelian;

/// <summary>What connections need of their server. Command thread only, except where a member says otherwise.</summary>
public interface IConnectionHost
{
    Executor Executor { get; }

    Outbox Outbox { get; }

    OutputChunks OutputChunks { get; }

    /// <summary>Of long arguments: a block can become the value of a key, so it comes from the store.</summary>
    BlockAllocator Store { get; }

    /// <summary>Whose request is being run; null between requests.</summary>
    ConnectionSession? Serving { get; set; }

    /// <summary>Milliseconds of the monotonic clock, as of the latest call or turn: ages and idle times are reckoned by it.</summary>
    long MonotonicMs { get; }

    /// <summary>Memory of the sessions of each class, bytes: sums that are kept up, so that nobody need ask all.</summary>
    long[] MemoryByClass { get; }

    /// <summary>Somebody has connected.</summary>
    void OnAccepted(Lane lane, Connection connection, Listener listener);

    /// <summary>Peers wait that cannot be accepted. On the lane.</summary>
    void OnAcceptFailed(Listener listener, string error);

    /// <summary>A defect has come up while a request was run: notes it for the report. Always false.</summary>
    bool Note(ref Call call);
}
