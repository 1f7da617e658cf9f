namespace Carnelian;

/// <summary>In whose name keys are looked up and changed: a session's, or the keyspace's own while nobody has asked (<see cref="Keyspace.Author"/>).</summary>
public abstract class Author
{
    /// <summary>What becomes of keys whose time is over, where that is not as for everybody (<see cref="Keyspace.DefaultPolicy"/>).</summary>
    public ExpiryPolicy? OwnPolicy { get; set; }

    /// <summary>Where the changes are propagated to. None for whoever only repeats what the log or another server has.</summary>
    public ChangeTargets Targets { get; set; } = ChangeTargets.All;

    /// <summary>The offset of the change log behind the last change: what WAIT waits for.</summary>
    public long LastWriteOffset { get; set; }

    /// <summary>The offset behind the last change that its calls have told of and that was not safe yet, where replies wait for that.</summary>
    public long LastReadOffset { get; set; }

    /// <summary>CLIENT NO-TOUCH: uses leave the LRU and LFU data of keys alone.</summary>
    public bool LeavesNoTrace { get; set; }
}
